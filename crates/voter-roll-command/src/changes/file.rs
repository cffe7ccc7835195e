//! Changes from a CSV file: one voter a line, named by `personal_id`.

use std::borrow::Cow;
use std::io::Read;
use std::ops::ControlFlow;

use jiff::civil::Date;
use serde::Deserialize;

use super::wanted::{Change, Correction, Wanted};
use crate::error::RollError;
use crate::table::{self, Columns, NOT_A_DATE, NOT_A_DISTRICT, NOT_A_PERSONAL_ID, text, value};

/// What a file asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Columns `personal_id`, and `reason` if there is one.
    Strike,
    /// The same.
    Reinstate,
    /// Columns `personal_id`, and `guid` if it is not to be a random one.
    Reissue,
    /// `personal_id`, and of `new_personal_id` and the other columns of the roll those to correct.
    Correct,
}

/// Reads the changes that a file asks for. An empty value of a correction leaves the roll as it is.
///
/// # Errors
/// Where a line is wrong; the error names it.
pub fn read(kind: Kind, file: impl Read) -> Result<Vec<Wanted>, RollError> {
    let optional: &[&str] = match kind {
        Kind::Strike | Kind::Reinstate => &["reason"],
        Kind::Reissue => &["guid"],
        Kind::Correct => &[
            "new_personal_id",
            "first_name",
            "last_name",
            "birth_date",
            "gender",
            "region",
            "district",
        ],
    };
    let columns = Columns {
        required: &["personal_id"],
        optional,
    };
    let mut wanted = Vec::new();
    table::read(file, &columns, |line, row: Row| {
        wanted.push(row.wanted(kind, line)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(wanted)
}

/// A line as it is written.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Row {
    personal_id: String,
    reason: String,
    guid: String,
    new_personal_id: String,
    first_name: String,
    last_name: String,
    birth_date: String,
    gender: String,
    region: String,
    district: String,
}

impl Row {
    fn wanted(self, kind: Kind, line: u64) -> Result<Wanted, String> {
        let personal_id = value(&self.personal_id, NOT_A_PERSONAL_ID)?;
        let change = match kind {
            Kind::Strike => Change::Strike(optional(self.reason, "reason")?),
            Kind::Reinstate => Change::Reinstate(optional(self.reason, "reason")?),
            Kind::Reissue => Change::Reissue(present(&self.guid).map(table::guid).transpose()?),
            Kind::Correct => Change::Correct(Box::new(self.correction()?)),
        };
        Ok(Wanted {
            line: Some(line),
            personal_id,
            change,
        })
    }

    fn correction(self) -> Result<Correction, String> {
        let personal_id = present(&self.new_personal_id);
        let district = present(&self.district);
        let birth_date = present(&self.birth_date);
        Ok(Correction {
            personal_id: personal_id
                .map(|text| value(text, "the new_personal_id must be exactly 11 digits"))
                .transpose()?,
            birth_date: birth_date
                .map(|text| value::<Date>(text, NOT_A_DATE))
                .transpose()?,
            district: district
                .map(|text| value(text, NOT_A_DISTRICT))
                .transpose()?,
            first_name: optional(self.first_name, "first_name")?,
            last_name: optional(self.last_name, "last_name")?,
            gender: optional(self.gender, "gender")?,
            region: optional(self.region, "region")?,
        })
    }
}

fn present(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn optional(written: String, column: &str) -> Result<Option<Cow<'static, str>>, String> {
    if written.is_empty() {
        return Ok(None);
    }
    text(written, column).map(Some)
}
