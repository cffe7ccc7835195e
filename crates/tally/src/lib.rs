//! What was counted, and the result that follows from it. No I/O.
//!
//! - [`Tally`]: the totals of a partition, or the sum of several ([`merge`], [`Totals`]);
//! - [`Slots`]: votes over time, in few numbers;
//! - [`outcome`]: votes, ballots cast, seats or a winner, from an election's definition and a tally;
//! - [`constituencies`] and [`Minimums`]: the votes by constituency, and how few are shown;
//! - [`ScreenResult`] and [`OfficialResult`]: two views of the outcome, for observers and for the record.

mod constituency;
mod official;
mod outcome;
mod screen;
mod slots;
mod tally;

pub use constituency::{Constituency, Minimums, constituencies};
pub use official::{OfficialParticipant, OfficialResult};
pub use outcome::{ElectionOutcome, outcome};
pub use screen::{Candidate, ScreenResult, Timeline};
pub use slots::Slots;
pub use tally::{
    ClosedLog, FileLines, FileTally, PartitionTally, Reason, Rejected, RejectedBallot, Tally,
    Totals, merge,
};
