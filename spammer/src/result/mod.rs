//! What was counted, and whether that is what the voters were told.

mod compare;
mod feed;
mod results;
mod visible;
mod watch;

pub use compare::{Comparison, Told, compare};
pub use feed::{Feed, FeedError};
pub use results::{CandidateResult, Results};
pub(crate) use visible::{Sighting, visible};
pub(crate) use watch::Watch;
