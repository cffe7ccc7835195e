//! The answers to administrators.

use actix_web::http::StatusCode;
use ballot_log::ElectionId;
use service_kit::error::ApiError;
use service_kit::problem::Problem;

use crate::elections::cancellation::CancellationError;
use crate::elections::creation::CreationError;
use crate::results::decided_results::LotsError;

/// `503`: the count is not finished yet.
pub(super) fn not_counted_yet() -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-counted-yet",
        "The election has ended, and its ballots are still being counted.",
    );
    problem.retry_after_s(1)
}

/// `503`: the result waits for an administrator.
pub(super) fn not_finalised(election: ElectionId) -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "provisional",
        "The election has ended, and its result is provisional.",
    );
    problem.detail(format!(
        "It becomes final when an administrator says so: POST /elections/{election}/finalise."
    ))
}

/// `409`: what is asked for cannot be done with this election now, for this reason.
pub(super) fn conflict(kind: &'static str, title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, title).detail(detail)
}

/// `404`: there is no such batch, or it is another official's.
pub(super) fn no_such_batch() -> Problem {
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-batch",
        "There is no such batch.",
    );
    problem.detail("The header urna-batch of the ballot station's answer names a batch.")
}

/// `503`: a withdrawal is stored, and the log does not have it yet.
pub(super) fn withdrawal_pending() -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "withdrawal-pending",
        "The withdrawal is stored, and not in force yet.",
    );
    let detail = "It is in force as soon as Kafka is back. Nothing has to be done again.";
    problem.detail(detail).retry_after_s(5)
}

/// `404`: there is no such election.
pub(super) fn no_such_election() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-election",
        "There is no such election.",
    )
}

/// `400`: a parameter of the query makes no sense.
pub(super) fn bad_parameter(name: &'static str, expected: &str) -> Problem {
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-parameter",
        "A parameter of the query makes no sense.",
    );
    let detail = format!("The parameter {name} must be {expected}.");
    problem.detail(detail).field("parameter", name)
}

impl From<CreationError> for ApiError {
    fn from(error: CreationError) -> Self {
        match error {
            CreationError::Refused(text) => Self::message(text),
            CreationError::Unavailable(error) => error.into(),
        }
    }
}

impl From<CancellationError> for ApiError {
    fn from(error: CancellationError) -> Self {
        match error {
            CancellationError::NoSuchElection => no_such_election().into(),
            CancellationError::Final => result_is_final().into(),
            CancellationError::Unavailable(error) => error.into(),
        }
    }
}

impl From<LotsError> for ApiError {
    fn from(error: LotsError) -> Self {
        match error {
            LotsError::NoSuchElection => no_such_election().into(),
            LotsError::NotFinal => conflict(
                "result-is-not-final",
                "The result is not final.",
                "Lots are drawn when the result is final, as more votes may settle a tie.",
            )
            .into(),
            LotsError::NoOpenTie => conflict(
                "no-open-tie",
                "No tie is open.",
                "The result leaves nothing level that lots would have to decide.",
            )
            .into(),
            LotsError::DecidedOtherwise => conflict(
                "decided-otherwise",
                "Other lots have decided the election.",
                "Lots are drawn once. What they decided is in results.json.",
            )
            .into(),
            LotsError::Refused(text) => Self::message(text),
            LotsError::Unavailable(error) => error.into(),
        }
    }
}

/// `503`: lots have decided, but the page may not show it yet.
pub(super) fn decided_and_not_published_yet(election: ElectionId) -> Problem {
    let title = "What the lots decided is stored, and not everybody has heard of it yet.";
    let detail = format!(
        "Election {election} is decided, and everybody hears of it as soon as Kafka is back."
    );
    unpublished(election, title, detail)
}

/// `409`: it is too late to cancel the election.
fn result_is_final() -> Problem {
    conflict(
        "result-is-final",
        "The result of the election is final.",
        "An election can be cancelled until its result is final.",
    )
}

/// `503`: the election is cancelled, but votes may be taken for it a little longer.
pub(super) fn cancelled_and_not_published_yet(election: ElectionId) -> Problem {
    let title = "The election is cancelled, and not everybody has heard of it yet.";
    let detail = format!(
        "Election {election} is cancelled, and everybody hears of it as soon as Kafka is back."
    );
    unpublished(election, title, detail)
}

/// `503`: the election is defined, but cannot be voted in yet.
pub(super) fn not_published_yet(election: ElectionId) -> Problem {
    let title = "The election is stored, and not everybody has heard of it yet.";
    let detail = format!(
        "Election {election} is stored, and is published as soon as Kafka is back. Do not define it again."
    );
    unpublished(election, title, detail)
}

/// `503`: PostgreSQL has it, and Kafka does not.
fn unpublished(election: ElectionId, title: &'static str, detail: String) -> Problem {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-published-yet", title);
    let problem = problem.detail(detail).field("election", election);
    problem.retry_after_s(5)
}
