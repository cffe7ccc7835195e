//! Progress of a run, for the person at the terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::crowd::Crowd;
use crate::result::Results;

/// How a run shows its progress on standard error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// A progress bar.
    Bar,
    /// A line every few seconds.
    Lines,
    /// Not at all.
    Silent,
}

impl Progress {
    /// A progress bar on a terminal, lines elsewhere.
    pub fn on_stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bar
        } else {
            Self::Lines
        }
    }

    /// Prints one line.
    pub(crate) fn say(self, line: &str) {
        if self != Self::Silent {
            eprintln!("{line}");
        }
    }

    /// Shows the crowd's progress until the returned value is ended.
    pub(crate) fn show(
        self,
        crowd: Arc<Crowd>,
        before: u64,
        results: watch::Receiver<Option<Arc<Results>>>,
    ) -> Showing {
        let counted = move || {
            results
                .borrow()
                .as_deref()
                .map_or(0, |results| results.counted.saturating_sub(before))
        };
        Showing(match self {
            Self::Bar => Some(tokio::spawn(bar(crowd, counted))),
            Self::Lines => Some(tokio::spawn(lines(crowd, counted))),
            Self::Silent => None,
        })
    }
}

/// Shows progress until it is ended, or dropped.
pub(crate) struct Showing(Option<JoinHandle<()>>);

impl Showing {
    /// Ends, and clears the progress bar so that nothing is printed into it.
    pub(crate) async fn end(mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
            // Cancelled on purpose.
            let _ = task.await;
        }
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

async fn bar(crowd: Arc<Crowd>, counted: impl Fn() -> u64) {
    let bar = ProgressBar::new(u64::from(crowd.votes()));
    if let Ok(style) = ProgressStyle::with_template(
        "{elapsed_precise} [{bar:40}] {human_pos} of {human_len} votes, {msg}",
    ) {
        bar.set_style(style.progress_chars("=> "));
    }
    let mut tick = every(Duration::from_millis(200));
    loop {
        tick.tick().await;
        bar.set_length(u64::from(crowd.votes()));
        let (votes, message) = state(&crowd, counted());
        bar.set_position(votes);
        bar.set_message(message);
    }
}

async fn lines(crowd: Arc<Crowd>, counted: impl Fn() -> u64) {
    let mut tick = every(Duration::from_secs(5));
    tick.tick().await;
    loop {
        tick.tick().await;
        let (votes, message) = state(&crowd, counted());
        eprintln!("{votes} of {} votes, {message}", crowd.votes());
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

fn state(crowd: &Crowd, counted: u64) -> (u64, String) {
    let ledger = crowd.ledger();
    let message = format!(
        "{} accepted, {counted} counted, {} failed",
        ledger.all_accepted(),
        ledger.failed
    );
    (ledger.votes, message)
}
