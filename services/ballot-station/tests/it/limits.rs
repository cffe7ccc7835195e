//! How large a file may be, and how long it may take.

use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;

use crate::tokens;
use crate::world::{World, file, form, guid};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_as_large_as_the_limit_and_no_larger() {
    let world = World::open(devstack::shared().await).await;
    let station = world
        .start_with(&["--file-bytes", "100000", "--file-lines", "2000"])
        .await;
    let too_large = (413, "file-too-large".to_owned());
    let full = file((0..2000).map(|number| (number, 1)));
    let lines = file((0..2001).map(|number| (number, 1)));
    assert_eq!(station.send(&lines).await.problem(), too_large);
    assert_eq!(world.size(), 0);
    assert_eq!(station.send(&full).await.status, 200);
    assert_eq!(world.size(), 2000);

    let blanks = |bytes: usize| format!("{full}{}", " ".repeat(bytes - full.len()));
    assert_eq!(station.send(blanks(100_000)).await.status, 200);
    assert_eq!(station.send(blanks(100_001)).await.problem(), too_large);
    assert_eq!(station.send(blanks(30_000_000)).await.problem(), too_large);
    let (content_type, body) = form("other", Some("f"), " ".repeat(2_000_000));
    let answer = station
        .post(&tokens::official(), Some(&content_type), body)
        .await;
    assert_eq!(answer.problem(), too_large);

    assert_eq!(world.size(), 4000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_arrive_is_given_up() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start_with(&["--upload-timeout-s", "1"]).await;
    let (content_type, body) = form("file", Some("f.csv"), format!("{},1\n", guid(1)));
    let stream = tokio::net::TcpStream::connect(&station.url).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let half = Frame::data(Bytes::copy_from_slice(&body[..body.len() / 2]));
    let half = futures_util::stream::once(async { Ok::<_, std::io::Error>(half) });
    let stalled = futures_util::StreamExt::chain(half, futures_util::stream::pending());
    let request = Request::post("/vote")
        .header("host", &station.url)
        .header("authorization", format!("Bearer {}", tokens::official()))
        .header("content-type", content_type)
        .body(StreamBody::new(stalled))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(world.size(), 0);
}

/// `cargo test --release -p ballot-station a_million -- --nocapture` says how long it takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_are_recorded() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = file((0..1_000_000).map(|number| (number, number % 3 + 1)));
    let started = std::time::Instant::now();
    assert_eq!(station.send(&file).await.text(), (200, ""));
    eprintln!("{} MB in {:?}", file.len() / 1_000_000, started.elapsed());
    assert_eq!(world.size(), 1_000_000);
}
