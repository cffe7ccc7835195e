//! Whether a service lives, and whether it is ready for work.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, Responder};
use anyhow::Context as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::problem::Problem;

/// What a service still waits for. Cheap to clone; all clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    waiting_for: Arc<Mutex<BTreeMap<&'static str, String>>>,
}

impl Readiness {
    /// Ready from the start.
    pub fn new() -> Self {
        Self::default()
    }

    /// Not ready, because of `part`, for this reason. Logged when it is news.
    pub fn wait_for(&self, part: &'static str, reason: impl Into<String>) {
        let reason = reason.into();
        let before = self.lock().insert(part, reason.clone());
        if before.is_none() {
            tracing::info!(part, reason, "not ready");
        }
    }

    /// `part` is all right. Logged when it is news.
    pub fn ready(&self, part: &'static str) {
        if self.lock().remove(part).is_some() {
            tracing::info!(part, "ready");
        }
    }

    /// Whether `part` is missing.
    pub fn is_waiting_for(&self, part: &'static str) -> bool {
        self.lock().contains_key(part)
    }

    /// What is missing, by part; empty when ready.
    pub fn missing(&self) -> BTreeMap<&'static str, String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, String>> {
        self.waiting_for
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds `GET /health/live` (always 200) and `GET /health/ready` (200, or 503 naming what is missing).
pub fn routes(readiness: Readiness) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(readiness))
            .route("/health/live", get().to(live))
            .route("/health/ready", get().to(ready));
    }
}

async fn live() -> impl Responder {
    HttpResponse::Ok().json(json!({"status": "live"}))
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

/// How long [`ask`] waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the service that listens at `address` on this machine whether it is ready: the `health` command of
/// services, for orchestrators.
///
/// # Errors
/// Where it is not ready, and then why, or does not answer.
pub async fn ask(address: SocketAddr) -> anyhow::Result<()> {
    let asking = tokio::time::timeout(PATIENCE, get_ready(reachable(address)));
    let answer = asking
        .await
        .with_context(|| format!("{address} does not answer"))?
        .with_context(|| format!("cannot ask {address}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    anyhow::ensure!(status == "200", "{address} is not ready: {status} {body}");
    Ok(())
}

async fn get_ready(address: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Who listens on every address is asked on the loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
