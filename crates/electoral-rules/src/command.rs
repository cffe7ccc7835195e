//! What the `apportion` command does with a line: an election in, its outcome or a refusal in words out. The
//! command itself reads and writes the lines.

mod explanation;
mod table;

use serde::{
    Deserialize, Serialize, Serializer,
    de::{DeserializeOwned, IgnoredAny},
    ser::SerializeMap,
};
use serde_json::Value;

pub use explanation::Explanation;

use crate::{
    count::Count,
    outcome::Outcome,
    reading::{Object, Whole},
    rules::Rules,
    terms::{ListTerms, TermsAlone},
};

/// An election and its votes, as on a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    votes: Vec<Whole>,
    rules: Rules,
    #[serde(default)]
    lists: Option<Vec<Object<TermsAlone>>>,
    #[serde(default)]
    valid: Option<Whole>,
    #[serde(default)]
    cast: Option<Whole>,
    #[serde(default)]
    lots: Option<Vec<u32>>,
    #[serde(default)]
    registered: Option<Whole>,
    #[serde(default)]
    alliances: Option<Vec<Vec<u32>>>,
    #[serde(default, rename = "id")]
    _id: Option<IgnoredAny>,
    #[serde(default, rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(default, rename = "comment")]
    _comment: Option<IgnoredAny>,
}

/// The `id` of the line.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Value,
}

/// An election and its votes.
#[derive(Clone, Debug)]
pub struct Election {
    /// How votes become seats, or a winner.
    pub rules: Rules,
    votes: Vec<u64>,
    lists: Vec<ListTerms>,
    valid: Option<u64>,
    cast: Option<u64>,
    lots: Vec<u32>,
    registered: Option<u64>,
    alliances: Vec<Vec<u32>>,
}

impl Election {
    /// The votes and what else the outcome depends on.
    pub fn count(&self) -> Count<'_> {
        Count {
            votes: &self.votes,
            lists: &self.lists,
            valid: self.valid,
            cast: self.cast,
            lots: &self.lots,
            registered: self.registered,
            alliances: &self.alliances,
        }
    }
}

/// The answer to one line. As JSON it has the line's `id`, and then the fields of the outcome or an `error`.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The `id` of the line, whatever it is; null if there is none or the line is not a JSON object.
    pub id: Value,
    /// The election and its outcome, or what is wrong, in words.
    pub result: Result<(Election, Outcome), String>,
}

/// Answers one line, readable or not.
pub fn answer(line: &[u8]) -> Answer {
    let named = text(line).and_then(|text| Ok((text, object::<Named>(text)?.id)));
    match named {
        Ok((text, id)) => Answer {
            id,
            result: outcome(text),
        },
        Err(error) => Answer {
            id: Value::Null,
            result: Err(error),
        },
    }
}

fn text(line: &[u8]) -> Result<&str, String> {
    let text = str::from_utf8(line).map_err(|_| "The line is not UTF-8 text.".to_owned())?;
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err("The line is empty; there must be one election on each.".to_owned()),
        text => Ok(text),
    }
}

fn outcome(text: &str) -> Result<(Election, Outcome), String> {
    let line: Line = object(text)?;
    if let Some(lists) = &line.lists
        && lists.len() != line.votes.len()
    {
        // In the library, no terms at all mean ordinary lists; on a line that would be a mistake.
        let (lists, votes) = (lists.len(), line.votes.len());
        return Err(crate::RuleError::ListsLength { lists, votes }.to_string());
    }
    let election = Election {
        rules: line.rules,
        votes: line.votes.into_iter().map(|Whole(votes)| votes).collect(),
        lists: line
            .lists
            .into_iter()
            .flatten()
            .map(|Object(terms)| terms.into())
            .collect(),
        valid: line.valid.map(|Whole(votes)| votes),
        cast: line.cast.map(|Whole(votes)| votes),
        lots: line.lots.unwrap_or_default(),
        registered: line.registered.map(|Whole(registered)| registered),
        alliances: line.alliances.unwrap_or_default(),
    };
    match election.rules.apply(&election.count()) {
        Ok(outcome) => Ok((election, outcome)),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an object, with errors that do not mention `line 1`.
fn object<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    match serde_json::from_str(text) {
        Ok(Object(value)) => Ok(value),
        Err(error) => {
            let (row, column) = (error.line(), error.column());
            let message = error.to_string();
            Err(
                match message.strip_suffix(&format!(" at line {row} column {column}")) {
                    Some(sentence) if sentence.ends_with('.') => sentence.to_owned(),
                    Some(phrase) if column == 0 => format!("The line cannot be read: {phrase}."),
                    Some(phrase) => format!("The line cannot be read: {phrase} (column {column})."),
                    None => message,
                },
            )
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("id", &self.id)?;
        match &self.result {
            Ok((_, Outcome::Seats(apportionment))) => {
                line.serialize_entry("seats", &apportionment.seats)?;
                line.serialize_entry("open_seats", &apportionment.open_seats)?;
                line.serialize_entry("ties", &apportionment.ties)?;
            }
            Ok((_, Outcome::Winner(result))) => {
                line.serialize_entry("winner", &result.winner)?;
                line.serialize_entry("runoff", &result.runoff)?;
                line.serialize_entry("ties", &result.ties)?;
            }
            Ok((_, Outcome::Winners(result))) => {
                line.serialize_entry("winners", &result.winners)?;
                line.serialize_entry("ties", &result.ties)?;
            }
            Err(error) => line.serialize_entry("error", error)?,
        }
        line.end()
    }
}
