//! What is done for clients. Tokens come first, then the body; the checks of the body are in the order in
//! which clients expect them.

use std::net::Ipv4Addr;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use service_kit::audit::Act;
use service_kit::body::{Fields, is_storable};
use service_kit::refusal::Refusal;
use service_kit::secret::Secret;
use service_kit::token::{Administrator, Claims, Refresh, Role, TokenKind, Unauthorized};
use service_kit::{client, openapi};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Desk;
use super::description::{EmailBody, LoginBody, RegisterBody};
use crate::accounts::{Account, Deleted};
use crate::email::Email;
use crate::jmbg::Jmbg;
use crate::passwords;

/// Creates an official's account
///
/// The address is kept exactly as it is given.
#[utoipa::path(
    post,
    path = "/register",
    request_body = RegisterBody,
    responses(
        (status = 200, description = "The account is there; no content"),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid jmbg.`, `Invalid email.`, `Invalid password.`, `Email already exists.`", body = openapi::Message),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register(
    desk: Data<Desk>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Refusal> {
    let wish = Registration::of(&Fields::read(body).await?)?;
    let act = Act {
        role: Role::Official.to_string(),
        ..Act::of(wish.email.as_str(), &request, "register", "")
    };
    // Hashing is not for an address that is known to be taken.
    let free = desk.accounts.find(&wish.email).await?.is_none();
    if free {
        let account = Account {
            id: Uuid::new_v4(),
            email: wish.email.to_string(),
            forename: wish.forename,
            surname: wish.surname,
            jmbg: wish.jmbg.as_str().to_owned(),
            role: Role::Official,
            password_hash: desk.passwords.hash(wish.password).await?,
        };
        // Two at once may have found it free: the database takes one.
        if desk.accounts.add(&account, &act).await? {
            return Ok(HttpResponse::Ok().finish());
        }
    }
    let refusal = Refusal::message("Email already exists.");
    desk.accounts.write_down(&act.refused(&refusal)).await?;
    Err(refusal)
}

struct Registration {
    jmbg: Jmbg,
    forename: String,
    surname: String,
    email: Email,
    password: Secret,
}

impl Registration {
    fn of(fields: &Fields) -> Result<Self, Refusal> {
        let jmbg = fields.any_text("jmbg")?;
        let forename = fields.text("forename")?;
        let surname = fields.text("surname")?;
        let email = fields.any_text("email")?;
        let password = Secret::new(fields.any_text("password")?);
        let jmbg = Jmbg::parse(&jmbg).ok_or_else(|| Refusal::message("Invalid jmbg."))?;
        let email = valid_email(&email)?;
        if !passwords::is_acceptable(password.expose()) {
            return Err(Refusal::message("Invalid password."));
        }
        Ok(Self {
            jmbg,
            forename,
            surname,
            email,
            password,
        })
    }
}

fn valid_email(text: &str) -> Result<Email, Refusal> {
    Email::parse(text).ok_or_else(|| Refusal::message("Invalid email."))
}

/// An access and a refresh token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    /// For everything but new tokens; lives for an hour.
    access_token: String,
    /// For new access tokens; lives for 30 days.
    refresh_token: String,
}

/// Gives tokens for an address and a password
#[utoipa::path(
    post,
    path = "/login",
    request_body = LoginBody,
    responses(
        (status = 200, body = Tokens),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid email.`, `Invalid credentials.`", body = openapi::Message),
        (status = 429, description = "Too many attempts have failed; try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn login(
    desk: Data<Desk>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Refusal> {
    let fields = Fields::read(body).await?;
    let email = fields.any_text("email")?;
    let password = Secret::new(fields.any_text("password")?);
    // Only what has the form of an address is written down: it might be a password in the wrong field.
    let email = valid_email(&email)?;
    let address = client::ip(&request).unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    let attempt = desk.attempts.take(address, email.as_str())?;
    let act = Act::of(email.as_str(), &request, "login", "");
    let account = desk.accounts.find(&email).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.as_str());
    // A password that nobody can have is not worth hashing, whoever it is for.
    let fits = is_storable(password.expose()) && desk.passwords.verify(password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        let refusal = Refusal::message("Invalid credentials.");
        desk.accounts.write_down(&act.refused(&refusal)).await?;
        return Err(refusal);
    };
    attempt.give_back();
    let act = Act {
        role: account.role.to_string(),
        ..act
    };
    desk.accounts.write_down(&act).await?;
    Ok(HttpResponse::Ok().json(Tokens {
        access_token: desk.issuer.issue(&account, TokenKind::Access)?,
        refresh_token: desk.issuer.issue(&account, TokenKind::Refresh)?,
    }))
}

/// A new access token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessToken {
    /// For everything but new tokens; lives for an hour.
    access_token: String,
}

/// Gives a new access token for a refresh token
#[utoipa::path(
    post,
    path = "/refresh",
    responses(
        (status = 200, body = AccessToken),
        (status = 401, description = "No usable refresh token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
    security(("refreshToken" = []))
)]
pub(super) async fn refresh(
    Refresh(claims): Refresh,
    desk: Data<Desk>,
    request: HttpRequest,
) -> Result<HttpResponse, Refusal> {
    let act = Act::by(&claims, &request, "refresh", "");
    let act = desk.only_standing(&claims, act).await?;
    desk.accounts.write_down(&act).await?;
    Ok(HttpResponse::Ok().json(AccessToken {
        access_token: desk.issuer.refresh(&claims)?,
    }))
}

/// Deletes an account
///
/// Its tokens stop working here at once, and elsewhere when they expire.
#[utoipa::path(
    post,
    path = "/delete",
    request_body = EmailBody,
    responses(
        (status = 200, description = "The account is gone; no content"),
        (status = 400, description = "The first check that failed: the field is missing, `Invalid email.`, `Unknown user.`", body = openapi::Message),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
    security(("accessToken" = []))
)]
pub(super) async fn delete(
    administrator: Result<Administrator, Unauthorized>,
    desk: Data<Desk>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, Refusal> {
    let Administrator(claims) = match administrator {
        Ok(administrator) => administrator,
        Err(unauthorized) => {
            // Somebody known tried what is not theirs to do.
            if let Some(holder) = unauthorized.holder() {
                let act = Act::by(holder, &request, "delete", "").refused("not an administrator");
                desk.accounts.write_down(&act).await?;
            }
            return Err(unauthorized.into());
        }
    };
    let act = Act::by(&claims, &request, "delete", "");
    let act = desk.only_standing(&claims, act).await?;
    let email = Fields::read(body)
        .await
        .map_err(Refusal::from)
        .and_then(|fields| valid_email(&fields.any_text("email")?));
    let email = match email {
        Ok(email) => email,
        Err(refusal) => {
            desk.accounts.write_down(&act.refused(&refusal)).await?;
            return Err(refusal);
        }
    };
    let act = Act {
        target: email.to_string(),
        ..act
    };
    match desk.accounts.delete(&email, &act).await? {
        Deleted::Gone => Ok(HttpResponse::Ok().finish()),
        Deleted::Unknown => {
            let refusal = Refusal::message("Unknown user.");
            desk.accounts.write_down(&act.refused(&refusal)).await?;
            Err(refusal)
        }
    }
}

impl Desk {
    /// Lets nobody in whose account is deleted. Gives the act back where somebody is let in.
    async fn only_standing(&self, claims: &Claims, act: Act) -> Result<Act, Refusal> {
        if self.accounts.stands(claims).await? {
            return Ok(act);
        }
        let act = act.refused("the account is deleted");
        self.accounts.write_down(&act).await?;
        Err(Unauthorized::nobody().into())
    }
}
