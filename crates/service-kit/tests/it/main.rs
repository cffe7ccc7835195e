//! What services share, on a real PostgreSQL and over HTTP.

#![allow(clippy::unwrap_used, clippy::panic)] // These are tests: the helpers too.

mod audit_log;
mod service;
mod tokens;
