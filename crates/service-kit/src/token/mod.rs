//! Tokens: who is calling, and in which role. JWTs signed by access-control: with a private key that only it has, or
//! with a secret that services share.

mod access;
mod claims;
mod ended;
mod keys;
mod verifier;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

pub(crate) use self::access::keep;
pub use self::access::{Access, Holder, Unauthorized};
pub use self::claims::{Claims, Role, TokenKind, UnknownRole};
pub use self::ended::EndedSessions;
pub use self::keys::CheckingKeys;
pub use self::verifier::{Signer, Verifier};
pub use crate::secret::Secret;
use crate::secret::{self, Environment, Sources};

/// The signing secret in development. It is public, so production refuses it.
pub const DEVELOPMENT_SECRET: &str = "urna-development-secret: not for elections";

/// A key shorter than the hash would weaken it (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// What tokens are checked by. Not `Debug`: there may be a secret.
#[derive(Args, Clone, Default)]
pub struct TokenOptions {
    /// File with the public keys that tokens are checked by: Ed25519, PEM, one after the other
    #[arg(long, env = "JWT_PUBLIC_KEYS_FILE", value_name = "FILE")]
    pub jwt_public_keys_file: Option<PathBuf>,
    /// Secret that tokens are signed with, the same for all services, in place of keys [default: one for development, which production refuses]
    #[arg(long, env = "JWT_SECRET", hide_env_values = true)]
    pub jwt_secret: Option<String>,
    /// File that holds the secret, in place of --jwt-secret
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE")]
    pub jwt_secret_file: Option<PathBuf>,
    /// Requests of one person in a minute, at this process, before further ones are answered 429: each is a row of the audit log [default: 60000 in development, 600 in production]
    #[arg(long, env = "REQUESTS_PER_MINUTE", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub requests_per_minute: Option<u32>,
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
    /// What tokens are checked by.
    ///
    /// # Errors
    /// As [`Self::checking_keys`].
    pub fn verifier(&self) -> anyhow::Result<Verifier> {
        Ok(self.verifier_by(self.checking_keys()?))
    }

    /// As [`Self::verifier`], by keys that were read before.
    pub fn verifier_by(&self, keys: CheckingKeys) -> Verifier {
        let requests = self.requests_per_minute.unwrap_or(match self.environment {
            Environment::Development => 60_000,
            Environment::Production => 600,
        });
        Verifier::by(keys).with_requests_per_minute(requests)
    }

    /// The public keys, or the shared secret.
    ///
    /// # Errors
    /// If both are given, or the keys cannot be read; in production also if there are no keys, and the secret is missing, the
    /// default, or shorter than 32 bytes. The message names the setting.
    pub fn checking_keys(&self) -> anyhow::Result<CheckingKeys> {
        match self.public_keys_file() {
            Some(file) => {
                let secret = self.jwt_secret.as_deref();
                ensure!(
                    secret::given("JWT_SECRET", secret, self.jwt_secret_file.as_deref())?.is_none(),
                    "JWT_SECRET and JWT_PUBLIC_KEYS_FILE are both given: remove one"
                );
                let keys = CheckingKeys::from_file(file)?;
                ensure!(
                    self.environment == Environment::Development || !keys.are_known(),
                    "JWT_PUBLIC_KEYS_FILE has the publicly known key of development: production needs one of its own"
                );
                Ok(keys)
            }
            None => Ok(CheckingKeys::shared(&self.secret()?)),
        }
    }

    /// What tokens are signed with, for access-control: the private key in this file, which belongs to one of these, or
    /// the shared secret.
    ///
    /// # Errors
    /// As [`Self::checking_keys`], or if the private key is missing, or none of the public ones belongs to it.
    pub fn signer(
        &self,
        keys: &CheckingKeys,
        private_key_file: Option<&Path>,
    ) -> anyhow::Result<Signer> {
        let private_key = secret::given("JWT_PRIVATE_KEY", None, private_key_file)?;
        match (private_key, self.public_keys_file()) {
            (Some(key), Some(_)) => {
                Signer::private(&key, keys).context("JWT_PRIVATE_KEY_FILE cannot be used")
            }
            (None, None) => Ok(Signer::new(&self.secret()?)),
            (Some(_), None) => bail!(
                "JWT_PRIVATE_KEY_FILE is given without JWT_PUBLIC_KEYS_FILE: all services need the public key"
            ),
            (None, Some(_)) => bail!(
                "JWT_PUBLIC_KEYS_FILE is given without JWT_PRIVATE_KEY_FILE: access-control signs with it"
            ),
        }
    }

    /// Orchestrators set a missing value to the empty string.
    fn public_keys_file(&self) -> Option<&Path> {
        let file = self.jwt_public_keys_file.as_deref();
        file.filter(|file| !file.as_os_str().is_empty())
    }

    fn secret(&self) -> anyhow::Result<Secret> {
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
        let known = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../containers/development-secrets/jwt_public_keys"
        );
        let keys = |environment| {
            let options = TokenOptions {
                jwt_public_keys_file: Some(known.into()),
                environment,
                ..TokenOptions::default()
            };
            options.checking_keys().map(drop)
        };
        let refused = keys(Environment::Production).unwrap_err().to_string();
        assert!(refused.contains("publicly known"), "{refused}");
        keys(Environment::Development).unwrap();
        let development = TokenOptions::default().secret().unwrap();
        assert_eq!(development.expose(), DEVELOPMENT_SECRET);
    }
}
