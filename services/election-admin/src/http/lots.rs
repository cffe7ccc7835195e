//! Telling what lots decided.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use ballot_log::{Lots, PollNumber};
use jiff::tz::TimeZone;
use service_database::audit::AuditEntry;
use service_kit::body::{Fields, Message, missing};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::answer;
use super::query::{election, target};
use super::state::{State, definition};
use crate::elections::creation::INVALID_TIME;
use crate::elections::moment::Moment;
use crate::results::decided_results;
use crate::results::report::DecidedByLots;

/// Lots that were drawn.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(super) struct DrawnLots {
    /// Poll numbers, in the order in which they were drawn: the first one drawn gets the first seat.
    order: Vec<u32>,
    /// Who drew: a person, a commission.
    drawn_by: String,
    /// When: ISO 8601; without an offset it is in the zone of the service.
    drawn_at: String,
}

/// Decides by lots what a final result has left open
///
/// Lots are drawn in public, not by this service: it is told what was drawn, checks it against the ties that are open, and
/// adds a second result beside the first one, which stays. Safe to repeat with the same lots.
#[utoipa::path(post, path = "/elections/{id}/lots", params(("id" = u32, Path, description = "The election")),
    request_body(content = DrawnLots),
    responses((status = 200, body = DecidedByLots), (status = 202, description = "With FOUR_EYES: `waits-for-another`, it is done when another administrator requests the same", body = openapi::Problem, content_type = "application/problem+json"), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized),
        (status = 404, description = "There is no such election", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 409, description = "`result-is-not-final`, `no-open-tie`, `decided-otherwise`", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Stored, and published as soon as Kafka is back; or not stored", body = openapi::Problem, content_type = "application/problem+json")))]
pub(super) async fn lots(
    holder: Holder,
    request: HttpRequest,
    body: Payload,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = election(&request);
    let act = AuditEntry::by(&holder, &request, target(&request));
    let (success, doing) = (act.clone(), state.clone());
    let work = async move {
        let drawn = parse(&Fields::read(body).await?, &doing.zone)?;
        let id = definition(&*doing.connection().await?, id).await?.id;
        let content = serde_json::to_string(&drawn).map_err(anyhow::Error::from)?;
        doing.confirmed(&holder, &success, &content).await?;
        let decided =
            decided_results::decide(&doing.pool, &doing.publisher, id, drawn, success).await?;
        if !decided.is_published {
            doing.unpublished.notify_one();
            return Ok(answer::decided_and_not_published_yet(id).error_response());
        }
        Ok(HttpResponse::Ok().json(DecidedByLots::new(&decided.result)?))
    };
    state.change(act, work).await
}

fn parse(fields: &Fields, zone: &TimeZone) -> Result<Lots, Message> {
    let order = fields.list("order")?.iter();
    let order = order.map(|number| PollNumber::try_from(number.as_u64()?).ok());
    let drawn_by = fields.text("drawn_by")?;
    let drawn_at = Moment::parse(&fields.any_text("drawn_at")?, zone);
    Ok(Lots {
        order: order
            .collect::<Option<_>>()
            .ok_or_else(|| missing("order"))?,
        drawn_by,
        drawn_at: drawn_at
            .ok_or_else(|| Message::new(INVALID_TIME))?
            .instant(),
    })
}
