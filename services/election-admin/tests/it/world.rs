//! A separate installation for each test: topics, a database, an election-admin on a free port. The test writes
//! the count as tally-stream would.

use std::net::SocketAddr;

use ballot_log::Record;
use devstack::Stack;
use election_admin::options::{AdminOptions, RunOptions, Switch};
use election_admin::service;
use jiff::{SignedDuration, Timestamp};
use rdkafka::message::{Message as _, OwnedMessage};
use serde_json::{Value, json};
use service_database::settings::{DatabaseAddress, PostgresOptions};
use service_kit::client::ProxyOptions;
use service_kit::service::Running;
use service_kit::settings::DistrictOptions;
use service_kit::testing;
use service_kit::token::{Role, TokenKind, TokenOptions};
use test_kit::http::{Answer, send, until_ready};
use test_kit::log::Log;
use test_kit::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_postgres::Client;

pub(crate) const PARTITIONS: i32 = 2;
pub(crate) struct World {
    pub(crate) stack: &'static Stack,
    pub(crate) log: Log,
    pub(crate) database_url: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let stack = devstack::shared().await;
        Self {
            database_url: stack.create_database("elections").await.unwrap(),
            log: Log::create(stack.kafka_brokers(), &stack.unique("admin"), PARTITIONS).await,
            stack,
        }
    }

    /// The same database with another installation's empty topics.
    pub(crate) async fn with_other_topics(&self) -> Self {
        let name = self.stack.unique("admin");
        Self {
            stack: self.stack,
            log: Log::create(self.stack.kafka_brokers(), &name, PARTITIONS).await,
            database_url: self.database_url.clone(),
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
            district: DistrictOptions::default(),
            four_eyes: Switch::Off,
            listen: "127.0.0.1:0".parse().unwrap(),
            admin: AdminOptions {
                admin_listen: "127.0.0.1:0".parse().unwrap(),
            },
            time_zone: "UTC".to_owned(),
            close_grace_ms: 0,
            token: TokenOptions::default(),
            proxies: ProxyOptions::default(),
            kafka: self.log.kafka.clone(),
            postgres: self.postgres(),
        }
    }

    pub(crate) async fn start(&self) -> Admin {
        self.start_with(&self.options()).await
    }

    pub(crate) async fn start_with(&self, options: &RunOptions) -> Admin {
        let admin = self.start_unready(options).await;
        until_ready(admin.running.admin_address).await;
        admin
    }

    /// A service that has its database but may lack its other servers.
    pub(crate) async fn start_unready(&self, options: &RunOptions) -> Admin {
        let running = service::start(options).unwrap();
        let is_migrated = async || {
            let missing = send(running.admin_address, "GET", "/health/ready", &[], "").await;
            !missing.text().contains("postgresql")
        };
        until("the database is migrated", is_migrated).await;
        Admin {
            address: running.address,
            running,
        }
    }

    pub(crate) async fn sql(&self) -> Client {
        test_kit::sql(&self.database_url).await
    }

    /// Stores the count of a partition, as tally-stream would.
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

    /// Stores a paper ballot that was not counted.
    pub(crate) async fn reject(&self, election: u32, offset: i64, guid: &str, reason: &str) {
        let sql = "INSERT INTO rejected_ballots (partition, log_offset, election, ballot_guid, poll_number, official_jmbg, reason, appended_at)
                   VALUES (0, $1, $2, $3::text::uuid, 18446744073709551615, '0101994704401', $4, now())";
        self.sql()
            .await
            .execute(sql, &[&offset, &i64::from(election), &guid, &reason])
            .await
            .unwrap();
    }

    /// Stores a voter's ballot that was not counted.
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
        let votes = self.log.votes();
        let is_marker = |message: &&OwnedMessage| {
            let record = Record::decode(message.payload().unwrap()).unwrap();
            record == (Record::Close { election })
        };
        votes
            .iter()
            .filter(is_marker)
            .map(OwnedMessage::partition)
            .collect()
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
    pub(crate) running: Running,
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
        let mut headers = vec![("content-type", content_type)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        send(self.address, method, path, &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str, authorization: Option<&str>) -> Answer {
        let nothing = ("application/json", String::new());
        self.call("GET", path, authorization, nothing).await
    }

    /// As an administrator.
    pub(crate) async fn read(&self, path: &str) -> Answer {
        self.get(path, Some(&administrator())).await
    }

    /// As an administrator who reads the first byte of the answer, and no more while the stream is kept.
    pub(crate) async fn begin_to_read(&self, path: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(self.address).await.unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: admin\r\nAuthorization: {}\r\n\r\n",
            administrator()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.read_u8().await.unwrap();
        stream
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

/// A tally in which these were voted for, closed.
pub(crate) fn closed(votes: &[(u32, u64)]) -> Value {
    let votes: Vec<Value> = votes
        .iter()
        .map(|(number, votes)| json!([0, number, votes]))
        .collect();
    json!({"votes": votes, "rejected": {}, "repeated": 0, "timeline": [], "newest_ms": 5, "closed": true})
}
