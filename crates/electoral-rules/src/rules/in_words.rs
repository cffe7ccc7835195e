//! The rules as sentences, for people.

use std::fmt;

use super::{Contest, Rules};
use crate::{
    majority::{Majority, MajorityOf},
    seats::{Divisors, Quota, Remainder, SeatMethod, Threshold},
    ties::TieRule,
};

/// The rules in two or three sentences.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.contest {
            Contest::Seats(sharing) => {
                let noun = if sharing.seats == 1 { "seat" } else { "seats" };
                writeln!(f, "{} {noun} by {}.", sharing.seats, method(sharing.method))?;
                if sharing.threshold != Threshold::None {
                    let is_strict = sharing.threshold.is_strict();
                    let least = if is_strict { "more than" } else { "at least" };
                    writeln!(f, "A list takes part with {} {}.", least, sharing.threshold)?;
                    if sharing.threshold.is_by_alliance() {
                        writeln!(f, "An alliance reaches that together.")?;
                    }
                }
            }
            Contest::Majority(Majority::Plurality) => {
                writeln!(f, "The candidate with most votes wins.")?;
            }
            Contest::Majority(Majority::Absolute { runoff, of }) => {
                let all = match of {
                    MajorityOf::Valid => "valid votes",
                    MajorityOf::Cast => "votes cast",
                };
                writeln!(
                    f,
                    "More than half of the {all} win; else the best {runoff} go to a second round."
                )?;
            }
            Contest::Winners(winners) => {
                writeln!(f, "The {winners} candidates with most votes win.")?;
            }
        }
        f.write_str(match self.tie {
            TieRule::BallotOrder => "In a tie the lower poll number comes first.",
            TieRule::MostVotes => "In a tie the one with more votes comes first.",
            TieRule::FewestVotes => "In a tie the one with fewer votes comes first.",
            TieRule::Lot => "In a tie lots are drawn.",
        })
    }
}

fn method(method: SeatMethod) -> &'static str {
    match method {
        SeatMethod::Divisors(Divisors::DHondt) => "D'Hondt's method (divisors 1, 2, 3, …)",
        SeatMethod::Divisors(Divisors::SainteLague) => {
            "the Sainte-Laguë method (divisors 1, 3, 5, …)"
        }
        SeatMethod::Divisors(Divisors::ModifiedSainteLague) => {
            "the modified Sainte-Laguë method (divisors 1.4, 3, 5, …)"
        }
        SeatMethod::Divisors(Divisors::Imperiali) => "the Imperiali method (divisors 1, 1.5, 2, …)",
        SeatMethod::Quota(Quota::Hare, Remainder::LargestRemainder) => {
            "Hare's quota, those left over to the largest remainders"
        }
        SeatMethod::Quota(Quota::Hare, Remainder::LargestLists) => {
            "Hare's quota, those left over to the largest lists"
        }
        SeatMethod::Quota(Quota::Imperiali, Remainder::LargestRemainder) => {
            "the Imperiali quota, those left over to the largest remainders"
        }
        SeatMethod::Quota(Quota::Imperiali, Remainder::LargestLists) => {
            "the Imperiali quota, those left over to the largest lists"
        }
        SeatMethod::Quota(Quota::Droop, Remainder::LargestRemainder) => {
            "Droop's quota, those left over to the largest remainders"
        }
        SeatMethod::Quota(Quota::Droop, Remainder::LargestLists) => {
            "Droop's quota, those left over to the largest lists"
        }
    }
}
