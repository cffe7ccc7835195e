//! Tokens: who is calling, and in which role. JWTs signed by access-control, with HS256 and a secret that
//! services share.

mod access;
mod claims;
mod verifier;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

pub(crate) use self::access::keep;
pub use self::access::{Access, Holder, Unauthorized};
pub use self::claims::{Claims, Role, TokenKind, UnknownRole};
pub use self::verifier::{Signer, Verifier};
pub use crate::secret::Secret;
use crate::secret::{Environment, Sources};

/// The signing secret in development. It is public, so production refuses it.
pub const DEVELOPMENT_SECRET: &str = "urna-development-secret: not for elections";

/// A key shorter than the hash would weaken it (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// The secret that tokens are signed with. Not `Debug`.
#[derive(Args, Clone, Default)]
pub struct TokenOptions {
    /// Secret that tokens are signed with, the same for all services [default: one for development, which production refuses]
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<String>,
    /// File that holds the secret, in place of --jwt-secret
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE")]
    pub jwt_secret_file: Option<PathBuf>,
    /// Environment; production refuses missing and publicly known secrets
    #[arg(
        long = "urna-env",
        env = "URNA_ENV",
        value_enum,
        default_value = "development"
    )]
    pub environment: Environment,
}

impl TokenOptions {
    /// Reads the secret.
    ///
    /// # Errors
    /// In production if it is missing, the default, or shorter than 32 bytes; the message names it.
    pub fn secret(&self) -> anyhow::Result<Secret> {
        let sources = Sources {
            name: "JWT_SECRET",
            value: self.jwt_secret.as_deref(),
            file: self.jwt_secret_file.as_deref(),
            development_default: DEVELOPMENT_SECRET,
        };
        let secret = sources.read(self.environment)?;
        ensure!(
            self.environment == Environment::Development
                || secret.expose().len() >= SHORTEST_SECRET,
            "JWT_SECRET is too short: production needs {SHORTEST_SECRET} bytes or more"
        );
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_wants_a_long_secret_of_its_own() {
        let secret = |secret: Option<&str>| {
            let options = TokenOptions {
                jwt_secret: secret.map(ToOwned::to_owned),
                environment: Environment::Production,
                ..TokenOptions::default()
            };
            options.secret().map_err(|error| error.to_string())
        };
        for refused in [None, Some(DEVELOPMENT_SECRET), Some("short"), Some("")] {
            assert!(secret(refused).unwrap_err().starts_with("JWT_SECRET is "));
        }
        let own = "0123456789abcdef0123456789abcdef";
        assert_eq!(secret(Some(own)).unwrap().expose(), own);
        let development = TokenOptions::default().secret().unwrap();
        assert_eq!(development.expose(), DEVELOPMENT_SECRET);
    }
}
