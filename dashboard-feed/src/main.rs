//! Live results over server-sent events, and the page that shows them.

use std::process::ExitCode;

use clap::Parser;
use dashboard_feed::{Application, Command, Options};
use service_kit::{health, shutdown, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    match run(Options::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dashboard-feed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(options) => {
            let application = Application::build(&options)?;
            application.run_until(shutdown::requested()).await
        }
        Command::Health(options) => health::ask(options.listen).await,
    }
}
