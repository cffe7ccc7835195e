//! In which order the lines of a file may be sent.
//!
//! The first of several lines with the same GUID is sure to be the ballot only if the log has it before any
//! other is sent: if both were in flight, the first might be lost and the other not. All other lines are sent
//! concurrently.
//!
//! Only lines in flight are remembered. So a line waits while another line with its GUID is in flight. Lines
//! that have waited for the same one are then sent together: whichever of them the log has first, they are all
//! duplicates, even if only some of them reach it and the file is sent again, because the count knows each line
//! that it has seen.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::pin::pin;

use ballot_log::{AppendError, Appended};
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt as _};
use uuid::Uuid;

use super::{Line, RecordingError};

/// Maximum number of lines of one file in flight, or waiting for such a line.
pub(crate) const ON_THEIR_WAY: usize = 4096;

/// Appends all lines, and reports each that the log has acknowledged.
///
/// # Errors
/// The first failure. Nothing is sent after it.
pub(super) async fn append_all<Append: Future<Output = Result<Appended, AppendError>>>(
    lines: impl Stream<Item = io::Result<Line>>,
    append: impl Fn(Line) -> Append,
    mut acknowledged: impl FnMut(Appended),
) -> Result<(), RecordingError> {
    let send = |line: Line, others_wait: bool| {
        let appending = append(line);
        async move { (line.1.guid, others_wait, appending.await) }
    };
    let mut lines = pin!(lines.fuse());
    let mut on_their_way = FuturesUnordered::new();
    // By the GUID of a line in flight: the lines that wait for it.
    let mut others = HashMap::<Uuid, Vec<Line>>::new();
    let mut waiting = 0;
    loop {
        let has_room = on_their_way.len() + waiting < ON_THEIR_WAY;
        tokio::select! {
            biased;
            Some((guid, others_wait, appended)) = on_their_way.next() => {
                acknowledged(appended?);
                if others_wait {
                    let others = others.remove(&guid).unwrap_or_default();
                    waiting -= others.len();
                    on_their_way.extend(others.into_iter().map(|line| send(line, false)));
                }
            }
            Some(line) = lines.next(), if has_room => {
                let line = line?;
                match others.entry(line.1.guid) {
                    Entry::Occupied(mut others) => {
                        others.get_mut().push(line);
                        waiting += 1;
                    }
                    Entry::Vacant(nobody) => {
                        nobody.insert(Vec::new());
                        on_their_way.push(send(line, true));
                    }
                }
            }
            else => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::HashSet;
    use std::task::{Context, Poll, Waker};

    use futures_util::stream;
    use proptest::prelude::*;
    use rdkafka::error::KafkaError;
    use tokio::sync::oneshot;

    use super::*;
    use crate::file::PaperBallot;

    /// A line that was sent, and the channel for its acknowledgement.
    type Sent = (Line, oneshot::Sender<Result<Appended, AppendError>>);

    const APPENDED: Appended = Appended {
        partition: 0,
        offset: 0,
        time_ms: 0,
    };

    fn lines(guids: impl IntoIterator<Item = u8>) -> Vec<Line> {
        let ballot = |guid: u8| PaperBallot {
            guid: Uuid::from_u128(guid.into()),
            choice: 1,
        };
        (0..).zip(guids.into_iter().map(ballot)).collect()
    }

    /// Sends these lines to a log that, each time nothing more is sent, acknowledges those that `choose` picks
    /// from the lines in flight. Returns how often that happened.
    fn times_waited(lines: &[Line], mut choose: impl FnMut(&mut Vec<Sent>) -> Vec<Sent>) -> usize {
        let sent = RefCell::new(Vec::<Sent>::new());
        let append = |line| {
            let (acknowledge, acknowledged) = oneshot::channel();
            sent.borrow_mut().push((line, acknowledge));
            async move { acknowledged.await.unwrap() }
        };
        let reported = Cell::new(0);
        let stream = stream::iter(lines.iter().copied().map(Ok));
        let mut sending = pin!(append_all(stream, append, |_| reported.set(reported.get() + 1)));
        let mut context = Context::from_waker(Waker::noop());
        let (mut on_their_way, mut had) = (Vec::new(), HashSet::<Uuid>::new());
        let mut times = 0;
        while sending.as_mut().poll(&mut context).is_pending() {
            for new in sent.take() {
                let (line, ballot) = new.0;
                let first = lines.iter().find(|(_, other)| other.guid == ballot.guid);
                let is_first = first.is_some_and(|(first, _)| *first == line);
                assert!(
                    is_first || had.contains(&ballot.guid),
                    "line {line} of {lines:?}"
                );
                on_their_way.push(new);
            }
            assert!(on_their_way.len() <= ON_THEIR_WAY);
            for ((_, ballot), acknowledge) in choose(&mut on_their_way) {
                acknowledge.send(Ok(APPENDED)).unwrap();
                had.insert(ballot.guid);
            }
            times += 1;
        }
        assert_eq!(reported.get(), lines.len());
        times
    }

    #[test]
    fn many_lines_with_one_guid_are_sent_in_few_round_trips() {
        let newest_first = |on_their_way: &mut Vec<Sent>| on_their_way.drain(..).rev().collect();
        let same = lines((0..20_000).map(|_| 7));
        let times = times_waited(&same, newest_first);
        assert!(times <= 20, "{times}");
    }

    #[test]
    fn nothing_is_sent_after_a_failure() {
        let sent = RefCell::new(Vec::new());
        let append = |line: Line| {
            sent.borrow_mut().push(line.0);
            async { Err(AppendError::Unknown(KafkaError::Canceled)) }
        };
        let lines = stream::iter(lines([1, 2, 1]).into_iter().map(Ok));
        let sending = pin!(append_all(lines, append, |_| panic!(
            "nothing is acknowledged"
        )));
        let failed = sending.poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Err(RecordingError::Append(_))) = failed else {
            panic!("{failed:?}");
        };
        assert!(!sent.borrow().contains(&2));
    }

    proptest! {
        #[test]
        fn the_first_line_of_a_guid_is_in_the_log_before_another_is_sent(
            guids in prop::collection::vec(0..4_u8, 0..60),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 60),
        ) {
            let mut picks = picks.iter().cycle();
            times_waited(&lines(guids), |on_their_way| {
                let pick = picks.next().unwrap().index(on_their_way.len());
                vec![on_their_way.swap_remove(pick)]
            });
        }
    }
}
