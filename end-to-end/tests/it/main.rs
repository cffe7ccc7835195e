//! Tests of the whole pipeline, running as processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod chaos;
mod election;
mod interfaces;
mod killing;
mod management;
mod privacy;
mod settings;
