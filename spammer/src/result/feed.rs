//! dashboard-feed, asked over HTTP.

use std::time::Duration;

use hyper::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use super::Results;
use crate::Error;
use crate::http::Origin;

/// How long to wait at the beginning for a result that is not there yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at something that is not there yet.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Why dashboard-feed could not tell.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Nobody answers there.
    #[error(
        "Cannot reach dashboard-feed at {url}: {reason}. Start it (script/up), or say with --feed where it is."
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
        /// What else it said.
        body: String,
    },
    /// It answers with something else than results.
    #[error("dashboard-feed's answer to GET {url} cannot be understood: {reason}.")]
    Unreadable {
        /// What was asked for.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Its stream of events gives nothing.
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
    /// The feed has not read its Redis yet, or the first result is not there yet.
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

    /// The election that is open now. Waits a little for one.
    ///
    /// # Errors
    /// Where there is none, or more than one.
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
                        "No election is open at {}. Create one that is (election-admin), then try again.",
                        self.origin
                    )));
                }
                _ => {
                    return Err(Error::NoElection(format!(
                        "ElectionList {open:?} are open at once. Say with --election which one to vote in."
                    )));
                }
            }
        }
    }

    /// The present results. Waits a little for an election that has none yet.
    ///
    /// # Errors
    /// Where the feed cannot be reached, or does not know the election.
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

    /// The present results.
    ///
    /// # Errors
    /// Where the feed cannot be reached, or does not know the election.
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
