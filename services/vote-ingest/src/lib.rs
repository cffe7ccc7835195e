//! vote-ingest takes votes: `POST /vote`.
//!
//! A vote's way, from top to bottom, is [`vote`]. Around it: [`request`] reads what the voter sent,
//! [`answer`] says what became of it, [`attempts`] slows down whoever guesses, [`service`] starts and stops everything.

pub mod answer;
pub mod attempts;
mod description;
pub mod options;
pub mod request;
pub mod service;
pub mod vote;
