//! PostgreSQL: a pool of connections, and migrations that several instances may start at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use futures_util::future::BoxFuture;
use refinery::Runner;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::settings::{NOT_A_URL, PostgresOptions};

/// What the database is called in readiness.
pub const POSTGRESQL: &str = "postgresql";

/// How long a connection may take: to be made, to become free, or to have what was sent acknowledged.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);
/// How long PostgreSQL may be away when a program starts.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// After the first attempt to reach PostgreSQL; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Between two attempts at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// Any fixed number: the advisory lock that is held in a database while it is migrated.
const MIGRATION_LOCK: i64 = 0x5552_4e41;

/// A pool that connects when it is first used. A connection is waited for for five seconds at most.
///
/// # Errors
/// Where the URL does not parse.
pub fn pool(options: &PostgresOptions) -> anyhow::Result<Pool> {
    let mut config: Config = options.database.url()?.parse().context(NOT_A_URL)?;
    config.tcp_user_timeout(CONNECTION_PATIENCE);
    let manager = Manager::from_config(
        config,
        NoTls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    Ok(Pool::builder(manager)
        .max_size(options.database_connections.max(1))
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(CONNECTION_PATIENCE),
            create: Some(CONNECTION_PATIENCE),
            recycle: Some(CONNECTION_PATIENCE),
        })
        .build()?)
}

/// Waits until PostgreSQL answers, and says so meanwhile. What waiting does not mend (a wrong password,
/// a database that does not exist) is an error at once.
///
/// # Errors
/// Where it refuses, or does not answer within `timeout`.
pub async fn until_reachable(database_url: &str, timeout: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    loop {
        let Err(error) = tokio_postgres::connect(database_url, NoTls).await else {
            return Ok(());
        };
        let is_starting = error
            .code()
            .is_none_or(|code| *code == SqlState::CANNOT_CONNECT_NOW);
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
/// As [`migrate`], and where PostgreSQL is away for longer than [`TIMEOUT`].
pub async fn migrate_when_reachable(database_url: &str, migrations: Runner) -> anyhow::Result<()> {
    until_reachable(database_url, TIMEOUT).await?;
    migrate(database_url, migrations).await
}

/// How long a database may take to answer, once its schema is the newest.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long a check of [`migrated`] may take: other instances may be migrating.
pub const CHECK_TIMEOUT: Duration = Duration::from_mins(1);

/// What a service checks to be ready for its database: that the schema is the newest, which it is brought to by the
/// first check that succeeds, and that it answers.
///
/// # Errors
/// Where the URL does not parse.
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

/// Brings the database to the newest schema. Safe to call from many processes at once: they wait
/// for each other.
///
/// # Errors
/// Where PostgreSQL cannot be reached, or a migration fails; the message names the database.
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
    // The lock goes with the session.
    drop(client);
    connection
        .await?
        .context("PostgreSQL closed the connection")?;
    Ok(())
}
