//! Who votes for whom, and the bytes that are sent.

mod bodies;
mod paper;
mod roll;
mod scenario;
mod weights;

pub(crate) use bodies::Bodies;
pub use paper::{Candidate, Paper};
pub use roll::{Roll, Voter};
pub use scenario::{Participant, Scenario};
pub use weights::{Weights, mix};
