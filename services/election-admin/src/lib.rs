//! election-admin defines elections: PostgreSQL keeps the definition, the topic `elections` tells
//! everybody else.

pub mod definitions;
pub mod options;
pub mod publishing;
pub mod scenario;
pub mod warm_up;
