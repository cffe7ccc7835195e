//! Passwords: which are acceptable, and hashing them without blocking other requests.

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use service_kit::body::is_storable;
use service_kit::secret::Secret;

use crate::permits::{HashingPermit, HashingPermits};

/// Memory in KiB, passes and lanes: OWASP's minimum for Argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Minimum length of a password, in characters.
const SHORTEST: usize = 8;

/// Whether this password is allowed: long enough but not too long, with a digit, a lower-case and an upper-case
/// letter.
pub fn is_acceptable(password: &str) -> bool {
    is_storable(password)
        && password.chars().count() >= SHORTEST
        && password.chars().any(|character| character.is_ascii_digit())
        && password.chars().any(char::is_lowercase)
        && password.chars().any(char::is_uppercase)
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The algorithm or a stored hash is invalid.
    #[error("a password cannot be hashed: {0}")]
    Failed(#[from] Error),
    /// The thread ended.
    #[error("hashing a password broke off")]
    BrokeOff,
}

/// Hashes passwords with Argon2id on separate threads, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    /// Permits for hashing: one for each password at a time.
    pub permits: HashingPermits,
    params: Params,
}

impl Passwords {
    /// Hashes at most `at_once` at the same time, in `at_once` pieces of memory.
    ///
    /// # Errors
    /// If Argon2 does not accept these costs.
    pub fn new(at_once: u32) -> Result<Self, HashingError> {
        let (memory, passes, lanes) = COST;
        let length = Some(Params::DEFAULT_OUTPUT_LEN);
        Ok(Self {
            permits: HashingPermits::new(at_once as usize),
            params: Params::new(memory, passes, lanes, length).map_err(Error::from)?,
        })
    }

    /// The hash of a new password, in PHC form.
    ///
    /// # Errors
    /// If Argon2 fails.
    pub async fn hash(
        &self,
        permit: HashingPermit,
        password: Secret,
    ) -> Result<String, HashingError> {
        let params = ParamsString::try_from(&self.params)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let salt = Salt::generate();
        let output = output(permit, argon2, password, salt).await?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params,
            salt: Some(salt),
            hash: Some(output),
        };
        Ok(hash.to_string())
    }

    /// Whether the password matches this hash. Without a hash (there is no such account) it does not, and that
    /// takes just as long.
    ///
    /// # Errors
    /// If the text is not a hash.
    pub async fn verify(
        &self,
        permit: HashingPermit,
        password: Secret,
        hash: Option<&str>,
    ) -> Result<bool, HashingError> {
        let Some(hash) = hash else {
            self.hash(permit, password).await?;
            return Ok(false);
        };
        let hash = PasswordHash::new(hash).map_err(Error::from)?;
        let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else {
            return Err(Error::PasswordInvalid.into());
        };
        let algorithm = Algorithm::new(hash.algorithm).map_err(Error::from)?;
        let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from);
        let argon2 = Argon2::new(
            algorithm,
            version.map_err(Error::from)?,
            Params::try_from(&hash)?,
        );
        // Compared in constant time.
        Ok(output(permit, argon2, password, salt).await? == expected)
    }
}

/// Hashes on another thread, which continues and keeps the permit if the client disconnects.
async fn output(
    mut permit: HashingPermit,
    argon2: Argon2<'static>,
    password: Secret,
    salt: Salt,
) -> Result<Output, HashingError> {
    let work = move || {
        let params = argon2.params();
        let needed = params.block_count().max(permit.memory.len());
        permit.memory.resize(needed, Block::new());
        let mut output = [0; Output::MAX_LENGTH];
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        let password = password.expose().as_bytes();
        argon2.hash_password_into_with_memory(password, &salt, output, &mut permit.memory)?;
        Output::new(output).map_err(Error::from)
    };
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| HashingError::BrokeOff)??)
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};
    use futures_util::future::join_all;

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
            "Password1\0",
        ] {
            assert!(!is_acceptable(bad), "{bad}");
        }
        assert!(is_acceptable(&format!("1aA{}", "a".repeat(253))));
        assert!(!is_acceptable(&format!("1aA{}", "a".repeat(254))));
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_only() {
        let passwords = Passwords::new(2).unwrap();
        let hash = async || {
            let permit = passwords.permits.for_registration().await.unwrap();
            passwords
                .hash(permit, Secret::new("Lozinka1"))
                .await
                .unwrap()
        };
        let verify = async |password: &str, hash: Option<&str>| {
            let permit = passwords.permits.for_login().await.unwrap();
            passwords.verify(permit, Secret::new(password), hash).await
        };
        let hash_of_it = hash().await;
        assert!(hash_of_it.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(hash_of_it, hash().await, "salted");
        assert!(verify("Lozinka1", Some(&hash_of_it)).await.unwrap());
        assert!(!verify("Lozinka2", Some(&hash_of_it)).await.unwrap());
        assert!(!verify("Lozinka1", None).await.unwrap());
        let garbage = verify("Lozinka1", Some("x")).await;
        assert!(matches!(garbage, Err(HashingError::Failed(_))));
        // Other implementations verify the hash, and reused memory leaves no trace in it.
        let independent = Argon2::default().verify_password(b"Lozinka1", hash_of_it.as_str());
        assert_eq!(independent, Ok(()));
    }

    #[tokio::test]
    async fn hashes_of_other_costs_are_understood() {
        let passwords = Passwords::new(1).unwrap();
        for (memory, version) in [(64, Version::V0x10), (20 * 1024, Version::V0x13)] {
            let params = Params::new(memory, 1, 1, Some(16)).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2i, version, params);
            let hash = argon2.hash_password(b"Lozinka1").unwrap().to_string();
            for (password, fits) in [("Lozinka1", true), ("Lozinka2", false)] {
                let permit = passwords.permits.for_login().await.unwrap();
                let verified = passwords.verify(permit, Secret::new(password), Some(&hash));
                assert_eq!(verified.await.unwrap(), fits);
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn there_is_memory_for_so_many_at_once_and_no_more() {
        let passwords = Passwords::new(3).unwrap();
        let hash = async |number: u32| {
            let permit = if number.is_multiple_of(2) {
                passwords.permits.for_login().await
            } else {
                passwords.permits.for_registration().await
            };
            let password = Secret::new("Lozinka1");
            passwords.hash(permit.unwrap(), password).await.unwrap()
        };
        join_all((0..30).map(hash)).await;
        let idle = passwords.permits.idle();
        assert!((1..=3).contains(&idle.len()), "{idle:?}");
        assert!(idle.iter().all(|blocks| *blocks == 19 * 1024), "{idle:?}");
    }
}
