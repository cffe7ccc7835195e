//! The path of an official's file, from top to bottom.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::clock::{self, Tolerance};
use ballot_log::{Act, BallotBox, Election, Elections};
use jiff::Timestamp;
use service_kit::hex::hex;
use service_kit::token::{EndedSessions, Holder, Unauthorized};
use service_kit::{client, openapi};
use tokio::runtime::Handle;

use crate::acts::Acts;
use crate::answer::UploadError;
use crate::file::{Inspected, PaperFile};
use crate::permits::{RecordingPermit, UploadPermits};
use crate::receipt::Receipt;
use crate::recording::{Recorded, record};
use crate::upload::{Received, Receiving, VoteForm};

/// How long Kafka may take to return the elections.
const ELECTIONS_TIMEOUT: Duration = Duration::from_secs(6);

/// Everything needed to take files. Shared by all threads.
pub(crate) struct BallotStation {
    pub(crate) elections: Elections,
    pub(crate) ballot_box: BallotBox,
    pub(crate) acts: Acts,
    pub(crate) receiving: Receiving,
    pub(crate) permits: UploadPermits,
    /// Sessions whose tokens are of no use any more.
    pub(crate) ended: EndedSessions,
    /// The runtime that outlives all requests.
    pub(crate) runtime: Handle,
}

/// Records an official's file of ballots.
///
/// Every line is checked before any is recorded. The election is determined when recording begins. If none is
/// open, nothing is recorded; lines that the log receives after the end do not count. Sending a file again
/// after a 503 completes it: a line counts once.
///
/// The body of the answer is empty; its headers say what was recorded. What became of each line is known once it is
/// counted: election-admin's `GET /batches/{id}` says so.
///
/// # Errors
/// Whatever prevents the file from being recorded completely.
#[utoipa::path(
    post,
    path = "/vote",
    request_body(content = VoteForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "Every line is well formed and every ballot is durably in the log; or no election is open", headers(
            ("urna-file-sha256" = String, description = "SHA-256 of the file, in hex"),
            ("urna-lines" = u32, description = "Lines of the file"),
            ("urna-batch" = String, description = "The batch, if the file was recorded: election-admin's GET /batches/{id} tells more"),
            ("urna-lines-too-early" = u32, description = "Lines that the log received before the election was open: they do not count"),
            ("urna-lines-too-late" = u32, description = "Lines that the log received after the end: they do not count"),
            ("urna-recorded-at" = String, description = "When the last line was in the log, ISO 8601"),
            ("urna-discarded" = String, description = "Why nothing was recorded, if nothing was"),
        )),
        (status = 400, description = "The file is missing, or a line is wrong: nothing was recorded", body = openapi::Message),
        (status = 401, description = "No official's access token; or the session ended while the file arrived (`session-ended`): nothing was recorded", body = openapi::Unauthorized),
        (status = 408, description = "The file took too long to arrive: nothing was recorded", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or lines: nothing was recorded", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`: send the same file again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post_vote(
    holder: Holder,
    station: Data<BallotStation>,
    request: HttpRequest,
    body: Payload,
) -> actix_web::Result<HttpResponse> {
    let station = station.into_inner();
    // Every ballot contains its official's jmbg, in the format of records.
    let jmbg = jmbg(&holder.claims.jmbg).ok_or_else(Unauthorized::unknown)?;
    let mut act = act(&holder, &request);
    let form = Multipart::new(request.headers(), body);
    let received = station.receive(&mut act, form).await;
    // The session may have ended while the file arrived.
    let received = received.and_then(|received| {
        let has_ended = station.ended.includes(&holder.claims);
        if has_ended {
            Err(UploadError::SessionEnded)
        } else {
            Ok(received)
        }
    });
    // A refusal is recorded without waiting, as nothing has happened.
    let (file, permit) = received.inspect_err(|refusal| station.note(act.clone(), refusal))?;
    let runtime = station.runtime.clone();
    // A client that disconnects does not leave half a file behind: recording continues.
    let recording = station.record(act, file, jmbg, permit);
    let receipt = runtime
        .spawn(recording)
        .await
        .unwrap_or(Err(UploadError::Unavailable("The recording broke off.")))?;
    Ok(receipt.answer())
}

impl BallotStation {
    /// Receives the file, checks all of it, and waits until it may be recorded.
    async fn receive(
        &self,
        act: &mut Act,
        form: Multipart,
    ) -> Result<(PaperFile, RecordingPermit), UploadError> {
        let permit = self.permits.at_the_station(&act.who).await?;
        let Received { file, constituency } = self.receiving.receive(form).await?;
        act.constituency = Some(constituency).filter(|number| *number != 0);
        let Inspected { sha256, file } = file;
        act.file = sha256.map(|sha256| hex(&sha256));
        let file = file.map_err(|fault| UploadError::of(fault, self.receiving.limits))?;
        act.lines = Some(file.lines);
        Ok((file, self.permits.to_be_recorded(permit).await?))
    }

    /// Records a valid file in the election that is open now.
    ///
    /// The log has the act twice: before the first ballot, so that no ballot is ever counted without a trace of
    /// who brought it, and before the answer is given.
    async fn record(
        self: Arc<Self>,
        mut act: Act,
        file: PaperFile,
        official: u64,
        _place: RecordingPermit,
    ) -> Result<Receipt, UploadError> {
        let (lines, sha256) = (file.lines, hex(&file.sha256));
        let outcome = self.record_ballots(&mut act, file, official).await;
        act.at = Timestamp::now();
        let receipt = |recorded, discarded| Receipt {
            sha256,
            lines,
            recorded,
            discarded,
        };
        match outcome {
            Err(refusal) => {
                self.note(act, &refusal);
                Err(refusal)
            }
            Ok(Disposition::Discarded(why)) => {
                Act::DISCARDED.clone_into(&mut act.outcome);
                act.detail = Some(why.to_owned());
                self.acts.note(act);
                Ok(receipt(None, Some(why)))
            }
            Ok(Disposition::Recorded(recorded)) => {
                let counts = recorded.in_time > 0;
                let outcome = if counts { Act::SUCCESS } else { Act::DISCARDED };
                outcome.clone_into(&mut act.outcome);
                act.detail = out_of_time(recorded);
                act.too_early = Some(recorded.early);
                act.too_late = Some(recorded.late);
                self.append(&act).await?;
                Ok(receipt(act.batch().map(|id| (id, recorded, act.at)), None))
            }
        }
    }

    /// Appends an act that must be in the log before anything else happens.
    async fn append(&self, act: &Act) -> Result<(), UploadError> {
        self.acts.append(act).await.map_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "an act was not acknowledged");
            UploadError::Unavailable("The audit log did not answer in time.")
        })
    }

    async fn record_ballots(
        &self,
        act: &mut Act,
        file: PaperFile,
        official: u64,
    ) -> Result<Disposition, UploadError> {
        if file.lines == 0 {
            return Ok(Disposition::Discarded("The file holds no ballots."));
        }
        let Some(election) = self.election().await? else {
            return Ok(Disposition::Discarded("No election is open."));
        };
        let (id, lines) = (election.definition().id, file.lines);
        act.election = Some(id);
        act.target = format!("election {id}");
        act.at = Timestamp::now();
        Act::RECEIVED.clone_into(&mut act.outcome);
        self.append(act).await?;
        let district = act.constituency.unwrap_or_default();
        let started = std::time::Instant::now();
        let recorded = record(&self.ballot_box, &election, official, district, file)
            .await
            .map_err(|error| {
                tracing::warn!(%error, election = id, lines, "a file was not recorded as a whole");
                UploadError::Unavailable("The ballot box did not answer in time.")
            })?;
        let (duration_ms, in_time) = (started.elapsed().as_millis(), recorded.in_time);
        tracing::info!(
            election = id,
            lines,
            in_time,
            duration_ms,
            "recorded a file"
        );
        Ok(Disposition::Recorded(recorded))
    }

    /// The election that is open by this machine's clock. Kafka's clock decides later, in the count, whether
    /// each ballot was in time, and this machine's clock may be wrong: so an election that seems to have just
    /// ended, or to be about to open, is tried.
    ///
    /// A reader that lags behind must not report that no election is open: everything published so far is read first.
    async fn election(&self) -> Result<Option<Arc<Election>>, UploadError> {
        let open_now = |tolerance| {
            let now_ms = Timestamp::now().as_millisecond();
            clock::open_election(&self.elections.all(), now_ms, tolerance, None)
        };
        if let Some(election) = open_now(Tolerance::None) {
            return Ok(Some(election));
        }
        let read = tokio::time::timeout(ELECTIONS_TIMEOUT, self.elections.read_to_end()).await;
        if !matches!(read, Ok(Ok(()))) {
            return Err(UploadError::Unavailable(
                "It is not known whether an election is open.",
            ));
        }
        let open = open_now(Tolerance::FastOrSlow);
        let now_ms = Timestamp::now().as_millisecond();
        let unreadable = clock::unreadable_election(&self.elections.unreadable(), now_ms, None);
        match (open, unreadable) {
            (None, Some(election)) => {
                tracing::error!(%election, "a file was refused");
                Err(UploadError::Unavailable(
                    "This ballot station is too old for the election that is open.",
                ))
            }
            (open, _) => Ok(open),
        }
    }

    /// Records that the holder of a valid token requested something that their role does not allow.
    pub(crate) fn note_refused(&self, holder: &Holder, request: &HttpRequest) {
        let mut act = act(holder, request);
        "refusal".clone_into(&mut act.outcome);
        act.detail = Some("The role does not allow it.".to_owned());
        self.acts.note(act);
    }

    fn note(&self, mut act: Act, refusal: &UploadError) {
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

fn act(holder: &Holder, request: &HttpRequest) -> Act {
    let claims = &holder.claims;
    let (who, jmbg) = (claims.sub.clone(), claims.jmbg.clone());
    Act::new(
        who,
        claims.role(),
        jmbg,
        &holder.act,
        client::address(request),
    )
}

/// What became of a valid file.
enum Disposition {
    Recorded(Recorded),
    Discarded(&'static str),
}

/// Which lines do not count because of when the log received them, in words, for the act only: the file was valid.
fn out_of_time(recorded: Recorded) -> Option<String> {
    let lines = recorded.lines();
    let parts = [
        (recorded.early, "before the election was open"),
        (recorded.late, "after the end"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, when)| format!("{number} of {lines} lines came {when}."))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// A jmbg as stored in records.
fn jmbg(text: &str) -> Option<u64> {
    let digits = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
