//! The election requested in a body.

use ballot_log::definition::Finalise;
use ballot_log::{PollNumber, Publication};
use electoral_rules::ListTerms;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::Value;
use service_kit::body::{self, Fields, Message};

use crate::elections::creation::{ElectionRequest, Extras};
use crate::elections::moment::Moment;
use crate::elections::participants::ParticipantId;

/// What an election can be asked for with.
const FIELDS: [&str; 10] = [
    "start",
    "end",
    "individual",
    "participants",
    "title",
    "rules",
    "terms",
    "alliances",
    "results",
    "finalise",
];
/// What can hold for a single list.
const TERMS: [&str; 6] = [
    "exempt",
    "multiplier",
    "threshold_percent",
    "candidates",
    "takes_part",
    "seats_won",
];
/// What may stand anywhere, for people.
const FREE: [&str; 3] = ["id", "name", "comment"];

/// Reads the request; only missing fields are refused here. `zone` is the time zone of times without an offset.
pub(super) fn parse(fields: &Fields, zone: &TimeZone) -> Result<ElectionRequest, Message> {
    let moment = |text: String| Moment::parse(&text, zone);
    let start = moment(fields.any_text("start")?);
    let end = moment(fields.any_text("end")?);
    let individual = fields.boolean("individual")?;
    let participants = fields.list("participants")?;
    let id = |id: &Value| ParticipantId::try_from(id.as_i64()?).ok();
    Ok(ElectionRequest {
        start,
        end,
        individual,
        participants: participants.iter().map(id).collect(),
        extras: extras(fields, participants.len()),
    })
}

/// Fields that old clients never send. `null` counts as absent. One that is not known may be a misspelt one that decides
/// the election.
fn extras(fields: &Fields, participants: usize) -> Result<Extras, String> {
    if let Some(unknown) = unknown(fields.names(), &FIELDS) {
        return Err(format!(
            "The field {unknown} is not known; the fields are {}.",
            FIELDS.join(", ")
        ));
    }
    let given = |name| fields.get(name).filter(|value| !value.is_null());
    let title = given("title").map(|title| match title.as_str() {
        Some(title) if body::is_storable(title) && !title.is_empty() => Ok(title.to_owned()),
        _ => Err("The field title must be a text of 1 to 256 characters.".to_owned()),
    });
    let rules = given("rules").map(|rules| read("rules", rules));
    let terms = given("terms").map(|terms| match terms.as_array() {
        Some(list) if list.len() == participants => list.iter().map(list_terms).collect(),
        _ => Err(format!(
            "The field terms must be a list of {participants}, one for each participant: null for an ordinary one."
        )),
    });
    let alliances =
        given("alliances").map(|alliances| read::<Vec<Vec<PollNumber>>>("alliances", alliances));
    let results = given("results").map(|results| match results.as_str() {
        Some("live") => Ok(Publication::Live),
        Some("after-close") => Ok(Publication::AfterClose),
        _ => Err("The field results must be \"live\" or \"after-close\".".to_owned()),
    });
    let finalise = given("finalise").map(|finalise| match finalise.as_str() {
        Some("automatic") => Ok(Finalise::Automatic),
        Some("manual") => Ok(Finalise::Manual),
        _ => Err("The field finalise must be \"automatic\" or \"manual\".".to_owned()),
    });
    Ok(Extras {
        title: title.transpose()?,
        rules: rules.transpose()?,
        terms: terms.transpose()?.unwrap_or_default(),
        alliances: alliances.transpose()?.unwrap_or_default(),
        results: results.transpose()?.unwrap_or_default(),
        finalise: finalise.transpose()?.unwrap_or_default(),
    })
}

fn list_terms(terms: &Value) -> Result<ListTerms, String> {
    if terms.is_null() {
        return Ok(ListTerms::default());
    }
    let unknown = terms
        .as_object()
        .and_then(|terms| unknown(terms.keys().map(String::as_str), &TERMS));
    if let Some(unknown) = unknown {
        return Err(format!(
            "The field terms makes no sense: unknown field `{unknown}`, expected {}",
            TERMS.join(", ")
        ));
    }
    read("terms", terms)
}

/// The first field that is neither known nor free.
fn unknown<'a>(mut names: impl Iterator<Item = &'a str>, known: &[&str]) -> Option<&'a str> {
    names.find(|name| !known.contains(name) && !FREE.contains(name))
}

/// From text, as numbers lose their decimals on any other way.
fn read<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, String> {
    serde_json::from_str(&value.to_string())
        .map_err(|error| format!("The field {name} makes no sense: {}", without_place(&error)))
}

/// The error without line and column, which refer to a text that nobody has sent.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((reason, _place)) => reason.to_owned(),
        None => text,
    }
}
