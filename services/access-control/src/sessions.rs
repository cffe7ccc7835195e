//! Sessions in PostgreSQL: from logging in to logging out, or until an account is revoked.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use service_database::audit::{self, AuditEntry};
use service_kit::token::{Claims, TokenKind};
use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::accounts::{Account, Accounts, StoreError};
use crate::email::Email;

/// Who was here less than so many days ago is no stranger.
const KNOWN_FOR_DAYS: i32 = 90;

/// A session to tell others of.
pub struct Ended {
    /// Its id.
    pub id: Uuid,
    /// When its last token expires.
    pub until: Timestamp,
}

/// The outcome of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The account was deleted.
    Gone,
    /// There was no such account.
    Unknown,
}

/// The outcome of revoking an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked.
    Done,
    /// There is no such account.
    Unknown,
    /// Nobody could approve it again.
    LastAdministrator,
}

impl Accounts {
    /// Opens a session of an account from this address, and records the act with it.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn open_session(
        &self,
        account: &Account,
        network: IpAddr,
        act: &AuditEntry,
    ) -> Result<Uuid, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let session = open(&transaction, account.id, network).await?;
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(session)
    }

    /// Whether somebody has lately logged in to the account from this address.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn is_known(&self, account: Uuid, network: IpAddr) -> Result<bool, StoreError> {
        let query = "SELECT FROM sessions WHERE account = $1 AND network = $2::text::inet
            AND opened_at > now() - make_interval(days => $3) LIMIT 1";
        let client = self.connection().await?;
        let network = network.to_string();
        let known = client
            .query_opt(query, &[&account, &network, &KNOWN_FOR_DAYS])
            .await?;
        Ok(known.is_some())
    }

    /// Ends the session that a token belongs to, and records the act with it.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn log_out(&self, claims: &Claims, act: &AuditEntry) -> Result<(), StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let end = "UPDATE sessions SET ended_at = now() WHERE id = $1 AND ended_at IS NULL";
        transaction.execute(end, &[&claims.session()]).await?;
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives an account another password, ends its sessions, opens a new one, and records the act.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn change_password(
        &self,
        account: &Account,
        password_hash: &str,
        network: IpAddr,
        act: &AuditEntry,
    ) -> Result<Uuid, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let update = "UPDATE users SET password_hash = $2, password_due = false, password_since = now() WHERE id = $1";
        transaction
            .execute(update, &[&account.id, &password_hash])
            .await?;
        end_all(&transaction, &account.email).await?;
        let session = open(&transaction, account.id, network).await?;
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(session)
    }

    /// Lets nobody log in to an account until it is approved again, ends its sessions, and records the act.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn revoke(&self, email: &Email, act: &AuditEntry) -> Result<Revoked, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        // Two administrators may revoke each other at the same time.
        let lock = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";
        transaction.batch_execute(lock).await?;
        let others = "SELECT FROM users WHERE role = 'administrator' AND status = 'active' AND email <> $1 LIMIT 1";
        let others = transaction.query_opt(others, &[&email.as_str()]).await?;
        let update = "UPDATE users SET status = 'revoked' WHERE email = $1 RETURNING role";
        let Some(row) = transaction.query_opt(update, &[&email.as_str()]).await? else {
            return Ok(Revoked::Unknown);
        };
        if row.try_get::<_, &str>(0)? == "administrator" && others.is_none() {
            return Ok(Revoked::LastAdministrator);
        }
        end_all(&transaction, email.as_str()).await?;
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(Revoked::Done)
    }

    /// Deletes an account, ends its sessions, and records the act with it.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn delete(&self, email: &Email, act: &AuditEntry) -> Result<Deleted, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        end_all(&transaction, email.as_str()).await?;
        let delete = "DELETE FROM users WHERE email = $1";
        if transaction.execute(delete, &[&email.as_str()]).await? == 0 {
            return Ok(Deleted::Unknown);
        }
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(Deleted::Gone)
    }

    /// Forgets sessions whose tokens have expired, once nobody is known by them.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn forget_expired(&self) -> Result<(), StoreError> {
        let forget = "DELETE FROM sessions WHERE until < now() AND opened_at < now() - make_interval(days => $1)";
        let client = self.connection().await?;
        client.execute(forget, &[&KNOWN_FOR_DAYS]).await?;
        Ok(())
    }

    /// Sessions that have ended, and of which others have not been told, at most so many.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn to_tell(&self, most: i64) -> Result<Vec<Ended>, StoreError> {
        let client = self.connection().await?;
        let query = "SELECT id, until FROM sessions WHERE ended_at IS NOT NULL AND NOT told AND until > now()
            ORDER BY ended_at LIMIT $1";
        let rows = client.query(query, &[&most]).await?;
        let ended = rows.iter().map(|row| {
            Ok(Ended {
                id: row.try_get(0)?,
                until: row.try_get(1)?,
            })
        });
        ended.collect()
    }

    /// Notes that others have been told of these sessions.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn are_told(&self, sessions: &[Uuid]) -> Result<(), StoreError> {
        let client = self.connection().await?;
        let update = "UPDATE sessions SET told = true WHERE id = ANY($1)";
        client.execute(update, &[&sessions]).await?;
        Ok(())
    }
}

async fn open(
    transaction: &Transaction<'_>,
    account: Uuid,
    network: IpAddr,
) -> Result<Uuid, tokio_postgres::Error> {
    let session = Uuid::new_v4();
    // A refresh token may be used until its last second, and what it gives is valid for longer.
    let longest = TokenKind::Refresh.lifetime_s() + TokenKind::Access.lifetime_s();
    let until = Timestamp::now() + SignedDuration::from_secs(longest);
    let insert =
        "INSERT INTO sessions (id, account, network, until) VALUES ($1, $2, $3::text::inet, $4)";
    let network = network.to_string();
    transaction
        .execute(insert, &[&session, &account, &network, &until])
        .await?;
    Ok(session)
}

/// Ends every session of an account.
async fn end_all(transaction: &Transaction<'_>, email: &str) -> Result<(), tokio_postgres::Error> {
    let end = "UPDATE sessions SET ended_at = now()
        WHERE ended_at IS NULL AND account = (SELECT id FROM users WHERE email = $1)";
    transaction.execute(end, &[&email]).await?;
    Ok(())
}
