//! access-control as its clients know it, on a real PostgreSQL.

mod administration;
mod contract;
mod who_gets_in;
mod world;
