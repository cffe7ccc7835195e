//! Accounts in PostgreSQL.

use deadpool_postgres::{Object, Pool};
use jiff::Timestamp;
use service_database::audit::{self, AuditEntry, Entry};
use service_kit::token::{Claims, Role};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::email::Email;

#[allow(missing_docs, unreachable_pub)]
mod schema {
    refinery::embed_migrations!("../../sql/access_control");
}

/// The migrations of the database `access_control`.
pub fn migrations() -> refinery::Runner {
    schema::migrations::runner()
}

/// An account.
#[derive(Clone)]
pub struct Account {
    /// Never reused, not even for a later account with the same address.
    pub id: Uuid,
    /// The e-mail address.
    pub email: String,
    /// Forename of the holder.
    pub forename: String,
    /// Surname of the holder.
    pub surname: String,
    /// Personal number of the holder.
    pub jmbg: String,
    /// What the holder may do.
    pub role: Role,
    /// The hash of the password, in PHC form.
    pub password_hash: String,
    /// Whether the holder may log in.
    pub status: Status,
    /// Whether somebody else chose the password, so that the holder is asked for another one.
    pub password_due: bool,
}

/// Whether the holder of an account may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Active,
    /// Not before an administrator approves.
    Waiting,
    /// Not until an administrator approves again.
    Revoked,
}

impl Status {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Revoked => "revoked",
        }
    }

    /// The status of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Waiting, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// PostgreSQL cannot be reached, or gives an unexpected answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no connection.
    #[error("cannot reach PostgreSQL at DATABASE_URL: {0}")]
    Unreachable(#[from] deadpool_postgres::PoolError),
    /// A query failed.
    #[error("PostgreSQL: {}", in_full(.0))]
    Failed(#[from] tokio_postgres::Error),
    /// An account has a status that this version does not know.
    #[error("the account {email} has the unknown status {status:?}: correct it in the table users")]
    UnknownStatus {
        /// The account's address.
        email: String,
        /// The status in the table.
        status: String,
    },
    /// An account has a role that this version does not know.
    #[error("the account {email} has the unknown role {role:?}: correct it in the table users")]
    UnknownRole {
        /// The account's address.
        email: String,
        /// The role in the table.
        role: String,
    },
}

/// Includes the server's message, which tokio-postgres leaves to the error's source.
fn in_full(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(from_server) => from_server.to_string(),
        None => error.to_string(),
    }
}

/// All accounts. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pool: Pool,
}

impl Accounts {
    /// Accounts in the database of this pool.
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    pub(crate) async fn connection(&self) -> Result<Object, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// The account with this address.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn find(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM users WHERE email = $1");
        let client = self.connection().await?;
        let row = client.query_opt(&query, &[&email.as_str()]).await?;
        row.as_ref().map(account).transpose()
    }

    /// Accounts in the order of their addresses, at most `limit` after this address; of one status, or of any.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn list(
        &self,
        status: Option<Status>,
        after: &str,
        limit: i64,
    ) -> Result<Vec<Account>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM users WHERE email > $1 AND ($2::text IS NULL OR status = $2) ORDER BY email LIMIT $3"
        );
        let client = self.connection().await?;
        let status = status.map(Status::as_str);
        let rows = client.query(&query, &[&after, &status, &limit]).await?;
        rows.iter().map(account).collect()
    }

    /// Lets the holder of an account log in, and records the act with it. False if there is no such account.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn approve(&self, email: &Email, act: &AuditEntry) -> Result<bool, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let update = "UPDATE users SET status = 'active' WHERE email = $1";
        if transaction.execute(update, &[&email.as_str()]).await? == 0 {
            return Ok(false);
        }
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Every administrator's account.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn administrators(&self) -> Result<Vec<Account>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM users WHERE role = 'administrator'");
        let client = self.connection().await?;
        let rows = client.query(&query, &[]).await?;
        rows.iter().map(account).collect()
    }

    /// Creates an account and records the act with it. If the address is taken, does neither and returns `false`.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn add(&self, account: &Account, act: &AuditEntry) -> Result<bool, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        if !insert(&transaction, account).await? {
            return Ok(false);
        }
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Creates the account of an administrator if there is no administrator. Any number of instances may try at
    /// the same time. Returns `false` if nothing was done because the address belongs to an official.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn add_first_administrator(
        &self,
        account: &Account,
        act: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let lock = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE";
        transaction.batch_execute(lock).await?;
        let exists = transaction.query_opt(ANY_ADMINISTRATOR, &[]).await?;
        if exists.is_some() {
            return Ok(true);
        }
        if !insert(&transaction, account).await? {
            return Ok(false);
        }
        audit::append(&transaction, act).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether there is an administrator.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        let client = self.connection().await?;
        Ok(client.query_opt(ANY_ADMINISTRATOR, &[]).await?.is_some())
    }

    /// Whether the account that a token was issued to still exists, and its session has not ended.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn stands(&self, claims: &Claims) -> Result<bool, StoreError> {
        // A token that does not name its account (signed by another program that has the secret) must at least
        // not be older than the account, and one that names no session no older than the password.
        let query = "SELECT FROM users WHERE email = $1 AND role = $2 AND status = 'active'
            AND CASE WHEN $3::uuid IS NULL THEN date_trunc('second', created_at) <= $4 ELSE id = $3 END
            AND CASE WHEN $5::uuid IS NULL THEN date_trunc('second', password_since) <= $4
                ELSE EXISTS (SELECT FROM sessions WHERE sessions.id = $5 AND account = users.id AND ended_at IS NULL) END";
        let issued = Timestamp::from_second(claims.iat).unwrap_or(Timestamp::MIN);
        let (account, session, role) = (claims.account(), claims.session(), claims.role());
        let client = self.connection().await?;
        let row = client
            .query_opt(query, &[&claims.sub, &role, &account, &issued, &session])
            .await?;
        Ok(row.is_some())
    }

    /// The newest acts in the audit log, newest first, at most `limit`; with `before`, those below that number.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn acts(&self, before: Option<i64>, limit: i64) -> Result<Vec<Entry>, StoreError> {
        let client = self.connection().await?;
        Ok(audit::newest(&client, before, limit).await?)
    }

    /// Records an act that changed nothing.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn write_down(&self, act: &AuditEntry) -> Result<(), StoreError> {
        let mut client = self.connection().await?;
        Ok(audit::append_alone(&mut client, act).await?)
    }
}

const COLUMNS: &str =
    "id, email, forename, surname, jmbg, role, password_hash, status, password_due";

const ANY_ADMINISTRATOR: &str =
    "SELECT FROM users WHERE role = 'administrator' AND status = 'active' LIMIT 1";

async fn insert(
    transaction: &tokio_postgres::Transaction<'_>,
    account: &Account,
) -> Result<bool, tokio_postgres::Error> {
    let Account {
        id,
        email,
        forename,
        surname,
        jmbg,
        role,
        password_hash,
        status,
        password_due,
    } = account;
    let insert =
        "INSERT INTO users (id, email, forename, surname, jmbg, role, password_hash, status, password_due)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (email) DO NOTHING";
    let (role, status) = (role.as_str(), status.as_str());
    let inserted = transaction
        .execute(
            insert,
            &[
                id,
                email,
                forename,
                surname,
                jmbg,
                &role,
                password_hash,
                &status,
                password_due,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

fn account(row: &Row) -> Result<Account, StoreError> {
    let role: &str = row.try_get(5)?;
    let role = role.parse().map_err(|_| StoreError::UnknownRole {
        email: row.get(1),
        role: role.to_owned(),
    })?;
    let status: &str = row.try_get(7)?;
    let status = Status::named(status).ok_or_else(|| StoreError::UnknownStatus {
        email: row.get(1),
        status: status.to_owned(),
    })?;
    Ok(Account {
        id: row.try_get(0)?,
        email: row.try_get(1)?,
        forename: row.try_get(2)?,
        surname: row.try_get(3)?,
        jmbg: row.try_get(4)?,
        role,
        password_hash: row.try_get(6)?,
        status,
        password_due: row.try_get(8)?,
    })
}
