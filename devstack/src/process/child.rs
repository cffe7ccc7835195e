//! One child process: how it is started, waited for and stopped.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::{User, find_program};

/// Everything needed to start a process, and to start it again.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// Its name in messages and in the file name of its log.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(String, String)>,
    /// The user it runs as; if absent, the user of this program.
    pub(crate) user: Option<User>,
    /// The directory it starts in.
    pub(crate) directory: PathBuf,
    pub(crate) output: Output,
}

/// Where a child's standard output and error go.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// Both are appended to this file.
    Log(PathBuf),
    /// Both are inherited from this program.
    Inherited,
}

impl Launch {
    /// The log to name in messages, if there is one.
    pub(crate) fn log(&self) -> Option<&Path> {
        match &self.output {
            Output::Log(path) => Some(path),
            Output::Inherited => None,
        }
    }

    fn streams(&self) -> anyhow::Result<(Stdio, Stdio)> {
        Ok(match &self.output {
            Output::Log(path) => {
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                (file.try_clone()?.into(), file.into())
            }
            Output::Inherited => (Stdio::inherit(), Stdio::inherit()),
        })
    }

    /// `setpriv` asks the kernel to kill the process when the thread that spawned it ends. The thread may have
    /// ended before that request, so the shell checks the parent's id afterwards.
    fn command(&self) -> anyhow::Result<Command> {
        const STILL_MY_CHILD: &str = r#"[ "$PPID" = "$0" ] && exec "$@""#;
        let mut command = Command::new(find_program("setpriv")?);
        command.args(["--pdeathsig", "KILL"]);
        if let Some(user) = &self.user {
            command
                .arg(format!("--reuid={}", user.id))
                .arg(format!("--regid={}", user.group))
                .arg("--clear-groups");
        }
        command
            .args(["--", "sh", "-c", STILL_MY_CHILD])
            .arg(std::process::id().to_string());
        command.arg(&self.program).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.directory);
        // Ctrl-C in a terminal goes to a whole process group, but the children must be stopped in order.
        command.process_group(0);
        let (stdout, stderr) = self.streams()?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        Ok(command)
    }
}

/// A running, or ended, child process. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Child {
    pid: Pid,
    /// Held while the process is reaped and while it is signalled, so that no signal goes to another process
    /// that has been given the same id.
    reaped: Arc<Mutex<bool>>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Child {
    /// Starts the process on a thread that lives exactly as long as the process, because the kernel kills the
    /// child when the thread that spawned it ends, not when the program does.
    pub(crate) async fn spawn(launch: &Launch) -> anyhow::Result<Self> {
        let mut command = launch.command()?;
        let reaped = Arc::new(Mutex::new(false));
        let (exit_sender, exit) = watch::channel(None);
        let (pid_sender, pid) = oneshot::channel();
        let reaped_by_thread = Arc::clone(&reaped);
        std::thread::Builder::new()
            .name(format!("parent of {}", launch.name))
            .spawn(move || {
                let mut child = match command.spawn() {
                    Ok(child) => child,
                    Err(error) => return drop(pid_sender.send(Err(error))),
                };
                let id = Pid::from_child(&child);
                if pid_sender.send(Ok(id)).is_err() {
                    // The caller is gone: nothing else would ever stop this child.
                    let _ = child.kill();
                }
                let _ = rustix::io::retry_on_intr(|| {
                    rustix::process::waitid(
                        WaitId::Pid(id),
                        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
                    )
                });
                let mut reaped = lock(&reaped_by_thread);
                let status = child.wait();
                *reaped = true;
                drop(reaped);
                exit_sender.send_replace(status.ok());
            })?;
        let pid = pid
            .await
            .context("the thread that starts a process ended")?
            .with_context(|| format!("cannot start {}", launch.name))?;
        Ok(Self { pid, reaped, exit })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits for the end of the process. Absent if its status could not be read.
    pub(crate) async fn ended(&self) -> Option<ExitStatus> {
        let mut exit = self.exit.clone();
        // The sender is dropped when the thread ends, and the last value can still be read then.
        let _ = exit.wait_for(Option::is_some).await;
        *exit.borrow()
    }

    /// Sends a signal, unless the process has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let reaped = lock(&self.reaped);
        if !*reaped {
            let _ = rustix::process::kill_process(self.pid, signal);
        }
    }

    /// Asks the process to end, waits up to `limit`, then kills it.
    pub(crate) async fn stop(&self, signal: Signal, limit: Duration) -> Option<ExitStatus> {
        self.signal(signal);
        if let Ok(status) = timeout(limit, self.ended()).await {
            return status;
        }
        self.kill().await
    }

    /// Kills the process and those of its children that are still in its group, and waits until it is gone.
    pub(crate) async fn kill(&self) -> Option<ExitStatus> {
        self.kill_group();
        self.ended().await
    }

    fn kill_group(&self) {
        self.signal_group(Signal::KILL);
    }

    /// Sends a signal to the process and those of its children that are still in its group, unless it has ended.
    pub(crate) fn signal_group(&self, signal: Signal) {
        let reaped = lock(&self.reaped);
        if !*reaped {
            let _ = rustix::process::kill_process_group(self.pid, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// Ignores poisoning: nothing that can panic runs under this lock.
fn lock(reaped: &Mutex<bool>) -> MutexGuard<'_, bool> {
    reaped.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a process ended, in words: `exit status 1`, `killed by signal 9`.
pub(crate) fn describe_exit(status: Option<ExitStatus>) -> String {
    match status {
        None => "unknown status".to_owned(),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => status.to_string(),
        },
    }
}
