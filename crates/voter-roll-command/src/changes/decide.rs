//! What a change makes of a voter. No I/O.

use super::store::OnRoll;
use super::wanted::{Change, Correction, Reason};
use voter_roll::Guid;

/// A voter before and after a change.
pub(super) struct Decided {
    pub(super) before: OnRoll,
    pub(super) after: OnRoll,
    /// What the audit log says, and of whom; `None` where nothing changes.
    pub(super) act: Option<(&'static str, String)>,
}

impl Decided {
    /// Decides, or says why this cannot be.
    pub(super) fn of(before: OnRoll, change: &Change) -> Result<Self, String> {
        let mut after = before.clone();
        let act = match change {
            Change::Strike(reason) => {
                after.is_struck = true;
                (!before.is_struck).then(|| ("strike", with_reason(&before, reason)))
            }
            Change::Reinstate(reason) => {
                after.is_struck = false;
                before
                    .is_struck
                    .then(|| ("reinstate", with_reason(&before, reason)))
            }
            Change::Reissue(_) if before.is_struck => {
                return Err(
                    "the voter is struck from the roll: `voter-roll reinstate` first".to_owned(),
                );
            }
            Change::Reissue(guid) => {
                after.guid = guid.unwrap_or_else(Guid::random);
                if after.guid == before.guid {
                    return Err("the guid is the one that the voter has".to_owned());
                }
                // The ballot stays where it is, and so does whether it was cast.
                after.first_guid.get_or_insert(before.guid);
                Some(("reissue", before.name()))
            }
            Change::Correct(correction) => {
                let corrected = correct(&mut after, correction);
                (!corrected.is_empty()).then(|| {
                    (
                        "correct",
                        format!("{}: {}", before.name(), corrected.join(", ")),
                    )
                })
            }
        };
        Ok(Self { before, after, act })
    }
}

fn with_reason(voter: &OnRoll, reason: &Reason) -> String {
    match reason {
        Some(reason) => format!("{}: {reason}", voter.name()),
        None => voter.name(),
    }
}

/// Corrects a voter; says what, and for the district, which the count depends on, from what to what.
fn correct(voter: &mut OnRoll, correction: &Correction) -> Vec<String> {
    let mut corrected = Vec::new();
    let mut note = |name: &str, is_other: bool| {
        if is_other {
            corrected.push(name.to_owned());
        }
    };
    note(
        "personal_id",
        set(&mut voter.personal_id, correction.personal_id.as_ref()),
    );
    for (name, value, correction) in [
        ("first_name", &mut voter.first_name, &correction.first_name),
        ("last_name", &mut voter.last_name, &correction.last_name),
        ("gender", &mut voter.gender, &correction.gender),
        ("region", &mut voter.region, &correction.region),
    ] {
        let correction = correction.as_deref().map(str::to_owned);
        note(name, set(value, correction.as_ref()));
    }
    note(
        "birth_date",
        set(&mut voter.birth_date, correction.birth_date.as_ref()),
    );
    let before = voter.district;
    if set(&mut voter.district, correction.district.as_ref()) {
        corrected.push(format!("district {before} to {}", voter.district));
    }
    corrected
}

/// Whether the value was another one.
fn set<T: Clone + PartialEq>(value: &mut T, correction: Option<&T>) -> bool {
    match correction {
        Some(correction) if correction != value => {
            value.clone_from(correction);
            true
        }
        _ => false,
    }
}
