//! The audit log, on a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic)] // These are tests: the helpers too.

mod audit_log;
mod silence;
