//! An installation of its own for each test: topics, a roll, a vote-ingest on a free port.

use std::collections::BTreeMap;
use std::time::Duration;

use ballot_log::{
    BallotRecord, Election, ElectionDefinition, Record, Topics, client_config, elections,
};
use devstack::Stack;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use serde_json::{Value, json};
use service_kit::settings::{KafkaOptions, RedisOptions};
use tempfile::TempDir;
use vote_ingest::options::{ListenOptions, RunOptions};
use vote_ingest::service::VoteIngest;
use voter_roll::{Generate, KeyDirectory};

pub(crate) const PARTITIONS: i32 = 3;
/// Long enough for a loaded machine; whoever waits, waits for a condition.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct World<'s> {
    pub(crate) stack: &'s Stack,
    pub(crate) prefix: String,
    pub(crate) topics: Topics,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    pub(crate) keys_dir: TempDir,
}

#[derive(Clone, Debug)]
pub(crate) struct Voter {
    pub(crate) personal_id: String,
    pub(crate) guid: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Status and `type`, as the contract lists them.
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.body
        );
        assert_eq!(self.body["status"], self.status.as_u16());
        assert!(self.body["title"].is_string() && self.body["detail"].is_string());
        (self.status.as_u16(), self.body["type"].as_str().unwrap())
    }
}

impl<'s> World<'s> {
    pub(crate) async fn on(stack: &'s Stack) -> Self {
        let prefix = format!("{}.", stack.unique("ingest"));
        let topics = Topics::with_prefix(&prefix);
        topics
            .create(stack.kafka_brokers(), PARTITIONS, 1)
            .await
            .unwrap();
        Self {
            database_url: stack.create_database("roll").await.unwrap(),
            redis_url: stack.redis_url_fresh().await.unwrap(),
            keys_dir: tempfile::tempdir().unwrap(),
            stack,
            prefix,
            topics,
        }
    }

    /// With election 7 open for an hour, and its roll loaded.
    pub(crate) async fn open(stack: &'s Stack) -> (Self, Vec<Voter>) {
        let world = Self::on(stack).await;
        world
            .define(
                7,
                SignedDuration::from_hours(-1),
                SignedDuration::from_hours(1),
            )
            .await;
        let voters = world.load_roll(7, 40).await;
        (world, voters)
    }

    /// An election with the participants «John Doe», «3» and «C», from `start` to `end` from now.
    pub(crate) async fn define(
        &self,
        id: u32,
        start: SignedDuration,
        end: SignedDuration,
    ) -> ElectionDefinition {
        let now = Timestamp::now();
        let definition = json!({
            "id": id, "title": "T", "created": now + start, "start": now + start, "end": now + end, "individual": true,
            "rules": {"method": "majority", "winner": "plurality", "tie": "lot"},
            "participants": [{"poll_number": 1, "name": "John Doe"}, {"poll_number": 2, "name": "3"}, {"poll_number": 3, "name": "C"}],
        });
        let definition: ElectionDefinition = serde_json::from_value(definition).unwrap();
        let definitions = std::slice::from_ref(&definition);
        elections::publish(
            self.stack.kafka_brokers(),
            &self.topics,
            definitions,
            PATIENCE,
        )
        .await
        .unwrap();
        definition
    }

    pub(crate) async fn load_roll(&self, election: u32, voters: u64) -> Vec<Voter> {
        voter_roll::migrate(&self.database_url).await.unwrap();
        let mut database = voter_roll::connect(&self.database_url).await.unwrap();
        let what = Generate {
            voters,
            seed: 5,
            districts: 0,
            replace: false,
        };
        voter_roll::generate(&mut database, what, &ProgressBar::hidden())
            .await
            .unwrap();
        self.reload_roll(election).await;
        let mut csv = Vec::new();
        voter_roll::export(&database, &mut csv, &ProgressBar::hidden())
            .await
            .unwrap();
        let voter = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            Voter {
                personal_id: fields[0].to_owned(),
                guid: fields[1].to_owned(),
            }
        };
        String::from_utf8(csv)
            .unwrap()
            .lines()
            .skip(1)
            .map(voter)
            .collect()
    }

    pub(crate) async fn reload_roll(&self, election: u32) {
        let database = voter_roll::connect(&self.database_url).await.unwrap();
        let redis = redis::Client::open(self.redis_url.as_str()).unwrap();
        let keys = KeyDirectory::new(self.keys_dir.path());
        voter_roll::load(&database, &redis, &keys, election, &ProgressBar::hidden())
            .await
            .unwrap();
    }

    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            listen: ListenOptions {
                listen: "127.0.0.1:0".parse().unwrap(),
            },
            workers: Some(1),
            in_flight: 1000,
            linger_ms: 1,
            kafka_timeout_ms: 4000,
            redis_timeout_ms: 1000,
            keys_dir: self.keys_dir.path().to_owned(),
            kafka: KafkaOptions {
                kafka_brokers: self.stack.kafka_brokers().to_owned(),
                topic_prefix: self.prefix.clone(),
            },
            redis: RedisOptions {
                redis_url: self.redis_url.clone(),
                ..RedisOptions::default()
            },
        }
    }

    pub(crate) async fn start(&self) -> Station {
        self.start_with(&self.options()).await
    }

    pub(crate) async fn start_with(&self, options: &RunOptions) -> Station {
        let ingest = VoteIngest::start(options).unwrap();
        let station = Station {
            url: ingest.address().to_string(),
            ingest: Some(ingest),
        };
        station.until_ready().await;
        station
    }

    /// How many records the ballot box got while the election was open.
    pub(crate) fn in_time(&self, definition: &ElectionDefinition) -> usize {
        let election = Election::new(definition.clone());
        let mut in_time = 0;
        self.read(|_, time_ms| in_time += usize::from(election.is_open_at(time_ms)));
        in_time
    }

    /// What the ballot box holds: the choices of each ballot, in order.
    pub(crate) fn ballots(&self) -> BTreeMap<String, Vec<u64>> {
        let mut ballots = BTreeMap::<String, Vec<u64>>::new();
        self.read(|ballot, _| {
            ballots
                .entry(ballot.ballot.to_string())
                .or_default()
                .push(ballot.choice);
        });
        ballots
    }

    fn read(&self, mut see: impl FnMut(BallotRecord, i64)) {
        let consumer: BaseConsumer = client_config(self.stack.kafka_brokers())
            .set("group.id", "test")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let mut assignment = rdkafka::TopicPartitionList::new();
        assignment.add_partition_range(&self.topics.votes, 0, PARTITIONS - 1);
        assignment
            .set_all_offsets(rdkafka::Offset::Beginning)
            .unwrap();
        consumer.assign(&assignment).unwrap();
        let mut ends = 0;
        while ends < PARTITIONS {
            match consumer.poll(PATIENCE).expect("Kafka answers") {
                Ok(message) => match Record::decode(message.payload().unwrap()).unwrap() {
                    Record::Ballot(ballot) => see(ballot, message.timestamp().to_millis().unwrap()),
                    Record::Close { .. } => {}
                },
                Err(rdkafka::error::KafkaError::PartitionEOF(_)) => ends += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// A vote-ingest that listens; it ends with the process.
pub(crate) struct Station {
    pub(crate) url: String,
    pub(crate) ingest: Option<VoteIngest>,
}

impl Station {
    pub(crate) async fn until_ready(&self) {
        let ready = async {
            while self
                .request(Method::GET, "/health/ready", None, String::new())
                .await
                .is_none_or(|a| a.status != 200)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(
            tokio::time::timeout(PATIENCE, ready).await.is_ok(),
            "vote-ingest did not become ready"
        );
    }

    pub(crate) async fn post_vote(&self, voter: &Voter, candidate: impl Into<Value>) -> Answer {
        let body = json!({"personal_id": voter.personal_id, "guid": voter.guid, "candidate": candidate.into()});
        self.post(body.to_string()).await
    }

    pub(crate) async fn post(&self, body: impl Into<String>) -> Answer {
        self.post_as(Some("application/json"), body.into()).await
    }

    pub(crate) async fn post_as(&self, content_type: Option<&str>, body: String) -> Answer {
        self.request(Method::POST, "/vote", content_type, body)
            .await
            .expect("vote-ingest answers")
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: String,
    ) -> Option<Answer> {
        let stream = tokio::net::TcpStream::connect(&self.url).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.url);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = sender
            .send_request(request.body(Full::new(Bytes::from(body))).unwrap())
            .await
            .ok()?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        };
        Some(Answer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}
