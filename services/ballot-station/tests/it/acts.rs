//! Every upload is recorded for the audit log.

use std::time::Duration;

use ballot_log::{Act, Cancellation, elections};
use jiff::SignedDuration;
use test_kit::TIMEOUT;

use crate::tokens::{self, JMBG, OFFICIAL};
use crate::world::{World, file, guid};

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_file_is_an_act_before_its_ballots_and_before_it_is_answered() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = format!("{},1\n{},9\n", guid(1), guid(2));
    assert_eq!(station.send(&file).await.status, 200);
    let acts = world.acts(2).await;
    assert_eq!(acts[0].outcome, Act::RECEIVED);
    assert_eq!((acts[0].election, acts[0].lines), (Some(7), Some(2)));
    assert_eq!(acts[0].batch(), acts[1].batch());
    let act = &acts[1];
    assert_eq!((act.who.as_str(), act.jmbg.as_str()), (OFFICIAL, JMBG));
    assert_eq!((act.role.as_str(), act.what.as_str()), ("official", "vote"));
    assert_eq!(
        (act.outcome.as_str(), act.detail.as_deref()),
        ("success", None)
    );
    assert_eq!((act.election, act.lines), (Some(7), Some(2)));
    assert_eq!(act.address, "127.0.0.1");
    assert_eq!(act.target, "election 7");
    assert_eq!(act.file.as_ref().unwrap().len(), 64);
    let payload = String::from_utf8(act.encode()).unwrap();
    assert!(!payload.contains(&guid(1).to_string()), "no ballots in it");
}

/// Whenever a station is killed.
#[tokio::test(flavor = "multi_thread")]
async fn no_ballot_is_in_the_log_before_the_act_of_its_file() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let file = file((0..100_000).map(|number| (number, 1)));
    let first_ballot = async {
        while world.size() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.acts_at_least(0).await
    };
    let (answer, acts) = tokio::join!(station.send(&file), first_ballot);
    assert_eq!(answer.status, 200);
    assert_eq!(acts[0].outcome, Act::RECEIVED);
    assert_eq!((acts[0].lines, acts[0].election), (Some(100_000), Some(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_says_what_was_recorded() {
    let world = World::open(devstack::shared().await).await;
    let station = world.start().await;
    let sent = format!("{},1\n{},9\n", guid(1), guid(2));
    let answer = station.send(&sent).await;
    assert_eq!(answer.exactly(), (200, ""));
    let acts = world.acts(2).await;
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("urna-file-sha256"), *acts[1].file.as_ref().unwrap());
    assert_eq!(header("urna-batch"), acts[1].batch().unwrap());
    assert_eq!(header("urna-recorded-at"), acts[1].at.to_string());
    for (name, lines) in [
        ("urna-lines", "2"),
        ("urna-lines-too-early", "0"),
        ("urna-lines-too-late", "0"),
    ] {
        assert_eq!(header(name), lines, "{name}");
    }
    assert!(!answer.headers.contains_key("urna-discarded"));
    let empty = station.send("").await;
    assert_eq!(empty.exactly(), (200, ""));
    assert_eq!(empty.headers["urna-lines"], "0");
    assert_eq!(
        empty.headers["urna-discarded"],
        "The file holds no ballots."
    );
    assert!(!empty.headers.contains_key("urna-batch"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_for_a_cancelled_election_is_discarded() {
    let world = World::on(devstack::shared().await).await;
    let hour = SignedDuration::from_hours(1);
    let mut cancelled = world.define(7, -hour, hour).await.definition().clone();
    cancelled.cancelled = Some(Cancellation {
        at: cancelled.created,
        by: "administrator@example.org".to_owned(),
    });
    let brokers = world.stack.kafka_brokers();
    elections::publish(brokers, &world.topics, &[cancelled], TIMEOUT)
        .await
        .unwrap();
    let station = world.start().await;
    let answer = station.send(format!("{},1\n", guid(1))).await;
    assert_eq!(answer.status, 200);
    let act = &world.acts(1).await[0];
    assert_eq!(
        (act.outcome.as_str(), act.detail.as_deref()),
        ("discarded", Some("No election is open."))
    );
    assert!(world.records().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_discarded_is_an_act_as_well() {
    let world = World::on(devstack::shared().await).await;
    let station = world.start_with(&["--file-lines", "2"]).await;
    let good = format!("{},1\n", guid(1));
    station.send(&good).await;
    station.send("").await;
    station.send(file([(1, 1), (2, 0)].into_iter())).await;
    station.send(file((1..=3).map(|number| (number, 1)))).await;
    let refused = station.post(&tokens::official(), None, Vec::new()).await;
    assert_eq!(refused.status, 400);
    let turned_away = station.send_as(&tokens::administrator(), &good).await;
    assert_eq!(turned_away.status, 401);
    assert_eq!(station.send_as("nobody", &good).await.status, 401);
    let shown = |act: &Act| {
        (
            act.outcome.clone(),
            act.detail.clone().unwrap_or_default(),
            act.lines,
            act.file.is_some(),
        )
    };
    let acts = world.acts(6).await;
    let administrators: Vec<_> = acts.iter().filter(|act| act.role != "official").collect();
    assert_eq!(administrators.len(), 1);
    assert_eq!(administrators[0].role, "administrator");
    let mut acts: Vec<_> = acts.iter().map(shown).collect();
    acts.sort();
    let expected = [
        ("discarded", "No election is open.", Some(1), true),
        ("discarded", "The file holds no ballots.", Some(0), true),
        ("refusal", "Field file is missing.", None, false),
        ("refusal", "Incorrect poll number on line 1.", None, true),
        ("refusal", "The role does not allow it.", None, false),
        (
            "refusal",
            "file-too-large: A file has at most 2 lines. Nothing was recorded. Send it in parts.",
            None,
            false,
        ),
    ];
    let expected = expected
        .map(|(outcome, detail, lines, file)| (outcome.to_owned(), detail.to_owned(), lines, file));
    assert_eq!(acts, expected);
}
