//! Where PostgreSQL is: as flags, or from the environment.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use service_kit::secret::{self, Environment, Secret};
use tokio_postgres::Config;

/// The password of databases in development. It is public, so production refuses it.
pub const DEVELOPMENT_DATABASE_PASSWORD: &str = "urna-development";

/// Which database. Not `Debug`: it contains a password.
#[derive(Args, Clone, Default)]
pub struct DatabaseAddress {
    /// PostgreSQL: `postgresql://user[:password]@host:port/database`
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// The password, in place of the one in the URL
    #[arg(long, env = "DATABASE_PASSWORD", hide_env_values = true)]
    pub database_password: Option<String>,
    /// File that holds the password
    #[arg(long, env = "DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
}

impl DatabaseAddress {
    /// The URL, with the password.
    ///
    /// # Errors
    /// If the password is given twice, or its file cannot be read.
    pub fn url(&self) -> anyhow::Result<String> {
        let file = self.database_password_file.as_deref();
        let password = secret::given("DATABASE_PASSWORD", self.database_password.as_deref(), file)?;
        Ok(match password {
            Some(password) => with_password(&self.database_url, &password),
            None => self.database_url.clone(),
        })
    }

    /// Refuses the development password in production.
    ///
    /// # Errors
    /// If it is that, or as [`Self::url`].
    pub fn check(&self, environment: Environment) -> anyhow::Result<()> {
        let config: Config = self.url()?.parse().context(NOT_A_URL)?;
        ensure!(
            environment == Environment::Development
                || config.get_password() != Some(DEVELOPMENT_DATABASE_PASSWORD.as_bytes()),
            "DATABASE_PASSWORD is the publicly known default: production needs a password of its own"
        );
        Ok(())
    }
}

/// Why a URL is refused.
pub(crate) const NOT_A_URL: &str =
    "DATABASE_URL is not a PostgreSQL URL (postgresql://user@host:port/database)";

/// A parameter with that name overrides the password before the host.
fn with_password(url: &str, password: &Secret) -> String {
    let mut url = format!(
        "{url}{}password=",
        if url.contains('?') { '&' } else { '?' }
    );
    for byte in password.expose().bytes() {
        // Writing to a text cannot fail.
        let _written = write!(url, "%{byte:02X}");
    }
    url
}

/// Where PostgreSQL is, for services. Not `Debug`: it contains a password.
#[derive(Args, Clone, Default)]
pub struct PostgresOptions {
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseAddress,
    /// Maximum number of connections to PostgreSQL
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 4)]
    pub database_connections: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(url: &str, password: &str) -> DatabaseAddress {
        DatabaseAddress {
            database_url: url.to_owned(),
            database_password: Some(password.to_owned()),
            database_password_file: None,
        }
    }

    #[test]
    fn a_password_of_its_own_wins_whatever_is_in_it() {
        for url in [
            "postgresql://urna@host:1/roll",
            "postgresql://urna:old@host:1/roll?connect_timeout=3",
        ] {
            let password = "a &=%?/ž";
            let config: Config = database(url, password).url().unwrap().parse().unwrap();
            assert_eq!(config.get_password(), Some(password.as_bytes()));
            assert_eq!(config.get_dbname(), Some("roll"));
        }
    }

    #[test]
    fn production_refuses_the_password_that_everybody_knows_wherever_it_is() {
        let known = DEVELOPMENT_DATABASE_PASSWORD;
        let in_url = format!("postgresql://urna:{known}@host/roll");
        let separate = "postgresql://urna@host/roll";
        for database in [database(&in_url, ""), database(separate, known)] {
            let refused = database.check(Environment::Production).unwrap_err();
            assert!(refused.to_string().starts_with("DATABASE_PASSWORD is the"));
            database.check(Environment::Development).unwrap();
        }
        let own = database(&in_url, "own");
        own.check(Environment::Production).unwrap();
    }

    #[test]
    fn passwords_may_lie_in_files() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, "redis://:own@host\n").unwrap();
        let mut database = database("postgresql://urna@host/roll", "");
        database.database_password_file = Some(file.clone());
        let config: Config = database.url().unwrap().parse().unwrap();
        assert_eq!(config.get_password(), Some(b"redis://:own@host".as_slice()));
        database.database_password = Some("another".to_owned());
        assert!(database.url().unwrap_err().to_string().contains("both"));
    }
}
