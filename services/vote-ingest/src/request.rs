//! What a voter sends.

use std::borrow::Cow;

use ballot_log::{Election, ElectionId, PollNumber};
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::problem::Problem;
use utoipa::ToSchema;
use voter_roll::Guid;

use crate::answer;

/// Maximum size of a request's body, in bytes.
pub const BODY_LIMIT: usize = 4096;

/// A vote. At most 4096 bytes; other fields are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct Vote {
    /// The voter's personal id, as on the roll.
    #[schema(example = "12345678901")]
    personal_id: String,
    /// The voter's secret, a UUID.
    #[schema(example = "3f0c1f64-5717-4562-b3fc-2c963f66afa6")]
    guid: String,
    /// The candidate's name exactly as on the ballot, or the poll number, as a number or in digits.
    #[schema(value_type = String, example = "2")]
    candidate: String,
    /// The election; absent, the one that is open.
    election: Option<u32>,
}

/// A vote as it was sent. Not `Debug`: it says who chose what.
pub struct VoteRequest<'a> {
    /// The personal id as sent.
    pub personal_id: Cow<'a, str>,
    /// `None` if it is not a UUID.
    pub guid: Option<Guid>,
    /// The candidate.
    pub candidate: Candidate<'a>,
    /// The election it is for, if it names one.
    pub election: Option<ElectionId>,
}

/// The candidate, as the voter named it.
pub enum Candidate<'a> {
    /// A name as on the ballot, or a poll number in digits.
    Text(Cow<'a, str>),
    /// A JSON number, as it was written.
    Number(&'a str),
}

impl Candidate<'_> {
    /// The poll number, if a participant has it.
    pub fn find(&self, election: &Election) -> Option<PollNumber> {
        match self {
            Self::Text(text) => election.candidate(text),
            Self::Number(digits) => election.poll_number(digits.parse().ok()?),
        }
    }
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    personal_id: Option<&'a RawValue>,
    #[serde(borrow)]
    guid: Option<&'a RawValue>,
    #[serde(borrow)]
    candidate: Option<&'a RawValue>,
    #[serde(borrow)]
    election: Option<&'a RawValue>,
}

impl<'a> VoteRequest<'a> {
    /// Reads a request's body.
    ///
    /// # Errors
    /// `400` that names the first field that is missing or of the wrong type.
    pub fn parse(body: &'a [u8]) -> Result<Self, Problem> {
        // Without this, serde would also take the fields from an array.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(answer::malformed("The body must be a JSON object."));
        }
        let body: Body<'a> = serde_json::from_slice(body).map_err(|error| {
            answer::malformed(format!("The body is not valid JSON ({}).", place(&error)))
        })?;
        let personal_id =
            text(body.personal_id).ok_or_else(|| answer::bad_field("personal_id", "a string"))?;
        let guid = text(body.guid).ok_or_else(|| answer::bad_field("guid", "a string"))?;
        let candidate = body
            .candidate
            .and_then(candidate)
            .ok_or_else(|| answer::bad_field("candidate", "a name or a poll number"))?;
        let election = body.election.map(election).transpose()?;
        Ok(Self {
            personal_id,
            guid: guid.parse().ok(),
            candidate,
            election,
        })
    }
}

/// A whole number that is not a valid election id counts as an election that is not open.
fn election(value: &RawValue) -> Result<ElectionId, Problem> {
    let digits = value.get();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(answer::bad_field("election", "a whole number"));
    }
    digits.parse().map_err(|_| answer::no_open_election())
}

fn text<'a>(value: Option<&'a RawValue>) -> Option<Cow<'a, str>> {
    let json = value?.get();
    // By default `Cow` always copies: borrow if nothing is escaped.
    serde_json::from_str::<&'a str>(json)
        .map(Cow::Borrowed)
        .or_else(|_| serde_json::from_str(json).map(Cow::Owned))
        .ok()
}

fn candidate(value: &RawValue) -> Option<Candidate<'_>> {
    let json = value.get();
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number {
        return Some(Candidate::Number(json));
    }
    text(Some(value)).map(Candidate::Text)
}

/// The position of the error in the JSON, without repeating any of its text.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "3f0c1f64-5717-4562-b3fc-2c963f66afa6";

    fn refused_field(body: &str) -> String {
        match VoteRequest::parse(body.as_bytes()) {
            Ok(_) => panic!("{body} was taken"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_vote_is_read() {
        let body = format!(
            r#" {{"personal_id":"12345678901","guid":"{GUID}","candidate":"Jos\u00e9","election":7,"x":[]}}"#
        );
        let vote = VoteRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(vote.personal_id, "12345678901");
        assert!(vote.guid.is_some());
        assert!(matches!(vote.candidate, Candidate::Text(name) if name == "José"));
        assert_eq!(vote.election, Some(7));
    }

    #[test]
    fn the_answer_names_the_field() {
        let all = format!(r#"{{"personal_id":"1","guid":"{GUID}","candidate":"A"}}"#);
        assert!(VoteRequest::parse(all.as_bytes()).is_ok());
        for (body, field) in [
            (all.replace("personal_id", "x"), "personal_id"),
            (all.replace(r#""1""#, "1"), "personal_id"),
            (all.replace(r#""guid""#, r#""x""#), "guid"),
            (all.replace(r#""candidate""#, r#""x""#), "candidate"),
            (all.replace(r#""A""#, "null"), "candidate"),
            (all.replace(r#""A""#, "[1]"), "candidate"),
            (all.replace(r#""A""#, "true"), "candidate"),
            (all.replace('}', r#","election":"7"}"#), "election"),
            (all.replace('}', r#","election":-7}"#), "election"),
        ] {
            assert!(
                refused_field(&body).contains(&format!("field {field} ")),
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_no_json_object_is_refused_without_being_repeated() {
        for body in [
            "",
            "[]",
            "7",
            "{",
            "{\"guid\":secret}",
            r#"["1","2","3"]"#,
            "\u{feff}{}",
        ] {
            assert!(!refused_field(body).contains("secret"), "{body}");
        }
    }
}
