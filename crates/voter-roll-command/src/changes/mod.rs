//! Striking voters from the roll, taking them back, giving them new guids, and correcting what the roll says of them; also
//! while an election is open.
//!
//! PostgreSQL first, with a row in the audit log for each voter; then Redis, where a change is in force at once. What was
//! interrupted in between is mended by the same change again, or by a load.

mod decide;
mod file;
mod store;
mod wanted;

use std::collections::{HashMap, HashSet};

use indicatif::ProgressBar;
use redis::Client as Redis;
use service_database::audit;
use tokio_postgres::{Client, Transaction};

use self::decide::Decided;
use self::store::OnRoll;
use crate::error::{NAMED_CONFLICTS, RollError};
use crate::loading::{Amended, InForce, OpenRolls, lock_changes, unlock_changes};
use crate::operator::Operator;
use crate::register::lock;
use voter_roll::{Guid, KeyDirectory, PersonalId};

pub use file::{Kind, read};
pub use wanted::{Change, Correction, Reason, Wanted};

/// How a change is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct How<'a> {
    /// Whether only to say what would be done.
    pub is_dry_run: bool,
    /// The elections it is brought into; all that were loaded and not purged where there is none.
    pub elections: &'a [u32],
}

/// What came of changes.
#[derive(Debug, Default)]
pub struct ChangeReport {
    /// Voters who were changed.
    pub changed: u64,
    /// Voters who were so already.
    pub unchanged: u64,
    /// The voters with new guids.
    pub reissued: Vec<Reissued>,
    /// Where the changes are in force.
    pub in_force: Vec<InForce>,
    /// Why they are not in force everywhere: they are on the roll, and a load brings them into force.
    pub not_in_force: Option<RollError>,
}

/// A voter with a new guid.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "they are the columns of the roll")]
pub struct Reissued {
    pub personal_id: PersonalId,
    pub guid: Guid,
    pub district: u16,
}

/// Makes changes: all of them, or none where one cannot be.
///
/// # Errors
/// Where somebody is not on the roll, a new identity is another voter's, or a ballot key is missing: then nothing was
/// changed. Where Redis fails afterwards, the report says so.
pub async fn change(
    database: &mut Client,
    (redis, keys): (&Redis, &KeyDirectory),
    operator: &Operator,
    wanted: &[Wanted],
    how: How<'_>,
    progress: &ProgressBar,
) -> Result<ChangeReport, RollError> {
    progress.set_message("waiting");
    lock_changes(database).await?;
    let changed = change_alone(database, (redis, keys), operator, wanted, how, progress).await;
    unlock_changes(database).await;
    changed
}

async fn change_alone(
    database: &mut Client,
    (redis, keys): (&Redis, &KeyDirectory),
    operator: &Operator,
    wanted: &[Wanted],
    how: How<'_>,
    progress: &ProgressBar,
) -> Result<ChangeReport, RollError> {
    // Before anything is changed: without a key or Redis it would be in force nowhere.
    let rolls = OpenRolls::open(database, redis, keys, how.elections).await?;
    progress.set_message("checking");
    let transaction = database.transaction().await?;
    lock(&transaction).await?;
    let voters = store::voters(&transaction, wanted).await?;
    let decided = decide(&transaction, voters, wanted).await?;
    progress.set_message("changing");
    progress.set_length(decided.len() as u64);
    let mut report = ChangeReport::default();
    let mut amended = Vec::with_capacity(decided.len());
    let mut acts = Vec::new();
    for Decided { before, after, act } in decided {
        if let Some((what, target)) = act {
            store::write(&transaction, &before, &after).await?;
            acts.push(operator.act(what, target));
            report.changed += 1;
        } else {
            report.unchanged += 1;
        }
        let former = (before.guid != after.guid).then_some(before.guid);
        if former.is_some() {
            report.reissued.push(Reissued {
                personal_id: after.personal_id,
                guid: after.guid,
                district: after.district,
            });
        }
        amended.push(Amended {
            holder: after.holder(),
            former,
        });
        progress.inc(1);
    }
    for act in &acts {
        audit::append(&transaction, act).await?;
    }
    if how.is_dry_run {
        transaction.rollback().await?;
        return Ok(report);
    }
    transaction.commit().await?;
    match rolls.amend(database, &amended, progress).await {
        Ok(in_force) => report.in_force = in_force,
        Err(error) => report.not_in_force = Some(error),
    }
    Ok(report)
}

/// What becomes of each voter; or all that cannot be, in words.
async fn decide(
    transaction: &Transaction<'_>,
    voters: Vec<OnRoll>,
    wanted: &[Wanted],
) -> Result<Vec<Decided>, RollError> {
    let mut voters: HashMap<String, OnRoll> = voters
        .into_iter()
        .map(|voter| (voter.personal_id.as_str().to_owned(), voter))
        .collect();
    let (mut named, mut taken) = (HashSet::new(), store::Taken::default());
    let (mut decided, mut conflicts) = (Vec::with_capacity(wanted.len()), Vec::new());
    for wanted in wanted {
        let personal_id = wanted.personal_id.as_str();
        let one = match voters.remove(personal_id) {
            // A second change of the same voter would be about what the first one made.
            _ if !named.insert(personal_id) => Err("the personal_id is named twice".to_owned()),
            None => Err("nobody on the roll has this personal_id".to_owned()),
            Some(voter) => Decided::of(voter, &wanted.change),
        };
        let one = match one {
            Ok(one) => match taken.take(transaction, &one.before, &one.after).await? {
                None => Ok(one),
                Some(problem) => Err(problem.to_owned()),
            },
            Err(problem) => Err(problem),
        };
        match one {
            Ok(one) => decided.push(one),
            Err(problem) => conflicts.push(match wanted.line {
                Some(line) => format!("line {line}: {problem}"),
                None => problem,
            }),
        }
    }
    if conflicts.is_empty() {
        return Ok(decided);
    }
    if conflicts.len() > NAMED_CONFLICTS {
        conflicts.truncate(NAMED_CONFLICTS);
        conflicts.push("and more".to_owned());
    }
    Err(RollError::Conflicts(conflicts))
}
