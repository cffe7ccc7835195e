//! Shared by all requests; records each act of an administrator.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context as _;
use ballot_log::{BallotBox, ElectionDefinition, ElectionId};
use deadpool_postgres::{Object, Pool};
use election_store::elections;
use jiff::tz::TimeZone;
use service_database::audit::{self, AuditEntry};
use service_kit::error::ApiError;
use service_kit::token::{Holder, Unauthorized};
use tokio::sync::Notify;

use super::answer::no_such_election;
use super::query;
use crate::elections::definitions;
use crate::elections::publishing::Publisher;
use crate::results::final_results;

/// The longest time for an answer: longer than any wait for the count or for Kafka.
const PATIENCE: Duration = Duration::from_secs(30);

/// Handles administrators' requests. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The database `election_process`.
    pub pool: Pool,
    /// Publishes to the topic `elections`.
    pub publisher: Publisher,
    /// Where withdrawals of files go.
    pub ballot_box: BallotBox,
    /// Where a time without an offset is meant.
    pub zone: TimeZone,
    /// Constituencies with fewer votes are shown together.
    pub district_minimum: u64,
    /// Whether what cannot be undone needs two administrators.
    pub four_eyes: bool,
    /// Told when an election has been defined, or may be closed.
    pub defined: Arc<Notify>,
    /// Notified when an election could not be published.
    pub unpublished: Arc<Notify>,
}

impl State {
    /// A connection to the database.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn connection(&self) -> Result<Object, ApiError> {
        Ok(definitions::connection(&self.pool).await?)
    }

    /// Whether the result of an election is known to be final. If the database cannot be reached, it is not.
    pub async fn is_final(&self, election: Option<ElectionId>) -> bool {
        let Some(election) = election else {
            return false;
        };
        let look = async {
            let client = definitions::connection(&self.pool).await?;
            anyhow::Ok(final_results::find(&client, election).await?)
        };
        matches!(tokio::time::timeout(PATIENCE, look).await, Ok(Ok(Some(_))))
    }

    /// Answers a query, and records who sent it. No query is answered without a record.
    ///
    /// # Errors
    /// Those of `work`, or if the audit log cannot be written.
    pub async fn look(
        &self,
        act: AuditEntry,
        work: impl Future<Output = Result<HttpResponse, ApiError>>,
    ) -> Result<HttpResponse, ApiError> {
        in_time(async {
            let done = work.await;
            self.write_down(act, done.as_ref().err()).await?;
            done
        })
        .await
    }

    /// Changes something. `work` itself records the act in its transaction, so that it is recorded if and only
    /// if it happened; refused acts are recorded here. The work continues to its end even if the client has
    /// disconnected, or has been told that it takes too long.
    ///
    /// # Errors
    /// Those of `work`, or if the audit log cannot be written.
    pub async fn change(
        &self,
        act: AuditEntry,
        work: impl Future<Output = Result<HttpResponse, ApiError>> + 'static,
    ) -> Result<HttpResponse, ApiError> {
        let state = self.clone();
        let to_its_end = actix_web::rt::spawn(async move {
            let done = work.await;
            if let Err(refusal) = &done {
                state.write_down(act, Some(refusal)).await?;
            }
            done
        });
        in_time(async { to_its_end.await.map_err(anyhow::Error::from)? }).await
    }

    async fn write_down(
        &self,
        mut act: AuditEntry,
        refusal: Option<&ApiError>,
    ) -> Result<(), ApiError> {
        if let Some(refusal) = refusal {
            act.outcome = format!("{}: {refusal}", refusal.outcome());
        }
        audit::append_alone(&mut *self.connection().await?, &act)
            .await
            .map_err(anyhow::Error::from)?;
        Ok(())
    }

    /// Records that the holder of a valid token requested something that their role does not allow. The refusal
    /// stands even if the audit log cannot be written.
    pub async fn note_refused(&self, holder: &Holder, request: &HttpRequest) {
        let target = query::target(request);
        let act = AuditEntry::by(holder, request, target).refused(Unauthorized::unknown());
        if let Err(error) = self.write_down(act, None).await {
            tracing::error!(%error, "an entry is missing from the audit log");
        }
    }
}

/// Nobody waits forever for servers that hang.
async fn in_time(
    work: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.context("the answer took too long")?
}

/// The definition of an election.
///
/// # Errors
/// `404` if there is no such election; or if PostgreSQL cannot be reached.
pub(super) async fn definition(
    client: &tokio_postgres::Client,
    id: Option<ElectionId>,
) -> Result<ElectionDefinition, ApiError> {
    let id = id.ok_or_else(no_such_election)?;
    let found = elections::find(client, id)
        .await
        .map_err(anyhow::Error::from)?;
    Ok(found.ok_or_else(no_such_election)?)
}
