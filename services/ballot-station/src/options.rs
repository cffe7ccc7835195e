//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_kit::client::ProxyOptions;
use service_kit::health::HealthOptions;
use service_kit::settings::KafkaOptions;
use service_kit::token::TokenOptions;

/// Takes officials' files of paper ballots: POST /vote.
///
/// A file is accepted when every line of it is well formed and every ballot is in the log. Any number of
/// instances may run in parallel; none needs a database.
#[derive(Parser)]
#[command(name = "ballot-station", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Take files until stopped
    Run(Box<RunOptions>),
    /// Ask the ballot-station on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "BALLOT_STATION_ADMIN_LISTEN",
        default_value = "127.0.0.1:5102",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Address to serve officials on
    #[arg(
        long,
        env = "BALLOT_STATION_LISTEN",
        default_value = "127.0.0.1:5002",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Threads that serve officials [default: one per core]
    #[arg(long, env = "BALLOT_STATION_WORKERS")]
    pub workers: Option<usize>,
    /// Maximum number of files that are arriving, waiting or being recorded. Each takes 24 bytes per line in the
    /// directory for temporary files: 32 files of a million lines take 768 MB there
    #[arg(long, env = "BALLOT_STATION_UPLOADS", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub uploads: u16,
    /// Maximum number of these files from one official
    #[arg(long, env = "BALLOT_STATION_UPLOADS_PER_OFFICIAL", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub uploads_per_official: u16,
    /// Maximum number of files recorded at the same time
    #[arg(long, env = "BALLOT_STATION_FILES", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub files: u16,
    /// Seconds that a file waits for its turn, first to arrive and then to be recorded, before the answer is 503
    #[arg(long, env = "BALLOT_STATION_PLACE_TIMEOUT_S", default_value_t = 30)]
    pub place_timeout_s: u64,
    /// Maximum size of a file, in bytes
    #[arg(long, env = "BALLOT_STATION_FILE_BYTES", default_value_t = 50 * 1024 * 1024)]
    pub file_bytes: u64,
    /// Maximum number of lines in a file
    #[arg(long, env = "BALLOT_STATION_FILE_LINES", default_value_t = 1_000_000)]
    pub file_lines: u32,
    /// Upload timeout, in seconds
    #[arg(long, env = "BALLOT_STATION_UPLOAD_TIMEOUT_S", default_value_t = 300)]
    pub upload_timeout_s: u64,
    /// Seconds without data after which an upload is given up
    #[arg(long, env = "BALLOT_STATION_IDLE_TIMEOUT_S", default_value_t = 30)]
    pub idle_timeout_s: u64,
    /// Bytes a second that a file must arrive with on average, after the first ten seconds: a slow sender keeps a place from others
    #[arg(long, env = "BALLOT_STATION_MIN_BYTES_PER_S", default_value_t = 2_000)]
    pub min_bytes_per_s: u64,
    /// Directory in which ballots wait while their file is checked; the files have no name, and are gone when the
    /// process ends [default: the system's for temporary files]
    #[arg(long, env = "BALLOT_STATION_TEMP_DIR")]
    pub temp_dir: Option<PathBuf>,
    /// Kafka batching delay, in milliseconds
    #[arg(long, env = "BALLOT_STATION_LINGER_MS", default_value_t = 5)]
    pub linger_ms: u64,
    /// Kafka acknowledgement timeout, in milliseconds
    #[arg(
        long,
        env = "BALLOT_STATION_KAFKA_TIMEOUT_MS",
        default_value_t = 10_000
    )]
    pub kafka_timeout_ms: u64,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// The secret of the tokens.
    #[command(flatten)]
    pub token: TokenOptions,
    /// Trusted proxies.
    #[command(flatten)]
    pub proxies: ProxyOptions,
}
