//! New accounts.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_database::audit::AuditEntry;
use service_kit::body::Fields;
use service_kit::error::ApiError;
use service_kit::openapi;
use service_kit::problem::Problem;
use service_kit::secret::Secret;
use service_kit::token::{Holder, Role};
use utoipa::ToSchema;
use uuid::Uuid;

use super::state::{State, origin, valid_email};
use crate::accounts::{Account, Status};
use crate::email::Email;
use crate::jmbg::Jmbg;
use crate::options::Registration as Options;
use crate::passwords;
use crate::permits::HashingPermit;

/// A new account. All texts have at most 256 characters.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct RegisterBody {
    /// 13 digits `DDMMYYYRRBBBK`, the last one a check digit
    #[schema(example = "0101994704401")]
    jmbg: String,
    #[schema(example = "Ana")]
    forename: String,
    #[schema(example = "Anić")]
    surname: String,
    /// `local@domain.tld`
    #[schema(example = "ana@example.org")]
    email: String,
    /// At least 8 characters, with a digit, a lower-case and an upper-case letter
    #[schema(example = "Lozinka1")]
    password: String,
}

/// Creates an official's account
///
/// The address is stored exactly as given. Depending on the installation, the account waits until an administrator approves.
#[utoipa::path(
    post,
    path = "/register",
    request_body = RegisterBody,
    responses(
        (status = 200, description = "The account is there; no content"),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid jmbg.`, `Invalid email.`, `Invalid password.`, `Email already exists.`", body = openapi::Message),
        (status = 403, description = "`registration-closed`", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many registrations from this address; try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn register(
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let registration = Registration::of(&Fields::read(body).await?)?;
    if state.registration == Options::Closed {
        return Err(closed().into());
    }
    let act = AuditEntry {
        role: Role::Official.to_string(),
        ..AuditEntry::of(registration.email.as_str(), &request, "register", "")
    };
    state.registrations.check(origin(&request))?;
    // No hashing for an address that is known to be taken.
    let permit = if state.is_free(&registration.email).await? {
        Some(state.passwords.permits.for_registration().await?)
    } else {
        None
    };
    // A request that got no permit, or no database, uses up nothing.
    if state.registrations.take(origin(&request))? {
        let ran_out = "too many registrations from this address";
        state.note(act.clone().refused(ran_out)).await;
    }
    if let Some(permit) = permit {
        let status = if state.registration == Options::Open {
            Status::Active
        } else {
            Status::Waiting
        };
        let account = registration.account(&state, permit, Role::Official, status);
        let account = account.await?;
        // Two requests may both have found the address free: the database accepts one.
        if state.accounts.add(&account, &act).await? {
            return Ok(HttpResponse::Ok().finish());
        }
    }
    let refusal = ApiError::message("Email already exists.");
    Err(state.refuse(act, refusal).await)
}

/// An account that an administrator makes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
struct AccountBody {
    #[serde(flatten)]
    holder: RegisterBody,
    /// `administrator` or `official`
    #[schema(example = "administrator")]
    role: String,
}

/// Creates the account of an official or of another administrator
///
/// Its holder may log in at once, and is asked for another password.
#[utoipa::path(
    post,
    path = "/accounts/create",
    request_body = AccountBody,
    responses(
        (status = 200, description = "The account is there; no content"),
        (status = 400, description = "The first check that failed: a field is missing, `Invalid jmbg.`, `Invalid email.`, `Invalid password.`, `Invalid role.`, `Email already exists.`", body = openapi::Message),
        (status = 401, description = "No administrator's access token", body = openapi::Unauthorized),
        (status = 503, description = "Try again after Retry-After seconds", body = openapi::Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn create(
    holder: Holder,
    state: Data<State>,
    request: HttpRequest,
    body: Payload,
) -> Result<HttpResponse, ApiError> {
    let act = state.admit(&holder, &request).await?;
    let wanted = async {
        let fields = Fields::read(body).await?;
        let registration = Registration::of(&fields)?;
        let role = fields.any_text("role")?;
        let role: Role = role
            .parse()
            .map_err(|_| ApiError::message("Invalid role."))?;
        Ok((registration, role))
    };
    let (registration, role) = state.or_refuse(&act, wanted).await?;
    let act = AuditEntry {
        target: format!("{} ({role})", registration.email),
        ..act
    };
    if state.is_free(&registration.email).await? {
        let permit = state.passwords.permits.for_registration().await?;
        let account = registration.account(&state, permit, role, Status::Active);
        let account = Account {
            password_due: true,
            ..account.await?
        };
        if state.accounts.add(&account, &act).await? {
            return Ok(HttpResponse::Ok().finish());
        }
    }
    let refusal = ApiError::message("Email already exists.");
    Err(state.refuse(act, refusal).await)
}

fn closed() -> Problem {
    let title = "Nobody can register here.";
    let problem = Problem::new(StatusCode::FORBIDDEN, "registration-closed", title);
    problem.detail("An administrator decides who is an official.")
}

impl State {
    /// Whether somebody may register with this address. The first administrator's address is reserved even
    /// while there is another administrator: otherwise the first one could not be created again.
    async fn is_free(&self, email: &Email) -> Result<bool, ApiError> {
        Ok(email != self.administrator.email() && self.accounts.find(email).await?.is_none())
    }
}

struct Registration {
    jmbg: Jmbg,
    forename: String,
    surname: String,
    email: Email,
    password: Secret,
}

impl Registration {
    /// The account, with a password of its holder's own.
    async fn account(
        self,
        state: &State,
        permit: HashingPermit,
        role: Role,
        status: Status,
    ) -> Result<Account, ApiError> {
        Ok(Account {
            id: Uuid::new_v4(),
            email: self.email.to_string(),
            forename: self.forename,
            surname: self.surname,
            jmbg: self.jmbg.as_str().to_owned(),
            role,
            password_hash: state.passwords.hash(permit, self.password).await?,
            status,
            password_due: false,
        })
    }

    fn of(fields: &Fields) -> Result<Self, ApiError> {
        let jmbg = fields.any_text("jmbg")?;
        let forename = fields.text("forename")?;
        let surname = fields.text("surname")?;
        let email = fields.any_text("email")?;
        let password = Secret::new(fields.any_text("password")?);
        let jmbg = Jmbg::parse(&jmbg).ok_or_else(|| ApiError::message("Invalid jmbg."))?;
        let email = valid_email(&email)?;
        if !passwords::is_acceptable(password.expose()) {
            return Err(ApiError::message("Invalid password."));
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
