//! A small HTTP client, and an observer that reads a stream of events.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// A test that waits this long for anything has failed.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) async fn before_deadline<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts that this is a problem of that kind.
    pub(crate) fn expect_problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{:?}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json()["type"], kind);
    }
}

/// One connection, kept alive.
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        header: Option<(&str, &str)>,
    ) -> hyper::Response<Incoming> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "feed.test");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = request.body(Empty::new()).unwrap();
        self.sender.ready().await.unwrap();
        before_deadline(path, self.sender.send_request(request))
            .await
            .unwrap()
    }

    /// Sends a request without a body and reads the whole answer.
    pub(crate) async fn request(
        &mut self,
        method: Method,
        path: &str,
        header: Option<(&str, &str)>,
    ) -> Answer {
        let (head, body) = self.send(method, path, header).await.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(crate) async fn get_with(&mut self, path: &str, header: Option<(&str, &str)>) -> Answer {
        self.request(Method::GET, path, header).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, None).await
    }

    /// Turns the connection into a stream of one election's events.
    pub(crate) async fn observe(mut self, election: u32, last_event_id: Option<&str>) -> Observer {
        let path = format!("/api/elections/{election}/events");
        let header = last_event_id.map(|id| ("last-event-id", id));
        let (head, body) = self.send(Method::GET, &path, header).await.into_parts();
        assert_eq!(head.status, StatusCode::OK);
        Observer {
            headers: head.headers,
            body,
            received: Vec::new(),
            _connection: self,
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    Event { id: u64, data: Vec<u8> },
    Comment,
    Retry,
}

/// Reads server-sent events as a browser would.
pub(crate) struct Observer {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    received: Vec<u8>,
    _connection: Connection,
}

impl Observer {
    /// The next event or comment; `None` when the stream has ended.
    pub(crate) async fn next_block(&mut self) -> Option<Block> {
        loop {
            if let Some(end) = self.received.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.received.drain(..end + 2).collect();
                return Some(parse(&block[..end]));
            }
            let frame = before_deadline("an event", self.body.frame()).await?;
            // A cut connection also counts as an end.
            let data = frame.ok()?.into_data().unwrap();
            self.received.extend_from_slice(&data);
        }
    }

    /// The next event's id and data.
    pub(crate) async fn next_event(&mut self) -> Option<(u64, Vec<u8>)> {
        loop {
            if let Block::Event { id, data } = self.next_block().await? {
                return Some((id, data));
            }
        }
    }

    /// The next event's position; it must be that of its data.
    pub(crate) async fn next_position(&mut self) -> u64 {
        let (id, data) = self.next_event().await.expect("the stream has ended");
        let result: Value = serde_json::from_slice(&data).unwrap();
        assert_eq!(result["position"], id);
        id
    }
}

fn parse(block: &[u8]) -> Block {
    let mut id = None;
    let mut data: Option<Vec<u8>> = None;
    for line in block.split(|&byte| byte == b'\n') {
        if let Some(value) = line.strip_prefix(b"id: ") {
            id = Some(str::from_utf8(value).unwrap().parse().unwrap());
        } else if let Some(value) = line.strip_prefix(b"data: ") {
            match &mut data {
                None => data = Some(value.to_vec()),
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
            }
        } else if line.starts_with(b"retry: ") {
            return Block::Retry;
        } else {
            assert!(line.starts_with(b":"), "{}", line.escape_ascii());
        }
    }
    match (id, data) {
        (Some(id), Some(data)) => Block::Event { id, data },
        (None, None) => Block::Comment,
        other => panic!("half an event: {other:?}"),
    }
}
