//! Groups of settings that several programs take: as flags, or from the environment.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::secret::{self, Environment, Secret};

/// Where Kafka is.
#[derive(Args, Clone, Debug)]
pub struct KafkaOptions {
    /// Kafka brokers to start from: host:port, separated by commas
    #[arg(long, env = "KAFKA_BROKERS", default_value = "127.0.0.1:9092")]
    pub kafka_brokers: String,
    /// Prefix of every topic name, so that several installations can share a Kafka cluster
    #[arg(long, env = "KAFKA_TOPIC_PREFIX", default_value = "")]
    pub topic_prefix: String,
}

/// Where Redis is. Not `Debug`: the URL may hold a password.
#[derive(Args, Clone, Default)]
pub struct RedisOptions {
    /// Redis: `redis://[:password@]host:port[/database]`
    #[arg(
        long,
        env = "REDIS_URL",
        default_value = "redis://127.0.0.1:6379",
        hide_env_values = true
    )]
    pub redis_url: String,
    /// File that holds the URL, in place of --redis-url
    #[arg(long, env = "REDIS_URL_FILE", value_name = "FILE")]
    pub redis_url_file: Option<PathBuf>,
}

impl RedisOptions {
    /// The URL, from the file if one is given.
    ///
    /// # Errors
    /// If the file cannot be read, or is empty.
    pub fn url(&self) -> anyhow::Result<Secret> {
        let from_file = secret::given("REDIS_URL", None, self.redis_url_file.as_deref())?;
        Ok(from_file.unwrap_or_else(|| Secret::new(&self.redis_url)))
    }

    /// A client for it. Does not connect.
    ///
    /// # Errors
    /// As [`RedisOptions::url`], or if it is not a Redis URL.
    pub fn client(&self) -> anyhow::Result<redis::Client> {
        redis::Client::open(self.url()?.expose())
            .context("REDIS_URL is not a Redis URL (redis://host:port)")
    }
}

/// How few votes of a constituency are shown by themselves.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct DistrictOptions {
    /// Constituencies with fewer votes are shown together, so that nobody sees how their few voters voted [default: 1, all by themselves, in development, 30 in production]
    #[arg(long, env = "DISTRICT_MINIMUM", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub district_minimum: Option<u64>,
}

impl DistrictOptions {
    /// The least number of votes of a constituency that is shown by itself.
    pub fn minimum(self, environment: Environment) -> u64 {
        self.district_minimum.unwrap_or(match environment {
            Environment::Development => 1,
            Environment::Production => 30,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_redis_may_lie_in_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "redis://:own@host\n").unwrap();
        let redis = RedisOptions {
            redis_url: "redis://127.0.0.1".to_owned(),
            redis_url_file: Some(file),
        };
        assert_eq!(redis.url().unwrap().expose(), "redis://:own@host");
    }
}
