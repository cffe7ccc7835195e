//! PostgreSQL.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::process::Signal;
use tokio_postgres::{Client, NoTls};

use super::{Probe, Server, run_to_completion, with_free_ports};
use crate::process::{Launch, Output, User, find_program, free_port};

/// Where the data is in the directory of a run.
const DATA: &str = "postgres";

/// Creates a cluster in the run's directory and starts it. What it confirms is on disk (`fsync`), as in
/// production; only the creation of the empty cluster does not wait for that.
pub(crate) async fn start(run: &Path, logs: &Path) -> anyhow::Result<Server> {
    let program = find_program("postgres")?;
    let data = run.join(DATA);
    let log = logs.join("postgres.log");
    let user = User::unprivileged()?;
    std::fs::create_dir(&data).with_context(|| format!("cannot create {}", data.display()))?;
    if let Some(user) = user {
        user.own(&data)?;
    }
    let launch = |name: &str, program: PathBuf, arguments: &[&str]| Launch {
        name: name.to_owned(),
        program,
        arguments: arguments.iter().map(Into::into).collect(),
        environment: vec![
            ("LC_ALL".to_owned(), "C".to_owned()),
            ("HOME".to_owned(), data.display().to_string()),
        ],
        user,
        directory: data.clone(),
        output: Output::Log(log.clone()),
    };
    let directory = data.to_str().context("the path of the data is not UTF-8")?;
    #[rustfmt::skip]
    let initdb = launch("initdb", find_program("initdb")?, &[
        "--pgdata", directory,
        "--username", "postgres",
        "--auth", "trust",
        "--encoding", "UTF8",
        "--locale", "C",
        "--no-sync",
    ]);
    run_to_completion(&initdb).await?;

    with_free_ports(&[&log], async || {
        let port = free_port()?;
        #[rustfmt::skip]
        let postgres = launch("postgres", program.clone(), &[
            "-D", directory,
            "-c", "listen_addresses=127.0.0.1",
            "-c", &format!("port={port}"),
            "-c", "unix_socket_directories=",
            "-c", "cluster_name=urna",
            "-c", "max_connections=200",
            "-c", "shared_buffers=64MB",
            // With this, a killed server leaves files in its data directory, and nothing in /dev/shm.
            "-c", "dynamic_shared_memory_type=mmap",
            "-c", "jit=off",
        ]);
        let probe = Probe::Postgres {
            port,
            data: data.clone(),
        };
        // SIGQUIT: end immediately, and release the shared memory.
        Server::start(
            postgres,
            format!("postgres://postgres@127.0.0.1:{port}"),
            probe,
            Signal::QUIT,
        )
        .await
    })
    .await
}

/// Runs one statement.
pub(crate) async fn execute(url: &str, statement: &str) -> anyhow::Result<()> {
    Ok(connect(url).await?.batch_execute(statement).await?)
}

/// Whether there is a database of this name.
pub(crate) async fn has_database(url: &str, name: &str) -> anyhow::Result<bool> {
    let row = connect(url)
        .await?
        .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
        .await?;
    Ok(row.is_some())
}

/// The first column of the only row, as text.
pub(super) async fn query_one(url: &str, query: &str) -> anyhow::Result<String> {
    Ok(connect(url)
        .await?
        .query_one(query, &[])
        .await?
        .try_get(0)?)
}

/// Connects. The connection ends when the client is dropped.
async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .with_context(|| format!("cannot connect to {url}"))?;
    tokio::spawn(connection);
    Ok(client)
}

/// Releases the shared memory of a killed server. PostgreSQL holds one small System V segment, which outlives
/// it until a server is started with the same data; the system has only a few thousand of them.
pub(crate) fn forget(run: &Path) {
    let Ok(lock_file) = std::fs::read_to_string(run.join(DATA).join("postmaster.pid")) else {
        return;
    };
    let Ok(segments) = std::fs::read_to_string("/proc/sysvipc/shm") else {
        return;
    };
    if let Some(id) = orphaned_segment(&lock_file, &segments) {
        let _ = std::process::Command::new("ipcrm")
            .args(["-m", &id])
            .status();
    }
}

/// The seventh line of `postmaster.pid` has the segment's key and id. It still belongs to the server if the
/// system has a segment with both that no process is attached to.
fn orphaned_segment(lock_file: &str, segments: &str) -> Option<String> {
    let (key, id) = lock_file
        .lines()
        .nth(6)?
        .trim()
        .split_once(char::is_whitespace)?;
    let (key, id) = (key.trim(), id.trim());
    let is_orphaned = segments.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.first() == Some(&key) && fields.get(1) == Some(&id) && fields.get(6) == Some(&"0")
    });
    is_orphaned.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::orphaned_segment;

    const LOCK_FILE: &str =
        "4711\n/data\n1760000000\n20500\n\n127.0.0.1\n 16123456        32\nready\n";
    const HEADER: &str =
        "       key      shmid perms                  size  cpid  lpid nattch   uid\n";

    #[test]
    fn a_segment_is_given_back_only_if_it_is_the_servers_and_unused() {
        let segments = |line: &str| format!("{HEADER}{line}\n");
        let orphaned =
            segments("  16123456         32   600                    56  4711  4712      0   101");
        assert_eq!(
            orphaned_segment(LOCK_FILE, &orphaned).as_deref(),
            Some("32")
        );
        let used =
            segments("  16123456         32   600                    56  4711  4712      3   101");
        assert_eq!(orphaned_segment(LOCK_FILE, &used), None);
        let of_another =
            segments("  99999999         32   600                    56  4711  4712      0   101");
        assert_eq!(orphaned_segment(LOCK_FILE, &of_another), None);
        assert_eq!(orphaned_segment("4711\n/data\n", &orphaned), None);
    }
}
