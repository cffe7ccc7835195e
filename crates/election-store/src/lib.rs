//! The database `election_process`: its migrations, and the tables that several services use.
//!
//! - [`elections`]: definitions, and the number of partitions of the ballot box;
//! - [`checkpoints`]: how far each partition is counted, with what is written along with it;
//! - [`tallies`]: the totals of each partition;
//! - [`final_results`]: results that nothing changes any more;
//! - [`batches`]: officials' files, what became of their lines, and their withdrawals;
//! - [`rejected`]: ballots that were not counted;
//! - [`rolls`]: how many voters are registered.
//!
//! election-admin writes the definitions, batches and final results, tally-stream everything else. A row that cannot be read is a
//! [`StoreError`] that names it.

pub mod batches;
pub mod checkpoints;
pub mod elections;
mod error;
pub mod final_results;
pub mod rejected;
pub mod rolls;
mod row;
pub mod tallies;

pub use error::StoreError;

#[allow(missing_docs, unreachable_pub)]
mod schema {
    refinery::embed_migrations!("../../sql/election_process");
}

/// The migrations of the database.
pub fn migrations() -> refinery::Runner {
    schema::migrations::runner()
}
