//! What administrators can be told.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::body::Message;
use service_kit::problem::Problem;
use service_kit::token::Unauthorized;

use crate::creation::CreationError;

/// Why there is no answer to what was asked.
#[derive(Debug)]
pub enum Refusal {
    /// No usable token: `401`, in the words that clients compare.
    Unauthorized(Unauthorized),
    /// A check that failed: `400`, in the words that clients compare.
    Message(Message),
    /// Anything else.
    Problem(Problem),
}

impl Refusal {
    /// A check that failed.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message(Message::new(text))
    }

    /// `503`: the count has not got so far.
    pub fn not_counted_yet() -> Self {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-counted-yet",
            "The election has ended, and its ballots are still being counted.",
        );
        Self::Problem(problem.retry_after_s(1))
    }

    /// `404`: there is no such election.
    pub fn no_such_election() -> Self {
        Self::Problem(Problem::new(
            StatusCode::NOT_FOUND,
            "no-such-election",
            "There is no such election.",
        ))
    }

    /// `400`: a parameter of the query makes no sense.
    pub fn bad_parameter(name: &'static str, expected: &str) -> Self {
        let problem = Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-parameter",
            "A parameter of the query makes no sense.",
        );
        let detail = format!("The parameter {name} must be {expected}.");
        Self::Problem(problem.detail(detail).field("parameter", name))
    }

    /// `503`: a server that is needed is away. Logged here.
    pub fn unavailable(error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a request failed");
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Something that is needed does not answer.",
        );
        Self::Problem(problem.detail("Try again in a moment.").retry_after_s(1))
    }

    /// What the audit log says came of it.
    pub fn outcome(&self) -> &'static str {
        if self.status_code().is_server_error() {
            "failure"
        } else {
            "refusal"
        }
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

impl From<Message> for Refusal {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Unauthorized> for Refusal {
    fn from(unauthorized: Unauthorized) -> Self {
        Self::Unauthorized(unauthorized)
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::unavailable(&error)
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::unavailable(&error.into())
    }
}

impl From<CreationError> for Refusal {
    fn from(error: CreationError) -> Self {
        match error {
            CreationError::Refused(text) => Self::message(text),
            CreationError::Unavailable(error) => Self::unavailable(&error),
            CreationError::NotPublished(election) => {
                let problem = Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not-published-yet",
                    "The election is stored, and not everybody has heard of it yet.",
                );
                let detail = format!(
                    "Election {election} is stored, and is published as soon as Kafka is back. Do not define it again."
                );
                Self::Problem(
                    problem
                        .detail(detail)
                        .field("election", election)
                        .retry_after_s(5),
                )
            }
        }
    }
}
