//! What every service's description has in common. The types here are only described, never made.

use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

/// The first check that failed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Message {
    #[schema(example = "Field email is missing.")]
    message: String,
}

/// No usable token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Unauthorized {
    #[schema(example = "Missing Authorization Header")]
    msg: String,
}

/// Anything else that went wrong (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Problem {
    /// By this programs tell problems apart.
    #[schema(rename = "type", example = "unavailable")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
}

/// Adds a kind of token by which callers are let in.
pub fn add_token(document: &mut OpenApi, name: &str, whose: &str) {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.bearer_format = Some("JWT".to_owned());
    scheme.description = Some(whose.to_owned());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(name, SecurityScheme::Http(scheme));
}
