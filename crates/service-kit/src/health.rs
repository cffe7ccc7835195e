//! Whether a service is alive, and whether it is ready for work.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, Responder};
use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::problem::Problem;

/// What a service is still waiting for. Cheap to clone; all clones share the same state.
#[derive(Clone, Debug)]
pub struct Readiness {
    waiting_for: watch::Sender<BTreeMap<&'static str, String>>,
    /// Whether it was ready at some earlier request for `/health/started`.
    has_started: Arc<AtomicBool>,
}

impl Default for Readiness {
    fn default() -> Self {
        let (waiting_for, _nobody_asks_yet) = watch::channel(BTreeMap::new());
        Self {
            waiting_for,
            has_started: Arc::default(),
        }
    }
}

impl Readiness {
    /// Ready from the start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks `part` as missing, for this reason. Logged when it changes.
    pub fn wait_for(&self, part: &'static str, reason: impl Into<String>) {
        let reason = reason.into();
        let mut is_news = false;
        self.waiting_for.send_modify(|parts| {
            is_news = parts.insert(part, reason.clone()).is_none();
        });
        if is_news {
            tracing::info!(part, reason, "not ready");
        }
    }

    /// Marks `part` as available. Logged when it changes.
    pub fn ready(&self, part: &'static str) {
        let was_missing = |parts: &mut BTreeMap<_, _>| parts.remove(part).is_some();
        if self.waiting_for.send_if_modified(was_missing) {
            tracing::info!(part, "ready");
        }
    }

    /// Whether `part` is missing.
    pub fn is_waiting_for(&self, part: &'static str) -> bool {
        self.waiting_for.borrow().contains_key(part)
    }

    /// Waits until `part` is available.
    pub async fn until_ready(&self, part: &'static str) {
        let mut waiting_for = self.waiting_for.subscribe();
        // Fails only without a sender, and `self` is one.
        let _ready = waiting_for
            .wait_for(|parts| !parts.contains_key(part))
            .await;
    }

    /// What is missing, by part; empty when ready.
    pub fn missing(&self) -> BTreeMap<&'static str, String> {
        self.waiting_for.borrow().clone()
    }

    /// Whether it is ready, or was at an earlier call.
    fn has_started(&self) -> bool {
        if self.waiting_for.borrow().is_empty() {
            self.has_started.store(true, Ordering::Relaxed);
        }
        self.has_started.load(Ordering::Relaxed)
    }
}

/// Adds `GET /health/live` (always 200), `GET /health/ready` (200, or 503 naming what is missing), and `GET
/// /health/started` (like `ready` until that is 200 for the first time, then always 200).
pub fn routes(readiness: Readiness) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(readiness))
            .route("/health/live", get().to(live))
            .route("/health/started", get().to(started))
            .route("/health/ready", get().to(ready));
    }
}

async fn live() -> impl Responder {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

async fn started(readiness: Data<Readiness>) -> Result<HttpResponse, Problem> {
    if readiness.has_started() {
        return Ok(HttpResponse::Ok().json(json!({"status": "started"})));
    }
    ready(readiness).await
}

async fn ready(readiness: Data<Readiness>) -> Result<HttpResponse, Problem> {
    let missing = readiness.missing();
    if missing.is_empty() {
        return Ok(HttpResponse::Ok().json(json!({"status": "ready"})));
    }
    let reasons: Vec<String> = missing
        .iter()
        .map(|(part, reason)| format!("{part}: {reason}"))
        .collect();
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-ready",
        "The service is not ready.",
    )
    .detail(reasons.join("; "))
    .retry_after_s(1))
}

const READY: &str = "/health/ready";
const STARTED: &str = "/health/started";
/// How long [`ask`] waits.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Settings of the command `health`; `A` has the administration port.
#[derive(Args, Clone, Copy, Debug)]
pub struct HealthOptions<A: Args> {
    /// Administration port.
    #[command(flatten)]
    pub admin: A,
    /// Once it has been ready, check only that the process answers: for orchestrators, which must not stop a service
    /// because a server that it needs is down
    #[arg(long)]
    pub started: bool,
}

impl<A: Args> HealthOptions<A> {
    /// Runs the command `health` for the service that listens at `address` on this machine.
    ///
    /// # Errors
    /// If it is not ready or has not started (the error says why), or does not answer.
    pub async fn ask(&self, address: SocketAddr) -> anyhow::Result<()> {
        let path = if self.started { STARTED } else { READY };
        ask_for(path, address).await
    }
}

/// Asks the service that listens at `address` on this machine whether it is ready.
///
/// # Errors
/// If it is not ready (the error says why) or does not answer.
pub async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    ask_for(READY, address).await
}

async fn ask_for(path: &str, address: SocketAddr) -> anyhow::Result<()> {
    let asking = tokio::time::timeout(TIMEOUT, get_health(path, reachable(address)));
    let answer = asking
        .await
        .with_context(|| format!("{address} does not answer"))?
        .with_context(|| format!("cannot ask {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "{address} is not ready: {status} {body}");
    Ok(())
}

async fn get_health(path: &str, address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A server that listens on every address is reached on the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
