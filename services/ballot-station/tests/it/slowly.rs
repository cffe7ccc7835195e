//! Files that arrive slowly.

use futures_util::StreamExt as _;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;

use crate::world::{form, guid};

/// Sends half of a file, and waits for the answer.
pub(crate) async fn half_a_file(url: String, token: String) -> StatusCode {
    let file = format!("{},1\n", guid(1));
    send_in_halves(url, token, &file, std::future::pending()).await
}

/// Sends half of a file, and the rest after a pause. Disconnects when it is dropped.
pub(crate) async fn send_in_halves(
    url: String,
    token: String,
    file: &str,
    pause: impl Future<Output = ()> + Send + 'static,
) -> StatusCode {
    let (content_type, mut body) = form("file", Some("f.csv"), file);
    let rest = body.split_off(body.len() / 2);
    let frame = |bytes| Ok::<_, std::io::Error>(Frame::data(Bytes::from(bytes)));
    let half = stream::once(async move { frame(body) });
    let rest = stream::once(async move {
        pause.await;
        frame(rest)
    });
    let request = Request::post("/vote")
        .header("host", &url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", content_type)
        .body(StreamBody::new(half.chain(rest)))
        .unwrap();
    let stream = tokio::net::TcpStream::connect(url).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::select! {
        answer = sender.send_request(request) => answer.unwrap().status(),
        ended = connection => panic!("the connection ended: {ended:?}"),
    }
}
