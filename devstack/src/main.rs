//! Private Kafka, Redis and PostgreSQL, and every service on top of them, as child processes.

use std::process::ExitCode;

use clap::Parser;
use devstack::cli::{self, Options};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Options::parse()).await {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("devstack: {error:#}");
            ExitCode::FAILURE
        }
    }
}
