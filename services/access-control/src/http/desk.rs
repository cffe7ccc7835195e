//! What every request needs, and that what is asked for is written down.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use actix_web::HttpRequest;
use service_database::audit::Act;
use service_kit::client;
use service_kit::refusal::Refusal;
use service_kit::token::{Administrator, Claims, Unauthorized};

use crate::accounts::Accounts;
use crate::administrator::FirstAdministrator;
use crate::attempts::{Logins, Registrations};
use crate::email::Email;
use crate::passwords::Passwords;
use crate::tokens::Issuer;

/// A refusal waits so long at most until it is written down.
const NOTED_WITHIN: Duration = Duration::from_secs(2);

/// What every request needs. Shared by all threads.
pub struct Desk {
    /// The database `access_control`.
    pub accounts: Accounts,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Slows down whoever guesses.
    pub logins: Logins,
    /// Slows down whoever registers without end.
    pub registrations: Registrations,
    /// Signs tokens.
    pub issuer: Issuer,
    /// Who is there if nobody else is.
    pub administrator: FirstAdministrator,
}

impl Desk {
    /// Lets administrators in whose account stands: their act, which is taken to succeed until it is known
    /// better. That somebody known who is none has tried is written down.
    pub(super) async fn admit(
        &self,
        administrator: Result<Administrator, Unauthorized>,
        request: &HttpRequest,
        what: &'static str,
    ) -> Result<Act, Refusal> {
        match administrator {
            Ok(Administrator(claims)) => self.holder(&claims, request, what).await,
            Err(unauthorized) => {
                if let Some(holder) = unauthorized.holder() {
                    let act = Act::by(holder, request, what, "");
                    self.note(act.refused("not an administrator")).await;
                }
                Err(unauthorized.into())
            }
        }
    }

    /// The act of the holder of a token, whose account stands.
    pub(super) async fn holder(
        &self,
        claims: &Claims,
        request: &HttpRequest,
        what: &'static str,
    ) -> Result<Act, Refusal> {
        let act = Act::by(claims, request, what, "");
        if self.accounts.stands(claims).await? {
            return Ok(act);
        }
        self.note(act.refused("the account is deleted")).await;
        Err(Unauthorized::nobody().into())
    }

    /// Writes down that something was refused, and gives the refusal back.
    pub(super) async fn refuse(&self, act: Act, refusal: impl Into<Refusal>) -> Refusal {
        let refusal = refusal.into();
        self.note(act.refused(&refusal)).await;
        refusal
    }

    /// Writes down an act that was refused. It stays refused if that fails; and the writing goes on if it
    /// takes long, or whoever asked hangs up.
    pub(super) async fn note(&self, act: Act) {
        let accounts = self.accounts.clone();
        let writing = actix_web::rt::spawn(async move {
            if let Err(error) = accounts.write_down(&act).await {
                tracing::error!(%error, "an act is missing from the audit log");
            }
        });
        let _in_time = tokio::time::timeout(NOTED_WITHIN, writing).await;
    }
}

/// Where a request came from, as budgets are kept.
pub(super) fn origin(request: &HttpRequest) -> IpAddr {
    client::ip(request).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
}

pub(super) fn valid_email(text: &str) -> Result<Email, Refusal> {
    Email::parse(text).ok_or_else(|| Refusal::message("Invalid email."))
}
