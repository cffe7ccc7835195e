//! What each command does.

use std::{
    fs::File,
    io::{ErrorKind, Read, stdin},
    path::Path,
    time::Instant,
};

use anyhow::{Context, bail};
use tokio::io::{AsyncWrite, stdout};
use tokio_postgres::Client;

use service_database::postgres;
use service_database::settings::DatabaseAddress;

use super::{
    Cli, Command, ElectionOptions, GenerateOptions, Stores,
    output::{self, line, rate},
};
use crate::{Generate, RollError, connect, loading, register};
use voter_roll::KeyDirectory;

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
            Command::Import { file, database } => import(&file, &database).await?,
            Command::Load { options, capacity } => load(&options, capacity).await?,
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
            | Self::Import { database, .. }
            | Self::Export { database, .. } => database,
            Self::Status { stores, .. }
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

/// One session is all that a command needs.
async fn open(database: &DatabaseAddress) -> anyhow::Result<Client> {
    let url = database.url()?;
    register::migrate(&url).await?;
    Ok(connect(&url).await?)
}

impl Stores {
    async fn open(&self) -> anyhow::Result<(Client, redis::Client, KeyDirectory)> {
        let redis = self.redis.client()?;
        let database = open(&self.database).await?;
        Ok((database, redis, KeyDirectory::new(&self.keys_dir)))
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
    let voters = register::generate(&mut database, what, &progress).await?;
    progress.finish_and_clear();
    line(&format!("generated {}", rate(voters, started.elapsed())))?;
    Ok(())
}

async fn import(file: &Path, database: &DatabaseAddress) -> anyhow::Result<()> {
    let reader: Box<dyn Read + Send> = if file == Path::new("-") {
        Box::new(stdin())
    } else {
        Box::new(File::open(file).with_context(|| format!("cannot open {}", file.display()))?)
    };
    let mut database = open(database).await?;
    let started = Instant::now();
    let progress = output::progress(None).with_message("importing");
    let voters = register::import(&mut database, reader, &progress).await?;
    progress.finish_and_clear();
    line(&format!("imported {}", rate(voters, started.elapsed())))?;
    Ok(())
}

async fn load(options: &ElectionOptions, capacity: Option<u32>) -> anyhow::Result<()> {
    let election = options.election;
    let (database, redis, keys) = options.stores.open().await?;
    let progress = output::progress(Some(0));
    let report = loading::load(&database, &redis, &keys, election, capacity, &progress).await?;
    progress.finish_and_clear();
    line(&format!(
        "loaded the roll of election {election}: {}, {:.1} bytes of Redis memory each; \
         {} were not there before, room for {}",
        rate(report.voters, report.duration),
        report.bytes_per_voter,
        report.added,
        report.capacity,
    ))?;
    Ok(())
}

async fn status(election: Option<u32>, stores: &Stores) -> anyhow::Result<()> {
    let (database, redis, keys) = stores.open().await?;
    let status = loading::status(&database, &redis, &keys, election).await?;
    if let (Some(election), []) = (election, status.elections.as_slice()) {
        bail!(
            "election {election} has no roll here: `voter-roll load --election {election}` makes it"
        );
    }
    line(&output::status(&status))?;
    Ok(())
}

async fn export(file: &Path, database: &DatabaseAddress) -> anyhow::Result<()> {
    let to_file = file != Path::new("-");
    let writer: Box<dyn AsyncWrite + Send + Unpin> = if to_file {
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let opened = options.open(file).await;
        Box::new(opened.with_context(|| format!("cannot write {}", file.display()))?)
    } else {
        Box::new(stdout())
    };
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
    let (database, redis, keys) = options.stores.open().await?;
    let report = loading::purge(&database, &redis, &keys, election).await?;
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
