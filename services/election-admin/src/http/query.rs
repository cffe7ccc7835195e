//! What requests carry: who asks, parameters of the query, the number in the path.

use actix_web::HttpRequest;
use actix_web::web::Query;
use ballot_log::ElectionId;
use service_kit::problem::Problem;
use service_kit::token::{Administrator, Unauthorized};

use super::answer::bad_parameter;

/// Who asks: an administrator, or why it is none. It never fails as a parameter of a handler, so that it can be
/// written down who was turned away.
pub(super) type Caller = Result<Administrator, Unauthorized>;

/// The first parameter of this name, unless it is empty.
pub(super) fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let mut named = pairs
        .into_inner()
        .into_iter()
        .filter(|(key, _)| key == name);
    named
        .next()
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}

/// A whole number among the parameters, from 1 to `most`.
pub(super) fn limit(request: &HttpRequest, usual: i64, most: i64) -> Result<i64, Problem> {
    let Some(text) = parameter(request, "limit") else {
        return Ok(usual);
    };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| bad_parameter("limit", &format!("a whole number from 1 to {most}")))
}

/// The election in the path; none where that is no number.
pub(super) fn election(request: &HttpRequest) -> Option<ElectionId> {
    request.match_info().get("id")?.parse().ok()
}
