//! The command-line options.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::crowd::Share;
use crate::http::Origin;

/// A crowd of voters that checks the count.
///
/// Sends votes at a constant rate, then compares what the voters were told with what was counted. Prints one
/// line of JSON to standard output. Exit status: 0 if the count is exactly right, 1 if it is not or could not
/// be checked, 2 if the options or the files they name are invalid.
#[derive(Clone, Debug, Parser)]
#[command(name = "spammer", version, args_override_self = true)]
pub struct Options {
    /// Address of vote-ingest; repeat the option for more instances
    #[arg(
        long = "url",
        value_name = "URL",
        default_value = "http://127.0.0.1:8000"
    )]
    pub urls: Vec<Origin>,

    /// Address of dashboard-feed
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8501")]
    pub feed: Origin,

    /// The voters: CSV with the header `personal_id,guid,district`, as `voter-roll export` writes it
    #[arg(long, value_name = "FILE")]
    pub voters: PathBuf,

    /// Skip the first N voters of the file, to continue where an earlier run ended
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip: u32,

    /// Scenario whose real votes are the odds of the voters' choices; without it, all candidates are equally likely
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,

    /// The election to name in every vote; without it, the one that is open
    #[arg(long, value_name = "ID")]
    pub election: Option<u32>,

    /// Votes per second
    #[arg(long, value_name = "VOTES", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,

    /// How long to vote; without it, until every voter has voted once
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub duration: Option<u32>,

    /// Connections, each with one request at a time; by default, one for every 40 votes per second, but at least 64
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub connections: Option<usize>,

    /// Voters who try to vote again after they were accepted, as a percentage of the votes, in addition to them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub duplicates: Share,

    /// Votes that their voters send twice at the same moment, to two instances if there are several, as a percentage of the votes
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub races: Share,

    /// Attempts by people who are not on the roll, as a percentage of the votes, in addition to them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub unknown: Share,

    /// Malformed requests, as a percentage of the votes, in addition to them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub malformed: Share,

    /// Seed that makes the choices reproducible; random if not given, and printed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Send a vote again, with the same choice, after a 5xx, a 429 or a broken connection
    #[arg(long)]
    pub retries: bool,

    /// How long to retry a vote before it counts as failed
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub give_up: u32,

    /// Maximum time to wait at the end for the count to catch up
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub settle: u32,
}

/// Minimum number of connections.
const CONNECTIONS_AT_LEAST: usize = 64;
/// What a connection carries easily: it leaves 25 ms for each answer.
const VOTES_PER_S_A_CONNECTION: u32 = 40;

impl Options {
    /// The number of connections.
    pub fn connections(&self) -> usize {
        let carrying = (self.rate / VOTES_PER_S_A_CONNECTION) as usize;
        self.connections
            .unwrap_or(carrying.max(CONNECTIONS_AT_LEAST))
    }
}
