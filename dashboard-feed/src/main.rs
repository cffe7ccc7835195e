//! Live results over server-sent events, and the page that shows them.

use std::process::ExitCode;

use clap::Parser;
use dashboard_feed::Options;
use service_kit::program;

#[tokio::main]
async fn main() -> ExitCode {
    program::run("dashboard-feed", dashboard_feed::run(Options::parse())).await
}
