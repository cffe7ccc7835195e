//! No server outlives the program that started it; a server that ends is started again.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::AsyncCommands;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{sleep, timeout};

use crate::clients;
use crate::command::{Servers, TIMEOUT, devstack, turn};

/// A process, distinguishable from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Process {
    pid: u32,
    started: String,
}

/// The fields of /proc/PID/stat after the name: state, parent, …, see proc(5). A zombie counts as ended.
fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<String> = stat
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    (fields[0] != "Z" && fields[0] != "X").then_some(fields)
}

fn process(pid: u32) -> Option<Process> {
    Some(Process {
        pid,
        started: stat(pid)?[19].clone(),
    })
}

/// All living processes that descend from this one.
fn descendants(ancestor: u32) -> BTreeSet<Process> {
    let all: Vec<u32> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let mut found = BTreeSet::new();
    let mut parents = vec![ancestor];
    while let Some(parent) = parents.pop() {
        for &pid in &all {
            if stat(pid).is_some_and(|fields| fields[1] == parent.to_string())
                && let Some(child) = process(pid)
                && found.insert(child)
            {
                parents.push(pid);
            }
        }
    }
    found
}

async fn all_are_gone(processes: &BTreeSet<Process>) {
    let gone = async {
        while processes
            .iter()
            .any(|one| process(one.pid).as_ref() == Some(one))
        {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, gone).await.unwrap_or_else(|_| {
        let left: Vec<_> = processes
            .iter()
            .filter(|one| process(one.pid).as_ref() == Some(one))
            .collect();
        panic!("these live on: {left:?}")
    });
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

#[tokio::test]
async fn servers_die_with_a_parent_that_is_killed() {
    let _turn = turn().await;
    let mut running = Servers::start(&mut devstack()).await;
    let children = descendants(running.child.id().unwrap());
    let names: Vec<&str> = running
        .listed
        .iter()
        .map(|server| server.name.as_str())
        .collect();
    assert_eq!(names, ["kafka", "redis", "postgres"]);
    // PostgreSQL has child processes of its own.
    assert!(children.len() > 3, "{children:?}");

    running.child.start_kill().unwrap();
    running.child.wait().await.unwrap();

    all_are_gone(&children).await;
}

#[tokio::test]
async fn servers_are_stopped_and_their_data_removed_on_request() {
    let _turn = turn().await;
    let mut running = Servers::start(&mut devstack()).await;
    let children = descendants(running.child.id().unwrap());
    let data = clients::postgres(&running.server("postgres").url.clone())
        .await
        .query_one("SELECT current_setting('data_directory')", &[])
        .await
        .unwrap()
        .get::<_, String>(0);
    assert!(std::path::Path::new(&data).is_dir());

    signal(running.child.id().unwrap(), Signal::TERM);
    let status = timeout(TIMEOUT, running.child.wait())
        .await
        .unwrap()
        .unwrap();

    assert_eq!(status.code(), Some(0));
    all_are_gone(&children).await;
    assert!(!std::path::Path::new(&data).exists());
}

#[tokio::test]
async fn a_server_that_is_killed_is_started_again() {
    let _turn = turn().await;
    let mut running = Servers::start(&mut devstack()).await;
    let (url, pid) = (
        running.server("redis").url.clone(),
        running.server("redis").pid,
    );
    let () = clients::redis(&url)
        .await
        .set("tally:{7}", "4711")
        .await
        .unwrap();

    signal(pid, Signal::KILL);

    let report = running.says("redis (process").await;
    assert!(
        report.starts_with(&format!(
            "redis (process {pid}) ended unexpectedly: killed by signal 9; its log is "
        )),
        "{report}"
    );
    running.says("redis is back as process ").await;
    let value: String = clients::redis(&url).await.get("tally:{7}").await.unwrap();
    assert_eq!(value, "4711");
}

#[tokio::test]
async fn servers_named_in_the_environment_are_used_instead() {
    let stack = devstack::shared().await;
    let mut command = devstack();
    let database = stack.postgres_url("postgres");
    command
        .env("KAFKA_BROKERS", stack.kafka_brokers())
        .env("REDIS_URL", stack.redis_url())
        .env("DATABASE_URL", &database);

    let running = Servers::start(&mut command).await;

    assert!(running.listed.is_empty());
    assert!(descendants(running.child.id().unwrap()).is_empty());
    let expected = [
        format!("KAFKA_BROKERS={}", stack.kafka_brokers()),
        format!("REDIS_URL={}", stack.redis_url()),
        format!("DATABASE_URL={database}"),
    ];
    assert_eq!(running.variables, expected);
}
