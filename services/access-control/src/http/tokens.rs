//! Tokens, for a password or for another token.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use service_database::audit::AuditEntry;
use service_kit::body::Fields;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::secret::Secret;
use service_kit::token::{Holder, TokenKind};
use utoipa::ToSchema;
use uuid::Uuid;

use super::state::{State, origin, valid_email};
use crate::accounts::{Account, Status};
use crate::attempts::network;
use crate::tokens::Issuer;

/// Whether the holder is asked for another password: a header, as old clients compare the body.
const PASSWORD_DUE: &str = "urna-password-due";

/// An access and a refresh token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    /// For everything but new tokens; valid for an hour.
    access_token: String,
    /// For new access tokens; valid for 30 days.
    refresh_token: String,
}

/// The account to log in to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct LoginBody {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(example = "Lozinka1")]
    password: String,
}

/// Returns tokens for an address and a password
#[utoipa::path(
    post,
    path = "/login",
    request_body = LoginBody,
    responses(
        (status = 200, body = Tokens, headers(
            ("urna-password-due" = Option<bool>, description = "`true` if somebody else chose the password: ask for another one"),
        )),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid email.`, `Invalid credentials.`", body = openapi::Message),
        (status = 403, description = "`waiting-for-approval`: the password is right, and an administrator has to approve the account. `revoked`: one has taken that back", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts have failed; try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn login(
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let fields = Fields::read(body).await?;
    let email = fields.any_text("email")?;
    let password = Secret::new(fields.any_text("password")?);
    // Only what has the form of an address is recorded: it might be a password in the wrong field.
    let email = valid_email(&email)?;
    let act = AuditEntry::of(email.as_str(), &request, "login", "");
    let account = state
        .with_right_password(&request, &email, password, &act)
        .await?;
    let act = AuditEntry {
        role: account.role.to_string(),
        ..act
    };
    match account.status {
        Status::Active => {}
        Status::Waiting => return Err(state.refuse(act, waiting()).await),
        Status::Revoked => return Err(state.refuse(act, revoked()).await),
    }
    let network = network(origin(&request));
    let session = state.accounts.open_session(&account, network, &act).await?;
    let mut response = HttpResponse::Ok();
    if account.password_due {
        response.insert_header((PASSWORD_DUE, "true"));
    }
    Ok(response.json(Tokens::of(&state.issuer, &account, session)?))
}

impl Tokens {
    /// Both tokens of a session.
    pub(super) fn of(issuer: &Issuer, account: &Account, session: Uuid) -> Result<Self, ApiError> {
        let issue = |kind| issuer.issue(account, session, kind);
        Ok(Self {
            access_token: issue(TokenKind::Access)?,
            refresh_token: issue(TokenKind::Refresh)?,
        })
    }
}

/// Said to nobody but who knows the password.
fn waiting() -> Problem {
    let title = "The account waits for approval.";
    let problem = Problem::new(StatusCode::FORBIDDEN, "waiting-for-approval", title);
    problem.detail("An administrator has to approve it first.")
}

fn revoked() -> Problem {
    let title = "The account is revoked.";
    let problem = Problem::new(StatusCode::FORBIDDEN, "revoked", title);
    problem.detail("An administrator has revoked it, and may approve it again.")
}

/// A new access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessToken {
    /// For everything but new tokens; valid for an hour.
    access_token: String,
}

/// Returns a new access token for a refresh token
#[utoipa::path(
    post,
    path = "/refresh",
    responses(
        (status = 200, body = AccessToken),
        (status = 401, description = "No usable refresh token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn refresh(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    state.accounts.write_down(&act).await?;
    Ok(HttpResponse::Ok().json(AccessToken {
        access_token: state.issuer.refresh(&holder.claims)?,
    }))
}
