//! The schema of the answers, only for the description: the feed forwards the bytes from Redis unchanged.
#![expect(dead_code, reason = "only described")]

use serde::Serialize;
use utoipa::ToSchema;

/// The elections that have a result, by number.
#[derive(ToSchema)]
pub(super) struct ElectionList {
    elections: Vec<ListedElection>,
}

/// An election. Times are RFC 3339.
#[derive(ToSchema)]
pub(super) struct ListedElection {
    election: u32,
    title: String,
    /// True if candidates are persons.
    individual: bool,
    created: String,
    start: String,
    end: String,
    publication: Publication,
    r#final: bool,
    /// When it was cancelled; absent where it was not.
    #[schema(nullable = false)]
    cancelled: Option<String>,
    state: State,
}

/// When the numbers are published.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(super) enum Publication {
    Live,
    AfterClose,
}

/// The state of an election.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(super) enum State {
    NotOpen,
    Open,
    Counting,
    Final,
    Cancelled,
}

/// The result of an election as of some position in the log. Shares are rounded, for the eye; nothing is
/// decided by them.
#[derive(ToSchema)]
pub(super) struct Result {
    election: u32,
    title: String,
    individual: bool,
    rules: Rules,
    created: String,
    start: String,
    end: String,
    publication: Publication,
    /// Nothing can change any more.
    r#final: bool,
    /// When the election was cancelled; absent where it was not. Then nothing in here is a result.
    #[schema(nullable = false)]
    cancelled: Option<String>,
    /// The sum of the partitions' offsets: grows with every change.
    position: i64,
    /// When the log received the newest record included, in whole seconds.
    #[schema(required)]
    counted_to: Option<String>,
    /// Voters on the roll, if it is loaded.
    #[schema(required)]
    registered: Option<u64>,
    /// counted + repeated + rejected + withdrawn.
    records: u64,
    counted: u64,
    /// Paper lines sent again.
    repeated: u64,
    /// Paper ballots that do not count, as their file was withdrawn; not there where none was.
    #[schema(nullable = false)]
    withdrawn: Option<u64>,
    /// `manual` where the result waits for an administrator's word after the end, and is provisional until then.
    #[schema(nullable = false)]
    finalise: Option<String>,
    /// Ballots that do not count, by reason.
    rejected: std::collections::BTreeMap<String, u64>,
    /// counted / registered.
    #[schema(required)]
    turnout: Option<f64>,
    candidates: Vec<Candidate>,
    /// The poll numbers of lists that stand together.
    #[schema(nullable = false)]
    alliances: Option<Vec<Vec<u32>>>,
    /// Seats, or winners, and the ties that mattered; null while it may not be seen, or the
    /// electorate is not known that a threshold is a percentage of.
    #[schema(required)]
    outcome: Option<Outcome>,
    /// The lots that decided what was level; absent where none were drawn.
    #[schema(nullable = false)]
    lots: Option<Lots>,
    timeline: Option<Timeline>,
    /// Present if votes were counted in several constituencies.
    districts: Option<Vec<Constituency>>,
    /// The least number of new votes by which this moves before the end; absent where it moves by each.
    #[schema(nullable = false)]
    live_minimum: Option<u64>,
    /// The least number of votes of a constituency that is shown by itself; absent where each is.
    #[schema(nullable = false)]
    district_minimum: Option<u64>,
}

/// Lots that were drawn when the result was final.
#[derive(ToSchema)]
pub(super) struct Lots {
    /// Poll numbers, in the order in which they were drawn.
    order: Vec<u32>,
    /// Who drew.
    drawn_by: String,
    drawn_at: String,
}

/// How votes become seats or winners.
#[derive(ToSchema)]
pub(super) struct Rules {
    /// `dhondt`, `sainte_lague`, … or `majority`.
    method: String,
    /// Seats to distribute.
    #[schema(nullable = false)]
    seats: Option<u64>,
    #[schema(nullable = false)]
    threshold: Option<Threshold>,
    #[schema(nullable = false)]
    winner: Option<Winner>,
    /// How many are elected by plurality, where it is not one.
    #[schema(nullable = false)]
    winners: Option<u64>,
    /// What an absolute majority is more than half of: the valid votes where it is not said.
    #[schema(nullable = false)]
    of: Option<MajorityBase>,
    /// How many go on to a second round.
    #[schema(nullable = false)]
    runoff: Option<u64>,
    /// How ties are settled.
    #[schema(nullable = false)]
    tie: Option<String>,
}

/// What a list needs to take part.
#[derive(ToSchema)]
pub(super) struct Threshold {
    #[schema(nullable = false)]
    percent: Option<Decimal>,
    of: ThresholdBase,
    /// More than the percentage, not at least.
    #[schema(nullable = false)]
    strict: Option<bool>,
    /// Alliances reach it together.
    #[schema(nullable = false)]
    alliances: Option<bool>,
}

/// What a threshold is a percentage of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ThresholdBase {
    Valid,
    Cast,
    Registered,
    Quota,
}

/// What an absolute majority is a majority of.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum MajorityBase {
    Valid,
    /// All who voted, invalid votes included.
    Cast,
}

/// An exact decimal.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Decimal {
    Number(f64),
    Text(String),
}

/// What the winner needs.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Winner {
    Plurality,
    Absolute,
}

/// Seats, or winners, and the ties that mattered.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Outcome {
    Seats(SeatsOutcome),
    Winner(WinnerOutcome),
    Winners(WinnersOutcome),
}

#[derive(Serialize, ToSchema)]
pub(super) struct SeatsOutcome {
    /// In the order of `candidates`.
    seats: Vec<u64>,
    /// Seats that an open tie leaves to nobody, or that no list can take.
    open_seats: u64,
    ties: Vec<Tie>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WinnerOutcome {
    /// Its poll number.
    #[schema(required)]
    winner: Option<u32>,
    /// The poll numbers that go on to a second round.
    #[schema(required)]
    runoff: Option<Vec<u32>>,
    ties: Vec<Tie>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct WinnersOutcome {
    /// The poll numbers of those who are elected, most votes first; fewer than there are places while a tie is open.
    winners: Vec<u32>,
    ties: Vec<Tie>,
}

/// A tie that mattered.
#[derive(Serialize, ToSchema)]
pub(super) struct Tie {
    /// How many of the poll numbers in `between` get a seat, or win.
    seats: u64,
    between: Vec<u32>,
    /// Null if it is open.
    #[schema(required)]
    settled_by: Option<TieRule>,
    won_by: Vec<u32>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TieRule {
    BallotOrder,
    MostVotes,
    FewestVotes,
    Lots,
}

/// Whether a list takes part, and why.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Standing {
    Reached,
    Exempt,
    NoListReached,
    Below,
    TakesNoPart,
}

/// The participants; without votes, share and seats while these are withheld.
#[derive(ToSchema)]
pub(super) struct Candidate {
    poll_number: u32,
    name: String,
    #[schema(nullable = false)]
    votes: Option<u64>,
    /// votes / counted.
    #[schema(nullable = false)]
    share: Option<f64>,
    #[schema(nullable = false)]
    seats: Option<u64>,
    /// Present if seats are distributed.
    #[schema(nullable = false)]
    standing: Option<Standing>,
    /// Its own threshold in percent.
    #[schema(nullable = false)]
    threshold_percent: Option<Decimal>,
    /// How many candidates it has, where that limits its seats.
    #[schema(nullable = false)]
    candidates: Option<u64>,
    /// The seats that it has beside those that are shared out here.
    #[schema(nullable = false)]
    seats_won: Option<u64>,
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
    /// The lowest, where several are shown together.
    district: u16,
    /// The numbers of the others; absent where it is shown by itself.
    #[schema(nullable = false)]
    with: Option<Vec<u16>>,
    counted: u64,
    /// In the order of `candidates`; absent while they may not be seen.
    #[schema(nullable = false)]
    votes: Option<Vec<u64>>,
}
