//! Checkpoints that cannot be used.

use super::*;

#[test]
fn a_damaged_checkpoint_is_an_error_and_no_panic() {
    let bytes = count(&[(2_000, serial(5, 1))]).0.encode();
    assert!(PartitionCount::decode(&[]).is_err());
    assert!(PartitionCount::decode(&[9, 1, 2]).is_err());
    for length in 1..bytes.len() {
        let _either = PartitionCount::decode(&bytes[..length]);
    }
}

#[test]
fn a_checkpoint_of_an_older_form_is_refused_in_words() {
    let mut bytes = count(&[(2_000, serial(5, 1))]).0.encode();
    bytes[0] -= 1;
    let refusal = PartitionCount::decode(&bytes).unwrap_err().to_string();
    assert!(refusal.contains("(version 3): remove"), "{refusal}");
}
