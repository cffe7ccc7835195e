//! HTTP as the crowd speaks it: plain HTTP/1.1, a request at a time on a connection that is kept.

mod connection;
mod origin;
mod sse;

pub(crate) use connection::{Answer, Connection, NoAnswer};
pub use origin::Origin;
pub(crate) use origin::reasons;
pub use sse::{Event, EventParser};
