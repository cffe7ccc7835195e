//! Participants, elections, results; opening and closing.

use std::process::ExitCode;

use clap::Parser;
use election_admin::commands;
use election_admin::options::Options;
use service_kit::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    match commands::run(Options::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("election-admin: {error:#}");
            ExitCode::FAILURE
        }
    }
}
