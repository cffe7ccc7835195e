//! Results, as administrators' clients have always called them.

use std::error::Error;
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::{ElectionId, PollNumber};
use deadpool_postgres::Object;
use election_store::elections;
use futures_util::stream::{self, Stream, StreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use service_database::audit::AuditEntry;
use service_kit::error::ApiError;
use service_kit::token::Holder;
use service_kit::{body, openapi};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::answer;
use super::query::{id_parameter, target};
use super::state::State;
use crate::elections::finalising;
use crate::results::decided_results;
use crate::results::final_results::{self, FinalResult};
use crate::results::official::seats_or_share;
use crate::results::rejected::{self, InvalidVote};

/// How long a request for results waits for the count.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to check whether the result is final.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The maximum number of invalid votes sent together.
const TOGETHER: usize = 512;

/// The result of an election.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
#[schema(rename_all = "camelCase")]
struct Results {
    participants: Vec<ParticipantResult>,
    /// Paper ballots that were not counted.
    invalid_votes: Vec<InvalidVote>,
    /// Only where votes were level and lots decided: `result` is with them then.
    decided_by_lots: Option<DrawnLots>,
}

/// Lots, as `getResults` shows them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DrawnLots {
    /// Poll numbers, in the order in which they were drawn.
    order: Vec<PollNumber>,
    drawn_by: String,
    #[schema(value_type = String)]
    drawn_at: Timestamp,
}

/// What there is instead of the result of a cancelled election.
const CANCELLED: &str = "Election is cancelled.";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParticipantResult {
    poll_number: PollNumber,
    name: String,
    /// Seats; or the share of the valid votes, with two decimals.
    #[schema(value_type = f64)]
    result: Number,
}

/// Returns the result of an election that has ended
///
/// Waits at most ten seconds for the count.
#[utoipa::path(get, path = "/getResults", params(("id" = i32, Query, description = "The election")),
    responses((status = 200, body = Results), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized),
        (status = 503, description = "The count has not got so far; or the result waits for an administrator")))]
pub(super) async fn get_results(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = id_parameter(&request);
    let act = AuditEntry::by(&holder, &request, target(&request));
    let work = async {
        let id = id.ok_or_else(|| body::missing("id"))?;
        let id: Option<ElectionId> = id.trim().parse().ok();
        let client = state.connection().await?;
        let definition = match id {
            Some(id) => elections::find(&client, id)
                .await
                .map_err(anyhow::Error::from)?,
            None => None,
        };
        let definition = definition.ok_or_else(|| ApiError::message("Election does not exist."))?;
        if definition.cancelled.is_some() {
            return Err(ApiError::message(CANCELLED));
        }
        if Timestamp::now() < definition.end {
            return Err(ApiError::message("Election is ongoing."));
        }
        if finalising::has_to_wait(&client, &definition).await? {
            return Err(answer::not_finalised(definition.id).into());
        }
        let (client, result) = final_result(&state, client, definition.id).await?;
        let decided = decided_results::find(&client, definition.id).await?;
        let standings = match &decided {
            Some(decided) => decided.standings()?,
            None => final_results::standings(&result)?,
        };
        let lots = definition.lots.filter(|_| decided.is_some());
        let lots = lots.map(|lots| DrawnLots {
            order: lots.order,
            drawn_by: lots.drawn_by,
            drawn_at: lots.drawn_at,
        });
        let participants = standings.participants.into_iter();
        let participants: Vec<_> = participants
            .map(|standing| ParticipantResult {
                poll_number: standing.poll_number,
                result: seats_or_share(&standing, standings.counted),
                name: standing.name,
            })
            .collect();
        // No connection is held while the answer is sent: whoever reads it may be slow.
        drop(client);
        let invalid_votes = rejected::invalid_votes(state.pool.clone(), definition.id);
        Ok(HttpResponse::Ok()
            .insert_header(ContentType::json())
            .streaming(in_pieces(&participants, invalid_votes, lots)?))
    };
    state.look(act, work).await
}

/// The answer, piece by piece: there may be a million invalid votes.
fn in_pieces<Votes: Stream<Item = anyhow::Result<InvalidVote>>>(
    participants: &[ParticipantResult],
    invalid_votes: Votes,
    lots: Option<DrawnLots>,
) -> anyhow::Result<impl Stream<Item = Result<Bytes, Box<dyn Error>>> + use<Votes>> {
    let participants = serde_json::to_string(participants)?;
    let start = format!(r#"{{"participants":{participants},"invalidVotes":["#);
    let end = match lots {
        Some(lots) => format!(r#"],"decidedByLots":{}}}"#, serde_json::to_string(&lots)?),
        None => "]}".to_owned(),
    };
    let votes = invalid_votes.enumerate().map(|(number, vote)| {
        let comma = if number == 0 { "" } else { "," };
        anyhow::Ok(format!("{comma}{}", serde_json::to_string(&vote?)?))
    });
    let pieces = votes.ready_chunks(TOGETHER).map(|votes| {
        let piece: anyhow::Result<String> = votes.into_iter().collect();
        // The status has already been sent: the answer can only be cut off.
        piece.inspect_err(|error| {
            tracing::error!(error = format!("{error:#}"), "an answer broke off");
        })
    });
    let whole = stream::iter([Ok(start)])
        .chain(pieces)
        .chain(stream::iter([Ok(end)]));
    Ok(whole.map(|piece| Ok(piece?.into())))
}

/// Waits until the result is final.
async fn final_result(
    state: &State,
    mut client: Object,
    election: ElectionId,
) -> Result<(Object, FinalResult), ApiError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let found = final_results::find(&client, election).await;
        if let Some(result) = found.map_err(anyhow::Error::from)? {
            return Ok((client, result));
        }
        let definition = elections::find(&client, election).await;
        if definition
            .map_err(anyhow::Error::from)?
            .is_some_and(|definition| definition.cancelled.is_some())
        {
            return Err(ApiError::message(CANCELLED));
        }
        if Instant::now() >= give_up {
            return Err(answer::not_counted_yet().into());
        }
        // Others need connections too.
        drop(client);
        sleep(LOOK_EVERY).await;
        client = state.connection().await?;
    }
}
