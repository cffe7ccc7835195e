//! What was counted, according to the results.

mod feed;
mod results;
mod visible;
mod watch;

pub use feed::{Feed, FeedError};
pub use results::{CandidateResult, Results};
pub(crate) use visible::{Sighting, visible};
pub(crate) use watch::Watch;
