//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_kit::client::ClientOptions;
use service_kit::settings::PostgresOptions;
use service_kit::token::TokenOptions;

/// Keeps accounts and issues tokens.
#[derive(Parser)]
#[command(name = "access-control", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Serve clients, until stopped
    Run(Box<RunOptions>),
    /// Bring the database to the newest schema; may be run again
    Migrate(PostgresOptions),
    /// Check that no row of the audit log was altered or removed; status 1 if one was
    VerifyAudit(PostgresOptions),
    /// Ask the access-control on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions),
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Where clients are served
    #[arg(long, env = "ACCESS_CONTROL_LISTEN", default_value = "127.0.0.1:5000")]
    pub listen: SocketAddr,
    /// Passwords hashed at the same time; each takes a core for some hundredths of a second, and 19 MiB
    #[arg(long, env = "ACCESS_CONTROL_HASHES_AT_ONCE", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub hashes_at_once: u32,
    /// Guessing passwords.
    #[command(flatten)]
    pub attempts: AttemptOptions,
    /// Clients.
    #[command(flatten)]
    pub clients: ClientOptions,
    /// Tokens.
    #[command(flatten)]
    pub token: TokenOptions,
    /// The first administrator.
    #[command(flatten)]
    pub administrator: AdministratorOptions,
    /// PostgreSQL, database `access_control`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

/// How often one may fail to log in.
#[derive(Args, Clone, Copy, Debug)]
pub struct AttemptOptions {
    /// Failed logins to one account from one address until it is told to wait; ten times as many to one account
    /// from all addresses, and from one address to all accounts. Logins that succeed do not count
    #[arg(long, env = "LOGIN_ATTEMPTS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub login_attempts: u32,
    /// Seconds until there is one attempt more
    #[arg(long, env = "LOGIN_ATTEMPT_INTERVAL_S", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub login_attempt_interval_s: u32,
}

/// The administrator who is created at the start if there is none. Not `Debug`: it has a password.
#[derive(Args, Clone)]
pub struct AdministratorOptions {
    /// E-mail address of the administrator who is created where there is none
    #[arg(long, env = "ADMIN_EMAIL", default_value = "admin@admin.com")]
    pub admin_email: String,
    /// Their password [default: 1, which production refuses]
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,
    /// File that holds their password, in place of --admin-password
    #[arg(long, env = "ADMIN_PASSWORD_FILE", value_name = "FILE")]
    pub admin_password_file: Option<PathBuf>,
    /// Their forename
    #[arg(long, env = "ADMIN_FORENAME", default_value = "admin")]
    pub admin_forename: String,
    /// Their surname
    #[arg(long, env = "ADMIN_SURNAME", default_value = "admin")]
    pub admin_surname: String,
    /// Their personal number
    #[arg(long, env = "ADMIN_JMBG", default_value = "0000000000000")]
    pub admin_jmbg: String,
}

/// Settings of `health`.
#[derive(Args, Clone)]
pub struct HealthOptions {
    /// Where it listens
    #[arg(long, env = "ACCESS_CONTROL_LISTEN", default_value = "127.0.0.1:5000")]
    pub listen: SocketAddr,
}
