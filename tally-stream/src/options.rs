//! The command line.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand};
use service_database::settings::PostgresOptions;
use service_kit::health::HealthOptions;
use service_kit::secret::Environment;
use service_kit::settings::{DistrictOptions, KafkaOptions, RedisOptions};
use tally::Minimums;

/// Counts every vote in the log exactly once.
///
/// Any number of instances share the partitions of the ballot box. Whatever crashes, restarts or runs
/// twice, the totals are the same: each is a pure function of the log.
#[derive(Parser)]
#[command(name = "tally-stream", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Count, and publish the results, until stopped
    Run(Box<RunOptions>),
    /// Count an election again from the first record and compare with what is stored; status 1 if they differ
    Recount(RecountOptions),
    /// Compare everything that is stored and shown of an election with the log, read once more by other code; status 1 if
    /// anything differs
    ///
    /// Reads the log from its first record on and counts it by a second, plain implementation of the rules. Compares that
    /// with the tallies in PostgreSQL, the tallies and the result in Redis, the page (with --page), and the final result
    /// if there is one, each as of the offsets that it stands on: votes may be coming in meanwhile. Changes nothing.
    ///
    /// Prints a line of JSON for each comparison, with its verdict (same or DIFFERENT) and every field that differs, as
    /// the log has it and as it is stored; then a line for all of them. Progress goes to stderr. Exit status: 0 if all is
    /// the same, 1 if something differs or cannot be compared.
    Verify(Box<VerifyOptions>),
    /// Ask the tally-stream on this machine whether it counts; status 1 if it does not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "TALLY_STREAM_ADMIN_LISTEN",
        default_value = "127.0.0.1:8600",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Consumer group that the instances share
    #[arg(long, env = "TALLY_STREAM_GROUP", default_value = "tally-stream")]
    pub group: String,
    /// Name of this instance, unique in the group: after a restart it gets its partitions back immediately
    #[arg(long, env = "TALLY_STREAM_INSTANCE")]
    pub instance: Option<String>,
    /// Checkpoint interval, in seconds
    #[arg(long, env = "TALLY_STREAM_CHECKPOINT_INTERVAL_S", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub checkpoint_interval_s: u64,
    /// New votes by which a result moves before the end of its election, at least: whoever saw a voter vote must not see the choice in what moved [default: 1 in development, 10 in production]
    #[arg(long, env = "LIVE_MINIMUM", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub live_minimum: Option<u64>,
    /// Constituencies of few votes.
    #[command(flatten)]
    pub district: DistrictOptions,
    /// Environment; production refuses the publicly known database password
    #[arg(
        long = "urna-env",
        env = "URNA_ENV",
        value_enum,
        default_value = "development"
    )]
    pub environment: Environment,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisOptions,
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

impl RunOptions {
    /// How few votes are shown.
    pub fn minimums(&self) -> Minimums {
        let live = match self.environment {
            Environment::Development => 1,
            Environment::Production => 10,
        };
        Minimums {
            live: self.live_minimum.unwrap_or(live),
            district: self.district.minimum(self.environment),
        }
    }
}

/// Settings of `recount`.
#[derive(Args, Clone)]
pub struct RecountOptions {
    /// The election to count again
    #[arg(long)]
    pub election: u32,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

/// Settings of `verify`.
#[derive(Args, Clone)]
pub struct VerifyOptions {
    /// The election to compare
    #[arg(long)]
    pub election: u32,
    /// The page too: where dashboard-feed, or the gateway before it, serves results, such as `http://127.0.0.1:8501`
    #[arg(long, value_name = "URL")]
    pub page: Option<String>,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisOptions,
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}
