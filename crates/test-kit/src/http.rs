//! A small HTTP client: a connection for each request.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;

/// A whole answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The body, read as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// Status and body, as contracts list them.
    pub fn exactly(&self) -> (u16, &str) {
        (self.status.as_u16(), self.text())
    }

    /// Asserts status and body.
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!(self.exactly(), (status, body));
    }

    /// Asserts that a check failed, with this message.
    pub fn refuses(&self, message: &str) {
        let body = serde_json::json!({ "message": message }).to_string();
        self.is(400, &body);
        assert_eq!(self.headers["content-type"], "application/json");
    }

    /// The message of a check that failed.
    pub fn message(&self) -> String {
        assert_eq!(self.status, 400, "{}", self.text());
        self.json()["message"].as_str().unwrap().to_owned()
    }

    /// Status and `type` of a problem (RFC 9457).
    pub fn problem(&self) -> (u16, &str) {
        #[derive(Deserialize)]
        struct Problem<'a> {
            r#type: &'a str,
            title: String,
            status: u16,
            detail: String,
        }
        let content_type = &self.headers["content-type"];
        assert_eq!(content_type, "application/problem+json", "{}", self.text());
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status.as_u16());
        assert!(!problem.title.is_empty() && !problem.detail.is_empty());
        (problem.status, problem.r#type)
    }
}

/// Sends a request, and reads the whole answer.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    try_send(address, method, path, headers, body)
        .await
        .unwrap_or_else(|| panic!("{method} {path} was not answered"))
}

/// The same; `None` if nobody listens, or the connection breaks.
pub async fn try_send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Option<Answer> {
    let stream = TcpStream::connect(address).await.ok()?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let (head, body) = sender.send_request(request).await.ok()?.into_parts();
    Some(Answer {
        status: head.status,
        headers: head.headers,
        body: body.collect().await.ok()?.to_bytes(),
    })
}

/// Waits until the service there says that it is ready.
pub async fn until_ready(address: SocketAddr) {
    let health = async || try_send(address, "GET", "/health/ready", &[], "").await;
    let is_ready = async || health().await.is_some_and(|answer| answer.status == 200);
    crate::until(&format!("{address} is ready"), is_ready).await;
}
