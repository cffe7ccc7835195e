//! What the answers look like, for the description alone: the feed hands out the bytes of Redis as they are.
#![expect(dead_code, reason = "only described")]

use utoipa::ToSchema;

/// The elections that have a result, by number.
#[derive(ToSchema)]
pub(super) struct Elections {
    elections: Vec<ListedElection>,
}

/// An election. Times are RFC 3339.
#[derive(ToSchema)]
pub(super) struct ListedElection {
    election: u32,
    title: String,
    /// True where persons stand.
    individual: bool,
    created: String,
    start: String,
    end: String,
    /// `live` or `after-close`: when the numbers may be seen.
    publication: String,
    r#final: bool,
    /// `not-open`, `open`, `counting` or `final`.
    #[schema(example = "open")]
    state: String,
}

/// The result of an election as of some position in the log. Shares are rounded, for the eye; nothing is
/// decided by them.
#[derive(ToSchema)]
pub(super) struct Result {
    election: u32,
    title: String,
    individual: bool,
    /// How votes become seats or a winner.
    rules: serde_json::Value,
    created: String,
    start: String,
    end: String,
    publication: String,
    /// Nothing can change any more.
    r#final: bool,
    /// The sum of the partitions' offsets: grows with every change.
    position: i64,
    /// When the log received the newest record in here.
    counted_to: Option<String>,
    /// Voters on the roll, if it is loaded.
    registered: Option<u64>,
    /// counted + repeated + rejected.
    records: u64,
    counted: u64,
    /// Paper lines sent again.
    repeated: u64,
    /// Ballots that do not count, by reason.
    rejected: std::collections::BTreeMap<String, u64>,
    /// counted / registered.
    turnout: Option<f64>,
    candidates: Vec<Candidate>,
    /// Seats, or a winner, and the ties that mattered; null while it may not be seen.
    outcome: Option<serde_json::Value>,
    timeline: Option<Timeline>,
    /// Where votes were counted in several constituencies.
    districts: Option<Vec<Constituency>>,
}

/// Who stands. Without votes, share and seats while they may not be seen.
#[derive(ToSchema)]
pub(super) struct Candidate {
    poll_number: u32,
    name: String,
    votes: Option<u64>,
    /// votes / counted.
    share: Option<f64>,
    seats: Option<u64>,
    /// Where seats are shared out: whether it takes part, and why.
    standing: Option<String>,
    /// Its own threshold in percent.
    threshold_percent: Option<String>,
}

/// Votes counted over time, by when the log received them.
#[derive(ToSchema)]
pub(super) struct Timeline {
    /// The opening.
    from: String,
    slot_seconds: u64,
    /// In each slot since the opening, up to the last one that has any.
    ballots: Vec<u64>,
}

/// A constituency.
#[derive(ToSchema)]
pub(super) struct Constituency {
    district: u16,
    counted: u64,
    /// In the order of `candidates`; absent while they may not be seen.
    votes: Option<Vec<u64>>,
}
