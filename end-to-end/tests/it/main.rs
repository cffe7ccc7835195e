//! The whole pipeline, as processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod election;
mod killing;
mod management;
mod night;
mod settings;
