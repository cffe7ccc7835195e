//! An installation of its own for each test: topics, a database, an election-admin on a free port. The count,
//! which is tally-stream's, is written by the test as tally-stream would.

use std::net::SocketAddr;
use std::time::Duration;

use ballot_log::{Record, Topics, client_config};
use devstack::Stack;
use election_admin::options::RunOptions;
use election_admin::service::ElectionAdmin;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use serde_json::{Value, json};
use service_kit::client::ProxyOptions;
use service_kit::settings::{DatabaseAddress, KafkaOptions, PostgresOptions};
use service_kit::testing;
use service_kit::token::{Role, TokenKind, TokenOptions};

pub(crate) const PARTITIONS: i32 = 2;
/// Long enough for a loaded machine; whoever waits, waits for a condition.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct World {
    pub(crate) stack: &'static Stack,
    pub(crate) prefix: String,
    pub(crate) topics: Topics,
    pub(crate) database_url: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let stack = devstack::shared().await;
        let prefix = format!("{}.", stack.unique("admin"));
        let topics = Topics::with_prefix(&prefix);
        topics
            .create(stack.kafka_brokers(), PARTITIONS, 1)
            .await
            .unwrap();
        Self {
            database_url: stack.create_database("elections").await.unwrap(),
            stack,
            prefix,
            topics,
        }
    }

    pub(crate) fn kafka(&self) -> KafkaOptions {
        KafkaOptions {
            kafka_brokers: self.stack.kafka_brokers().to_owned(),
            topic_prefix: self.prefix.clone(),
        }
    }

    pub(crate) fn postgres(&self) -> PostgresOptions {
        PostgresOptions {
            database: DatabaseAddress {
                database_url: self.database_url.clone(),
                ..DatabaseAddress::default()
            },
            database_connections: 4,
        }
    }

    pub(crate) fn options(&self) -> RunOptions {
        RunOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            time_zone: "UTC".to_owned(),
            close_grace_ms: 0,
            token: TokenOptions::default(),
            proxies: ProxyOptions::default(),
            kafka: self.kafka(),
            postgres: self.postgres(),
        }
    }

    pub(crate) async fn start(&self) -> Admin {
        self.start_with(&self.options()).await
    }

    pub(crate) async fn start_with(&self, options: &RunOptions) -> Admin {
        let admin = self.start_unready(options).await;
        until("election-admin is ready", async || {
            admin.get("/health/ready", None).await.status == 200
        })
        .await;
        admin
    }

    /// One that serves, and may lack what it needs.
    pub(crate) async fn start_unready(&self, options: &RunOptions) -> Admin {
        let running = ElectionAdmin::start(options).await.unwrap();
        Admin {
            address: running.address(),
            running,
        }
    }

    pub(crate) async fn sql(&self) -> tokio_postgres::Client {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, tokio_postgres::NoTls)
                .await
                .unwrap();
        tokio::spawn(connection);
        client
    }

    /// Writes the count of a partition down, as tally-stream would.
    pub(crate) async fn count(&self, election: u32, partition: i32, offset: i64, tally: Value) {
        let sql = "INSERT INTO partition_tallies (election, partition, as_of_offset, tally) VALUES ($1, $2, $3, $4::text::jsonb)
                   ON CONFLICT (election, partition) DO UPDATE SET as_of_offset = excluded.as_of_offset, tally = excluded.tally";
        let tally =
            json!({"election": election, "partition": partition, "offset": offset, "tally": tally});
        self.sql()
            .await
            .execute(
                sql,
                &[
                    &i64::from(election),
                    &partition,
                    &offset,
                    &tally.to_string(),
                ],
            )
            .await
            .unwrap();
    }

    /// Writes a paper ballot down that was not counted.
    pub(crate) async fn reject(&self, election: u32, offset: i64, guid: &str, reason: &str) {
        let sql = "INSERT INTO rejected_ballots (partition, log_offset, election, ballot_guid, poll_number, official_jmbg, reason, appended_at)
                   VALUES (0, $1, $2, $3::text::uuid, 18446744073709551615, '0101994704401', $4, now())";
        self.sql()
            .await
            .execute(sql, &[&offset, &i64::from(election), &guid, &reason])
            .await
            .unwrap();
    }

    /// Writes a voter's ballot down that was not counted.
    pub(crate) async fn reject_voter(&self, election: u32, offset: i64, reason: &str) {
        let sql = "INSERT INTO rejected_ballots (partition, log_offset, election, poll_number, reason, appended_at)
                   VALUES (1, $1, $2, 3, $3, now())";
        self.sql()
            .await
            .execute(sql, &[&offset, &i64::from(election), &reason])
            .await
            .unwrap();
    }

    /// The partitions in which there is a closing marker of this election, one for each marker.
    pub(crate) fn markers(&self, election: u32) -> Vec<i32> {
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
        let (mut markers, mut ends) = (Vec::new(), 0);
        while ends < PARTITIONS {
            match consumer.poll(PATIENCE).expect("Kafka answers") {
                Ok(message) => {
                    let record = Record::decode(message.payload().unwrap()).unwrap();
                    if record == (Record::Close { election }) {
                        markers.push(message.partition());
                    }
                }
                Err(KafkaError::PartitionEOF(_)) => ends += 1,
                Err(error) => panic!("{error}"),
            }
        }
        markers.sort_unstable();
        markers
    }

    pub(crate) async fn until_marked(&self, election: u32) {
        until("every partition has its closing marker", async || {
            let mut marked = self.markers(election);
            marked.dedup();
            marked == [0, 1]
        })
        .await;
    }
}

/// An election-admin that listens.
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    pub(crate) running: ElectionAdmin,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and body.
    pub(crate) fn exactly(&self) -> (u16, &str) {
        (self.status.as_u16(), self.text())
    }

    /// The message of a check that failed.
    pub(crate) fn message(&self) -> String {
        assert_eq!(self.status, 400, "{}", self.text());
        self.json()["message"].as_str().unwrap().to_owned()
    }

    /// Status and `type` of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        (
            self.status.as_u16(),
            self.json()["type"].as_str().unwrap().to_owned(),
        )
    }
}

/// The `Authorization` header of an administrator.
pub(crate) fn administrator() -> String {
    bearer(Role::Administrator)
}

pub(crate) fn bearer(role: Role) -> String {
    let claims = testing::claims(role, TokenKind::Access);
    testing::bearer(&testing::secret(), &claims).unwrap()
}

impl Admin {
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        (content_type, body): (&str, String),
    ) -> Answer {
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", content_type);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(crate) async fn get(&self, path: &str, authorization: Option<&str>) -> Answer {
        let nothing = ("application/json", String::new());
        self.call("GET", path, authorization, nothing).await
    }

    /// As an administrator.
    pub(crate) async fn read(&self, path: &str) -> Answer {
        self.get(path, Some(&administrator())).await
    }

    /// As an administrator.
    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> Answer {
        let body = ("application/json", body.to_string());
        self.call("POST", path, Some(&administrator()), body).await
    }

    pub(crate) async fn participant(&self, name: &str, individual: bool) -> i64 {
        let body = json!({"name": name, "individual": individual});
        let answer = self.post("/createParticipant", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["id"].as_i64().unwrap()
    }

    /// Participants A, B, C.
    pub(crate) async fn participants(&self, individual: bool) -> Vec<i64> {
        let mut ids = Vec::new();
        for name in ["A", "B", "C"] {
            ids.push(self.participant(name, individual).await);
        }
        ids
    }

    /// An election of A, B and C, from an hour ago until `left` from now; `more` are further fields.
    pub(crate) async fn election(&self, individual: bool, left: SignedDuration, more: Value) {
        let now = Timestamp::now();
        let mut body = json!({
            "start": now - SignedDuration::from_hours(1), "end": now + left, "individual": individual,
            "participants": self.participants(individual).await,
        });
        let more = more.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        let answer = self.post("/createElection", body).await;
        assert_eq!(answer.exactly(), (200, r#"{"pollNumbers":[1,2,3]}"#));
    }
}

/// Waits until a condition holds.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, wait).await.is_ok(),
        "it did not happen that {what}"
    );
}

/// A tally in which these were voted for, closed.
pub(crate) fn closed(votes: &[(u32, u64)]) -> Value {
    let votes: Vec<Value> = votes
        .iter()
        .map(|(number, votes)| json!([0, number, votes]))
        .collect();
    json!({"votes": votes, "rejected": {}, "repeated": 0, "newest_ms": 5, "closed": true})
}
