//! Changes of the roll, brought into Redis for the elections that use it.

use std::sync::LazyLock;

use indicatif::ProgressBar;
use redis::{Client as Redis, Cmd, Pipeline, RedisResult, Script, aio::MultiplexedConnection};
use tokio_postgres::Client;

use super::{connect, first, holder::Holder, records};
use crate::error::RollError;
use voter_roll::{Guid, KeyDirectory, RollKeys, layout, packing::EntryAddress};

static AMEND: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/amend.lua")));

/// Keeps the number of voters right where there is one: half a description would be none.
static REGISTER: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'voters', ARGV[1]) end",
    )
});

/// Voters whose changes go out together.
const VOTERS_AT_ONCE: usize = 256;

/// The rolls of the elections that changes are for.
pub(crate) struct OpenRolls {
    rolls: Vec<OpenRoll>,
    redis: Option<MultiplexedConnection>,
}

struct OpenRoll {
    election: u32,
    keys: RollKeys,
    buckets: u32,
}

/// A voter who was changed.
pub(crate) struct Amended {
    pub(crate) holder: Holder,
    /// The guid that the voter had before, where that is another one.
    pub(crate) former: Option<Guid>,
}

/// What a change is in an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Which election.
    pub election: u32,
    /// Voters for whom it is in force.
    pub voters: u64,
    /// Voters whom its roll in Redis does not have: a load brings them there, as they are now.
    pub absent: u64,
}

impl OpenRolls {
    /// The rolls of these elections, or of all that were loaded and not purged: with their keys, and Redis at hand.
    pub(crate) async fn open(
        database: &Client,
        redis: &Redis,
        keys: &KeyDirectory,
        elections: &[u32],
    ) -> Result<Self, RollError> {
        let mut rolls = Vec::new();
        for record in records::open(database, elections).await? {
            let key = first::recorded_key(keys, &record)?;
            rolls.push(OpenRoll {
                election: record.election,
                keys: RollKeys::new(&key.key, record.election),
                buckets: layout::buckets(record.capacity),
            });
        }
        let redis = if rolls.is_empty() {
            None
        } else {
            Some(connect(redis).await?)
        };
        Ok(Self { rolls, redis })
    }

    /// Brings voters into force as the roll has them now. Repeating it changes nothing.
    pub(crate) async fn amend(
        &self,
        database: &Client,
        voters: &[Amended],
        progress: &ProgressBar,
    ) -> Result<Vec<InForce>, RollError> {
        let mut in_force = Vec::with_capacity(self.rolls.len());
        let Some(redis) = &self.redis else {
            return Ok(in_force);
        };
        for roll in &self.rolls {
            let not_in_force = |error| RollError::NotInForce(roll.election, error);
            let brought = roll.amend(&mut redis.clone(), voters, progress).await;
            in_force.push(brought.map_err(not_in_force)?);
            if let Some(registered) = records::count(database, roll.election).await? {
                let mut register = REGISTER.key(layout::meta_key(roll.election));
                let told: RedisResult<()> = register
                    .arg(registered)
                    .invoke_async(&mut redis.clone())
                    .await;
                told.map_err(not_in_force)?;
            }
        }
        Ok(in_force)
    }
}

impl OpenRoll {
    async fn amend(
        &self,
        redis: &mut MultiplexedConnection,
        voters: &[Amended],
        progress: &ProgressBar,
    ) -> RedisResult<InForce> {
        let mut in_force = InForce {
            election: self.election,
            voters: 0,
            absent: 0,
        };
        AMEND.load_async(redis).await?;
        progress.set_message(format!("election {}", self.election));
        progress.set_length(voters.len() as u64);
        progress.set_position(0);
        for voters in voters.chunks(VOTERS_AT_ONCE) {
            // A new guid leads to the ballot, then it is let in, and the old one no longer, then what led there goes.
            self.send(redis, voters.iter().filter_map(|voter| self.lead(voter)))
                .await?;
            let answers: Vec<String> = {
                let mut pipeline = Pipeline::with_capacity(voters.len());
                for voter in voters {
                    pipeline.add_command(self.give(&voter.holder));
                }
                pipeline.query_async(redis).await?
            };
            self.send(redis, voters.iter().filter_map(|voter| self.unlead(voter)))
                .await?;
            for answer in answers {
                if answer == "DONE" {
                    in_force.voters += 1;
                } else {
                    in_force.absent += 1;
                }
            }
            progress.inc(voters.len() as u64);
        }
        Ok(in_force)
    }

    async fn send(
        &self,
        redis: &mut MultiplexedConnection,
        commands: impl Iterator<Item = Cmd>,
    ) -> RedisResult<()> {
        let mut pipeline = Pipeline::new();
        for command in commands {
            pipeline.add_command(command).ignore();
        }
        if pipeline.is_empty() {
            return Ok(());
        }
        pipeline.query_async(redis).await
    }

    fn lead(&self, voter: &Amended) -> Option<Cmd> {
        let (address, entry) = voter.holder.forward(&self.keys)?;
        let mut command = redis::cmd("HSET");
        command.arg(self.bucket(&address)).arg(&address.field);
        Some(command.arg(&entry).to_owned())
    }

    fn give(&self, holder: &Holder) -> Cmd {
        let address = holder.address(&self.keys);
        let mut command = redis::cmd("EVALSHA");
        command.arg(AMEND.get_hash()).arg(1);
        command.arg(self.bucket(&address)).arg(&address.field);
        command.arg(&holder.district.to_le_bytes());
        command.arg(&holder.identity(&self.keys)).to_owned()
    }

    fn unlead(&self, voter: &Amended) -> Option<Cmd> {
        // Under the first guid lies the ballot itself.
        let former = voter
            .former
            .filter(|former| former != voter.holder.first_guid())?;
        let address = self.keys.entry_address(&former);
        let mut command = redis::cmd("HDEL");
        command.arg(self.bucket(&address));
        Some(command.arg(&address.field).to_owned())
    }

    fn bucket(&self, address: &EntryAddress) -> String {
        layout::bucket_key(self.election, address.bucket(self.buckets))
    }
}
