//! The commands of the command line.

use std::process::ExitCode;

use service_kit::shutdown;

use crate::options::{Command, Options, RecountOptions, VerifyOptions};
use crate::recount::recount;
use crate::service;
use crate::verify::verify;

/// Runs the command.
///
/// # Errors
/// If the command fails.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    match options.command {
        Command::Run(options) => {
            let running = service::start(&options)?;
            running.run_until(shutdown::requested()).await?;
        }
        Command::Recount(options) => return print_recount(options).await,
        Command::Verify(options) => return print_verification(&options).await,
        Command::Health(options) => options.ask(options.admin.admin_listen).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn print_recount(options: RecountOptions) -> anyhow::Result<ExitCode> {
    let recount = recount(options).await?;
    for (stored, again) in &recount.partitions {
        let verdict = if stored == again { "same" } else { "DIFFERENT" };
        println!(
            "{}",
            serde_json::json!({
                "partition": stored.partition, "offset": stored.offset, "verdict": verdict,
                "stored": stored.tally, "recounted": again.tally, "stored_log": stored.log, "recounted_log": again.log,
            })
        );
    }
    Ok(if recount.agrees() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn print_verification(options: &VerifyOptions) -> anyhow::Result<ExitCode> {
    let verification = verify(options).await?;
    for comparison in &verification.comparisons {
        println!("{}", serde_json::to_string(comparison)?);
    }
    println!("{}", serde_json::to_string(&verification.summary)?);
    Ok(if verification.agrees() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
