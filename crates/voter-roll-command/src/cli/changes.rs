//! Changes of voters, as they are typed.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use jiff::civil::Date;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::output::{self, line};
use super::stores::{create, open_file};
use super::{Elections, OperatorOptions, Stores};
use crate::changes::{self, Change, ChangeReport, Correction, How, Kind, Reissued, Wanted};
use voter_roll::PersonalId;

/// Which voters are changed, and where.
#[derive(Args)]
pub(super) struct ChangeOptions {
    #[command(flatten)]
    whom: Whom,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    elections: Elections,
    #[command(flatten)]
    operator: OperatorOptions,
    #[command(flatten)]
    pub(super) stores: Stores,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A CSV file with a voter a line, or - for standard input
    file: Option<PathBuf>,
    /// One voter
    #[arg(long, value_parser = personal_id)]
    personal_id: Option<PersonalId>,
}

fn personal_id(text: &str) -> Result<PersonalId, String> {
    text.parse()
        .map_err(|_| "exactly 11 digits are expected".to_owned())
}

/// What one voter is corrected to.
#[derive(Args)]
pub(super) struct CorrectionOptions {
    /// The voter's right personal id
    #[arg(long, value_parser = personal_id, conflicts_with = "file")]
    new_personal_id: Option<PersonalId>,
    #[arg(long, conflicts_with = "file")]
    first_name: Option<String>,
    #[arg(long, conflicts_with = "file")]
    last_name: Option<String>,
    /// YYYY-MM-DD
    #[arg(long, conflicts_with = "file")]
    birth_date: Option<Date>,
    #[arg(long, conflicts_with = "file")]
    gender: Option<String>,
    #[arg(long, conflicts_with = "file")]
    region: Option<String>,
    /// Constituency; one whose ballot is cast, or about to be, keeps the one it was cast in
    #[arg(long, conflicts_with = "file")]
    district: Option<u16>,
}

impl CorrectionOptions {
    fn correction(&self) -> anyhow::Result<Correction> {
        let written = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("gender", &self.gender),
            ("region", &self.region),
        ];
        let mut texts = written
            .iter()
            .map(|(column, text)| words((*text).clone(), column));
        let mut next = || texts.next().transpose().map(Option::flatten);
        let correction = Correction {
            personal_id: self.new_personal_id,
            first_name: next()?,
            last_name: next()?,
            gender: next()?,
            region: next()?,
            birth_date: self.birth_date,
            district: self.district,
        };
        Ok(correction)
    }

    fn is_empty(&self) -> bool {
        let Self {
            new_personal_id,
            first_name,
            last_name,
            birth_date,
            gender,
            region,
            district,
        } = self;
        let texts = [first_name, last_name, gender, region];
        new_personal_id.is_none()
            && birth_date.is_none()
            && district.is_none()
            && texts.iter().all(|text| text.is_none())
    }
}

/// What the operator writes, as it may stand on the roll.
fn words(text: Option<String>, column: &str) -> anyhow::Result<Option<Cow<'static, str>>> {
    let text = text.map(|text| crate::table::text(text.trim().to_owned(), column));
    text.transpose().map_err(anyhow::Error::msg)
}

pub(super) async fn strike(options: &ChangeOptions, reason: Option<String>) -> anyhow::Result<()> {
    let change = Change::Strike(words(reason, "reason")?);
    let wanted = options.wanted(Kind::Strike, change)?;
    let report = options.change(&wanted).await?;
    line(&options.summary("struck", "strike", &report))?;
    in_force(report)
}

pub(super) async fn reinstate(
    options: &ChangeOptions,
    reason: Option<String>,
) -> anyhow::Result<()> {
    let change = Change::Reinstate(words(reason, "reason")?);
    let wanted = options.wanted(Kind::Reinstate, change)?;
    let report = options.change(&wanted).await?;
    line(&options.summary("reinstated", "reinstate", &report))?;
    in_force(report)
}

pub(super) async fn correct(
    options: &ChangeOptions,
    correction: &CorrectionOptions,
) -> anyhow::Result<()> {
    if options.whom.personal_id.is_some() && correction.is_empty() {
        bail!("there is nothing to correct: name it, as with --district 12");
    }
    let change = Change::Correct(Box::new(correction.correction()?));
    let wanted = options.wanted(Kind::Correct, change)?;
    let report = options.change(&wanted).await?;
    line(&options.summary("corrected", "correct", &report))?;
    in_force(report)
}

pub(super) async fn reissue(options: &ChangeOptions, to: &std::path::Path) -> anyhow::Result<()> {
    let wanted = options.wanted(Kind::Reissue, Change::Reissue(None))?;
    // Before anything is changed: nobody could read the guids otherwise.
    let mut file = if options.dry_run {
        None
    } else {
        Some(create(to).await?)
    };
    let report = options.change(&wanted).await?;
    if let Some(file) = &mut file {
        write(file, &report.reissued).await.with_context(|| {
            format!(
                "the new guids are on the roll, but could not be written to {}: `voter-roll export` writes them",
                to.display()
            )
        })?;
    }
    eprintln!(
        "{}",
        options.summary("issued new guids to", "issue new guids to", &report)
    );
    in_force(report)
}

async fn write(file: &mut (impl AsyncWrite + Unpin), reissued: &[Reissued]) -> std::io::Result<()> {
    let mut csv = "personal_id,guid,district\n".to_owned();
    for voter in reissued {
        let (personal_id, guid) = (voter.personal_id.as_str(), voter.guid.to_uuid());
        csv.extend([personal_id, ",", &guid.to_string(), ","]);
        csv.extend([voter.district.to_string(), "\n".to_owned()]);
    }
    file.write_all(csv.as_bytes()).await?;
    file.flush().await
}

impl ChangeOptions {
    /// One voter and this change, or the changes of the file.
    fn wanted(&self, kind: Kind, change: Change) -> anyhow::Result<Vec<Wanted>> {
        match (&self.whom.file, self.whom.personal_id) {
            (Some(file), _) => Ok(changes::read(kind, open_file(file)?)?),
            (None, Some(personal_id)) => Ok(vec![Wanted {
                line: None,
                personal_id,
                change,
            }]),
            (None, None) => bail!("name a voter with --personal-id, or a file of voters"),
        }
    }

    async fn change(&self, wanted: &[Wanted]) -> anyhow::Result<ChangeReport> {
        let (mut database, redis, keys) = self.stores.open().await?;
        let progress = output::progress(Some(wanted.len() as u64));
        let how = How {
            is_dry_run: self.dry_run,
            elections: &self.elections.elections,
        };
        let operator = self.operator.operator();
        let changed = changes::change(
            &mut database,
            (&redis, &keys),
            &operator,
            wanted,
            how,
            &progress,
        );
        let changed = changed.await;
        progress.finish_and_clear();
        Ok(changed?)
    }

    fn summary(&self, done: &str, to_do: &str, report: &ChangeReport) -> String {
        let ChangeReport {
            changed, unchanged, ..
        } = report;
        let voters = output::voters(*changed);
        let already = match unchanged {
            0 => String::new(),
            unchanged => format!("; {unchanged} already so"),
        };
        if self.dry_run {
            format!("would {to_do} {voters}{already}; nothing was changed")
        } else {
            format!("{done} {voters}{already}")
        }
    }
}

/// Says where changes are in force; an error where they are not.
fn in_force(report: ChangeReport) -> anyhow::Result<()> {
    for election in &report.in_force {
        let number = election.election;
        let voters = output::voters(election.voters);
        eprintln!("election {number}: in force for {voters}");
        if election.absent > 0 {
            eprintln!(
                "election {number}: {} not in its roll in Redis; `voter-roll load --election {number}` brings them \
                 there, as they are now",
                output::voters_are(election.absent)
            );
        }
    }
    report
        .not_in_force
        .map_or(Ok(()), |error| Err(error.into()))
}
