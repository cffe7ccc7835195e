//! Passwords: which are acceptable, and hashing them without standing in anybody's way.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use service_kit::secret::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

/// Memory in KiB, passes and lanes: what OWASP asks of Argon2id at least.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Whoever waits longer for their turn is sent away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A password has so many characters, and at least one digit, one lower-case and one upper-case letter.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// Whether somebody may choose this password.
pub fn is_acceptable(password: &str) -> bool {
    LENGTH.contains(&password.chars().count())
        && password.chars().any(|character| character.is_ascii_digit())
        && password.chars().any(char::is_lowercase)
        && password.chars().any(char::is_uppercase)
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many others wait.
    #[error("too many passwords are waiting to be checked")]
    Busy,
    /// The algorithm or a stored hash is not all right.
    #[error("a password cannot be hashed: {0}")]
    Failed(Error),
    /// The thread ended.
    #[error("hashing a password broke off")]
    BrokeOff,
}

/// Hashes passwords with Argon2id on threads of their own, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    places: Arc<Semaphore>,
    nobodys: Arc<PasswordHash>,
    patience: Duration,
}

impl Passwords {
    /// Hashes at most `at_once` at the same time.
    ///
    /// # Errors
    /// Where the operating system gives no random numbers.
    pub fn new(at_once: u32) -> Result<Self, HashingError> {
        let (memory, passes, lanes) = COST;
        let params = Params::new(memory, passes, lanes, None)
            .map_err(|error| HashingError::Failed(error.into()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let password = Uuid::new_v4();
        let nobodys = argon2
            .hash_password(password.as_bytes())
            .map_err(HashingError::Failed)?;
        let places = usize::try_from(at_once.max(1)).unwrap_or(1);
        Ok(Self {
            argon2,
            places: Arc::new(Semaphore::new(places)),
            nobodys: Arc::new(nobodys),
            patience: PATIENCE,
        })
    }

    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// Where too many others wait.
    pub async fn hash(&self, password: Secret) -> Result<String, HashingError> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || argon2.hash_password(password.expose().as_bytes()))
            .await?
            .map(|hash| hash.to_string())
            .map_err(HashingError::Failed)
    }

    /// Whether the password is the one of this hash. Without a hash (there is no such account) it is not,
    /// and that takes as long.
    ///
    /// # Errors
    /// Where too many others wait, or the hash is none.
    pub async fn verify(&self, password: Secret, hash: Option<&str>) -> Result<bool, HashingError> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => {
                let parsed = PasswordHash::new(hash);
                Arc::new(parsed.map_err(|error| HashingError::Failed(error.into()))?)
            }
            None => Arc::clone(&self.nobodys),
        };
        let argon2 = self.argon2.clone();
        let verified = self
            .in_turn(move || argon2.verify_password(password.expose().as_bytes(), &*hash))
            .await?;
        match verified {
            Ok(()) => Ok(exists),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(HashingError::Failed(error)),
        }
    }

    async fn in_turn<Done: Send + 'static>(
        &self,
        work: impl FnOnce() -> Done + Send + 'static,
    ) -> Result<Done, HashingError> {
        let place = timeout(self.patience, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(HashingError::Busy);
        };
        // The work goes on if whoever asked hangs up, and keeps its place until then.
        let keeping = move |_place: OwnedSemaphorePermit| work();
        tokio::task::spawn_blocking(move || keeping(place))
            .await
            .map_err(|_| HashingError::BrokeOff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acceptable_passwords() {
        for good in ["Password1", "1aA45678", "Лозинка1", "A a 1 ñ …"] {
            assert!(is_acceptable(good), "{good}");
        }
        for bad in [
            "",
            "1",
            "Passwo1",
            "password1",
            "PASSWORD1",
            "Password",
            "Passwordⅳ",
        ] {
            assert!(!is_acceptable(bad), "{bad}");
        }
        assert!(is_acceptable(&format!("1aA{}", "a".repeat(253))));
        assert!(!is_acceptable(&format!("1aA{}", "a".repeat(254))));
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_only() {
        let passwords = Passwords::new(2).unwrap();
        let hash = passwords.hash(Secret::new("Lozinka1")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let fits = async |password: &str, hash: Option<&str>| {
            passwords.verify(Secret::new(password), hash).await.unwrap()
        };
        assert!(fits("Lozinka1", Some(&hash)).await);
        assert!(!fits("Lozinka2", Some(&hash)).await);
        assert!(!fits("Lozinka1", None).await);
        let other = passwords.hash(Secret::new("Lozinka1")).await.unwrap();
        assert_ne!(hash, other, "salted");
        let garbage = passwords.verify(Secret::new("Lozinka1"), Some("x")).await;
        assert!(matches!(garbage, Err(HashingError::Failed(_))));
    }

    #[tokio::test]
    async fn who_waits_too_long_is_sent_away() {
        let passwords = Passwords {
            patience: Duration::ZERO,
            ..Passwords::new(1).unwrap()
        };
        let _place = Arc::clone(&passwords.places).acquire_owned().await.unwrap();
        let refused = passwords.hash(Secret::new("Lozinka1")).await;
        assert!(matches!(refused, Err(HashingError::Busy)));
    }
}
