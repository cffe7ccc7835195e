//! Counts every vote in the log exactly once.

use std::process::ExitCode;

use clap::Parser;
use service_kit::program;
use tally_stream::commands;
use tally_stream::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("tally-stream", commands::run(Options::parse())).await
}
