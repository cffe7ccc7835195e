//! Where a service is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The longest answer that is read; a result is a few kilobytes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// How long a connection may take to open.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The address of a service: `http://host:port`, with an optional path prefix.
#[derive(Clone, Debug)]
pub struct Origin {
    host: String,
    port: u16,
    host_header: HeaderValue,
    base_path: String,
    /// Computed once, as it is used thousands of times a second.
    vote_target: Uri,
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|error| format!("no URL: {error}"))?;
        if uri.scheme_str() != Some("http") {
            return Err("give an http:// URL; the crowd does not speak TLS".to_owned());
        }
        let (Some(host), None) = (uri.host(), uri.query()) else {
            return Err("give an http:// URL with a host and no query".to_owned());
        };
        let port = uri.port_u16().unwrap_or(80);
        let host_header = HeaderValue::try_from(format!("{host}:{port}"))
            .map_err(|error| format!("no host: {error}"))?;
        let base_path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            host_header,
            vote_target: target(&base_path, "/vote"),
            base_path,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host_header.to_str().unwrap_or(&self.host);
        write!(formatter, "http://{host}{}", self.base_path)
    }
}

impl Origin {
    /// The value of the `Host` header.
    pub(crate) fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    /// The request target of `POST /vote`.
    pub(crate) fn vote_target(&self) -> &Uri {
        &self.vote_target
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let stream = timeout(
            CONNECT_WITHIN,
            TcpStream::connect((self.host.as_str(), self.port)),
        )
        .await
        .map_err(|_| format!("no connection within {} s", CONNECT_WITHIN.as_secs()))?
        .map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| reasons(&error))?;
        // The sender also gets any error from here.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// `GET` on a new connection, for rare requests.
    pub(crate) async fn get(
        &self,
        path: &str,
        accept: &'static str,
    ) -> Result<Response<Incoming>, String> {
        let mut sender = self.connect().await?;
        let mut request = Request::new(Full::default());
        *request.uri_mut() = target(&self.base_path, path);
        let headers = request.headers_mut();
        headers.insert(HOST, self.host_header.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        sender
            .send_request(request)
            .await
            .map_err(|error| reasons(&error))
    }

    /// The status and the body of a `GET`.
    pub(crate) async fn get_text(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let answer = async {
            let response = self.get(path, "application/json").await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST_ANSWER)
                .collect()
                .await
                .map_err(|error| error.to_string())?;
            Ok((status, body.to_bytes()))
        };
        timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())))
    }
}

fn target(base_path: &str, path: &str) -> Uri {
    // The halves were parsed or are constants, so this does not fail; if it did, `/` would get an error response.
    Uri::try_from(format!("{base_path}{path}")).unwrap_or_default()
}

/// An error and all its causes, on one line.
pub(crate) fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_printed_as_it_was_given() {
        for text in [
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "http://example.org:80/api",
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
        let slash: Origin = "http://a:1/".parse().unwrap();
        assert_eq!(slash.vote_target(), "/vote");
    }

    #[test]
    fn what_the_crowd_cannot_speak_is_refused() {
        for text in ["https://a", "a:1", "", "http://", "http://a/?b", "ftp://a"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
