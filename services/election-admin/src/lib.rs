//! election-admin: participants, elections and results; elections open and close automatically.
//!
//! PostgreSQL keeps what administrators define, and the topic `elections` tells all other services ([`elections`]). When an
//! election has ended, a marker closes every partition of the ballot box ([`closing`]); when the count has passed them
//! all, the result is final and stored with its hash ([`results::final_results`]). Until then a file of ballots can be taken
//! back ([`withdrawals`]). Each act is in the audit log; those of ballot stations are copied from their topic ([`acts`]).

pub mod acts;
pub mod closing;
pub mod commands;
pub mod elections;
pub mod http;
pub mod options;
pub mod results;
pub mod service;
pub mod warm_up;
pub mod withdrawals;
