//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use ballot_log::{ElectionId, PollNumber, topics};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use service_database::settings::PostgresOptions;
use service_kit::client::ProxyOptions;
use service_kit::health::HealthOptions;
use service_kit::secret::Environment;
use service_kit::settings::{DistrictOptions, KafkaOptions};
use service_kit::token::TokenOptions;

use crate::results::spreadsheet::{Separator, Table};

/// Manages participants, elections and results.
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
    /// Serve administrators; publish, close and finalise elections
    Run(Box<RunOptions>),
    /// Migrate the database to the newest schema; safe to repeat
    Migrate(PostgresOptions),
    /// Create missing topics; safe to repeat
    Topics(TopicsOptions),
    /// Warm up a Kafka that has just started, on a scratch topic, so that the first votes are not slow
    WarmUp(WarmUpOptions),
    /// Define an election: store it, publish it, print it as JSON
    Create(CreateOptions),
    /// Cancel an election that is wrong, until its result is final; it cannot be taken back
    Cancel(CancelOptions),
    /// Decide by lots that were drawn what a final result has left open
    Lots(LotsOptions),
    /// Publish every stored election; safe to repeat
    Republish(InstallationOptions),
    /// List the elections
    Elections(DatabaseOptions),
    /// List the parties and persons
    Participants(DatabaseOptions),
    /// Print the result of an election, so far or final
    Results(ResultsOptions),
    /// Compute a final result again from the stored count, and compare the hashes
    ///
    /// Use `tally-stream recount` to check the stored count against the log.
    VerifyResult(ElectionOptions),
    /// Check that no row of the audit log was altered or removed
    VerifyAudit(DatabaseOptions),
    /// Ask the election-admin on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "ELECTION_ADMIN_ADMIN_LISTEN",
        default_value = "127.0.0.1:5101",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Address to serve administrators on
    #[arg(
        long,
        env = "ELECTION_ADMIN_LISTEN",
        default_value = "127.0.0.1:5001",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Time zone of date-times without an offset
    #[arg(long, env = "ELECTION_TIME_ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// Milliseconds between an election's end and its closing; must exceed the difference between the brokers' clocks
    #[arg(long, env = "CLOSE_GRACE_MS", default_value_t = 2000)]
    pub close_grace_ms: u64,
    /// Whether cancelling, withdrawing files, finalising and lots need a second administrator, who requests the same
    #[arg(long, env = "FOUR_EYES", value_enum, default_value = "off")]
    pub four_eyes: Switch,
    /// Constituencies of few votes.
    #[command(flatten)]
    pub district: DistrictOptions,
    /// Tokens.
    #[command(flatten)]
    pub token: TokenOptions,
    /// Trusted proxies.
    #[command(flatten)]
    pub proxies: ProxyOptions,
    /// Where to publish.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

impl RunOptions {
    /// The time zone.
    ///
    /// # Errors
    /// If there is no such time zone.
    pub fn zone(&self) -> anyhow::Result<TimeZone> {
        TimeZone::get(&self.time_zone).with_context(|| {
            format!(
                "ELECTION_TIME_ZONE: there is no time zone {} (an IANA name such as Europe/Belgrade)",
                self.time_zone
            )
        })
    }
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is on.
    On,
    /// It is off.
    Off,
}

/// Settings of commands that read the database.
#[derive(Args, Clone)]
pub struct DatabaseOptions {
    /// PostgreSQL, database `election_process`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

/// Settings of commands about one election.
#[derive(Args, Clone)]
pub struct ElectionOptions {
    /// Number of the election
    pub election: ElectionId,
    /// Where it is stored.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Settings of `results`.
#[derive(Args, Clone)]
pub struct ResultsOptions {
    /// The election.
    #[command(flatten)]
    pub election: ElectionOptions,
    /// Print JSON, in the format of `results.json`
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print a table as CSV: UTF-8 with a byte order mark, as spreadsheets want it
    #[arg(long, value_enum, value_name = "TABLE")]
    pub csv: Option<Table>,
    /// What separates the cells of the table
    #[arg(long, value_enum, default_value = "comma", requires = "csv")]
    pub separator: Separator,
    /// Constituencies of few votes.
    #[command(flatten)]
    pub district: DistrictOptions,
    /// Environment, which decides the default of --district-minimum
    #[arg(
        long = "urna-env",
        env = "URNA_ENV",
        value_enum,
        default_value = "development"
    )]
    pub environment: Environment,
}

/// Settings of `topics`.
#[derive(Args, Clone)]
pub struct TopicsOptions {
    /// Partitions of the ballot box, which is also the maximum number of tally-stream instances that share the count.
    /// Fixed by the first election
    #[arg(long, env = "VOTES_PARTITIONS", default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub partitions: i32,
    /// Copies of each record, each on a different broker; with 3, two must have a vote before it is accepted
    /// [default: one per broker, up to 3]
    #[arg(long, env = "KAFKA_REPLICATION", value_parser = clap::value_parser!(i32).range(1..=7))]
    pub replication: Option<i32>,
    /// Kafka.
    #[command(flatten)]
    pub kafka: KafkaOptions,
}

/// A vote on three brokers survives the loss of any one of them; more copies would only cost time.
const COPIES_AT_MOST: i32 = 3;
/// How long Kafka may take to start.
const KAFKA_PATIENCE: Duration = Duration::from_mins(1);

impl TopicsOptions {
    /// How many copies of each record to keep; Kafka may be starting.
    ///
    /// # Errors
    /// If it does not answer within a minute.
    pub async fn replication(&self) -> anyhow::Result<i32> {
        let brokers = topics::brokers_within(&self.kafka.kafka_brokers, KAFKA_PATIENCE).await?;
        Ok(self
            .replication
            .unwrap_or_else(|| brokers.min(COPIES_AT_MOST)))
    }
}

/// Settings of `warm-up`.
#[derive(Args, Clone)]
pub struct WarmUpOptions {
    /// For how long
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// The settings of the ballot box.
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

/// Settings of `cancel`.
#[derive(Args, Clone)]
pub struct CancelOptions {
    /// Number of the election
    #[arg(long, value_name = "NUMBER")]
    pub election: ElectionId,
    /// Where it is stored and published.
    #[command(flatten)]
    pub installation: InstallationOptions,
}

/// Settings of `lots`.
#[derive(Args, Clone)]
pub struct LotsOptions {
    /// Number of the election
    #[arg(long, value_name = "NUMBER")]
    pub election: ElectionId,
    /// Poll numbers in the order in which they were drawn, such as 3,1: the first one drawn gets the first seat
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', required = true)]
    pub order: Vec<PollNumber>,
    /// Who drew: a person, a commission
    #[arg(long, value_name = "NAME")]
    pub drawn_by: String,
    /// When, for example 2026-06-17T10:00:00Z
    #[arg(long, value_name = "TIME")]
    pub drawn_at: Timestamp,
    /// Where it is stored and published.
    #[command(flatten)]
    pub installation: InstallationOptions,
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
    /// First moment at which votes no longer count
    #[arg(long, required_unless_present = "open", conflicts_with = "open")]
    pub end: Option<Timestamp>,
    /// Open from now on, for --hours
    #[arg(long)]
    pub open: bool,
    /// How long an election with --open is open, in hours
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(1..=8760))]
    pub hours: i64,
    /// The same in minutes, in place of --hours
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=525_600), conflicts_with = "hours")]
    pub minutes: Option<i64>,
    /// Where to publish.
    #[command(flatten)]
    pub installation: InstallationOptions,
}
