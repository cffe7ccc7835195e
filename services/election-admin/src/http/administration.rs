//! Participants, elections and results, as administrators' clients have always called them.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use ballot_log::definition::Finalise;
use ballot_log::{Cancellation, ElectionId, PollNumber};
use jiff::Timestamp;
use serde::Serialize;
use service_database::audit::AuditEntry;
use service_kit::body::Fields;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::state::{State, definition};
use super::{answer, cancellation, election_request, query};
use crate::elections::participants::{self, Participant, ParticipantId};
use crate::elections::{definitions, finalising};

/// The participant that was created.
#[derive(Serialize, ToSchema)]
pub(super) struct Created {
    id: ParticipantId,
}

/// A party or a person to add.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct NewParticipant {
    name: String,
    /// True for a person, false for a party.
    individual: bool,
}

/// Adds a party or a person that may stand in elections
#[utoipa::path(post, path = "/createParticipant",
    request_body(content = NewParticipant),
    responses((status = 200, body = Created), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn create_participant(
    holder: Holder,
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let act = AuditEntry::by(&holder, &request, "");
    let (act_done, doing) = (act.clone(), state.clone());
    let work = async move {
        let fields = Fields::read(body).await?;
        let name = fields.text("name")?;
        let individual = fields.boolean("individual")?;
        let client = doing.connection().await?;
        let id = participants::add_audited(client, &name, individual, act_done).await?;
        Ok(HttpResponse::Ok().json(Created { id }))
    };
    state.change(act, work).await
}

/// All parties and persons.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Participants {
    participants: Vec<ParticipantEntry>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct ParticipantEntry {
    id: i32,
    name: String,
    individual: bool,
}

/// Lists parties and persons
#[utoipa::path(get, path = "/getParticipants",
    responses((status = 200, body = Participants), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn get_participants(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer {
        participants: Vec<Participant>,
    }
    let act = AuditEntry::by(&holder, &request, "");
    let work = async {
        let participants = participants::all(&*state.connection().await?).await?;
        Ok(HttpResponse::Ok().json(Answer { participants }))
    };
    state.look(act, work).await
}

/// The election that was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Numbered {
    /// The poll numbers of the participants, in their order.
    poll_numbers: Vec<PollNumber>,
}

/// An election to define.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct NewElection {
    /// ISO 8601; without an offset, in the time zone of the service.
    #[schema(example = "2026-06-16T08:00:00")]
    start: String,
    #[schema(example = "2026-06-16T20:00:00+02:00")]
    end: String,
    /// True for a presidential election, false for a parliamentary one.
    individual: bool,
    /// Their numbers, in the order of the ballot.
    participants: Vec<i32>,
    title: Option<String>,
    /// How votes become seats or winners, such as {"method": "dhondt", "seats": 250, "tie": "lot"}. With a threshold of
    /// the electorate (`"of": "registered"`) the result waits until the roll is loaded.
    rules: Option<serde_json::Value>,
    /// What holds for single lists, in the order of participants, null for an ordinary one: such as
    /// `{"exempt": true, "multiplier": "1.35"}` for a minority's, `{"threshold_percent": "8"}` for a coalition's,
    /// `{"candidates": 3}` for one that can fill three seats, `{"takes_part": false}` for one that missed a threshold
    /// elsewhere, `{"seats_won": 2}` for one that has two seats already.
    terms: Option<Vec<serde_json::Value>>,
    /// The poll numbers of lists that stand together, such as [[1, 2], [5, 6]].
    alliances: Option<Vec<Vec<PollNumber>>>,
    /// `live` or `after-close`: when the numbers may be seen.
    results: Option<String>,
    /// `automatic` or `manual`: whether the result becomes final once everything is counted, or waits for
    /// `POST /elections/{id}/finalise`.
    finalise: Option<String>,
}

/// Defines an election, which opens and closes on its own
///
/// A time without an offset is one of the service's time zone. If it falls into a change of clocks, the answer says so.
#[utoipa::path(post, path = "/createElection",
    request_body(content = NewElection),
    responses(
        (status = 200, body = Numbered, headers(
            ("urna-election" = u32, description = "The election's number"),
            ("urna-start" = String, description = "The moment that was understood, in the service's time zone: `2026-06-16T08:00:00+02:00[Europe/Belgrade]`"),
            ("urna-end" = String, description = "Likewise"),
            ("urna-warning" = Option<String>, description = "One for each time that is there twice or never, as the clocks change: which moment was understood, and how to say which is meant"),
        )),
        (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized),
        (status = 503, description = "Stored, and published as soon as Kafka is back; or not stored")))]
pub(super) async fn create_election(
    holder: Holder,
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let act = AuditEntry::by(&holder, &request, "");
    let (success, doing) = (act.clone(), state.clone());
    let work = async move {
        let fields = Fields::read(body).await?;
        let wanted = election_request::parse(&fields, &doing.zone)?;
        let times = [("start", wanted.start.clone()), ("end", wanted.end.clone())];
        let defined = wanted
            .create(&doing.pool, &doing.publisher, success)
            .await?;
        doing.defined.notify_one();
        if !defined.is_published {
            // The election is stored; only voting in it has to wait.
            doing.unpublished.notify_one();
            return Ok(answer::not_published_yet(defined.id).error_response());
        }
        let poll_numbers = defined.poll_numbers;
        let mut answer = HttpResponse::Ok();
        answer.insert_header(("urna-election", defined.id));
        // In headers, as old clients compare the body.
        for (name, moment) in times {
            let Some(moment) = moment else { continue };
            let understood = moment.understood(&doing.zone);
            answer.insert_header((format!("urna-{name}"), understood));
            if let Some(warning) = moment.warning(&doing.zone) {
                answer.append_header(("urna-warning", format!("{name}: {warning}")));
            }
        }
        Ok(answer.json(Numbered { poll_numbers }))
    };
    state.change(act, work).await
}

#[derive(Serialize, ToSchema)]
pub(super) struct ListedElection {
    id: i32,
    /// In the form in which it was given.
    start: String,
    /// In the form in which it was given.
    end: String,
    individual: bool,
    participants: Vec<ListedParticipant>,
    /// Only where it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<cancellation::Cancelled>)]
    cancelled: Option<Cancellation>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ListedParticipant {
    id: ParticipantId,
    name: String,
}

/// All elections.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct ElectionList {
    elections: Vec<ListedElection>,
}

/// Lists elections with their participants
#[utoipa::path(get, path = "/getElections",
    responses((status = 200, body = ElectionList), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn get_elections(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    #[derive(Serialize)]
    struct Answer {
        elections: Vec<ListedElection>,
    }
    let listed = |election: definitions::Listed| ListedElection {
        id: election.id,
        start: election.start,
        end: election.end,
        individual: election.individual,
        participants: election
            .participants
            .into_iter()
            .map(|(id, name)| ListedParticipant { id, name })
            .collect(),
        cancelled: election.cancelled,
    };
    let act = AuditEntry::by(&holder, &request, "");
    let work = async {
        let elections = definitions::list(&*state.connection().await?).await?;
        let elections = elections.into_iter().map(listed).collect();
        Ok(HttpResponse::Ok().json(Answer { elections }))
    };
    state.look(act, work).await
}

/// Since when the result of an election may become final.
#[derive(Serialize, ToSchema)]
pub(super) struct Finalised {
    election: ElectionId,
    #[schema(value_type = String)]
    at: Timestamp,
}

/// Lets the result of an election become final, whose definition says `"finalise": "manual"`
///
/// The word is given once: from then on no file of ballots can be withdrawn, and the closing markers are written.
#[utoipa::path(post, path = "/elections/{id}/finalise", params(("id" = u32, Path, description = "The election")),
    responses((status = 200, body = Finalised), (status = 202, description = "With FOUR_EYES: `waits-for-another`, it is done when another administrator requests the same", body = openapi::Problem, content_type = "application/problem+json"), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is final by itself, or has not ended", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn finalise(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = query::election(&request);
    let act = AuditEntry::by(&holder, &request, query::target(&request));
    let (success, doing) = (act.clone(), state.clone());
    let work = async move {
        let mut client = doing.connection().await?;
        let definition = definition(&client, id).await?;
        let id = definition.id;
        let refused =
            |detail| answer::conflict("cannot-finalise", "There is nothing to finalise.", detail);
        if definition.finalise == Finalise::Automatic {
            return Err(refused("Its result becomes final without anyone's word.").into());
        }
        if Timestamp::now() < definition.end {
            return Err(refused("The election has not ended.").into());
        }
        doing.confirmed(&holder, &success, "").await?;
        let at = finalising::finalise(&mut client, id, &success).await?;
        doing.defined.notify_one();
        Ok(HttpResponse::Ok().json(Finalised { election: id, at }))
    };
    state.change(act, work).await
}
