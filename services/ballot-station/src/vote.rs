//! The way of an official's file, from top to bottom.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::{Act, BallotBox, Election, Elections};
use jiff::Timestamp;
use service_kit::audit::hex;
use service_kit::token::{Claims, Official, Unauthorized};
use service_kit::{client, openapi};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::acts::Acts;
use crate::answer::Refusal;
use crate::description;
use crate::file::{Inspected, PaperFile};
use crate::recording::record;
use crate::upload::Receiving;

/// How long Kafka may take to say what elections there are.
const ELECTIONS_TIMEOUT: Duration = Duration::from_secs(6);

/// What taking files needs. Shared by all threads.
pub(crate) struct BallotStation {
    pub(crate) elections: Elections,
    pub(crate) ballot_box: BallotBox,
    pub(crate) acts: Acts,
    pub(crate) receiving: Receiving,
    /// How long a file may take to arrive.
    pub(crate) upload_timeout: Duration,
    /// Files that may be received and recorded at the same time.
    pub(crate) places: Arc<Semaphore>,
    /// The runtime that outlives all requests.
    pub(crate) runtime: Handle,
}

/// Records an official's file of ballots.
///
/// Every line is checked before any is recorded. Which election they are for is decided when the request
/// arrives. If none is open, nothing is recorded. A file that is sent again, after a 503, is completed: a
/// line counts once.
///
/// # Errors
/// Whatever keeps the file from being recorded as a whole.
// The token comes first: it is asked for before anything of the body is looked at.
#[utoipa::path(
    post,
    path = "/vote",
    request_body(content = description::VoteForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Every line is well formed and every ballot is durably in the log; or no election is open"),
        (status = 400, description = "The file is missing, or a line is wrong: nothing was recorded", body = openapi::Message),
        (status = 401, description = "No official's access token", body = openapi::Unauthorized),
        (status = 408, description = "The file took too long to arrive: nothing was recorded", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or lines: nothing was recorded", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Send the same file again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
    security(("accessToken" = []))
)]
pub(crate) async fn post_vote(
    official: Result<Official, Unauthorized>,
    station: Data<BallotStation>,
    request: HttpRequest,
    body: Payload,
) -> actix_web::Result<HttpResponse> {
    let arrived_ms = Timestamp::now().as_millisecond();
    let station = station.into_inner();
    let act = |holder: &Claims| {
        let (who, jmbg) = (holder.sub.clone(), holder.jmbg.clone());
        Act::new(who, holder.role(), jmbg, "vote", client::address(&request))
    };
    let Official(official) = official.inspect_err(|unauthorized| {
        // Who is not known leaves no trace: anybody could fill the audit log.
        if let Some(holder) = unauthorized.holder() {
            station.turn_away(act(holder));
        }
    })?;
    // Every ballot bears its official's jmbg, in the form that records have for it.
    let jmbg = jmbg(&official.jmbg).ok_or_else(Unauthorized::nobody)?;
    let act = act(&official);
    let form = Multipart::new(request.headers(), body);
    // A slow Kafka fills neither the memory nor the disk with files that wait.
    let place = Arc::clone(&station.places)
        .acquire_owned()
        .await
        .map_err(|_| Refusal::Unavailable("The station is closing."))?;
    let (act, file) = station.receive(act, form).await?;
    let runtime = station.runtime.clone();
    // Somebody who hangs up does not leave half a file behind: the recording goes on without them.
    let recording = station.record(act, file, jmbg, arrived_ms, place);
    runtime
        .spawn(recording)
        .await
        .unwrap_or(Err(Refusal::Unavailable("The recording broke off.")))?;
    Ok(HttpResponse::Ok().finish())
}

impl BallotStation {
    /// Receives the file and checks all of it. A refusal becomes an act that nobody waits for: nothing has
    /// happened.
    async fn receive(&self, mut act: Act, form: Multipart) -> Result<(Act, PaperFile), Refusal> {
        let limits = self.receiving.limits;
        let receiving = self.receiving.receive(form);
        let received = tokio::time::timeout(self.upload_timeout, receiving)
            .await
            .unwrap_or(Err(Refusal::TooSlow(self.upload_timeout.as_secs())));
        let file = received.and_then(|Inspected { sha256, file }| {
            act.file = sha256.map(|sha256| hex(&sha256));
            file.map_err(|fault| Refusal::of(fault, limits))
        });
        match file {
            Ok(file) => {
                act.lines = Some(file.lines);
                Ok((act, file))
            }
            Err(refusal) => {
                self.note(act, &refusal);
                Err(refusal)
            }
        }
    }

    /// Records a good file in the election that was open when it began to arrive.
    ///
    /// Where ballots were recorded, the act has to be in the log as well before the answer is given: no
    /// ballot of an official's is counted without a trace of who brought it.
    async fn record(
        self: Arc<Self>,
        mut act: Act,
        file: PaperFile,
        official: u64,
        arrived_ms: i64,
        _place: OwnedSemaphorePermit,
    ) -> Result<(), Refusal> {
        let recorded = self
            .record_ballots(&mut act, file, official, arrived_ms)
            .await;
        act.at = Timestamp::now();
        match recorded {
            Err(refusal) => {
                self.note(act, &refusal);
                Err(refusal)
            }
            Ok(Recorded::Nothing(why)) => {
                "discarded".clone_into(&mut act.outcome);
                act.detail = Some(why.to_owned());
                self.acts.note(act);
                Ok(())
            }
            Ok(Recorded::Everything) => {
                "success".clone_into(&mut act.outcome);
                self.acts.append(&act).await.map_err(|error| {
                    tracing::warn!(error = format!("{error:#}"), "an act was not acknowledged");
                    Refusal::Unavailable("The audit log did not answer in time.")
                })
            }
        }
    }

    async fn record_ballots(
        &self,
        act: &mut Act,
        file: PaperFile,
        official: u64,
        arrived_ms: i64,
    ) -> Result<Recorded, Refusal> {
        if file.lines == 0 {
            return Ok(Recorded::Nothing("The file holds no ballots."));
        }
        let Some(election) = self.open_election(arrived_ms).await? else {
            return Ok(Recorded::Nothing("No election is open."));
        };
        let (election, lines) = (election.definition().id, file.lines);
        act.election = Some(election);
        act.target = format!("election {election}");
        let started = std::time::Instant::now();
        record(&self.ballot_box, election, official, file)
            .await
            .map_err(|error| {
                tracing::warn!(%error, election, lines, "a file was not recorded as a whole");
                Refusal::Unavailable("The ballot box did not answer in time.")
            })?;
        let duration_ms = started.elapsed().as_millis();
        tracing::info!(election, lines, duration_ms, "recorded a file");
        Ok(Recorded::Everything)
    }

    /// The election that was open at this time by this machine's clock. Kafka's clock decides afterwards, in
    /// the count, whether each ballot was in time.
    ///
    /// Nobody is told that none is open by a reader that lags behind: everything that had been published
    /// is read first.
    async fn open_election(&self, at_ms: i64) -> Result<Option<Arc<Election>>, Refusal> {
        let open = || {
            let elections = self.elections.all();
            let open = elections
                .values()
                .find(|election| election.is_open_at(at_ms));
            open.cloned()
        };
        if let Some(election) = open() {
            return Ok(Some(election));
        }
        let read = tokio::time::timeout(ELECTIONS_TIMEOUT, self.elections.read_to_end()).await;
        if !matches!(read, Ok(Ok(()))) {
            return Err(Refusal::Unavailable(
                "It is not known whether an election is open.",
            ));
        }
        Ok(open())
    }

    /// Somebody known whose role is another.
    fn turn_away(&self, mut act: Act) {
        "refusal".clone_into(&mut act.outcome);
        act.detail = Some("The role does not allow it.".to_owned());
        self.acts.note(act);
    }

    fn note(&self, mut act: Act, refusal: &Refusal) {
        let outcome = if refusal.is_failure() {
            "failure"
        } else {
            "refusal"
        };
        outcome.clone_into(&mut act.outcome);
        act.detail = Some(refusal.to_string());
        self.acts.note(act);
    }
}

/// What became of a file that nothing is wrong with.
enum Recorded {
    Everything,
    Nothing(&'static str),
}

/// A jmbg as records hold it.
fn jmbg(text: &str) -> Option<u64> {
    let digits = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
