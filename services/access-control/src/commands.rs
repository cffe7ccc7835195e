//! The commands of the command line.

use std::io::{Write as _, stdout};

use service_database::{audit, postgres};
use service_kit::shutdown;

use crate::accounts;
use crate::options::{AuditOptions, Command, Options};
use crate::service;

/// Runs the command.
///
/// # Errors
/// If the command fails.
pub async fn run(options: Options) -> anyhow::Result<()> {
    match options.command {
        Command::Run(options) => {
            let running = service::start(&options)?;
            running.run_until(shutdown::requested()).await
        }
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
        Command::Health(options) => options.ask(options.admin.admin_listen).await,
    }
}

async fn print_audit(options: &AuditOptions) -> anyhow::Result<()> {
    let client = postgres::pool(&options.postgres)?.get().await?;
    for entry in audit::newest(&client, options.before, options.limit).await? {
        writeln!(stdout(), "{}", serde_json::to_string(&entry)?)?;
    }
    Ok(())
}
