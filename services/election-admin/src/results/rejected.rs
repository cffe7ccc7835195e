//! Ballots that were not counted, as the HTTP interface shows them.

use ballot_log::ElectionId;
use deadpool_postgres::Pool;
use election_store::rejected::{self, StoredRejection};
use futures_util::stream::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use serde::Serialize;
use tally::Reason;
use tokio_postgres::Client;
use utoipa::ToSchema;

/// A paper ballot that was not counted, as `getResults` shows it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvalidVote {
    /// The official who recorded it.
    pub election_official_jmbg: String,
    /// Which ballot it is.
    pub ballot_guid: String,
    /// What it says.
    pub poll_number: u64,
    /// Why it was not counted.
    #[schema(example = "Duplicate ballot.")]
    pub reason: String,
}

/// The duplicate paper ballots of an election and those with an unknown poll number, in the order of arrival,
/// streamed as they are read.
pub fn invalid_votes(
    pool: Pool,
    election: ElectionId,
) -> impl Stream<Item = anyhow::Result<InvalidVote>> {
    let reasons = [Reason::Duplicate, Reason::InvalidPollNumber];
    let ballots = rejected::paper(pool, election, reasons);
    let invalid_vote = |(ballot, reason): (rejected::PaperBallot, String)| InvalidVote {
        election_official_jmbg: ballot.official_jmbg,
        ballot_guid: ballot.guid,
        poll_number: ballot.choice,
        reason,
    };
    ballots.map_ok(invalid_vote).map_err(Into::into)
}

/// A record that was not counted. For a voter's ballot it shows only that there was one, and the reason: its
/// time and choice, combined with other observations, might reveal whose it was.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedBallot {
    /// The partition of the log.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
    /// Why it was not counted.
    pub reason: String,
    /// Which ballot it is, for paper ballots.
    pub ballot_guid: Option<String>,
    /// Its poll number, for paper ballots.
    pub poll_number: Option<u64>,
    /// The official who uploaded it, for paper ballots.
    pub official_jmbg: Option<String>,
    /// When the log received it, for paper ballots.
    #[schema(value_type = Option<String>)]
    pub appended_at: Option<Timestamp>,
}

/// The records of an election that were not counted, at most `limit` of those after a place in the log.
///
/// # Errors
/// If PostgreSQL does not answer, or a row is unreadable.
pub async fn rejected(
    client: &Client,
    election: ElectionId,
    after: (i32, i64),
    limit: i64,
) -> anyhow::Result<Vec<RejectedBallot>> {
    let page = rejected::page(client, election, after, limit).await?;
    Ok(page.into_iter().map(Into::into).collect())
}

impl From<StoredRejection> for RejectedBallot {
    fn from(stored: StoredRejection) -> Self {
        let mut rejected = Self {
            partition: stored.partition,
            offset: stored.offset,
            reason: stored.reason,
            ballot_guid: None,
            poll_number: None,
            official_jmbg: None,
            appended_at: None,
        };
        if let Some(paper) = stored.paper {
            rejected.ballot_guid = Some(paper.guid);
            rejected.poll_number = Some(paper.choice);
            rejected.official_jmbg = Some(paper.official_jmbg);
            rejected.appended_at = Some(paper.appended_at);
        }
        rejected
    }
}
