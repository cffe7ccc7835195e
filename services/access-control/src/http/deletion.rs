//! Accounts that go.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_database::audit::Act;
use service_kit::body::Fields;
use service_kit::openapi;
use service_kit::refusal::Refusal;
use service_kit::token::{Administrator, Unauthorized};
use utoipa::ToSchema;

use super::desk::{Desk, valid_email};
use crate::accounts::Deleted;
use crate::email::Email;

/// Whose account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct EmailBody {
    #[schema(example = "ana@example.org")]
    email: String,
}

/// Deletes an account
///
/// Its tokens stop working here at once, and elsewhere when they expire. Where that leaves no administrator, the
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
    security(("accessToken" = []))
)]
pub(super) async fn delete(
    administrator: Result<Administrator, Unauthorized>,
    desk: Data<Desk>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Refusal> {
    let act = desk.admit(administrator, &request, "delete").await?;
    let email = match whose(body).await {
        Ok(email) => email,
        Err(refusal) => return Err(desk.refuse(act, refusal).await),
    };
    let act = Act {
        target: email.to_string(),
        ..act
    };
    match desk.accounts.delete(&email, &act).await? {
        Deleted::Gone => {
            desk.ensure_administrator().await;
            Ok(HttpResponse::Ok().finish())
        }
        Deleted::Unknown => Err(desk.refuse(act, Refusal::message("Unknown user.")).await),
    }
}

async fn whose(body: Payload) -> Result<Email, Refusal> {
    valid_email(&Fields::read(body).await?.any_text("email")?)
}

impl Desk {
    /// The account is gone all the same if this fails, and the service itself tries again in a moment.
    async fn ensure_administrator(&self) {
        let ensured = self.administrator.ensure(&self.accounts, &self.passwords);
        if let Err(error) = ensured.await {
            tracing::warn!("there may be no administrator for a moment: {error:#}");
        }
    }
}
