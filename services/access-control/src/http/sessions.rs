//! Ending sessions: one's own, and those of an account that is revoked.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::Holder;

use super::deletion::EmailBody;
use super::state::State;
use crate::sessions::Revoked;

/// Ends the session that the token belongs to
///
/// None of its tokens is of use any more: here at once, and at the other services within seconds.
#[utoipa::path(
    post,
    path = "/logout",
    responses(
        (status = 200, description = "The session has ended; no content"),
        (status = 401, description = "No access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn logout(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    state.accounts.log_out(&holder.claims, &act).await?;
    state.ended.notify_one();
    Ok(HttpResponse::Ok().finish())
}

/// Lets nobody log in to an account, and ends its sessions
///
/// Its tokens are of no use any more: here at once, and at the other services within seconds. `POST /accounts/approve` lets
/// its holder log in again.
#[utoipa::path(
    post,
    path = "/accounts/revoke",
    request_body = EmailBody,
    responses(
        (status = 200, description = "The account is revoked; no content"),
        (status = 400, description = "The first check that failed: the field is missing, `Invalid email.`, `Unknown user.`, `Last administrator.`", body = openapi::Message),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn revoke(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let (act, email) = state.admit_about(&holder, &request, body).await?;
    let refusal = match state.accounts.revoke(&email, &act).await? {
        Revoked::Done => {
            state.ended.notify_one();
            return Ok(HttpResponse::Ok().finish());
        }
        Revoked::Unknown => ApiError::message("Unknown user."),
        Revoked::LastAdministrator => ApiError::message("Last administrator."),
    };
    Err(state.refuse(act, refusal).await)
}
