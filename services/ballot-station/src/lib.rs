//! ballot-station takes officials' files of paper ballots: `POST /vote`.
//!
//! The path of a file, from top to bottom, is in `vote`. Around it: `permits` limits the files at a time,
//! `upload` receives the form, `file` checks every line before any is recorded, `recording` appends the ballots
//! to the log, `acts` records the act for the audit log, `answer` builds the responses, [`routes`] lists the
//! endpoints and who may call them, [`service`] starts and stops everything.

mod acts;
mod answer;
mod file;
pub mod options;
mod permits;
mod recording;
pub mod routes;
pub mod service;
mod upload;
mod vote;
