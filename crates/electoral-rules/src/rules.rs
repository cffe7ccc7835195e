//! The rules of an election: what is fixed before it opens.

mod in_words;
mod written;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    count::{self, Count, poll_number},
    decimal::Decimal,
    error::RuleError,
    limits::{MAX_SEATS, MULTIPLIER_DIGITS},
    majority::{self, Majority},
    outcome::Outcome,
    reading::Object,
    seats::{SeatMethod, SeatSharing},
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
            self.check_terms(terms, poll_number(index))?;
            if let Some(multiplier) = terms.multiplier {
                longest = longest.max(multiplier.decimals());
                largest = largest.max(multiplier.digits_before_point());
            }
        }
        if longest + largest > MULTIPLIER_DIGITS {
            return Err(RuleError::MultipliersTooLong);
        }
        Ok(())
    }

    fn check_terms(&self, terms: &ListTerms, poll_number: u32) -> Result<(), RuleError> {
        let Contest::Seats(sharing) = self.contest else {
            return if *terms == ListTerms::default() {
                Ok(())
            } else {
                Err(RuleError::TermsForCandidate { poll_number })
            };
        };
        if let Some(percent) = terms
            .threshold_percent
            .filter(|percent| percent.is_more_than(100))
        {
            return Err(RuleError::ThresholdAbove100 {
                percent,
                poll_number: Some(poll_number),
            });
        }
        if terms.multiplier.is_some_and(Decimal::is_zero) {
            return Err(RuleError::MultiplierOfZero { poll_number });
        }
        if terms.seats_won > u64::from(MAX_SEATS) {
            let seats = terms.seats_won;
            return Err(RuleError::TooManySeatsWon { seats, poll_number });
        }
        if terms.seats_won > 0 && matches!(sharing.method, SeatMethod::Quota(..)) {
            return Err(RuleError::SeatsWonWithQuota { poll_number });
        }
        Ok(())
    }

    /// Checks which of so many lists stand together in an election under these rules, when it is created.
    ///
    /// # Errors
    /// Says in words what makes no sense. The alliances of a count are checked again by [`Rules::apply`].
    pub fn check_alliances(&self, alliances: &[Vec<u32>], lists: usize) -> Result<(), RuleError> {
        if !alliances.is_empty() && !matches!(self.contest, Contest::Seats(_)) {
            return Err(RuleError::OutOfPlace {
                method: self.method(),
                field: "alliances",
            });
        }
        count::alliance_of_lists(alliances, lists).map(drop)
    }

    /// Turns votes into the outcome.
    ///
    /// # Errors
    /// Says in words what makes no sense about the count: no lists, terms or lots for other lists, sums that
    /// contradict each other, numbers too large.
    pub fn apply(&self, count: &Count<'_>) -> Result<Outcome, RuleError> {
        self.check(count.lists)?;
        self.check_alliances(count.alliances, count.votes.len())?;
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

    /// The seats that are shared out; none where winners are elected.
    pub fn seats(&self) -> Option<u32> {
        match self.contest {
            Contest::Seats(sharing) => Some(sharing.seats),
            Contest::Majority(_) | Contest::Winners(_) => None,
        }
    }

    /// Whether a threshold is a percentage of the electorate, without whose number there is no outcome.
    pub fn needs_electorate(&self) -> bool {
        matches!(self.contest, Contest::Seats(sharing) if sharing.threshold.needs_electorate())
    }

    /// How many are elected by plurality, where the rules say how many.
    pub fn winners(&self) -> Option<u32> {
        match self.contest {
            Contest::Winners(winners) => Some(winners),
            Contest::Seats(_) | Contest::Majority(_) => None,
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
