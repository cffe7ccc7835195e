//! The list of elections, and the result of one.

use std::sync::Arc;

use actix_web::http::header::{CacheControl, CacheDirective, ContentType, ETag, EntityTag};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::openapi;
use service_kit::problem::Problem;

use super::{absence, election_id, is_known, schema};
use crate::latest::{LatestResults, PublishedResult, Summary};

/// The state of an election, by this server's clock.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    NotOpen,
    Open,
    /// It has ended, and not everything has been counted.
    Counting,
    Final,
    /// It was wrong, and has no result.
    Cancelled,
}

impl State {
    /// An election is open from the later of its start and its creation until its end, which is exclusive.
    fn of(election: &Summary, now: Timestamp) -> Self {
        if election.cancelled.is_some() {
            Self::Cancelled
        } else if election.r#final {
            Self::Final
        } else if now >= election.end {
            Self::Counting
        } else if now >= election.start.max(election.created) {
            Self::Open
        } else {
            Self::NotOpen
        }
    }
}

#[derive(Serialize)]
struct ElectionList {
    elections: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    election: u32,
    title: String,
    individual: bool,
    created: Timestamp,
    start: Timestamp,
    end: Timestamp,
    publication: String,
    r#final: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<Timestamp>,
    state: State,
}

impl Listed {
    fn new(publication: &Arc<PublishedResult>, now: Timestamp) -> Self {
        let summary = publication.summary();
        let state = State::of(summary, now);
        let Summary {
            election,
            title,
            individual,
            created,
            start,
            end,
            publication,
            r#final,
            cancelled,
            position: _,
        } = summary.clone();
        Self {
            election,
            title,
            individual,
            created,
            start,
            end,
            publication,
            r#final,
            cancelled,
            state,
        }
    }
}

/// Lists every election that has a result
#[utoipa::path(get, path = "/api/elections", responses(
    (status = 200, body = schema::ElectionList),
    (status = 503, description = "`results-not-available`: the results have not been read yet", body = openapi::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(latest: Data<LatestResults>) -> Result<HttpResponse, Problem> {
    let publications = latest.all().map_err(|reason| absence(reason, None))?;
    let now = Timestamp::now();
    let elections = publications
        .iter()
        .map(|publication| Listed::new(publication, now))
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header(CacheControl(vec![CacheDirective::NoCache]))
        .json(ElectionList { elections }))
}

/// Returns the newest result, byte for byte as it was published
///
/// With an `ETag`: a client that sends it as `If-None-Match` gets 304 while nothing has changed.
#[utoipa::path(get, path = "/api/elections/{id}/results", params(("id" = u32, Path, description = "The election")), responses(
    (status = 200, body = schema::Result),
    (status = 304, description = "Nothing has changed"),
    (status = 404, description = "`no-such-election`: the answer lists those that have a result", body = openapi::Problem, content_type = "application/problem+json"),
    (status = 503, description = "`results-not-available`: the results have not been read yet", body = openapi::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn results(
    request: HttpRequest,
    path: Path<String>,
    latest: Data<LatestResults>,
) -> Result<HttpResponse, Problem> {
    let election = election_id(&path)?;
    let publication = latest
        .latest(election)
        .map_err(|reason| absence(reason, Some(election)))?;
    let tag = EntityTag::new_strong(publication.entity_tag().to_owned());
    let is_known = is_known(&request, &tag);
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(ETag(tag))
        .insert_header(CacheControl(vec![CacheDirective::NoCache]));
    if is_known {
        return Ok(response.finish());
    }
    Ok(response
        .insert_header(ContentType::json())
        .body(publication.json().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latest::sample;

    #[test]
    fn an_election_is_open_from_its_start_until_just_before_its_end() {
        let election = sample(1, 0, "").summary().clone();
        let at = |time: &str| State::of(&election, time.parse().unwrap());
        assert_eq!(at("2026-06-16T14:59:59.999Z"), State::NotOpen);
        assert_eq!(at("2026-06-16T15:00:00Z"), State::Open);
        assert_eq!(at("2026-06-16T19:59:59.999Z"), State::Open);
        assert_eq!(at("2026-06-16T20:00:00Z"), State::Counting);
    }

    #[test]
    fn an_election_opens_no_sooner_than_it_was_created() {
        let mut election = sample(1, 0, "").summary().clone();
        election.created = "2026-06-16T16:00:00Z".parse().unwrap();
        let at = |time: &str| State::of(&election, time.parse().unwrap());
        assert_eq!(at("2026-06-16T15:30:00Z"), State::NotOpen);
        assert_eq!(at("2026-06-16T16:00:00Z"), State::Open);
    }

    #[test]
    fn what_is_cancelled_is_neither_open_nor_counted() {
        let mut election = sample(1, 0, "").summary().clone();
        election.cancelled = Some("2026-06-16T16:00:00Z".parse().unwrap());
        for now in ["2026-06-16T16:00:00Z", "2026-06-17T16:00:00Z"] {
            assert_eq!(State::of(&election, now.parse().unwrap()), State::Cancelled);
        }
    }

    #[test]
    fn what_is_final_is_final_on_every_clock() {
        let mut election = sample(1, 0, "").summary().clone();
        election.r#final = true;
        assert_eq!(
            State::of(&election, "2026-06-16T16:00:00Z".parse().unwrap()),
            State::Final
        );
    }
}
