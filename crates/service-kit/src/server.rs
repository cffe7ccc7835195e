//! Listening, with one clear line if the port is taken.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;

/// Binds `address` (port 0 takes a free one) and says what to do where that fails; `option` chooses another.
///
/// # Errors
/// If the port is in use or not allowed.
pub fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| cannot_listen(address, option))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Why the port cannot be bound, and what to do.
pub fn cannot_listen(address: SocketAddr, option: &str) -> String {
    format!("cannot listen on {address}: stop what listens there, or choose another with {option}")
}
