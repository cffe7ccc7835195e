//! What every service with a database shares: where PostgreSQL is, a pool of connections, migrations, and the audit log.
//!
//! Apart from `service-kit`, so that services without a database link no PostgreSQL.

mod answers;
pub mod audit;
pub mod postgres;
pub mod settings;
