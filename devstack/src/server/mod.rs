//! The servers: how each is configured, started and checked for readiness.

mod given;
mod kafka;
mod postgres;
mod probe;
mod redis;

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use rustix::process::Signal;
use tokio::time::{Instant, sleep, timeout};

pub(crate) use given::{require_kafka, require_postgres, require_redis};
pub(crate) use kafka::{Kafka, start as start_kafka};
pub(crate) use postgres::{
    execute, forget as forget_postgres, has_database, start as start_postgres,
};
pub(crate) use redis::{Redis, empty_database, start as start_redis};

pub(crate) use probe::Probe;

use crate::process::{Child, Launch, describe_exit, last_words, mentions_address_in_use};

/// How long a server may take to start and answer.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// How long a killed server may take to serve its data again.
const RESTART_PATIENCE: Duration = Duration::from_mins(1);
/// How long a server may take to end when asked; all its data is about to be removed.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// How long a service may take to finish the work in progress.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);
/// A port that was free when it was chosen may be taken by another process before it is used.
const PORT_ATTEMPTS: u32 = 5;
const PROBE_INTERVAL: Duration = Duration::from_millis(20);

/// One server, or one of our services, that runs as a child process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    launch: Launch,
    url: String,
    probe: Probe,
    /// The signal that ends it immediately without leaking system resources.
    stop_signal: Signal,
    child: Mutex<Arc<Child>>,
}

impl Server {
    /// Starts the process and waits until it answers.
    pub(crate) async fn start(
        launch: Launch,
        url: String,
        probe: Probe,
        stop_signal: Signal,
    ) -> anyhow::Result<Self> {
        let child = start_process(&launch, &probe, START_PATIENCE).await?;
        Ok(Self {
            launch,
            url,
            probe,
            stop_signal,
            child: Mutex::new(Arc::new(child)),
        })
    }

    /// Its name: `kafka`, or `kafka-1` to `kafka-3`; `redis`, `postgres`; the name of a service.
    pub fn name(&self) -> &str {
        &self.launch.name
    }

    /// The address of a service's health checks.
    pub fn admin_url(&self) -> Option<String> {
        match &self.probe {
            Probe::Service { admin_port } => Some(format!("http://127.0.0.1:{admin_port}")),
            _ => None,
        }
    }

    /// Its address: `127.0.0.1:PORT` for Kafka, otherwise a URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id; after a restart, that of the new process.
    pub fn pid(&self) -> u32 {
        self.child().pid()
    }

    /// The file with its output.
    pub fn log(&self) -> Option<&Path> {
        self.launch.log()
    }

    /// Kills it (SIGKILL) and waits until the process is gone. It keeps its data and its port.
    pub async fn kill(&self) {
        self.child().kill().await;
    }

    /// Suspends it (SIGSTOP): it keeps its connections and answers nothing.
    pub fn pause(&self) {
        self.child().signal_group(Signal::STOP);
    }

    /// Lets it continue after [`Server::pause`].
    pub fn resume(&self) {
        self.child().signal_group(Signal::CONT);
    }

    /// Starts it again with the same data on the same port, and waits until it answers. Kills it first
    /// if it runs.
    pub async fn restart(&self) -> anyhow::Result<()> {
        self.kill().await;
        let deadline = Instant::now() + RESTART_PATIENCE;
        loop {
            // PostgreSQL refuses to start while the processes of the killed server are ending, and a port may
            // be busy for a moment.
            match self.start_again().await {
                Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(200)).await,
                result => return result,
            }
        }
    }

    /// Tries once to start it again after it has ended.
    pub(crate) async fn start_again(&self) -> anyhow::Result<()> {
        let child = start_process(&self.launch, &self.probe, RESTART_PATIENCE).await?;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(child);
        Ok(())
    }

    /// Waits until the current process has ended.
    pub(crate) async fn ended(&self) -> Option<ExitStatus> {
        self.child().ended().await
    }

    /// Ends it for good.
    pub(crate) async fn stop(&self) {
        let signal = self.stop_signal;
        let limit = if signal == Signal::TERM {
            DRAIN_PATIENCE
        } else {
            STOP_PATIENCE
        };
        self.child().stop(signal, limit).await;
    }

    fn child(&self) -> Arc<Child> {
        Arc::clone(&self.child.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn start_process(launch: &Launch, probe: &Probe, limit: Duration) -> anyhow::Result<Child> {
    let offset = log_length(launch);
    let child = Child::spawn(launch).await?;
    let mut last_answer = None;
    let ready = async {
        while let Err(error) = probe.answers(child.pid()).await {
            last_answer = Some(error);
            sleep(PROBE_INTERVAL).await;
        }
    };
    let reason = tokio::select! {
        status = child.ended() => describe_exit(status),
        answered = timeout(limit, ready) => match answered {
            Ok(()) => return Ok(child),
            Err(_) => format!("not ready for {} s: {:#}", limit.as_secs(), last_answer.unwrap_or_else(|| anyhow!("no answer"))),
        },
    };
    child.kill().await;
    Err(failure(launch, "did not start", offset, &reason))
}

/// Runs a program that ends on its own.
pub(crate) async fn run_to_completion(launch: &Launch) -> anyhow::Result<()> {
    let offset = log_length(launch);
    let status = Child::spawn(launch).await?.ended().await;
    if status.is_some_and(|status| status.success()) {
        return Ok(());
    }
    Err(failure(launch, "failed", offset, &describe_exit(status)))
}

/// One line: what failed and how, its last output, and where its log is.
fn failure(launch: &Launch, what: &str, offset: u64, reason: &str) -> anyhow::Error {
    let Some(log) = launch.log() else {
        return anyhow!("{} {what} ({reason})", launch.name);
    };
    let words = last_words(log, offset)
        .map(|words| format!(": {words}"))
        .unwrap_or_default();
    anyhow!(
        "{} {what} ({reason}){words}; its log is {}",
        launch.name,
        log.display()
    )
}

/// Calls `start` again with other ports as long as it fails because a port was taken.
async fn with_free_ports<T>(
    logs: &[&Path],
    start: impl AsyncFn() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut attempt = 1;
    loop {
        let offsets: Vec<u64> = logs.iter().map(|log| length(log)).collect();
        let error = match start().await {
            Ok(started) => return Ok(started),
            Err(error) => error,
        };
        let port_was_taken = logs
            .iter()
            .zip(offsets)
            .any(|(log, offset)| mentions_address_in_use(log, offset));
        if !port_was_taken || attempt == PORT_ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
    }
}

fn log_length(launch: &Launch) -> u64 {
    launch.log().map_or(0, length)
}

fn length(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}
