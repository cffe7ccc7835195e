//! The program `devstack`, as a child of the test.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// Long enough for a slow machine; nothing takes this long unless it is broken.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(2);

pub(crate) fn devstack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_devstack"));
    for variable in ["KAFKA_BROKERS", "REDIS_URL", "DATABASE_URL"] {
        command.env_remove(variable);
    }
    command.kill_on_drop(true);
    command
}

/// Tests with their own stack run one after the other, so that a small machine need not run all stacks at the
/// same time.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// `devstack servers`, ready.
pub(crate) struct Servers {
    pub(crate) child: Child,
    pub(crate) stderr: Lines<BufReader<ChildStderr>>,
    /// What it printed before `ready`: one server per line.
    pub(crate) listed: Vec<Listed>,
    /// What it printed afterwards: variables for the environment.
    pub(crate) variables: Vec<String>,
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// A server in that list.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) pid: u32,
}

impl Servers {
    pub(crate) async fn start(command: &mut Command) -> Self {
        let mut child = command
            .arg("servers")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut listed = Vec::new();
        loop {
            let line = timeout(TIMEOUT, stdout.next_line()).await.unwrap().unwrap();
            let Some(line) = line else {
                panic!("it ended: {:?}", stderr.next_line().await.unwrap());
            };
            if line == "ready" {
                break;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, url, "process", pid, _log] = words.as_slice() else {
                panic!("{line}")
            };
            listed.push(Listed {
                name: (*name).to_owned(),
                url: (*url).to_owned(),
                pid: pid.parse().unwrap(),
            });
        }
        let mut variables = Vec::new();
        for _ in 0..3 {
            variables.push(
                timeout(TIMEOUT, stdout.next_line())
                    .await
                    .unwrap()
                    .unwrap()
                    .unwrap(),
            );
        }
        Self {
            child,
            stderr,
            listed,
            variables,
            _stdout: stdout,
        }
    }

    pub(crate) fn server(&self, name: &str) -> &Listed {
        self.listed
            .iter()
            .find(|server| server.name == name)
            .unwrap()
    }

    /// Waits for a line on standard error that begins like this.
    pub(crate) async fn says(&mut self, beginning: &str) -> String {
        loop {
            let line = timeout(TIMEOUT, self.stderr.next_line())
                .await
                .unwrap()
                .unwrap()
                .expect("it ended");
            if line.starts_with(beginning) {
                return line;
            }
        }
    }
}
