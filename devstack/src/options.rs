//! The options that decide what is started.

use std::path::PathBuf;

use clap::{Args, value_parser};

use crate::process::free_port;

#[derive(Debug, Args)]
pub(crate) struct ServerOptions {
    /// Kafka brokers, 1 or 3; with three, every record is stored on at least two of them
    #[arg(long, default_value_t = 1, value_parser = one_or_three)]
    pub(crate) brokers: u8,
}

#[derive(Debug, Args)]
pub(crate) struct StartOptions {
    #[command(flatten)]
    pub(crate) servers: ServerOptions,
    /// Partitions of the topic `votes`
    #[arg(long, default_value_t = 6, value_parser = value_parser!(u32).range(1..))]
    pub(crate) partitions: u32,
    /// Seed for the voters and their choices; the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u32,
    /// Port of vote-ingest; for this and the other ports, 0 takes a free one
    #[arg(long, env = "VOTE_INGEST_PORT", default_value_t = 8000)]
    pub(crate) vote_ingest_port: u16,
    /// Port of dashboard-feed, the page with the results
    #[arg(long, env = "DASHBOARD_FEED_PORT", default_value_t = 8501)]
    pub(crate) dashboard_feed_port: u16,
    /// Port of access-control
    #[arg(long, env = "ACCESS_CONTROL_PORT", default_value_t = 5000)]
    pub(crate) access_control_port: u16,
    /// Port of election-admin
    #[arg(long, env = "ELECTION_ADMIN_PORT", default_value_t = 5001)]
    pub(crate) election_admin_port: u16,
    /// Port of ballot-station
    #[arg(long, env = "BALLOT_STATION_PORT", default_value_t = 5002)]
    pub(crate) ballot_station_port: u16,
    /// Directory of the state, the logs, the keys and the list of voters [default: target/devstack]
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
}

impl StartOptions {
    /// Replaces every port that is 0 with a free one, so that all programs agree on it.
    pub(crate) fn settle_ports(&mut self) -> anyhow::Result<()> {
        for port in [
            &mut self.vote_ingest_port,
            &mut self.dashboard_feed_port,
            &mut self.access_control_port,
            &mut self.election_admin_port,
            &mut self.ballot_station_port,
        ] {
            if *port == 0 {
                *port = free_port()?;
            }
        }
        Ok(())
    }
}

fn one_or_three(text: &str) -> Result<u8, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("a cluster has 1 or 3 brokers".to_owned()),
    }
}
