//! Schemas of the answers that all services share. The types are only described, never constructed.

use utoipa::ToSchema;

/// The first check that failed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub struct Message {
    #[schema(example = "Field email is missing.")]
    message: String,
    /// What was probably meant.
    #[schema(nullable = false)]
    hint: Option<String>,
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
    /// Identifies the kind of problem for programs.
    #[schema(rename = "type", example = "unavailable")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
}
