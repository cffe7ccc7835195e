//! What every service shares: the runner, settings, telemetry, tokens, problem answers, health, shutdown.
//!
//! Nothing here knows what a vote is. Each module is one convention that all services follow, so that operators
//! learn it once.

pub mod body;
pub mod budget;
pub mod client;
pub mod error;
pub mod health;
pub mod hex;
pub mod openapi;
pub mod problem;
pub mod program;
pub mod routes;
pub mod secret;
pub mod server;
pub mod service;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
