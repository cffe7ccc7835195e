//! Watches the live results, as an observer's browser does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{Feed, FeedError, Results, Sighting};
use crate::http::{EventParser, reasons};

/// The feed sends a comment every 15 s: three missing ones mean that the connection is dead.
const SILENCE: Duration = Duration::from_secs(50);
/// The pause before a broken stream is opened again.
const RECONNECT_AFTER: Duration = Duration::from_millis(200);
/// How long the first event may take.
const FIRST_EVENT_WITHIN: Duration = Duration::from_secs(10);

/// Follows one election's events until it is dropped.
pub(crate) struct Watch {
    latest: watch::Receiver<Option<Arc<Results>>>,
    notes: Arc<Mutex<Notes>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Notes {
    sightings: Vec<Sighting>,
    /// Why the stream broke last, or could not be opened.
    trouble: Option<String>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Watch {
    /// Begins to watch; returns after the first event.
    pub(crate) async fn begin(feed: Feed, election: u32) -> Result<Self, FeedError> {
        let url = feed.origin().to_string();
        let (sender, latest) = watch::channel(None);
        let notes = Arc::new(Mutex::new(Notes::default()));
        let task = tokio::spawn(follow(feed, election, sender, Arc::clone(&notes)));
        let mut watch = Self {
            latest,
            notes,
            task,
        };
        if watch
            .until(Instant::now() + FIRST_EVENT_WITHIN, |_| true)
            .await
        {
            return Ok(watch);
        }
        let reason = lock(&watch.notes).trouble.take();
        Err(FeedError::NoEvents {
            url,
            election,
            reason: reason.unwrap_or_else(|| {
                format!(
                    "the first one did not come within {} s",
                    FIRST_EVENT_WITHIN.as_secs()
                )
            }),
        })
    }

    /// The newest results seen.
    pub(crate) fn latest(&self) -> Option<Arc<Results>> {
        self.latest.borrow().clone()
    }

    /// The newest results, for other tasks to watch.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<Results>>> {
        self.latest.clone()
    }

    /// Waits until the results are as wanted; false if they are not by the deadline.
    pub(crate) async fn until(
        &mut self,
        deadline: Instant,
        wanted: impl Fn(&Results) -> bool,
    ) -> bool {
        let reached = self
            .latest
            .wait_for(|results| results.as_deref().is_some_and(&wanted));
        matches!(timeout_at(deadline, reached).await, Ok(Ok(_)))
    }

    /// Waits until nothing has changed for `quiet`, but not beyond the deadline.
    pub(crate) async fn until_quiet(&mut self, quiet: Duration, deadline: Instant) {
        while Instant::now() < deadline
            && let Ok(Ok(())) = timeout(quiet, self.latest.changed()).await
        {}
    }

    /// Every increase of the count, in the order seen.
    pub(crate) fn sightings(&self) -> Vec<Sighting> {
        lock(&self.notes).sightings.clone()
    }
}

async fn follow(
    feed: Feed,
    election: u32,
    latest: watch::Sender<Option<Arc<Results>>>,
    notes: Arc<Mutex<Notes>>,
) {
    loop {
        let trouble = stream(&feed, election, &latest, &notes).await;
        lock(&notes).trouble = Some(trouble);
        sleep(RECONNECT_AFTER).await;
    }
}

/// Follows one stream to its end and returns why it ended.
async fn stream(
    feed: &Feed,
    election: u32,
    latest: &watch::Sender<Option<Arc<Results>>>,
    notes: &Mutex<Notes>,
) -> String {
    let path = format!("/api/elections/{election}/events");
    let response = match feed.origin().get(&path, "text/event-stream").await {
        Ok(response) => response,
        Err(reason) => return reason,
    };
    if response.status() != StatusCode::OK {
        return format!("it answers {} to GET {path}", response.status());
    }
    let mut body = response.into_body();
    let mut parser = EventParser::default();
    loop {
        let frame = match timeout(SILENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => return reasons(&error),
            Ok(None) => return "the stream ended".to_owned(),
            Err(_) => return format!("the stream was silent for {} s", SILENCE.as_secs()),
        };
        let at = Instant::now();
        let mut unreadable = None;
        if let Ok(data) = frame.into_data() {
            parser.push(&data, |event| {
                match serde_json::from_str::<Results>(&event.data) {
                    Ok(results) => {
                        note(notes, at, results.counted);
                        latest.send_replace(Some(Arc::new(results)));
                    }
                    Err(error) => unreadable = Some(error),
                }
            });
        }
        if let Some(error) = unreadable {
            return format!("an event cannot be understood: {error}");
        }
    }
}

fn note(notes: &Mutex<Notes>, at: Instant, counted: u64) {
    let mut notes = lock(notes);
    if notes
        .sightings
        .last()
        .is_none_or(|last| counted > last.counted)
    {
        notes.sightings.push(Sighting { at, counted });
    }
}

fn lock(notes: &Mutex<Notes>) -> std::sync::MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
