//! The servers and every service on top of them, until they are stopped.

mod plan;
mod running;
mod state;
mod supervise;

use std::path::{Path, PathBuf};

use anyhow::bail;

pub(crate) use plan::{Crowd, Election};

use self::running::Running;
use self::supervise::{Notice, Supervisor};
use crate::checkout;
use crate::options::{ServerOptions, StartOptions};
use crate::signals::StopSignals;
use crate::{Stack, StackOptions};

/// The default election of the demo.
pub(crate) fn default_scenario() -> PathBuf {
    // Relative to the current directory if that is the checkout, otherwise absolute.
    let path = Path::new("spammer/scenarios/serbia-2023.toml");
    if path.is_file() {
        path.to_owned()
    } else {
        checkout::root().join(path)
    }
}

/// Only the three servers.
pub(crate) async fn servers(options: &ServerOptions, stop: &mut StopSignals) -> anyhow::Result<u8> {
    let starting = Stack::start_with(StackOptions {
        brokers: options.brokers,
        persist_redis: true,
        ..StackOptions::default()
    });
    let stack = tokio::select! {
        stack = starting => stack?,
        () = stop.received() => bail!("stopped before the servers were ready"),
    };
    for server in stack.servers() {
        let log = server
            .log()
            .map(|log| log.display().to_string())
            .unwrap_or_default();
        println!(
            "{}  {}  process {}  {log}",
            server.name(),
            server.url(),
            server.pid()
        );
    }
    println!("ready");
    println!("KAFKA_BROKERS={}", stack.kafka_brokers());
    println!("REDIS_URL={}", stack.redis_url());
    println!("DATABASE_URL={}", stack.postgres_url("postgres"));
    let mut supervisor = Supervisor::of(stack.servers().iter().cloned(), None);
    let result = loop {
        tokio::select! {
            () = stop.received() => break Ok(0),
            notice = supervisor.notice() => if let Notice::GaveUp(error) = notice {
                break Err(error);
            },
        }
    };
    supervisor.stop().await;
    stack.stop().await;
    result
}

/// The servers and the services.
pub(crate) async fn up(
    options: &StartOptions,
    election: Option<Election>,
    stop: &mut StopSignals,
) -> anyhow::Result<u8> {
    let mut running = start(options, election.as_ref(), stop).await?;
    let result = loop {
        tokio::select! {
            () = stop.received() => break Ok(0),
            noticed = running.watch() => if let Err(error) = noticed {
                break Err(error);
            },
        }
    };
    stop_all(running).await;
    result
}

/// The servers, the services and the crowd.
pub(crate) async fn demo(
    options: &StartOptions,
    election: Election,
    crowd: &Crowd,
    stop: &mut StopSignals,
) -> anyhow::Result<u8> {
    let mut running = start(options, Some(&election), stop).await?;
    let spammer = running.spawn_spammer(options, &election, crowd).await?;
    let mut status = None;
    let result = loop {
        tokio::select! {
            () = stop.received() => break Ok(status.unwrap_or(1)),
            noticed = running.watch() => if let Err(error) = noticed {
                break Err(error);
            },
            ended = spammer.ended(), if status.is_none() => {
                let code = ended.and_then(|ended| ended.code()).and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                status = Some(code);
                if crowd.exit {
                    break Ok(code);
                }
                eprintln!("the result stays on {}/ until Ctrl-C", plan::page_url(options));
            }
        }
    };
    drop(spammer);
    stop_all(running).await;
    result
}

/// Starts everything. If it is stopped meanwhile, whatever has been started is killed.
async fn start(
    options: &StartOptions,
    election: Option<&Election>,
    stop: &mut StopSignals,
) -> anyhow::Result<Running> {
    tokio::select! {
        running = Running::start(options, election) => running,
        () = stop.received() => bail!("stopped before everything was ready"),
    }
}

async fn stop_all(running: Running) {
    eprintln!("stopping");
    running.stop().await;
}
