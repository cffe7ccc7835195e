//! Runs an election under load with random faults, and prints the outcome.

use std::process::ExitCode;

use clap::Parser;
use end_to_end::chaos::{Plan, run};

/// Run an election under constant load with random faults
///
/// Processes, including servers, are killed or paused; Redis is emptied and the roll loaded again; PostgreSQL, Redis or all
/// brokers answer nothing, or refuse connections, for 20 s; votes are sent to two vote-ingest at once; tally-stream is scaled from one to three and back; junk is written to the log. At the
/// end the election closes, every store is compared with the log, and one line of JSON reports the outcome. Exit status: 0 only if no accepted vote was lost or counted twice and
/// all stores agree.
#[derive(Parser)]
#[command(name = "chaos")]
struct Options {
    /// Seed of the faults; the same seed gives the same faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long votes are cast, in minutes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    minutes: u32,
    /// Kafka brokers, 1 or 3
    #[arg(long, default_value_t = 1, value_parser = one_or_three)]
    brokers: u8,
}

fn one_or_three(text: &str) -> Result<u8, &'static str> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("a cluster has 1 or 3 brokers"),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let plan = Plan {
        seed: options.seed,
        seconds: options.minutes * 60,
        brokers: options.brokers,
    };
    let outcome = run(plan, |fault| eprintln!("{fault}")).await;
    println!("{}", serde_json::to_string(&outcome).unwrap_or_default());
    if outcome.is_exact() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
