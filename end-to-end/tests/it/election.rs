//! A small election through every service.

use tokio::process::Command;

use end_to_end::night::{Night, is_alive, program, report};

#[tokio::test(flavor = "multi_thread")]
async fn every_vote_is_counted_once_and_everything_stops_when_asked() {
    let night = Night::begin(1500, &[]).await;
    let options = [
        "--rate",
        "500",
        "--duplicates",
        "5",
        "--unknown",
        "3",
        "--malformed",
        "2",
    ];
    let (status, counted) = report(night.crowd(&options)).await;
    assert!(status.success(), "{counted}");
    assert_eq!(counted["accepted"], 1500);
    assert_eq!(counted["counted"], 1500);
    assert_eq!(
        (&counted["lost"], &counted["double"], &counted["failed"]),
        (&0.into(), &0.into(), &0.into())
    );
    let refused = counted["refused"].as_object().unwrap();
    assert!(
        refused.keys().any(|reason| reason == "already-voted")
            && refused.keys().any(|reason| reason == "not-on-the-roll")
    );

    let (status, state) = night.end().await;
    assert!(status.success());
    for process in &state.processes {
        assert!(!is_alive(process.pid), "{} survived", process.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_from_the_first_record_comes_out_the_same() {
    let night = Night::begin(300, &["--partitions", "3"]).await;
    let (status, counted) = report(night.crowd(&["--rate", "1000"])).await;
    assert!(status.success(), "{counted}");
    let state = night.state();
    let database = &state.database_urls["election_process"];
    // Even if it is killed, what it has counted is stored soon.
    night.kill("tally-stream").await;
    let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let stored = || async {
        let sql = "SELECT coalesce(sum(votes), 0)::bigint FROM election_totals";
        client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    let wait = async {
        while stored().await < 300 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(end_to_end::night::TIMEOUT, wait)
        .await
        .unwrap();
    let recount = Command::new(program("tally-stream"))
        .args([
            "recount",
            "--election",
            &state.election.unwrap().to_string(),
            "--kafka-brokers",
            &state.kafka_brokers,
        ])
        .args(["--database-url", database])
        .output()
        .await
        .unwrap();
    assert!(
        recount.status.success(),
        "{}",
        String::from_utf8_lossy(&recount.stderr)
    );
    assert_eq!(
        String::from_utf8(recount.stdout).unwrap().lines().count(),
        3
    );
    night.end().await;
}
