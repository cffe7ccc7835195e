//! Manages participants, elections and results.

use std::process::ExitCode;

use clap::Parser;
use election_admin::commands;
use election_admin::options::Options;
use service_kit::program;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("election-admin", commands::run(Options::parse().command)).await
}
