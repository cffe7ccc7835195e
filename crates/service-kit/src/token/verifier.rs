//! Signing and verifying tokens.

use std::sync::Arc;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use super::{Claims, Secret, TokenKind, Unauthorized};

/// A token may be valid from this many seconds in the future: clocks differ between machines.
const CLOCKS_DIFFER_S: i64 = 5;

/// Verifies tokens. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    key: Arc<DecodingKey>,
    validation: Arc<Validation>,
}

impl Verifier {
    /// Accepts tokens signed with this secret.
    pub fn new(secret: &Secret) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // What the claims must say is checked in `verify`: jsonwebtoken cannot read numbers where serde_json
        // keeps them as text (`arbitrary_precision`), and would refuse every token.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            key: Arc::new(DecodingKey::from_secret(secret.expose().as_bytes())),
            validation: Arc::new(validation),
        }
    }

    /// The claims of a token of this kind that is signed with HS256 and the secret, and in its time.
    ///
    /// # Errors
    /// If the token is anything else.
    pub fn verify(&self, token: &str, kind: TokenKind) -> Result<Claims, Unauthorized> {
        self.verify_at(token, kind, Timestamp::now().as_second())
    }

    fn verify_at(&self, token: &str, kind: TokenKind, now: i64) -> Result<Claims, Unauthorized> {
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation);
        let claims = decoded.map_err(|_| Unauthorized::unknown())?.claims;
        let in_time = now < claims.exp && claims.nbf <= now + CLOCKS_DIFFER_S;
        if claims.kind == kind && in_time {
            Ok(claims)
        } else {
            Err(Unauthorized::unknown())
        }
    }
}

/// Signs tokens: for access-control, and for tests.
#[derive(Clone)]
pub struct Signer {
    key: Arc<EncodingKey>,
}

impl Signer {
    /// Signs with this secret.
    pub fn new(secret: &Secret) -> Self {
        Self {
            key: Arc::new(EncodingKey::from_secret(secret.expose().as_bytes())),
        }
    }

    /// A token with these claims.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        Ok(jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            claims,
            &self.key,
        )?)
    }
}

#[cfg(all(test, feature = "testing"))]
#[path = "verifier_tests.rs"]
mod tests;
