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
use tokio_postgres::config::{Host, SslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::answers::AnswersInTime;
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

/// Waits until PostgreSQL answers, and logs that it waits. Errors that waiting does not fix (a wrong password,
/// a missing database) are returned immediately.
///
/// # Errors
/// If it refuses, or does not answer within `timeout`.
pub async fn until_reachable(database_url: &str, timeout: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let connecting = tokio_postgres::connect(database_url, NoTls);
        let error = match tokio::time::timeout(CONNECTION_PATIENCE, connecting).await {
            Ok(Ok(_connected)) => return Ok(()),
            Ok(Err(error)) => anyhow::Error::from(error),
            Err(late) => late.into(),
        };
        let code = error.downcast_ref().and_then(tokio_postgres::Error::code);
        let is_starting = code.is_none_or(|code| *code == SqlState::CANNOT_CONNECT_NOW);
        if !is_starting || Instant::now() >= deadline {
            return Err(error.context("cannot reach PostgreSQL at DATABASE_URL"));
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
            let answered = tokio::time::timeout(ANSWERS_WITHIN, answer).await;
            answered
                .context("PostgreSQL does not answer")?
                .context("cannot reach PostgreSQL at DATABASE_URL")?;
            Ok(())
        }) as BoxFuture<'static, anyhow::Result<()>>
    })
}

/// Brings the database to the newest schema. Safe to call from many processes at the same time: they wait for
/// each other.
///
/// # Errors
/// If PostgreSQL cannot be reached, or a migration fails; the message names the database.
pub async fn migrate(database_url: &str, migrations: Runner) -> anyhow::Result<()> {
    let (mut client, connection) = tokio_postgres::connect(database_url, NoTls)
        .await
        .context("cannot reach PostgreSQL at DATABASE_URL")?;
    let connection = tokio::spawn(connection);
    client
        .execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])
        .await?;
    let report = migrations
        .run_async(&mut client)
        .await
        .context("a migration failed")?;
    for migration in report.applied_migrations() {
        tracing::info!(migration = %migration, "migrated the database");
    }
    // The lock is released with the session.
    drop(client);
    connection
        .await?
        .context("PostgreSQL closed the connection")?;
    Ok(())
}
