//! What clients can be told.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::body::Message;
use service_kit::problem::Problem;
use service_kit::token::Unauthorized;

use crate::accounts::StoreError;
use crate::attempts::TooMany;
use crate::passwords::HashingError;

/// Why something was not done.
#[derive(Debug)]
pub enum Refusal {
    /// No usable token: `401`.
    Unauthorized(Unauthorized),
    /// A check that failed: `400`.
    Message(Message),
    /// Anything else.
    Problem(Problem),
}

impl Refusal {
    /// A check that failed.
    pub(super) fn message(text: &'static str) -> Self {
        Self::Message(Message::new(text))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized(unauthorized) => unauthorized.fmt(formatter),
            Self::Message(message) => message.fmt(formatter),
            Self::Problem(problem) => problem.fmt(formatter),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized(unauthorized) => unauthorized.status_code(),
            Self::Message(message) => message.status_code(),
            Self::Problem(problem) => problem.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Unauthorized(unauthorized) => unauthorized.error_response(),
            Self::Message(message) => message.error_response(),
            Self::Problem(problem) => problem.error_response(),
        }
    }
}

impl From<Unauthorized> for Refusal {
    fn from(unauthorized: Unauthorized) -> Self {
        Self::Unauthorized(unauthorized)
    }
}

impl From<Message> for Refusal {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<TooMany> for Refusal {
    fn from(too_many: TooMany) -> Self {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "Too many attempts to log in have failed.",
        );
        let seconds = too_many.retry_after_s;
        let detail = format!("Try again in {seconds} seconds.");
        Self::Problem(problem.detail(detail).retry_after_s(seconds))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed");
        unavailable("The accounts cannot be reached.")
    }
}

impl From<HashingError> for Refusal {
    fn from(error: HashingError) -> Self {
        tracing::error!(%error, "a request failed");
        match error {
            HashingError::Busy => unavailable("Too many passwords are being checked."),
            HashingError::Failed(_) | HashingError::BrokeOff => internal(),
        }
    }
}

/// A token could not be signed.
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a request failed");
        internal()
    }
}

fn unavailable(title: &'static str) -> Refusal {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title);
    Refusal::Problem(problem.detail("Try again in a moment.").retry_after_s(1))
}

fn internal() -> Refusal {
    Refusal::Problem(Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something is wrong with this service.",
    ))
}
