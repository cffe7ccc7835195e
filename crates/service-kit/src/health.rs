//! Whether a service lives, and whether it is ready for work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig, get};
use actix_web::{HttpResponse, Responder};
use serde_json::json;

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
