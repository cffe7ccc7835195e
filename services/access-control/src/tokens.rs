//! Issuing tokens.
//!
//! `jti` is `<account>.<number>`, both UUIDs: so a token of a deleted account stays invalid, even if somebody
//! registers with the same address again.

use jiff::Timestamp;
use service_kit::error::ApiError;
use service_kit::token::{Claims, Signer, TokenKind};
use uuid::Uuid;

use crate::accounts::{Account, account_of};

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

    /// A token of this kind for the holder of an account.
    ///
    /// # Errors
    /// `500` if the cryptography fails.
    pub fn issue(&self, account: &Account, kind: TokenKind) -> Result<String, ApiError> {
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
        self.sign(&holder, kind, Some(account.id))
    }

    /// A new access token for the holder of a refresh token.
    ///
    /// # Errors
    /// `500` if the cryptography fails.
    pub fn refresh(&self, claims: &Claims) -> Result<String, ApiError> {
        self.sign(claims, TokenKind::Access, account_of(claims))
    }

    fn sign(
        &self,
        holder: &Claims,
        kind: TokenKind,
        account: Option<Uuid>,
    ) -> Result<String, ApiError> {
        let number = Uuid::new_v4();
        let jti = account.map_or_else(
            || number.to_string(),
            |account| format!("{account}.{number}"),
        );
        let claims = holder.renewed(kind, jti, Timestamp::now());
        self.signer
            .sign(&claims)
            .map_err(|error| ApiError::internal(&error))
    }
}
