//! At most ten changes per second for each election, however many processes publish them.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::ElectionId;
use crate::latest::{LatestResults, PublishedResult};

/// The minimum time between two changes of an election's shown result.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// What comes from Redis.
pub(crate) enum Arrival {
    /// A result, old or new.
    Result(Box<PublishedResult>),
    /// Everything that Redis held has been sent; answered once all of it is visible.
    Loaded(oneshot::Sender<()>),
}

/// The queue from Redis to the latest results. It is short, because it is read immediately.
pub(crate) fn arrivals() -> (mpsc::Sender<Arrival>, mpsc::Receiver<Arrival>) {
    mpsc::channel(64)
}

/// Shows the results that arrive: the first change immediately; of those that follow within a [`TICK`], only
/// the newest, when the tick is over. The last one is always shown.
pub(crate) async fn show(mut arrivals: mpsc::Receiver<Arrival>, latest: LatestResults) {
    let mut queues: HashMap<ElectionId, Queue> = HashMap::new();
    loop {
        let next_due = queues.values().filter_map(Queue::due).min();
        tokio::select! {
            arrival = arrivals.recv() => match arrival {
                Some(Arrival::Result(publication)) => {
                    let queue = queues
                        .entry(publication.election())
                        .or_insert_with(Queue::new);
                    queue.offer(*publication, Instant::now());
                }
                Some(Arrival::Loaded(seen)) => {
                    latest.mark_loaded();
                    // The source may have lost Redis again and no longer wait.
                    let _ = seen.send(());
                }
                None => return,
            },
            () = sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => {}
        }
        let now = Instant::now();
        for queue in queues.values_mut() {
            queue.show_if_due(&latest, now);
        }
    }
}

/// A queue of one: the newest result that has not been shown yet.
struct Queue {
    waiting: Option<PublishedResult>,
    /// When the next change may be shown.
    free_at: Instant,
}

impl Queue {
    fn new() -> Self {
        Self {
            waiting: None,
            free_at: Instant::now(),
        }
    }

    fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|_| self.free_at)
    }

    fn offer(&mut self, publication: PublishedResult, now: Instant) {
        match &self.waiting {
            Some(waiting) if !publication.supersedes(waiting) => {}
            Some(_) => self.waiting = Some(publication),
            None => {
                self.waiting = Some(publication);
                self.free_at = self.free_at.max(now);
            }
        }
    }

    fn show_if_due(&mut self, latest: &LatestResults, now: Instant) {
        if self.free_at > now {
            return;
        }
        if let Some(publication) = self.waiting.take()
            && latest.show(publication)
        {
            // Counted from when it was due, not from now: otherwise the timer's delays would add up, and a
            // publisher with exactly ten changes per second would see every hundredth one skipped.
            self.free_at += TICK;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;
    use crate::latest::sample;

    async fn settle() {
        // With the clock paused this lets every task run until all of them wait.
        sleep(Duration::from_millis(1)).await;
    }

    fn position(latest: &LatestResults) -> u64 {
        latest.latest(1).unwrap().position()
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_burst_the_first_is_shown_at_once_and_the_last_a_tick_later() {
        let latest = LatestResults::default();
        let (arrivals, arriving) = arrivals();
        tokio::spawn(show(arriving, latest.clone()));
        for position in [3, 4, 9, 8, 5] {
            let result = Arrival::Result(Box::new(sample(1, position, "")));
            arrivals.send(result).await.ok().unwrap();
            settle().await;
        }
        assert_eq!(position(&latest), 3);
        advance(TICK).await;
        settle().await;
        assert_eq!(position(&latest), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn ten_changes_a_second_all_pass_and_thirty_do_not() {
        // Over 10.1 s: all 101, or one for each tick and its two ends.
        for (per_second, allowed) in [(10_u32, 101..=101), (30, 100..=102)] {
            let latest = LatestResults::default();
            let (arrivals, arriving) = arrivals();
            tokio::spawn(show(arriving, latest.clone()));
            arrivals
                .send(Arrival::Result(Box::new(sample(1, 0, ""))))
                .await
                .ok()
                .unwrap();
            settle().await;
            let mut results = latest.subscribe(1).unwrap();
            let counting = tokio::spawn(async move {
                let mut changes = 1_u32;
                while results.changed().await.is_ok() {
                    results.borrow_and_update();
                    changes += 1;
                }
                changes
            });
            let mut timer = tokio::time::interval(Duration::from_secs(1) / per_second);
            timer.tick().await;
            for position in 1..=u64::from(per_second) * 10 {
                timer.tick().await;
                let result = Arrival::Result(Box::new(sample(1, position, "")));
                arrivals.send(result).await.ok().unwrap();
            }
            sleep(TICK).await;
            settle().await;
            assert_eq!(position(&latest), u64::from(per_second) * 10);
            latest.close();
            let changes = counting.await.unwrap();
            assert!(allowed.contains(&changes), "{changes} changes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn elections_do_not_wait_for_each_other() {
        let latest = LatestResults::default();
        let (arrivals, arriving) = arrivals();
        tokio::spawn(show(arriving, latest.clone()));
        for election in 1..=3 {
            let result = Arrival::Result(Box::new(sample(election, 1, "")));
            arrivals.send(result).await.ok().unwrap();
        }
        let (seen, all_seen) = oneshot::channel();
        arrivals.send(Arrival::Loaded(seen)).await.ok().unwrap();
        all_seen.await.unwrap();
        assert_eq!(latest.all().unwrap().len(), 3);
    }
}
