//! The interface, described.

use service_kit::openapi::Problem;
use utoipa::{OpenApi, ToSchema};

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

/// A vote. At most 4096 bytes; other fields are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Vote {
    /// The voter's personal id, as on the roll.
    #[schema(example = "12345678901")]
    personal_id: String,
    /// The voter's secret, a UUID.
    #[schema(example = "3f0c1f64-5717-4562-b3fc-2c963f66afa6")]
    guid: String,
    /// The candidate's name exactly as on the ballot, or the poll number, as a number or in digits.
    #[schema(value_type = String, example = "2")]
    candidate: String,
    /// The election; absent, the one that is open.
    election: Option<u32>,
}

/// The vote is in the ballot box.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Accepted {
    #[schema(example = "accepted")]
    status: String,
    /// The election that it is in.
    election: u32,
}
