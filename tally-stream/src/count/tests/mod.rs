use ballot_log::record::{FileId, PaperLine, Withdrawal};
use ballot_log::{Ballot, BallotRecord, Election, Record};
use tally::Tally;
use uuid::Uuid;

use super::*;

mod checkpoints;
mod properties;
mod rules;
mod simulation;
mod views;
mod withdrawals;

const OPENS_MS: i64 = 1_000;
const CLOSES_MS: i64 = 9_000;

fn election() -> Election {
    let json = r#"{"id":7,"title":"T","created":"1970-01-01T00:00:00.500Z","start":"1970-01-01T00:00:01Z",
        "end":"1970-01-01T00:00:09Z","individual":false,"log":2,"rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
        "participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"B"},{"poll_number":3,"name":"C"}]}"#;
    Election::new(serde_json::from_str(json).unwrap())
}

/// A log: append time and bytes of each record.
type Log = Vec<(i64, Vec<u8>)>;

fn serial(ballot: u32, choice: u64) -> Vec<u8> {
    let ballot = Ballot::Serial(ballot);
    let record = BallotRecord {
        election: 7,
        ballot,
        choice,
        district: 0,
    };
    Record::Ballot(record).encode().into_bytes()
}

fn paper(guid: u128, line: u32, choice: u64) -> Vec<u8> {
    paper_of_file(guid, (101_994_704_401, 1), line, choice)
}

/// A line of this official's file.
fn paper_of_file(guid: u128, (official, file): (u64, u64), line: u32, choice: u64) -> Vec<u8> {
    let line = PaperLine {
        official,
        file,
        line,
    };
    let ballot = Ballot::Paper(Uuid::from_u128(guid), line);
    let record = BallotRecord {
        election: 7,
        ballot,
        choice,
        district: 0,
    };
    Record::Ballot(record).encode().into_bytes()
}

/// The withdrawal of this official's file.
fn withdraw(number: u32, (official, name): (u64, u64)) -> Vec<u8> {
    let file = FileId { official, name };
    let withdrawal = Withdrawal {
        election: 7,
        number,
        file,
    };
    Record::Withdrawal(withdrawal).encode().into_bytes()
}

fn close() -> Vec<u8> {
    Record::Close { election: 7 }.encode().into_bytes()
}

fn count(log: &[(i64, Vec<u8>)]) -> (PartitionCount, Vec<Verdict>) {
    let mut partition = PartitionCount::default();
    let verdicts = continue_count(&mut partition, log, 0, log.len());
    (partition, verdicts)
}

/// Feeds the records from `from` up to `to`, with their true offsets.
fn continue_count(
    partition: &mut PartitionCount,
    log: &[(i64, Vec<u8>)],
    from: usize,
    to: usize,
) -> Vec<Verdict> {
    let election = Arc::new(election());
    (from..to)
        .map(|index| {
            let (time_ms, payload) = &log[index];
            let offset = i64::try_from(index).unwrap();
            let record = LogRecord {
                offset,
                time_ms: *time_ms,
                payload,
            };
            partition
                .apply(record, |id| Known::Ok((id == 7).then(|| election.clone())))
                .unwrap()
        })
        .collect()
}

/// Looking a definition up cannot fail here.
type Known = Result<Option<Arc<Election>>, std::convert::Infallible>;

fn reasons(verdicts: &[Verdict]) -> Vec<Option<Reason>> {
    let reason = |verdict: &Verdict| match verdict {
        Verdict::Rejected(rejected) => Some(rejected.reason),
        _ => None,
    };
    verdicts.iter().map(reason).collect()
}
