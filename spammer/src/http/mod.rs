//! The crowd's HTTP: plain HTTP/1.1, one request at a time on a persistent connection.

mod connection;
mod origin;
mod sse;

pub(crate) use connection::{Answer, Connection, NoAnswer};
pub use origin::Origin;
pub(crate) use origin::reasons;
pub use sse::{Event, EventParser};
