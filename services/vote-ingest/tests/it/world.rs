//! A separate installation for each test: topics, a roll, a vote-ingest on a free port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use ballot_log::{BallotRecord, Election, ElectionDefinition, Record, elections};
use devstack::Stack;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use rdkafka::message::Message as _;
use serde_json::{Value, json};
use service_kit::service::Running;
use service_kit::settings::RedisOptions;
use tempfile::TempDir;
use test_kit::TIMEOUT;
use test_kit::http::{Answer, send, until_ready};
use test_kit::log::Log;
use vote_ingest::options::{AdminOptions, RunOptions};
use vote_ingest::service;
use voter_roll::KeyDirectory;
use voter_roll_command::Generate;

pub(crate) const PARTITIONS: i32 = 3;
pub(crate) struct World<'s> {
    pub(crate) stack: &'s Stack,
    pub(crate) log: Log,
    pub(crate) database_url: String,
    pub(crate) redis_url: String,
    pub(crate) keys_dir: TempDir,
}

#[derive(Clone, Debug)]
pub(crate) struct Voter {
    pub(crate) personal_id: String,
    pub(crate) guid: String,
}

impl<'s> World<'s> {
    pub(crate) async fn on(stack: &'s Stack) -> Self {
        Self {
            database_url: stack.create_database("roll").await.unwrap(),
            redis_url: stack.redis_url_fresh().await.unwrap(),
            keys_dir: tempfile::tempdir().unwrap(),
            log: Log::create(stack.kafka_brokers(), &stack.unique("ingest"), PARTITIONS).await,
            stack,
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
            &self.log.topics,
            definitions,
            TIMEOUT,
        )
        .await
        .unwrap();
        definition
    }

    pub(crate) async fn load_roll(&self, election: u32, voters: u64) -> Vec<Voter> {
        voter_roll_command::migrate(&self.database_url)
            .await
            .unwrap();
        let mut database = voter_roll_command::connect(&self.database_url)
            .await
            .unwrap();
        let what = Generate {
            voters,
            seed: 5,
            districts: 0,
            replace: false,
        };
        voter_roll_command::generate(&mut database, what, &ProgressBar::hidden())
            .await
            .unwrap();
        self.reload_roll(election).await;
        let mut csv = Vec::new();
        voter_roll_command::export(&database, &mut csv, &ProgressBar::hidden())
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
        let database = voter_roll_command::connect(&self.database_url)
            .await
            .unwrap();
        let redis = redis::Client::open(self.redis_url.as_str()).unwrap();
        let keys = KeyDirectory::new(self.keys_dir.path());
        voter_roll_command::load(
            &database,
            &redis,
            &keys,
            election,
            None,
            &ProgressBar::hidden(),
        )
        .await
        .unwrap();
    }

    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            admin: AdminOptions {
                admin_listen: "127.0.0.1:0".parse().unwrap(),
            },
            workers: Some(1),
            in_flight: 1000,
            failed_attempts: NonZeroU32::new(10).unwrap(),
            failed_attempt_interval_s: 3600,
            linger_ms: 1,
            kafka_timeout_ms: 4000,
            redis_timeout_ms: 1000,
            keys_dir: self.keys_dir.path().to_owned(),
            kafka: self.log.kafka.clone(),
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
        let ingest = service::start(options).unwrap();
        until_ready(ingest.admin_address).await;
        Station {
            address: ingest.address,
            ingest: Some(ingest),
        }
    }

    /// How many records the ballot box got while the election was open.
    pub(crate) fn in_time(&self, definition: &ElectionDefinition) -> usize {
        let election = Election::new(definition.clone());
        let mut in_time = 0;
        self.read(|_, time_ms| in_time += usize::from(election.is_open_at(time_ms)));
        in_time
    }

    /// The content of the ballot box: the choices of each ballot, in order.
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
        for message in self.log.votes() {
            match Record::decode(message.payload().unwrap()).unwrap() {
                Record::Ballot(ballot) => see(ballot, message.timestamp().to_millis().unwrap()),
                Record::Close { .. } | Record::Withdrawal(_) => {}
            }
        }
    }
}

/// A vote-ingest that listens; it ends with the process.
pub(crate) struct Station {
    pub(crate) address: SocketAddr,
    pub(crate) ingest: Option<Running>,
}

impl Station {
    pub(crate) async fn post_vote(&self, voter: &Voter, candidate: impl Into<Value>) -> Answer {
        let body = json!({"personal_id": voter.personal_id, "guid": voter.guid, "candidate": candidate.into()});
        self.post(body.to_string()).await
    }

    pub(crate) async fn post(&self, body: impl Into<String>) -> Answer {
        self.post_as(Some("application/json"), body.into()).await
    }

    pub(crate) async fn post_as(&self, content_type: Option<&str>, body: String) -> Answer {
        let headers: Vec<_> = content_type
            .map(|value| ("content-type", value))
            .into_iter()
            .collect();
        send(self.address, "POST", "/vote", &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).await
    }

    /// Without a body.
    pub(crate) async fn request(&self, method: &str, path: &str) -> Answer {
        send(self.address, method, path, &[], "").await
    }
}
