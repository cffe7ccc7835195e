//! The three servers together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail, ensure};

use crate::checkout;
use crate::directories::{RunDirectory, create_log_directory};
use crate::process::User;
use crate::server::{self, Kafka, Redis, Server};

/// How to start a [`Stack`].
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// How many Kafka brokers, 1 or 3. With three, topics have three replicas and `min.insync.replicas=2`.
    pub brokers: u8,
    /// Whether Redis keeps a log of its writes, so that they survive a kill. (It writes them before it answers
    /// and syncs them every second: only a power cut loses the last ones.)
    pub persist_redis: bool,
    /// Where the directory of the run is created; `target/devstack/runs` by default.
    pub dir: PathBuf,
    /// Where the servers' logs go, one file each; by default a directory for this run in
    /// `target/devstack/logs/tests`.
    pub logs: Option<PathBuf>,
    /// Whether `KAFKA_BROKERS`, `REDIS_URL` and `DATABASE_URL` are used if they are set.
    pub environment: bool,
}

impl Default for StackOptions {
    /// One broker, Redis in memory only, and servers from the environment if named there.
    fn default() -> Self {
        Self {
            brokers: 1,
            persist_redis: false,
            dir: checkout::target().join("devstack/runs"),
            logs: None,
            environment: true,
        }
    }
}

impl StackOptions {
    /// The default, but ignoring the environment: servers that may be killed.
    pub fn private() -> Self {
        Self {
            environment: false,
            ..Self::default()
        }
    }

    /// The address of a server to use instead of a private one.
    fn given(&self, variable: &str) -> Option<String> {
        std::env::var(variable)
            .ok()
            .filter(|value| self.environment && !value.is_empty())
    }
}

/// Running Kafka, Redis and PostgreSQL. Dropping it kills what it started.
#[derive(Debug)]
pub struct Stack {
    // The servers are dropped first, and their directories afterwards.
    servers: Vec<Arc<Server>>,
    kafka_brokers: String,
    redis_url: String,
    /// The URL of any database.
    postgres_url: String,
    run: RunDirectory,
    /// The directory of PostgreSQL's data if it runs as another user.
    _reachable: Option<RunDirectory>,
    logs: PathBuf,
}

impl Stack {
    /// Starts the servers with the default options, all at the same time, and waits until they answer.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(StackOptions::default()).await
    }

    /// Starts the servers, all at the same time, and waits until they answer.
    pub async fn start_with(options: StackOptions) -> anyhow::Result<Self> {
        ensure!(
            matches!(options.brokers, 1 | 3),
            "a cluster has 1 or 3 brokers, not {}",
            options.brokers
        );
        let label = new_label();
        let run = RunDirectory::create(&options.dir, &label)?;
        let reachable = match User::unprivileged()? {
            Some(_) => Some(RunDirectory::create_reachable(&label)?),
            None => None,
        };
        let logs = match options.logs.clone() {
            Some(logs) => logs,
            None => create_log_directory(&checkout::target().join("devstack/logs/tests"), &label)?,
        };
        let (kafka, redis, postgres) = tokio::try_join!(
            provide_kafka(&options, &run, &logs),
            provide_redis(&options, &run, &logs),
            provide_postgres(&options, reachable.as_ref().unwrap_or(&run), &logs),
        )?;
        let servers = [kafka.servers, redis.servers, postgres.servers]
            .into_iter()
            .flatten()
            .map(Arc::new)
            .collect();
        Ok(Self {
            servers,
            kafka_brokers: kafka.url,
            redis_url: redis.url,
            postgres_url: postgres.url,
            run,
            _reachable: reachable,
            logs,
        })
    }

    /// The brokers' addresses, separated by commas.
    pub fn kafka_brokers(&self) -> &str {
        &self.kafka_brokers
    }

    /// The URL of Redis. It is shared by all tests of the binary: see [`Self::redis_url_fresh`].
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// The URL of a database in PostgreSQL, which need not exist.
    pub fn postgres_url(&self, database: &str) -> String {
        replace_path(&self.postgres_url, database)
    }

    /// Whether PostgreSQL was started by this stack, and so is new, rather than named in the environment.
    pub(crate) fn has_own_postgres(&self) -> bool {
        self.server("postgres").is_ok()
    }

    /// The servers that this stack started, without those named in the environment.
    pub fn servers(&self) -> &[Arc<Server>] {
        &self.servers
    }

    /// A unique name: for a topic, a consumer group, a prefix of keys.
    pub fn unique(&self, prefix: &str) -> String {
        format!("{prefix}_{:08x}", rand::random::<u32>())
    }

    /// Creates an empty database whose name begins with `prefix`; returns its URL.
    pub async fn create_database(&self, prefix: &str) -> anyhow::Result<String> {
        let name = self.unique(prefix);
        self.create_database_named(&name).await?;
        Ok(self.postgres_url(&name))
    }

    /// Creates a database with exactly this name unless it exists; returns its URL.
    pub(crate) async fn ensure_database(&self, name: &str) -> anyhow::Result<String> {
        if !server::has_database(&self.postgres_url("postgres"), name).await? {
            self.create_database_named(name).await?;
        }
        Ok(self.postgres_url(name))
    }

    async fn create_database_named(&self, name: &str) -> anyhow::Result<()> {
        let statement = format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
        let result = server::execute(&self.postgres_url("postgres"), &statement).await;
        result.with_context(|| format!("cannot create the database {name}"))
    }

    /// The URL of an empty logical database of Redis. It has its own keys; pub/sub channels, scripts and
    /// statistics belong to the whole server: see [`Self::dedicated_redis`].
    pub async fn redis_url_fresh(&self) -> anyhow::Result<String> {
        let database = server::empty_database(&self.redis_url).await?;
        Ok(replace_path(&self.redis_url, &database.to_string()))
    }

    /// Starts one more Redis, for one test alone. It lives as long as the returned value.
    pub async fn dedicated_redis(&self) -> anyhow::Result<Server> {
        self.dedicated_redis_with(false).await
    }

    /// Starts one more Redis, for one test alone, that keeps a log of its writes if `persist` is set.
    pub async fn dedicated_redis_with(&self, persist: bool) -> anyhow::Result<Server> {
        let name = self.unique("redis");
        let directory = self.run.subdirectory(&name)?;
        server::start_redis(Redis {
            name,
            directory,
            logs: &self.logs,
            persist,
        })
        .await
    }

    /// Kills a server (SIGKILL) and waits until it is gone: `kafka` (with three brokers, `kafka-1` to
    /// `kafka-3`), `redis` or `postgres`.
    pub async fn kill(&self, name: &str) -> anyhow::Result<()> {
        self.server(name)?.kill().await;
        Ok(())
    }

    /// Starts a server again on the same port with the same data, and waits until it answers.
    pub async fn restart(&self, name: &str) -> anyhow::Result<()> {
        self.server(name)?.restart().await
    }

    /// Suspends a server (SIGSTOP): it keeps its connections and answers nothing.
    pub fn pause(&self, name: &str) -> anyhow::Result<()> {
        self.server(name)?.pause();
        Ok(())
    }

    /// Lets a server continue after [`Stack::pause`].
    pub fn resume(&self, name: &str) -> anyhow::Result<()> {
        self.server(name)?.resume();
        Ok(())
    }

    /// The server with this name.
    pub fn server(&self, name: &str) -> anyhow::Result<&Server> {
        if let Some(server) = self.servers.iter().find(|server| server.name() == name) {
            return Ok(server.as_ref());
        }
        let names: Vec<&str> = self.servers.iter().map(|server| server.name()).collect();
        bail!("this stack runs no {name}, only: {}", names.join(", "))
    }

    /// Stops the servers and removes their data.
    pub async fn stop(self) {
        // Each takes milliseconds, as nothing is saved.
        for server in &self.servers {
            server.stop().await;
        }
    }
}

/// Servers of one kind: their address, and those of them that were started here.
struct Provided {
    url: String,
    servers: Vec<Server>,
}

impl Provided {
    fn given(url: String) -> Self {
        Self {
            url,
            servers: Vec::new(),
        }
    }

    fn own(server: Server) -> Self {
        Self {
            url: server.url().to_owned(),
            servers: vec![server],
        }
    }
}

async fn provide_kafka(
    options: &StackOptions,
    run: &RunDirectory,
    logs: &Path,
) -> anyhow::Result<Provided> {
    if let Some(brokers) = options.given("KAFKA_BROKERS") {
        server::require_kafka(&brokers).await?;
        return Ok(Provided::given(brokers));
    }
    let kafka = Kafka {
        brokers: options.brokers,
        directory: run.path().to_owned(),
        logs,
    };
    let servers = server::start_kafka(kafka).await?;
    let addresses: Vec<&str> = servers.iter().map(Server::url).collect();
    Ok(Provided {
        url: addresses.join(","),
        servers,
    })
}

async fn provide_redis(
    options: &StackOptions,
    run: &RunDirectory,
    logs: &Path,
) -> anyhow::Result<Provided> {
    if let Some(url) = options.given("REDIS_URL") {
        server::require_redis(&url).await?;
        return Ok(Provided::given(url));
    }
    let directory = run.subdirectory("redis")?;
    let redis = Redis {
        name: "redis".to_owned(),
        directory,
        logs,
        persist: options.persist_redis,
    };
    Ok(Provided::own(server::start_redis(redis).await?))
}

async fn provide_postgres(
    options: &StackOptions,
    run: &RunDirectory,
    logs: &Path,
) -> anyhow::Result<Provided> {
    if let Some(url) = options.given("DATABASE_URL") {
        server::require_postgres(&url).await?;
        return Ok(Provided::given(url));
    }
    Ok(Provided::own(
        server::start_postgres(run.path(), logs).await?,
    ))
}

/// Distinguishes this run from any other that is alive, and shows whose it is.
fn new_label() -> String {
    static RUNS: AtomicU32 = AtomicU32::new(1);
    let program = std::env::var("CARGO_PKG_NAME").ok().or_else(|| {
        let program = std::env::current_exe().ok()?;
        Some(program.file_stem()?.to_string_lossy().into_owned())
    });
    let program = program.unwrap_or_else(|| "run".to_owned());
    format!(
        "{program}-{}-{}",
        std::process::id(),
        RUNS.fetch_add(1, Ordering::Relaxed)
    )
}

/// `scheme://authority/path?query` with another path.
fn replace_path(url: &str, path: &str) -> String {
    let (before_query, query) = url
        .split_once('?')
        .map_or((url, None), |(before, query)| (before, Some(query)));
    let authority_start = before_query.find("://").map_or(0, |index| index + 3);
    let authority_end = before_query[authority_start..]
        .find('/')
        .map_or(before_query.len(), |index| authority_start + index);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{path}{query}", &before_query[..authority_end])
}

#[cfg(test)]
mod tests {
    use super::replace_path;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        for (url, expected) in [
            ("redis://127.0.0.1:20001", "redis://127.0.0.1:20001/7"),
            ("redis://127.0.0.1:20001/0", "redis://127.0.0.1:20001/7"),
            (
                "postgres://u:p@h:5432/old?sslmode=disable",
                "postgres://u:p@h:5432/7?sslmode=disable",
            ),
            (
                "postgres://u@h?sslmode=disable",
                "postgres://u@h/7?sslmode=disable",
            ),
        ] {
            assert_eq!(replace_path(url, "7"), expected);
        }
    }
}
