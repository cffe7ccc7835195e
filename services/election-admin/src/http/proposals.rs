//! Four eyes: what cannot be undone is done when a second administrator requests the same.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde::Serialize;
use service_database::audit::AuditEntry;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::token::{Holder, Role};
use utoipa::ToSchema;

use super::state::State;

/// For how long a proposal waits for a second administrator, in hours.
const WAITS_FOR_HOURS: i32 = 24;

/// What waits for a second administrator.
#[derive(Serialize, ToSchema)]
struct Proposals {
    /// The oldest first
    proposals: Vec<Proposal>,
}

#[derive(Serialize, ToSchema)]
struct Proposal {
    /// `cancel`, `lots`, `finalise` or `withdraw`
    what: String,
    #[schema(example = "election 7")]
    target: String,
    /// What else the request says: the lots
    content: String,
    /// Who proposed it
    who: String,
    #[schema(value_type = String)]
    at: Timestamp,
}

/// Lists what one administrator has requested, and another has to request as well
#[utoipa::path(get, path = "/proposals",
    responses((status = 200, body = Proposals), (status = 401, body = openapi::Unauthorized)))]
pub(super) async fn list(
    holder: Holder,
    request: HttpRequest,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let act = AuditEntry::by(&holder, &request, "");
    let work = async {
        let sql = "SELECT what, target, content, who, at FROM proposals
            WHERE at > now() - make_interval(hours => $1) ORDER BY at";
        let client = state.connection().await?;
        let rows = client.query(sql, &[&WAITS_FOR_HOURS]).await;
        let rows = rows.map_err(anyhow::Error::from)?;
        let proposals = rows.iter().map(|row| {
            Ok(Proposal {
                what: row.try_get(0)?,
                target: row.try_get(1)?,
                content: row.try_get(2)?,
                who: row.try_get(3)?,
                at: row.try_get(4)?,
            })
        });
        let proposals: Result<_, tokio_postgres::Error> = proposals.collect();
        let proposals = proposals.map_err(anyhow::Error::from)?;
        Ok(HttpResponse::Ok().json(Proposals { proposals }))
    };
    state.look(act, work).await
}

impl State {
    /// Whether an administrator's act may be done: where four eyes are asked for, when another administrator has
    /// requested the same within a day. Otherwise it is noted as proposed. Officials act on their own files alone.
    ///
    /// # Errors
    /// `202` if a second administrator has to request the same; or if PostgreSQL cannot be reached.
    pub(super) async fn confirmed(
        &self,
        holder: &Holder,
        act: &AuditEntry,
        content: &str,
    ) -> Result<(), ApiError> {
        if !self.four_eyes || !holder.claims.has(Role::Administrator) {
            return Ok(());
        }
        let client = self.connection().await?;
        let confirm =
            "DELETE FROM proposals WHERE what = $1 AND target = $2 AND content = $3 AND who <> $4
            AND at > now() - make_interval(hours => $5)";
        let (what, target, who) = (&act.what, &act.target, &act.who);
        let confirmed = client
            .execute(confirm, &[what, target, &content, who, &WAITS_FOR_HOURS])
            .await
            .map_err(anyhow::Error::from)?;
        if confirmed == 1 {
            return Ok(());
        }
        let propose = "INSERT INTO proposals (what, target, content, who) VALUES ($1, $2, $3, $4)
            ON CONFLICT (what, target) DO UPDATE SET content = excluded.content, who = excluded.who, at = now()";
        client
            .execute(propose, &[what, target, &content, who])
            .await
            .map_err(anyhow::Error::from)?;
        Err(waits_for_another().into())
    }
}

fn waits_for_another() -> Problem {
    let title = "Proposed: another administrator has to request the same.";
    let problem = Problem::new(StatusCode::ACCEPTED, "waits-for-another", title);
    problem.detail(format!(
        "It is done when one does so within {WAITS_FOR_HOURS} hours; GET /proposals lists what waits."
    ))
}
