//! Restarts every process that ends unexpectedly: the stack survives a `kill -9` of any of them.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::process::describe_exit;
use crate::server::Server;

/// A process that keeps ending is not restarted forever: at most this often within this time.
const MOST_RESTARTS: usize = 5;
const WITHIN: Duration = Duration::from_mins(1);
/// The pause before the first restart; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How often to look whether a process that was to stay away is wanted again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What the watchers have noticed.
#[derive(Debug)]
pub(crate) enum Notice {
    /// A process runs again, with a new id.
    Restarted,
    /// A process ended too often.
    GaveUp(anyhow::Error),
}

/// Watches over processes until it is dropped.
#[derive(Debug)]
pub(crate) struct Supervisor {
    watchers: JoinSet<()>,
    notices: mpsc::Receiver<Notice>,
}

impl Supervisor {
    /// A process that ends stays away as long as there is a file of its name in the directory `away`.
    pub(crate) fn of(servers: impl IntoIterator<Item = Arc<Server>>, away: Option<&Path>) -> Self {
        let (sender, notices) = mpsc::channel(16);
        let mut watchers = JoinSet::new();
        for server in servers {
            let away = away.map(|away| away.join(server.name()));
            watchers.spawn(watch(server, away, sender.clone()));
        }
        Self { watchers, notices }
    }

    /// Stops restarting processes.
    pub(crate) async fn stop(mut self) {
        self.watchers.shutdown().await;
    }

    /// Waits for the next notice.
    pub(crate) async fn notice(&mut self) -> Notice {
        match self.notices.recv().await {
            Some(notice) => notice,
            // There is nothing to watch, for example because none of the servers is our own.
            None => std::future::pending().await,
        }
    }
}

async fn watch(server: Arc<Server>, away: Option<PathBuf>, notices: mpsc::Sender<Notice>) {
    let mut restarts: VecDeque<Instant> = VecDeque::new();
    loop {
        let pid = server.pid();
        let status = server.ended().await;
        let log = server
            .log()
            .map(|log| format!("; its log is {}", log.display()))
            .unwrap_or_default();
        eprintln!(
            "{} (process {pid}) ended unexpectedly: {}{log}",
            server.name(),
            describe_exit(status)
        );
        while away.as_ref().is_some_and(|away| away.exists()) {
            sleep(LOOK_AGAIN_AFTER).await;
        }
        loop {
            while restarts
                .front()
                .is_some_and(|restart| restart.elapsed() > WITHIN)
            {
                restarts.pop_front();
            }
            if restarts.len() == MOST_RESTARTS {
                let error = anyhow::anyhow!(
                    "{} ended {} times within {} s{log}",
                    server.name(),
                    MOST_RESTARTS + 1,
                    WITHIN.as_secs()
                );
                let _ = notices.send(Notice::GaveUp(error)).await;
                return;
            }
            sleep(FIRST_PAUSE * (1 << restarts.len())).await;
            restarts.push_back(Instant::now());
            match server.start_again().await {
                Ok(()) => break,
                Err(error) => eprintln!("{error:#}"),
            }
        }
        eprintln!("{} is back as process {}", server.name(), server.pid());
        if notices.send(Notice::Restarted).await.is_err() {
            return;
        }
    }
}
