//! What services share, over HTTP.

#![allow(clippy::unwrap_used, clippy::panic)] // These are tests: the helpers too.

mod service;
mod tokens;
