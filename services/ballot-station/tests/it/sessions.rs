//! Officials whose session has ended.

use std::sync::atomic::{AtomicU64, Ordering};

use ballot_log::EndedSession;
use ballot_log::ended_sessions::Teller;
use hyper::StatusCode;
use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::slowly::send_in_halves;
use crate::tokens::{claims, signed};
use crate::world::{World, guid};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_uploads_nothing_at_any_station() {
    let world = World::open(devstack::shared().await).await;
    let stations = [world.start().await, world.start().await];
    let (account, session) = (Uuid::new_v4(), Uuid::new_v4());
    let mut claims = claims();
    claims.jti = format!("{account}.{session}.{}", Uuid::new_v4());
    let token = signed(&claims);
    let file = |ballot: u128| format!("{},1\n", guid(ballot));
    let at_once = |url: &str, ballot: u128| {
        let (url, token, file) = (url.to_owned(), token.clone(), file(ballot));
        async move { send_in_halves(url, token, &file, std::future::ready(())).await }
    };
    assert_eq!(at_once(&stations[0].url, 1).await, StatusCode::OK);
    // A file that is half here when the account is revoked.
    let (resume, resumed) = oneshot::channel::<()>();
    let (url, half_token, half_file) = (stations[0].url.clone(), token.clone(), file(2));
    let arriving = tokio::spawn(async move {
        let pause = async move { resumed.await.unwrap() };
        send_in_halves(url, half_token, &half_file, pause).await
    });

    let teller = Teller::open(world.stack.kafka_brokers(), &world.topics).unwrap();
    let ended = EndedSession {
        id: session.to_string(),
        until: Timestamp::now().as_second() + 3_600,
    };
    teller.tell(&ended).await.unwrap();
    for (number, station) in stations.iter().enumerate() {
        let ballots = AtomicU64::new(100 * (number as u64 + 1));
        test_kit::until("it hears of it", async || {
            let ballot = ballots.fetch_add(1, Ordering::Relaxed);
            at_once(&station.url, ballot.into()).await == StatusCode::UNAUTHORIZED
        })
        .await;
    }
    resume.send(()).unwrap();
    assert_eq!(arriving.await.unwrap(), StatusCode::UNAUTHORIZED);
    let before = world.records().len();
    // Also a station that starts later.
    let late = world.start().await;
    assert_eq!(at_once(&late.url, 3).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.records().len(), before);
}
