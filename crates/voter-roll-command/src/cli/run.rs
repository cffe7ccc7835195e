//! What each command does.

use std::{io::ErrorKind, path::Path, time::Instant};

use anyhow::Context;

use service_database::settings::DatabaseAddress;
use service_database::{audit, postgres};

use super::{
    ChangeOptions, Cli, Command, ElectionOptions, GenerateOptions, ImportOptions, Stores, changes,
    output::{self, line, rate},
    stores::{create, note, open, open_file},
};
use crate::{Generate, Import, RollError, loading, register};

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// One sentence that says what to do.
    pub async fn run(self) -> anyhow::Result<()> {
        self.command.database().check(self.environment)?;
        match self.command {
            Command::Migrate { database } => {
                let url = database.url()?;
                postgres::until_reachable(&url, postgres::TIMEOUT).await?;
                register::migrate(&url).await?;
                line("the database of the roll is up to date")?;
            }
            Command::Generate(options) => generate(options).await?,
            Command::Import(options) => import(&options).await?,
            Command::Load { options, capacity } => load(&options, capacity).await?,
            Command::Strike { options, reason } => changes::strike(&options, reason).await?,
            Command::Reinstate { options, reason } => changes::reinstate(&options, reason).await?,
            Command::Reissue { options, out } => changes::reissue(&options, &out).await?,
            Command::Correct {
                options,
                correction,
            } => changes::correct(&options, &correction).await?,
            Command::Audit { limit, database } => audit(limit, &database).await?,
            Command::Status { election, stores } => status(election, &stores).await?,
            Command::Export { file, database } => export(&file, &database).await?,
            Command::Purge { options, .. } => purge(&options).await?,
        }
        Ok(())
    }
}

impl Command {
    fn database(&self) -> &DatabaseAddress {
        match self {
            Self::Generate(options) => &options.database,
            Self::Migrate { database }
            | Self::Audit { database, .. }
            | Self::Export { database, .. } => database,
            Self::Import(ImportOptions { stores, .. })
            | Self::Status { stores, .. }
            | Self::Strike {
                options: ChangeOptions { stores, .. },
                ..
            }
            | Self::Reinstate {
                options: ChangeOptions { stores, .. },
                ..
            }
            | Self::Reissue {
                options: ChangeOptions { stores, .. },
                ..
            }
            | Self::Correct {
                options: ChangeOptions { stores, .. },
                ..
            }
            | Self::Load {
                options: ElectionOptions { stores, .. },
                ..
            }
            | Self::Purge {
                options: ElectionOptions { stores, .. },
                ..
            } => &stores.database,
        }
    }
}

async fn generate(options: GenerateOptions) -> anyhow::Result<()> {
    let mut database = open(&options.database).await?;
    let started = Instant::now();
    let what = Generate {
        voters: options.voters,
        seed: options.seed,
        districts: options.districts,
        replace: options.replace,
    };
    let progress = output::progress(Some(options.voters)).with_message("generating");
    let voters = register::generate(&mut database, what, &progress).await;
    progress.finish_and_clear();
    let voters = voters?;
    let target = format!("{voters} voters, seed {}", options.seed);
    note(&mut database, &options.operator, "generate", target).await?;
    line(&format!("generated {}", rate(voters, started.elapsed())))?;
    Ok(())
}

async fn import(options: &ImportOptions) -> anyhow::Result<()> {
    let reader = open_file(&options.file)?;
    let (mut database, redis, keys) = options.stores.open().await?;
    let started = Instant::now();
    let progress = output::progress(None).with_message("importing");
    let what = Import {
        is_addition: options.add,
        is_dry_run: options.dry_run,
        elections: &options.elections.elections,
    };
    let operator = options.operator.operator();
    let report = register::import(&mut database, reader, what, &operator, &progress).await;
    progress.finish_and_clear();
    let report = report?;
    for different in &report.different {
        line(&format!("left alone: {different}"))?;
    }
    if options.dry_run {
        line(&format!(
            "would import {}",
            output::imported(&report, options.add)
        ))?;
        return Ok(());
    }
    let (imported, rate) = (
        output::imported(&report, options.add),
        rate(report.added, started.elapsed()),
    );
    line(&if options.add {
        format!("imported {imported}")
    } else {
        format!("imported {rate}")
    })?;
    if options.add {
        for election in loading::in_use(&database, what.elections).await? {
            let progress = output::progress(Some(0));
            let loaded = loading::load(&database, &redis, &keys, election, None, &progress).await;
            progress.finish_and_clear();
            let report = loaded.with_context(|| {
                format!("the voters are on the roll, but not in election {election} yet")
            })?;
            line(&output::loaded(election, &report))?;
        }
    }
    Ok(())
}

async fn audit(limit: Option<u32>, database: &DatabaseAddress) -> anyhow::Result<()> {
    const PAGE: u32 = 1000;
    let database = open(database).await?;
    let (mut left, mut before) = (limit.unwrap_or(u32::MAX), None);
    while left > 0 {
        let page = audit::newest(&database, before, left.min(PAGE).into()).await;
        let page = page.map_err(RollError::from)?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        left = left.saturating_sub(PAGE);
        for entry in &page {
            line(&serde_json::to_string(entry)?)?;
        }
    }
    let audit::Verified { rows, hash } = audit::verify(&database).await?;
    eprintln!("the audit log is whole: {rows} rows, the last one {hash}");
    Ok(())
}

async fn load(options: &ElectionOptions, capacity: Option<u32>) -> anyhow::Result<()> {
    let election = options.election;
    let (mut database, redis, keys) = options.stores.open().await?;
    let progress = output::progress(Some(0));
    let report = loading::load(&database, &redis, &keys, election, capacity, &progress).await;
    progress.finish_and_clear();
    let report = report?;
    let target = format!("election {election}: {} voters", report.voters);
    note(&mut database, &options.operator, "load", target).await?;
    line(&output::loaded(election, &report))?;
    Ok(())
}

async fn status(election: Option<u32>, stores: &Stores) -> anyhow::Result<()> {
    let (database, redis, keys) = stores.open().await?;
    let status = loading::status(&database, &redis, &keys, election).await?;
    if let (Some(election), []) = (election, status.elections.as_slice()) {
        return Err(RollError::NotLoaded(election).into());
    }
    line(&output::status(&status))?;
    Ok(())
}

async fn export(file: &Path, database: &DatabaseAddress) -> anyhow::Result<()> {
    let to_file = file != Path::new("-");
    let writer = create(file).await?;
    let database = open(database).await?;
    let started = Instant::now();
    // On a terminal, a bar would mix with the lines.
    let progress = if to_file {
        output::progress(None)
    } else {
        indicatif::ProgressBar::hidden()
    };
    let exported = register::export(&database, writer, &progress).await;
    progress.finish_and_clear();
    match exported {
        Err(RollError::File(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        exported => {
            eprintln!("exported {}", rate(exported?, started.elapsed()));
            Ok(())
        }
    }
}

async fn purge(options: &ElectionOptions) -> anyhow::Result<()> {
    let election = options.election;
    let (mut database, redis, keys) = options.stores.open().await?;
    let report = loading::purge(&database, &redis, &keys, election).await?;
    let target = format!("election {election}");
    note(&mut database, &options.operator, "purge", target).await?;
    let key = if report.key_destroyed {
        "destroyed"
    } else {
        "was gone already"
    };
    line(&format!(
        "purged election {election}: its ballot key {key}, {} keys removed from Redis",
        report.redis_keys_removed
    ))?;
    Ok(())
}
