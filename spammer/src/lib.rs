//! A crowd of voters that checks the count.
//!
//! Votes are due at a constant rate, whatever the servers do (an open loop): latency runs from the moment a
//! vote was due to its final answer, so a server that stalls cannot hide it by slowing the crowd down. The
//! answers to the voters are added up by candidate and compared with what the results say at the end; any
//! difference is reported and makes the exit status 1.

pub mod ballot;
pub mod compare;
pub mod crowd;
mod error;
pub mod http;
mod machine;
pub mod options;
mod outages;
mod progress;
pub mod report;
pub mod result;
mod run;
mod units;

pub use error::Error;
pub use machine::Machine;
pub use options::Options;
pub use progress::Progress;
pub use report::Report;
pub use run::{Interrupts, run};
