//! Takes votes: POST /vote.

use std::process::ExitCode;

use clap::Parser;
use service_kit::program;
use vote_ingest::options::Options;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("vote-ingest", vote_ingest::service::run(Options::parse())).await
}
