//! What clients can be told.

use actix_web::http::StatusCode;
use service_kit::problem::Problem;
use service_kit::refusal::Refusal;

use crate::accounts::StoreError;
use crate::attempts::TooMany;
use crate::passwords::HashingError;

impl From<TooMany> for Refusal {
    fn from(too_many: TooMany) -> Self {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            "Too many attempts to log in have failed.",
        );
        let seconds = too_many.retry_after_s;
        let detail = format!("Try again in {seconds} seconds.");
        problem.detail(detail).retry_after_s(seconds).into()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::unavailable("The accounts cannot be reached.", &error.into())
    }
}

impl From<HashingError> for Refusal {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => {
                Self::unavailable("Too many passwords are being checked.", &error.into())
            }
            HashingError::Failed(_) | HashingError::BrokeOff => Self::internal(&error.into()),
        }
    }
}
