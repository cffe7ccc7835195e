//! Running a service: one policy for all of them.
//!
//! - The ports are bound first, and health checks are answered immediately, on a separate port. The service is
//!   not ready until everything it needs is there (servers, a migrated database).
//! - A task that ends, for whatever reason, is a failure of the whole process, and the message names the task.
//! - A service stops in the order that it names, within a time limit.
//!
//! ```no_run
//! # async fn example(admin: std::net::SocketAddr) -> anyhow::Result<()> {
//! use std::time::Duration;
//! use service_kit::health::Readiness;
//! use service_kit::service::Service;
//!
//! let readiness = Readiness::new();
//! let running = Service::new("example", admin, readiness)
//!     .task("clock", async { std::future::pending::<()>().await })
//!     .ready_when("redis", Duration::from_secs(1), Duration::from_secs(2), || async { Ok(()) })
//!     .start()?;
//! running.run_until(service_kit::shutdown::requested()).await
//! # }
//! ```

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use tokio::task::{Id, JoinError, JoinSet};

use crate::health::{self, Readiness};
use crate::{problem, server};

/// How long a service may take to stop, unless it says otherwise.
pub const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How long connections to the administration port may take to end, in seconds.
const ADMIN_SHUTDOWN_S: u64 = 1;
/// How long its server may take to say that it has ended.
const ADMIN_STOP_LIMIT: Duration = Duration::from_secs(2);

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The result of a task.
pub trait Ended {
    /// The error, if it ended with one.
    fn error(self) -> Option<anyhow::Error>;
}

impl Ended for () {
    fn error(self) -> Option<anyhow::Error> {
        None
    }
}

impl Ended for Infallible {
    fn error(self) -> Option<anyhow::Error> {
        match self {}
    }
}

impl<T, E: Into<anyhow::Error>> Ended for Result<T, E> {
    fn error(self) -> Option<anyhow::Error> {
        self.err().map(Into::into)
    }
}

/// A service to start: what it serves, what it runs, what it needs to be ready, how it stops.
pub struct Service {
    name: &'static str,
    admin: SocketAddr,
    readiness: Readiness,
    http: Option<(SocketAddr, Server)>,
    tasks: Vec<(&'static str, BoxFuture<Option<anyhow::Error>>)>,
    stop: Vec<Step>,
    stop_limit: Duration,
}

/// A step of stopping.
pub struct Step(Kind);

enum Kind {
    Http,
    Own(&'static str, BoxFuture<()>),
}

impl Step {
    /// Take no more requests, and answer those that are under way.
    pub fn http() -> Self {
        Self(Kind::Http)
    }

    /// Wait for this; if it takes too long, it is named in the log.
    pub fn new(name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Kind::Own(name, Box::pin(work)))
    }

    fn name(&self) -> &'static str {
        match self.0 {
            Kind::Http => "requests under way",
            Kind::Own(name, _) => name,
        }
    }
}

impl Service {
    /// A service with only health checks so far, at the address `admin`. It stops by [`Step::http`] alone, within
    /// [`STOP_LIMIT`].
    pub fn new(name: &'static str, admin: SocketAddr, readiness: Readiness) -> Self {
        Self {
            name,
            admin,
            readiness,
            http: None,
            tasks: Vec::new(),
            stop: vec![Step::http()],
            stop_limit: STOP_LIMIT,
        }
    }

    /// Serves clients, with a server that has bound `address` already.
    #[must_use]
    pub fn http(mut self, (address, server): (SocketAddr, Server)) -> Self {
        self.http = Some((address, server));
        self
    }

    /// Runs this for as long as the service runs. If it ends or panics, the process fails with an error that
    /// names it.
    #[must_use]
    pub fn task<T: Ended>(
        mut self,
        name: &'static str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Self {
        let work = Box::pin(async move { work.await.error() });
        self.tasks.push((name, work));
        self
    }

    /// The service is ready only while `check` succeeds: it is called every `every`, and fails if it takes longer
    /// than `timeout`. `part` names what is checked, in readiness and in logs.
    #[must_use]
    pub fn ready_when<F>(
        self,
        part: &'static str,
        every: Duration,
        timeout: Duration,
        check: impl Fn() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.readiness.wait_for(part, "not checked yet");
        let readiness = self.readiness.clone();
        let keep_checking = async move {
            loop {
                check_once(&readiness, part, timeout, check()).await;
                tokio::time::sleep(every).await;
            }
        };
        self.task::<Infallible>(part, keep_checking)
    }

    /// The service becomes ready once `check` has succeeded, which is tried every `every`, for `timeout` at most.
    /// Later failures are not noticed here.
    #[must_use]
    pub fn ready_after<F>(
        self,
        part: &'static str,
        every: Duration,
        timeout: Duration,
        check: impl Fn() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.readiness.wait_for(part, "not checked yet");
        let readiness = self.readiness.clone();
        let check_until_ready = async move {
            while !check_once(&readiness, part, timeout, check()).await {
                tokio::time::sleep(every).await;
            }
            std::future::pending().await
        };
        self.task::<Infallible>(part, check_until_ready)
    }

    /// The steps of stopping, in order. Tasks are ended after the last one.
    #[must_use]
    pub fn on_stop(mut self, order: impl IntoIterator<Item = Step>) -> Self {
        self.stop = order.into_iter().collect();
        self
    }

    /// How long all steps of stopping may take together.
    #[must_use]
    pub fn stop_within(mut self, limit: Duration) -> Self {
        self.stop_limit = limit;
        self
    }

    /// Binds the ports, serves health and clients, and starts the tasks.
    ///
    /// # Errors
    /// If a port is taken or a server cannot be set up. This does not wait for anything over the network.
    pub fn start(self) -> anyhow::Result<Running> {
        let mut tasks = Tasks::default();
        let (admin_address, admin_server) = serve_admin(self.admin, &self.readiness)?;
        let admin = admin_server.handle();
        tasks.spawn("administration port", async {
            admin_server.await.err().map(Into::into)
        });
        let mut public = None;
        let mut address = admin_address;
        if let Some((bound, server)) = self.http {
            address = bound;
            public = Some(server.handle());
            tasks.spawn("HTTP server", async { server.await.err().map(Into::into) });
        }
        for (name, work) in self.tasks {
            tasks.spawn(name, work);
        }
        tracing::info!(service = self.name, %address, %admin_address, "started");
        Ok(Running {
            address,
            admin_address,
            readiness: self.readiness,
            tasks,
            public,
            admin,
            stop: self.stop,
            stop_limit: self.stop_limit,
        })
    }
}

async fn check_once(
    readiness: &Readiness,
    part: &'static str,
    timeout: Duration,
    check: impl Future<Output = anyhow::Result<()>>,
) -> bool {
    let checked = tokio::time::timeout(timeout, check).await;
    let checked = checked.unwrap_or_else(|_elapsed| {
        Err(anyhow::anyhow!(
            "no answer within {} s",
            timeout.as_secs_f32()
        ))
    });
    match checked {
        Ok(()) => readiness.ready(part),
        Err(ref error) => readiness.wait_for(part, format!("{error:#}")),
    }
    checked.is_ok()
}

fn serve_admin(listen: SocketAddr, readiness: &Readiness) -> anyhow::Result<(SocketAddr, Server)> {
    let listener = server::listen(listen, "--admin-listen")?;
    let address = listener.local_addr()?;
    let readiness = readiness.clone();
    let app = move || {
        App::new()
            .configure(health::routes(readiness.clone()))
            .default_service(web::to(problem::not_found))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .shutdown_timeout(ADMIN_SHUTDOWN_S)
        .listen(listener)?
        .run();
    Ok((address, server))
}

/// Tasks that must not end, by name.
#[derive(Default)]
struct Tasks {
    running: JoinSet<Option<anyhow::Error>>,
    names: HashMap<Id, &'static str>,
}

impl Tasks {
    fn spawn(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Option<anyhow::Error>> + Send + 'static,
    ) {
        let id = self.running.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Waits until one of them has ended, and says which and why.
    async fn first_failure(&mut self) -> anyhow::Error {
        match self.running.join_next_with_id().await {
            // There is always at least one task: the server.
            None => std::future::pending().await,
            Some(Ok((id, None))) => anyhow::anyhow!("{} ended", self.name(id)),
            Some(Ok((id, Some(error)))) => error.context(format!("{} failed", self.name(id))),
            Some(Err(error)) => {
                let name = self.name(error.id());
                anyhow::anyhow!("{name} {}", how(error))
            }
        }
    }

    fn name(&self, id: Id) -> &'static str {
        self.names.get(&id).copied().unwrap_or("a task")
    }
}

fn how(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            format!(
                "panicked: {}",
                text.as_deref().unwrap_or("without a message")
            )
        }
        Err(error) => format!("ended: {error}"),
    }
}

/// A service that runs. Dropping it ends its tasks.
pub struct Running {
    /// Address to serve clients on, with the actual port; the address of the health checks if it serves no clients.
    pub address: SocketAddr,
    /// Where health is served, with the actual port.
    pub admin_address: SocketAddr,
    readiness: Readiness,
    tasks: Tasks,
    public: Option<ServerHandle>,
    admin: ServerHandle,
    stop: Vec<Step>,
    stop_limit: Duration,
}

impl Running {
    /// Runs until `stop` completes, then stops in order.
    ///
    /// # Errors
    /// As soon as a task ends, with its name.
    pub async fn run_until(
        mut self,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        tokio::select! {
            asked = stop => asked.context("cannot wait for signals")?,
            error = self.failed() => return Err(error),
        }
        self.stop().await;
        Ok(())
    }

    /// Waits until a task has ended, which none should, and says which and why.
    pub async fn failed(&mut self) -> anyhow::Error {
        self.tasks.first_failure().await
    }

    /// Stops in order, within the limit.
    pub async fn stop(mut self) {
        self.readiness.wait_for("service", "stopping");
        let deadline = tokio::time::Instant::now() + self.stop_limit;
        for step in self.stop {
            let name = step.name();
            let work = async {
                match step.0 {
                    Kind::Http => {
                        if let Some(public) = &self.public {
                            public.stop(true).await;
                        }
                    }
                    Kind::Own(_, work) => work.await,
                }
            };
            if tokio::time::timeout_at(deadline, work).await.is_err() {
                tracing::warn!(
                    step = name,
                    limit_s = self.stop_limit.as_secs(),
                    "stopped before this was done"
                );
            }
        }
        // Before its task is ended: a command that reaches a server at that moment is never answered.
        let stopped = self.admin.stop(false);
        let _in_time = tokio::time::timeout(ADMIN_STOP_LIMIT, stopped).await;
        self.tasks.running.abort_all();
    }
}
