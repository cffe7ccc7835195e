//! election-admin: participants, elections and results, and opening and closing by themselves.
//!
//! PostgreSQL keeps what administrators define, the topic `elections` tells everybody else. When an election
//! has ended, a marker closes every partition of the ballot box ([`closing`]); when the count has passed them
//! all, the result is final and stored with its hash ([`finals`]). Each act is in the audit log.

pub mod canonical;
pub mod closing;
pub mod commands;
pub mod copying;
pub mod counted;
pub mod creation;
pub mod definitions;
pub mod finals;
pub mod http;
pub mod moment;
pub mod options;
pub mod participants;
pub mod publishing;
pub mod report;
pub mod result;
pub mod scenario;
pub mod service;
pub mod warm_up;
