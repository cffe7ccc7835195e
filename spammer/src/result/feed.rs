//! Requests to dashboard-feed.

use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::Results;
use crate::Error;
use crate::http::Origin;

/// How long to wait at the start for a result that does not exist yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two requests for something that does not exist yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why nothing could be read from dashboard-feed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Nobody answers there.
    #[error(
        "Cannot reach dashboard-feed at {url}: {reason}. Start it (script/up), or give its address with --feed."
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// It answers with an error.
    #[error("dashboard-feed answers {status} to GET {url}: {body}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The body of the answer.
        body: String,
    },
    /// It answers with something other than results.
    #[error("dashboard-feed's answer to GET {url} cannot be understood: {reason}.")]
    Unreadable {
        /// What was asked for.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Its event stream sends nothing.
    #[error("dashboard-feed at {url} sends no events of election {election}: {reason}.")]
    NoEvents {
        /// Where it is.
        url: String,
        /// The election.
        election: u32,
        /// What went wrong last.
        reason: String,
    },
}

impl FeedError {
    /// Whether waiting may help: the feed has not read Redis yet, or the first result does not exist yet.
    fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Status {
                status: 404 | 503,
                ..
            }
        )
    }
}

/// A dashboard-feed.
#[derive(Clone, Debug)]
pub struct Feed {
    origin: Origin,
}

#[derive(Deserialize)]
struct ElectionList {
    elections: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    election: u32,
    state: String,
}

impl Feed {
    /// The one at `origin`.
    pub fn new(origin: Origin) -> Self {
        Self { origin }
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The election that is open now. Waits for a short time if there is none.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub async fn open_election(&self) -> Result<u32, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            let elections = match self.get("/api/elections").await {
                Ok(ElectionList { elections }) => elections,
                Err(error) if error.may_pass() && Instant::now() < until => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            let open: Vec<u32> = elections
                .iter()
                .filter(|listed| listed.state == "open")
                .map(|listed| listed.election)
                .collect();
            match open[..] {
                [election] => return Ok(election),
                [] if Instant::now() < until => sleep(LOOK_AGAIN_AFTER).await,
                [] => {
                    return Err(Error::NoElection(format!(
                        "No election is open at {}. Open one (election-admin), then try again.",
                        self.origin
                    )));
                }
                _ => {
                    return Err(Error::NoElection(format!(
                        "Elections {open:?} are all open. Choose one with --election."
                    )));
                }
            }
        }
    }

    /// The current results. Waits for a short time if the election has none yet.
    ///
    /// # Errors
    /// If the feed cannot be reached, or does not know the election.
    pub async fn first_results(&self, election: u32) -> Result<Results, FeedError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.results(election).await {
                Err(error) if error.may_pass() && Instant::now() < until => {
                    sleep(LOOK_AGAIN_AFTER).await;
                }
                result => return result,
            }
        }
    }

    /// The current results.
    ///
    /// # Errors
    /// If the feed cannot be reached, or does not know the election.
    pub async fn results(&self, election: u32) -> Result<Results, FeedError> {
        self.get(&format!("/api/elections/{election}/results"))
            .await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, FeedError> {
        let url = format!("{}{path}", self.origin);
        let (status, body) =
            self.origin
                .get_text(path)
                .await
                .map_err(|reason| FeedError::Unreachable {
                    url: self.origin.to_string(),
                    reason,
                })?;
        if status != StatusCode::OK {
            return Err(FeedError::Status {
                url,
                status: status.as_u16(),
                body: String::from_utf8_lossy(&body).into_owned(),
            });
        }
        serde_json::from_slice(&body).map_err(|error| FeedError::Unreadable {
            url,
            reason: error.to_string(),
        })
    }
}
