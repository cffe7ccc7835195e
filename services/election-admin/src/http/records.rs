//! Records that the original interface does not have: full results, turnout, rejected ballots, the audit log.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context;
use clap::ValueEnum as _;
use serde::Serialize;
use service_database::audit::{self, AuditEntry};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::{Holder, Unauthorized};
use utoipa::ToSchema;

use super::answer::bad_parameter;
use super::query::{choice, election, limit, parameter, target};
use super::state::{State, definition};
use crate::results::rejected::{self, RejectedBallot};
use crate::results::report::{DecidedByLots, Report, Turnout};
use crate::results::spreadsheet::{Separator, Table};

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
    details: Details,
}

/// What the hashed result leaves out, as it follows from the log that the result stands on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Details {
    /// Voters on the roll; null if it was never loaded.
    registered: Option<u64>,
    /// Ballots that do not count, by reason.
    rejected: std::collections::BTreeMap<String, u64>,
    timeline: Timeline,
    /// Empty unless votes of several were counted.
    constituencies: Vec<Constituency>,
    rules_in_words: String,
    /// The seats one by one; empty where candidates are elected, or the numbers may not be seen.
    seats: Vec<AwardedSeat>,
    /// Only where lists stand together: the seats as they were shared out among alliances, each by its first list.
    seats_among_alliances: Option<Vec<AwardedSeat>>,
}

/// Votes over time.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Timeline {
    /// When the first slot began.
    from: String,
    slot_seconds: i64,
    /// Votes in each slot.
    ballots: Vec<u64>,
}

/// The votes of one constituency.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct Constituency {
    district: u32,
    /// The numbers of others that are shown together with it, where they have too few votes; absent otherwise
    #[schema(nullable = false)]
    with: Option<Vec<u16>>,
    counted: u64,
    /// In the order of the ballot; not there while the numbers may not be seen.
    votes: Option<Vec<u64>>,
}

/// One seat, and what gave the list the best claim to it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AwardedSeat {
    seat: u64,
    poll_number: u32,
    /// `quotient`, `full_quota`, `remainder` or `largest_list`.
    by: String,
    /// For a quotient, what the votes were divided by: a number, or a fraction such as `7/5`.
    divisor: Option<String>,
    /// The votes that the claim rests on, exactly: a number, or a fraction such as `1783701/2`.
    #[schema(example = "1783701/2")]
    votes: String,
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

/// Returns a table of the result as CSV
///
/// For administrators at any time, for everybody once the result is final. UTF-8 with a byte order mark, as spreadsheets
/// want it.
#[utoipa::path(get, path = "/elections/{id}/results.csv", params(("id" = u32, Path, description = "The election"),
    ("table" = Option<String>, Query, description = "`result` (one participant per line; the default), `constituencies`, `rejected`, `turnout`, `seats` (each with what won it) or `election` (its rules, the hash of its result)"),
    ("separator" = Option<String>, Query, description = "`comma` (the default) or `semicolon`")),
    responses((status = 200, content_type = "text/csv", body = String),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn results_csv(
    caller: Caller,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    public_record(caller, &request, &state, |report| {
        let table: Table = choice(&request, "table")?;
        let separator: Separator = choice(&request, "separator")?;
        let state = match (report.is_final(), report.is_provisional()) {
            (true, _) => "",
            (false, true) => "-provisional",
            (false, false) => "-so-far",
        };
        let about = match (table, table.to_possible_value()) {
            (Table::Result, _) | (_, None) => String::new(),
            (_, Some(name)) => format!("-{}", name.get_name()),
        };
        let file = format!("election-{}{about}{state}.csv", report.election());
        Ok(HttpResponse::Ok()
            .insert_header(ContentType(
                "text/csv; charset=utf-8".parse().context("a media type")?,
            ))
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{file}\""),
            ))
            .body(report.csv(table, separator)?))
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
    show: impl FnOnce(&Report) -> Result<HttpResponse, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let id = election(request);
    let work = async {
        let client = state.connection().await?;
        let definition = definition(&client, id).await?;
        show(&Report::read(&client, &definition, state.district_minimum).await?)
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
    responses((status = 200, body = RejectedPage), (status = 401, body = openapi::Unauthorized),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json")))]
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
    responses((status = 200, body = AuditLog), (status = 401, body = openapi::Unauthorized),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json")))]
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
