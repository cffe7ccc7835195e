//! Startup and shutdown.

use service_kit::health::Readiness;
use service_kit::service::{Running, Service, Step};
use service_kit::shutdown;

use crate::latest::LatestResults;
use crate::options::{Command, Options, RunOptions};
use crate::{http, pace, source};

/// Runs the command.
///
/// # Errors
/// If observers cannot be served any more, or the service is not ready.
pub async fn run(options: Options) -> anyhow::Result<()> {
    match options.command {
        Command::Run(options) => start(&options)?.run_until(shutdown::requested()).await,
        Command::Health(options) => options.ask(options.admin.admin_listen).await,
    }
}

/// Listens, and starts to follow Redis, which need not be reachable yet. On shutdown, all streams end first.
///
/// Must be called inside a Tokio runtime.
///
/// # Errors
/// If a port is taken, or the Redis URL does not parse.
pub fn start(options: &RunOptions) -> anyhow::Result<Running> {
    let redis = options.redis.client()?;
    let latest = LatestResults::default();
    let readiness = Readiness::new();
    readiness.wait_for(source::REDIS, "the results have not been read yet");
    let (arrivals, arriving) = pace::arrivals();
    let follow = source::follow(redis, arrivals, readiness.clone());
    let streams = latest.clone();
    Service::new("dashboard-feed", options.admin.admin_listen, readiness)
        .http(http::serve(options, &latest)?)
        .task("results from Redis", follow)
        .task("pace of results", pace::show(arriving, latest))
        .on_stop([
            Step::new("streams", async move { streams.close() }),
            Step::http(),
        ])
        .start()
}
