//! A persistent connection to vote-ingest.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::{Origin, reasons};

/// How long an answer may take: longer than vote-ingest itself waits for Kafka before it gives up.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// A connection idle for this long is replaced, because the server may close it at any moment: actix-web does
/// so after five seconds, and a request sent during the close gets no answer.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// The longest error body that is read; the rest would not be shown anyway.
const LONGEST_PROBLEM: usize = 64 * 1024;

/// What the service said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The last part of the problem's `type`, such as `already-voted`.
    pub(crate) kind: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// The service said nothing that could be understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NoAnswer {
    /// Whether the request may have arrived anyway.
    pub(crate) sent: bool,
    pub(crate) reason: String,
}

/// A connection to one of several instances, opened when it is needed.
pub(crate) struct Connection {
    origins: Arc<[Origin]>,
    /// The index of the origin in use.
    current: usize,
    sender: Option<SendRequest<Full<Bytes>>>,
    last_used: Instant,
}

enum Broken {
    /// The connection had been closed before; the request was never sent.
    Unsent(String),
    Sent(String),
}

impl Connection {
    /// A connection that is not open yet. The origins are used in turn, beginning with number `first`.
    pub(crate) fn new(origins: Arc<[Origin]>, first: usize) -> Self {
        Self {
            current: first % origins.len().max(1),
            origins,
            sender: None,
            last_used: Instant::now(),
        }
    }

    /// Opens the connection, if it is not open.
    pub(crate) async fn open(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, String> {
        let sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() && self.last_used.elapsed() < STALE_AFTER => sender,
            _ => self.origins[self.current].connect().await?,
        };
        self.last_used = Instant::now();
        Ok(self.sender.insert(sender))
    }

    /// `POST /vote`. After a failure the next call opens a new connection, to the next instance.
    pub(crate) async fn post(&mut self, body: Bytes) -> Result<Answer, NoAnswer> {
        let result = match self.exchange(body.clone()).await {
            // The server closed the idle connection just before: not a failure of this vote.
            Err(Broken::Unsent(_)) => {
                self.sender = None;
                self.exchange(body).await
            }
            result => result,
        };
        self.last_used = Instant::now();
        result.map_err(|broken| {
            self.sender = None;
            self.current = (self.current + 1) % self.origins.len();
            match broken {
                Broken::Unsent(reason) => NoAnswer {
                    sent: false,
                    reason,
                },
                Broken::Sent(reason) => NoAnswer { sent: true, reason },
            }
        })
    }

    async fn exchange(&mut self, body: Bytes) -> Result<Answer, Broken> {
        let request = vote_request(&self.origins[self.current], body);
        let sender = self.open().await.map_err(Broken::Unsent)?;
        timeout(ANSWER_WITHIN, send(sender, request))
            .await
            .unwrap_or_else(|_| {
                Err(Broken::Sent(format!(
                    "no answer within {} s",
                    ANSWER_WITHIN.as_secs()
                )))
            })
    }
}

fn vote_request(origin: &Origin, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = origin.vote_target().clone();
    let headers = request.headers_mut();
    headers.insert(HOST, origin.host_header().clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request
}

async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Broken> {
    sender
        .ready()
        .await
        .map_err(|error| Broken::Unsent(reasons(&error)))?;
    let response =
        sender
            .try_send_request(request)
            .await
            .map_err(|error| match error.message() {
                Some(_) => Broken::Unsent(reasons(error.error())),
                None => Broken::Sent(reasons(error.error())),
            })?;
    Ok(read_answer(response).await)
}

/// The status has arrived, and that is the answer; an incomplete body does not change it.
async fn read_answer(response: Response<Incoming>) -> Answer {
    #[derive(Deserialize)]
    struct Problem {
        r#type: String,
    }

    let (head, mut body) = response.into_parts();
    let mut kind = None;
    if head.status == StatusCode::ACCEPTED {
        while let Some(Ok(_)) = body.frame().await {}
    } else if let Ok(body) = Limited::new(body, LONGEST_PROBLEM).collect().await {
        kind = serde_json::from_slice(&body.to_bytes())
            .ok()
            .and_then(|problem: Problem| {
                let name = problem.r#type.rsplit(['/', '#', ':']).next()?;
                (!name.is_empty()).then(|| name.to_owned())
            });
    }
    let retry_after = head
        .headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    Answer {
        status: head.status.as_u16(),
        kind,
        retry_after,
    }
}
