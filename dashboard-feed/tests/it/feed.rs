//! A feed on its own port, and the Redis that it follows.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use dashboard_feed::{Command, Options, RunOptions};
use devstack::Server;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::{Answer, Connection, Observer, before_deadline};

pub(crate) struct TestFeed {
    pub(crate) redis: Server,
    pub(crate) address: SocketAddr,
    pub(crate) admin_address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

/// The parts of a result published by tally-stream that matter here.
pub(crate) fn result(election: u32, position: u64) -> String {
    result_titled(election, position, "Test")
}

pub(crate) fn result_titled(election: u32, position: u64, title: &str) -> String {
    format!(
        r#"{{"election":{election},"title":"{title}","individual":false,"created":"2026-06-16T15:00:00Z","start":"2026-06-16T15:00:00Z","end":"2999-06-16T15:00:00Z","publication":"live","final":false,"position":{position},"counted":{position},"candidates":[]}}"#
    )
}

/// A Redis for a single test: channels belong to the whole server.
pub(crate) async fn new_redis() -> Server {
    devstack::shared()
        .await
        .dedicated_redis_with(true)
        .await
        .unwrap()
}

impl TestFeed {
    pub(crate) async fn start() -> Self {
        Self::start_on(new_redis().await, &[]).await
    }

    /// Starts a feed on this Redis, with more options, and waits until it is ready.
    pub(crate) async fn start_on(redis: Server, options: &[&str]) -> Self {
        let feed = Self::start_unready(redis, options);
        feed.until_ready_is(200).await;
        feed
    }

    pub(crate) fn start_unready(redis: Server, options: &[&str]) -> Self {
        let own = [
            "dashboard-feed",
            "run",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--redis-url",
            redis.url(),
        ];
        let options = run_options(own.iter().chain(options));
        let feed = dashboard_feed::start(&options).unwrap();
        let (address, admin_address) = (feed.address, feed.admin_address);
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(feed.run_until(async {
            // A feed also stops when its test ends.
            let _ = stopped.await;
            Ok(())
        }));
        Self {
            redis,
            address,
            admin_address,
            stop: Some(stop),
            running,
        }
    }

    /// Asks the feed to stop and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        before_deadline("the feed to stop", self.running)
            .await
            .unwrap()
            .unwrap();
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.connect().await.get(path).await
    }

    /// Asks the administration port.
    pub(crate) async fn health(&self, path: &str) -> Answer {
        Connection::open(self.admin_address).await.get(path).await
    }

    pub(crate) async fn observe(&self, election: u32) -> Observer {
        self.connect().await.observe(election, None).await
    }

    pub(crate) async fn until_ready_is(&self, status: u16) {
        let ready = async {
            while self.health("/health/ready").await.status != status {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        before_deadline(&format!("/health/ready to answer {status}"), ready).await;
    }

    pub(crate) async fn publisher(&self) -> Publisher {
        Publisher::new(&self.redis).await
    }
}

/// Does what tally-stream does.
pub(crate) struct Publisher {
    connection: ConnectionManager,
}

impl Publisher {
    pub(crate) async fn new(redis: &Server) -> Self {
        let client = redis::Client::open(redis.url()).unwrap();
        Self {
            connection: client.get_connection_manager().await.unwrap(),
        }
    }

    /// Stores a result without telling anyone.
    pub(crate) async fn store(&mut self, election: u32, json: &str) {
        let key = format!("results:{{{election}}}");
        let () = self.connection.set(&key, json).await.unwrap();
        let () = self.connection.sadd("results", election).await.unwrap();
    }

    /// Stores a result and publishes it.
    pub(crate) async fn publish_json(&mut self, election: u32, json: &str) {
        self.store(election, json).await;
        let channel = format!("results:{{{election}}}");
        let () = self.connection.publish(channel, json).await.unwrap();
    }

    pub(crate) async fn publish(&mut self, election: u32, position: u64) {
        self.publish_json(election, &result(election, position))
            .await;
    }

    /// Gives Redis a command.
    pub(crate) async fn tell(&mut self, command: &str) {
        let mut words = command.split(' ');
        let mut telling = redis::cmd(words.next().unwrap());
        telling.arg(words.collect::<Vec<_>>());
        let () = telling.query_async(&mut self.connection).await.unwrap();
    }

    /// The connections that Redis has, but for this one.
    pub(crate) async fn connections_of_others(&mut self) -> BTreeSet<u64> {
        let mut client = redis::cmd("CLIENT");
        let own: u64 = client
            .arg("ID")
            .query_async(&mut self.connection)
            .await
            .unwrap();
        let mut client = redis::cmd("CLIENT");
        let list: String = client
            .arg("LIST")
            .query_async(&mut self.connection)
            .await
            .unwrap();
        let ids = list.lines().filter_map(|line| {
            let id = line.split(' ').find_map(|field| field.strip_prefix("id="));
            id.and_then(|id| id.parse().ok())
        });
        ids.filter(|id| *id != own).collect()
    }
}

/// The settings from a command line with `run`.
pub(crate) fn run_options<'a>(line: impl IntoIterator<Item = &'a &'a str>) -> RunOptions {
    match Options::parse_from(line).command {
        Command::Run(options) => *options,
        Command::Health(_) => panic!("not `run`"),
    }
}
