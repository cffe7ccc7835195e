//! What the page shows: asked of dashboard-feed, or of the gateway before it.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use ballot_log::ElectionId;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where the page is.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// `host:port`.
    authority: String,
    /// What stands before `/api`.
    path: String,
}

impl Page {
    /// # Errors
    /// Where it is no URL that begins with `http://`.
    pub(super) fn at(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
        ensure!(
            uri.scheme_str() == Some("http"),
            "--page {url}: only http:// is known; ask dashboard-feed itself, not through TLS"
        );
        let host = uri.host().context("the URL of the page names no host")?;
        Ok(Self {
            authority: format!("{host}:{}", uri.port_u16().unwrap_or(80)),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The result of an election; `null` where it shows none.
    ///
    /// # Errors
    /// Where it does not answer, or something else.
    pub(super) async fn result(&self, election: ElectionId) -> anyhow::Result<Value> {
        let Self { authority, path } = self;
        let path = format!("{path}/api/elections/{election}/results");
        let (status, body) = timeout(TIMEOUT, self.get(&path))
            .await
            .with_context(|| format!("the page at {authority} does not answer"))?
            .with_context(|| format!("cannot ask the page at {authority}"))?;
        match status {
            StatusCode::OK => serde_json::from_slice(&body)
                .with_context(|| format!("http://{authority}{path} is no JSON")),
            StatusCode::NOT_FOUND => Ok(Value::Null),
            status => bail!("http://{authority}{path} answers {status}"),
        }
    }

    async fn get(&self, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = Request::get(path)
            .header("host", &self.authority)
            .body(Empty::<Bytes>::new())?;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok((head.status, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_a_url_without_encryption() {
        for (url, authority, path) in [
            ("http://127.0.0.1:8501", "127.0.0.1:8501", ""),
            ("http://urna.example/", "urna.example:80", ""),
            ("http://urna.example/page/", "urna.example:80", "/page"),
        ] {
            let page = Page::at(url).unwrap();
            assert_eq!(
                (page.authority.as_str(), page.path.as_str()),
                (authority, path)
            );
        }
        for url in ["https://urna.example", "127.0.0.1:8501", "/page", ""] {
            assert!(Page::at(url).is_err(), "{url}");
        }
    }
}
