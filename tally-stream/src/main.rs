//! Counts the votes, exactly once, from the log.

use std::process::ExitCode;

use clap::Parser;
use service_kit::{health, shutdown, telemetry};
use tally_stream::options::{Command, Options, RecountOptions, RunOptions};
use tally_stream::recount::recount;
use tally_stream::service::TallyStream;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    let done = match Options::parse().command {
        Command::Run(options) => run(&options).await.map(|()| ExitCode::SUCCESS),
        Command::Recount(options) => print_recount(options).await,
        Command::Health(options) => health::ask(options.listen)
            .await
            .map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("tally-stream: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(options: &RunOptions) -> anyhow::Result<()> {
    let mut running = TallyStream::start(options).await?;
    tokio::select! {
        asked = shutdown::requested() => {
            running.stop().await;
            Ok(asked?)
        }
        error = running.failed() => anyhow::bail!("{error:#}"),
    }
}

async fn print_recount(options: RecountOptions) -> anyhow::Result<ExitCode> {
    let recount = recount(options).await?;
    for (stored, again) in &recount.partitions {
        let verdict = if stored.tally == *again {
            "same"
        } else {
            "DIFFERENT"
        };
        println!(
            "{}",
            serde_json::json!({
                "partition": stored.partition, "offset": stored.offset, "verdict": verdict,
                "stored": stored.tally, "recounted": again,
            })
        );
    }
    Ok(if recount.agrees() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
