//! Participants, elections and results, as administrators' clients have always called them.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use ballot_log::{ElectionId, PollNumber};
use deadpool_postgres::Object;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use service_kit::audit;
use service_kit::body::{self, Fields};
use service_kit::openapi;
use service_kit::refusal::Refusal;
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::office::Office;
use super::query::{Caller, parameter};
use super::{answer, description, wish};
use crate::counted::{self, InvalidVote};
use crate::creation::CreationError;
use crate::definitions;
use crate::finals::{self, FinalResult};
use crate::participants::{self, Participant, ParticipantId};

/// Whoever asks for results waits for the count for so long at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether the result is final.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The participant that was created.
#[derive(Serialize, ToSchema)]
pub(super) struct Created {
    id: ParticipantId,
}

/// Adds a party or a person that may stand in elections
#[utoipa::path(post, path = "/createParticipant",
    request_body(content = description::NewParticipant),
    responses((status = 200, body = Created), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn create_participant(
    administrator: Caller,
    request: HttpRequest,
    body: Payload,
    office: Data<Office>,
) -> Result<HttpResponse, Refusal> {
    let act = office
        .admit(administrator, &request, "createParticipant", "")
        .await?;
    let (mut success, doing) = (act.clone(), office.clone());
    let work = async move {
        let fields = Fields::read(body).await?;
        let name = fields.text("name")?;
        let individual = fields.boolean("individual")?;
        let mut client = doing.connection().await?;
        let transaction = client.transaction().await?;
        let id = participants::add(&transaction, &name, individual).await?;
        success.target = format!("participant {id}");
        audit::append(&transaction, &success).await?;
        transaction.commit().await?;
        Ok(Created { id })
    };
    office.change(act, work).await
}

/// Lists parties and persons
#[utoipa::path(get, path = "/getParticipants",
    responses((status = 200, body = description::Participants), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn get_participants(
    administrator: Caller,
    request: HttpRequest,
    office: Data<Office>,
) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct Answer {
        participants: Vec<Participant>,
    }
    let act = office
        .admit(administrator, &request, "getParticipants", "")
        .await?;
    let work = async {
        let participants = participants::all(&*office.connection().await?).await?;
        Ok(HttpResponse::Ok().json(Answer { participants }))
    };
    office.look(act, work).await
}

/// The election that was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Numbered {
    /// The poll numbers of the participants, in their order.
    poll_numbers: Vec<PollNumber>,
}

/// Defines an election, which opens and closes by itself
#[utoipa::path(post, path = "/createElection",
    request_body(content = description::NewElection),
    responses((status = 200, body = Numbered), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized),
        (status = 503, description = "Stored, and published as soon as Kafka is back; or not stored")))]
pub(super) async fn create_election(
    administrator: Caller,
    request: HttpRequest,
    body: Payload,
    office: Data<Office>,
) -> Result<HttpResponse, Refusal> {
    let act = office
        .admit(administrator, &request, "createElection", "")
        .await?;
    let (success, doing) = (act.clone(), office.clone());
    let work = async move {
        let fields = Fields::read(body).await?;
        let wish = wish::of(&fields, &doing.zone)?;
        let mut client = doing.connection().await?;
        let created = wish.fulfil(&mut client, &doing.publisher, success).await;
        if matches!(created, Err(CreationError::NotPublished(_))) {
            doing.unpublished.notify_one();
        }
        let poll_numbers = created?;
        doing.defined.notify_one();
        Ok(Numbered { poll_numbers })
    };
    office.change(act, work).await
}

#[derive(Serialize, ToSchema)]
pub(super) struct ListedElection {
    id: i32,
    /// In the form in which it was given.
    start: String,
    /// In the form in which it was given.
    end: String,
    individual: bool,
    participants: Vec<ListedParticipant>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ListedParticipant {
    id: ParticipantId,
    name: String,
}

/// Lists elections with those who stand
#[utoipa::path(get, path = "/getElections",
    responses((status = 200, body = description::Elections), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn get_elections(
    administrator: Caller,
    request: HttpRequest,
    office: Data<Office>,
) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct Answer {
        elections: Vec<ListedElection>,
    }
    let listed = |election: definitions::Listed| ListedElection {
        id: election.id,
        start: election.start,
        end: election.end,
        individual: election.individual,
        participants: election
            .participants
            .into_iter()
            .map(|(id, name)| ListedParticipant { id, name })
            .collect(),
    };
    let act = office
        .admit(administrator, &request, "getElections", "")
        .await?;
    let work = async {
        let elections = definitions::list(&*office.connection().await?).await?;
        let elections = elections.into_iter().map(listed).collect();
        Ok(HttpResponse::Ok().json(Answer { elections }))
    };
    office.look(act, work).await
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results {
    participants: Vec<ParticipantResult>,
    invalid_votes: Vec<InvalidVote>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParticipantResult {
    poll_number: PollNumber,
    name: String,
    result: Number,
}

/// Gives the result of an election that has ended
///
/// Waits for the count for at most ten seconds.
#[utoipa::path(get, path = "/getResults", params(("id" = i32, Query, description = "The election")),
    responses((status = 200, body = description::Results), (status = 400, body = openapi::Message), (status = 401, body = openapi::Unauthorized),
        (status = 503, description = "The count has not got so far; try again")))]
pub(super) async fn get_results(
    administrator: Caller,
    request: HttpRequest,
    office: Data<Office>,
) -> Result<HttpResponse, Refusal> {
    let id = parameter(&request, "id").filter(|id| id.chars().count() <= body::LONGEST_TEXT);
    let target = id.as_ref().map(|id| format!("election {id}"));
    let target = target.unwrap_or_default();
    let act = office
        .admit(administrator, &request, "getResults", target)
        .await?;
    let work = async {
        let id = id.ok_or_else(|| body::missing("id"))?;
        let id: Option<ElectionId> = id.trim().parse().ok();
        let client = office.connection().await?;
        let definition = match id {
            Some(id) => definitions::find(&client, id).await?,
            None => None,
        };
        let definition = definition.ok_or_else(|| Refusal::message("Election does not exist."))?;
        if Timestamp::now() < definition.end {
            return Err(Refusal::message("Election is ongoing."));
        }
        let (client, result) = final_result(&office, client, definition.id).await?;
        let standings = result.standings()?;
        let participants = standings.participants.into_iter();
        let participants = participants.map(|standing| ParticipantResult {
            poll_number: standing.poll_number,
            result: standing.result(standings.counted),
            name: standing.name,
        });
        Ok(HttpResponse::Ok().json(Results {
            participants: participants.collect(),
            invalid_votes: counted::invalid_votes(&client, definition.id).await?,
        }))
    };
    office.look(act, work).await
}

/// Waits until the result is final.
async fn final_result(
    office: &Office,
    mut client: Object,
    election: ElectionId,
) -> Result<(Object, FinalResult), Refusal> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(result) = finals::find(&client, election).await? {
            return Ok((client, result));
        }
        if Instant::now() >= give_up {
            return Err(answer::not_counted_yet().into());
        }
        // Others need connections too.
        drop(client);
        sleep(LOOK_EVERY).await;
        client = office.connection().await?;
    }
}
