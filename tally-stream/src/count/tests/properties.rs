//! What holds for any log.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use tally::FileLines;

use super::*;

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0..40_u32, 0..6_u64).prop_map(|(ballot, choice)| serial(ballot, choice)),
        8 => (0..10_u128, (0..2_u64, 0..3_u64), 0..3_u32, 0..3_u64)
            .prop_map(|(guid, file, line, choice)| paper_of_file(guid, file, line, choice)),
        1 => Just(close()),
        2 => (1..5_u32, (0..2_u64, 0..3_u64)).prop_map(|(number, file)| withdraw(number, file)),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        1 => Just(br#"{"v":1,"election":8,"ballot":1,"choice":1}"#.to_vec()),
    ]
}

/// Any log of one partition: append times never fall, as in Kafka.
pub(super) fn logs() -> impl Strategy<Value = Log> {
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
#[derive(Default)]
struct Reference {
    tally: Tally,
    serials: Vec<u32>,
    papers: HashMap<Uuid, PaperHistory>,
    withdrawals: Vec<u32>,
}

/// What came of a paper ballot: its lines in the order of the log, and the last of them that repeated it.
#[derive(Default)]
struct PaperHistory {
    lines: Vec<SeenLine>,
    last_repeat: Option<PaperLine>,
}

#[derive(Clone, Copy)]
struct SeenLine {
    line: PaperLine,
    choice: u64,
    slot: usize,
    was: Was,
}

#[derive(Clone, Copy, PartialEq)]
enum Was {
    First,
    Repeat,
    Duplicate,
    SentAgain,
}

fn reference(log: &Log) -> Tally {
    let mut reference = Reference::default();
    for (time_ms, payload) in log {
        match Record::decode(payload) {
            Ok(Record::Close { election: 7 }) if *time_ms >= CLOSES_MS => {
                reference.tally.closed = true;
            }
            Ok(Record::Withdrawal(withdrawal)) if *time_ms >= 500 => reference.withdraw(withdrawal),
            Ok(Record::Ballot(ballot)) if ballot.election == 7 && *time_ms >= 500 => {
                reference.count(*time_ms, &ballot);
            }
            _ => {}
        }
    }
    reference.tally
}

impl Reference {
    fn count(&mut self, time_ms: i64, ballot: &BallotRecord) {
        self.tally.newest_ms = Some(time_ms);
        if self.tally.closed || !(OPENS_MS..CLOSES_MS).contains(&time_ms) {
            self.tally.rejected.add(Reason::NotOpen);
            return;
        }
        // Open for eight seconds, so that every second is a slot.
        let slot = usize::try_from((time_ms - OPENS_MS) / 1_000).unwrap();
        let was = match ballot.ballot {
            Ballot::Serial(serial) if self.serials.contains(&serial) => Was::Duplicate,
            Ballot::Serial(serial) => {
                self.serials.push(serial);
                Was::First
            }
            Ballot::Paper(guid, line) => {
                let history = self.papers.entry(guid).or_default();
                history.see(line, ballot.choice, slot)
            }
        };
        match was {
            Was::Repeat | Was::SentAgain => self.tally.repeated += 1,
            Was::Duplicate => self.tally.rejected.add(Reason::Duplicate),
            Was::First => self.add(ballot.choice, slot),
        }
    }

    fn add(&mut self, choice: u64, slot: usize) {
        match u32::try_from(choice) {
            Ok(choice @ 1..=3) => self.tally.add_vote(0, choice, slot),
            _ => self.tally.rejected.add(Reason::InvalidPollNumber),
        }
    }

    fn withdraw(&mut self, withdrawal: Withdrawal) {
        if self.tally.closed || self.withdrawals.contains(&withdrawal.number) {
            return;
        }
        self.withdrawals.push(withdrawal.number);
        for history in self.papers.values_mut() {
            let Some((first, next)) = history.withdraw(withdrawal.file) else {
                continue;
            };
            self.tally.withdrawn += 1;
            match u32::try_from(first.choice) {
                Ok(choice @ 1..=3) => self.tally.remove_vote(0, choice, first.slot),
                _ => self.tally.rejected.remove(Reason::InvalidPollNumber),
            }
            if let Some(next) = next {
                self.tally.repeated -= 1;
                match u32::try_from(next.choice) {
                    Ok(choice @ 1..=3) => self.tally.add_vote(0, choice, next.slot),
                    _ => self.tally.rejected.add(Reason::InvalidPollNumber),
                }
            }
        }
    }
}

impl PaperHistory {
    fn see(&mut self, line: PaperLine, choice: u64, slot: usize) -> Was {
        let was = self.judge(line, choice);
        if was == Was::Repeat {
            self.last_repeat = Some(line);
        }
        self.lines.push(SeenLine {
            line,
            choice,
            slot,
            was,
        });
        was
    }

    fn judge(&self, line: PaperLine, choice: u64) -> Was {
        let Some(first) = self.lines.iter().find(|seen| seen.was == Was::First) else {
            return Was::First;
        };
        let had = |was| {
            let mut lines = self.lines.iter();
            lines.any(|seen| seen.line == line && seen.was == was)
        };
        if had(Was::First) || had(Was::Duplicate) {
            return Was::SentAgain;
        }
        let is_second = |last: PaperLine| last.file == line.file && last.line != line.line;
        if line.official != first.line.official
            || line.file == first.line.file
            || choice != first.choice
            || self.last_repeat.is_some_and(is_second)
        {
            return Was::Duplicate;
        }
        Was::Repeat
    }

    /// The ballot of this file, if it was one, and the line by which it counts now.
    fn withdraw(&mut self, file: FileId) -> Option<(SeenLine, Option<SeenLine>)> {
        let first = *self.lines.iter().find(|seen| seen.was == Was::First)?;
        self.lines.retain(|seen| seen.line.file() != file);
        self.last_repeat = self.last_repeat.filter(|last| last.file() != file);
        if first.line.file() != file {
            return None;
        }
        let repeats = self.lines.iter_mut().filter(|seen| seen.was == Was::Repeat);
        let Some(next) = repeats.min_by_key(|seen| seen.line) else {
            *self = Self::default();
            return Some((first, None));
        };
        next.was = Was::First;
        let next = *next;
        // What it repeated once more, it only sent again.
        for seen in &mut self.lines {
            if seen.line == next.line && seen.was == Was::Repeat {
                seen.was = Was::SentAgain;
            }
        }
        Some((first, Some(next)))
    }
}

/// What PostgreSQL holds of a partition: the newest state, and the sightings of all checkpoints.
#[derive(Default)]
struct Stored {
    newest: Option<(i64, Vec<u8>)>,
    sightings: Vec<(i64, i64, Sightings)>,
    files: BTreeMap<FileId, FileLines>,
}

impl Stored {
    fn save(&mut self, count: &mut PartitionCount, stored_at: &mut i64) {
        let offset = count.next_offset();
        let from = std::mem::replace(stored_at, offset);
        let taken = count.take_sightings();
        self.sightings
            .extend(taken.into_iter().map(|seen| (offset, -from, seen)));
        let files = count.take_files();
        if self
            .newest
            .as_ref()
            .is_none_or(|(newest, _)| *newest < offset)
        {
            self.files
                .extend(files.into_iter().map(|file| (file.file, file.lines)));
            self.newest = Some((offset, count.encode()));
        }
    }

    fn load(&mut self) -> PartitionCount {
        let Some((_, state)) = &self.newest else {
            return PartitionCount::default();
        };
        self.sightings.sort_by_key(|(to, from, _)| (*to, *from));
        let sightings = self.sightings.iter();
        let sightings = sightings.map(|(_, _, seen)| (seen.election, seen.bytes.as_slice()));
        PartitionCount::decode(state, sightings).unwrap()
    }
}

proptest! {
    #[test]
    fn the_count_agrees_with_the_naive_reference(log in logs()) {
        prop_assert_eq!(count(&log).0.tally(7), reference(&log));
    }

    /// Crashed anywhere, started again from what was stored, fed records twice, while instances that lost the partition
    /// go on counting and storing: the same state.
    #[test]
    fn restarts_and_replays_change_nothing(
        log in logs(),
        steps in proptest::collection::vec(
            (any::<bool>(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8),
    ) {
        let mut store = Stored::default();
        let mut instances: Vec<(PartitionCount, i64)> = Vec::new();
        for (is_new, which, back, to) in steps {
            if is_new || instances.is_empty() {
                let count = store.load();
                let stands_at = count.next_offset();
                instances.push((count, stands_at));
            }
            let which = which.index(instances.len());
            let (partition, stored_at) = &mut instances[which];
            let stands_at = usize::try_from(partition.next_offset()).unwrap();
            // A replay may begin before the checkpoint: what is known already is passed over.
            let from = back.index(stands_at + 1);
            continue_count(partition, &log, from, to.index(log.len() + 1).max(stands_at));
            store.save(partition, stored_at);
        }
        let mut partition = store.load();
        let stands_at = usize::try_from(partition.next_offset()).unwrap();
        continue_count(&mut partition, &log, stands_at, log.len());
        let mut stands_at = i64::try_from(stands_at).unwrap();
        store.save(&mut partition, &mut stands_at);
        let mut straight = count(&log).0;
        prop_assert_eq!(&partition, &straight);
        // What is known of files, whoever told it.
        store.files.retain(|_, lines| *lines != FileLines::default());
        let files = straight.take_files().into_iter().map(|file| (file.file, file.lines));
        let files: BTreeMap<FileId, FileLines> = files.filter(|(_, lines)| *lines != FileLines::default()).collect();
        prop_assert_eq!(store.files, files);
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
        let mut timeline: BTreeMap<usize, u64> = BTreeMap::new();
        for log in &logs {
            let tally = reference(log);
            for ((_, number), count) in tally.votes {
                *votes.entry(number).or_default() += count;
            }
            for (slot, count) in tally.timeline.into_iter().enumerate() {
                *timeline.entry(slot).or_default() += count;
            }
        }
        prop_assert_eq!(&merged.timeline, &timeline.into_values().collect::<Vec<_>>());
        for number in 1..=3 {
            prop_assert_eq!(merged.votes_for(number), votes.get(&number).copied().unwrap_or_default());
        }
    }

    /// Records = counted + rejected + repeated + withdrawn (+ markers), and every counted vote has its slot of time,
    /// at every offset.
    #[test]
    fn the_numbers_always_add_up(log in logs()) {
        let mut partition = PartitionCount::default();
        for index in 0..log.len() {
            continue_count(&mut partition, &log, index, index + 1);
            prop_assert_eq!(partition.records(), u64::try_from(index + 1).unwrap());
            let tally = partition.tally(7);
            prop_assert_eq!(tally.timeline.iter().sum::<u64>(), tally.counted());
            prop_assert_ne!(tally.timeline.last(), Some(&0));
        }
    }
}
