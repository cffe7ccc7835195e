//! Files that are taken back.

use tally::FileLines;

use super::*;

const FILE: (u64, u64) = (1, 20);

#[test]
fn the_ballots_of_a_withdrawn_file_do_not_count_and_may_be_given_again() {
    let log = vec![
        (2_000, paper_of_file(5, FILE, 0, 1)),
        (2_000, paper_of_file(6, FILE, 1, 9)),
        (2_500, paper_of_file(7, (2, 30), 0, 2)),
        (3_000, withdraw(1, FILE)),
        (4_000, paper_of_file(5, (2, 31), 0, 3)),
    ];
    let (partition, verdicts) = count(&log[..4]);
    let Verdict::Withdrawn(freed) = &verdicts[3] else {
        panic!("{verdicts:?}");
    };
    assert_eq!((freed.election, freed.offset), (7, 3));
    assert!(freed.invalid.iter().eq([&Uuid::from_u128(6)]));
    let Verdict::Rejected(invalid) = &verdicts[1] else {
        panic!("{verdicts:?}");
    };
    assert!(freed.cover(invalid));
    let tally = partition.tally(7);
    assert_eq!(
        (tally.counted(), tally.withdrawn, tally.rejected.total()),
        (1, 2, 0)
    );
    assert_eq!(tally.timeline, [0, 1]);

    let tally = count(&log).0.tally(7);
    assert_eq!([1, 2, 3].map(|number| tally.votes_for(number)), [0, 1, 1]);
}

#[test]
fn a_withdrawal_is_obeyed_once_and_the_file_can_be_sent_again() {
    let ballot = || paper_of_file(5, FILE, 0, 1);
    let mut log = vec![
        (2_000, ballot()),
        (3_000, withdraw(1, FILE)),
        (4_000, ballot()),
        // An answer was lost, and it is put into the log once more.
        (5_000, withdraw(1, FILE)),
        (6_000, ballot()),
    ];
    let tally = count(&log).0.tally(7);
    assert_eq!(
        (tally.counted(), tally.repeated, tally.withdrawn),
        (1, 1, 1)
    );
    log.push((7_000, withdraw(2, FILE)));
    assert_eq!(count(&log).0.tally(7).counted(), 0);
}

#[test]
fn a_ballot_that_another_file_of_the_official_has_counts_on() {
    let log = vec![
        (2_000, paper_of_file(5, FILE, 0, 1)),
        (3_000, paper_of_file(5, (1, 21), 4, 1)),
        (3_000, paper_of_file(5, (2, 30), 0, 2)),
        (4_000, withdraw(1, FILE)),
    ];
    let (mut partition, _) = count(&log);
    let tally = partition.tally(7);
    assert_eq!(
        (tally.votes_for(1), tally.repeated, tally.withdrawn),
        (1, 0, 1)
    );
    assert_eq!(tally.timeline, [0, 0, 1]);
    let files = partition.take_files();
    let lines = |official, name| {
        let file = FileId { official, name };
        files.iter().find(|tally| tally.file == file).unwrap().lines
    };
    assert_eq!(lines(1, 20).ballots, 0);
    assert_eq!((lines(1, 21).ballots, lines(1, 21).repeated), (1, 0));
    assert_eq!(lines(2, 30).duplicates, 1);
}

#[test]
fn after_the_closing_marker_nothing_is_withdrawn() {
    let log = vec![
        (2_000, paper_of_file(5, FILE, 0, 1)),
        (CLOSES_MS, close()),
        (CLOSES_MS, withdraw(1, FILE)),
    ];
    assert_eq!(count(&log).0.tally(7).counted(), 1);
}

#[test]
fn an_election_that_knows_no_withdrawals_takes_them_for_junk() {
    let json = serde_json::to_string(election().definition()).unwrap();
    let first = Arc::new(Election::new(
        serde_json::from_str(&json.replace(r#""log":2"#, r#""log":1"#)).unwrap(),
    ));
    let mut partition = PartitionCount::default();
    let log = [
        (2_000, paper_of_file(5, FILE, 0, 1)),
        (3_000, withdraw(1, FILE)),
    ];
    for ((time_ms, payload), offset) in log.iter().zip(0..) {
        let record = LogRecord {
            offset,
            time_ms: *time_ms,
            payload,
        };
        partition
            .apply(record, |_| Known::Ok(Some(first.clone())))
            .unwrap();
    }
    assert_eq!(partition.tally(7).counted(), 1);
    assert_eq!(partition.unattributed().of(Reason::Unreadable), 1);
}

#[test]
fn the_lines_of_a_file_are_told_apart_and_each_counts_once() {
    let earlier = [(2_000, paper_of_file(1, FILE, 0, 1))];
    let file = [
        (3_000, paper_of_file(1, (1, 21), 0, 1)),
        (3_000, paper_of_file(2, (1, 21), 1, 2)),
        (3_000, paper_of_file(2, (1, 21), 2, 2)),
        (3_000, paper_of_file(3, (1, 21), 3, 9)),
        (CLOSES_MS, paper_of_file(4, (1, 21), 4, 1)),
    ];
    let (mut partition, _) = count(&[&earlier[..], &file[..4], &file[..]].concat());
    let files = partition.take_files();
    assert_eq!(files.len(), 2);
    let lines = FileLines {
        ballots: 1,
        repeated: 1,
        duplicates: 1,
        invalid_poll_numbers: 1,
    };
    assert_eq!(files[1].lines, lines);
    assert!(partition.take_files().is_empty());
}
