//! PostgreSQL: a pool of connections, and migrations that several instances may start at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
    Timeouts,
};
use futures_util::TryFutureExt as _;
use futures_util::future::BoxFuture;
use refinery::Runner;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use crate::answers::{ANSWER_TIMEOUT, AnswersInTime};
use crate::settings::{NOT_A_URL, PostgresOptions};

/// The name of the database in readiness.
pub const POSTGRESQL: &str = "postgresql";

/// How long a connection may take to open, to become free, or to have sent data acknowledged.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);
/// How long PostgreSQL may be unreachable when a program starts.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// After the first attempt to reach PostgreSQL; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Maximum pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Any fixed number: the advisory lock that is held in a database while it is migrated.
const MIGRATION_LOCK: i64 = 0x5552_4e41;

/// Set on every connection of a pool: queries that the client has given up on end on their own.
const LIMITS: &str =
    "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'";

/// A pool that connects when it is first used. Waits at most five seconds for a connection, and ends one if
/// PostgreSQL accepts a query and is then silent for 15 s.
///
/// # Errors
/// If the URL does not parse, or asks for encryption.
pub fn pool(options: &PostgresOptions) -> anyhow::Result<Pool> {
    let mut config: Config = options.database.url()?.parse().context(NOT_A_URL)?;
    config.tcp_user_timeout(CONNECTION_PATIENCE);
    ensure!(
        config.get_ssl_mode() != SslMode::Require,
        "DATABASE_URL asks for sslmode=require, but connections to PostgreSQL are not encrypted"
    );
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let is_tcp = |host: &Host| matches!(host, Host::Tcp(_));
    let manager = if !config.get_hosts().is_empty() && config.get_hosts().iter().all(is_tcp) {
        // tokio-postgres takes the watcher for TLS, which starts without asking the server.
        config.ssl_mode(SslMode::Require);
        config.ssl_negotiation(SslNegotiation::Direct);
        Manager::from_config(config, AnswersInTime, recycling)
    } else {
        // A local socket, with no network in between.
        Manager::from_config(config, NoTls, recycling)
    };
    Ok(Pool::builder(manager)
        .post_create(Hook::async_fn(|client: &mut ClientWrapper, _| {
            let limited = async { client.batch_execute(LIMITS).await };
            Box::pin(limited.map_err(HookError::Backend))
        }))
        .max_size(options.database_connections.max(1))
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(CONNECTION_PATIENCE),
            create: Some(CONNECTION_PATIENCE),
            recycle: Some(CONNECTION_PATIENCE),
        })
        .build()?)
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// PostgreSQL cannot be reached, or refuses.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// It takes the connection, and then says nothing.
    #[error("PostgreSQL did not answer within {} s", CONNECTION_PATIENCE.as_secs())]
    Late,
}

/// One connection, for work that may take long: it is made within five seconds, and ends where PostgreSQL's machine is
/// gone for longer than that while something is sent, or for half a minute while nothing is. Somebody has to run its
/// second half.
///
/// # Errors
/// Where PostgreSQL cannot be reached, refuses, or does not answer in time.
pub async fn connect(
    database_url: &str,
) -> Result<(Client, Connection<Socket, NoTlsStream>), ConnectError> {
    let mut config: Config = database_url.parse()?;
    config
        .connect_timeout(CONNECTION_PATIENCE)
        .tcp_user_timeout(CONNECTION_PATIENCE)
        .keepalives_idle(Duration::from_secs(15))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3);
    let connecting = timeout(CONNECTION_PATIENCE, config.connect(NoTls)).await;
    Ok(connecting.map_err(|_| ConnectError::Late)??)
}

/// Waits until PostgreSQL answers, and says so meanwhile. What waiting does not mend (a wrong password,
/// a database that does not exist) is an error at once.
///
/// # Errors
/// Where it refuses, or does not answer within `limit`.
pub async fn until_reachable(database_url: &str, limit: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match connect(database_url).await {
            Ok(_connected) => return Ok(()),
            Err(error) => error,
        };
        let code = match &error {
            ConnectError::Postgres(error) => error.code(),
            ConnectError::Late => None,
        };
        let is_starting = code.is_none_or(|code| *code == SqlState::CANNOT_CONNECT_NOW);
        if !is_starting || Instant::now() >= deadline {
            return Err(error).context("cannot reach PostgreSQL at DATABASE_URL");
        }
        tracing::warn!(%error, "waiting for PostgreSQL");
        tokio::time::sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// [`migrate`]s a database that may be starting.
///
/// # Errors
/// As [`migrate`], or if PostgreSQL is away for longer than [`TIMEOUT`].
pub async fn migrate_when_reachable(database_url: &str, migrations: Runner) -> anyhow::Result<()> {
    until_reachable(database_url, TIMEOUT).await?;
    migrate(database_url, migrations).await
}

/// How long a database may take to answer, once its schema is the newest.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long a check of [`migrated`] may take: other instances may be migrating.
pub const CHECK_TIMEOUT: Duration = Duration::from_mins(1);

/// The readiness check for a service's database: that it answers, and that the schema is the newest. The first
/// successful check migrates it.
///
/// # Errors
/// If the URL does not parse.
pub fn migrated(
    options: &PostgresOptions,
    migrations: fn() -> Runner,
) -> anyhow::Result<impl Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + 'static> {
    let (url, pool) = (options.database.url()?, pool(options)?);
    let is_migrated = Arc::new(AtomicBool::new(false));
    Ok(move || {
        let (url, pool, is_migrated) = (url.clone(), pool.clone(), is_migrated.clone());
        Box::pin(async move {
            if !is_migrated.load(Ordering::Relaxed) {
                migrate(&url, migrations()).await?;
                is_migrated.store(true, Ordering::Relaxed);
            }
            let answer = async {
                pool.get()
                    .await?
                    .simple_query("")
                    .await
                    .map_err(anyhow::Error::from)
            };
            let answered = timeout(ANSWERS_WITHIN, answer).await;
            answered
                .context("PostgreSQL does not answer")?
                .context("cannot reach PostgreSQL at DATABASE_URL")?;
            Ok(())
        }) as BoxFuture<'static, anyhow::Result<()>>
    })
}

/// How long migrations may take, and others may be waited for.
const MIGRATION_TIMEOUT: Duration = Duration::from_mins(10);
/// Between two questions whether others are done.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Brings the database to the newest schema. Safe to call from many processes at once: they wait
/// for each other. A server that takes a question and does not answer is not waited for.
///
/// # Errors
/// If PostgreSQL cannot be reached, or a migration fails; the message names the database.
pub async fn migrate(database_url: &str, migrations: Runner) -> anyhow::Result<()> {
    let mut session = Session::open(database_url).await?;
    session.lock().await?;
    let limit = format!("SET statement_timeout = {}", MIGRATION_TIMEOUT.as_millis());
    session
        .in_time(session.client.batch_execute(&limit))
        .await?;
    let migrating = timeout(MIGRATION_TIMEOUT, migrations.run_async(&mut session.client));
    let report = migrating
        .await
        .context("PostgreSQL does not finish a migration")?
        .context("a migration failed")?;
    for migration in report.applied_migrations() {
        tracing::info!(migration = %migration, "migrated the database");
    }
    // The lock is released with the session.
    Ok(())
}

/// A connection for migrations, which end with it.
struct Session {
    client: Client,
    connection: JoinHandle<()>,
}

impl Session {
    async fn open(database_url: &str) -> anyhow::Result<Self> {
        let connected = connect(database_url).await;
        let (client, connection) = connected.context("cannot reach PostgreSQL at DATABASE_URL")?;
        let connection = tokio::spawn(async {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "lost the connection to PostgreSQL");
            }
        });
        Ok(Self { client, connection })
    }

    /// Waits until no other process migrates: by asking, as an answer that is long in coming would be no sign of life.
    async fn lock(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + MIGRATION_TIMEOUT;
        loop {
            let sql = "SELECT pg_try_advisory_lock($1)";
            let asked = self.client.query_one(sql, &[&MIGRATION_LOCK]);
            if self.in_time(asked).await?.try_get(0)? {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "another process has been migrating the database for {} min",
                MIGRATION_TIMEOUT.as_secs() / 60
            );
            tokio::time::sleep(LOCK_PAUSE).await;
        }
    }

    async fn in_time<T>(
        &self,
        question: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> anyhow::Result<T> {
        let answer = timeout(ANSWER_TIMEOUT, question).await;
        Ok(answer.context("PostgreSQL does not answer")??)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
