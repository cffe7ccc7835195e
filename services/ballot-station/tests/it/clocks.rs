//! Kafka's clock decides whether a ballot is in time, and the act records that decision.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::slowly::send_in_halves;
use crate::tokens;
use crate::world::{WAIT_LIMIT, World, file};

const LINES: u32 = 200_000;

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_come_after_the_end_are_counted_in_the_act() {
    let world = World::on(devstack::shared().await).await;
    let station = world.start().await;
    let file = file((0..u128::from(LINES)).map(|number| (number, 1)));
    // An election does not reliably end in the middle of a file, so this repeats until one does.
    let ended_half_way = async {
        for id in 0.. {
            let (hour_ago, soon) = (SignedDuration::from_hours(-1), SignedDuration::from_secs(2));
            let election = world.define(id, hour_ago, soon).await;
            let nearly = election.definition().end - SignedDuration::from_millis(500);
            reached(nearly).await;
            assert_eq!(station.send(&file).await.exactly(), (200, ""));
            let mut times = world.timed_records();
            times.retain(|(_, record)| record.election == id);
            let recorded = times.len();
            times.retain(|(time_ms, _)| election.has_ended_at(*time_ms));
            if (1..recorded).contains(&times.len()) {
                return (id, times.len());
            }
        }
        unreachable!()
    };
    let ended_half_way = tokio::time::timeout(WAIT_LIMIT, ended_half_way).await;
    let (id, late) = ended_half_way.unwrap();
    let acts = world.acts_at_least(1).await;
    let act = acts.iter().rfind(|act| act.election == Some(id)).unwrap();
    assert_eq!(act.outcome, "success");
    let detail = format!("{late} of {LINES} lines came after the end.");
    assert_eq!(act.detail, Some(detail));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_the_election_that_is_open_when_all_of_it_has_arrived() {
    let world = World::on(devstack::shared().await).await;
    let station = world.start().await;
    let (soon, later) = (SignedDuration::from_secs(4), SignedDuration::from_hours(1));
    let election = world.define(7, soon, later).await;
    let file = file([(1, 1), (2, 1)].into_iter());
    let start = reached(election.definition().start);
    let answered = send_in_halves(station.url.clone(), tokens::official(), &file, start).await;
    assert_eq!(answered, 200);
    assert_eq!(world.size(), 2);
    assert_eq!(world.acts(2).await[1].detail, None);
}

async fn reached(time: Timestamp) {
    while Timestamp::now() < time {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_election_that_is_about_to_open_is_tried() {
    let world = World::on(devstack::shared().await).await;
    let station = world.start().await;
    let (soon, later) = (
        SignedDuration::from_millis(1_500),
        SignedDuration::from_hours(1),
    );
    let election = world.define(7, soon, later).await;
    // By a clock that is a second fast, it has opened.
    assert_eq!(
        station
            .send(file([(1, 1), (2, 1)].into_iter()))
            .await
            .exactly(),
        (200, "")
    );
    let records = world.timed_records();
    assert_eq!(records.len(), 2);
    let early = |(time_ms, _): &&(i64, _)| !election.is_open_at(*time_ms);
    let early = records.iter().filter(early).count();
    let acts = world.acts(2).await;
    let (outcome, detail) = match early {
        0 => ("success", None),
        1 => (
            "success",
            Some("1 of 2 lines came before the election was open."),
        ),
        _ => (
            "discarded",
            Some("2 of 2 lines came before the election was open."),
        ),
    };
    assert_eq!(
        (acts[1].outcome.as_str(), acts[1].detail.as_deref()),
        (outcome, detail)
    );
    assert_eq!(acts[1].election, Some(7));
}
