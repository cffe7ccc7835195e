//! Ballots that were not counted, as the HTTP interface shows them.

use ballot_log::ElectionId;
use deadpool_postgres::Object;
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

/// The paper ballots of an election that came second or whose poll number no participant has, in the order in
/// which they came, as they are read. Nobody else has the connection meanwhile.
///
/// # Errors
/// Where PostgreSQL does not answer.
pub async fn invalid_votes(
    client: Object,
    election: ElectionId,
) -> anyhow::Result<impl Stream<Item = anyhow::Result<InvalidVote>>> {
    let reasons = [Reason::Duplicate, Reason::InvalidPollNumber];
    let ballots = rejected::paper(client, election, reasons).await?;
    let invalid_vote = |(ballot, reason): (rejected::PaperBallot, String)| InvalidVote {
        election_official_jmbg: ballot.official_jmbg,
        ballot_guid: ballot.guid,
        poll_number: ballot.choice,
        reason,
    };
    Ok(ballots.map_ok(invalid_vote).map_err(Into::into))
}

/// A record that was not counted. Of a voter's ballot nothing shows but that there was one, and why: its
/// time and its choice together with what else somebody has seen might tell whose it was.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectedBallot {
    /// Where it lies in the log.
    pub partition: i32,
    /// Where it lies in its partition.
    pub offset: i64,
    /// Why it was not counted.
    pub reason: String,
    /// Which ballot it is, of paper.
    pub ballot_guid: Option<String>,
    /// What it says, of paper.
    pub poll_number: Option<u64>,
    /// The official who uploaded it, for paper ballots.
    pub official_jmbg: Option<String>,
    /// When the log received it, of paper.
    #[schema(value_type = Option<String>)]
    pub appended_at: Option<Timestamp>,
}

/// The records of an election that were not counted, at most `limit` of those behind a place in the log.
///
/// # Errors
/// Where PostgreSQL does not answer, or a row is unreadable.
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
