//! The interface, described.

use service_kit::openapi::{Message, Problem, Unauthorized, add_token};
use utoipa::{Modify, OpenApi};

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
    components(schemas(crate::upload::VoteForm, Message, Unauthorized, Problem)),
    modifiers(&AccessToken)
)]
struct Api;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        add_token(document, "accessToken", "An official's access token.");
    }
}
