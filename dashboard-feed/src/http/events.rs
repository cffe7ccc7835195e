//! Server-sent events: takes an observer's connection over from the HTTP server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::openapi;
use service_kit::problem::Problem;
use tokio::sync::Semaphore;

use super::{absence, election_id};
use crate::latest::LatestResults;
use crate::stream::{ConnectionHandle, Observer};

/// Streams the result now and every change of it, as server-sent events
///
/// Each event's data is the result as `results` gives it, and its id is the position. A client that cannot
/// keep up misses results in between, never the newest one.
#[utoipa::path(get, path = "/api/elections/{id}/events",
    params(("id" = u32, Path, description = "The election"), ("Last-Event-ID" = Option<String>, Header, description = "The newest event that the client has: it is not sent again")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 404, description = "`no-such-election`", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "`results-not-available`, or too many observers: connect again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn events(
    request: HttpRequest,
    path: Path<String>,
    latest: Data<LatestResults>,
    places: Data<Semaphore>,
) -> Result<HttpResponse, Problem> {
    let election = election_id(&path)?;
    let results = latest
        .subscribe(election)
        .map_err(|reason| absence(reason, Some(election)))?;
    let place = Arc::clone(&places)
        .try_acquire_owned()
        .map_err(|_| too_many_observers())?;
    let socket = request
        .conn_data::<ConnectionHandle>()
        .and_then(ConnectionHandle::take)
        .ok_or_else(too_many_observers)?;

    let observer = Observer::new(socket, results, place);
    tokio::spawn(observer.run(last_event_id(&request), reconnection_time()));
    // The HTTP server still expects an answer; it is never sent.
    Ok(HttpResponse::NoContent().force_close().finish())
}

/// The position that a reconnecting client already has.
fn last_event_id(request: &HttpRequest) -> Option<u64> {
    let value = request.headers().get("last-event-id")?;
    value.to_str().ok()?.parse().ok()
}

/// Between one and three seconds, different each time, so that a crowd that lost its connections together does
/// not reconnect all in the same instant.
fn reconnection_time() -> Duration {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let turn = ASKED.fetch_add(1, Ordering::Relaxed);
    // 739 has no divisor in common with 2000, so all values come up.
    Duration::from_millis(1000 + turn.wrapping_mul(739) % 2000)
}

fn too_many_observers() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-many-observers",
        "There are too many observers.",
    )
    .detail(
        "No more connections are accepted: try again later, or read /api/elections/{id}/results.",
    )
    .retry_after_s(10)
}
