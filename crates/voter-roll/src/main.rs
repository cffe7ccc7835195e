//! The command `voter-roll`: see `voter-roll --help`.

use std::process::ExitCode;

use clap::Parser;
use service_kit::telemetry;
use voter_roll::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    // Wrong usage ends here, with status 2.
    let cli = Cli::parse();
    telemetry::init();
    match cli.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("voter-roll: {error:#}");
            ExitCode::FAILURE
        }
    }
}
