//! The audit log, for administrators.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use service_database::audit::Page;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::state::State;
use crate::options::LONGEST_AUDIT_PAGE;

/// The requested part of the log.
#[derive(Deserialize)]
struct Wanted {
    before: Option<i64>,
    limit: Option<i64>,
}

/// A page of the audit log.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AuditLog {
    /// Newest first: each with its number, the act, and the hash that chains it to the one before
    entries: Vec<AuditEntry>,
    /// Where the next page begins, as `before`; null on the last one
    next: Option<i64>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AuditEntry {
    seq: i64,
    act: AuditAct,
    /// SHA-256, in hex
    hash: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AuditAct {
    #[schema(example = "ana@example.org")]
    who: String,
    /// `administrator`, `official`, or empty where that is not known
    #[schema(example = "official")]
    role: String,
    #[schema(example = "login")]
    what: String,
    /// Whose account
    target: String,
    #[schema(example = "192.0.2.1")]
    address: String,
    /// `success` or `refusal`, with the reason after a colon
    #[schema(example = "success")]
    outcome: String,
    #[schema(example = "2026-06-16T15:55:46.123456Z")]
    at: String,
}

/// Lists who registered, logged in or deleted an account, and who was refused, newest first
#[utoipa::path(
    get,
    path = "/audit",
    params(
        ("before" = Option<i64>, Query, description = "The `next` of the page before"),
        ("limit" = Option<i64>, Query, description = "Acts at most, 1 to 10000; 100 if it is not given"),
    ),
    responses(
        (status = 200, body = AuditLog),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn audit_log(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    let (before, limit) = match wanted(&request) {
        Ok(wanted) => wanted,
        Err(problem) => return Err(state.refuse(act, problem).await),
    };
    let entries = state.accounts.acts(before, limit).await?;
    state.accounts.write_down(&act).await?;
    Ok(HttpResponse::Ok().json(Page::from(entries)))
}

fn wanted(request: &HttpRequest) -> Result<(Option<i64>, i64), Problem> {
    let wanted = Query::<Wanted>::from_query(request.query_string()).ok();
    wanted
        .map(|Query(Wanted { before, limit })| (before, limit.unwrap_or(100)))
        .filter(|(_, limit)| (1..=LONGEST_AUDIT_PAGE).contains(limit))
        .ok_or_else(|| {
            let problem = Problem::new(
                StatusCode::BAD_REQUEST,
                "bad-parameter",
                "A parameter of the query makes no sense.",
            );
            problem.detail(format!(
                "before must be the `next` of the page before, and limit a whole number from 1 to {LONGEST_AUDIT_PAGE}."
            ))
        })
}
