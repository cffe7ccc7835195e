//! What a token says.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// For everything but new tokens; valid for an hour.
    Access,
    /// For new access tokens only; valid for 30 days.
    Refresh,
}

impl TokenKind {
    /// How long a token of this kind is valid, in seconds.
    pub const fn lifetime_s(self) -> i64 {
        match self {
            Self::Access => 3_600,
            Self::Refresh => 30 * 24 * 3_600,
        }
    }
}

/// What the holder of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Creates participants and elections, and reads results.
    Administrator,
    /// Uploads paper ballots.
    Official,
}

impl Role {
    /// As it appears in tokens and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Official => "official",
        }
    }
}

/// The text is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let roles = [Self::Administrator, Self::Official];
        let named = roles.into_iter().find(|role| role.as_str() == text);
        named.ok_or(UnknownRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a token says. Times are whole seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issued at.
    pub iat: i64,
    /// Not valid before.
    pub nbf: i64,
    /// Expires at.
    pub exp: i64,
    /// Unique id of the token. That of access-control is `<account>.<session>.<number>`, each a UUID.
    pub jti: String,
    /// What the token is for.
    #[serde(rename = "type")]
    pub kind: TokenKind,
    /// The e-mail address of the account.
    pub sub: String,
    /// The holder's forename.
    pub forename: String,
    /// The holder's surname.
    pub surname: String,
    /// The holder's personal number.
    pub jmbg: String,
    /// What the holder may do.
    pub roles: Vec<Role>,
}

impl Claims {
    /// The same holder's claims for a token of `kind`, issued `now` with the id `jti`.
    #[must_use]
    pub fn renewed(&self, kind: TokenKind, jti: String, now: Timestamp) -> Self {
        let now = now.as_second();
        Self {
            iat: now,
            nbf: now,
            exp: now + kind.lifetime_s(),
            jti,
            kind,
            ..self.clone()
        }
    }

    /// The account that the token was issued to, if it names one.
    pub fn account(&self) -> Option<Uuid> {
        let (account, _rest) = self.jti.split_once('.')?;
        account.parse().ok()
    }

    /// The session that the token belongs to, if it names one: from logging in to logging out.
    pub fn session(&self) -> Option<Uuid> {
        let mut parts = self.jti.split('.').skip(1);
        let (session, _number) = (parts.next()?, parts.next()?);
        session.parse().ok()
    }

    /// Whether the holder has this role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The holder's role, as recorded in the audit log.
    pub fn role(&self) -> &'static str {
        self.roles.first().copied().map_or("", Role::as_str)
    }
}
