//! The audit log: who did what, when, from where, and with what outcome.
//!
//! Rows are chained by SHA-256: each contains the hash of the one before, so that [`verify`] finds a row that
//! was altered or removed. Triggers refuse changes. The database's owner can rewrite all of it; to detect that
//! too, note the hash of the last row elsewhere from time to time (`verify-audit` prints it).
//!
//! The tables are the same in every database that has a log: a migration `…__audit_log.sql` makes them.

mod chain;

use std::borrow::Cow;

use actix_web::HttpRequest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Row, Transaction};

use self::chain::{Hash, START};
use service_kit::client;
use service_kit::hex::hex;
use service_kit::token::Holder;

/// Rows that are read at a time.
const PAGE: i64 = 5_000;

/// The outcome of an act that was done.
pub const SUCCESS: &str = "success";

/// The outcome of an act that was not allowed or was invalid.
pub const REFUSAL: &str = "refusal";

/// An act or an attempt. It contains no secret, and never the choice of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The e-mail address of the account that did it.
    pub who: String,
    /// In which role: `administrator`, `official`, or empty where that is not known.
    pub role: String,
    /// What was asked for, such as `createElection`.
    pub what: Cow<'static, str>,
    /// What the act concerned.
    pub target: String,
    /// Where the request came from.
    pub address: String,
    /// The outcome: `success`, `refusal` or `failure`, and the reason after a colon.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
}

impl AuditEntry {
    /// A successful act, now, of the holder of a token.
    pub fn by(holder: &Holder, request: &HttpRequest, target: impl Into<String>) -> Self {
        let claims = &holder.claims;
        Self {
            role: claims.role().to_owned(),
            ..Self::of(&claims.sub, request, holder.act.clone(), target)
        }
    }

    /// A successful act, now, by someone without a token.
    pub fn of(
        who: impl Into<String>,
        request: &HttpRequest,
        what: impl Into<Cow<'static, str>>,
        target: impl Into<String>,
    ) -> Self {
        Self {
            who: who.into(),
            role: String::new(),
            what: what.into(),
            target: target.into(),
            address: client::address(request),
            outcome: SUCCESS.to_owned(),
            at: Timestamp::now(),
        }
    }

    /// The same act, refused for this reason.
    #[must_use]
    pub fn refused(mut self, why: impl std::fmt::Display) -> Self {
        self.outcome = format!("{REFUSAL}: {why}");
        self
    }

    /// As PostgreSQL stores it and gives it back: whole microseconds, no U+0000.
    fn storable(&self) -> Self {
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        Self {
            who: text(&self.who),
            role: text(&self.role),
            what: text(&self.what).into(),
            target: text(&self.target),
            address: text(&self.address),
            outcome: text(&self.outcome),
            at: Timestamp::from_microsecond(self.at.as_microsecond()).unwrap_or(self.at),
        }
    }
}

/// A row of the log.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The number of the row, from 1, without gaps.
    pub seq: i64,
    /// What was done.
    pub act: AuditEntry,
    /// SHA-256 over the row before and this one, in hex.
    pub hash: String,
}

/// Adds an act. Do it last: until the transaction ends, all other acts wait. Returns the number of the row.
///
/// # Errors
/// If PostgreSQL cannot store it.
pub async fn append(
    transaction: &Transaction<'_>,
    act: &AuditEntry,
) -> Result<i64, tokio_postgres::Error> {
    let head = "SELECT seq, hash FROM audit_head FOR UPDATE";
    let head = transaction.query_one(head, &[]).await?;
    let (seq, previous): (i64, Vec<u8>) = (head.try_get::<_, i64>(0)? + 1, head.try_get(1)?);
    let act = act.storable();
    let hash = chain::hash(&previous, seq, &act);
    let insert = "INSERT INTO audit_log
        (seq, at, who, role, what, target, address, outcome, previous_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let AuditEntry {
        who,
        role,
        what,
        target,
        address,
        outcome,
        at,
    } = &act;
    let hash = &hash[..];
    transaction
        .execute(
            insert,
            &[
                &seq, at, who, role, what, target, address, outcome, &previous, &hash,
            ],
        )
        .await?;
    let advance = "UPDATE audit_head SET seq = $1, hash = $2";
    transaction.execute(advance, &[&seq, &hash]).await?;
    Ok(seq)
}

/// Adds an act in a transaction of its own.
///
/// # Errors
/// If PostgreSQL cannot store it.
pub async fn append_alone(
    client: &mut Client,
    act: &AuditEntry,
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    append(&transaction, act).await?;
    transaction.commit().await
}

/// A page of the log, newest first.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The rows.
    pub entries: Vec<Entry>,
    /// Where the next page begins, as `before`; `None` on the last one.
    pub next: Option<i64>,
}

impl From<Vec<Entry>> for Page {
    fn from(entries: Vec<Entry>) -> Self {
        let next = entries.last().map(|last| last.seq).filter(|seq| *seq > 1);
        Self { entries, next }
    }
}

/// The newest rows, newest first, at most `limit`; with `before`, those below that number.
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn newest(
    client: &Client,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, tokio_postgres::Error> {
    let query = "SELECT seq, at, who, role, what, target, address, outcome, previous_hash, hash
        FROM audit_log WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    let rows = client
        .query(query, &[&before.unwrap_or(i64::MAX), &limit])
        .await?;
    rows.iter()
        .map(|row| {
            let stored = Stored::of(row)?;
            Ok(Entry {
                seq: stored.seq,
                act: stored.act,
                hash: hex(&stored.hash),
            })
        })
        .collect()
}

/// A log that is intact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows it has.
    pub rows: i64,
    /// The hash of the last row, in hex.
    pub hash: String,
}

/// Why a log is not known to be intact.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A row was altered, removed or inserted.
    #[error("the audit log is broken at row {seq}: {why}")]
    Broken {
        /// The first row that does not fit.
        seq: i64,
        /// What does not fit.
        why: &'static str,
    },
    /// PostgreSQL cannot be reached.
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
}

/// Reads the whole log and checks that no row was altered, removed or inserted. Acts may be added in the meantime.
///
/// # Errors
/// If one was, or PostgreSQL cannot be reached.
pub async fn verify(client: &Client) -> Result<Verified, VerifyError> {
    let head = client
        .query_opt("SELECT seq, hash FROM audit_head", &[])
        .await?
        .ok_or(VerifyError::Broken {
            seq: 0,
            why: "it is not known which row is the last",
        })?;
    let (head_seq, head_hash): (i64, Vec<u8>) = (head.try_get(0)?, head.try_get(1)?);
    let query = "SELECT seq, at, who, role, what, target, address, outcome, previous_hash, hash
        FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2";
    let mut last: (i64, Hash) = (i64::MIN, START.to_vec());
    let mut rows = 0;
    // The head was read first, so every row up to it is here; later rows are chained to it like any other.
    loop {
        let page = client.query(query, &[&last.0, &PAGE]).await?;
        for row in &page {
            let stored = Stored::of(row)?;
            rows += 1;
            stored.check(rows, &last.1)?;
            if stored.seq == head_seq && stored.hash != head_hash {
                return Err(stored.broken("it is not the row that was the last"));
            }
            last = (stored.seq, stored.hash);
        }
        if page.is_empty() {
            break;
        }
    }
    if rows < head_seq {
        return Err(VerifyError::Broken {
            seq: rows + 1,
            why: "the rows from here on are missing",
        });
    }
    Ok(Verified {
        rows,
        hash: hex(&last.1),
    })
}

/// A row as it is stored.
struct Stored {
    seq: i64,
    act: AuditEntry,
    previous_hash: Hash,
    hash: Hash,
}

impl Stored {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            seq: row.try_get(0)?,
            act: AuditEntry {
                at: row.try_get(1)?,
                who: row.try_get(2)?,
                role: row.try_get(3)?,
                what: row.try_get::<_, String>(4)?.into(),
                target: row.try_get(5)?,
                address: row.try_get(6)?,
                outcome: row.try_get(7)?,
            },
            previous_hash: row.try_get(8)?,
            hash: row.try_get(9)?,
        })
    }

    fn check(&self, expected_seq: i64, previous_hash: &[u8]) -> Result<(), VerifyError> {
        if self.seq != expected_seq {
            return Err(VerifyError::Broken {
                seq: expected_seq,
                why: "the row is missing",
            });
        }
        if self.previous_hash != previous_hash {
            return Err(self.broken("it does not follow the row before"));
        }
        if self.hash != chain::hash(previous_hash, self.seq, &self.act) {
            return Err(self.broken("it was altered"));
        }
        Ok(())
    }

    fn broken(&self, why: &'static str) -> VerifyError {
        VerifyError::Broken { seq: self.seq, why }
    }
}
