//! Loopback ports.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, bail};
use rand::RngExt;

/// Ports are taken from below the range that the kernel gives to outgoing connections (from 32768 on).
/// A server that is restarted needs its port again, and a client that tries a dead port of that range
/// again and again will one day be connected to itself and keep it.
const RANGE: std::ops::Range<u16> = 20_000..30_000;

/// A port on which nobody listens at the moment. Another process may take it before it is used, so
/// whoever asks has to be ready to ask again.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let mut random = rand::rng();
    for _ in 0..1000 {
        let port = random.random_range(RANGE);
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!(
        "no free port between {} and {} on 127.0.0.1: stop what listens there",
        RANGE.start,
        RANGE.end
    );
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Fails, naming the port and the way out, if somebody listens on it.
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
