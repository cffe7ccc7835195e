//! The OpenAPI document.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::handlers;

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
    paths(handlers::register, handlers::login, handlers::refresh, handlers::delete),
    modifiers(&TokenKinds)
)]
struct Api;

struct TokenKinds;

impl Modify for TokenKinds {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, whose) in [
            ("accessToken", "An administrator's access token."),
            ("refreshToken", "A refresh token."),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.bearer_format = Some("JWT".to_owned());
            scheme.description = Some(whose.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
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

/// The first check that failed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct MessageBody {
    #[schema(example = "Field email is missing.")]
    message: String,
}

/// No usable token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct UnauthorizedBody {
    #[schema(example = "Missing Authorization Header")]
    msg: String,
}

/// Anything else that went wrong (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct ProblemBody {
    /// By this programs tell problems apart
    #[schema(rename = "type", example = "unavailable")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
}
