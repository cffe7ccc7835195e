//! Refusals, in words.

use std::fmt;

use crate::{
    decimal::Decimal,
    limits::{MAX_SEATS, MAX_VOTES},
};

/// Why rules or a count are invalid. Each error is one sentence that says what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// A word that the field does not accept.
    UnknownWord {
        /// The field that contains it.
        field: &'static str,
        /// The word that was given.
        word: String,
        /// The words it knows.
        known: Vec<&'static str>,
    },
    /// The method requires this field.
    Missing {
        /// The method.
        method: &'static str,
        /// What is missing, and what it says.
        field: &'static str,
    },
    /// A field that has no meaning with this method: its author expects something else.
    OutOfPlace {
        /// The method.
        method: &'static str,
        /// The field.
        field: &'static str,
    },
    /// `seats` is 0.
    NoSeats,
    /// `seats` is above [`MAX_SEATS`].
    TooManySeats(u64),
    /// A threshold of more than 100 percent; with the poll number if it is a list's own threshold.
    ThresholdAbove100 {
        /// The percentage.
        percent: Decimal,
        /// The list whose own threshold it is, if any.
        poll_number: Option<u32>,
    },
    /// A threshold that is both a quota and a percentage.
    QuotaWithPercent,
    /// A runoff between fewer than two (or more than there can be poll numbers).
    Runoff(u64),
    /// A list's multiplier is 0.
    MultiplierOfZero {
        /// The list.
        poll_number: u32,
    },
    /// The multipliers have more than 18 digits between them.
    MultipliersTooLong,
    /// Votes times multipliers times divisors do not fit 128 bits.
    TooWide,
    /// A candidate for a single office has terms that only a list can have.
    TermsForCandidate {
        /// The candidate.
        poll_number: u32,
    },
    /// There is nobody to vote for.
    NoLists,
    /// More lists than poll numbers.
    TooManyLists,
    /// There are terms for another number of lists than there are votes for.
    ListsLength {
        /// How many lists have terms.
        lists: usize,
        /// How many lists have votes.
        votes: usize,
    },
    /// All votes together are more than [`MAX_VOTES`].
    TooManyVotes,
    /// There are more votes for the lists than valid votes.
    ValidBelowVotes {
        /// The valid votes as given.
        valid: u64,
        /// The sum of the votes for the lists.
        votes: u64,
    },
    /// There are more valid votes than votes cast.
    CastBelowValid {
        /// The votes cast as given.
        cast: u64,
        /// The valid votes.
        valid: u64,
    },
    /// There are more votes than people who may vote.
    RegisteredBelowCast {
        /// The voters.
        registered: u64,
        /// The votes cast.
        cast: u64,
    },
    /// A threshold is a percentage of the electorate, whose number is not given.
    NoElectorate,
    /// Strictness or alliances in a threshold that has no percentage.
    NoPercentage {
        /// The field.
        field: &'static str,
    },
    /// An alliance names a poll number that is not on the ballot.
    UnknownAlly(u32),
    /// A list is in two alliances, or twice in one.
    AllyTwice(u32),
    /// A list has already won seats, which only divisor methods support.
    SeatsWonWithQuota {
        /// The list.
        poll_number: u32,
    },
    /// A list has won more seats already than are ever shared out.
    TooManySeatsWon {
        /// The seats as given.
        seats: u64,
        /// The list.
        poll_number: u32,
    },
    /// The number of winners is 0 or too large.
    Winners(u64),
    /// A lot names no list of this election.
    UnknownLot(u32),
    /// A poll number was drawn twice.
    LotDrawnTwice(u32),
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWord { field, word, known } => {
                let known = known.join(", ");
                write!(f, "The {field} {word:?} is not known; it must be one of {known}.")
            }
            Self::Missing { method, field } => write!(f, "The method {method} needs {field}."),
            Self::OutOfPlace { method, field } => {
                write!(f, "`{field}` has no meaning with the method {method}; leave it out.")
            }
            Self::NoSeats => f.write_str("There must be at least one seat to fill, `seats` is 0."),
            Self::TooManySeats(seats) => {
                write!(f, "{seats} seats are more than can be shared out; the most is {MAX_SEATS}.")
            }
            Self::ThresholdAbove100 { percent, poll_number: None } => {
                write!(f, "A threshold of {percent} percent cannot be reached; it must be 0 to 100.")
            }
            Self::ThresholdAbove100 { percent, poll_number: Some(list) } => write!(
                f,
                "The threshold of list {list}, {percent} percent, cannot be reached; it must be 0 to 100."
            ),
            Self::QuotaWithPercent => f.write_str(
                "A threshold of one quota has no `percent`; leave it out, or measure `of` valid or cast.",
            ),
            Self::Runoff(places) => write!(
                f,
                "`runoff` is {places}; a second round is held between two candidates or more."
            ),
            Self::MultiplierOfZero { poll_number } => write!(
                f,
                "The multiplier of list {poll_number} is 0, which would wipe out its votes; it must be more."
            ),
            Self::MultipliersTooLong => f.write_str(
                "The multipliers are too long for exact arithmetic: the digits before the point of the \
                 largest and after the point of the longest may be 18 together.",
            ),
            Self::TooWide => f.write_str(
                "So many votes with multipliers of so many digits do not fit exact 128-bit arithmetic; \
                 write the multipliers with fewer digits.",
            ),
            Self::TermsForCandidate { poll_number } => write!(
                f,
                "Candidate {poll_number} has terms (a multiplier, a threshold or others), which have no meaning \
                 where one winner is elected; leave them out."
            ),
            Self::NoLists => f.write_str("There is nobody to vote for: `votes` is empty."),
            Self::TooManyLists => f.write_str("There are more lists than poll numbers."),
            Self::ListsLength { lists, votes } => write!(
                f,
                "There are terms for {lists} lists and votes for {votes}; both must be as many."
            ),
            Self::TooManyVotes => {
                write!(f, "All votes together are more than {MAX_VOTES}, the most that is counted.")
            }
            Self::ValidBelowVotes { valid, votes } => write!(
                f,
                "The lists have {votes} votes together, but only {valid} votes are valid; `valid` must be no \
                 less than the sum of `votes`."
            ),
            Self::CastBelowValid { cast, valid } => write!(
                f,
                "{valid} votes are valid, but only {cast} were cast; `cast` must be no less than `valid`."
            ),
            Self::RegisteredBelowCast { registered, cast } => write!(
                f,
                "{cast} votes were cast, but only {registered} people may vote; `registered` must be no less than \
                 `cast`."
            ),
            Self::NoElectorate => f.write_str(
                "The threshold is a percentage of the electorate; say in `registered` how many may vote.",
            ),
            Self::NoPercentage { field } => write!(
                f,
                "`{field}` has no meaning in a threshold without `percent`; leave it out."
            ),
            Self::UnknownAlly(poll_number) => {
                write!(f, "`alliances` names poll number {poll_number}, which is not on the ballot.")
            }
            Self::AllyTwice(poll_number) => write!(
                f,
                "`alliances` names poll number {poll_number} twice; a list stands in one alliance."
            ),
            Self::SeatsWonWithQuota { poll_number } => write!(
                f,
                "List {poll_number} has won seats already, which has no meaning with a quota; use a method with divisors."
            ),
            Self::TooManySeatsWon { seats, poll_number } => write!(
                f,
                "List {poll_number} has won {seats} seats already, which is more than can be; the most is {MAX_SEATS}."
            ),
            Self::Winners(winners) => {
                write!(f, "`winners` is {winners}; it must be from 1 to {MAX_SEATS}.")
            }
            Self::UnknownLot(poll_number) => {
                write!(f, "`lots` names poll number {poll_number}, which is not on the ballot.")
            }
            Self::LotDrawnTwice(poll_number) => {
                write!(f, "`lots` names poll number {poll_number} twice; a lot is drawn once.")
            }
        }
    }
}

impl std::error::Error for RuleError {}
