//! The interface, described.

use service_kit::openapi::Problem;
use utoipa::OpenApi;

/// The document, as JSON.
///
/// # Errors
/// None in practice: it can be written.
pub(crate) fn document() -> anyhow::Result<String> {
    Ok(Api::openapi().to_json()?)
}

#[derive(OpenApi)]
#[openapi(
    info(title = "vote-ingest", description = "Takes votes."),
    paths(crate::vote::post_vote),
    components(schemas(Problem))
)]
struct Api;
