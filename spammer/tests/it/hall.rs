//! A town hall in memory: `POST /vote` and the results on one real HTTP server, honest or not.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{App, HttpResponse, HttpServer};
use electoral_rules::{Count, ListTerms};
use futures_util::StreamExt;
use serde_json::{Value, json};
use spammer::ballot::Scenario;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

/// What a hall does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Accepts every n-th vote without counting it.
    Loses(u64),
    /// Counts every n-th vote twice.
    CountsTwice(u64),
    /// Counts every n-th vote for the next candidate.
    Swaps(u64),
    /// Rejects every n-th accepted vote in the count.
    Rejects(u64),
    /// Accepts voters who have voted, and rejects their second ballots in the count.
    AcceptsAgain,
    /// Answers 503 to every n-th request, recording nothing.
    Unavailable(u64),
    /// Answers 503 to every n-th new vote although it is recorded.
    Unsure(u64),
    /// Gives the last list all seats.
    GivesSeatsAway,
    /// Publishes no votes until the count is final, which never happens.
    Hides,
    /// Has closed the poll.
    Closed,
}

pub(crate) struct Hall {
    url: String,
    hall: Data<State>,
}

struct State {
    scenario: Scenario,
    fault: Fault,
    voters: u32,
    content: Mutex<Content>,
    published: watch::Sender<Bytes>,
}

#[derive(Default)]
struct Content {
    requests: u64,
    /// What each voter chose.
    voted: HashMap<u32, usize>,
    accepted: u64,
    votes: Vec<u64>,
    records: u64,
    rejected: BTreeMap<&'static str, u64>,
}

pub(crate) const SCENARIO: &str = r#"
title = "Town"
[rules]
method = "dhondt"
seats = 5
tie = "ballot_order"
[[participants]]
name = "Ana \"Anka\" Ćirić"
votes = 6
[[participants]]
name = "Boris"
votes = 3
[[participants]]
name = "7"
votes = 1
"#;

impl Hall {
    /// A hall for the voters in a file of `voters` lines.
    pub(crate) fn open(voters: u32, fault: Fault) -> Self {
        Self::with_scenario(voters, fault, SCENARIO)
    }

    pub(crate) fn with_scenario(voters: u32, fault: Fault, scenario: &str) -> Self {
        let scenario = Scenario::parse(scenario).unwrap();
        let no_votes = vec![0; scenario.participants.len()];
        let hall = Data::new(State {
            scenario,
            fault,
            voters,
            content: Mutex::new(Content {
                votes: no_votes,
                ..Content::default()
            }),
            published: watch::channel(Bytes::new()).0,
        });
        hall.publish();
        let state = hall.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .route("/openapi.json", web::get().to(HttpResponse::Ok))
                .route("/vote", web::post().to(vote))
                .route("/api/elections", web::get().to(elections))
                .route("/api/elections/{id}/results", web::get().to(results))
                .route("/api/elections/{id}/events", web::get().to(events))
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(0)
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        let publisher = Arc::downgrade(&hall);
        actix_web::rt::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            while let Some(hall) = publisher.upgrade() {
                hall.publish();
                drop(hall);
                tick.tick().await;
            }
        });
        Self { url, hall }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The votes in the box, by poll number.
    pub(crate) fn votes(&self) -> Vec<u64> {
        self.hall.content.lock().unwrap().votes.clone()
    }
}

impl State {
    fn results(&self) -> Value {
        let content = self.content.lock().unwrap();
        let counted: u64 = content.votes.iter().sum();
        let lists: Vec<ListTerms> = self
            .scenario
            .participants
            .iter()
            .map(|list| list.terms)
            .collect();
        let count = Count {
            votes: &content.votes,
            lists: &lists,
            ..Count::default()
        };
        let mut outcome = serde_json::to_value(self.scenario.rules.apply(&count).unwrap()).unwrap();
        if self.fault == Fault::GivesSeatsAway {
            outcome["seats"] = json!([0, 0, 5]);
        }
        let hidden = self.fault == Fault::Hides;
        let candidates: Vec<Value> = (0..content.votes.len())
            .map(|index| {
                let name = &self.scenario.participants[index].name;
                if hidden {
                    return json!({"poll_number": index + 1, "name": name});
                }
                let votes = content.votes[index];
                json!({"poll_number": index + 1, "name": name, "votes": votes, "share": 0.5,
                       "seats": outcome["seats"][index]})
            })
            .collect();
        json!({
            "election": 7, "title": self.scenario.title, "individual": false, "final": false,
            "publication": if hidden { "after-close" } else { "live" },
            "position": content.records + 100, "registered": self.voters, "turnout": 0.5,
            "records": content.records, "counted": counted, "repeated": 0, "rejected": content.rejected,
            "candidates": candidates, "outcome": if hidden { Value::Null } else { outcome },
        })
    }

    fn publish(&self) {
        let results = self.results();
        let event = Bytes::from(format!("id: {}\ndata: {results}\n\n", results["position"]));
        self.published.send_if_modified(|last| {
            *last != event && {
                *last = event;
                true
            }
        });
    }
}

fn problem(status: u16, kind: &str) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if status == 503 {
        answer.insert_header(("Retry-After", "0"));
    }
    answer
        .content_type("application/problem+json")
        .body(json!({"type": kind, "status": status}).to_string())
}

async fn vote(hall: Data<State>, body: Bytes) -> HttpResponse {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (Some(personal_id), Some(guid), Some(candidate)) = (
        body["personal_id"].as_str(),
        body["guid"].as_str(),
        body["candidate"].as_str(),
    ) else {
        return problem(400, "malformed");
    };
    // Voter n has the personal id n and the GUID n + 1: see `voters`.
    let number: u32 = personal_id.parse().unwrap_or(u32::MAX);
    let guid_is = |number: u32| guid.parse() == Ok(uuid::Uuid::from_u128(u128::from(number) + 1));
    if number >= hall.voters || !guid_is(number) {
        return problem(403, "https://urna.example/problems/not-on-the-roll");
    }
    let participants = &hall.scenario.participants;
    let Some(choice) = participants.iter().position(|one| one.name == candidate) else {
        return problem(422, "unknown-candidate");
    };
    hall.take(number, choice)
}

impl State {
    fn take(&self, voter: u32, choice: usize) -> HttpResponse {
        let mut content = self.content.lock().unwrap();
        content.requests += 1;
        if self.fault == Fault::Closed {
            return problem(409, "no-open-election");
        }
        if matches!(self.fault, Fault::Unavailable(n) if content.requests.is_multiple_of(n)) {
            return problem(503, "unavailable");
        }
        let accepted =
            || HttpResponse::Accepted().json(json!({"status": "accepted", "election": 7}));
        if content.voted.contains_key(&voter) {
            if self.fault != Fault::AcceptsAgain {
                return problem(409, "already-voted");
            }
            content.records += 1;
            *content.rejected.entry("Duplicate ballot.").or_default() += 1;
            return accepted();
        }
        content.voted.insert(voter, choice);
        content.accepted += 1;
        let nth = |n: u64| content.accepted.is_multiple_of(n);
        let (choice, times) = match self.fault {
            Fault::Loses(n) if nth(n) => (choice, 0),
            Fault::CountsTwice(n) if nth(n) => (choice, 2),
            Fault::Swaps(n) if nth(n) => ((choice + 1) % content.votes.len(), 1),
            Fault::Rejects(n) if nth(n) => {
                content.records += 1;
                *content.rejected.entry("Election is not open.").or_default() += 1;
                return accepted();
            }
            Fault::Unsure(n) if nth(n) => {
                content.records += 1;
                content.votes[choice] += 1;
                return problem(503, "unavailable");
            }
            _ => (choice, 1),
        };
        content.records += times;
        content.votes[choice] += times;
        accepted()
    }
}

async fn elections() -> HttpResponse {
    HttpResponse::Ok().json(json!({"elections": [
        {"election": 6, "title": "Old", "state": "final"},
        {"election": 7, "title": "Town", "state": "open"},
    ]}))
}

async fn results(hall: Data<State>, id: Path<u32>) -> HttpResponse {
    match *id {
        7 => HttpResponse::Ok().json(hall.results()),
        _ => problem(404, "no-such-election"),
    }
}

async fn events(hall: Data<State>) -> HttpResponse {
    let events = WatchStream::new(hall.published.subscribe()).map(Ok::<_, std::io::Error>);
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(events)
}
