//! Server-sent events to many observers.
//!
//! actix-http keeps two buffers of 8 KiB for as long as a connection lives, and copies every piece of a body
//! into one of them. That is too much for a crowd that only listens. So an observer's socket is taken from the
//! HTTP server once the request has been read ([`Connection`]), and from then on belongs to one small task
//! ([`Observer`]), which writes the shared bytes of the latest result directly to the socket.

mod connection;
mod observer;

pub(crate) use connection::{Connection, ConnectionHandle};
pub(crate) use observer::Observer;
