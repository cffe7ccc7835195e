//! How large a file may be, and how long it may take.

use ballot_log::Act;
use hyper::StatusCode;

use crate::slowly::half_a_file;
use crate::tokens::{self, OFFICIAL};
use crate::world::{WAIT_LIMIT, World, file, form};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_as_large_as_the_limit_and_no_larger() {
    let world = World::open(devstack::shared().await).await;
    let station = world
        .start_with(&["--file-bytes", "100000", "--file-lines", "2000"])
        .await;
    let too_large = (413, "file-too-large");
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
    for limit in ["--upload-timeout-s", "--idle-timeout-s"] {
        let station = world.start_with(&[limit, "1"]).await;
        let stalled = half_a_file(station.url.clone(), tokens::official());
        let answered = tokio::time::timeout(WAIT_LIMIT, stalled).await.unwrap();
        assert_eq!(answered, StatusCode::REQUEST_TIMEOUT, "{limit}");
    }
    assert_eq!(world.size(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_keeps_nobody_from_the_log() {
    let world = World::open(devstack::shared().await).await;
    let limits = ["--files", "1", "--uploads", "4", "--place-timeout-s", "1"];
    let station = world.start_with(&limits).await;
    let file = file((0..10).map(|number| (number, 1)));
    let begin = |official: &str| {
        let token = tokens::official_called(official);
        tokio::spawn(half_a_file(station.url.clone(), token))
    };
    let until = async |official: &str, status: u16| {
        let token = tokens::official_called(official);
        let answered = async {
            loop {
                let answer = station.send_as(&token, &file).await;
                if answer.status == status {
                    return answer;
                }
            }
        };
        tokio::time::timeout(WAIT_LIMIT, answered).await.unwrap()
    };

    // Two of the four permits are one official's share.
    let slow = [begin("slow@example.org"), begin("slow@example.org")];
    let busy = until("slow@example.org", 503).await;
    assert_eq!(busy.problem(), (503, "busy"));
    assert_eq!(busy.headers["retry-after"], "5");
    assert_eq!(station.send(&file).await.status, 200);

    let slower = [begin("slower@example.org"), begin("slower@example.org")];
    until("slower@example.org", 503).await;
    assert_eq!(station.send(&file).await.problem(), (503, "busy"));

    // Disconnecting returns the permit.
    slow.into_iter()
        .chain(slower)
        .for_each(|sending| sending.abort());
    assert_eq!(station.send(&file).await.status, 200);
    until("slow@example.org", 200).await;
    let acts = world.acts_at_least(4).await;
    let told = |act: &&Act| act.outcome == "failure" && act.who == OFFICIAL;
    let busy = acts.iter().find(told).unwrap().detail.as_deref();
    let busy = busy.unwrap();
    assert!(busy.starts_with("busy: Too many files are here."), "{busy}");
}

/// `cargo test --release -p ballot-station a_million -- --nocapture` says how long it takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_are_recorded() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = file((0..1_000_000).map(|number| (number, number % 3 + 1)));
    let started = std::time::Instant::now();
    assert_eq!(station.send(&file).await.exactly(), (200, ""));
    eprintln!("{} MB in {:?}", file.len() / 1_000_000, started.elapsed());
    assert_eq!(world.size(), 1_000_000);
}
