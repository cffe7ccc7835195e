//! What is stored and shown is compared with the log, read once more by other code: what is the same passes, and what
//! was tampered with is named.

use ballot_log::{ElectionDefinition, Record};
use dashboard_feed::{AdminOptions, RunOptions};
use devstack::Server;
use jiff::{SignedDuration, Timestamp};
use rdkafka::admin::{AdminClient, AdminOptions as KafkaAdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};
use redis::AsyncCommands;
use serde_json::{Value, json};
use service_kit::service::Running;
use service_kit::settings::RedisOptions;
use sha2::{Digest, Sha256};
use tally::{OfficialResult, PartitionTally, merge};
use tally_stream::options::VerifyOptions;
use tally_stream::verify::{Verification, verify};
use test_kit::http::until_ready;
use test_kit::until;
use tokio_postgres::types::Json;

use crate::world::{PARTITIONS, World};

const FOR_LONG: SignedDuration = SignedDuration::from_hours(1);

/// An installation with a page.
struct Stage {
    world: World,
    page: Running,
    definition: ElectionDefinition,
    /// Channels are a whole server's, and the page follows them.
    _redis: Server,
}

impl Stage {
    async fn open_for(open_for: SignedDuration) -> Self {
        let mut world = World::new().await;
        let redis = world.stack.dedicated_redis().await.unwrap();
        redis.url().clone_into(&mut world.redis_url);
        let page = dashboard_feed::start(&RunOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            admin: AdminOptions {
                admin_listen: "127.0.0.1:0".parse().unwrap(),
            },
            threads: 1,
            max_observers: 10,
            redis: RedisOptions {
                redis_url: world.redis_url.clone(),
                ..RedisOptions::default()
            },
        });
        let page = page.unwrap();
        until_ready(page.admin_address).await;
        let definition = world.define(1, open_for, "live").await;
        Self {
            world,
            page,
            definition,
            _redis: redis,
        }
    }

    fn options(&self) -> VerifyOptions {
        VerifyOptions {
            page: Some(format!("http://{}", self.page.address)),
            ..options(&self.world, 1)
        }
    }

    async fn verify(&self) -> Verification {
        verify(&self.options()).await.unwrap()
    }

    /// What differs, and in which fields.
    async fn different(&self) -> Vec<(&'static str, String)> {
        let verification = self.verify().await;
        let mut different = Vec::new();
        for comparison in &verification.comparisons {
            for difference in &comparison.differences {
                assert_ne!(difference.log, difference.stored);
                different.push((comparison.compared, difference.field.clone()));
            }
        }
        assert_eq!(verification.agrees(), different.is_empty());
        different
    }

    async fn until_the_page_shows(&self, result: &Value) {
        until("the page shows it", async || {
            let path = "/api/elections/1/results";
            let shown = test_kit::http::send(self.page.address, "GET", path, &[], "").await;
            shown.status == 200 && shown.json() == *result
        })
        .await;
    }

    /// As election-admin stores it.
    async fn finalise(&self) -> String {
        let tallies = self.world.store().await.tallies(1).await.unwrap();
        let tally = merge(&tallies);
        let outcome = tally::outcome(&self.definition, &tally, None);
        let result = OfficialResult::new(&self.definition, &tally, outcome).with_log(&tallies);
        let text = serde_json::to_string(&result).unwrap();
        let offset = |tally: &PartitionTally| (tally.partition.to_string(), json!(tally.offset));
        let offsets: serde_json::Map<_, _> = tallies.iter().map(offset).collect();
        let sql = self.world.sql().await;
        let definition = &self.definition;
        sql.execute(
            "INSERT INTO elections (id, definition, starts, ends, given_start, given_end) VALUES (1, $1, $2, $3, '', '')",
            &[&Json(definition), &definition.start, &definition.end],
        )
        .await
        .unwrap();
        let sha256 = Sha256::digest(text.as_bytes()).to_vec();
        sql.execute(
            "INSERT INTO final_results (election, result, sha256, offsets) VALUES (1, $1, $2, $3)",
            &[&text, &sha256, &Json(offsets)],
        )
        .await
        .unwrap();
        text
    }

    async fn sql(&self, statements: &str) {
        let sql = self.world.sql().await;
        sql.batch_execute(statements).await.unwrap();
    }

    /// Stores this result in Redis, and tells the page of it or not.
    async fn show(&self, result: &Value, in_redis: bool, on_the_page: bool) {
        let mut redis = self.world.redis().await;
        if in_redis {
            let _: () = redis.set("results:{1}", result.to_string()).await.unwrap();
        }
        if on_the_page {
            let _: () = redis
                .publish("results:{1}", result.to_string())
                .await
                .unwrap();
            self.until_the_page_shows(result).await;
        }
    }
}

fn options(world: &World, election: u32) -> VerifyOptions {
    VerifyOptions {
        election,
        page: None,
        kafka: world.log.kafka.clone(),
        redis: RedisOptions {
            redis_url: world.redis_url.clone(),
            ..RedisOptions::default()
        },
        postgres: world.postgres(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_election_agrees_while_votes_come_in() {
    let stage = Stage::open_for(FOR_LONG).await;
    let world = &stage.world;
    let counting = world.start().await;
    world
        .vote(
            1,
            (0..200).map(|serial| (serial, 1 + u64::from(serial % 4))),
        )
        .await;
    world.vote(8, [(1, 1)]).await;
    world.junk(b"no record at all").await;
    world.junk(b"[1,1,7,1,0,null,null,null]").await;
    let store = world.store().await;
    until("something is stored", async || {
        store.tallies(1).await.unwrap().len() == PARTITIONS as usize
    })
    .await;
    let keeps_coming = async {
        for round in 1.. {
            world
                .vote(
                    1,
                    (round * 1000..round * 1000 + 20).map(|serial| (serial, 2)),
                )
                .await;
        }
    };
    let verification = tokio::select! {
        verification = stage.verify() => verification,
        () = keeps_coming => unreachable!("votes keep coming"),
    };
    assert!(verification.agrees(), "{verification:?}");
    let compared: Vec<_> = verification
        .comparisons
        .iter()
        .map(|one| one.compared)
        .collect();
    let each = |what: &'static str| [what; PARTITIONS as usize];
    let expected = [
        &each("tally in PostgreSQL")[..],
        &each("tally in Redis"),
        &["result in Redis", "page"],
    ];
    assert_eq!(compared, expected.concat());
    assert!(verification.summary.counted >= 150);
    assert_eq!(verification.summary.not_compared, ["final result"]);
    counting.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tampered_with_is_named_and_nothing_else() {
    let stage = Stage::open_for(SignedDuration::from_secs(4)).await;
    let world = &stage.world;
    let counting = world.start().await;
    world
        .vote(1, (0..90).map(|serial| (serial, 1 + u64::from(serial % 3))))
        .await;
    world.vote(1, (0..9).map(|serial| (serial, 1))).await;
    world.vote(1, [(100, 9)]).await;
    until("the end", async || Timestamp::now() > stage.definition.end).await;
    for partition in 0..PARTITIONS {
        let marker = Record::Close { election: 1 };
        world
            .ballot_box
            .append_to(partition, &marker)
            .await
            .unwrap();
    }
    let result = world
        .result(1, "the end", |result| result["final"] == true)
        .await;
    counting.stop().await;
    let text = stage.finalise().await;
    stage.until_the_page_shows(&result).await;
    // What comes after the markers changes the log, and not the result.
    world.vote(1, [(200, 1)]).await;
    let honest = stage.verify().await;
    assert!(honest.agrees(), "{honest:?}");
    assert!(honest.summary.not_compared.is_empty());
    assert_eq!((honest.summary.counted, honest.summary.records), (90, 100));

    stage.sql("CREATE TABLE before AS TABLE partition_tallies;
               UPDATE partition_tallies SET tally = jsonb_set(tally, '{tally,votes,0,2}', '77') WHERE partition = 1").await;
    let tally = "tally in PostgreSQL";
    assert_eq!(stage.different().await, [(tally, "tally.votes".to_owned())]);
    stage
        .sql(
            "TRUNCATE partition_tallies; INSERT INTO partition_tallies TABLE before;
               DELETE FROM partition_tallies WHERE partition = 2",
        )
        .await;
    assert_eq!(stage.different().await, [(tally, String::new())]);
    stage.sql("TRUNCATE partition_tallies; INSERT INTO partition_tallies TABLE before;
               UPDATE partition_tallies SET tally = jsonb_set(tally, '{log,sha256}', '\"00\"') WHERE partition = 0").await;
    assert_eq!(stage.different().await, [(tally, "log.sha256".to_owned())]);
    stage
        .sql("TRUNCATE partition_tallies; INSERT INTO partition_tallies TABLE before")
        .await;

    let mut redis = world.redis().await;
    let in_redis: String = redis.hget("tally:{1}", 2).await.unwrap();
    let mut tampered: Value = serde_json::from_str(&in_redis).unwrap();
    tampered["tally"]["repeated"] = json!(3);
    let _: () = redis
        .hset("tally:{1}", 2, tampered.to_string())
        .await
        .unwrap();
    let tally = "tally in Redis";
    assert_eq!(
        stage.different().await,
        [(tally, "tally.repeated".to_owned())]
    );
    let _: () = redis.hset("tally:{1}", 2, in_redis).await.unwrap();

    let mut tampered = result.clone();
    tampered["outcome"]["seats"] = json!([5, 0, 0]);
    let seats = |what| (what, "outcome.seats".to_owned());
    stage.show(&tampered, true, false).await;
    assert_eq!(stage.different().await, [seats("result in Redis")]);
    stage.show(&tampered, true, true).await;
    assert_eq!(
        stage.different().await,
        [seats("result in Redis"), seats("page")]
    );
    stage.show(&result, true, true).await;
    stage.show(&tampered, false, true).await;
    assert_eq!(stage.different().await, [seats("page")]);
    stage.show(&result, true, true).await;

    let stored = text.replace(r#""counted":90"#, r#""counted":91"#);
    let sha256 = Sha256::digest(stored.as_bytes());
    stage
        .sql("ALTER TABLE final_results DISABLE TRIGGER ALL")
        .await;
    stage
        .sql(&format!("UPDATE final_results SET result = '{stored}'"))
        .await;
    let different = |field: &str| ("final result", field.to_owned());
    assert_eq!(
        stage.different().await,
        [different("counted"), different("sha256")]
    );
    stage
        .sql(&format!(
            "UPDATE final_results SET sha256 = '\\x{}'",
            service_kit::hex::hex(&sha256)
        ))
        .await;
    assert_eq!(stage.different().await, [different("counted")]);
    stage.sql("UPDATE elections SET definition = jsonb_set(definition, '{participants,0,name}', '\"Z\"')").await;
    let renamed = (
        "definition in PostgreSQL",
        "participants[0].name".to_owned(),
    );
    assert_eq!(stage.different().await, [renamed, different("counted")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_said_in_words() {
    let world = World::new().await;
    world.define(1, FOR_LONG, "live").await;
    world.define(2, FOR_LONG, "live").await;
    let why = async |election| {
        let refused = verify(&options(&world, election)).await.unwrap_err();
        format!("{refused:#}")
    };
    let refusal = why(7).await;
    assert!(
        refusal.contains("there is no election 7") && refusal.ends_with("1, 2"),
        "{refusal}"
    );
    let _migrated = world.store().await;
    let refusal = why(1).await;
    assert!(refusal.contains("has not stored a checkpoint"), "{refusal}");

    let counting = world.start().await;
    world.vote(1, (0..60).map(|serial| (serial, 1))).await;
    world.counted(1, 60).await;
    counting.stop().await;
    assert!(verify(&options(&world, 1)).await.unwrap().agrees());
    assert!(verify(&options(&world, 2)).await.unwrap().agrees());

    let admin: AdminClient<DefaultClientContext> =
        ballot_log::client_config(world.stack.kafka_brokers())
            .create()
            .unwrap();
    let mut until = TopicPartitionList::new();
    let votes = &world.log.topics.votes;
    until
        .add_partition_offset(votes, 1, Offset::Offset(5))
        .unwrap();
    admin
        .delete_records(&until, &KafkaAdminOptions::new())
        .await
        .unwrap();
    let refusal = why(1).await;
    assert!(
        refusal.contains("partition 1") && refusal.contains("begins at offset 5"),
        "{refusal}"
    );
    assert!(refusal.contains("Restore the topic"), "{refusal}");
}
