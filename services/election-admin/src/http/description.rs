//! The document that describes all endpoints. The types here are those that the answers have on the wire.
#![expect(dead_code, reason = "they are only described, never made")]

use std::collections::BTreeMap;

use service_kit::openapi::add_token;
use utoipa::{Modify, OpenApi, ToSchema};

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

#[derive(ToSchema)]
pub(super) struct NewParticipant {
    name: String,
    /// True for a person, false for a party.
    individual: bool,
}

#[derive(ToSchema)]
pub(super) struct Participants {
    participants: Vec<ParticipantEntry>,
}

#[derive(ToSchema)]
pub(super) struct ParticipantEntry {
    id: i32,
    name: String,
    individual: bool,
}

#[derive(ToSchema)]
pub(super) struct NewElection {
    /// ISO 8601; without an offset it is in the zone of the service.
    #[schema(example = "2026-06-16T08:00:00")]
    start: String,
    #[schema(example = "2026-06-16T20:00:00+02:00")]
    end: String,
    /// True for a presidential election, false for a parliamentary one.
    individual: bool,
    /// Their numbers, in the order of the ballot.
    participants: Vec<i32>,
    title: Option<String>,
    /// How votes become seats or a winner, such as {"method": "dhondt", "seats": 250, "tie": "lot"}.
    rules: Option<serde_json::Value>,
    /// What holds for single lists, in the order of participants, null for an ordinary one: such as
    /// `{"exempt": true, "multiplier": "1.35"}` for a minority's, `{"threshold_percent": "8"}` for a coalition's.
    terms: Option<Vec<serde_json::Value>>,
    /// `live` or `after-close`: when the numbers may be seen.
    results: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct Elections {
    elections: Vec<administration::ListedElection>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Results {
    participants: Vec<ParticipantResult>,
    /// Paper ballots that were not counted.
    invalid_votes: Vec<InvalidVote>,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct ParticipantResult {
    poll_number: u32,
    name: String,
    /// Seats; or the share of the valid votes, with two decimals.
    result: f64,
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct InvalidVote {
    election_official_jmbg: String,
    ballot_guid: String,
    poll_number: u64,
    #[schema(example = "Duplicate ballot.")]
    reason: String,
}

#[derive(ToSchema)]
pub(super) struct FullResult {
    /// Nothing changes any more.
    r#final: bool,
    /// The result; null while it may not be seen. Once final, canonical JSON.
    result: Option<serde_json::Value>,
    /// Of the bytes of the final result, in hex.
    sha256: Option<String>,
    /// By partition, the offset of the first record that it does not stand on.
    offsets: BTreeMap<String, i64>,
    finalised_at: Option<String>,
}

#[derive(ToSchema)]
pub(super) struct AuditLog {
    /// Newest first: each with its number, the act, and the hash that chains it to the one before.
    entries: Vec<serde_json::Value>,
    /// Where the next page begins, as `before`; null on the last one.
    next: Option<i64>,
}
