//! Errors of the management services, as their clients see them.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::body::Message;
use crate::problem::Problem;
use crate::token::Unauthorized;

/// An error as a client sees it.
#[derive(Debug)]
pub enum ApiError {
    /// No usable token: `401`, in the words that clients compare.
    Unauthorized(Unauthorized),
    /// A check that failed: `400`, in the words that clients compare.
    Message(Message),
    /// Anything else.
    Problem(Problem),
}

impl ApiError {
    /// A check that failed.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message(Message::new(text))
    }

    /// `503`: a required server does not answer. Logged here.
    pub fn unavailable(title: &'static str, error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a request failed");
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", title);
        Self::Problem(problem.detail("Try again in a moment.").retry_after_s(1))
    }

    /// `500`: an error in the service itself. Logged here.
    pub fn internal(error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a request failed");
        Self::Problem(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something is wrong with this service.",
        ))
    }

    /// Its outcome in the audit log.
    pub fn outcome(&self) -> &'static str {
        if self.status_code().is_server_error() {
            "failure"
        } else {
            "refusal"
        }
    }

    fn answer(&self) -> &dyn ResponseError {
        match self {
            Self::Unauthorized(unauthorized) => unauthorized,
            Self::Message(message) => message,
            Self::Problem(problem) => problem,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.answer(), formatter)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.answer().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        self.answer().error_response()
    }
}

impl From<Unauthorized> for ApiError {
    fn from(unauthorized: Unauthorized) -> Self {
        Self::Unauthorized(unauthorized)
    }
}

impl From<Message> for ApiError {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A required server is unavailable.
impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> Self {
        Self::unavailable("Something that is needed does not answer.", &error)
    }
}
