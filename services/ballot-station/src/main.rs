//! Takes officials' files of paper ballots: POST /vote.

use std::process::ExitCode;

use ballot_station::options::{Command, Options, RunOptions};
use ballot_station::service::BallotStationServer;
use clap::Parser;
use service_kit::{health, shutdown, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    let done = match Options::parse().command {
        Command::Run(options) => run(&options).await,
        Command::Health(options) => health::ask(options.listen).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ballot-station: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &RunOptions) -> anyhow::Result<()> {
    let mut running = BallotStationServer::start(options)?;
    tokio::select! {
        asked = shutdown::requested() => {
            running.stop().await;
            Ok(asked?)
        }
        error = running.failed() => Err(error),
    }
}
