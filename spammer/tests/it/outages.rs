//! Halls that cannot be reached, or do not answer: sending again makes the count exact, giving up does not.

use crate::hall::{Fault, Hall};
use crate::proxy::{Failure, proxy};
use crate::{run, try_run, voters};

#[actix_web::test]
async fn sending_again_through_a_network_that_loses_answers_is_exact() {
    let hall = Hall::open(300, Fault::None);
    let url = proxy(hall.url(), Failure::EveryAnswer(10)).await;
    let report = run(&hall, &voters(300), &["--url", &url, "--retries"]).await;
    assert!(report.exact, "{report}");
    assert!(report.retried > 10);
    assert_eq!((report.accepted, report.counted), (300, 300));
}

#[actix_web::test]
async fn giving_up_leaves_votes_of_which_nobody_knows_and_says_so() {
    let hall = Hall::open(300, Fault::None);
    let url = proxy(hall.url(), Failure::EveryAnswer(10)).await;
    let report = run(&hall, &voters(300), &["--url", &url]).await;
    assert!(report.failed >= 10, "{report}");
    assert_eq!(report.failed, report.uncertain);
    // They happen to be counted, which is neither lost nor double.
    assert_eq!((report.lost, report.double, report.counted), (0, 0, 300));
    assert_eq!(report.sent, report.accepted + report.failed);
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn an_instance_that_dies_and_comes_back_costs_no_vote() {
    let hall = Hall::open(300, Fault::None);
    let url = proxy(hall.url(), Failure::Outage(100)).await;
    let report = run(&hall, &voters(300), &["--url", &url, "--retries"]).await;
    assert!(report.exact, "{report}");
    assert!(report.retried > 0);
}

#[actix_web::test]
async fn what_one_instance_does_not_answer_another_does() {
    let hall = Hall::open(300, Fault::None);
    let url = proxy(hall.url(), Failure::EveryAnswer(5)).await;
    let urls = [
        "--url",
        &url,
        "--url",
        hall.url(),
        "--retries",
        "--duplicates",
        "10",
    ];
    let report = run(&hall, &voters(300), &urls).await;
    assert!(report.exact, "{report}");
}

#[actix_web::test]
async fn a_503_is_tried_again() {
    let hall = Hall::open(300, Fault::Unavailable(7));
    let report = run(&hall, &voters(300), &["--retries"]).await;
    assert!(report.exact, "{report}");
    assert!(report.retried >= 300 / 7);
}

#[actix_web::test]
async fn a_503_that_was_recorded_all_the_same_is_accepted_when_sent_again() {
    let hall = Hall::open(300, Fault::Unsure(30));
    let report = run(&hall, &voters(300), &["--retries"]).await;
    assert!(report.exact, "{report}");
    assert_eq!((report.accepted, report.retried), (300, 10));
    assert!(report.refused.is_empty());
}

#[actix_web::test]
async fn patience_ends() {
    let hall = Hall::open(10, Fault::Unavailable(1));
    let report = run(&hall, &voters(10), &["--retries", "--give-up", "0"]).await;
    assert_eq!(
        (report.failed, report.uncertain, report.accepted),
        (10, 10, 0)
    );
    assert_eq!(report.exit_code(), 1);
}

#[actix_web::test]
async fn nobody_there_is_said_at_once() {
    let hall = Hall::open(10, Fault::None);
    let port_of_nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("http://{port_of_nobody}");
    let error = try_run(&hall, &voters(10), &["--url", &url])
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("Cannot reach vote-ingest at"),
        "{error}"
    );
    assert_eq!(error.exit_code(), 1);
}
