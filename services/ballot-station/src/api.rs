//! The interface, described.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

/// The document, as JSON.
///
/// # Errors
/// None in practice: it can be written.
pub(crate) fn document() -> anyhow::Result<String> {
    Ok(Api::openapi().to_json()?)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ballot-station",
        description = "Takes officials' files of paper ballots."
    ),
    paths(crate::vote::post_vote),
    components(schemas(VoteForm, Message, Unauthorized, Problem)),
    modifiers(&AccessToken)
)]
struct Api;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.bearer_format = Some("JWT".to_owned());
        scheme.description = Some("An official's access token.".to_owned());
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("accessToken", SecurityScheme::Http(scheme));
    }
}

/// The form that `POST /vote` takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct VoteForm {
    /// A CSV file without a header, one ballot a line: `<ballot GUID>,<poll number>`. At most 50 MB and a
    /// million lines.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What is wrong with the file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Message {
    #[schema(example = "Incorrect number of values on line 2.")]
    message: String,
}

/// No usable token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Unauthorized {
    #[schema(example = "Missing Authorization Header")]
    msg: String,
}

/// Anything else that went wrong (RFC 9457).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Problem {
    /// By this programs tell problems apart.
    #[schema(rename = "type", example = "unavailable")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
}
