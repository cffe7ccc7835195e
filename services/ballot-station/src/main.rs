//! Takes officials' files of paper ballots: POST /vote.

use std::process::ExitCode;

use ballot_station::options::Options;
use ballot_station::service;
use clap::Parser;
use service_kit::program;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("ballot-station", service::run(Options::parse())).await
}
