//! An honest hall: everything that happens is expected.

use std::io::Write;

use crate::hall::{Fault, Hall};
use crate::{run, try_interrupted_run, try_run, voters};

const SERBIA: &str = include_str!("../../scenarios/serbia-2023.toml");

#[actix_web::test]
async fn a_crowd_of_all_kinds_at_an_honest_hall_is_exactly_right() {
    let hall = Hall::with_scenario(400, Fault::None, SERBIA);
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/serbia-2023.toml");
    let kinds = [
        "--duplicates",
        "10",
        "--unknown",
        "5",
        "--malformed",
        "7.5",
        "--scenario",
        scenario,
    ];
    let report = run(&hall, &voters(400), &kinds).await;
    assert!(report.exact, "{report}");
    assert_eq!(report.exit_code(), 0);
    assert_eq!(
        (report.accepted, report.counted, report.lost, report.double),
        (400, 400, 0, 0)
    );
    assert_eq!(report.sent, 400 + 40 + 20 + 30);
    let refused: Vec<(&str, u64)> = report
        .refused
        .iter()
        .map(|(kind, count)| (&**kind, *count))
        .collect();
    assert_eq!(
        refused,
        [
            ("already-voted", 40),
            ("malformed", 30),
            ("not-on-the-roll", 20)
        ]
    );
    assert_eq!((report.failed, report.retried, report.unseen), (0, 0, 0));
    assert!(
        hall.votes()[0] > hall.votes()[1],
        "the odds are those of the scenario"
    );
}

#[actix_web::test]
async fn choices_depend_on_the_seed_alone() {
    let (one, two, other) = (
        Hall::open(100, Fault::None),
        Hall::open(100, Fault::None),
        Hall::open(100, Fault::None),
    );
    run(&one, &voters(100), &["--rate", "100000"]).await;
    // In two parts, over other connections.
    run(&two, &voters(100), &["--skip", "60", "--connections", "1"]).await;
    run(&two, &voters(60), &["--duplicates", "3"]).await;
    run(&other, &voters(100), &["--seed", "2"]).await;
    assert_eq!(one.votes(), two.votes());
    assert_ne!(one.votes(), other.votes());
}

#[actix_web::test]
async fn a_second_run_goes_on_where_the_first_ended() {
    let hall = Hall::open(100, Fault::None);
    let first = run(&hall, &voters(100), &["--rate", "40", "--duration", "1"]).await;
    assert_eq!((first.accepted, first.exact), (40, true), "{first}");
    let second = run(&hall, &voters(100), &["--skip", "40", "--election", "7"]).await;
    assert_eq!(
        (second.accepted, second.counted, second.exact),
        (60, 60, true),
        "{second}"
    );
    let third = run(&hall, &voters(100), &[]).await;
    assert_eq!(
        (third.accepted, third.unexpected["already-voted"]),
        (0, 100)
    );
    assert_eq!(third.exit_code(), 1);
}

#[actix_web::test]
async fn one_connection_is_enough_for_those_who_try_again_at_once() {
    let hall = Hall::open(20, Fault::None);
    let report = run(
        &hall,
        &voters(20),
        &["--connections", "1", "--duplicates", "100"],
    )
    .await;
    assert!(report.exact, "{report}");
    assert_eq!(report.refused["already-voted"], 20);
}

#[actix_web::test]
async fn a_scenario_of_another_election_is_refused_before_anybody_votes() {
    let hall = Hall::open(20, Fault::None);
    let mut scenario = tempfile::NamedTempFile::new().unwrap();
    write!(scenario, "{SERBIA}").unwrap();
    let path = scenario.path().to_str().unwrap();
    let error = try_run(&hall, &voters(20), &["--scenario", path])
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().contains("is not on its ballot"),
        "{error}"
    );
    assert_eq!(hall.votes(), [0, 0, 0]);
}

#[actix_web::test]
async fn who_asks_to_stop_gets_a_report_of_what_was_sent() {
    let hall = Hall::open(1_000, Fault::None);
    let slowly = ["--rate", "50", "--duplicates", "50"];
    let report = try_interrupted_run(&hall, &voters(1_000), &slowly, 1)
        .await
        .unwrap();
    assert!(report.exact, "{report}");
    assert!(report.accepted < 1_000);
    assert_eq!(report.accepted, hall.votes().iter().sum::<u64>());
}

#[actix_web::test]
async fn an_election_that_the_feed_does_not_know_is_said() {
    let hall = Hall::open(10, Fault::None);
    let error = try_run(&hall, &voters(10), &["--election", "8"])
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("no-such-election"), "{error}");
}
