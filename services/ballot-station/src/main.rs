//! Takes officials' files of paper ballots.
fn main() {}
