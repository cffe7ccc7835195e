use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand};
use service_kit::health::HealthOptions;
use service_kit::settings::RedisOptions;

/// Serves live results: a page, a JSON interface and server-sent events.
#[derive(Parser)]
#[command(name = "dashboard-feed", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve observers until stopped
    Run(Box<RunOptions>),
    /// Ask the dashboard-feed on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "DASHBOARD_FEED_ADMIN_LISTEN",
        default_value = "127.0.0.1:8601",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Address to serve observers on; port 0 takes a free port
    #[arg(
        long,
        env = "DASHBOARD_FEED_LISTEN",
        default_value = "127.0.0.1:8501",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Threads that serve connections
    #[arg(
        long,
        env = "DASHBOARD_FEED_THREADS",
        default_value_t = 2,
        value_parser = clap::value_parser!(u16).range(1..=512)
    )]
    pub threads: u16,
    /// Maximum number of connected observers; each uses a file descriptor
    #[arg(
        long,
        env = "DASHBOARD_FEED_MAX_OBSERVERS",
        default_value_t = 20_000,
        value_name = "COUNT"
    )]
    pub max_observers: u32,
    /// Where the results come from
    #[command(flatten)]
    pub redis: RedisOptions,
}
