//! An honest hall in memory, to measure the cost of the crowd itself without Kafka, Redis or a count.
//!
//! `cargo run --release -p spammer --example hall -- 200000` starts a hall for that many voters, writes their
//! file and prints the command that makes them vote.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, dead_code)]

#[path = "../tests/it/hall.rs"]
mod hall;

use std::io::Write;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let voters = std::env::args().nth(1).map_or(100_000, |count| {
        count.parse().expect("the number of voters")
    });
    let path = std::env::temp_dir().join(format!("hall-{voters}.csv"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    writeln!(file, "personal_id,guid,district")?;
    for number in 0..voters {
        let guid = uuid::Uuid::from_u128(u128::from(number) + 1);
        writeln!(file, "{number:011},{guid},0")?;
    }
    file.flush()?;
    let hall = hall::Hall::open(voters, hall::Fault::None);
    let url = hall.url();
    println!(
        "spammer --url {url} --feed {url} --voters {} --rate 10000",
        path.display()
    );
    tokio::signal::ctrl_c().await
}
