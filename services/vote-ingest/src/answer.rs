//! The answers to voters. Nothing here identifies the voter.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use ballot_log::{AppendError, Election, ElectionId, UnreadableElection};
use serde_json::{Value, json};
use service_kit::problem::Problem;
use utoipa::ToSchema;
use voter_roll::ClaimError;

use crate::attempts::TooMany;

/// The vote is in the ballot box.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Accepted {
    #[schema(example = "accepted")]
    status: String,
    /// The election it counts in.
    election: u32,
}

/// The vote is in the log.
pub fn accepted(election: ElectionId) -> HttpResponse {
    HttpResponse::Accepted()
        .content_type("application/json")
        .body(format!(r#"{{"status":"accepted","election":{election}}}"#))
}

/// `415`: the body is not declared as JSON.
pub fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "A vote is sent as JSON.",
    )
    .detail("Send the vote with the header Content-Type: application/json.")
}

/// `413`: larger than any vote.
pub fn too_large(limit_bytes: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "A vote is not that long.",
    )
    .detail(format!("Send at most {limit_bytes} bytes."))
}

/// `400`: the body cannot be read.
pub fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "malformed-vote",
        "The vote cannot be read.",
    )
    .detail(detail)
}

/// `400`: a field is missing or of the wrong type.
pub fn bad_field(field: &'static str, expected: &'static str) -> Problem {
    malformed(format!("The field {field} must be {expected}.")).field("field", field)
}

/// `409`: no election is open.
pub fn no_open_election() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "no-open-election",
        "No election is open.",
    )
    .detail("No election is open now, or not the one that the vote names. The vote does not count.")
}

/// `422`: no such candidate.
pub fn unknown_candidate(election: &Election) -> Problem {
    let definition = election.definition();
    let participants = definition.participants.iter();
    let ballot: Value = participants
        .map(
            |participant| json!({"poll_number": participant.poll_number, "name": participant.name}),
        )
        .collect();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unknown-candidate",
        "There is no such candidate.",
    )
    .detail("Name a candidate as on the ballot, or by poll number.")
    .field("election", definition.id)
    .field("ballot", ballot)
}

/// `403`: one answer for everything that may be wrong with `guid` and `personal_id`.
pub fn not_on_the_roll() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "not-on-the-roll",
        "You are not on the roll.",
    )
    .detail("No voter on the roll has this guid and this personal_id.")
}

/// `429`: too many attempts for one personal id have failed.
pub fn too_many_attempts(too_many: TooMany) -> Problem {
    let seconds = too_many.retry_after_s;
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-attempts",
        "Too many attempts for this personal id have failed.",
    )
    .detail(format!(
        "No voter on the roll has this guid and this personal_id. Try again in {seconds} seconds."
    ))
    .retry_after_s(seconds)
}

/// `429`: safe to send again.
pub fn too_many_votes() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "Too many votes are on their way.",
    )
    .detail("The vote was not tried. Send it again in a moment.")
    .retry_after_s(1)
}

/// `503`: safe to send again.
pub fn unavailable(what: &'static str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The vote could not be recorded now.")
        .detail(format!("{what} The vote is not known to be recorded. Send it again: it counts once, however often it is sent."))
        .retry_after_s(1)
}

/// The election's definition is in a form that this version does not know: another instance may know it.
pub fn unreadable_election(election: &UnreadableElection) -> Problem {
    unavailable("This instance is too old for the election.").field("election", election.id)
}

/// The roll refused to give the voter's ballot.
pub fn not_claimed(error: &ClaimError) -> Problem {
    match error {
        ClaimError::NotOnTheRoll => not_on_the_roll(),
        ClaimError::AlreadyVoted => {
            Problem::new(StatusCode::CONFLICT, "already-voted", "You have voted already.")
                .detail("Your vote is in the ballot box. It counts once; it cannot be changed.")
        }
        ClaimError::OtherChoicePending => Problem::new(
            StatusCode::CONFLICT,
            "other-choice-pending",
            "An earlier attempt named another candidate.",
        )
        .detail(
            "An earlier attempt of yours that was never confirmed named another candidate, and may be in the ballot \
             box. Send that vote again to have it confirmed.",
        ),
        ClaimError::RollNotLoaded => unavailable("The roll of this election is not loaded."),
        ClaimError::WrongKey => unavailable("The roll of this election cannot be read."),
        ClaimError::Unavailable(_) => unavailable("The roll cannot be reached."),
    }
}

/// The log did not confirm the vote.
pub fn not_appended(error: &AppendError) -> Problem {
    match error {
        AppendError::Full => too_many_votes(),
        AppendError::Unknown(_) => unavailable("The ballot box did not answer in time."),
        AppendError::NoAppendTime => unavailable("The ballot box is not set up."),
    }
}
