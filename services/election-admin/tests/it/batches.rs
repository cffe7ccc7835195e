//! Officials' files: what became of them, taking them back, and results that wait until that is over.

use ballot_log::record::{FileId, Withdrawal};
use ballot_log::{Act, Record, client_config};
use jiff::SignedDuration;
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Value, json};
use service_kit::testing;
use service_kit::token::{Role, TokenKind};
use test_kit::{TIMEOUT, until};

use crate::world::{Admin, World, bearer, closed};

const FILE: &str = "9f2c41d07be35a6800000000000000000000000000000000000000000000abcd";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The act of the official who calls, on a file of ten lines.
fn act(election: u32, outcome: &str) -> Act {
    let claims = testing::claims(Role::Official, TokenKind::Access);
    let address = "192.0.2.7".to_owned();
    let mut act = Act::new(claims.sub, "official", claims.jmbg, "vote", address);
    act.election = Some(election);
    act.file = Some(FILE.to_owned());
    act.lines = Some(10);
    outcome.clone_into(&mut act.outcome);
    if outcome != Act::RECEIVED {
        (act.too_early, act.too_late) = (Some(0), Some(4));
    }
    act
}

/// As ballot stations write it.
async fn note(world: &World, act: &Act) {
    let producer: FutureProducer = client_config(world.stack.kafka_brokers()).create().unwrap();
    let payload = act.encode();
    let topic = &world.log.topics.acts;
    let record = FutureRecord::to(topic).key(&act.who).payload(&payload);
    producer.send(record, TIMEOUT).await.unwrap();
}

/// As tally-stream writes what it has counted of the file.
async fn count_lines(world: &World, partition: i32, lines: [i64; 4]) {
    let client = world.sql().await;
    let checkpoint = "INSERT INTO checkpoints (partition, next_offset, state) VALUES ($1, 9, '')";
    client.execute(checkpoint, &[&partition]).await.unwrap();
    let sql = "INSERT INTO batch_lines VALUES ($1, 1, $2, left($3, 16), $4, $5, $6, $7)";
    let [ballots, repeated, duplicates, invalid] = lines;
    let jmbg = act(1, Act::RECEIVED).jmbg;
    client
        .execute(
            sql,
            &[
                &partition,
                &jmbg,
                &FILE,
                &ballots,
                &repeated,
                &duplicates,
                &invalid,
            ],
        )
        .await
        .unwrap();
}

/// The withdrawals in the log, with their partitions.
fn withdrawals(world: &World) -> Vec<(i32, Withdrawal)> {
    let withdrawal = |message: &OwnedMessage| match Record::decode(message.payload().unwrap()) {
        Ok(Record::Withdrawal(withdrawal)) => Some((message.partition(), withdrawal)),
        _ => None,
    };
    world.log.votes().iter().filter_map(withdrawal).collect()
}

async fn ask(admin: &Admin, role: Role, method: &str, path: &str) -> (u16, Value) {
    let nothing = ("application/json", String::new());
    let answer = admin.call(method, path, Some(&bearer(role)), nothing).await;
    (answer.status.into(), answer.json())
}

async fn finalise(admin: &Admin) -> (u16, Value) {
    ask(admin, Role::Administrator, "POST", "/elections/1/finalise").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_says_what_became_of_each_line() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, HOUR, json!({})).await;
    let received = act(1, Act::RECEIVED);
    let path = format!("/batches/{}", received.batch().unwrap());
    note(&world, &received).await;
    // At once: it is waited for until its act has been copied.
    let (status, report) = ask(&admin, Role::Official, "GET", &path).await;
    assert_eq!((status, &report["state"]), (200, &json!("unfinished")));
    assert_eq!(report["uncounted"], 10);

    // Sent again, and finished.
    note(&world, &received).await;
    note(&world, &act(1, Act::SUCCESS)).await;
    count_lines(&world, 0, [2, 0, 1, 0]).await;
    count_lines(&world, 1, [0, 2, 0, 1]).await;
    until("the file is recorded", async || {
        let (_, report) = ask(&admin, Role::Administrator, "GET", &path).await;
        report["state"] == "recorded"
    })
    .await;
    let (_, report) = ask(&admin, Role::Official, "GET", &path).await;
    let numbers = [
        ("lines", 10),
        ("new_ballots", 2),
        ("repeated", 2),
        ("duplicates", 1),
        ("invalid_poll_numbers", 1),
        ("too_early", 0),
        ("too_late", 4),
        ("uncounted", 0),
    ];
    for (name, number) in numbers {
        assert_eq!(report[name], number, "{name}");
    }
    assert_eq!(
        (&report["sha256"], &report["election"]),
        (&json!(FILE), &json!(1))
    );
    assert_eq!(report["official"], json!(received.who));

    let (_, list) = ask(&admin, Role::Official, "GET", "/batches?election=1").await;
    assert_eq!(list["batches"], json!([report]));
    let (_, list) = ask(&admin, Role::Administrator, "GET", "/batches?election=2").await;
    assert_eq!(list["batches"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_officials_batch_is_none() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, HOUR, json!({})).await;
    let mut received = act(1, Act::RECEIVED);
    "0000000000001".clone_into(&mut received.jmbg);
    note(&world, &received).await;
    let path = format!("/batches/{}", received.batch().unwrap());
    let (status, _) = ask(&admin, Role::Administrator, "GET", &path).await;
    assert_eq!(status, 200);
    for (method, path) in [("GET", path.clone()), ("POST", format!("{path}/withdraw"))] {
        let (status, problem) = ask(&admin, Role::Official, method, &path).await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (404, Some("no-such-batch")),
            "{path}"
        );
    }
    let (_, list) = ask(&admin, Role::Official, "GET", "/batches").await;
    assert_eq!(list["batches"], json!([]));
    let (status, _) = ask(&admin, Role::Official, "GET", "/batches/x").await;
    assert_eq!(status, 404);
    assert!(withdrawals(&world).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_official_withdraws_a_file_while_the_election_is_open() {
    let world = World::new().await;
    let admin = world.start().await;
    admin.election(false, HOUR, json!({})).await;
    let received = act(1, Act::RECEIVED);
    note(&world, &received).await;
    let path = format!("/batches/{}/withdraw", received.batch().unwrap());
    for _ in 0..2 {
        let (status, report) = ask(&admin, Role::Official, "POST", &path).await;
        assert_eq!((status, &report["state"]), (200, &json!("withdrawn")));
        assert_eq!(report["withdrawn"]["in_force"], true);
    }
    let file = FileId::parse(&received.jmbg, &FILE[..16]).unwrap();
    let withdrawal = Withdrawal {
        election: 1,
        number: 1,
        file,
    };
    assert_eq!(withdrawals(&world), [(0, withdrawal), (1, withdrawal)]);
    let sql = "SELECT target FROM audit_log WHERE what = 'withdraw'";
    let rows = world.sql().await.query(sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].get::<_, &str>(0).contains(FILE));

    // Sent again, it is a batch again, and can be withdrawn once more.
    note(&world, &act(1, Act::RECEIVED)).await;
    until("it is received again", async || {
        let path = path.replace("/withdraw", "");
        let (_, report) = ask(&admin, Role::Official, "GET", &path).await;
        report["state"] == "unfinished"
    })
    .await;
    ask(&admin, Role::Official, "POST", &path).await;
    let numbers = withdrawals(&world).into_iter().map(|(_, one)| one.number);
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2, 1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_result_waits_and_files_can_be_withdrawn_by_the_administrator_meanwhile() {
    let world = World::new().await;
    let admin = world.start().await;
    let end = jiff::Timestamp::now() + SignedDuration::from_secs(3);
    admin
        .election(false, HOUR, json!({"end": end, "finalise": "manual"}))
        .await;
    let (status, problem) = finalise(&admin).await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (409, Some("cannot-finalise"))
    );
    let received = act(1, Act::RECEIVED);
    note(&world, &received).await;
    let path = format!("/batches/{}/withdraw", received.batch().unwrap());
    until("the election has ended", async || {
        let results = admin.read("/elections/1/results.json").await.json();
        results["provisional"] == true
    })
    .await;
    let waits = admin.read("/getResults?id=1").await;
    assert_eq!(waits.problem(), (503, "provisional"));
    let (status, _) = ask(&admin, Role::Official, "POST", &path).await;
    assert_eq!(status, 409, "the official has had their time");
    let (status, _) = ask(&admin, Role::Administrator, "POST", &path).await;
    assert_eq!(status, 200);
    assert!(world.markers(1).is_empty());

    let (status, given) = finalise(&admin).await;
    assert_eq!(status, 200);
    assert_eq!(
        finalise(&admin).await,
        (200, given),
        "the word is given once"
    );
    world.until_marked(1).await;
    note(&world, &act(1, Act::RECEIVED)).await;
    let (status, problem) = ask(&admin, Role::Administrator, "POST", &path).await;
    assert_eq!(
        (status, problem["type"].as_str()),
        (409, Some("cannot-withdraw"))
    );
    world.count(1, 0, 9, closed(&[(1, 5)])).await;
    world.count(1, 1, 9, closed(&[])).await;
    assert_eq!(admin.read("/getResults?id=1").await.status, 200);
    let results = admin.read("/elections/1/results.json").await.json();
    assert_eq!(
        (&results["final"], &results["provisional"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_to_be_finalised_where_results_become_final_without_a_word() {
    let world = World::new().await;
    let admin = world.start().await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    assert_eq!(finalise(&admin).await.0, 409);
    let (status, _) = ask(&admin, Role::Administrator, "POST", "/elections/9/finalise").await;
    assert_eq!(status, 404);
    let now = jiff::Timestamp::now();
    let odd = admin
        .post(
            "/createElection",
            json!({
                "start": now + HOUR, "end": now + HOUR * 2, "individual": false, "finalise": "later",
                "participants": admin.participants(false).await,
            }),
        )
        .await;
    assert_eq!(
        odd.message(),
        "The field finalise must be \"automatic\" or \"manual\"."
    );
}

/// A process that ends between PostgreSQL and Kafka leaves the rest to the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_that_is_not_in_the_log_yet_comes_before_the_markers() {
    let world = World::new().await;
    let mut options = world.options();
    options.close_grace_ms = 3_600_000;
    let admin = world.start_with(&options).await;
    admin
        .election(false, SignedDuration::from_secs(-1), json!({}))
        .await;
    let received = act(1, Act::RECEIVED);
    note(&world, &received).await;
    let batch = received.batch().unwrap();
    let (status, _) = ask(
        &admin,
        Role::Administrator,
        "GET",
        &format!("/batches/{batch}"),
    )
    .await;
    assert_eq!(status, 200);
    admin.running.stop().await;
    let sql = "INSERT INTO withdrawals (batch, who) VALUES ($1, 'admin')";
    world.sql().await.execute(sql, &[&batch]).await.unwrap();
    let _again = world.start().await;
    world.until_marked(1).await;
    let kinds = world.log.votes().into_iter().map(|message| {
        let record = Record::decode(message.payload().unwrap()).unwrap();
        (message.partition(), matches!(record, Record::Withdrawal(_)))
    });
    let kinds: Vec<(i32, bool)> = kinds.collect();
    assert_eq!(kinds, [(0, true), (0, false), (1, true), (1, false)]);
}
