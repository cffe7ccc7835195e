//! vote-ingest takes votes: `POST /vote`.
//!
//! The path of a vote, from top to bottom, is in [`vote`]. Around it: [`routes`] lists the endpoints, [`request`]
//! parses the body, [`answer`] builds the responses, [`attempts`] limits guessing, [`service`] starts and stops
//! everything.

pub mod answer;
pub mod attempts;
pub mod options;
pub mod request;
pub mod routes;
pub mod service;
pub mod vote;
