//! Parameters of requests: those of the query, and the election in the path.

use actix_web::HttpRequest;
use actix_web::web::Query;
use ballot_log::ElectionId;
use clap::ValueEnum;
use service_kit::body;
use service_kit::problem::Problem;

use super::answer::bad_parameter;

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

/// One of a few words among the parameters; without it, the usual one.
pub(super) fn choice<T: ValueEnum + Default>(
    request: &HttpRequest,
    name: &'static str,
) -> Result<T, Problem> {
    let Some(text) = parameter(request, name) else {
        return Ok(T::default());
    };
    T::from_str(&text, false).map_err(|_| {
        let words = T::value_variants().iter().filter_map(T::to_possible_value);
        let words: Vec<_> = words.map(|word| word.get_name().to_owned()).collect();
        bad_parameter(name, &format!("one of {}", words.join(", ")))
    })
}

/// The election in the path; `None` if that is not a number.
pub(super) fn election(request: &HttpRequest) -> Option<ElectionId> {
    request.match_info().get("id")?.parse().ok()
}

/// The election that a request is about, as named in the audit log; empty if there is none. A value from the query
/// that is not a number is kept as it is, up to the maximum length of a text.
pub(super) fn target(request: &HttpRequest) -> String {
    let id = election(request)
        .map(|id| id.to_string())
        .or_else(|| id_parameter(request));
    id.map(|id| format!("election {id}")).unwrap_or_default()
}

/// The parameter `id` of the query, unless it is too long.
pub(super) fn id_parameter(request: &HttpRequest) -> Option<String> {
    parameter(request, "id").filter(|id| id.chars().count() <= body::LONGEST_TEXT)
}
