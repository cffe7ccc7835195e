//! What administrators define: participants and elections, stored in PostgreSQL and published in the topic `elections`.

pub mod cancellation;
pub mod creation;
pub mod definitions;
pub mod finalising;
pub mod moment;
pub mod participants;
pub mod publishing;
pub mod template;
