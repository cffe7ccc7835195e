//! The rules of an election: what is fixed before it opens.

mod in_words;
mod written;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    count::{Count, poll_number},
    error::RuleError,
    limits::MULTIPLIER_DIGITS,
    majority::{self, Majority},
    outcome::Outcome,
    reading::Object,
    seats::SeatSharing,
    terms::ListTerms,
    ties::TieRule,
};
use written::Written;

/// The rules by which votes become seats, or a winner.
///
/// They are read from (and written as) an object:
/// - `method`: `dhondt`, `sainte_lague`, `modified_sainte_lague`, `imperiali`, `hare`, `droop` or
///   `imperiali_quota` share out `seats`; `majority` elects one or several.
/// - `threshold`: `{"percent": 5, "of": "valid"}`, `"of": "cast"`, `"of": "registered"`, or `{"of": "quota"}` alone: one
///   seats-th of the valid votes. With a percentage, `"strict": true` asks for more than it, and `"alliances": true`
///   measures alliances together.
/// - `remainder`, with a quota: `largest_remainder` (default) or `largest_lists`.
/// - `winner`, with `majority`: `plurality`, which with `winners` elects so many; or `absolute` (more than half of the
///   valid votes, or with `"of": "cast"` of all votes cast), where without a winner the best `runoff` (default 2) go to
///   a second round.
/// - `tie`: `ballot_order`, `most_votes`, `fewest_votes` or `lot`. Without it nothing but lots settles a tie.
///
/// Rules that make no sense cannot be read, so that what exists can be applied; the error is a
/// [`RuleError`], in words. A field that is unknown, or means nothing with the method, is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    contest: Contest,
    tie: TieRule,
}

/// What is elected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contest {
    /// A body of several seats.
    Seats(SeatSharing),
    /// One winner.
    Majority(Majority),
    /// This many winners, those with the most votes.
    Winners(u32),
}

impl Rules {
    /// Checks the terms of the lists that stand in an election under these rules, when it is created.
    ///
    /// # Errors
    /// Says in words what makes no sense. The terms of a count are checked again by [`Rules::apply`].
    pub fn check(&self, lists: &[ListTerms]) -> Result<(), RuleError> {
        let mut longest = 0;
        let mut largest = 0;
        for (index, terms) in lists.iter().enumerate() {
            let poll_number = poll_number(index);
            if !matches!(self.contest, Contest::Seats(_)) && *terms != ListTerms::default() {
                return Err(RuleError::TermsForCandidate { poll_number });
            }
            if let Some(percent) = terms
                .threshold_percent
                .filter(|percent| percent.is_more_than(100))
            {
                return Err(RuleError::ThresholdAbove100 {
                    percent,
                    poll_number: Some(poll_number),
                });
            }
            if let Some(multiplier) = terms.multiplier {
                if multiplier.is_zero() {
                    return Err(RuleError::MultiplierOfZero { poll_number });
                }
                longest = longest.max(multiplier.decimals());
                largest = largest.max(multiplier.digits_before_point());
            }
        }
        if longest + largest > MULTIPLIER_DIGITS {
            return Err(RuleError::MultipliersTooLong);
        }
        Ok(())
    }

    /// Turns votes into the outcome.
    ///
    /// # Errors
    /// Says in words what makes no sense about the count: no lists, terms or lots for other lists, sums that
    /// contradict each other, numbers too large.
    pub fn apply(&self, count: &Count<'_>) -> Result<Outcome, RuleError> {
        self.check(count.lists)?;
        let totals = count.totals()?;
        let lots = count.lots_drawn()?;

        match self.contest {
            Contest::Seats(sharing) => sharing
                .apply(count, totals, self.tie, &lots)
                .map(Outcome::Seats),
            Contest::Winners(winners) => Ok(Outcome::Winners(majority::several(
                winners, count, totals, self.tie, &lots,
            ))),
            Contest::Majority(majority) => Ok(Outcome::Winner(
                majority.decide(count, totals, self.tie, &lots),
            )),
        }
    }

    /// The seats that are shared out; none where one winner is elected.
    pub fn seats(&self) -> Option<u32> {
        match self.contest {
            Contest::Seats(sharing) => Some(sharing.seats),
            Contest::Majority(_) | Contest::Winners(_) => None,
        }
    }

    /// Whether an election in Urna can have these rules: it elects one winner or shares out seats, and does not know the
    /// electorate when it is counted.
    pub fn are_for_elections(&self) -> bool {
        match self.contest {
            Contest::Seats(sharing) => !sharing.threshold.needs_electorate(),
            Contest::Majority(_) => true,
            Contest::Winners(_) => false,
        }
    }

    /// How ties are settled.
    pub fn tie(&self) -> TieRule {
        self.tie
    }

    /// The name of the method, as it is written in the rules.
    pub fn method(&self) -> &'static str {
        written::method_name(self.contest)
    }
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(written) = Object::<Written>::deserialize(deserializer)?;
        Self::try_from(written).map_err(de::Error::custom)
    }
}
