//! Tests of the whole pipeline: the programs themselves, run as users run them and killed as machines kill them.
//!
//! - [`night`]: an election night, `devstack up` with a roll and an open election;
//! - [`chaos`]: such a night with random faults, which the program `chaos` runs for as long as requested.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test, which says what it missed and ends"
)]

pub mod chaos;
mod extra;
pub mod night;
