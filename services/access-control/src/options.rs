//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use service_database::settings::PostgresOptions;
use service_kit::client::ProxyOptions;
use service_kit::health::HealthOptions;
use service_kit::secret::Environment;
use service_kit::settings::KafkaOptions;
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
    /// Migrate the database to the newest schema; safe to repeat
    Migrate(PostgresOptions),
    /// Print the newest rows of the audit log, newest first, one JSON object per line
    Audit(AuditOptions),
    /// Check that no row of the audit log was altered or removed; status 1 if one was
    VerifyAudit(PostgresOptions),
    /// Ask the access-control on this machine whether it is ready; status 1 if it is not
    Health(HealthOptions<AdminOptions>),
}

/// Where the service's health is served.
#[derive(Args, Clone, Copy, Debug)]
pub struct AdminOptions {
    /// Administration port: GET /health/live, /health/ready; not for clients
    #[arg(
        long,
        env = "ACCESS_CONTROL_ADMIN_LISTEN",
        default_value = "127.0.0.1:5100",
        value_name = "ADDRESS"
    )]
    pub admin_listen: SocketAddr,
}

/// Settings of `run`.
#[derive(Args, Clone)]
pub struct RunOptions {
    /// Address to serve clients on
    #[arg(
        long,
        env = "ACCESS_CONTROL_LISTEN",
        default_value = "127.0.0.1:5000",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,
    /// Administration port.
    #[command(flatten)]
    pub admin: AdminOptions,
    /// Passwords hashed at the same time; each takes a core for a few hundredths of a second, and 19 MiB that
    /// stay allocated. Registrations leave one permit for logins, which never wait for more than one of them
    #[arg(long, env = "ACCESS_CONTROL_HASHES_AT_ONCE", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub hashes_at_once: u32,
    /// Limits on guessing passwords.
    #[command(flatten)]
    pub logins: LoginOptions,
    /// Limits on registrations.
    #[command(flatten)]
    pub registrations: RegistrationOptions,
    /// Tokens.
    #[command(flatten)]
    pub token: TokenOptions,
    /// File with the private key that tokens are signed with: Ed25519, PEM (PKCS #8); its public half is one of those in --jwt-public-keys-file
    #[arg(long, env = "JWT_PRIVATE_KEY_FILE", value_name = "FILE")]
    pub jwt_private_key_file: Option<PathBuf>,
    /// Kafka, which tells the other services which sessions have ended.
    #[command(flatten)]
    pub kafka: KafkaOptions,
    /// The first administrator.
    #[command(flatten)]
    pub administrator: AdministratorOptions,
    /// Trusted proxies.
    #[command(flatten)]
    pub proxies: ProxyOptions,
    /// PostgreSQL, database `access_control`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}

/// How often logging in may fail.
#[derive(Args, Clone, Copy, Debug)]
pub struct LoginOptions {
    /// Failed logins allowed from one address to one account before further ones are answered 429; ten times as many from all addresses to one account, and from one address to all accounts. Only wrong passwords count
    #[arg(long, env = "LOGIN_ATTEMPTS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub login_attempts: u32,
    /// Seconds after which one more failed login is allowed
    #[arg(long, env = "LOGIN_ATTEMPT_INTERVAL_S", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub login_attempt_interval_s: u32,
}

/// Who becomes an official.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Whoever registers, at once
    Open,
    /// Whoever registers, once an administrator approves
    Approval,
    /// Nobody
    Closed,
}

/// Who may register, and how often.
#[derive(Args, Clone, Copy, Debug)]
pub struct RegistrationOptions {
    /// Who becomes an official by registering [default: open in development, approval in production]
    #[arg(long, env = "REGISTRATION", value_enum)]
    pub registration: Option<Registration>,
    /// Registrations allowed from one address before further ones are answered 429, including those whose e-mail address is taken
    #[arg(long, env = "REGISTRATIONS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub registrations: u32,
    /// Seconds after which one more registration is allowed
    #[arg(long, env = "REGISTRATION_INTERVAL_S", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub registration_interval_s: u32,
}

impl RegistrationOptions {
    /// Who becomes an official in this environment.
    pub fn registration(self, environment: Environment) -> Registration {
        self.registration.unwrap_or(match environment {
            Environment::Development => Registration::Open,
            Environment::Production => Registration::Approval,
        })
    }
}

/// The administrator who is created whenever there is none. Not `Debug`: it contains a password.
#[derive(Args, Clone)]
pub struct AdministratorOptions {
    /// E-mail address of the administrator who is created whenever there is none; nobody can register with it
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

/// Rows of the audit log in one answer.
pub const LONGEST_AUDIT_PAGE: i64 = 10_000;

/// Settings of `audit`.
#[derive(Args, Clone)]
pub struct AuditOptions {
    /// Maximum number of rows
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=LONGEST_AUDIT_PAGE))]
    pub limit: i64,
    /// Only rows below this number: the last one printed before
    #[arg(long, value_name = "SEQ")]
    pub before: Option<i64>,
    /// PostgreSQL, database `access_control`.
    #[command(flatten)]
    pub postgres: PostgresOptions,
}
