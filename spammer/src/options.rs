//! What the command line says.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::crowd::Share;
use crate::http::Origin;

/// A crowd of voters that checks the count.
///
/// Sends votes at a constant rate, then compares what the voters were told with what was counted. One
/// line of JSON goes to standard output. Exit status: 0 the count is exactly right, 1 it is not or could
/// not be checked, 2 the options or the files they name are invalid.
#[derive(Clone, Debug, Parser)]
#[command(name = "spammer", version, args_override_self = true)]
pub struct Options {
    /// Address of vote-ingest; repeat it for more instances
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

    /// Leave out the first N voters of the file, to continue where an earlier run ended
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub skip: u32,

    /// The scenario whose real votes are the odds of the voters' choices; without it all are equal
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,

    /// The election, named in every vote; without it, the one that is open
    #[arg(long, value_name = "ID")]
    pub election: Option<u32>,

    /// Votes per second
    #[arg(long, value_name = "VOTES", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub rate: u32,

    /// Duration of the vote; without it, until every voter has voted once
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub duration: Option<u32>,

    /// Connections, each with one request at a time; without it, one for every 40 votes per second, at least 64
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub connections: Option<usize>,

    /// Voters who try to vote again after they were accepted, in percent of the votes, on top of them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub duplicates: Share,

    /// Attempts by people who are not on the roll, in percent of the votes, on top of them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub unknown: Share,

    /// Malformed requests, in percent of the votes, on top of them
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub malformed: Share,

    /// Makes the choices reproducible; drawn and printed if not given
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
/// What a connection carries easily: an answer takes up to 25 ms then.
const VOTES_PER_S_A_CONNECTION: u32 = 40;

impl Options {
    /// How many connections there are.
    pub fn connections(&self) -> usize {
        let carrying = (self.rate / VOTES_PER_S_A_CONNECTION) as usize;
        self.connections
            .unwrap_or(carrying.max(CONNECTIONS_AT_LEAST))
    }
}
