//! What every service shares: settings, telemetry, problem answers, health, migrations, shutdown.
//!
//! Nothing here knows what a vote is. Each module is one habit that all services keep in the same
//! way, so that whoever operates them learns it once.

pub mod health;
pub mod postgres;
pub mod problem;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
