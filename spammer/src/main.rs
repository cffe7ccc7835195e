//! A crowd of voters that checks the count.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use spammer::{Options, Progress};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// One thread for everything: the crowd shares the machine with the servers under test, and waking a second
/// thread costs more than a vote.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (interrupts, heard) = watch::channel(0);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            interrupts.send_modify(|count| *count += 1);
        }
    });

    match spammer::run(&options, Progress::on_stderr(), heard).await {
        Ok(report) => {
            eprint!("{report}");
            match writeln!(std::io::stdout(), "{}", report.to_json_line()?) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
                _ => Ok(ExitCode::from(report.exit_code())),
            }
        }
        Err(error) => {
            eprintln!("spammer: {error}");
            Ok(ExitCode::from(error.exit_code()))
        }
    }
}
