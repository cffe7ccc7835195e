//! Records that the original interface does not have: full results, turnout, rejected ballots, the audit log.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context;
use serde::Serialize;
use service_database::audit::{self, AuditEntry};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::{Holder, Unauthorized};
use utoipa::ToSchema;

use super::answer::bad_parameter;
use super::query::{election, limit, parameter, target};
use super::state::{State, definition};
use crate::results::rejected::{self, RejectedBallot};
use crate::results::report::{DecidedByLots, Report, Turnout};

/// A result in full.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct FullResult {
    /// Nothing changes any more.
    r#final: bool,
    /// The election has ended, and the result may still change: it is being counted, or waits for an administrator.
    provisional: bool,
    /// The result; null while it may not be seen. Once final, canonical JSON.
    result: Option<serde_json::Value>,
    /// The hash of the bytes of the final result, in hex.
    sha256: Option<String>,
    /// By partition, the offset of the first record that it does not include.
    offsets: std::collections::BTreeMap<String, i64>,
    finalised_at: Option<String>,
    /// Only where lots decided what the result left open, as it was final: a second result.
    decided: Option<DecidedByLots>,
    /// Only where the election was cancelled: it has no result then.
    cancelled: Option<super::cancellation::Cancelled>,
}

/// Returns the whole result as JSON: votes, seats or a winner, and the ties that mattered
///
/// For administrators at any time, for everybody once the result is final.
#[utoipa::path(get, path = "/elections/{id}/results.json", params(("id" = u32, Path, description = "The election")),
    responses((status = 200, body = FullResult), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn results_json(
    caller: Caller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    public_record(caller, &request, &state, |report| {
        Ok(HttpResponse::Ok().json(report.json()?))
    })
    .await
}

/// Returns the whole result as CSV, one participant per line
///
/// For administrators at any time, for everybody once the result is final.
#[utoipa::path(get, path = "/elections/{id}/results.csv", params(("id" = u32, Path, description = "The election")),
    responses((status = 200, content_type = "text/csv", body = String), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn results_csv(
    caller: Caller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    public_record(caller, &request, &state, |report| {
        let state = match (report.is_final(), report.is_provisional()) {
            (true, _) => "",
            (false, true) => "-provisional",
            (false, false) => "-so-far",
        };
        let file = format!("election-{}{state}.csv", report.election());
        Ok(HttpResponse::Ok()
            .insert_header(ContentType(
                "text/csv; charset=utf-8".parse().context("a media type")?,
            ))
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{file}\""),
            ))
            .body(report.csv()?))
    })
    .await
}

/// Returns how many ballots were counted, and how many were not, by reason
///
/// For administrators at any time, for everybody once the result is final.
#[utoipa::path(get, path = "/elections/{id}/turnout", params(("id" = u32, Path, description = "The election")),
    responses((status = 200, body = Turnout), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn turnout(
    caller: Caller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    public_record(caller, &request, &state, |report| {
        Ok(HttpResponse::Ok().json(report.turnout()))
    })
    .await
}

/// An administrator, or why the caller is not one.
type Caller = Result<Holder, Unauthorized>;

/// Shown to administrators, and to everyone once the result is final.
async fn public_record(
    caller: Caller,
    request: &HttpRequest,
    state: &State,
    show: impl FnOnce(&Report) -> anyhow::Result<HttpResponse>,
) -> Result<HttpResponse, ApiError> {
    let id = election(request);
    let work = async {
        let client = state.connection().await?;
        let definition = definition(&client, id).await?;
        Ok(show(&Report::read(&client, &definition).await?)?)
    };
    match caller {
        Ok(holder) => {
            let act = AuditEntry::by(&holder, request, target(request));
            state.look(act, work).await
        }
        Err(_) if state.is_final(id).await => work.await,
        Err(unauthorized) => {
            if let Some(holder) = unauthorized.holder() {
                state.note_refused(holder, request).await;
            }
            Err(unauthorized.into())
        }
    }
}

/// A page of rejected ballots.
#[derive(Serialize, ToSchema)]
pub(super) struct RejectedPage {
    rejected: Vec<RejectedBallot>,
    /// Where the next page begins, as `after`; null on the last one.
    next: Option<String>,
}

/// Lists the ballots that were not counted, with the reasons
///
/// A voter's ballot shows only that there was one, and why it was not counted.
#[utoipa::path(get, path = "/elections/{id}/rejected",
    params(("id" = u32, Path, description = "The election"), ("after" = Option<String>, Query, description = "The `next` of the page before"),
        ("limit" = Option<i64>, Query, description = "Ballots at most, 1 to 10000")),
    responses((status = 200, body = RejectedPage), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn rejected(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = election(&request);
    let act = AuditEntry::by(&holder, &request, target(&request));
    let work = async {
        let limit = limit(&request, 1000, 10_000)?;
        let after = match parameter(&request, "after") {
            None => (-1, -1),
            Some(text) => place(&text)
                .ok_or_else(|| bad_parameter("after", "the `next` of the page before"))?,
        };
        let client = state.connection().await?;
        let definition = definition(&client, id).await?;
        let rejected = rejected::rejected(&client, definition.id, after, limit).await?;
        let is_full = i64::try_from(rejected.len()).is_ok_and(|length| length == limit);
        let next = rejected.last().filter(|_| is_full);
        let next = next.map(|last| format!("{}-{}", last.partition, last.offset));
        Ok(HttpResponse::Ok().json(RejectedPage { rejected, next }))
    };
    state.look(act, work).await
}

/// A place in the log: `<partition>-<offset>`.
fn place(text: &str) -> Option<(i32, i64)> {
    let (partition, offset) = text.split_once('-')?;
    Some((partition.parse().ok()?, offset.parse().ok()?))
}

/// A page of the audit log.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AuditLog {
    /// Newest first: each with its number, the act, and the hash that chains it to the one before.
    entries: Vec<serde_json::Value>,
    /// Where the next page begins, as `before`; null on the last one.
    next: Option<i64>,
}

/// Lists what administrators and officials did, newest first
#[utoipa::path(get, path = "/audit",
    params(("before" = Option<i64>, Query, description = "The `next` of the page before"), ("limit" = Option<i64>, Query, description = "Acts at most, 1 to 10000")),
    responses((status = 200, body = AuditLog), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn audit_log(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let act = AuditEntry::by(&holder, &request, "");
    let work = async {
        let limit = limit(&request, 100, 10_000)?;
        let before = parameter(&request, "before").map(|text| text.parse());
        let before = before
            .transpose()
            .map_err(|_| bad_parameter("before", "the `next` of the page before"))?;
        let client = state.connection().await?;
        let entries = audit::newest(&client, before, limit)
            .await
            .map_err(anyhow::Error::from)?;
        Ok(HttpResponse::Ok().json(audit::Page::from(entries)))
    };
    state.look(act, work).await
}
