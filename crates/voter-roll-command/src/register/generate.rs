//! Synthetic voters: the same seed gives the same ones, on every machine and in every release.

use std::borrow::Cow;

use indicatif::ProgressBar;
use jiff::{ToSpan, civil::date};
use tokio_postgres::Client;
use uuid::Builder;

use super::{
    append::{BATCH, Incoming, append, lock, produce, stage},
    names::{FEMALE, LAST, MALE, REGIONS},
};
use crate::error::RollError;
use voter_roll::{Guid, PersonalId, Voter};

/// Which voters to generate.
#[derive(Clone, Copy, Debug)]
pub struct Generate {
    /// How many.
    pub voters: u64,
    /// Which ones: voter number i of a seed is always the same.
    pub seed: u64,
    /// Constituencies, numbered from 1; with 0, all voters are in district 0.
    pub districts: u16,
    /// Whether to remove the existing voters.
    pub replace: bool,
}

/// Fills an empty roll with synthetic voters; returns how many.
///
/// # Errors
/// If the roll is not empty (or, to be replaced, is loaded for an election), or PostgreSQL fails.
pub async fn generate(
    database: &mut Client,
    what: Generate,
    progress: &ProgressBar,
) -> Result<u64, RollError> {
    // Beyond this number the personal_ids would repeat.
    if what.voters > PERSONAL_IDS {
        return Err(RollError::TooManyVoters(what.voters));
    }
    let transaction = database.transaction().await?;
    lock(&transaction).await?;
    let present: i64 = transaction
        .query_one("SELECT count(*) FROM dim_voters", &[])
        .await?
        .try_get(0)?;
    if present > 0 {
        if !what.replace {
            return Err(RollError::NotEmpty(present.unsigned_abs()));
        }
        // New voters with the same row numbers would share the serials of those in Redis.
        let in_use = "SELECT election FROM roll_loads WHERE purged_at IS NULL LIMIT 1";
        if let Some(load) = transaction.query_opt(in_use, &[]).await? {
            let election: i64 = load.try_get(0)?;
            return Err(RollError::InUse(election));
        }
        transaction
            .batch_execute("TRUNCATE dim_voters, former_guids")
            .await?;
    }

    let (batches, producer) = produce(move |batches| {
        let mut numbers = 0..what.voters;
        loop {
            let batch: Vec<_> = numbers
                .by_ref()
                .take(BATCH)
                .map(|number| Incoming {
                    line: number.cast_signed(),
                    voter: voter(what, number),
                    has_guid: true,
                })
                .collect();
            // The queue is closed: PostgreSQL failed, and its error is reported separately.
            if batch.is_empty() || batches.blocking_send(batch).is_err() {
                return Ok(());
            }
        }
    });
    stage(&transaction, batches, progress).await?;
    producer.await??;
    progress.set_message("indexing");
    // Adding a million random values to an index takes 20 s one by one, but 2 s all together.
    transaction
        .batch_execute(
            "ALTER TABLE dim_voters DROP CONSTRAINT dim_voters_personal_id_key,
                                    DROP CONSTRAINT dim_voters_guid_key",
        )
        .await?;
    let added = append(&transaction).await?;
    transaction
        .batch_execute(
            "ALTER TABLE dim_voters
                 ADD CONSTRAINT dim_voters_personal_id_key UNIQUE (personal_id),
                 ADD CONSTRAINT dim_voters_guid_key UNIQUE (guid)",
        )
        .await?;
    transaction.commit().await?;
    Ok(added)
}

/// All numbers of 11 digits.
const PERSONAL_IDS: u64 = 100_000_000_000;

fn voter(what: Generate, number: u64) -> Voter {
    let mut random = SplitMix64::of_voter(what.seed, number);
    let guid = (u128::from(random.next()) << 64) | u128::from(random.next());
    let female = random.below(2) == 0;
    let first_names: &[_] = if female { &FEMALE } else { &MALE };
    let age = random.below(30_000).cast_signed().days();
    let home = random.next();
    #[expect(clippy::expect_used, reason = "at most `districts`, a u16")]
    let district = match u64::from(what.districts) {
        0 => 0,
        districts => u16::try_from(home % districts + 1).expect("a district"),
    };
    // A district is in one region.
    let region = if district > 0 {
        u64::from(district)
    } else {
        home
    };
    Voter {
        personal_id: personal_id(what.seed, number),
        guid: Guid::from(Builder::from_random_bytes(guid.to_be_bytes()).into_uuid()),
        first_name: Cow::Borrowed(pick(first_names, random.next())),
        last_name: Cow::Borrowed(pick(&LAST, random.next())),
        birth_date: date(2008, 1, 1).saturating_sub(age),
        gender: Cow::Borrowed(if female { "F" } else { "M" }),
        region: Cow::Borrowed(pick(&REGIONS, region)),
        district,
    }
}

/// A unique number for each voter: multiplying by a number coprime to 10^11, and adding, permutes the numbers
/// below 10^11.
fn personal_id(seed: u64, number: u64) -> PersonalId {
    let factor = 61_803_398_877_u128;
    let shift = SplitMix64::of_voter(seed, u64::MAX).next();
    let scattered = u128::from(number) * factor + u128::from(shift);
    #[expect(clippy::expect_used, reason = "less than `PERSONAL_IDS`, a u64")]
    let digits = u64::try_from(scattered % u128::from(PERSONAL_IDS)).expect("11 digits");
    PersonalId::from_number(digits)
}

fn pick(names: &[&'static str], random: u64) -> &'static str {
    #[expect(clippy::expect_used, reason = "less than the length, a usize")]
    let index = usize::try_from(random % names.len() as u64).expect("an index");
    names[index]
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). Implemented here because the
/// generators of `rand` may change in its next release.
struct SplitMix64(u64);

impl SplitMix64 {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    /// How many numbers of the seed's sequence are reserved for each voter.
    const PER_VOTER: u64 = 16;

    fn of_voter(seed: u64, number: u64) -> Self {
        let start = Self(seed).next();
        let steps = number.wrapping_mul(Self::PER_VOTER);
        Self(start.wrapping_add(steps.wrapping_mul(Self::GAMMA)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::GAMMA);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const WHAT: Generate = Generate {
        voters: 0,
        seed: 42,
        districts: 29,
        replace: false,
    };

    #[test]
    fn the_sequence_is_splitmix64() {
        let mut random = SplitMix64(1_234_567);
        // From the reference implementation at prng.di.unimi.it.
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_seed_names_its_voters_for_ever() {
        let one = voter(WHAT, 0);
        assert_eq!(
            one.guid.to_uuid().to_string(),
            "57e1faba-6510-4204-b4ab-d143feb24055"
        );
        assert_eq!(one.personal_id.as_str(), "66119739729");
        let other = voter(Generate { seed: 43, ..WHAT }, 0);
        assert_ne!(one.guid, other.guid);
        assert_ne!(one.personal_id, other.personal_id);
    }

    #[test]
    fn voters_differ_and_are_of_age() {
        let voters: Vec<_> = (0..20_000).map(|number| voter(WHAT, number)).collect();
        let guids: HashSet<_> = voters.iter().map(|voter| voter.guid.to_uuid()).collect();
        let ids: HashSet<_> = voters
            .iter()
            .map(|voter| voter.personal_id.as_str())
            .collect();
        assert_eq!((guids.len(), ids.len()), (voters.len(), voters.len()));
        let districts: HashSet<_> = voters.iter().map(|voter| voter.district).collect();
        assert_eq!(districts, (1..=29).collect());
        assert!(voters.iter().all(|voter| voter.birth_date.year() < 2009));
        assert!(voters.iter().all(|voter| !voter.first_name.is_empty()));
    }

    #[test]
    fn without_districts_everybody_is_in_district_0() {
        let what = Generate {
            districts: 0,
            ..WHAT
        };
        assert!((0..1000).all(|number| voter(what, number).district == 0));
    }
}
