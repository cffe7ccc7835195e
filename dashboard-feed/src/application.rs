//! The service as a whole: built, then run until it is asked to stop.

use std::future::Future;
use std::net::SocketAddr;

use actix_web::dev::Server;
use anyhow::Context;
use service_kit::health::Readiness;
use tokio::task::JoinSet;

use crate::board::Board;
use crate::options::RunOptions;
use crate::{http, pace, source};

/// A dashboard feed that listens already and serves once it runs.
pub struct Application {
    /// Where it listens, with the actual port.
    address: SocketAddr,
    server: Server,
    board: Board,
    /// Follow Redis for as long as the application exists.
    tasks: JoinSet<()>,
}

impl Application {
    /// Binds the port and starts to follow Redis, which need not be reachable yet.
    ///
    /// Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// Where the port is taken, or the Redis URL does not parse.
    pub fn build(options: &RunOptions) -> anyhow::Result<Self> {
        let redis = redis::Client::open(options.redis.url()?.expose())
            .context("REDIS_URL is not a Redis URL (redis://host:port)")?;
        let board = Board::default();
        let readiness = Readiness::new();
        let listener = http::listen(options.listen.listen)?;
        let address = listener.local_addr()?;
        let server = http::serve(listener, options, &board, &readiness)?;

        readiness.wait_for(source::REDIS, "the results have not been read yet");
        let (arrivals, arriving) = pace::arrivals();
        let mut tasks = JoinSet::new();
        tasks.spawn(source::follow(redis, arrivals, readiness));
        tasks.spawn(pace::show(arriving, board.clone()));
        Ok(Self {
            address,
            server,
            board,
            tasks,
        })
    }

    /// Where the application listens, with the port that it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes, then ends all streams and stops.
    ///
    /// # Errors
    /// Where the server, or waiting for `stop`, fails.
    pub async fn run_until(
        self,
        stop: impl Future<Output = std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        let Self {
            address,
            server,
            board,
            tasks: _followed_until_here,
        } = self;
        tracing::info!(url = %format_args!("http://{address}"), "serving results");
        let handle = server.handle();
        let mut server = tokio::spawn(server);
        tokio::select! {
            ended = &mut server => {
                ended??;
                anyhow::bail!("the HTTP server ended by itself");
            }
            stopped = stop => stopped.context("cannot wait for signals")?,
        }
        board.close();
        handle.stop(true).await;
        server.await??;
        Ok(())
    }
}
