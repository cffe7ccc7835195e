//! Where a command reads and writes: the databases, and files.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::Context;
use service_database::audit;
use service_database::settings::DatabaseAddress;
use tokio::io::{AsyncWrite, stdout};
use tokio_postgres::Client;

use super::{OperatorOptions, Stores};
use crate::{RollError, connect, register};
use voter_roll::KeyDirectory;

/// One session is all that a command needs.
pub(super) async fn open(database: &DatabaseAddress) -> anyhow::Result<Client> {
    let url = database.url()?;
    register::migrate(&url).await?;
    Ok(connect(&url).await?)
}

/// A file to read, or standard input.
pub(super) fn open_file(file: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    Ok(if file == Path::new("-") {
        Box::new(stdin())
    } else {
        Box::new(File::open(file).with_context(|| format!("cannot open {}", file.display()))?)
    })
}

/// A file to write, for its owner only, or standard output.
pub(super) async fn create(file: &Path) -> anyhow::Result<Box<dyn AsyncWrite + Send + Unpin>> {
    if file == Path::new("-") {
        return Ok(Box::new(stdout()));
    }
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let opened = options.open(file).await;
    Ok(Box::new(opened.with_context(|| {
        format!("cannot write {}", file.display())
    })?))
}

/// Notes an act that is done.
pub(super) async fn note(
    database: &mut Client,
    operator: &OperatorOptions,
    what: &'static str,
    target: String,
) -> anyhow::Result<()> {
    let act = operator.operator().act(what, target);
    let noted = audit::append_alone(database, &act).await;
    noted
        .map_err(RollError::from)
        .with_context(|| format!("{what}: done, but not noted in the audit log"))
}

impl Stores {
    pub(super) async fn open(&self) -> anyhow::Result<(Client, redis::Client, KeyDirectory)> {
        let redis = self.redis.client()?;
        let database = open(&self.database).await?;
        Ok((database, redis, KeyDirectory::new(&self.keys_dir)))
    }
}
