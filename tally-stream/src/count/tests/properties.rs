//! What holds for any log.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::seen::Sight;
use super::*;

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0..40_u32, 0..6_u64).prop_map(|(ballot, choice)| serial(ballot, choice)),
        8 => (0..10_u128, (0..2_u64, 0..3_u64), 0..3_u32, 0..3_u64)
            .prop_map(|(guid, file, line, choice)| paper_of_file(guid, file, line, choice)),
        1 => Just(close()),
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
fn reference(log: &Log) -> Tally {
    let mut tally = Tally::default();
    let mut serials: Vec<u32> = Vec::new();
    let mut papers: HashMap<Uuid, Vec<(PaperLine, u64, Sight)>> = HashMap::new();
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
        let sight = match ballot.ballot {
            Ballot::Serial(serial) => {
                let seen = serials.contains(&serial);
                serials.push(serial);
                [Sight::First, Sight::Duplicate][usize::from(seen)]
            }
            Ballot::Paper(guid, line) => {
                let lines = papers.entry(guid).or_default();
                let sight = sight(lines, line, ballot.choice);
                lines.push((line, ballot.choice, sight));
                sight
            }
        };
        match sight {
            Sight::Repeated => tally.repeated += 1,
            Sight::Duplicate => tally.rejected.add(Reason::Duplicate),
            Sight::First if (1..=3).contains(&ballot.choice) => {
                // Open for eight seconds, so that every second is a slot.
                let slot = usize::try_from((*time_ms - OPENS_MS) / 1_000).unwrap();
                tally.add_vote(0, u32::try_from(ballot.choice).unwrap(), slot);
            }
            Sight::First => tally.rejected.add(Reason::InvalidPollNumber),
        }
    }
    tally
}

fn sight(before: &[(PaperLine, u64, Sight)], line: PaperLine, choice: u64) -> Sight {
    let Some((first, first_choice, _)) = before.first() else {
        return Sight::First;
    };
    let was = |wanted| {
        before
            .iter()
            .any(|(seen, _, sight)| *seen == line && *sight == wanted)
    };
    if was(Sight::First) || was(Sight::Duplicate) {
        return Sight::Repeated;
    }
    let of_first = |one: &PaperLine| one.file == first.file;
    if line.official != first.official || of_first(&line) || choice != *first_choice {
        return Sight::Duplicate;
    }
    // A duplicate line that was sent again is repeated too, but it repeats no ballot.
    let was_duplicate = |index: usize, line: &PaperLine| {
        let earlier = &before[..index];
        earlier
            .iter()
            .any(|(seen, _, sight)| seen == line && *sight == Sight::Duplicate)
    };
    let mut repeats =
        before
            .iter()
            .enumerate()
            .rev()
            .filter(|(index, (seen, seen_choice, sight))| {
                *sight == Sight::Repeated
                    && seen_choice == first_choice
                    && !of_first(seen)
                    && !was_duplicate(*index, seen)
            });
    match repeats.next() {
        Some((_, (last, _, _))) if last.file == line.file && last.line != line.line => {
            Sight::Duplicate
        }
        _ => Sight::Repeated,
    }
}

/// What PostgreSQL holds of a partition: the newest state, and the sightings of all checkpoints.
#[derive(Default)]
struct Stored {
    newest: Option<(i64, Vec<u8>)>,
    sightings: Vec<(i64, i64, Sightings)>,
}

impl Stored {
    fn save(&mut self, count: &mut PartitionCount, stored_at: &mut i64) {
        let offset = count.next_offset();
        let from = std::mem::replace(stored_at, offset);
        let taken = count.take_sightings();
        self.sightings
            .extend(taken.into_iter().map(|seen| (offset, -from, seen)));
        if self
            .newest
            .as_ref()
            .is_none_or(|(newest, _)| *newest < offset)
        {
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

    /// Records = counted + rejected + repeated (+ closing markers), and every counted vote has its slot of time,
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
