//! ballot-station takes officials' files of paper ballots: `POST /vote`.
//!
//! The way of a file, from top to bottom, is `vote`. Around it: `permits` says whose turn it is, `upload`
//! receives the form, `file` checks every line before any is recorded, `recording` puts the ballots into the
//! log, `acts` leaves a trace for the audit log, `receipt` and `answer` say what became of it, [`routes`] lists what
//! there is to call and who may, [`service`] starts and stops everything.

mod acts;
mod answer;
mod file;
pub mod options;
mod permits;
mod receipt;
mod recording;
pub mod routes;
pub mod service;
mod upload;
mod vote;
