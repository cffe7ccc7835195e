//! Voters from a CSV file: all of them, or none if one line is wrong.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::str::FromStr;

use indicatif::ProgressBar;
use jiff::civil::Date;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_postgres::{Client, Transaction};

use super::append::{BATCH, Batch, append, lock, produce, stage};
use super::lines::Lines;
use crate::error::RollError;
use voter_roll::{Guid, Voter};

/// Conflicts that an error message names.
const NAMED_CONFLICTS: usize = 10;

/// Adds the voters of a CSV file to the roll; returns how many. The file is UTF-8 with the header
/// `personal_id,guid,first_name,last_name,birth_date,gender,region,district`, in any order; if the column
/// `guid` is absent or empty, a voter gets a random one.
///
/// # Errors
/// If a line is wrong, or a `personal_id` or GUID occurs twice; the error names the lines.
pub async fn import(
    database: &mut Client,
    file: impl Read + Send + 'static,
    progress: &ProgressBar,
) -> Result<u64, RollError> {
    let transaction = database.transaction().await?;
    lock(&transaction).await?;
    let (batches, producer) = produce(move |batches| read(file, batches));
    stage(&transaction, batches, progress).await?;
    producer.await??;
    progress.set_message("checking");
    let conflicts = conflicts(&transaction).await?;
    if !conflicts.is_empty() {
        return Err(RollError::Conflicts(conflicts));
    }
    progress.set_message("indexing");
    let added = append(&transaction).await?;
    transaction.commit().await?;
    Ok(added)
}

/// A line as it is written.
#[derive(Deserialize)]
struct Row {
    personal_id: String,
    #[serde(default)]
    guid: String,
    first_name: String,
    last_name: String,
    birth_date: String,
    gender: String,
    region: String,
    district: String,
}

fn read(file: impl Read, batches: &mpsc::Sender<Batch>) -> Result<(), RollError> {
    let (lines, fault) = Lines::new(file);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(lines);
    let headers = columns(reader.headers().map_err(csv_error)?)?;
    let mut record = csv::StringRecord::new();
    let mut batch = Vec::with_capacity(BATCH);
    let mut empty = None;
    while reader.read_record(&mut record).map_err(csv_error)? {
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |problem| RollError::Line { line, problem };
        // Spreadsheets write rows of only commas below the data. Between voters, such a row is a lost voter.
        if record.iter().all(str::is_empty) {
            empty.get_or_insert(line);
            continue;
        }
        if let Some(line) = empty {
            let problem = "the row is empty, and voters follow it".to_owned();
            return Err(RollError::Line { line, problem });
        }
        let row: Row = record.deserialize(Some(&headers)).map_err(|error| {
            // In a row of texts, the only possible error is a missing column.
            wrong(format!(
                "the columns are not as expected: {}",
                column_problem(&error)
            ))
        })?;
        let line = line.cast_signed();
        batch.push((line, row.parse().map_err(wrong)?));
        if batch.len() == BATCH {
            // The queue is closed: PostgreSQL failed, and its error is reported separately.
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(());
            }
        }
    }
    if let Some((line, problem)) = *fault.borrow() {
        let problem = problem.to_owned();
        return Err(RollError::Line { line, problem });
    }
    if !batch.is_empty() {
        let _postgres_failed = batches.blocking_send(batch);
    }
    Ok(())
}

/// The names of the columns, in lower case.
fn columns(header: &csv::StringRecord) -> Result<csv::StringRecord, RollError> {
    let separated_by = |separator| header.iter().any(|name| name.contains(separator));
    let separators = [(';', "semicolons"), ('\t', "tabs")];
    if let Some((_, name)) = separators.iter().find(|(one, _)| separated_by(*one)) {
        let problem = format!("the columns look separated by {name}: separate them by commas");
        return Err(RollError::Line { line: 1, problem });
    }
    Ok(header.iter().map(str::to_ascii_lowercase).collect())
}

/// Maximum length of a text, in characters.
const LONGEST_TEXT: usize = 256;

fn text(text: String, column: &str) -> Result<Cow<'static, str>, String> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!(
            "the {column} has more than {LONGEST_TEXT} characters"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("the {column} contains a control character"));
    }
    Ok(text.into())
}

impl Row {
    fn parse(self) -> Result<Voter, String> {
        fn field<T: FromStr>(text: &str, problem: &str) -> Result<T, String> {
            text.parse().map_err(|_| problem.to_owned())
        }
        Ok(Voter {
            personal_id: field(
                &self.personal_id,
                "the personal_id must be exactly 11 digits",
            )?,
            guid: if self.guid.is_empty() {
                Guid::random()
            } else {
                field(&self.guid, "the guid must be 32 hexadecimal digits")?
            },
            first_name: text(self.first_name, "first_name")?,
            last_name: text(self.last_name, "last_name")?,
            birth_date: field::<Date>(&self.birth_date, "the birth_date must be YYYY-MM-DD")?,
            gender: text(self.gender, "gender")?,
            region: text(self.region, "region")?,
            district: field(
                &self.district,
                "the district must be a number from 0 to 65535",
            )?,
        })
    }
}

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

/// Values that occur twice in the file, or are already on the roll: one sentence each, without the values.
async fn conflicts(transaction: &Transaction<'_>) -> Result<Vec<String>, RollError> {
    // For each value that occurs more than once: the lines, and whether it is on the roll.
    let query = |column: &str| {
        format!(
            "SELECT array_agg(line ORDER BY line), bool_or(voter.{column} IS NOT NULL)
             FROM incoming LEFT JOIN dim_voters voter USING ({column})
             GROUP BY {column}
             HAVING count(*) > 1 OR bool_or(voter.{column} IS NOT NULL)
             ORDER BY min(line) LIMIT {}",
            NAMED_CONFLICTS + 1
        )
    };
    let mut found = BTreeMap::new();
    for column in ["personal_id", "guid"] {
        for row in transaction.query(&query(column), &[]).await? {
            let lines: Vec<i64> = row.try_get(0)?;
            let on_the_roll: bool = row.try_get(1)?;
            let first = lines.first().copied().unwrap_or_default();
            found.insert((first, column), sentence(column, &lines, on_the_roll));
        }
    }
    let more = found.len() > NAMED_CONFLICTS;
    let mut sentences: Vec<_> = found.into_values().take(NAMED_CONFLICTS).collect();
    if more {
        sentences.push("and more".to_owned());
    }
    Ok(sentences)
}

fn sentence(column: &str, lines: &[i64], on_the_roll: bool) -> String {
    let listed = lines
        .iter()
        .take(10)
        .map(i64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    match (lines.len(), on_the_roll) {
        (1, _) => format!("line {listed}: the {column} is on the roll already"),
        (_, true) => format!("lines {listed} have the same {column}, which is on the roll already"),
        (_, false) => format!("lines {listed} have the same {column}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "personal_id,guid,first_name,last_name,birth_date,gender,region,district\n";

    fn read_text(text: &str) -> Result<Batch, RollError> {
        let (batches, mut queue) = mpsc::channel(4);
        read(std::io::Cursor::new(text.to_owned()), &batches)?;
        drop(batches);
        Ok(queue.blocking_recv().unwrap_or_default())
    }

    #[test]
    fn columns_go_by_their_names_and_the_guid_may_be_absent() {
        let voters = read_text(
            "district,personal_id,first_name,last_name,birth_date,gender,region\n\
             3, 01234567890 ,Mila,\"Kovač, rođ. Ilić\",1990-02-28,F,Beograd\n",
        )
        .unwrap();
        let (line, voter) = &voters[0];
        assert_eq!((*line, voter.district), (2, 3));
        assert_eq!(voter.personal_id.as_str(), "01234567890");
        assert_eq!(voter.last_name, "Kovač, rođ. Ilić");
    }

    #[test]
    fn quotes_end_with_their_line_and_nothing_is_taken_for_what_it_is_not() {
        let voter = |number: u32| format!("0101000000{number},,Ana,Ana,1990-01-01,F,Nis,1\n");
        for (rows, line, problem) in [
            (
                "01010000001,,\"Ana,Peric,1990-01-01,F,Nis,1\n01010000002,,Marko,Jovic,1980-02-02,M,Nis,1\n\
                 01010000003,,\"Iva,Ilic,1991-03-03,F,Nis,2\n"
                    .to_owned(),
                2,
                "not closed",
            ),
            (voter(1) + "01010000002,,Ma\0rko,Jovic,1990-01-01,M,Nis,1\n", 3, "NUL"),
            (voter(1) + "01010000002,,Ma\trko,Jovic,1990-01-01,M,Nis,1\n", 3, "control"),
            (voter(1) + &voter(2).replace("Ana", &"A".repeat(257)), 3, "more than 256"),
            (voter(1) + "01010000002,,\"Ma\"rko,Jovic,1990-01-01,M,Nis,1\n", 3, "behind"),
            (voter(1) + "01010000002,,Ma\"rko,Jovic,1990-01-01,M,Nis,1\n", 3, "inside"),
            (voter(1) + ",,,,,,,\n" + &voter(2), 3, "empty"),
            // The first wrong line is the one that is named.
            (voter(1) + "x,,A,B,1990-02-28,F,R,0\n" + "01010000002,,\"Marko", 3, "personal_id"),
        ] {
            let error = read_text(&format!("{HEADER}{rows}")).unwrap_err().to_string();
            let named = format!("line {line}: ");
            assert!(error.starts_with(&named) && error.contains(problem), "{error}");
        }
        let below = format!("{HEADER}{},,,,,,,\n,,,,,,,\n", voter(1));
        assert_eq!(read_text(&below).unwrap().len(), 1);
        assert_eq!(
            read_text(&(HEADER.to_uppercase() + &voter(1)))
                .unwrap()
                .len(),
            1
        );
        for (separator, name) in [(";", "semicolons"), ("\t", "tabs")] {
            let file = format!("{HEADER}{}", voter(1)).replace(',', separator);
            let error = read_text(&file).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("commas"), "{error}");
        }
    }

    #[test]
    fn a_wrong_line_is_named_and_not_quoted() {
        let good = "01234567890,,A,B,1990-02-28,F,R,0\n";
        for (bad, problem) in [
            ("0123456789,,A,B,1990-02-28,F,R,0\n", "personal_id"),
            ("01234567891,28f8,A,B,1990-02-28,F,R,0\n", "guid"),
            ("01234567891,,A,B,1990-02-30,F,R,0\n", "birth_date"),
            ("01234567891,,A,B,1990-02-28,F,R,65536\n", "district"),
            ("01234567891,,A,B,1990-02-28,F,R\n", "7 fields"),
        ] {
            let error = read_text(&format!("{HEADER}{good}{bad}"))
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("line 3: ") && error.contains(problem),
                "{error}"
            );
            assert!(!error.contains("0123456789"), "{error}");
        }
        let error = read_text("personal_id,guid\n01234567890,\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("missing field `first_name`"), "{error}");
    }
}
