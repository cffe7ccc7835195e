//! The program on the command line.

use std::process::Output;

use jiff::SignedDuration;
use serde_json::{Value, json};
use service_database::settings::DEVELOPMENT_DATABASE_PASSWORD;
use test_kit::until;
use tokio::process::Command;

use crate::world::{World, closed};

async fn run(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_election-admin"))
        .args(arguments)
        .env("KAFKA_BROKERS", world.stack.kafka_brokers())
        .env("KAFKA_TOPIC_PREFIX", &world.log.kafka.topic_prefix)
        .env("DATABASE_URL", &world.database_url)
        .output()
        .await
        .unwrap()
}

async fn says(world: &World, arguments: &[&str]) -> String {
    let output = run(world, arguments).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

async fn fails(world: &World, arguments: &[&str]) -> String {
    let output = run(world, arguments).await;
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_becomes_an_election_like_any_other() {
    let world = World::new().await;
    says(&world, &["migrate"]).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("scenario.toml");
    let scenario = |names: [&str; 2]| {
        let [one, other] = names;
        let text = format!(
            "title = \"Assembly\"\nindividual = false\n[rules]\nmethod = \"dhondt\"\nseats = 5\ntie = \"lot\"\n[[participants]]\nname = \"{one}\"\n[[participants]]\nname = \"{other}\"\nexempt = true\n"
        );
        std::fs::write(&file, text).unwrap();
    };
    let path = file.display().to_string();
    scenario(["A", "A"]);
    let error = fails(&world, &["create", "--scenario", &path, "--open"]).await;
    assert!(error.contains("two participants are called «A»"), "{error}");
    scenario(["A", "B"]);
    let created = says(&world, &["create", "--scenario", &path, "--open"]).await;
    let definition: Value = serde_json::from_str(&created).unwrap();
    assert_eq!(definition["id"], 1);
    assert_eq!(definition["participants"][1]["exempt"], true);
    let error = fails(&world, &["create", "--scenario", &path, "--open"]).await;
    assert!(error.contains("only one can be open"), "{error}");
    assert_eq!(
        says(&world, &["republish"]).await,
        "1 elections published\n"
    );
    assert_eq!(
        says(&world, &["participants"]).await,
        "   1  party   A\n   2  party   B\n"
    );
    let listed = says(&world, &["elections"]).await;
    assert!(listed.ends_with("Assembly: A, B\n"), "{listed}");
    let cancelled = says(&world, &["cancel", "--election", "1"]).await;
    assert!(
        cancelled.starts_with("election 1 is cancelled since "),
        "{cancelled}"
    );
    assert_eq!(
        says(&world, &["cancel", "--election", "1"]).await,
        cancelled
    );
    let listed = says(&world, &["elections"]).await;
    assert!(listed.ends_with("CANCELLED: Assembly: A, B\n"), "{listed}");
    let table = says(&world, &["results", "1"]).await;
    assert!(table.ends_with(": it has no result\n"), "{table}");
    let error = fails(&world, &["cancel", "--election", "2"]).await;
    assert!(error.contains("there is no such election"), "{error}");
    let audited = says(&world, &["verify-audit"]).await;
    assert!(
        audited.starts_with("the audit log is whole: 3 acts"),
        "{audited}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_printed_and_checked() {
    let world = World::new().await;
    let admin = world.start().await;
    let asked = [
        "health",
        "--admin-listen",
        &admin.running.admin_address.to_string(),
    ];
    says(&world, &asked).await;
    admin
        .election(true, SignedDuration::from_secs(-1), json!({}))
        .await;
    assert!(
        fails(&world, &["results", "9"])
            .await
            .contains("there is no election 9")
    );
    assert!(
        fails(&world, &["verify-result", "1"])
            .await
            .contains("is not final")
    );
    assert!(
        says(&world, &["results", "1"])
            .await
            .contains("so far: 0 votes counted")
    );
    world.count(1, 0, 9, closed(&[(1, 5), (2, 6)])).await;
    world.count(1, 1, 9, closed(&[(1, 2)])).await;
    until("the result is final", async || {
        admin.get("/elections/1/turnout", None).await.status == 200
    })
    .await;
    let table = says(&world, &["results", "1"]).await;
    assert!(
        table.contains("final: 13 votes counted") && table.contains("elected"),
        "{table}"
    );
    let printed: Value =
        serde_json::from_str(&says(&world, &["results", "1", "--json"]).await).unwrap();
    assert_eq!(
        printed,
        admin.read("/elections/1/results.json").await.json()
    );
    let verified = says(&world, &["verify-result", "1"]).await;
    assert!(
        verified.contains(printed["sha256"].as_str().unwrap()),
        "{verified}"
    );
    // Nobody has more votes than the other.
    admin
        .election(
            true,
            SignedDuration::from_secs(-1),
            json!({"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}),
        )
        .await;
    world.count(2, 0, 9, closed(&[(1, 5), (2, 5)])).await;
    world.count(2, 1, 9, closed(&[])).await;
    until("the result is final", async || {
        admin.get("/elections/2/turnout", None).await.status == 200
    })
    .await;
    let lots = |order| {
        let drawn = [
            "--drawn-by",
            "The commission",
            "--drawn-at",
            "2020-01-03T10:00:00Z",
        ];
        [&["lots", "--election", "2", "--order", order][..], &drawn].concat()
    };
    let decided = says(&world, &lots("2,1")).await;
    assert!(
        decided.starts_with("election 2 is decided by lots, sha256 "),
        "{decided}"
    );
    assert_eq!(says(&world, &lots("2,1")).await, decided);
    let error = fails(&world, &lots("1,2")).await;
    assert!(error.contains("other lots have decided"), "{error}");
    let verified = says(&world, &["verify-result", "2"]).await;
    let hash = decided.trim_end().rsplit_once(' ').unwrap().1;
    assert!(
        verified.lines().count() == 2 && verified.contains(hash),
        "{verified}"
    );
    let table = says(&world, &["results", "2"]).await;
    assert!(
        table.contains('B')
            && table.contains("lots drawn by The commission at 2020-01-03T10:00:00Z"),
        "{table}"
    );
    admin.running.stop().await;
    assert!(!fails(&world, &asked).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn production_starts_with_no_default_secret() {
    let world = World::new().await;
    let error = fails(
        &world,
        &["run", "--urna-env", "production", "--listen", "127.0.0.1:0"],
    )
    .await;
    assert!(error.contains("JWT_SECRET"), "{error}");
    let known = ["--database-password", DEVELOPMENT_DATABASE_PASSWORD];
    let own = ["--jwt-secret", "0123456789abcdef0123456789abcdef"];
    let production = ["run", "--urna-env", "production", "--listen", "127.0.0.1:0"];
    let error = fails(&world, &[&production[..], &own, &known].concat()).await;
    assert!(error.contains("DATABASE_PASSWORD"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topics_may_be_made_again_but_not_otherwise() {
    let world = World::new().await;
    let prefix = format!("{}again.", world.log.kafka.topic_prefix);
    let topics = |partitions| {
        [
            "topics",
            "--topic-prefix",
            &prefix,
            "--partitions",
            partitions,
        ]
    };
    says(&world, &topics("2")).await;
    says(&world, &topics("2")).await;
    let error = fails(&world, &topics("3")).await;
    assert!(error.contains("ask for 2"), "{error}");
}
