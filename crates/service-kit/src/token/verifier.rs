//! Signing and verifying tokens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation};

use crate::budget::{Budgets, Exhausted};

use super::keys::{CheckingKeys, SigningKey};
use super::{Claims, EndedSessions, Secret, TokenKind, Unauthorized};

/// A token may be valid from this many seconds in the future: clocks differ between machines.
const CLOCKS_DIFFER_S: i64 = 5;

/// Verifies tokens. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    keys: CheckingKeys,
    ended: EndedSessions,
    requests: Option<Arc<Mutex<Budgets<String>>>>,
}

impl Verifier {
    /// Accepts tokens signed with this secret.
    pub fn new(secret: &Secret) -> Self {
        Self::by(CheckingKeys::shared(secret))
    }

    /// Accepts tokens that one of these keys checks.
    pub fn by(keys: CheckingKeys) -> Self {
        Self {
            keys,
            ended: EndedSessions::default(),
            requests: None,
        }
    }

    /// Refuses tokens of sessions that have ended: those that are added to this, now or later.
    #[must_use]
    pub fn except(mut self, ended: EndedSessions) -> Self {
        self.ended = ended;
        self
    }

    /// Takes so many requests of one person a minute, and refuses further ones: each is a row of the audit log.
    #[must_use]
    pub fn with_requests_per_minute(mut self, requests: u32) -> Self {
        let interval = Duration::from_mins(1) / requests.max(1);
        self.requests = Some(Arc::new(Mutex::new(Budgets::new(requests, interval))));
        self
    }

    /// Counts a request of the holder of a token.
    ///
    /// # Errors
    /// If there were too many; it is not counted then.
    pub(crate) fn count_request(&self, claims: &Claims) -> Result<(), Exhausted> {
        let Some(requests) = &self.requests else {
            return Ok(());
        };
        let now = Instant::now();
        let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.check(&claims.sub, now)?;
        requests.spend(&claims.sub, now);
        Ok(())
    }

    /// The claims of a token of this kind that is signed as it has to be, in its time, and of a session that has not
    /// ended.
    ///
    /// # Errors
    /// If the token is anything else.
    pub fn verify(&self, token: &str, kind: TokenKind) -> Result<Claims, Unauthorized> {
        self.verify_at(token, kind, Timestamp::now().as_second())
    }

    fn verify_at(&self, token: &str, kind: TokenKind, now: i64) -> Result<Claims, Unauthorized> {
        let claims = self.read(token).ok_or_else(Unauthorized::unknown)?;
        let in_time = now < claims.exp && claims.nbf <= now + CLOCKS_DIFFER_S;
        if claims.kind == kind && in_time && !self.ended.includes(&claims) {
            Ok(claims)
        } else {
            Err(Unauthorized::unknown())
        }
    }

    fn read(&self, token: &str) -> Option<Claims> {
        // The header only chooses among keys that are known, each with one algorithm.
        let header = jsonwebtoken::decode_header(token).ok()?;
        let key = self.keys.of(header.alg, header.kid.as_deref())?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &key.key, &validation(key.algorithm));
        Some(decoded.ok()?.claims)
    }
}

/// What the claims must say is checked in `verify`: jsonwebtoken cannot read numbers where `serde_json` keeps them as
/// text (`arbitrary_precision`), and would refuse every token.
fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

/// Signs tokens: for access-control, and for tests.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// Signs with this secret.
    pub fn new(secret: &Secret) -> Self {
        Self(SigningKey::shared(secret))
    }

    /// Signs with this private key: PEM, PKCS #8, Ed25519.
    ///
    /// # Errors
    /// If it is none, or none of `public` belongs to it.
    pub fn private(pem: &Secret, public: &CheckingKeys) -> anyhow::Result<Self> {
        Ok(Self(SigningKey::private(pem, public)?))
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        let header = Header {
            kid: self.0.kid.clone(),
            ..Header::new(self.0.algorithm)
        };
        Ok(jsonwebtoken::encode(&header, claims, &self.0.key)?)
    }
}

#[cfg(all(test, feature = "testing"))]
#[path = "verifier_tests.rs"]
mod tests;
