//! Starting and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use service_kit::health::{self, Readiness};
use service_kit::token::{Signer, Verifier};
use service_kit::{client, openapi, postgres, problem, routes, server};
use tokio::task::JoinHandle;

use crate::accounts::{self, Accounts};
use crate::administrator::FirstAdministrator;
use crate::attempts::{Logins, Registrations};
use crate::http::{self, Desk};
use crate::options::RunOptions;
use crate::passwords::Passwords;
use crate::tokens::Issuer;

/// How often PostgreSQL is asked whether it and an administrator are there.
const DATABASE_CHECK: Duration = Duration::from_secs(1);

/// An access-control that listens. It is ready once the database is migrated and has an administrator.
pub struct AccessControl {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    handle: ServerHandle,
    watch: JoinHandle<()>,
}

impl AccessControl {
    /// Listens, and prepares the database in the background.
    ///
    /// # Errors
    /// Where the port is taken, or a setting makes no sense; in production also where a secret is missing or
    /// a default. That PostgreSQL is away is waited out.
    pub fn start(options: &RunOptions) -> anyhow::Result<Self> {
        let secret = options.token.secret()?;
        let postgres = &options.postgres;
        postgres.database.check(options.token.environment)?;
        let administrator =
            FirstAdministrator::read(&options.administrator, options.token.environment)?;
        let database = Database {
            url: postgres.database.url()?,
            accounts: Accounts::new(postgres::pool(postgres)?),
            passwords: Passwords::new(options.hashes_at_once)?,
            administrator,
        };
        let desk = Data::new(Desk {
            accounts: database.accounts.clone(),
            passwords: database.passwords.clone(),
            logins: Logins::new(options.logins),
            registrations: Registrations::new(options.registrations),
            issuer: Issuer::new(Signer::new(&secret)),
            administrator: database.administrator.clone(),
        });
        let readiness = Readiness::new();
        readiness.wait_for("postgresql", "not asked yet");
        let verifier = Data::new(Verifier::new(&secret));
        let (address, server) = listen(options, desk, verifier, readiness.clone())?;
        let handle = server.handle();
        tracing::info!(%address, "serving clients");
        Ok(Self {
            address,
            server: tokio::spawn(server),
            handle,
            watch: tokio::spawn(database.watch(readiness)),
        })
    }

    /// Where clients are served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until no client can be served any more, and says why.
    pub async fn failed(&mut self) -> anyhow::Error {
        let ended = (&mut self.server).await;
        anyhow::anyhow!("the HTTP server ended: {ended:?}")
    }

    /// Answers the requests that are under way, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.watch.abort();
    }
}

fn listen(
    options: &RunOptions,
    desk: Data<Desk>,
    verifier: Data<Verifier>,
    readiness: Readiness,
) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(options.listen)?;
    let address = listener.local_addr()?;
    let description = http::description()?;
    let proxies = options.proxies.clone();
    let app = move || {
        App::new()
            .configure(client::behind(&proxies))
            .app_data(desk.clone())
            .app_data(verifier.clone())
            .configure(health::routes(readiness.clone()))
            .configure(openapi::routes(description.clone()))
            .configure(routes::mount(http::endpoints()))
            .default_service(web::to(problem::not_found))
    };
    let server = HttpServer::new(app)
        .disable_signals()
        .shutdown_timeout(10)
        .listen(listener)?
        .run();
    Ok((address, server))
}

/// The database, and what has to be in it.
struct Database {
    url: String,
    accounts: Accounts,
    passwords: Passwords,
    administrator: FirstAdministrator,
}

impl Database {
    async fn watch(self, readiness: Readiness) {
        let mut is_migrated = false;
        loop {
            match self.look(&mut is_migrated).await {
                Ok(()) => readiness.ready("postgresql"),
                Err(error) => readiness.wait_for("postgresql", format!("{error:#}")),
            }
            tokio::time::sleep(DATABASE_CHECK).await;
        }
    }

    async fn look(&self, is_migrated: &mut bool) -> anyhow::Result<()> {
        if !*is_migrated {
            postgres::migrate(&self.url, accounts::migrations()).await?;
            *is_migrated = true;
        }
        // Not only at the start: whoever deletes the last one may not get to create the next.
        self.administrator
            .ensure(&self.accounts, &self.passwords)
            .await
    }
}
