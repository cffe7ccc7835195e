//! The crowd at a ballot box that works correctly, and at ballot boxes that do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod command;
mod crowd;
mod hall;
mod outages;
mod proxy;
mod wrong_counts;

use std::io::Write;

use hall::Hall;
use spammer::{Options, Progress, Report};
use tempfile::NamedTempFile;
use tokio::sync::watch;
use uuid::Uuid;

/// The voters' file of `count` voters.
fn voters(count: u32) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    writeln!(file, "personal_id,guid,district").unwrap();
    for number in 0..count {
        let guid = Uuid::from_u128(u128::from(number) + 1);
        writeln!(file, "{number:011},{guid},0").unwrap();
    }
    file
}

/// Runs the crowd with these additional options, at the hall unless `--url` is among them.
async fn try_interrupted_run(
    hall: &Hall,
    voters: &NamedTempFile,
    further: &[&str],
    interrupts: u32,
) -> Result<Report, spammer::Error> {
    let mut arguments = vec![
        "spammer",
        "--feed",
        hall.url(),
        "--voters",
        voters.path().to_str().unwrap(),
        "--rate",
        "2000",
        "--connections",
        "8",
        "--seed",
        "1",
        "--settle",
        "20",
    ];
    if !further.contains(&"--url") {
        arguments.extend(["--url", hall.url()]);
    }
    arguments.extend(further);
    let options = <Options as clap::Parser>::parse_from(arguments);
    let (_interrupts, heard) = watch::channel(interrupts);
    spammer::run(&options, Progress::Silent, heard).await
}

async fn try_run(
    hall: &Hall,
    voters: &NamedTempFile,
    further: &[&str],
) -> Result<Report, spammer::Error> {
    try_interrupted_run(hall, voters, further, 0).await
}

async fn run(hall: &Hall, voters: &NamedTempFile, further: &[&str]) -> Report {
    try_run(hall, voters, further).await.unwrap()
}
