//! The answers to officials.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::body::{self, Message};
use service_kit::problem::Problem;

use crate::file::{Fault, Mistake, Wrong};

/// After how many seconds to try again if all permits are taken.
const BUSY_FOR_S: u64 = 5;

/// Why nothing, or not all, of a file was recorded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UploadError {
    /// The form has no file, or there is no form.
    FileMissing,
    /// A line, counted from 0, is not well formed.
    Line(u32, Wrong),
    /// The form's constituency is no number of one.
    Constituency,
    /// More bytes than a file may have.
    TooLarge(u64),
    /// More lines than a file may have.
    TooManyLines(u32),
    /// The file took too long to arrive.
    TooSlow(u64),
    /// Nothing of the file arrived for this many seconds.
    Stalled(u64),
    /// It arrived with fewer bytes a second than this.
    Crawling(u64),
    /// The official logged out, or the account was revoked, while the file arrived.
    SessionEnded,
    /// All permits are taken: try again later.
    Busy(&'static str),
    /// A required server does not answer: try again later.
    Unavailable(&'static str),
}

impl UploadError {
    /// The error for a fault; `limits` are those that the file may have exceeded.
    pub(crate) fn of(fault: Fault, limits: crate::file::Limits) -> Self {
        match fault {
            Fault::Line(line, wrong) => Self::Line(line, wrong),
            Fault::TooManyBytes => Self::TooLarge(limits.bytes),
            Fault::TooManyLines => Self::TooManyLines(limits.lines),
        }
    }

    /// Whether the file is valid and should be sent again.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_))
    }

    /// The messages that clients compare, and the problems that old clients do not know.
    fn message(&self) -> Result<Message, Problem> {
        Err(match self {
            Self::FileMissing => return Ok(body::missing("file")),
            Self::Constituency => {
                let text = "Field constituency must be a number from 1 to 65535.";
                return Ok(Message::new(text));
            }
            Self::Line(line, wrong) => {
                let what = match wrong.mistake {
                    Mistake::NumberOfValues => "number of values",
                    Mistake::Guid => "ballot GUID",
                    Mistake::PollNumber => "poll number",
                };
                let message = Message::new(format!("Incorrect {what} on line {line}."));
                return Ok(match wrong.hint {
                    Some(hint) => message.with_hint(hint.in_words()),
                    None => message,
                });
            }
            Self::TooLarge(bytes) => too_large(&format!("{bytes} bytes")),
            Self::TooManyLines(lines) => too_large(&format!("{lines} lines")),
            Self::TooSlow(seconds) => {
                too_slow(&format!("A file has to arrive within {seconds} seconds."))
            }
            Self::Stalled(seconds) => {
                too_slow(&format!("Nothing of it arrived for {seconds} seconds."))
            }
            Self::Crawling(bytes) => {
                too_slow(&format!("It has to arrive with {bytes} bytes a second on average."))
            }
            Self::SessionEnded => Problem::new(
                StatusCode::UNAUTHORIZED,
                "session-ended",
                "The session has ended.",
            )
            .detail("Nothing was recorded. Log in again, and send the same file."),
            Self::Busy(why) => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The station is busy.",
            )
            .detail(format!(
                "{why} Nothing was recorded. Send the same file again."
            ))
            .retry_after_s(BUSY_FOR_S),
            Self::Unavailable(what) => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The file could not be recorded now.",
            )
            .detail(format!(
                "{what} The file is not known to be recorded. Send the same file again: each of its \
                 lines counts once, however often it is sent."
            ))
            .retry_after_s(1),
        })
    }
}

fn too_large(limit: &str) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "file-too-large",
        "The file is too large.",
    )
    .detail(format!(
        "A file has at most {limit}. Nothing was recorded. Send it in parts."
    ))
}

fn too_slow(why: &str) -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        "The file took too long to arrive.",
    )
    .detail(format!("{why} Nothing was recorded."))
}

impl fmt::Display for UploadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Ok(message) => message.fmt(formatter),
            Err(problem) => problem.fmt(formatter),
        }
    }
}

impl ResponseError for UploadError {
    fn status_code(&self) -> StatusCode {
        match self.message() {
            Ok(message) => message.status_code(),
            Err(problem) => problem.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self.message() {
            Ok(message) => message.error_response(),
            Err(problem) => problem.error_response(),
        }
    }
}
