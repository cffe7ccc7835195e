//! The OpenAPI document.

use service_kit::openapi::add_token;
use utoipa::{Modify, OpenApi};

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
