//! Cancelling an election.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use ballot_log::{Cancellation, ElectionId};
use serde::Serialize;
use service_database::audit::AuditEntry;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::answer;
use super::query::{election, target};
use super::state::{State, definition};
use crate::elections::cancellation;

/// An election that is cancelled.
#[derive(Serialize, ToSchema)]
pub(super) struct CancelledElection {
    election: ElectionId,
    #[schema(value_type = Cancelled)]
    cancelled: Cancellation,
}

/// That an election was cancelled.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct Cancelled {
    /// When.
    at: String,
    /// The e-mail address of the administrator.
    by: String,
}

/// Cancels an election that is wrong, until its result is final
///
/// Nobody votes in it from then on, it has no result, and another may take its time. What was voted stays in the log.
/// Safe to repeat; it cannot be taken back.
#[utoipa::path(post, path = "/elections/{id}/cancel", params(("id" = u32, Path, description = "The election")),
    responses((status = 200, body = CancelledElection), (status = 202, description = "With FOUR_EYES: `waits-for-another`, it is done when another administrator requests the same", body = openapi::Problem, content_type = "application/problem+json"), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 409, description = "`result-is-final`: it can no longer be cancelled", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Stored, and published as soon as Kafka is back; or not stored", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn cancel(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = election(&request);
    let act = AuditEntry::by(&holder, &request, target(&request));
    let (success, doing) = (act.clone(), state.clone());
    let work = async move {
        let id = definition(&*doing.connection().await?, id).await?.id;
        doing.confirmed(&holder, &success, "").await?;
        let done = cancellation::cancel(&doing.pool, &doing.publisher, id, success).await?;
        if !done.is_published {
            doing.unpublished.notify_one();
            return Ok(answer::cancelled_and_not_published_yet(id).error_response());
        }
        Ok(HttpResponse::Ok().json(CancelledElection {
            election: done.election,
            cancelled: done.cancellation,
        }))
    };
    state.change(act, work).await
}
