//! Takes officials' files of paper ballots.
