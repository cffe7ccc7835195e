//! Takes votes: POST /vote.

use std::process::ExitCode;

use clap::Parser;
use service_kit::{health, shutdown, telemetry};
use vote_ingest::options::{Command, Options, RunOptions};
use vote_ingest::service::VoteIngest;

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
            eprintln!("vote-ingest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &RunOptions) -> anyhow::Result<()> {
    let mut running = VoteIngest::start(options)?;
    tokio::select! {
        asked = shutdown::requested() => {
            running.stop().await;
            Ok(asked?)
        }
        error = running.failed() => Err(error),
    }
}
