//! The rules of the count, one by one.

use super::*;

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

/// A station that sends everything so far, every hour.
#[test]
fn a_cumulative_file_of_the_same_official_repeats_and_adds() {
    let export = |file: u64, ballots: std::ops::Range<u32>| {
        ballots.map(move |line| {
            let choice = u64::from(line % 3) + 1;
            (2_000, paper_of_file(line.into(), (1, file), line, choice))
        })
    };
    let (partition, verdicts) = count(&export(20, 0..6).chain(export(21, 0..9)).collect::<Log>());
    let (repeated, added) = verdicts[6..].split_at(6);
    assert!(repeated.iter().all(|one| *one == Verdict::Repeated));
    assert!(added.iter().all(|one| *one == Verdict::Counted));
    let tally = partition.tally(7);
    assert_eq!([1, 2, 3].map(|number| tally.votes_for(number)), [3, 3, 3]);
    assert_eq!(tally.repeated, 6);
    assert_eq!(tally.rejected.total(), 0);
}

#[test]
fn what_another_official_another_choice_or_the_same_file_repeats_is_a_duplicate() {
    let log = vec![
        (2_000, paper_of_file(5, (1, 20), 0, 1)),
        (2_001, paper_of_file(5, (2, 21), 0, 1)),
        (2_002, paper_of_file(5, (1, 21), 0, 2)),
        (2_003, paper_of_file(5, (1, 20), 1, 1)),
        // A later file that names it twice repeats it once.
        (2_004, paper_of_file(5, (1, 22), 0, 1)),
        (2_005, paper_of_file(5, (1, 22), 1, 1)),
        // Sent again, each is the same act.
        (2_006, paper_of_file(5, (2, 21), 0, 1)),
        (2_007, paper_of_file(5, (1, 22), 0, 1)),
        (2_008, paper_of_file(5, (1, 22), 1, 1)),
    ];
    let (partition, verdicts) = count(&log);
    let duplicate = Some(Reason::Duplicate);
    let expected = [
        None, duplicate, duplicate, duplicate, None, duplicate, None, None, None,
    ];
    assert_eq!(reasons(&verdicts), expected);
    assert_eq!(partition.tally(7).repeated, 4);
    assert_eq!(partition.tally(7).counted(), 1);
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
fn votes_that_count_are_counted_by_the_time_of_their_arrival_too() {
    let log = vec![
        (OPENS_MS - 1, serial(1, 1)),
        (OPENS_MS, serial(1, 1)),
        (1_999, serial(2, 2)),
        (2_000, serial(2, 2)),
        (4_000, serial(3, 4)),
        (4_999, paper(3, 0, 3)),
        (5_000, paper(3, 0, 3)),
        (CLOSES_MS, close()),
        (CLOSES_MS, serial(4, 1)),
    ];
    assert_eq!(count(&log).0.tally(7).timeline, [2, 0, 0, 1]);
}
