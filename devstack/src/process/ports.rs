//! Loopback ports.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use rand::RngExt;
use tokio::net::TcpSocket;

/// Ports are taken from below the range that the kernel uses for outgoing connections (from 32768). A restarted
/// server needs its port again, and a client that keeps trying a dead port in that range will at some point
/// connect to itself and hold the port.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// Sockets that hold the ports handed out, until the process ends.
static HELD: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());

/// A port for a server that starts later, perhaps much later. No other process gets it in the meantime.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let mut random = rand::rng();
    for _ in 0..1000 {
        let port = random.random_range(RANGE);
        if let Some(socket) = hold(port) {
            HELD.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(socket);
            return Ok(port);
        }
    }
    bail!(
        "no free port between {} and {} on 127.0.0.1: stop what listens there",
        RANGE.start,
        RANGE.end
    );
}

/// Binds a port without listening on it; `None` if another process has bound it.
///
/// Linux lets a second socket bind a port if both have `SO_REUSEADDR` and none listens. Every server sets it, so
/// that it can start again on its port. This socket does not set it while it binds, so it detects a port that
/// another process holds in this way.
fn hold(port: u16) -> Option<TcpSocket> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into()).ok()?;
    socket.set_reuseaddr(true).ok()?;
    Some(socket)
}

/// Fails if the port is in use, with a message that names it and a remedy.
pub(crate) fn require_free(port: u16, variable: &str) -> anyhow::Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "port {port} is in use: stop what listens there, or choose another one with {variable}=…"
            )
        }
        Err(error) => Err(error).with_context(|| {
            format!("cannot listen on port {port}: choose another one with {variable}=…")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_out_once_and_its_server_can_have_it_again_and_again() {
        let port = free_port().unwrap();
        assert!(hold(port).is_none(), "another process is given {port}");
        for _ in 0..2 {
            require_free(port, "PORT").unwrap();
            let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
            let client = std::net::TcpStream::connect(server.local_addr().unwrap()).unwrap();
            drop((server.accept().unwrap(), client));
            assert!(hold(port).is_none(), "another process is given {port}");
        }
    }
}
