//! The answers to clients.

use actix_web::http::StatusCode;
use service_kit::error::ApiError;
use service_kit::problem::Problem;

use crate::accounts::StoreError;
use crate::attempts::{Limited, TooMany};
use crate::passwords::HashingError;
use crate::permits::Busy;

impl From<TooMany> for ApiError {
    fn from(too_many: TooMany) -> Self {
        let (kind, title) = match too_many.what {
            Limited::FailedLogins => (
                "too-many-attempts",
                "Too many attempts to log in have failed.",
            ),
            Limited::Registrations => (
                "too-many-registrations",
                "Too many accounts were registered from this address.",
            ),
        };
        let seconds = too_many.retry_after_s;
        let detail = format!("Try again in {seconds} seconds.");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, kind, title);
        problem.detail(detail).retry_after_s(seconds).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::unavailable("The accounts cannot be reached.", &error.into())
    }
}

/// Not logged here: the permits log it when it happens.
impl From<Busy> for ApiError {
    fn from(_busy: Busy) -> Self {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "Too many passwords are being checked.",
        );
        problem
            .detail("Try again in a moment.")
            .retry_after_s(1)
            .into()
    }
}

impl From<HashingError> for ApiError {
    fn from(error: HashingError) -> Self {
        Self::internal(&error.into())
    }
}
