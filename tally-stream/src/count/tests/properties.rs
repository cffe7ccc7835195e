//! What holds for any log.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tally::FileLines;

use super::*;
use crate::verify::naive::NaiveCount;

fn payloads() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => (0..40_u32, 0..6_u64).prop_map(|(ballot, choice)| serial(ballot, choice)),
        8 => (0..10_u128, (0..2_u64, 0..3_u64), 0..3_u32, 0..3_u64)
            .prop_map(|(guid, file, line, choice)| paper_of_file(guid, file, line, choice)),
        1 => Just(close()),
        2 => (1..5_u32, (0..2_u64, 0..3_u64)).prop_map(|(number, file)| withdraw(number, file)),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
        4 => odd_records(),
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
    let mut count = NaiveCount::new(election().definition().clone());
    for (offset, (time_ms, payload)) in (0..).zip(log) {
        count.add(offset, *time_ms, payload);
    }
    count.tally(0).tally
}

/// What is nearly a record, or one that is oddly written: both readers must take it for the same.
fn odd_records() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null"),
        Just("true"),
        Just("false"),
        Just("1"),
        Just("01"),
        Just("-0"),
        Just("1.0"),
        Just("1e0"),
        Just("7"),
        Just("4294967296"),
        Just("65536"),
        Just("18446744073709551616"),
        Just("\"\""),
        Just("\"1\""),
        Just("[1,{}]"),
        Just("\"0101994704401\""),
        Just("\"9f2c41d07be35a68/0\""),
        Just("\"+f2c41d07be35a68/0\""),
        Just("\"9f2c41d07be35a68/+0\""),
        Just("\"\\u0030101994704401\""),
        Just("\"28F8A8E0-f4c7-4e3f-93fb-2f95c53bfe4b\""),
        Just("\"{28f8a8e0f4c74e3f93fb2f95c53bfe4b}\""),
    ];
    let name = prop_oneof![
        Just("v"),
        Just("election"),
        Just("ballot"),
        Just("choice"),
        Just("district"),
        Just("official"),
        Just("line"),
        Just("close"),
        Just("later"),
        Just("\\u0076"),
    ];
    let field = (name, value).prop_map(|(name, value)| format!(r#""{name}":{value}"#));
    let whole = (
        proptest::collection::vec(any::<bool>(), 7),
        proptest::collection::vec(field, 0..3),
        any::<bool>(),
    );
    whole.prop_map(|(kept, more, is_paper)| {
        let ballot = if is_paper {
            r#""ballot":"28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b""#
        } else {
            r#""ballot":5"#
        };
        let usual = [
            r#""v":1"#,
            r#""election":7"#,
            ballot,
            r#""choice":2"#,
            r#""official":"0101994704401""#,
            r#""line":"9f2c41d07be35a68/0""#,
            r#""district":3"#,
        ];
        let usual = usual
            .into_iter()
            .zip(kept)
            .filter(|(_, kept)| *kept)
            .map(|(field, _)| field.to_owned());
        let fields: Vec<String> = more.into_iter().chain(usual).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    })
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
        let counted = crate::store::tally(0, &count(&log).0, 7);
        let mut naive = NaiveCount::new(election().definition().clone());
        for (offset, (time_ms, payload)) in (0..).zip(&log) {
            naive.add(offset, *time_ms, payload);
        }
        prop_assert_eq!(counted, naive.tally(0));
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
        // The lines of files must come out the same, whatever instances stored them.
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
