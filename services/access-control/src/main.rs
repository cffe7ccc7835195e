//! Accounts and tokens.

use std::process::ExitCode;

use access_control::commands;
use access_control::options::Options;
use clap::Parser;
use service_kit::program;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("access-control", commands::run(Options::parse())).await
}
