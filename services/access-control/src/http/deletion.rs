//! Deleting accounts.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::state::State;
use crate::sessions::Deleted;

/// Whose account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct EmailBody {
    #[schema(example = "ana@example.org")]
    email: String,
}

/// Deletes an account
///
/// Its tokens stop working here immediately, and at the other services within seconds. If no administrator is left, the
/// first one is created again.
#[utoipa::path(
    post,
    path = "/delete",
    request_body = EmailBody,
    responses(
        (status = 200, description = "The account is gone; no content"),
        (status = 400, description = "The first check that failed: the field is missing, `Invalid email.`, `Unknown user.`", body = openapi::Message),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn delete(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let (act, email) = state.admit_about(&holder, &request, body).await?;
    match state.accounts.delete(&email, &act).await? {
        Deleted::Gone => {
            state.ended.notify_one();
            state.ensure_administrator().await;
            Ok(HttpResponse::Ok().finish())
        }
        Deleted::Unknown => Err(state.refuse(act, ApiError::message("Unknown user.")).await),
    }
}

impl State {
    /// If this fails, the account is deleted anyway, and the service itself tries again in a moment.
    async fn ensure_administrator(&self) {
        let ensured = self.administrator.ensure(&self.accounts, &self.passwords);
        if let Err(error) = ensured.await {
            tracing::warn!("there may be no administrator for a moment: {error:#}");
        }
    }
}
