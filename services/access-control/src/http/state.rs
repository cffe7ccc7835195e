//! What every request needs, and recording what was requested.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use service_database::audit::AuditEntry;
use service_kit::body::Fields;
use service_kit::client;
use service_kit::error::ApiError;
use service_kit::token::{CheckingKeys, Holder, Unauthorized};
use tokio::sync::Notify;

use crate::accounts::Accounts;
use crate::administrator::FirstAdministrator;
use crate::attempts::{Logins, Registrations};
use crate::email::Email;
use crate::options::Registration;
use crate::passwords::Passwords;
use crate::tokens::Issuer;

/// The longest time that a refusal waits to be recorded.
const NOTED_WITHIN: Duration = Duration::from_secs(2);

/// What every request needs. Shared by all threads.
pub struct State {
    /// The database `access_control`.
    pub accounts: Accounts,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Limits failed logins.
    pub logins: Logins,
    /// Limits registrations.
    pub registrations: Registrations,
    /// Signs tokens.
    pub issuer: Issuer,
    /// What tokens are checked by.
    pub keys: CheckingKeys,
    /// Wakes whoever tells others of sessions that have ended.
    pub ended: Arc<Notify>,
    /// The administrator who is created when there is none.
    pub administrator: FirstAdministrator,
    /// Who becomes an official by registering.
    pub registration: Registration,
}

impl State {
    /// The audit entry of a token's holder, as a success. Tokens of accounts and sessions that are no more are refused.
    pub(super) async fn admit(
        &self,
        holder: &Holder,
        request: &HttpRequest,
    ) -> Result<AuditEntry, ApiError> {
        let act = AuditEntry::by(holder, request, "");
        if self.accounts.stands(&holder.claims).await? {
            return Ok(act);
        }
        self.note(act.refused("the account or the session is no more"))
            .await;
        Err(Unauthorized::unknown().into())
    }

    /// As [`Self::admit`], for an act about the account that the body names.
    pub(super) async fn admit_about(
        &self,
        holder: &Holder,
        request: &HttpRequest,
        body: Payload,
    ) -> Result<(AuditEntry, Email), ApiError> {
        let act = self.admit(holder, request).await?;
        let whose = async { valid_email(&Fields::read(body).await?.any_text("email")?) };
        let email = self.or_refuse(&act, whose).await?;
        let target = email.to_string();
        Ok((AuditEntry { target, ..act }, email))
    }

    /// What was read of a request; where it cannot be read, that is recorded.
    pub(super) async fn or_refuse<T>(
        &self,
        act: &AuditEntry,
        reading: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, ApiError> {
        match reading.await {
            Ok(read) => Ok(read),
            Err(refusal) => Err(self.refuse(act.clone(), refusal).await),
        }
    }

    /// Records a refusal and returns it.
    pub(super) async fn refuse(&self, act: AuditEntry, refusal: impl Into<ApiError>) -> ApiError {
        let refusal = refusal.into();
        self.note(act.refused(&refusal)).await;
        refusal
    }

    /// Records a refused act. It stays refused if recording fails. Recording continues if it takes long, or if
    /// the client disconnects.
    pub(super) async fn note(&self, act: AuditEntry) {
        let accounts = self.accounts.clone();
        let writing = actix_web::rt::spawn(async move {
            if let Err(error) = accounts.write_down(&act).await {
                tracing::error!(%error, "an act is missing from the audit log");
            }
        });
        let _in_time = tokio::time::timeout(NOTED_WITHIN, writing).await;
    }
}

/// The origin of a request, as budgets count it.
pub(super) fn origin(request: &HttpRequest) -> IpAddr {
    client::ip(request).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

pub(super) fn valid_email(text: &str) -> Result<Email, ApiError> {
    Email::parse(text).ok_or_else(|| ApiError::message("Invalid email."))
}
