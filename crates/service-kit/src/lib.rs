//! What every service shares: settings, telemetry, tokens, problem answers, health, migrations, the audit
//! log, shutdown.
//!
//! Nothing here knows what a vote is. Each module is one habit that all services keep in the same
//! way, so that whoever operates them learns it once.

pub mod audit;
pub mod body;
pub mod client;
pub mod health;
pub mod openapi;
pub mod postgres;
pub mod problem;
pub mod program;
pub mod refusal;
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
