//! Passwords: whether one is right, and another one.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_database::audit::AuditEntry;
use service_kit::body::Fields;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::secret::Secret;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::state::{State, origin, valid_email};
use super::tokens::Tokens;
use crate::accounts::Account;
use crate::attempts::network;
use crate::email::Email;
use crate::passwords;

/// The password as it is, and as it shall be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
#[schema(rename_all = "camelCase")]
struct PasswordBody {
    #[schema(example = "Lozinka1")]
    password: String,
    /// At least 8 characters, with a digit, a lower-case and an upper-case letter
    #[schema(example = "Lozinka2")]
    new_password: String,
}

/// Changes the holder's password
///
/// All sessions of the account end, at the other services within seconds; the tokens in the answer belong to a new one.
#[utoipa::path(
    post,
    path = "/password",
    request_body = PasswordBody,
    responses(
        (status = 200, body = Tokens),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid credentials.`, `Invalid password.`", body = openapi::Message),
        (status = 401, description = "No access token", body = openapi::Unauthorized),
        (status = 429, description = "Too many attempts have failed; try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn password(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    let wanted = async {
        let fields = Fields::read(body).await?;
        let old = Secret::new(fields.any_text("password")?);
        let new = Secret::new(fields.any_text("newPassword")?);
        Ok((valid_email(&holder.claims.sub)?, old, new))
    };
    let (email, old, new) = state.or_refuse(&act, wanted).await?;
    let account = state
        .with_right_password(&request, &email, old, &act)
        .await?;
    if !passwords::is_acceptable(new.expose()) {
        let refusal = ApiError::message("Invalid password.");
        return Err(state.refuse(act, refusal).await);
    }
    let permit = state.passwords.permits.for_login().await?;
    let hash = state.passwords.hash(permit, new).await?;
    let network = network(origin(&request));
    let session = state
        .accounts
        .change_password(&account, &hash, network, &act)
        .await?;
    state.ended.notify_one();
    Ok(HttpResponse::Ok().json(Tokens::of(&state.issuer, &account, session)?))
}

impl State {
    /// The account that this password opens, within the limits on guessing.
    pub(super) async fn with_right_password(
        &self,
        request: &HttpRequest,
        email: &Email,
        password: Secret,
        act: &AuditEntry,
    ) -> Result<Account, ApiError> {
        let from = origin(request);
        let account = self.accounts.find(email).await?;
        let is_known = match &account {
            Some(account) => self.accounts.is_known(account.id, network(from)).await?,
            None => false,
        };
        let attempt = self.logins.attempt(from, email.as_str(), is_known);
        attempt.check()?;
        let hash = account
            .as_ref()
            .map(|account| account.password_hash.as_str());
        let permit = self.passwords.permits.for_login().await?;
        // Other attempts may have failed while this one waited; then hashing is pointless.
        attempt.check()?;
        let is_right = self.passwords.verify(permit, password, hash).await?;
        let ran_out = attempt.settle(is_right)?;
        if let Some(account) = account.filter(|_| is_right) {
            return Ok(account);
        }
        let refusal = ApiError::message("Invalid credentials.");
        let refusal = self.refuse(act.clone(), refusal).await;
        for budget in ran_out {
            self.note(act.clone().refused(budget)).await;
        }
        Err(refusal)
    }
}
