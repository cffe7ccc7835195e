//! Accounts and tokens.

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use access_control::accounts;
use access_control::options::{AuditOptions, Command, Options, RunOptions};
use access_control::service::AccessControl;
use clap::Parser;
use service_kit::{audit, health, postgres, shutdown, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    match run(Options::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("access-control: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(options) => serve(&options).await,
        Command::Migrate(options) => {
            postgres::migrate_when_reachable(&options.database.url()?, accounts::migrations()).await
        }
        Command::Audit(options) => print_audit(&options).await,
        Command::VerifyAudit(options) => {
            let client = postgres::pool(&options)?.get().await?;
            let audit::Verified { rows, hash } = audit::verify(&client).await?;
            println!("the audit log is whole: {rows} rows, the last one {hash}");
            Ok(())
        }
        Command::Health(options) => health::ask(options.listen).await,
    }
}

async fn serve(options: &RunOptions) -> anyhow::Result<()> {
    let mut running = AccessControl::start(options)?;
    tokio::select! {
        asked = shutdown::requested() => {
            running.stop().await;
            Ok(asked?)
        }
        error = running.failed() => Err(error),
    }
}

async fn print_audit(options: &AuditOptions) -> anyhow::Result<()> {
    let client = postgres::pool(&options.postgres)?.get().await?;
    for entry in audit::newest(&client, options.before, options.limit).await? {
        writeln!(stdout(), "{}", serde_json::to_string(&entry)?)?;
    }
    Ok(())
}
