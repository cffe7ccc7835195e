//! Takes votes: POST /vote.

use std::process::ExitCode;

use clap::Parser;
use service_kit::{shutdown, telemetry};
use vote_ingest::options::Options;
use vote_ingest::service::VoteIngest;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vote-ingest: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> anyhow::Result<()> {
    let mut running = VoteIngest::start(options)?;
    tokio::select! {
        asked = shutdown::requested() => {
            running.stop().await;
            Ok(asked?)
        }
        error = running.failed() => Err(error),
    }
}
