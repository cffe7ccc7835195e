//! The rules as they are written, field by field, and their validation.

use serde::{Deserialize, Serialize};

use super::{Contest, Rules};
use crate::{
    decimal::Decimal,
    error::RuleError,
    limits::MAX_SEATS,
    majority::{Majority, MajorityOf},
    reading::{Object, Whole},
    seats::{Base, Divisors, Quota, Remainder, SeatMethod, SeatSharing, Threshold},
    ties::TieRule,
};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seats: Option<Whole>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<Object<WrittenThreshold>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remainder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    winner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    winners: Option<Whole>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runoff: Option<Whole>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tie: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenThreshold {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alliances: Option<bool>,
}

/// The words of one field and what they mean.
type Words<T> = [(&'static str, T)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Divisors(Divisors),
    Quota(Quota),
    Majority,
}

const METHODS: &Words<Method> = &[
    ("dhondt", Method::Divisors(Divisors::DHondt)),
    ("sainte_lague", Method::Divisors(Divisors::SainteLague)),
    (
        "modified_sainte_lague",
        Method::Divisors(Divisors::ModifiedSainteLague),
    ),
    ("imperiali", Method::Divisors(Divisors::Imperiali)),
    ("hare", Method::Quota(Quota::Hare)),
    ("droop", Method::Quota(Quota::Droop)),
    ("imperiali_quota", Method::Quota(Quota::Imperiali)),
    ("majority", Method::Majority),
];
const REMAINDERS: &Words<Remainder> = &[
    ("largest_remainder", Remainder::LargestRemainder),
    ("largest_lists", Remainder::LargestLists),
];
const THRESHOLDS: &Words<Measure> = &[
    ("valid", Measure::Votes(Base::Valid)),
    ("cast", Measure::Votes(Base::Cast)),
    ("registered", Measure::Votes(Base::Registered)),
    ("quota", Measure::Quota),
];
const WINNERS: &Words<Winner> = &[
    ("plurality", Winner::Plurality),
    ("absolute", Winner::Absolute),
];
const MAJORITIES: &Words<MajorityOf> = &[("valid", MajorityOf::Valid), ("cast", MajorityOf::Cast)];
const TIES: &Words<TieRule> = &[
    ("ballot_order", TieRule::BallotOrder),
    ("most_votes", TieRule::MostVotes),
    ("fewest_votes", TieRule::FewestVotes),
    ("lot", TieRule::Lot),
];

/// What `threshold.of` can name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Votes(Base),
    Quota,
}

/// What `winner` can name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Winner {
    Plurality,
    Absolute,
}

/// What a word means.
fn meaning<T: Copy>(words: &Words<T>, field: &'static str, word: &str) -> Result<T, RuleError> {
    words
        .iter()
        .find_map(|&(known, meaning)| (known == word).then_some(meaning))
        .ok_or_else(|| RuleError::UnknownWord {
            field,
            word: word.to_owned(),
            known: words.iter().map(|&(known, _)| known).collect(),
        })
}

/// The word for a meaning.
fn word<T: PartialEq>(words: &Words<T>, meaning: &T) -> &'static str {
    words
        .iter()
        .find_map(|(word, known)| (known == meaning).then_some(*word))
        .unwrap_or_default()
}

pub(super) fn method_name(contest: Contest) -> &'static str {
    let method = match contest {
        Contest::Seats(sharing) => match sharing.method {
            SeatMethod::Divisors(divisors) => Method::Divisors(divisors),
            SeatMethod::Quota(quota, _) => Method::Quota(quota),
        },
        Contest::Majority(_) | Contest::Winners(_) => Method::Majority,
    };
    word(METHODS, &method)
}

impl TryFrom<Written> for Rules {
    type Error = RuleError;

    fn try_from(written: Written) -> Result<Self, RuleError> {
        let contest = match meaning(METHODS, "method", &written.method)? {
            Method::Divisors(divisors) => {
                written.has_no("remainder", written.remainder.is_some())?;
                written.seats(SeatMethod::Divisors(divisors))?
            }
            Method::Quota(quota) => {
                let remainder = match &written.remainder {
                    Some(remainder) => meaning(REMAINDERS, "remainder", remainder)?,
                    None => Remainder::LargestRemainder,
                };
                written.seats(SeatMethod::Quota(quota, remainder))?
            }
            Method::Majority => written.majority()?,
        };
        let tie = match &written.tie {
            Some(tie) => meaning(TIES, "tie", tie)?,
            None => TieRule::Lot,
        };
        Ok(Self { contest, tie })
    }
}

impl Written {
    fn seats(&self, method: SeatMethod) -> Result<Contest, RuleError> {
        self.has_no("winner", self.winner.is_some())?;
        self.has_no("winners", self.winners.is_some())?;
        self.has_no("of", self.of.is_some())?;
        self.has_no("runoff", self.runoff.is_some())?;
        let Some(Whole(seats)) = self.seats else {
            return Err(self.misses("`seats`, the number of seats to fill"));
        };
        if seats == 0 {
            return Err(RuleError::NoSeats);
        }
        let seats = u32::try_from(seats)
            .ok()
            .filter(|&seats| seats <= MAX_SEATS)
            .ok_or(RuleError::TooManySeats(seats))?;
        let threshold = match &self.threshold {
            Some(Object(threshold)) => threshold.read(self)?,
            None => Threshold::None,
        };
        Ok(Contest::Seats(SeatSharing {
            method,
            seats,
            threshold,
        }))
    }

    fn majority(&self) -> Result<Contest, RuleError> {
        self.has_no("seats", self.seats.is_some())?;
        self.has_no("threshold", self.threshold.is_some())?;
        self.has_no("remainder", self.remainder.is_some())?;
        let Some(winner) = &self.winner else {
            return Err(self.misses("`winner`, which is plurality or absolute"));
        };
        match meaning(WINNERS, "winner", winner)? {
            Winner::Plurality => {
                let out_of_place = [("runoff", self.runoff.is_some()), ("of", self.of.is_some())];
                if let Some((field, _)) = out_of_place.into_iter().find(|(_, given)| *given) {
                    let method = "majority by plurality";
                    return Err(RuleError::OutOfPlace { method, field });
                }
                let Some(Whole(winners)) = self.winners else {
                    return Ok(Contest::Majority(Majority::Plurality));
                };
                let several = u32::try_from(winners).ok();
                several
                    .filter(|winners| (1..=MAX_SEATS).contains(winners))
                    .map(Contest::Winners)
                    .ok_or(RuleError::Winners(winners))
            }
            Winner::Absolute if self.winners.is_some() => Err(RuleError::OutOfPlace {
                method: "majority by absolute majority",
                field: "winners",
            }),
            Winner::Absolute => {
                let of = match &self.of {
                    Some(of) => meaning(MAJORITIES, "`of`", of)?,
                    None => MajorityOf::Valid,
                };
                let Whole(places) = self.runoff.unwrap_or(Whole(2));
                let runoff = u32::try_from(places)
                    .ok()
                    .filter(|&places| places >= 2)
                    .ok_or(RuleError::Runoff(places))?;
                Ok(Contest::Majority(Majority::Absolute { runoff, of }))
            }
        }
    }

    /// The name of the method, once it is known to be one.
    fn method(&self) -> &'static str {
        METHODS
            .iter()
            .find_map(|&(name, _)| (name == self.method).then_some(name))
            .unwrap_or_default()
    }

    fn has_no(&self, field: &'static str, given: bool) -> Result<(), RuleError> {
        if given {
            return Err(RuleError::OutOfPlace {
                method: self.method(),
                field,
            });
        }
        Ok(())
    }

    fn misses(&self, field: &'static str) -> RuleError {
        RuleError::Missing {
            method: self.method(),
            field,
        }
    }
}

impl WrittenThreshold {
    fn of(threshold: Threshold) -> Option<Self> {
        let (percent, of, strict, by_alliance) = match threshold {
            Threshold::None => return None,
            Threshold::Quota => (None, Measure::Quota, false, false),
            Threshold::Percent {
                percent,
                of,
                strict,
                by_alliance,
            } => (Some(percent), Measure::Votes(of), strict, by_alliance),
        };
        Some(Self {
            percent,
            of: Some(word(THRESHOLDS, &of).to_owned()),
            strict: strict.then_some(true),
            alliances: by_alliance.then_some(true),
        })
    }

    fn read(&self, rules: &Written) -> Result<Threshold, RuleError> {
        let Some(of) = &self.of else {
            return Err(
                rules.misses("`of` in its threshold, which is valid, cast, registered or quota")
            );
        };
        let (strict, by_alliance) = (
            self.strict.unwrap_or(false),
            self.alliances.unwrap_or(false),
        );
        match (meaning(THRESHOLDS, "threshold `of`", of)?, self.percent) {
            (Measure::Quota, None) if strict => Err(RuleError::NoPercentage { field: "strict" }),
            (Measure::Quota, None) if by_alliance => {
                Err(RuleError::NoPercentage { field: "alliances" })
            }
            (Measure::Quota, Some(_)) => Err(RuleError::QuotaWithPercent),
            (Measure::Quota, None) => Ok(Threshold::Quota),
            (Measure::Votes(_), None) => Err(rules.misses("`percent` in its threshold")),
            (Measure::Votes(_), Some(percent)) if percent.is_more_than(100) => {
                Err(RuleError::ThresholdAbove100 {
                    percent,
                    poll_number: None,
                })
            }
            (Measure::Votes(of), Some(percent)) => Ok(Threshold::Percent {
                percent,
                of,
                strict,
                by_alliance,
            }),
        }
    }
}

impl From<&Rules> for Written {
    fn from(rules: &Rules) -> Self {
        let mut written = Self {
            method: rules.method().to_owned(),
            seats: None,
            threshold: None,
            remainder: None,
            winner: None,
            winners: None,
            of: None,
            runoff: None,
            tie: Some(word(TIES, &rules.tie).to_owned()),
        };
        match rules.contest {
            Contest::Seats(SeatSharing {
                method,
                seats,
                threshold,
            }) => {
                written.seats = Some(Whole(u64::from(seats)));
                written.threshold = WrittenThreshold::of(threshold).map(Object);
                if let SeatMethod::Quota(_, remainder) = method {
                    written.remainder = Some(word(REMAINDERS, &remainder).to_owned());
                }
            }
            Contest::Majority(Majority::Plurality) => {
                written.winner = Some(word(WINNERS, &Winner::Plurality).to_owned());
            }
            Contest::Winners(winners) => {
                written.winner = Some(word(WINNERS, &Winner::Plurality).to_owned());
                written.winners = Some(Whole(u64::from(winners)));
            }
            Contest::Majority(Majority::Absolute { runoff, of }) => {
                written.winner = Some(word(WINNERS, &Winner::Absolute).to_owned());
                // Of the valid votes by default, as definitions have always meant.
                written.of = (of != MajorityOf::Valid).then(|| word(MAJORITIES, &of).to_owned());
                written.runoff = Some(Whole(u64::from(runoff)));
            }
        }
        written
    }
}
