//! What every service with a database shares: where PostgreSQL is, a pool of connections, migrations, and the audit log.
//!
//! Separate from `service-kit`, so that services without a database do not link a PostgreSQL client.

mod answers;
pub mod audit;
pub mod postgres;
pub mod settings;
