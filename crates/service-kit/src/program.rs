//! What every `main` does: start logging and exit with a meaningful status.

use std::future::Future;
use std::process::ExitCode;

use crate::telemetry;

/// The exit status that a command ends with.
pub trait Status {
    /// As a number.
    fn code(self) -> ExitCode;
}

impl Status for () {
    fn code(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl Status for ExitCode {
    fn code(self) -> ExitCode {
        self
    }
}

/// Starts logging and runs a command. An error is printed to standard error after the program's name, and the
/// status is then 1.
pub async fn run<T: Status>(
    name: &str,
    command: impl Future<Output = anyhow::Result<T>>,
) -> ExitCode {
    telemetry::init();
    match command.await {
        Ok(status) => status.code(),
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
