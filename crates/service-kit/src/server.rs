//! Listening: a port that is taken is one clear line.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context;

/// Binds `address` (port 0 takes a free one) and says what to do where that fails.
///
/// # Errors
/// Where the port is in use or not allowed.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).with_context(|| {
        format!(
            "cannot listen on {address}: stop what listens there, or choose another with --listen"
        )
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
