//! The OpenAPI document.

use service_kit::openapi::add_token;
use utoipa::{Modify, OpenApi, ToSchema};

use super::{audit, deletion, registration, tokens};

/// The interface, as an OpenAPI document in JSON.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn description() -> anyhow::Result<String> {
    Ok(Api::openapi().to_json()?)
}

#[derive(OpenApi)]
#[openapi(
    info(title = "access-control", description = "Accounts and tokens."),
    paths(registration::register, tokens::login, tokens::refresh, deletion::delete, audit::audit_log),
    modifiers(&TokenKinds)
)]
struct Api;

struct TokenKinds;

impl Modify for TokenKinds {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (name, whose) in [
            ("accessToken", "An administrator's access token."),
            ("refreshToken", "A refresh token."),
        ] {
            add_token(document, name, whose);
        }
    }
}

/// A new account. All texts have at most 256 characters.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct RegisterBody {
    /// 13 digits `DDMMYYYRRBBBK`, the last one a check digit
    #[schema(example = "0101994704401")]
    jmbg: String,
    #[schema(example = "Ana")]
    forename: String,
    #[schema(example = "Anić")]
    surname: String,
    /// `local@domain.tld`
    #[schema(example = "ana@example.org")]
    email: String,
    /// At least 8 characters, with a digit, a lower-case and an upper-case letter
    #[schema(example = "Lozinka1")]
    password: String,
}

/// Who logs in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct LoginBody {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(example = "Lozinka1")]
    password: String,
}

/// Whose account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct EmailBody {
    #[schema(example = "ana@example.org")]
    email: String,
}

/// A page of the audit log.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct AuditLog {
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
