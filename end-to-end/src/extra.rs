//! One more instance of a service.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::night::{Night, TIMEOUT, kill, program};

/// One more instance of a service, in addition to those that `devstack up` runs.
pub(crate) struct Extra {
    child: Child,
    pub(crate) url: String,
}

impl Extra {
    /// A vote-ingest listens when this returns.
    pub(crate) async fn start(night: &Night, name: &str) -> Self {
        loop {
            let mut extra = Self::spawn(night, name);
            if name != "vote-ingest" || extra.listens().await {
                return extra;
            }
        }
    }

    /// False where it has ended: another process was faster to take its port.
    async fn listens(&mut self) -> bool {
        let address = self.url.trim_start_matches("http://").to_owned();
        let connected = async {
            while TcpStream::connect(&address).await.is_err() {
                if self.child.try_wait().unwrap().is_some() {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(TIMEOUT, connected).await;
        in_time.expect("vote-ingest listens");
        self.child.try_wait().unwrap().is_none()
    }

    fn spawn(night: &Night, name: &str) -> Self {
        let state = night.state();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(program(name));
        command.arg("run").args(["--admin-listen", "127.0.0.1:0"]);
        if name == "vote-ingest" {
            command.args(["--listen", &format!("127.0.0.1:{port}")]);
            command.env("BALLOT_KEYS_DIR", night.file("keys"));
        } else {
            command.env("DATABASE_URL", &state.database_urls["election_process"]);
        }
        let child = command
            .env("KAFKA_BROKERS", &state.kafka_brokers)
            .env("REDIS_URL", &state.redis_url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, url }
    }

    pub(crate) async fn stop(mut self) {
        if let Some(pid) = self.child.id() {
            kill(pid, Signal::TERM);
        }
        let _status = tokio::time::timeout(TIMEOUT, self.child.wait()).await;
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
