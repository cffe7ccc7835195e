//! Voters from a CSV file: all of them, or none where one line is wrong; or those of a later list who are new.

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;

use indicatif::ProgressBar;
use serde::Deserialize;
use service_database::audit;
use tokio::sync::mpsc;
use tokio_postgres::{Client, Transaction};

use super::append::{BATCH, Batch, Incoming, append, lock, produce, stage};
use super::conflicts;
use crate::error::RollError;
use crate::loading::check_room;
use crate::operator::Operator;
use crate::table::{self, Columns, NOT_A_DATE, NOT_A_DISTRICT, NOT_A_PERSONAL_ID, text, value};
use voter_roll::{Guid, Voter};

/// How a file is imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct Import<'a> {
    /// Whether the file is a later list, of which those are added who are not on the roll yet.
    pub is_addition: bool,
    /// Whether only to say what would be done.
    pub is_dry_run: bool,
    /// The elections that must have room for the voters; all that were loaded and not purged where there is none.
    pub elections: &'a [u32],
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportReport {
    /// Voters who were added.
    pub added: u64,
    /// Voters of a later list who were on the roll, as the list has them.
    pub same: u64,
    /// Voters of a later list who are on the roll otherwise, and stay so.
    pub different: Vec<Different>,
}

/// A voter whom a later list has otherwise than the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Different {
    /// The line of the list.
    pub line: u64,
    /// The columns that differ.
    pub columns: Vec<&'static str>,
    /// Whether the voter was struck.
    pub is_struck: bool,
}

impl fmt::Display for Different {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if self.is_struck {
            f.write_str("struck from the roll")?;
        }
        if !self.columns.is_empty() {
            let separator = if self.is_struck { ", and " } else { "" };
            write!(f, "{separator}other {}", self.columns.join(", "))?;
        }
        Ok(())
    }
}

/// Adds the voters of a CSV file to the roll. The file is UTF-8 with the header
/// `personal_id,guid,first_name,last_name,birth_date,gender,region,district`, in any order; where
/// the column `guid` is absent or empty, a voter gets a random one.
///
/// # Errors
/// Where a line is wrong, a `personal_id` or GUID is there twice (the error names the lines), or an election has no room.
pub async fn import(
    database: &mut Client,
    file: impl Read + Send + 'static,
    what: Import<'_>,
    operator: &Operator,
    progress: &ProgressBar,
) -> Result<ImportReport, RollError> {
    let transaction = database.transaction().await?;
    lock(&transaction).await?;
    let (batches, producer) = produce(move |batches| read(file, batches));
    stage(&transaction, batches, progress).await?;
    producer.await??;
    progress.set_message("checking");
    let mut report = ImportReport::default();
    if what.is_addition {
        conflicts::refuse_repeated(&transaction).await?;
        report = leave_alone(&transaction).await?;
    }
    conflicts::refuse(&transaction).await?;
    progress.set_message("indexing");
    report.added = append(&transaction).await?;
    check_room(&transaction, what.elections).await?;
    if report.added > 0 {
        let act = operator.act("import", format!("new voters: {}", report.added));
        audit::append(&transaction, &act).await?;
    }
    if what.is_dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(report)
}

/// The columns that a later list may have otherwise, with how to tell. A guid that it leaves out is no other one.
const COMPARED: [(&str, &str); 7] = [
    ("guid", "has_guid AND incoming.guid <> voter.guid"),
    ("first_name", "incoming.first_name <> voter.first_name"),
    ("last_name", "incoming.last_name <> voter.last_name"),
    ("birth_date", "incoming.birth_date <> voter.birth_date"),
    ("gender", "incoming.gender <> voter.gender"),
    ("region", "incoming.region <> voter.region"),
    ("district", "incoming.district <> voter.district"),
];

/// Takes those out of what was staged who are on the roll already.
async fn leave_alone(transaction: &Transaction<'_>) -> Result<ImportReport, RollError> {
    let differs = COMPARED.map(|(_, differs)| differs);
    let query = format!(
        "SELECT line, is_struck, differs FROM (
             SELECT line, voter.struck_at IS NOT NULL AS is_struck, ARRAY[{}] AS differs
             FROM incoming JOIN dim_voters voter USING (personal_id)) known
         WHERE is_struck OR true = ANY (differs) ORDER BY line",
        differs.join(", ")
    );
    let mut different = Vec::new();
    for row in transaction.query(&query, &[]).await? {
        let differs: Vec<bool> = row.try_get(2)?;
        let columns = COMPARED.iter().zip(differs);
        different.push(Different {
            line: row.try_get::<_, i64>(0)?.cast_unsigned(),
            is_struck: row.try_get(1)?,
            columns: columns
                .filter_map(|((name, _), differs)| differs.then_some(*name))
                .collect(),
        });
    }
    let known = "DELETE FROM incoming USING dim_voters voter WHERE incoming.personal_id = voter.personal_id";
    let known = transaction.execute(known, &[]).await?;
    Ok(ImportReport {
        added: 0,
        same: known - different.len() as u64,
        different,
    })
}

const COLUMNS: Columns = Columns {
    required: &[
        "personal_id",
        "first_name",
        "last_name",
        "birth_date",
        "gender",
        "region",
        "district",
    ],
    optional: &["guid"],
};

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
    let mut batch = Vec::with_capacity(BATCH);
    table::read(file, &COLUMNS, |line, row: Row| {
        batch.push(row.parse(line)?);
        if batch.len() == BATCH {
            // The queue is closed: PostgreSQL failed, and its error is reported separately.
            if batches.blocking_send(std::mem::take(&mut batch)).is_err() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if !batch.is_empty() {
        let _postgres_failed = batches.blocking_send(batch);
    }
    Ok(())
}

impl Row {
    fn parse(self, line: u64) -> Result<Incoming, String> {
        let has_guid = !self.guid.is_empty();
        let voter = Voter {
            personal_id: value(&self.personal_id, NOT_A_PERSONAL_ID)?,
            guid: if has_guid {
                table::guid(&self.guid)?
            } else {
                Guid::random()
            },
            first_name: text(self.first_name, "first_name")?,
            last_name: text(self.last_name, "last_name")?,
            birth_date: value(&self.birth_date, NOT_A_DATE)?,
            gender: text(self.gender, "gender")?,
            region: text(self.region, "region")?,
            district: value(&self.district, NOT_A_DISTRICT)?,
        };
        Ok(Incoming {
            line: line.cast_signed(),
            voter,
            has_guid,
        })
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
        let Incoming { line, voter, .. } = &voters[0];
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
        assert!(
            error.contains("the column first_name is missing"),
            "{error}"
        );
    }
}
