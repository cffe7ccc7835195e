//! Halls that count wrong: the crowd must notice every kind of error.

use crate::hall::{Fault, Hall};
use crate::{run, voters};

#[actix_web::test]
async fn a_lost_vote_is_found() {
    let hall = Hall::open(100, Fault::Loses(50));
    let report = run(&hall, &voters(100), &["--settle", "1"]).await;
    assert_eq!(
        (report.accepted, report.counted, report.lost, report.double),
        (100, 98, 2, 0)
    );
    assert_eq!(report.unseen, 2);
    assert_eq!(report.exit_code(), 1);
    assert!(report.to_string().contains("had not caught up"), "{report}");
}

#[actix_web::test]
async fn a_vote_counted_twice_is_found() {
    let hall = Hall::open(100, Fault::CountsTwice(25));
    let report = run(&hall, &voters(100), &[]).await;
    assert_eq!(
        (report.accepted, report.counted, report.lost, report.double),
        (100, 104, 0, 4)
    );
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn a_vote_counted_for_somebody_else_is_found() {
    let hall = Hall::open(100, Fault::Swaps(100));
    let report = run(&hall, &voters(100), &[]).await;
    assert_eq!(
        (report.accepted, report.counted, report.lost, report.double),
        (100, 100, 1, 1)
    );
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn an_accepted_vote_that_the_count_rejects_is_found() {
    let hall = Hall::open(100, Fault::Rejects(100));
    let report = run(&hall, &voters(100), &["--settle", "1"]).await;
    assert_eq!((report.lost, report.double, report.exit_code()), (1, 0, 1));
    assert!(
        report.to_string().contains("Election is not open."),
        "{report}"
    );
}

#[actix_web::test]
async fn a_voter_who_is_accepted_twice_is_found_though_counted_once() {
    let hall = Hall::open(100, Fault::AcceptsAgain);
    let report = run(&hall, &voters(100), &["--duplicates", "5"]).await;
    assert_eq!(
        (report.accepted, report.counted, report.lost, report.double),
        (100, 100, 0, 0)
    );
    assert_eq!(report.unexpected["accepted-duplicate"], 5);
    assert_eq!(
        report.sent,
        report.accepted + report.refused.values().sum::<u64>()
    );
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn seats_that_do_not_follow_from_the_votes_are_found() {
    let hall = Hall::open(100, Fault::GivesSeatsAway);
    let mut scenario = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut scenario, crate::hall::SCENARIO.as_bytes()).unwrap();
    let report = run(
        &hall,
        &voters(100),
        &["--scenario", scenario.path().to_str().unwrap()],
    )
    .await;
    assert_eq!((report.lost, report.double, report.exit_code()), (0, 0, 1));
    assert!(report.to_string().contains("seats, but has"), "{report}");
}

#[actix_web::test]
async fn votes_that_are_not_published_are_not_called_exact() {
    let hall = Hall::open(100, Fault::Hides);
    let report = run(&hall, &voters(100), &["--settle", "1"]).await;
    assert_eq!((report.counted, report.lost, report.double), (100, 0, 0));
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn an_answer_that_nobody_should_get_is_found() {
    let hall = Hall::open(100, Fault::Closed);
    let report = run(&hall, &voters(100), &["--duplicates", "10"]).await;
    assert_eq!(
        (report.accepted, report.unexpected["no-open-election"]),
        (0, 100)
    );
    assert_eq!(report.exit_code(), 1);
}
