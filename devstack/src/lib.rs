//! Private Kafka, Redis and PostgreSQL as child processes: for trying the system out, for tests and for
//! benchmarks.
//!
//! A [`Stack`] is the three servers on free loopback ports, with their own data, which is deleted afterwards.
//! No server outlives the process that started it, however that process ends: the kernel kills them with it
//! (`setpriv --pdeathsig KILL`). `KAFKA_BROKERS`, `REDIS_URL` and `DATABASE_URL` in the environment make it use
//! those servers instead.
//!
//! In tests:
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let stack = devstack::shared().await; // started once a test binary
//! let brokers = stack.kafka_brokers(); // topics are told apart by name: stack.unique("votes")
//! let database = stack.create_database("roll").await?; // URL of a new, empty database
//! let redis = stack.redis_url_fresh().await?; // URL of an empty logical database
//! let own = stack.dedicated_redis().await?; // one more server: pub/sub is not divided by database
//! own.url();
//! # Ok(())
//! # }
//! ```
//!
//! A test that kills servers starts its own stack, because [`Stack::kill`] affects every user of the stack:
//!
//! ```no_run
//! # use devstack::{Stack, StackOptions};
//! # async fn example() -> anyhow::Result<()> {
//! let stack = Stack::start_with(StackOptions { persist_redis: true, ..StackOptions::private() }).await?;
//! stack.kill("redis").await?;
//! stack.restart("redis").await?; // same port, same data
//! stack.stop().await;
//! # Ok(())
//! # }
//! ```

mod checkout;
pub mod cli;
mod directories;
mod options;
mod process;
mod server;
mod shared;
mod signals;
mod stack;
mod up;

pub use server::Server;
pub use shared::shared;
pub use stack::{Stack, StackOptions};
