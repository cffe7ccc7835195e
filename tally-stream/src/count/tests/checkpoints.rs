//! Checkpoints that cannot be used.

use super::*;

#[test]
fn a_damaged_checkpoint_is_an_error_and_no_panic() {
    let bytes = count(&[(2_000, serial(5, 1))]).0.encode();
    assert!(PartitionCount::decode(&[], []).is_err());
    assert!(PartitionCount::decode(&[9, 1, 2], []).is_err());
    for length in 1..bytes.len() {
        let _either = PartitionCount::decode(&bytes[..length], []);
    }
}

#[test]
fn a_checkpoint_of_an_older_form_is_refused_in_words() {
    let mut bytes = count(&[(2_000, serial(5, 1))]).0.encode();
    bytes[0] -= 1;
    let refusal = PartitionCount::decode(&bytes, []).unwrap_err().to_string();
    assert!(refusal.contains("(version 5): remove"), "{refusal}");
}

#[test]
fn a_checkpoint_is_as_large_as_what_changed_since_the_last_one() {
    let papers = |ballots: std::ops::Range<u128>| -> Log {
        let line = |guid| (2_000, paper(guid, u32::try_from(guid).unwrap(), 1));
        ballots.map(line).collect()
    };
    let log = papers(1..20_001);
    let (mut partition, _) = count(&log);
    let bytes = |partition: &mut PartitionCount| {
        let sightings = partition.take_sightings();
        partition.encode().len() + sightings.iter().map(|seen| seen.bytes.len()).sum::<usize>()
    };
    assert!(bytes(&mut partition) > 20_000 * 16);
    let unchanged = bytes(&mut partition);
    assert!(unchanged < 200, "{unchanged} bytes");
    let longer = papers(1..20_101);
    continue_count(&mut partition, &longer, 20_000, 20_100);
    let changed = bytes(&mut partition);
    assert!(changed < unchanged + 100 * 48, "{changed} bytes");
}

#[test]
fn a_checkpoint_without_its_paper_ballots_is_refused_in_words() {
    let (mut partition, _) = count(&[(2_000, paper(1, 0, 1))]);
    let sightings = partition.take_sightings();
    let state = partition.encode();
    let all = sightings
        .iter()
        .map(|seen| (seen.election, seen.bytes.as_slice()));
    assert_eq!(PartitionCount::decode(&state, all).unwrap(), partition);
    let refusal = PartitionCount::decode(&state, []).unwrap_err().to_string();
    assert!(
        refusal.contains("paper ballots of election 7 are missing"),
        "{refusal}"
    );
}
