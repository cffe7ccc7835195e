//! A CSV file with a header, row by row: UTF-8, columns by their names, and errors that name the line and quote nothing.

mod lines;

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use crate::error::RollError;
use lines::Lines;
use voter_roll::Guid;

/// Maximum length of a text, in characters.
const LONGEST_TEXT: usize = 256;

/// The columns that a file may have.
pub(crate) struct Columns {
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
}

/// Reads a file and hands out each row with its line, until `take` has had enough or refuses a row.
pub(crate) fn read<T: DeserializeOwned>(
    file: impl Read,
    allowed: &Columns,
    mut take: impl FnMut(u64, T) -> Result<ControlFlow<()>, String>,
) -> Result<(), RollError> {
    let (lines, fault) = Lines::new(without_mark(file)?);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(lines);
    let headers = columns(reader.headers().map_err(csv_error)?, allowed)?;
    let mut record = csv::StringRecord::new();
    let mut empty = None;
    while reader.read_record(&mut record).map_err(csv_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |problem| RollError::Line { line, problem };
        // Spreadsheets write rows of commas below the data. Between voters, one is a voter that was lost.
        if record.iter().all(str::is_empty) {
            empty.get_or_insert(line);
            continue;
        }
        if let Some(line) = empty {
            let problem = "the row is empty, and voters follow it".to_owned();
            return Err(RollError::Line { line, problem });
        }
        let row: T = record.deserialize(Some(&headers)).map_err(|error| {
            // Of a row of text only a column can be wrong, and only by not being there.
            wrong(format!(
                "the columns are not as expected: {}",
                column_problem(&error)
            ))
        })?;
        if take(line, row).map_err(wrong)?.is_break() {
            return Ok(());
        }
    }
    match *fault.borrow() {
        None => Ok(()),
        Some((line, problem)) => Err(RollError::Line {
            line,
            problem: problem.to_owned(),
        }),
    }
}

/// A file without the mark that spreadsheets put in front of UTF-8.
fn without_mark(mut file: impl Read) -> Result<impl Read, RollError> {
    let mut start = Vec::with_capacity(3);
    file.by_ref().take(3).read_to_end(&mut start)?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        let problem = "the file is UTF-16: save it as CSV in UTF-8";
        return Err(RollError::Csv(problem.to_owned()));
    }
    if start == b"\xef\xbb\xbf" {
        start.clear();
    }
    Ok(io::Cursor::new(start).chain(file))
}

/// The names of the columns, in lower case.
fn columns(header: &csv::StringRecord, allowed: &Columns) -> Result<csv::StringRecord, RollError> {
    let wrong = |problem| Err(RollError::Line { line: 1, problem });
    if header.is_empty() {
        return wrong("the file is empty: its first line names the columns".to_owned());
    }
    let separated_by = |separator| header.iter().any(|name| name.contains(separator));
    let separators = [(';', "semicolons"), ('\t', "tabs")];
    if let Some((_, name)) = separators.iter().find(|(one, _)| separated_by(*one)) {
        return wrong(format!(
            "the columns look separated by {name}: separate them by commas"
        ));
    }
    let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
    let is_there = |name: &&&str| names.iter().any(|other| other == **name);
    if let Some(missing) = allowed.required.iter().find(|name| !is_there(name)) {
        return wrong(format!("the column {missing} is missing"));
    }
    // A column with its name misspelt would be as if it were not there.
    let known: Vec<&str> = [allowed.required, allowed.optional].concat();
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        if !known.contains(&name.as_str()) {
            let known = known.join(", ");
            return wrong(format!(
                "column {number} has a name that is not known here: there may be {known}"
            ));
        }
        if names[..index].contains(name) {
            return wrong(format!("the column {name} is there twice"));
        }
    }
    Ok(names.into())
}

/// A text as it may stand on the roll.
pub(crate) fn text(text: String, column: &str) -> Result<Cow<'static, str>, String> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!(
            "the {column} has more than {LONGEST_TEXT} characters"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("the {column} contains a control character"));
    }
    // The mark of the encoding, and a space of no width: what is left of files put together.
    if text.contains(['\u{feff}', '\u{200b}']) {
        return Err(format!("the {column} contains an invisible character"));
    }
    Ok(text.into())
}

/// A value that says nothing where it is wrong.
pub(crate) fn value<T: FromStr>(text: &str, problem: &str) -> Result<T, String> {
    text.parse().map_err(|_| problem.to_owned())
}

/// A GUID that a voter may have; the one that is all zeros stands for none, and everybody knows it.
pub(crate) fn guid(text: &str) -> Result<Guid, String> {
    let guid: Guid = value(text, "the guid must be 32 hexadecimal digits")?;
    if guid.as_bytes() == &[0; 16] {
        return Err("the guid is all zeros, which is none".to_owned());
    }
    Ok(guid)
}

pub(crate) const NOT_A_PERSONAL_ID: &str =
    "the personal_id must be exactly 11 digits (spreadsheets drop zeros in front)";
pub(crate) const NOT_A_DATE: &str = "the birth_date must be YYYY-MM-DD";
pub(crate) const NOT_A_DISTRICT: &str = "the district must be a number from 0 to 65535";

/// A CSV error without the text that it is about.
fn csv_error(error: csv::Error) -> RollError {
    let line = error.position().map(csv::Position::line);
    let problem = match error.into_kind() {
        csv::ErrorKind::Io(error) => return RollError::File(error),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8: save the file as CSV in UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("it has {len} fields, but the header has {expected_len}")
        }
        _ => "it cannot be parsed".to_owned(),
    };
    match line {
        Some(line) => RollError::Line { line, problem },
        None => RollError::Csv(problem),
    }
}

fn column_problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => "a column is missing".to_owned(),
    }
}
