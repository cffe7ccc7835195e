//! The interface, described.

use service_kit::openapi::Problem;
use utoipa::OpenApi;

use super::{elections, events};

/// The document, as JSON.
///
/// # Errors
/// None in practice: it can be written.
pub(super) fn document() -> anyhow::Result<String> {
    Ok(Api::openapi().to_json()?)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "dashboard-feed",
        description = "Results, as they come in. Open to everybody."
    ),
    paths(elections::list, elections::results, events::events),
    components(schemas(Problem))
)]
struct Api;
