//! The roll of voters in PostgreSQL: table `dim_voters`.

mod append;
mod conflicts;
mod export;
mod generate;
mod import;
mod names;

use tokio_postgres::Client;

pub use export::export;
pub use generate::{Generate, generate};
pub use import::{Different, Import, ImportReport, import};

pub(crate) use append::lock;

use crate::error::{DatabaseError, RollError};

mod embedded {
    refinery::embed_migrations!("../../sql/voter_roll");
}

/// Brings the database of the roll to the newest schema; several processes may do so at the same time.
///
/// # Errors
/// If PostgreSQL cannot be reached, or a migration fails.
pub async fn migrate(database_url: &str) -> Result<(), RollError> {
    service_database::postgres::migrate(database_url, embedded::migrations::runner())
        .await
        .map_err(|error| RollError::Migration(format!("{error:#}")))
}

/// A roll of a hundred million voters is copied in one statement.
const LIMIT: &str = "SET statement_timeout = '1h'";

/// A session with the database of the roll, in which no statement runs for ever.
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn connect(database_url: &str) -> Result<Client, DatabaseError> {
    let (client, connection) = service_database::postgres::connect(database_url).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::error!(
                "lost the connection to PostgreSQL: {}",
                DatabaseError::from(error)
            );
        }
    });
    client.batch_execute(LIMIT).await?;
    Ok(client)
}
