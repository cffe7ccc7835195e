//! Accounts, and those that wait for approval.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::token::Holder;
use utoipa::ToSchema;

use super::deletion::EmailBody;
use super::state::State;
use crate::accounts::{Account, Status};

/// Accounts in one answer, if not told otherwise, and at most.
const USUAL: i64 = 100;
const MOST: i64 = 1_000;

/// The requested part of the accounts.
#[derive(Deserialize)]
struct Wanted {
    status: Option<String>,
    after: Option<String>,
    limit: Option<i64>,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
struct Accounts {
    /// In the order of their addresses
    accounts: Vec<AccountEntry>,
    /// Where the next page begins, as `after`; null on the last one
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AccountEntry {
    #[schema(example = "ana@example.org")]
    email: String,
    forename: String,
    surname: String,
    jmbg: String,
    /// `administrator` or `official`
    role: &'static str,
    /// Whether somebody else chose the password, and the holder has not changed it yet
    password_due: bool,
    /// `active`, `waiting` for an administrator's approval, or `revoked`
    status: &'static str,
}

impl From<Account> for AccountEntry {
    fn from(account: Account) -> Self {
        Self {
            email: account.email,
            forename: account.forename,
            surname: account.surname,
            jmbg: account.jmbg,
            role: account.role.as_str(),
            password_due: account.password_due,
            status: account.status.as_str(),
        }
    }
}

/// Lists accounts, in the order of their addresses
#[utoipa::path(
    get,
    path = "/accounts",
    params(
        ("status" = Option<String>, Query, description = "Only those that are `active`, `waiting` or `revoked`"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
        ("limit" = Option<i64>, Query, description = "Accounts at most, 1 to 1000; 100 if it is not given"),
    ),
    responses(
        (status = 200, body = Accounts),
        (status = 400, description = "A parameter makes no sense", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    let (status, after, limit) = match wanted(&request) {
        Ok(wanted) => wanted,
        Err(problem) => return Err(state.refuse(act, problem).await),
    };
    let found = state.accounts.list(status, &after, limit).await?;
    state.accounts.write_down(&act).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|length| length == limit);
    let next = found.last().filter(|_| is_full);
    let next = next.map(|account| account.email.clone());
    let accounts = found.into_iter().map(AccountEntry::from).collect();
    Ok(HttpResponse::Ok().json(Accounts { accounts, next }))
}

fn wanted(request: &HttpRequest) -> Result<(Option<Status>, String, i64), Problem> {
    let wanted = Query::<Wanted>::from_query(request.query_string()).ok();
    let read = wanted.and_then(
        |Query(Wanted {
             status,
             after,
             limit,
         })| {
            let status = match status {
                Some(name) => Some(Status::named(&name)?),
                None => None,
            };
            let after = after
                .filter(|after| !after.contains('\0'))
                .unwrap_or_default();
            Some((status, after, limit.unwrap_or(USUAL)))
        },
    );
    read.filter(|(.., limit)| (1..=MOST).contains(limit)).ok_or_else(|| {
        let title = "A parameter of the query makes no sense.";
        let problem = Problem::new(StatusCode::BAD_REQUEST, "bad-parameter", title);
        problem.detail(format!(
            "status must be active, waiting or revoked, after the `next` of the page before, and limit a whole number from 1 to {MOST}."
        ))
    })
}

/// Lets the holder of an account log in, who has registered and waits, or was revoked
#[utoipa::path(
    post,
    path = "/accounts/approve",
    request_body = EmailBody,
    responses(
        (status = 200, description = "The holder may log in; no content"),
        (status = 400, description = "The first check that failed: the field is missing, `Invalid email.`, `Unknown user.`", body = openapi::Message),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn approve(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let (act, email) = state.admit_about(&holder, &request, body).await?;
    if state.accounts.approve(&email, &act).await? {
        return Ok(HttpResponse::Ok().finish());
    }
    Err(state.refuse(act, ApiError::message("Unknown user.")).await)
}
