//! The command `voter-roll`: see `voter-roll --help`.

use std::process::ExitCode;

use clap::Parser;
use service_kit::program;
use voter_roll_command::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("voter-roll", Cli::parse().run()).await
}
