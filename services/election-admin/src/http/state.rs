//! What every request needs, and that each act of an administrator is written down.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context as _;
use ballot_log::{BallotBox, ElectionId};
use deadpool_postgres::{Object, Pool};
use jiff::tz::TimeZone;
use service_database::audit::{self, AuditEntry};
use service_kit::error::ApiError;
use service_kit::token::{Holder, Unauthorized};
use tokio::sync::Notify;

use super::query;
use crate::elections::definitions;
use crate::elections::publishing::Publisher;
use crate::results::final_results;

/// An answer takes so long at most: longer than anything waits for the count or for Kafka.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where administrators' requests are dealt with. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The database `election_process`.
    pub pool: Pool,
    /// Tells the topic `elections`.
    pub publisher: Publisher,
    /// Where withdrawals of files go.
    pub ballot_box: BallotBox,
    /// Where a time without an offset is meant.
    pub zone: TimeZone,
    /// Told when an election has been defined, or may be closed.
    pub defined: Arc<Notify>,
    /// Told when an election could not be published.
    pub unpublished: Arc<Notify>,
}

impl State {
    /// A connection to the database.
    ///
    /// # Errors
    /// Where PostgreSQL cannot be reached.
    pub async fn connection(&self) -> Result<Object, ApiError> {
        Ok(definitions::connection(&self.pool).await?)
    }

    /// Whether the result of an election is known to be final. Where the database cannot be asked, it is not.
    pub async fn is_final(&self, election: Option<ElectionId>) -> bool {
        let Some(election) = election else {
            return false;
        };
        let look = async {
            let client = definitions::connection(&self.pool).await?;
            final_results::find(&client, election).await
        };
        matches!(tokio::time::timeout(PATIENCE, look).await, Ok(Ok(Some(_))))
    }

    /// Answers a question, and writes down who asked it. Nobody is answered without.
    ///
    /// # Errors
    /// Those of `work`, or where the audit log cannot be written.
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

    /// Changes something. `work` itself writes the act down in its transaction, so that it is written down if
    /// and only if it happened; here are those that were refused. The work goes on to its end even if the
    /// client has hung up, or has been told that it takes too long.
    ///
    /// # Errors
    /// Those of `work`, or where the audit log cannot be written.
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

    /// Notes that the holder of a valid token asked for what their role does not allow. The refusal stands also where
    /// the audit log cannot be written.
    pub async fn note_refused(&self, holder: &Holder, request: &HttpRequest) {
        let target = query::target(request);
        let act = AuditEntry::by(holder, request, target).refused(Unauthorized::unknown());
        if let Err(error) = self.write_down(act, None).await {
            tracing::error!(%error, "an entry is missing from the audit log");
        }
    }
}

/// Servers that are frozen rather than gone keep nobody waiting for ever.
async fn in_time(
    work: impl Future<Output = Result<HttpResponse, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.context("the answer took too long")?
}
