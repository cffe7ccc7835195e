//! Startup and shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use ballot_log::Topics;
use ballot_log::ended_sessions::Teller;
use service_database::postgres;
use service_kit::health::Readiness;
use service_kit::secret::Environment;
use service_kit::service::{Running, Service};
use service_kit::token::Verifier;
use service_kit::{client, openapi, problem, routes, server};
use tokio::sync::Notify;

use crate::accounts::{self, Accounts};
use crate::administrator::{FirstAdministrator, check_passwords};
use crate::attempts::{Logins, Registrations};
use crate::http::{self, State};
use crate::options::RunOptions;
use crate::passwords::Passwords;
use crate::telling::tell;
use crate::tokens::Issuer;

/// How often PostgreSQL is checked, and that an administrator exists.
const DATABASE_CHECK: Duration = Duration::from_secs(1);

/// Listens, and prepares the database in the background. It is ready once the database is migrated and has an
/// administrator.
///
/// # Errors
/// If a port is taken, or a setting makes no sense; in production also if a secret is missing or a default. It
/// waits while PostgreSQL is unavailable.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    let keys = options.token.checking_keys()?;
    let signer = options
        .token
        .signer(&keys, options.jwt_private_key_file.as_deref())?;
    let postgres = &options.postgres;
    postgres.database.check(options.token.environment)?;
    let administrator =
        FirstAdministrator::read(&options.administrator, options.token.environment)?;
    let accounts = Accounts::new(postgres::pool(postgres)?);
    let passwords = Passwords::new(options.hashes_at_once)?;
    let ended = Arc::new(Notify::new());
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let teller = Teller::open(&options.kafka.kafka_brokers, &topics)?;
    let telling = tell(accounts.clone(), teller, ended.clone());
    let readiness = Readiness::new();
    let is_migrated = readiness.clone();
    let state = Data::new(State {
        accounts: accounts.clone(),
        passwords: passwords.clone(),
        logins: Logins::new(options.logins),
        registrations: Registrations::new(options.registrations),
        issuer: Issuer::new(signer),
        keys: keys.clone(),
        ended: ended.clone(),
        administrator: administrator.clone(),
        registration: options
            .registrations
            .registration(options.token.environment),
    });
    let in_production = options.token.environment == Environment::Production;
    let are_checked = Arc::new(AtomicBool::new(false));
    let migrated = postgres::migrated(postgres, accounts::migrations)?;
    // Not only at startup: an instance that deletes the last administrator may end before it creates the next.
    let has_an_administrator = move || {
        let migrated = migrated();
        let (accounts, passwords) = (accounts.clone(), passwords.clone());
        let (administrator, are_checked) = (administrator.clone(), are_checked.clone());
        async move {
            migrated.await?;
            if in_production && !are_checked.load(Ordering::Relaxed) {
                check_passwords(&accounts, &passwords).await?;
                are_checked.store(true, Ordering::Relaxed);
            }
            administrator.ensure(&accounts, &passwords).await
        }
    };
    let verifier = Data::new(options.token.verifier_by(keys));
    Service::new("access-control", options.admin.admin_listen, readiness)
        .http(listen(options, state, verifier)?)
        .ready_when(
            postgres::POSTGRESQL,
            DATABASE_CHECK,
            postgres::CHECK_TIMEOUT,
            has_an_administrator,
        )
        .task("telling of sessions that have ended", async move {
            is_migrated.until_ready(postgres::POSTGRESQL).await;
            telling.await
        })
        .start()
}

fn listen(
    options: &RunOptions,
    state: Data<State>,
    verifier: Data<Verifier>,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen, "--listen")?;
    let address = listener.local_addr()?;
    let description = http::description();
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .app_data(state.clone())
            .app_data(verifier.clone())
            .configure(openapi::routes(description.clone()))
            .configure(routes::mount(
                http::endpoints(),
                Some(http::on_refused(state.clone())),
            ))
            .default_service(web::to(problem::not_found))
    };
    let server = HttpServer::new(app)
        .disable_signals()
        .shutdown_timeout(10)
        .listen(listener)?
        .run();
    Ok((address, server))
}
