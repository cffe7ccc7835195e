//! Issuing tokens.
//!
//! `jti` is `<account>.<session>.<number>`, each a UUID: so a token of a deleted account stays invalid, even if somebody
//! registers with the same address again, and one of a session that has ended, too.

use jiff::Timestamp;
use service_kit::error::ApiError;
use service_kit::token::{Claims, Signer, TokenKind};
use uuid::Uuid;

use crate::accounts::Account;

/// Issues tokens. Cheap to clone.
#[derive(Clone)]
pub struct Issuer {
    signer: Signer,
}

impl Issuer {
    /// Signs with this key.
    pub fn new(signer: Signer) -> Self {
        Self { signer }
    }

    /// A token of this kind for the holder of an account, in this session.
    ///
    /// # Errors
    /// `500` if the cryptography fails.
    pub fn issue(
        &self,
        account: &Account,
        session: Uuid,
        kind: TokenKind,
    ) -> Result<String, ApiError> {
        let holder = Claims {
            iat: 0,
            nbf: 0,
            exp: 0,
            jti: String::new(),
            kind,
            sub: account.email.clone(),
            forename: account.forename.clone(),
            surname: account.surname.clone(),
            jmbg: account.jmbg.clone(),
            roles: vec![account.role],
        };
        let of = format!("{}.{session}", account.id);
        self.sign(&holder, kind, Some(&of))
    }

    /// A new access token for the holder of a refresh token.
    ///
    /// # Errors
    /// `500` if the cryptography fails.
    pub fn refresh(&self, claims: &Claims) -> Result<String, ApiError> {
        let of = claims.jti.rsplit_once('.').map(|(of, _number)| of);
        self.sign(claims, TokenKind::Access, of)
    }

    fn sign(&self, holder: &Claims, kind: TokenKind, of: Option<&str>) -> Result<String, ApiError> {
        let number = Uuid::new_v4();
        let jti = of.map_or_else(|| number.to_string(), |of| format!("{of}.{number}"));
        let claims = holder.renewed(kind, jti, Timestamp::now());
        self.signer
            .sign(&claims)
            .map_err(|error| ApiError::internal(&error))
    }
}
