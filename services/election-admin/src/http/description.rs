//! The document that describes all endpoints.

use service_kit::openapi::add_token;
use utoipa::{Modify, OpenApi};

use super::{administration, records, results};

/// Election administration
#[derive(OpenApi)]
#[openapi(
    info(title = "election-admin", description = "Participants, elections and results. Every endpoint takes an administrator's access token."),
    paths(
        administration::create_participant, administration::get_participants, administration::create_election,
        administration::get_elections, results::get_results, records::results_json, records::results_csv,
        records::turnout, records::rejected, records::audit_log,
    ),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        add_token(document, "bearer", "An administrator's access token.");
    }
}

/// What `/openapi.json` shows.
///
/// # Errors
/// None in practice: the document can be written.
pub fn document() -> anyhow::Result<String> {
    Ok(Document::openapi().to_json()?)
}
