//! Recording a file: each of its ballots into the log, and no answer before the log has all of them.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use ballot_log::record::PaperLine;
use ballot_log::{AppendError, Ballot, BallotBox, BallotRecord, ElectionId, Record};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::file::{PaperBallot, PaperFile};

/// Ballots of one file that may be on their way to the log.
pub(crate) const ON_THEIR_WAY: usize = 4096;

/// Ballots read from the temporary file at a time.
const BATCH: usize = 1024;

/// How long a ballot waits when the producer's queue is full. It empties by itself, or its records time out.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);

/// Why a file is not known to be in the log as a whole. What is there stays; sending the file again adds the
/// rest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordingError {
    /// The log did not acknowledge a ballot.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The temporary file could not be read.
    #[error("cannot read the file that was received: {0}")]
    Read(#[from] io::Error),
}

/// Appends every ballot of a file to the log, and waits until the log has them.
///
/// Ballots of different GUIDs travel side by side. Two lines with one GUID do not: the first of them is the
/// ballot, and stays it, only if the log has it before the second is sent.
///
/// # Errors
/// The first failure. Nothing is sent after it; what was on its way by then may be in the log or not.
pub(crate) async fn record(
    ballot_box: &BallotBox,
    election: ElectionId,
    official: u64,
    file: PaperFile,
) -> Result<(), RecordingError> {
    let name = file.name();
    let mut batches = read_in_background(file);
    let mut on_their_way = FuturesUnordered::new();
    let mut guids = HashSet::with_capacity(ON_THEIR_WAY);
    let mut line = 0;
    while let Some(batch) = batches.recv().await {
        for ballot in batch? {
            while guids.len() >= ON_THEIR_WAY || guids.contains(&ballot.guid) {
                let Some(appended) = on_their_way.next().await else {
                    break;
                };
                guids.remove(&arrived(appended)?);
            }
            guids.insert(ballot.guid);
            let origin = PaperLine {
                official,
                file: name,
                line,
            };
            line += 1;
            on_their_way.push(append(ballot_box, election, ballot, origin));
        }
    }
    while let Some(appended) = on_their_way.next().await {
        arrived(appended)?;
    }
    Ok(())
}

type Appended = (Uuid, Result<(), AppendError>);

fn arrived((guid, appended): Appended) -> Result<Uuid, AppendError> {
    appended.map(|()| guid)
}

async fn append(
    ballot_box: &BallotBox,
    election: ElectionId,
    ballot: PaperBallot,
    origin: PaperLine,
) -> Appended {
    let record = Record::Ballot(BallotRecord {
        election,
        ballot: Ballot::Paper(ballot.guid, origin),
        choice: ballot.choice,
        district: 0,
    });
    loop {
        match ballot_box.append(&record).await {
            Err(AppendError::Full) => tokio::time::sleep(QUEUE_FULL_PAUSE).await,
            // The append time decides in the count whether a ballot was in time, not here.
            appended => return (ballot.guid, appended.map(drop)),
        }
    }
}

/// Reads the ballots of a file in a thread of its own, a little ahead of who takes them.
fn read_in_background(file: PaperFile) -> mpsc::Receiver<io::Result<Vec<PaperBallot>>> {
    let (sender, batches) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let mut ballots = file.ballots();
        loop {
            let batch: io::Result<Vec<_>> = ballots.by_ref().take(BATCH).collect();
            let last = batch.as_ref().map_or(true, Vec::is_empty);
            if sender.blocking_send(batch).is_err() || last {
                return;
            }
        }
    });
    batches
}
