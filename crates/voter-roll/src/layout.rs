//! How the roll of an election is stored in Redis.
//!
//! `roll:<election>:<bucket>` are hashes of about 72 voters, small enough for Redis to keep them as listpacks;
//! `roll:<election>` describes them and is written when all of them are complete. The names contain no braces,
//! so a Redis Cluster spreads the buckets.

use std::collections::HashMap;

use jiff::Timestamp;
use redis::{AsyncCommands, RedisResult, aio::ConnectionLike};

use crate::{keys::Fingerprint, packing::EntryAddress};

/// Voters a bucket would hold if the roll were full. Without the spare quarter that is 72 at the first load:
/// random variation then stays below the 128 entries up to which Redis keeps a listpack.
const FULL_BUCKET: u32 = 90;

/// How many buckets a roll of this capacity has.
pub fn buckets(capacity: u32) -> u32 {
    (capacity / FULL_BUCKET).max(1)
}

/// The Redis key written to check that Redis accepts writes. No election has this name.
pub(crate) const WRITE_CHECK_KEY: &str = "roll:write-check";

/// The Redis key of [`Meta`].
pub fn meta_key(election: u32) -> String {
    format!("roll:{election}")
}

/// The Redis key of a bucket.
pub fn bucket_key(election: u32, bucket: u32) -> String {
    format!("roll:{election}:{bucket}")
}

impl EntryAddress {
    /// The bucket, given the number of buckets.
    pub fn bucket(&self, buckets: u32) -> u32 {
        let bucket = self.bucket % u64::from(buckets.max(1));
        #[expect(clippy::expect_used, reason = "it is less than `buckets`, a u32")]
        u32::try_from(bucket).expect("a bucket")
    }
}

/// The description of a complete roll in `roll:<election>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// How many serials the election has.
    pub capacity: u32,
    /// How many buckets it is spread over; never 0.
    pub buckets: u32,
    /// How many voters are on it.
    pub voters: u64,
    /// The fingerprint of the ballot key, in hexadecimal.
    pub fingerprint: String,
    /// When it was loaded, RFC 3339.
    pub loaded_at: String,
}

impl Meta {
    /// The description of a roll that is complete now.
    pub fn new(capacity: u32, voters: u64, fingerprint: Fingerprint) -> Self {
        Self {
            capacity,
            buckets: buckets(capacity),
            voters,
            fingerprint: fingerprint.to_string(),
            loaded_at: Timestamp::now().to_string(),
        }
    }

    /// `None` if there is nothing, or nothing readable.
    pub fn from_hash(mut hash: HashMap<String, String>) -> Option<Self> {
        Some(Self {
            capacity: hash.get("capacity")?.parse().ok()?,
            buckets: hash
                .get("buckets")?
                .parse()
                .ok()
                .filter(|buckets| *buckets > 0)?,
            voters: hash.get("voters")?.parse().ok()?,
            fingerprint: hash.remove("fingerprint")?,
            loaded_at: hash.remove("loaded_at")?,
        })
    }

    /// As stored in the Redis hash.
    pub fn to_pairs(&self) -> [(&'static str, String); 5] {
        [
            ("capacity", self.capacity.to_string()),
            ("buckets", self.buckets.to_string()),
            ("voters", self.voters.to_string()),
            ("fingerprint", self.fingerprint.clone()),
            ("loaded_at", self.loaded_at.clone()),
        ]
    }

    /// Reads the description from Redis; `None` as in [`Meta::from_hash`].
    ///
    /// # Errors
    /// If Redis cannot be reached.
    pub async fn read(
        redis: &mut (impl ConnectionLike + Send + Sync),
        election: u32,
    ) -> RedisResult<Option<Self>> {
        redis.hgetall(meta_key(election)).await.map(Self::from_hash)
    }
}

/// How many voters the loaded roll of an election has: what turnout is measured against. `None` if the roll is
/// not loaded.
///
/// # Errors
/// If Redis cannot be reached.
pub async fn registered(
    redis: &mut (impl ConnectionLike + Send + Sync),
    election: u32,
) -> RedisResult<Option<u64>> {
    redis.hget(meta_key(election), "voters").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_voters_have_72_to_a_bucket() {
        assert_eq!(buckets(1_250_000), 13_888);
        assert_eq!(buckets(1), 1);
    }

    #[test]
    fn the_meta_hash_reads_back() {
        let meta = Meta::new(1250, 1000, Fingerprint::from([0xab; 16]));
        let hash = meta
            .to_pairs()
            .map(|(name, value)| (name.to_owned(), value));
        assert_eq!(Meta::from_hash(hash.into()), Some(meta));
        assert_eq!(Meta::from_hash(HashMap::new()), None);
    }
}
