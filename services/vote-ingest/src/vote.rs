//! The life of one vote.

use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::clock::{self, Tolerance};
use ballot_log::{Ballot, BallotBox, BallotRecord, Election, ElectionId, Elections, Record};
use jiff::Timestamp;
use service_kit::health::Readiness;
use service_kit::openapi;
use service_kit::problem::Problem;
use tokio::sync::Semaphore;
use voter_roll::{ClaimError, Roll};

use crate::attempts::Attempts;
use crate::request::{BODY_LIMIT, VoteRequest};
use crate::{answer, request};

/// Missing in readiness until the elections have been read.
pub(crate) const ELECTIONS: &str = "elections";

/// Everything needed to take votes. Shared by all threads.
pub struct PollingStation {
    /// The elections.
    pub elections: Elections,
    /// The voters.
    pub roll: Roll,
    /// The ballot box.
    pub ballot_box: BallotBox,
    /// Votes that may be in flight.
    pub in_flight: Semaphore,
    /// Failed attempts.
    pub attempts: Attempts,
    /// What the service is still waiting for.
    pub readiness: Readiness,
}

/// Casts a vote
///
/// Once it is accepted, it counts. Sending the same vote again is harmless, and is the right thing to do after
/// a 503 or no answer.
///
/// # Errors
/// Whatever prevents the vote from being accepted, as a problem.
#[utoipa::path(
    post,
    path = "/vote",
    request_body = request::Vote,
    responses(
        (status = 202, description = "The vote is in the ballot box, and in time", body = answer::Accepted),
        (status = 400, description = "`malformed-vote`: what is wrong with the body", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not-on-the-roll`: there is no such voter, or not with this guid", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 409, description = "`already-voted`, `other-choice-pending`, `no-open-election`", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body-too-large`", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported-media-type`: votes are sent as application/json", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 422, description = "`unknown-candidate`: the answer lists who stands", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too-many-requests`, `too-many-attempts`: come back after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`: send the same vote again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post_vote(
    station: Data<PollingStation>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let body = read_body(&request, body)?;
    let vote = VoteRequest::parse(&body)?;
    let election = station.cast(vote).await?;
    Ok(answer::accepted(election))
}

impl PollingStation {
    /// Casts a vote: it is in the log, and in time, when this returns.
    async fn cast(&self, vote: VoteRequest<'_>) -> Result<ElectionId, Problem> {
        // Before the elections have been read, nobody can say that none is open.
        if self.readiness.is_waiting_for(ELECTIONS) {
            return Err(answer::unavailable("The ballot box cannot be reached yet."));
        }
        // Without a bound, a slow Kafka would fill the memory with waiting votes.
        let _permit = self
            .in_flight
            .try_acquire()
            .map_err(|_| answer::too_many_votes())?;

        let election = self.open_election(vote.election)?;
        let definition = election.definition();
        let choice = vote
            .candidate
            .find(&election)
            .ok_or_else(|| answer::unknown_candidate(&election))?;

        let guid = vote
            .guid
            .ok_or_else(|| self.not_on_the_roll(&vote.personal_id))?;
        let claim = self
            .roll
            .claim(definition.id, &guid, &vote.personal_id, choice)
            .await
            .map_err(|error| match error {
                ClaimError::NotOnTheRoll => self.not_on_the_roll(&vote.personal_id),
                error => answer::not_claimed(&error),
            })?;

        let record = Record::Ballot(BallotRecord {
            election: definition.id,
            ballot: Ballot::Serial(claim.serial),
            choice: choice.into(),
            district: claim.district,
        });
        let appended = self
            .ballot_box
            .append(&record, definition.partitions)
            .await
            .inspect_err(|error| tracing::warn!(%error, "a vote was not acknowledged"))
            .map_err(|error| answer::not_appended(&error))?;

        // The count decides by the same timestamp, so the voter is told exactly what the count will do. The
        // claim stays: an earlier attempt with this choice may still be on its way to the log.
        if !election.is_open_at(appended.time_ms) {
            return Err(answer::no_open_election());
        }
        // The vote is in the log, and that is what counts: the voter does not wait for Redis again.
        self.roll.queue_confirmation(&claim);
        Ok(definition.id)
    }

    fn not_on_the_roll(&self, personal_id: &str) -> Problem {
        match self.attempts.failed(personal_id) {
            Ok(()) => answer::not_on_the_roll(),
            Err(too_many) => answer::too_many_attempts(too_many),
        }
    }

    /// The election that a vote is for. This machine's clock only saves work, as Kafka's clock decides: it may
    /// be fast, so a vote that seems to arrive just after the end is still tried.
    fn open_election(&self, named: Option<ElectionId>) -> Result<Arc<Election>, Problem> {
        let now_ms = Timestamp::now().as_millisecond();
        let open = clock::open_election(&self.elections.all(), now_ms, Tolerance::Fast, named);
        open.ok_or_else(|| {
            let unreadable = self.elections.unreadable();
            match clock::unreadable_election(&unreadable, now_ms, named) {
                Some(election) => answer::unreadable_election(&election),
                None => answer::no_open_election(),
            }
        })
    }
}

fn read_body(
    request: &HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Bytes, Problem> {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(answer::not_json());
    }
    body.map_err(|error| match error.as_response_error().status_code() {
        actix_web::http::StatusCode::PAYLOAD_TOO_LARGE => answer::too_large(BODY_LIMIT),
        _ => answer::malformed("The body could not be received."),
    })
}
