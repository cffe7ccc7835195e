//! An election night: `devstack up` with a roll and an open election, on free ports, in its own directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long to wait for a condition: long enough for a loaded machine.
pub const TIMEOUT: Duration = Duration::from_mins(5);

pub struct Night {
    directory: TempDir,
    up: Child,
}

#[derive(Clone, Deserialize)]
pub struct State {
    pub processes: Vec<Process>,
    pub kafka_brokers: String,
    pub redis_url: String,
    pub database_urls: HashMap<String, String>,
    /// The election that is open from the start, if any.
    pub election: Option<u32>,
}

#[derive(Clone, Deserialize)]
pub struct Process {
    pub name: String,
    pub pid: u32,
    pub url: String,
}

impl State {
    pub fn process(&self, name: &str) -> &Process {
        let named = |process: &&Process| process.name == name;
        self.processes
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("there is no {name}"))
    }
}

/// A program of this workspace; `cargo test --workspace` builds them all.
pub fn program(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let directory = this.parent().unwrap();
    // Tests are in a directory next to the programs.
    let beside_tests = directory
        .ends_with("deps")
        .then(|| directory.parent().unwrap());
    let program = beside_tests.unwrap_or(directory).join(name);
    assert!(
        program.exists(),
        "{} is missing: run cargo build --workspace first",
        program.display()
    );
    program
}

impl Night {
    /// Starts the services with voters and an open election.
    pub async fn begin(voters: u32, more: &[&str]) -> Self {
        let voters = voters.to_string();
        Self::begin_with(&[&["--voters", &voters], more].concat()).await
    }

    /// Starts only the services.
    pub async fn begin_empty() -> Self {
        Self::begin_with(&[]).await
    }

    async fn begin_with(more: &[&str]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("urna-night-")
            .tempdir()
            .unwrap();
        let mut up = Command::new(program("devstack"))
            .args([
                "up",
                "--vote-ingest-port",
                "0",
                "--dashboard-feed-port",
                "0",
            ])
            .args(["--access-control-port", "0", "--election-admin-port", "0"])
            .args(["--ballot-station-port", "0", "--dir"])
            .arg(directory.path())
            .args(more)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(up.stdout.take().unwrap()).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.starts_with("ready") {
                    return;
                }
            }
            panic!("devstack up ended before it was ready");
        };
        tokio::time::timeout(TIMEOUT, ready)
            .await
            .expect("devstack up becomes ready");
        // Keep reading, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { directory, up }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn state(&self) -> State {
        serde_json::from_slice(&std::fs::read(self.file("state.json")).unwrap()).unwrap()
    }

    /// Starts the crowd.
    pub fn crowd(&self, arguments: &[&str]) -> Child {
        let state = self.state();
        Command::new(program("spammer"))
            .args([
                "--url",
                &state.process("vote-ingest").url,
                "--feed",
                &state.process("dashboard-feed").url,
            ])
            .arg("--voters")
            .arg(self.file("voters.csv"))
            .arg("--scenario")
            .arg(scenario())
            .args(["--seed", "7"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Waits until the page shows this many votes.
    pub async fn until_counted(&self, votes: u64) {
        let wait = async {
            while self.counted().await.is_none_or(|counted| counted < votes) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(TIMEOUT, wait).await;
        assert!(waited.is_ok(), "{votes} votes were not counted");
    }

    /// Waits until the page says that the result is final.
    pub async fn until_final(&self) {
        let wait = async {
            while self
                .result()
                .await
                .is_none_or(|result| result["final"] != true)
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(TIMEOUT, wait).await;
        assert!(waited.is_ok(), "the result did not become final");
    }

    /// The votes shown on the page; `None` while dashboard-feed cannot be reached.
    async fn counted(&self) -> Option<u64> {
        self.result().await?["counted"].as_u64()
    }

    /// The result on the page; `None` while dashboard-feed cannot be reached.
    async fn result(&self) -> Option<Value> {
        let state = self.state();
        let address = state
            .process("dashboard-feed")
            .url
            .strip_prefix("http://")?
            .to_owned();
        let path = format!("/api/elections/{}/results", state.election?);
        let mut feed = TcpStream::connect(&address).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        feed.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        feed.read_to_string(&mut answer).await.ok()?;
        let (_head, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    /// Kills a process and waits until `up` has started another in its place.
    pub async fn kill(&self, name: &str) {
        self.signal(name, rustix::process::Signal::KILL).await;
    }

    async fn signal(&self, name: &str, signal: rustix::process::Signal) {
        let before = self.state().process(name).pid;
        kill(before, signal);
        until(&format!("a new {name}"), || {
            self.state().process(name).pid != before
        })
        .await;
    }

    /// Asks a process to end, and waits until `up` has started another in its place.
    pub async fn kill_gently(&self, name: &str) {
        self.signal(name, rustix::process::Signal::TERM).await;
    }

    /// Asks everything to stop; returns the status of `up` and the processes that ran.
    pub async fn end(mut self) -> (ExitStatus, State) {
        let state = self.state();
        kill(self.up.id().unwrap(), rustix::process::Signal::TERM);
        let status = tokio::time::timeout(TIMEOUT, self.up.wait())
            .await
            .expect("devstack up stops")
            .unwrap();
        (status, state)
    }
}

/// The crowd's exit status and its report.
pub async fn report(crowd: Child) -> (ExitStatus, Value) {
    let output = tokio::time::timeout(TIMEOUT, crowd.wait_with_output())
        .await
        .expect("the crowd ends")
        .unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    (
        output.status,
        serde_json::from_str(&line).expect("the report is one line of JSON"),
    )
}

pub fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spammer/scenarios/serbia-2023.toml")
}

pub fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Sends a signal to a process, unless it has just ended.
pub fn kill(pid: u32, signal: rustix::process::Signal) {
    let _gone = rustix::process::kill_process(id(pid), signal);
}

/// Sends a signal to a process of `up` and all its children, unless it has just ended.
pub fn signal_group(pid: u32, signal: rustix::process::Signal) {
    let _gone = rustix::process::kill_process_group(id(pid), signal);
}

fn id(pid: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(TIMEOUT, wait).await.is_ok(),
        "{what} did not come"
    );
}
