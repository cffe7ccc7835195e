//! A separate installation for each test: topics, and ballot-stations on free ports.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use ballot_log::{
    Act, Ballot, BallotRecord, Election, ElectionDefinition, Record, Topics, client_config,
    elections,
};
use ballot_station::options::{Command, Options, RunOptions};
use ballot_station::service;
use clap::Parser as _;
use devstack::Stack;
use hyper::Method;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use serde_json::json;
use service_kit::service::Running;
use service_kit::token::DEVELOPMENT_SECRET;
use test_kit::http::Answer;
use uuid::Uuid;

use crate::tokens;

pub(crate) const PARTITIONS: i32 = 3;
/// How long to wait for a condition: long enough for a loaded machine.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_mins(2);
const BOUNDARY: &str = "----the-boundary";

pub(crate) struct World<'s> {
    pub(crate) stack: &'s Stack,
    pub(crate) prefix: String,
    pub(crate) topics: Topics,
}

impl<'s> World<'s> {
    pub(crate) async fn on(stack: &'s Stack) -> Self {
        let prefix = format!("{}.", stack.unique("station"));
        let topics = Topics::with_prefix(&prefix);
        topics
            .create(stack.kafka_brokers(), PARTITIONS, 1)
            .await
            .unwrap();
        Self {
            stack,
            prefix,
            topics,
        }
    }

    /// With election 7 open for an hour.
    pub(crate) async fn open(stack: &'s Stack) -> Self {
        let world = Self::on(stack).await;
        let hours = SignedDuration::from_hours;
        world.define(7, hours(-1), hours(1)).await;
        world
    }

    /// An election of three parties, from `start` to `end` from now.
    pub(crate) async fn define(
        &self,
        id: u32,
        start: SignedDuration,
        end: SignedDuration,
    ) -> Election {
        let now = Timestamp::now();
        let definition = json!({
            "id": id, "title": "T", "created": now + start, "start": now + start, "end": now + end, "individual": false,
            "rules": {"method": "dhondt", "seats": 250, "tie": "ballot_order"},
            "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}, {"poll_number": 3, "name": "C"}],
        });
        let definition: ElectionDefinition = serde_json::from_str(&definition.to_string()).unwrap();
        let brokers = self.stack.kafka_brokers();
        elections::publish(
            brokers,
            &self.topics,
            std::slice::from_ref(&definition),
            WAIT_LIMIT,
        )
        .await
        .unwrap();
        Election::new(definition)
    }

    /// The command line of `run`, with more arguments.
    pub(crate) fn options(&self, more: &[&str]) -> RunOptions {
        let line = [
            "ballot-station",
            "run",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--workers",
            "2",
            "--kafka-brokers",
            self.stack.kafka_brokers(),
            "--topic-prefix",
            &self.prefix,
            "--jwt-secret",
            DEVELOPMENT_SECRET,
        ];
        match Options::parse_from(line.iter().chain(more)).command {
            Command::Run(options) => *options,
            Command::Health(_) => unreachable!(),
        }
    }

    pub(crate) async fn start(&self) -> Station {
        self.start_with(&[]).await
    }

    pub(crate) async fn start_with(&self, more: &[&str]) -> Station {
        let station = self.start_unready(more);
        station.until_ready().await;
        station
    }

    pub(crate) fn start_unready(&self, more: &[&str]) -> Station {
        let server = service::start(&self.options(more)).unwrap();
        Station {
            url: server.address.to_string(),
            admin_url: server.admin_address.to_string(),
            server: Some(Mutex::new(server)),
        }
    }

    /// The records of the ballot box, partition by partition in the order of offsets.
    pub(crate) fn records(&self) -> Vec<BallotRecord> {
        let records = self.timed_records().into_iter();
        records.map(|(_, record)| record).collect()
    }

    /// With when the log received each, in milliseconds since 1970.
    pub(crate) fn timed_records(&self) -> Vec<(i64, BallotRecord)> {
        let records = self.read(&self.topics.votes, PARTITIONS);
        let ballot = |payload: Vec<u8>| match Record::decode(&payload).unwrap() {
            Record::Ballot(ballot) => ballot,
            other => panic!("{other:?} in a station's ballot box"),
        };
        let timed = |(time_ms, payload)| (time_ms, ballot(payload));
        records.into_iter().map(timed).collect()
    }

    /// The payloads of the ballot box, sorted.
    pub(crate) fn payloads(&self) -> Vec<String> {
        let mut payloads: Vec<String> = self
            .read(&self.topics.votes, PARTITIONS)
            .into_iter()
            .map(|(_, payload)| String::from_utf8(payload).unwrap())
            .collect();
        payloads.sort();
        payloads
    }

    /// The acts in the log, once there are this many.
    pub(crate) async fn acts(&self, number: usize) -> Vec<Act> {
        let acts = self.acts_at_least(number).await;
        assert_eq!(acts.len(), number);
        acts
    }

    pub(crate) async fn acts_at_least(&self, number: usize) -> Vec<Act> {
        let all = async {
            loop {
                let acts = self.read(&self.topics.acts, 1);
                if acts.len() >= number {
                    let act = |(_, act): &(i64, Vec<u8>)| Act::decode(act).unwrap();
                    return acts.iter().map(act).collect();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(WAIT_LIMIT, all).await.unwrap()
    }

    /// How many records the ballot box has.
    pub(crate) fn size(&self) -> i64 {
        let consumer: BaseConsumer = client_config(self.stack.kafka_brokers()).create().unwrap();
        (0..PARTITIONS)
            .map(|partition| {
                consumer
                    .fetch_watermarks(&self.topics.votes, partition, WAIT_LIMIT)
                    .map_or(0, |(_, high)| high)
            })
            .sum()
    }

    fn read(&self, topic: &str, partitions: i32) -> Vec<(i64, Vec<u8>)> {
        let consumer: BaseConsumer = client_config(self.stack.kafka_brokers())
            .set("group.id", "test")
            .set("enable.partition.eof", "true")
            .create()
            .unwrap();
        let mut assignment = rdkafka::TopicPartitionList::new();
        assignment.add_partition_range(topic, 0, partitions - 1);
        assignment
            .set_all_offsets(rdkafka::Offset::Beginning)
            .unwrap();
        consumer.assign(&assignment).unwrap();
        let mut payloads = BTreeMap::<i32, Vec<(i64, Vec<u8>)>>::new();
        let mut ends = 0;
        while ends < partitions {
            match consumer.poll(WAIT_LIMIT).expect("Kafka answers") {
                Ok(message) => payloads.entry(message.partition()).or_default().push((
                    message.timestamp().to_millis().unwrap(),
                    message.payload().unwrap().to_vec(),
                )),
                Err(rdkafka::error::KafkaError::PartitionEOF(_)) => ends += 1,
                // librdkafka asks again; a topic that stays silent ends the loop.
                Err(error) => eprintln!("{error}"),
            }
        }
        payloads.into_values().flatten().collect()
    }
}

/// A ballot-station that listens; it ends with the process.
pub(crate) struct Station {
    pub(crate) url: String,
    admin_url: String,
    /// Never locked: the mutex only makes it shareable between threads.
    server: Option<Mutex<Running>>,
}

impl Station {
    pub(crate) async fn until_ready(&self) {
        let ready = async {
            while self.health("/health/ready").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(WAIT_LIMIT, ready).await.unwrap();
    }

    /// For another task.
    pub(crate) fn clone_address(&self) -> Self {
        Self {
            url: self.url.clone(),
            admin_url: self.admin_url.clone(),
            server: None,
        }
    }

    /// Asks the administration port.
    pub(crate) async fn health(&self, path: &str) -> Answer {
        let admin = Self {
            url: self.admin_url.clone(),
            ..self.clone_address()
        };
        admin.get(path).await
    }

    pub(crate) async fn stop(self) {
        self.server.unwrap().into_inner().unwrap().stop().await;
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], Bytes::new())
            .await
            .expect("ballot-station answers")
    }

    /// Sends a file as the official.
    pub(crate) async fn send(&self, file: impl AsRef<[u8]>) -> Answer {
        self.send_as(&tokens::official(), file).await
    }

    pub(crate) async fn send_as(&self, token: &str, file: impl AsRef<[u8]>) -> Answer {
        let (content_type, body) = form("file", Some("ballots.csv"), file);
        self.post(token, Some(&content_type), body).await
    }

    pub(crate) async fn post(
        &self,
        token: &str,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let authorization = format!("Bearer {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(content_type.map(|value| ("content-type", value)));
        self.request(Method::POST, "/vote", &headers, body.into())
            .await
            .expect("ballot-station answers")
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Option<Answer> {
        let address = self.url.parse().unwrap();
        test_kit::http::try_send(address, method.as_str(), path, headers, body).await
    }
}

/// A form with one field: its content type and its bytes.
pub(crate) fn form(
    field: &str,
    file_name: Option<&str>,
    content: impl AsRef<[u8]>,
) -> (String, Vec<u8>) {
    let file_name = file_name.map_or(String::new(), |name| format!("; filename=\"{name}\""));
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{field}\"{file_name}\r\ncontent-type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content.as_ref());
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

pub(crate) fn guid(number: u128) -> Uuid {
    Uuid::from_u128(0x28f8_a8e0_f4c7_4e3f_93fb_0000_0000_0000 + number)
}

/// The GUID and the line of a paper ballot.
pub(crate) fn paper(record: &BallotRecord) -> (Uuid, u32) {
    match record.ballot {
        Ballot::Paper(guid, origin) => (guid, origin.line),
        Ballot::Serial(_) => panic!("officials bring paper"),
    }
}

/// A file with these GUIDs and poll numbers.
pub(crate) fn file(ballots: impl Iterator<Item = (u128, u128)>) -> String {
    let line = |(number, choice)| format!("{},{choice}\n", guid(number));
    ballots.map(line).collect()
}
