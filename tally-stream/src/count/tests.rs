use std::collections::{BTreeMap, HashMap};

use ballot_log::record::PaperLine;
use ballot_log::{Ballot, BallotRecord, Election, Record};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const OPENS_MS: i64 = 1_000;
const CLOSES_MS: i64 = 9_000;

fn election() -> Election {
    let json = r#"{"id":7,"title":"T","created":"1970-01-01T00:00:00.500Z","start":"1970-01-01T00:00:01Z",
        "end":"1970-01-01T00:00:09Z","individual":false,"rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
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
    let line = PaperLine {
        official: 101_994_704_401,
        file: 1,
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

#[test]
fn only_the_first_record_of_a_ballot_counts() {
    let log = vec![
        (2_000, serial(5, 1)),
        (2_001, serial(5, 2)),
        (2_002, serial(5, 1)),
    ];
    let (partition, verdicts) = count(&log);
    assert_eq!(
        reasons(&verdicts),
        [None, Some(Reason::Duplicate), Some(Reason::Duplicate)]
    );
    assert_eq!(partition.tally(7).votes_for(1), 1);
    assert_eq!(partition.tally(7).votes_for(2), 0);
}

#[test]
fn the_same_paper_line_sent_again_is_no_second_ballot_and_no_rejection() {
    let log = vec![
        (2_000, paper(5, 0, 1)),
        (2_001, paper(5, 0, 1)),
        (2_002, paper(5, 1, 1)),
    ];
    let (partition, verdicts) = count(&log);
    assert_eq!(verdicts[1], Verdict::Repeated);
    assert_eq!(reasons(&verdicts), [None, None, Some(Reason::Duplicate)]);
    assert_eq!(partition.tally(7).repeated, 1);
}

#[test]
fn a_file_that_is_sent_again_lists_its_duplicates_once() {
    let file = [
        (2_000, paper(5, 0, 1)),
        (2_000, paper(5, 1, 2)),
        (2_000, paper(6, 2, 9)),
        (2_000, paper(6, 3, 9)),
    ];
    let (partition, verdicts) = count(&[&file[..], &file[..]].concat());
    assert!(
        verdicts[4..]
            .iter()
            .all(|verdict| *verdict == Verdict::Repeated)
    );
    assert_eq!(partition.tally(7).repeated, 4);
    assert_eq!(partition.tally(7).rejected.of(Reason::Duplicate), 2);
    assert_eq!(partition.tally(7).rejected.of(Reason::InvalidPollNumber), 1);
}

#[test]
fn an_invalid_poll_number_uses_the_ballot_up() {
    let log = vec![
        (2_000, serial(5, 4)),
        (2_001, serial(5, 1)),
        (2_002, serial(6, 0)),
    ];
    let (_, verdicts) = count(&log);
    let expected = [
        Reason::InvalidPollNumber,
        Reason::Duplicate,
        Reason::InvalidPollNumber,
    ];
    assert_eq!(reasons(&verdicts), expected.map(Some));
}

#[test]
fn only_the_append_time_decides_whether_a_vote_was_in_time() {
    let times = [OPENS_MS - 1, OPENS_MS, CLOSES_MS - 1, CLOSES_MS];
    let log: Log = times
        .iter()
        .zip(1..)
        .map(|(time, ballot)| (*time, serial(ballot, 1)))
        .collect();
    let (partition, verdicts) = count(&log);
    let late = Some(Reason::NotOpen);
    assert_eq!(reasons(&verdicts), [late, None, None, late]);
    assert_eq!(partition.tally(7).counted(), 2);
}

#[test]
fn a_vote_refused_as_too_early_can_be_cast_again() {
    let log = vec![(OPENS_MS - 1, serial(5, 1)), (OPENS_MS, serial(5, 1))];
    assert_eq!(reasons(&count(&log).1), [Some(Reason::NotOpen), None]);
}

#[test]
fn nothing_counts_after_the_closing_marker_whatever_its_time() {
    let log = vec![
        (8_000, serial(1, 1)),
        (CLOSES_MS, close()),
        (8_999, serial(2, 1)),
        (CLOSES_MS, close()),
    ];
    let (partition, verdicts) = count(&log);
    assert_eq!(reasons(&verdicts)[2], Some(Reason::NotOpen));
    assert!(partition.tally(7).closed);
    assert_eq!(partition.tally(7).counted(), 1);
    assert_eq!(partition.records(), 4);
}

#[test]
fn a_closing_marker_from_before_the_end_closes_nothing() {
    let log = vec![(CLOSES_MS - 1, close()), (CLOSES_MS - 1, serial(1, 1))];
    let (partition, verdicts) = count(&log);
    assert_eq!(verdicts, [Verdict::Marker, Verdict::Counted]);
    assert!(!partition.tally(7).closed);
}

#[test]
fn an_election_defined_after_the_vote_is_as_good_as_none() {
    // Known or not when the record is read: the count is the same.
    let log: Log = vec![(499, serial(1, 1))];
    let mut not_read_yet = PartitionCount::default();
    let record = LogRecord {
        offset: 0,
        time_ms: 499,
        payload: &log[0].1,
    };
    not_read_yet.apply(record, |_| Known::Ok(None)).unwrap();
    assert_eq!(count(&log).0, not_read_yet);
}

#[test]
fn junk_is_counted_as_junk() {
    let other_election = br#"{"v":1,"election":8,"ballot":1,"choice":1}"#.to_vec();
    let log = vec![
        (2_000, b"\xff".to_vec()),
        (2_000, Vec::new()),
        (2_000, other_election),
    ];
    let (partition, _) = count(&log);
    assert_eq!(partition.unattributed().of(Reason::Unreadable), 2);
    assert_eq!(partition.unattributed().of(Reason::NotOpen), 1);
    assert_eq!(partition.elections().count(), 0);
}

#[test]
fn a_damaged_checkpoint_is_an_error_and_no_panic() {
    let bytes = count(&[(2_000, serial(5, 1))]).0.encode().unwrap();
    assert!(PartitionCount::decode(&[]).is_err());
    assert!(PartitionCount::decode(&[9, 1, 2]).is_err());
    for length in 1..bytes.len() {
        let _either = PartitionCount::decode(&bytes[..length]);
    }
}

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0..40_u32, 0..6_u64).prop_map(|(ballot, choice)| serial(ballot, choice)),
        4 => (0..10_u128, 0..3_u32, 0..6_u64).prop_map(|(guid, line, choice)| paper(guid, line, choice)),
        1 => Just(close()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => Just(br#"{"v":1,"election":8,"ballot":1,"choice":1}"#.to_vec()),
    ]
}

/// Any log of one partition: append times never fall, as in Kafka.
fn logs() -> impl Strategy<Value = Log> {
    proptest::collection::vec((0..400_i64, payloads()), 0..120).prop_map(|steps| {
        let mut time_ms = 300;
        let append = |(step, payload)| {
            time_ms += step;
            (time_ms, payload)
        };
        steps.into_iter().map(append).collect()
    })
}

/// The rules of the count once more, as naively as possible.
fn reference(log: &Log) -> Tally {
    let mut tally = Tally::default();
    let mut serials: Vec<u32> = Vec::new();
    let mut papers: HashMap<Uuid, Vec<PaperLine>> = HashMap::new();
    for (time_ms, payload) in log {
        let ballot = match Record::decode(payload) {
            Ok(Record::Close { election: 7 }) if *time_ms >= CLOSES_MS => {
                tally.closed = true;
                continue;
            }
            Ok(Record::Ballot(ballot)) if ballot.election == 7 && *time_ms >= 500 => ballot,
            _ => continue,
        };
        tally.newest_ms = Some(*time_ms);
        if tally.closed || *time_ms < OPENS_MS || *time_ms >= CLOSES_MS {
            tally.rejected.add(Reason::NotOpen);
            continue;
        }
        let seen = match ballot.ballot {
            Ballot::Serial(serial) => {
                let seen = serials.contains(&serial);
                serials.push(serial);
                seen.then_some(None)
            }
            Ballot::Paper(guid, line) => {
                let lines = papers.entry(guid).or_default();
                let seen = (!lines.is_empty()).then(|| lines.contains(&line).then_some(()));
                lines.push(line);
                seen
            }
        };
        match seen {
            Some(Some(())) => tally.repeated += 1,
            Some(None) => tally.rejected.add(Reason::Duplicate),
            None if (1..=3).contains(&ballot.choice) => {
                tally.add_vote(0, u32::try_from(ballot.choice).unwrap());
            }
            None => tally.rejected.add(Reason::InvalidPollNumber),
        }
    }
    tally
}

proptest! {
    #[test]
    fn the_count_agrees_with_the_naive_reference(log in logs()) {
        prop_assert_eq!(count(&log).0.tally(7), reference(&log));
    }

    /// Crashed anywhere, started again from any checkpoint before, fed records twice: the same state.
    #[test]
    fn restarts_and_replays_change_nothing(
        log in logs(),
        crashes in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5),
    ) {
        let mut partition = PartitionCount::default();
        let mut checkpoint = partition.encode().unwrap();
        for (crash, back) in crashes {
            let crash = crash.index(log.len() + 1);
            partition = PartitionCount::decode(&checkpoint).unwrap();
            let stands_at = usize::try_from(partition.next_offset()).unwrap();
            // A replay may begin before the checkpoint: what is known already is passed over.
            let from = back.index(stands_at + 1);
            continue_count(&mut partition, &log, from, crash.max(stands_at));
            checkpoint = partition.encode().unwrap();
        }
        let stands_at = usize::try_from(partition.next_offset()).unwrap();
        continue_count(&mut partition, &log, stands_at, log.len());
        prop_assert_eq!(partition, count(&log).0);
    }

    /// Partitions may be counted and merged in any order.
    #[test]
    fn the_order_of_partitions_does_not_matter(
        logs in proptest::collection::vec(logs(), 1..5),
        order in any::<prop::sample::Index>(),
    ) {
        let tallies: Vec<Tally> = logs.iter().map(|log| count(log).0.tally(7)).collect();
        let merge = |tallies: Vec<Tally>| {
            let all = |mut merged: Tally, tally: Tally| { merged.merge(&tally); merged };
            tallies.into_iter().reduce(all).unwrap()
        };
        let mut turned = tallies.clone();
        turned.rotate_left(order.index(tallies.len()));
        let mut reversed = tallies.clone();
        reversed.reverse();
        let merged = merge(tallies);
        prop_assert_eq!(&merge(turned), &merged);
        prop_assert_eq!(&merge(reversed), &merged);
        let mut votes: BTreeMap<u32, u64> = BTreeMap::new();
        for log in &logs {
            for ((_, number), count) in reference(log).votes {
                *votes.entry(number).or_default() += count;
            }
        }
        for number in 1..=3 {
            prop_assert_eq!(merged.votes_for(number), votes.get(&number).copied().unwrap_or_default());
        }
    }

    /// Records = counted + rejected + repeated (+ closing markers), at every offset.
    #[test]
    fn the_numbers_always_add_up(log in logs()) {
        let mut partition = PartitionCount::default();
        for index in 0..log.len() {
            continue_count(&mut partition, &log, index, index + 1);
            prop_assert_eq!(partition.records(), u64::try_from(index + 1).unwrap());
        }
    }
}
