//! Recording a file: appends each of its ballots to the log, and answers only when the log has all of them.

mod order;

use std::io;
use std::time::Duration;

use ballot_log::record::{District, PaperLine};
use ballot_log::{AppendError, Appended, Ballot, BallotBox, BallotRecord, Election, Record};
use futures_util::{Stream, TryStreamExt as _, stream};
use tokio::sync::mpsc;

use crate::file::{PaperBallot, PaperFile};
pub(crate) use order::ON_THEIR_WAY;

/// Ballots read from the temporary file at a time.
const BATCH: usize = 1024;

/// How long a ballot waits when the producer's queue is full. The queue empties on its own, or its records time out.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);

/// Lines of a file that the log has, by when it received them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recorded {
    /// Before the election was open: they do not count.
    pub(crate) early: u32,
    /// While it was open.
    pub(crate) in_time: u32,
    /// After its end: they do not count.
    pub(crate) late: u32,
}

/// Why a file is not known to be completely in the log. Recorded lines stay; sending the file again adds the rest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    /// The log did not acknowledge a ballot.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The temporary file could not be read.
    #[error("cannot read the file that was received: {0}")]
    Read(#[from] io::Error),
}

/// The number of a line, from 0, and the ballot on it.
type Line = (u32, PaperBallot);

/// Appends every ballot of a file to the log, and waits until the log has them.
///
/// # Errors
/// The first failure. Nothing is sent after it; ballots in flight at that time may or may not be in the log.
pub(crate) async fn record(
    ballot_box: &BallotBox,
    election: &Election,
    official: u64,
    district: District,
    file: PaperFile,
) -> Result<Recorded, RecordingError> {
    let (name, lines) = (file.name(), file.lines);
    let append = |(line, ballot): Line| {
        let origin = PaperLine {
            official,
            file: name,
            line,
        };
        let record = Record::Ballot(BallotRecord {
            election: election.definition().id,
            ballot: Ballot::Paper(ballot.guid, origin),
            choice: ballot.choice,
            district,
        });
        async move { append(ballot_box, &record, election.definition().partitions).await }
    };
    let mut recorded = Recorded::default();
    let add = |appended| recorded.add(election, appended);
    order::append_all(read_in_background(file), append, add).await?;
    if recorded.lines() == lines {
        Ok(recorded)
    } else {
        Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
    }
}

impl Recorded {
    /// All of them.
    pub(crate) fn lines(self) -> u32 {
        self.early + self.in_time + self.late
    }

    /// In the count, Kafka's append time decides whether a ballot was in time.
    fn add(&mut self, election: &Election, Appended { time_ms, .. }: Appended) {
        *if election.is_open_at(time_ms) {
            &mut self.in_time
        } else if election.has_ended_at(time_ms) {
            &mut self.late
        } else {
            &mut self.early
        } += 1;
    }
}

async fn append(
    ballot_box: &BallotBox,
    record: &Record,
    partitions: Option<i32>,
) -> Result<Appended, AppendError> {
    loop {
        match ballot_box.append(record, partitions).await {
            Err(AppendError::Full) => tokio::time::sleep(QUEUE_FULL_PAUSE).await,
            appended => return appended,
        }
    }
}

/// Reads the ballots of a file on a separate thread, a little ahead of the consumer.
fn read_in_background(file: PaperFile) -> impl Stream<Item = io::Result<Line>> {
    let (sender, mut batches) = mpsc::channel::<io::Result<Vec<Line>>>(2);
    tokio::task::spawn_blocking(move || {
        let ballots = (0..).zip(file.ballots());
        let mut lines = ballots.map(|(line, ballot)| Ok((line, ballot?)));
        loop {
            let batch: io::Result<Vec<_>> = lines.by_ref().take(BATCH).collect();
            let last = batch.as_ref().map_or(true, Vec::is_empty);
            if sender.blocking_send(batch).is_err() || last {
                return;
            }
        }
    });
    stream::poll_fn(move |context| batches.poll_recv(context))
        .map_ok(|batch| stream::iter(batch.into_iter().map(Ok)))
        .try_flatten()
}
