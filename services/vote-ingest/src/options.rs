//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_kit::health::HealthOptions;
use service_kit::settings::{KafkaOptions, RedisOptions};

/// Takes votes: POST /vote.
///
/// A vote is accepted when every in-sync replica of the log has it, and only then is the voter told so. Any
/// number of instances may run in parallel.
#[derive(Parser)]
#[command(name = "vote-ingest", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Take votes until stopped
    Run(Box<RunOptions>),
    /// Ask the vote-ingest on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "VOTE_INGEST_ADMIN_LISTEN",
        default_value = "127.0.0.1:8100",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Address to serve voters on
    #[arg(
        long,
        env = "VOTE_INGEST_LISTEN",
        default_value = "127.0.0.1:8000",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Threads that serve voters [default: one per core]
    #[arg(long, env = "VOTE_INGEST_WORKERS")]
    pub workers: Option<usize>,
    /// Maximum number of votes in progress; further ones are answered 429
    #[arg(long, env = "VOTE_INGEST_IN_FLIGHT", default_value_t = 8192)]
    pub in_flight: usize,
    /// Failed attempts allowed for one personal id before further ones are answered 429; the right guid is always accepted
    #[arg(long, env = "VOTE_INGEST_FAILED_ATTEMPTS", default_value = "10")]
    pub failed_attempts: NonZeroU32,
    /// Seconds after which one more failed attempt is allowed
    #[arg(long, env = "VOTE_INGEST_FAILED_ATTEMPT_INTERVAL_S", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub failed_attempt_interval_s: u32,
    /// Kafka batching delay, in milliseconds
    #[arg(long, env = "VOTE_INGEST_LINGER_MS", default_value_t = 10)]
    pub linger_ms: u64,
    /// Kafka acknowledgement timeout, in milliseconds
    #[arg(long, env = "VOTE_INGEST_KAFKA_TIMEOUT_MS", default_value_t = 4000)]
    pub kafka_timeout_ms: u64,
    /// Redis response timeout, in milliseconds
    #[arg(long, env = "VOTE_INGEST_REDIS_TIMEOUT_MS", default_value_t = 1000)]
    pub redis_timeout_ms: u64,
    /// Directory of the ballot keys, `<election>.key` each
    #[arg(long, env = "BALLOT_KEYS_DIR", default_value = "ballot-keys")]
    pub keys_dir: PathBuf,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// Redis.
    #[command(flatten)]
    pub redis: RedisOptions,
}
