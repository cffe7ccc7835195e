//! Officials' files: what became of them, and taking them back.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::{ElectionDefinition, ElectionId};
use deadpool_postgres::Object;
use election_store::batches::{self, Batch, NotWithdrawn};
use election_store::elections;
use jiff::Timestamp;
use serde::Serialize;
use service_database::audit::{self, AuditEntry};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::{Holder, Role};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::answer::{bad_parameter, conflict, no_such_batch, withdrawal_pending};
use super::query::{limit, parameter};
use super::state::State;
use crate::withdrawals;

/// How long a batch is waited for that is not known: its act may be on its way.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// An official's file, and what became of its lines.
#[derive(Serialize, ToSchema)]
pub(super) struct BatchReport {
    batch: String,
    election: ElectionId,
    /// The official's e-mail address.
    official: String,
    /// SHA-256 of the file, in hex.
    sha256: String,
    /// `unfinished`: recording broke off, and sending the file again finishes it; `recorded`; `withdrawn`.
    state: &'static str,
    #[schema(value_type = String)]
    received_at: Timestamp,
    /// When every line was in the log.
    #[schema(value_type = Option<String>)]
    recorded_at: Option<Timestamp>,
    /// The constituency that the ballots were given for, if one was.
    constituency: Option<u16>,
    lines: u64,
    /// Ballots that count.
    new_ballots: u64,
    /// Ballots that an earlier file of the same official has as well, with the same choice.
    repeated: u64,
    /// Ballots that were seen before.
    duplicates: u64,
    invalid_poll_numbers: u64,
    /// Lines that the log received before the election was open: they do not count.
    too_early: u64,
    /// Lines that the log received after the end: they do not count.
    too_late: u64,
    /// Lines that are not counted yet; or that a withdrawal has freed, which count once the file is sent again.
    uncounted: u64,
    withdrawn: Option<WithdrawnReport>,
}

/// The withdrawal of a batch.
#[derive(Serialize, ToSchema)]
struct WithdrawnReport {
    by: String,
    #[schema(value_type = String)]
    at: Timestamp,
    /// The log has it: the count obeys.
    in_force: bool,
}

impl From<Batch> for BatchReport {
    fn from(batch: Batch) -> Self {
        let counted = batch.counted;
        let seen =
            counted.ballots + counted.repeated + counted.duplicates + counted.invalid_poll_numbers;
        // A line that came out of time may have been sent again in time, and the other way round.
        let unseen = batch.lines.saturating_sub(seen);
        let too_early = batch.too_early.min(unseen);
        let too_late = batch.too_late.min(unseen - too_early);
        Self {
            state: match (&batch.withdrawn, batch.recorded_at) {
                (Some(_), _) => "withdrawn",
                (None, Some(_)) => "recorded",
                (None, None) => "unfinished",
            },
            batch: batch.id,
            election: batch.election,
            official: batch.who,
            sha256: batch.file,
            received_at: batch.received_at,
            recorded_at: batch.recorded_at,
            constituency: batch.constituency,
            lines: batch.lines,
            new_ballots: counted.ballots,
            repeated: counted.repeated,
            duplicates: counted.duplicates,
            invalid_poll_numbers: counted.invalid_poll_numbers,
            too_early,
            too_late,
            uncounted: unseen - too_early - too_late,
            withdrawn: batch.withdrawn.map(|withdrawn| WithdrawnReport {
                by: withdrawn.who,
                at: withdrawn.at,
                in_force: withdrawn.is_in_log,
            }),
        }
    }
}

/// Batches, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct BatchList {
    batches: Vec<BatchReport>,
}

/// Lists officials' files with what became of them, the newest first
///
/// An official sees their own, an administrator all.
#[utoipa::path(get, path = "/batches",
    params(("election" = Option<u32>, Query, description = "Of this election only"), ("limit" = Option<i64>, Query, description = "Batches at most, 1 to 1000")),
    responses((status = 200, body = BatchList), (status = 401, body = openapi::Unauthorized),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn list(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let work = async {
        let limit = limit(&request, 100, 1000)?;
        let election = parameter(&request, "election").map(|text| text.parse());
        let election = election
            .transpose()
            .map_err(|_| bad_parameter("election", "the number of an election"))?;
        let client = state.connection().await?;
        let found = batches::newest(&client, election, only(&holder), limit).await;
        let found = found.map_err(anyhow::Error::from)?.into_iter();
        let batches = found.map(BatchReport::from).collect();
        Ok(HttpResponse::Ok().json(BatchList { batches }))
    };
    shown(&holder, &request, &state, work).await
}

/// Says what became of an official's file
///
/// The official whose file it is may ask, and administrators.
#[utoipa::path(get, path = "/batches/{id}", params(("id" = String, Path, description = "The batch, as the ballot station's answer names it")),
    responses((status = 200, body = BatchReport), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such batch", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn find(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = batch_parameter(&request);
    let work = async {
        let (_client, batch) = find_for(&state, &holder, &id).await?;
        Ok(HttpResponse::Ok().json(BatchReport::from(batch)))
    };
    shown(&holder, &request, &state, work).await
}

/// Withdraws an official's file: its ballots do not count any more, and may be given again
///
/// The official whose file it is may do so while the election is open, an administrator until it is closed. A ballot that
/// another file of the same official holds as well, with the same choice, counts on.
#[utoipa::path(post, path = "/batches/{id}/withdraw", params(("id" = String, Path, description = "The batch, as the ballot station's answer names it")),
    responses((status = 200, description = "The log has the withdrawal; or had it before", body = BatchReport), (status = 202, description = "With FOUR_EYES: `waits-for-another`, it is done when another administrator requests the same", body = openapi::Problem, content_type = "application/problem+json"), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such batch", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The election is not open, or closed for administrators too", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Stored, and in force as soon as Kafka is back; or not stored", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn withdraw(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = batch_parameter(&request);
    let act = AuditEntry::by(&holder, &request, format!("batch {id}"));
    let (mut success, doing) = (act.clone(), state.clone());
    let work = async move {
        let (mut client, batch) = find_for(&doing, &holder, &id).await?;
        let definition = elections::find(&client, batch.election).await;
        let definition = definition.map_err(anyhow::Error::from)?;
        check(&holder, definition)?;
        success.target = format!(
            "batch {id}, election {}, file {} of {}",
            batch.election, batch.file, batch.who
        );
        doing.confirmed(&holder, &success, "").await?;
        let transaction = client.transaction().await.map_err(anyhow::Error::from)?;
        let withdrawn = batches::withdraw(&transaction, &batch, &success.who).await;
        match withdrawn.map_err(anyhow::Error::from)? {
            Err(NotWithdrawn::Closed) => {
                return Err(
                    cannot("The election is closed: its result does not change any more.").into(),
                );
            }
            Err(NotWithdrawn::Already) => drop(transaction),
            Ok(_) => {
                audit::append(&transaction, &success)
                    .await
                    .map_err(anyhow::Error::from)?;
                transaction.commit().await.map_err(anyhow::Error::from)?;
            }
        }
        drop(client);
        put_into_log(&doing).await?;
        let (_client, batch) = find_for(&doing, &holder, &id).await?;
        Ok(HttpResponse::Ok().json(BatchReport::from(batch)))
    };
    state.change(act, work).await
}

/// What an administrator asks is written down, as everything is; officials ask for their own.
async fn shown(
    holder: &Holder,
    request: &HttpRequest,
    state: &State,
    work: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    if only(holder).is_some() {
        return work.await;
    }
    let target = match request.match_info().get("id") {
        Some(_) => format!("batch {}", batch_parameter(request)),
        None => String::new(),
    };
    state
        .look(AuditEntry::by(holder, request, target), work)
        .await
}

/// Whose batches the holder may see; everybody's without.
fn only(holder: &Holder) -> Option<&str> {
    let is_administrator = holder.claims.has(Role::Administrator);
    (!is_administrator).then_some(holder.claims.jmbg.as_str())
}

/// The batch in the path: 32 hex digits, or nothing that exists.
fn batch_parameter(request: &HttpRequest) -> String {
    let id = request.match_info().get("id").unwrap_or_default();
    let is_name = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_name {
        id.to_owned()
    } else {
        String::new()
    }
}

async fn find_for(state: &State, holder: &Holder, id: &str) -> Result<(Object, Batch), ApiError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let client = state.connection().await?;
        let found = batches::find(&client, id).await;
        match found.map_err(anyhow::Error::from)? {
            Some(batch) if only(holder).is_none_or(|jmbg| batch.official_jmbg == jmbg) => {
                return Ok((client, batch));
            }
            Some(_) => return Err(no_such_batch().into()),
            None if id.is_empty() || Instant::now() >= give_up => {
                return Err(no_such_batch().into());
            }
            None => {}
        }
        // Others need connections too.
        drop(client);
        sleep(LOOK_EVERY).await;
    }
}

/// Whether the holder may withdraw a file of this election now.
fn check(holder: &Holder, definition: Option<ElectionDefinition>) -> Result<(), ApiError> {
    let Some(definition) = definition else {
        return Err(no_such_batch().into());
    };
    if definition.log < 2 {
        let detail = "The election was defined by an older version, which knew no withdrawals.";
        return Err(cannot(detail).into());
    }
    let now = Timestamp::now();
    let is_open = definition.start <= now && now < definition.end;
    if only(holder).is_some() && !is_open {
        let detail =
            "The election is not open any more: only an administrator can withdraw a file now.";
        return Err(cannot(detail).into());
    }
    Ok(())
}

fn cannot(detail: &str) -> service_kit::problem::Problem {
    conflict("cannot-withdraw", "The file cannot be withdrawn.", detail)
}

async fn put_into_log(state: &State) -> Result<(), ApiError> {
    let votes_topic = &state.publisher.topics().votes;
    let done = withdrawals::put_into_log(&state.pool, &state.ballot_box, votes_topic).await;
    done.map_err(|error| {
        tracing::warn!(
            error = format!("{error:#}"),
            "a withdrawal is not in the log yet"
        );
        withdrawal_pending().into()
    })
}
