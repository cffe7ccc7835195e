//! Live results over server-sent events, and the page that shows them.
//!
//! The feed reads Redis and nothing else. Whatever `tally-stream` publishes there goes to `latest`, which holds
//! the newest result of every election in memory, already encoded; the HTTP part serves it, and the `stream`
//! part sends it to observers as it changes.
//!
//! ```text
//! Redis ──▶ source ──▶ pace (ten a second) ──▶ latest ──▶ GET /api/elections/{id}/results
//!                                                └─────▶ GET /api/elections/{id}/events
//! ```
//!
//! **Architecture Invariant:** a change is encoded once, however many observers there are: they
//! all send the same bytes. No observer has a queue; one that cannot keep up skips results.
//!
//! **Architecture Invariant:** what is shown of an election never goes back to a lower position.
//!
//! **Architecture Invariant:** the feed computes no results. It serves the bytes from Redis.

mod http;
mod latest;
mod options;
mod pace;
mod service;
mod source;
mod stream;

pub use options::{AdminOptions, Command, Options, RunOptions};
pub use service::{run, start};

/// The number of an election.
pub(crate) type ElectionId = u32;
