//! Tests of the running feed, with a real Redis and real connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod client;
mod feed;

mod elections;
mod lifetime;
mod page;
mod redis_lost;
mod results;
mod stream;
