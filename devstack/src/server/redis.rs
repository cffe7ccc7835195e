//! Redis.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use redis::AsyncCommands;
use rustix::process::Signal;

use super::{Probe, Server, with_free_ports};
use crate::process::{Launch, Output, find_program, free_port};

/// One for each test; each takes a few hundred bytes.
const DATABASES: u32 = 1024;
/// The key, in database 0, that counts the logical databases handed out.
const COUNTER: &str = "devstack:databases";

/// How to start one.
pub(crate) struct Redis<'a> {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) logs: &'a Path,
    /// Whether every write is appended to a file before it is answered, so that it survives a `kill -9`.
    pub(crate) persist: bool,
}

pub(crate) async fn start(redis: Redis<'_>) -> anyhow::Result<Server> {
    let program = find_program("redis-server")?;
    let log = redis.logs.join(format!("{}.log", redis.name));
    with_free_ports(&[&log], async || {
        let port = free_port()?;
        let append_only = if redis.persist { "yes" } else { "no" };
        let launch = Launch {
            name: redis.name.clone(),
            program: program.clone(),
            #[rustfmt::skip]
            arguments: [
                "--bind", "127.0.0.1",
                "--port", &port.to_string(),
                "--databases", &DATABASES.to_string(),
                "--save", "",
                "--appendonly", append_only,
                "--appendfsync", "everysec",
                "--daemonize", "no",
            ].map(Into::into).into(),
            environment: Vec::new(),
            user: None,
            directory: redis.directory.clone(),
            output: Output::Log(log.clone()),
        };
        Server::start(
            launch,
            format!("redis://127.0.0.1:{port}"),
            Probe::Redis { port },
            Signal::KILL,
        )
        .await
    })
    .await
}

/// The number of an empty logical database that nobody else was given; never 0.
pub(crate) async fn empty_database(url: &str) -> anyhow::Result<u32> {
    let client = redis::Client::open(url).context("the Redis URL cannot be read")?;
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .with_context(|| format!("cannot connect to {url}"))?;
    let (_, databases): (String, u32) = redis::cmd("CONFIG")
        .arg("GET")
        .arg("databases")
        .query_async(&mut connection)
        .await?;
    for _ in 1..databases {
        let count: u32 = connection.incr(COUNTER, 1).await?;
        let database = 1 + count % (databases - 1);
        let ((), keys): ((), u64) = redis::pipe()
            .cmd("SELECT")
            .arg(database)
            .cmd("DBSIZE")
            .query_async(&mut connection)
            .await?;
        redis::cmd("SELECT")
            .arg(0)
            .exec_async(&mut connection)
            .await?;
        if keys == 0 {
            return Ok(database);
        }
    }
    bail!("no logical database of {url} is empty: flush some")
}
