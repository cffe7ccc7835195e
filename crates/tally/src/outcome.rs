//! What an election came to, as far as a tally goes.

use ballot_records::ElectionDefinition;
use electoral_rules::{Count, Outcome, RuleError};

use crate::{Reason, Tally};

/// The numbers that decide an election, and what follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectionOutcome {
    /// Votes for each participant, in the order of the ballot paper.
    pub votes: Vec<u64>,
    /// Votes that count.
    pub counted: u64,
    /// Ballots whose poll number no participant has.
    pub invalid: u64,
    /// Seats or a winner, with the ties that mattered; an error where the electoral rules refuse the count.
    pub outcome: Result<Outcome, RuleError>,
}

/// Applies the election's rules to a tally, with the lots that the definition has. [`ElectionDefinition::as_defined`] has
/// none, and leaves open what was open when the result became final.
pub fn outcome(definition: &ElectionDefinition, tally: &Tally) -> ElectionOutcome {
    let participants = definition.participants.iter();
    let votes: Vec<u64> = participants
        .map(|participant| tally.votes_for(participant.poll_number))
        .collect();
    let counted = tally.counted();
    let invalid = tally.rejected.of(Reason::InvalidPollNumber);
    let lots = definition.lots.as_ref();
    let count = Count {
        votes: &votes,
        lists: &definition.terms(),
        cast: Some(counted + invalid),
        lots: lots.map_or(&[], |lots| &lots.order),
        ..Count::default()
    };
    let outcome = definition.rules.apply(&count);
    ElectionOutcome {
        votes,
        counted,
        invalid,
        outcome,
    }
}

impl ElectionOutcome {
    /// Seats of each participant, in the order of the ballot paper, where seats are distributed.
    pub fn seats(&self) -> Option<&[u64]> {
        self.outcome.as_ref().ok().and_then(Outcome::seats)
    }
}
