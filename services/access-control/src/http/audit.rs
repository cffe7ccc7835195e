//! The audit log, for administrators.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use service_kit::audit::Page;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::refusal::Refusal;
use service_kit::token::{Administrator, Unauthorized};

use super::description::AuditLog;
use super::desk::Desk;
use crate::options::LONGEST_AUDIT_PAGE;

/// Which acts.
#[derive(Deserialize)]
struct Wanted {
    before: Option<i64>,
    limit: Option<i64>,
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
    security(("accessToken" = []))
)]
pub(super) async fn audit_log(
    administrator: Result<Administrator, Unauthorized>,
    desk: Data<Desk>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let act = desk.admit(administrator, &request, "audit").await?;
    let (before, limit) = match wanted(&request) {
        Ok(wanted) => wanted,
        Err(problem) => return Err(desk.refuse(act, problem).await),
    };
    let entries = desk.accounts.acts(before, limit).await?;
    desk.accounts.write_down(&act).await?;
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
