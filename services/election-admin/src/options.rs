//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use service_kit::settings::{KafkaOptions, PostgresOptions};

/// Defines elections.
#[derive(Parser)]
#[command(name = "election-admin", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Bring the database to the newest schema; may be run again
    Migrate(PostgresOptions),
    /// Create the topics that do not exist; may be run again
    Topics(TopicsOptions),
    /// Work a Kafka that has just started on a scratch topic, so that the first voters do not meet a cold one
    WarmUp(WarmUpOptions),
    /// Define an election: store it, publish it, print it as JSON
    Create(CreateOptions),
    /// Publish every election that is stored; may be run again
    Republish(InstallationOptions),
}

/// Settings of `topics`.
#[derive(Args, Clone)]
pub struct TopicsOptions {
    /// Partitions of the ballot box: as many instances of tally-stream can share the count. Fixed by the first election
    #[arg(long, env = "VOTES_PARTITIONS", default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub partitions: i32,
    /// Copies of each record, on brokers of their own; with 3, two must have a vote before it is accepted
    #[arg(long, env = "KAFKA_REPLICATION", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=7))]
    pub replication: i32,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
}

/// Settings of `warm-up`.
#[derive(Args, Clone)]
pub struct WarmUpOptions {
    /// For how long
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// As the ballot box has them.
    #[command(flatten)]
    pub topics: TopicsOptions,
}

/// Where definitions are stored and published.
#[derive(Args, Clone)]
pub struct InstallationOptions {
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

/// Settings of `create`.
#[derive(Args, Clone)]
pub struct CreateOptions {
    /// TOML file with the title, the rules and the participants
    #[arg(long, value_name = "FILE")]
    pub scenario: PathBuf,
    /// First moment at which votes count, for example 2026-06-16T08:00:00Z
    #[arg(long, required_unless_present = "open", conflicts_with = "open")]
    pub start: Option<Timestamp>,
    /// First moment at which they no longer do
    #[arg(long, required_unless_present = "open", conflicts_with = "open")]
    pub end: Option<Timestamp>,
    /// Open from now on, for --hours
    #[arg(long)]
    pub open: bool,
    /// How long an election with --open is open
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=8760))]
    pub hours: i64,
    /// Where to.
    #[command(flatten)]
    pub installation: InstallationOptions,
}
