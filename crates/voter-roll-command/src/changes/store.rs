//! Voters in PostgreSQL, one by one.

use std::collections::HashSet;

use jiff::civil::Date;
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use super::wanted::Wanted;
use crate::error::RollError;
use crate::loading::Holder;
use voter_roll::{Guid, PersonalId};

/// A row of the roll.
#[derive(Clone)]
pub(super) struct OnRoll {
    pub(super) row: i64,
    pub(super) personal_id: PersonalId,
    pub(super) guid: Guid,
    pub(super) first_guid: Option<Guid>,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) birth_date: Date,
    pub(super) gender: String,
    pub(super) region: String,
    pub(super) district: u16,
    pub(super) is_struck: bool,
}

impl OnRoll {
    /// What the audit log calls a voter: the row, as the log outlives what is known of the person.
    pub(super) fn name(&self) -> String {
        format!("voter {}", self.row)
    }

    pub(super) fn holder(&self) -> Holder {
        Holder {
            guid: self.guid,
            first_guid: self.first_guid,
            personal_id: self.personal_id.as_str().to_owned(),
            district: self.district,
            is_struck: self.is_struck,
        }
    }

    fn from_row(row: &Row) -> Result<Self, RollError> {
        let unexpected = |column| RollError::Unexpected("the table dim_voters".to_owned(), column);
        Ok(Self {
            row: row.try_get("row_number")?,
            personal_id: row
                .try_get::<_, &str>("personal_id")?
                .parse()
                .map_err(|_| unexpected("personal_id"))?,
            guid: row.try_get::<_, Uuid>("guid")?.into(),
            first_guid: row
                .try_get::<_, Option<Uuid>>("first_guid")?
                .map(Guid::from),
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            birth_date: row.try_get("birth_date")?,
            gender: row.try_get("gender")?,
            region: row.try_get("region")?,
            district: u16::try_from(row.try_get::<_, i32>("district")?)
                .map_err(|_| unexpected("district"))?,
            is_struck: row.try_get("is_struck")?,
        })
    }
}

/// The voters that changes are wanted for, as far as they are on the roll.
pub(super) async fn voters(
    transaction: &Transaction<'_>,
    wanted: &[Wanted],
) -> Result<Vec<OnRoll>, RollError> {
    let personal_ids: Vec<&str> = wanted
        .iter()
        .map(|wanted| wanted.personal_id.as_str())
        .collect();
    let query = "SELECT row_number, personal_id, guid, first_guid, first_name, last_name, birth_date, gender, region,
                        district, struck_at IS NOT NULL AS is_struck
                 FROM dim_voters WHERE personal_id = ANY($1::text[]::char(11)[])";
    let rows = transaction.query(query, &[&personal_ids]).await?;
    rows.iter().map(OnRoll::from_row).collect()
}

/// Identities that changes give to voters.
#[derive(Default)]
pub(super) struct Taken {
    personal_ids: HashSet<String>,
    guids: HashSet<Uuid>,
}

impl Taken {
    /// Notes the identities that a change gives; says what is wrong where one is, or was, another voter's.
    pub(super) async fn take(
        &mut self,
        transaction: &Transaction<'_>,
        before: &OnRoll,
        after: &OnRoll,
    ) -> Result<Option<&'static str>, RollError> {
        if after.guid != before.guid {
            let guid = after.guid.to_uuid();
            let query = "SELECT EXISTS (SELECT FROM dim_voters WHERE guid = $1)
                             OR EXISTS (SELECT FROM former_guids WHERE guid = $1)";
            let is_taken: bool = transaction.query_one(query, &[&guid]).await?.try_get(0)?;
            if is_taken || !self.guids.insert(guid) {
                return Ok(Some("the guid is, or was, that of a voter"));
            }
        }
        if after.personal_id != before.personal_id {
            let personal_id = after.personal_id.as_str();
            let query = "SELECT EXISTS (SELECT FROM dim_voters WHERE personal_id = $1)";
            let is_taken: bool = transaction
                .query_one(query, &[&personal_id])
                .await?
                .try_get(0)?;
            if is_taken || !self.personal_ids.insert(personal_id.to_owned()) {
                return Ok(Some("the new personal_id is another voter's"));
            }
        }
        Ok(None)
    }
}

/// Writes a voter as a change leaves one.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    before: &OnRoll,
    after: &OnRoll,
) -> Result<(), RollError> {
    let first_guid = after.first_guid.map(Guid::to_uuid);
    transaction
        .execute(
            UPDATE,
            &[
                &after.row,
                &after.personal_id.as_str(),
                &after.guid.to_uuid(),
                &first_guid,
                &after.first_name,
                &after.last_name,
                &after.birth_date,
                &after.gender,
                &after.region,
                &i32::from(after.district),
                &after.is_struck,
            ],
        )
        .await?;
    if after.guid != before.guid {
        let former = "INSERT INTO former_guids (guid, row_number) VALUES ($1, $2)";
        transaction
            .execute(former, &[&before.guid.to_uuid(), &before.row])
            .await?;
    }
    Ok(())
}

const UPDATE: &str = "UPDATE dim_voters
    SET personal_id = $2, guid = $3, first_guid = $4, first_name = $5, last_name = $6, birth_date = $7, gender = $8,
        region = $9, district = $10, struck_at = CASE WHEN $11 THEN coalesce(struck_at, now()) END
    WHERE row_number = $1";
