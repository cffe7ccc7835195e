//! The outcome of an election: the official result, how it becomes final, and the ballots that do not count.

pub mod canonical;
pub mod decided_results;
pub mod details;
pub mod final_results;
pub mod official;
pub mod rejected;
pub mod report;
pub mod spreadsheet;
