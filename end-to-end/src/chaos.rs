//! An election under load with random faults.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ballot_log::client_config;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rustix::process::Signal;
use serde::Serialize;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::extra::Extra;
use crate::night::{Night, State, TIMEOUT, program, report, signal_group, until};

/// Votes per second.
const RATE: u32 = 150;
/// How long servers are down.
const AWAY: Duration = Duration::from_secs(20);

/// What to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seed of the faults; the same seed gives the same faults.
    pub seed: u64,
    /// How long votes are cast.
    pub seconds: u32,
    /// Kafka brokers, 1 or 3.
    pub brokers: u8,
}

/// The outcome of a run.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub seed: u64,
    /// How often each kind of fault occurred.
    pub faults: BTreeMap<&'static str, u32>,
    pub accepted: u64,
    pub counted: u64,
    pub lost: u64,
    pub double: u64,
    /// The longest time that a voter retried until acceptance, in milliseconds.
    pub longest_outage_ms: f64,
    /// Votes that were sent to two instances of vote-ingest at the same moment.
    pub raced: u64,
    /// Whether the page shows what voters were told, and log, checkpoints, Redis, page and final result say the same.
    pub stores_agree: bool,
    /// What the comparison of the stores said.
    pub verified: String,
}

impl Outcome {
    /// Whether every accepted vote counts once.
    pub fn is_exact(&self) -> bool {
        self.lost == 0 && self.double == 0 && self.stores_agree && self.accepted > 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Pause,
    RedisEmptied,
    PostgresAway,
    BrokersAway,
    PostgresDown,
    RedisDown,
    BrokersDown,
    Scale,
    Junk,
}

/// Each with its name, and how often it comes: what takes 20 s is rarer than what takes a moment.
const FAULTS: [(Fault, &str, u32); 10] = [
    (Fault::Kill, "killed", 6),
    (Fault::Pause, "paused", 4),
    (Fault::RedisEmptied, "redis_emptied", 2),
    (Fault::PostgresAway, "postgres_away", 1),
    (Fault::BrokersAway, "brokers_away", 1),
    (Fault::PostgresDown, "postgres_down", 1),
    (Fault::RedisDown, "redis_down", 1),
    (Fault::BrokersDown, "brokers_down", 1),
    (Fault::Scale, "tally_stream_scaled", 2),
    (Fault::Junk, "junk_in_the_log", 2),
];

fn draw(chance: &mut StdRng) -> (Fault, &'static str) {
    let all: u32 = FAULTS.iter().map(|(.., weight)| weight).sum();
    let mut drawn = chance.random_range(0..all);
    for (fault, name, weight) in FAULTS {
        if drawn < weight {
            return (fault, name);
        }
        drawn -= weight;
    }
    unreachable!("a draw is below the sum of the weights")
}

/// Runs the plan; `say` is called for each fault.
pub async fn run(plan: Plan, say: impl Fn(&str)) -> Outcome {
    let voters = RATE * plan.seconds;
    let brokers = plan.brokers.to_string();
    // Long enough for the votes that wait for the last fault to be over.
    let minutes = (plan.seconds.div_ceil(60) + 2).to_string();
    let night = Night::begin(voters, &["--brokers", &brokers, "--minutes", &minutes]).await;
    let second = Extra::start(&night, "vote-ingest").await;
    let crowd = crowd(&night, &second, plan);
    let mut chance = StdRng::seed_from_u64(plan.seed);
    let mut faults = BTreeMap::new();
    let started = Instant::now();
    // The last fault is over before the last votes are due, so that every fault hits the crowd.
    let until = Duration::from_secs(u64::from(plan.seconds).saturating_sub(AWAY.as_secs() / 2));
    while started.elapsed() < until {
        sleep(Duration::from_millis(chance.random_range(500..4_000))).await;
        let (fault, name) = draw(&mut chance);
        say(&format!("{:4} s  {name}", started.elapsed().as_secs()));
        *faults.entry(name).or_default() += 1;
        strike(&night, fault, &mut chance).await;
    }
    let (status, told) = report_within(crowd, TIMEOUT * 2).await;
    let number = |name: &str| told[name].as_u64().unwrap_or_default();
    say("       comparing the stores with the log");
    let recounted = recount_agrees(&night).await;
    night.until_final().await;
    let verified = verify(&night).await;
    let outcome = Outcome {
        seed: plan.seed,
        faults,
        accepted: number("accepted"),
        counted: number("counted"),
        lost: number("lost"),
        double: number("double"),
        longest_outage_ms: told["latency_ms"]["max"].as_f64().unwrap_or_default(),
        raced: number("raced"),
        stores_agree: status.success() && recounted && verified.0,
        verified: verified.1,
    };
    second.stop().await;
    night.end().await;
    outcome
}

/// Voters who retry until they are answered, at two instances of vote-ingest.
fn crowd(night: &Night, second: &Extra, plan: Plan) -> Child {
    let (rate, duration) = (RATE.to_string(), plan.seconds.to_string());
    let arguments = [
        "--url",
        &second.url,
        "--rate",
        &rate,
        "--duration",
        &duration,
        "--retries",
        "--give-up",
        "180",
        "--settle",
        "180",
        "--races",
        "5",
    ];
    night.crowd(&arguments)
}

async fn report_within(crowd: Child, limit: Duration) -> (ExitStatus, Value) {
    tokio::time::timeout(limit, report(crowd))
        .await
        .expect("the crowd ends")
}

async fn strike(night: &Night, fault: Fault, chance: &mut StdRng) {
    match fault {
        Fault::Kill => {
            let name = any(&night.state(), chance);
            night.kill(&name).await;
        }
        Fault::Pause => {
            let name = any(&night.state(), chance);
            let pause = Duration::from_millis(chance.random_range(500..8_000));
            pause_all(night, &[name], pause).await;
        }
        Fault::RedisEmptied => empty_redis(night).await,
        Fault::PostgresAway => pause_all(night, &servers(night, "postgres"), AWAY).await,
        Fault::BrokersAway => pause_all(night, &servers(night, "kafka"), AWAY).await,
        Fault::PostgresDown => take_down(night, "postgres").await,
        Fault::RedisDown => take_down(night, "redis").await,
        Fault::BrokersDown => take_down(night, "kafka").await,
        Fault::Scale => {
            let others = [
                Extra::start(night, "tally-stream").await,
                Extra::start(night, "tally-stream").await,
            ];
            sleep(Duration::from_secs(chance.random_range(3..10))).await;
            for other in others {
                other.stop().await;
            }
        }
        Fault::Junk => junk(night).await,
    }
}

/// The name of any process.
fn any(state: &State, chance: &mut StdRng) -> String {
    let one = chance.random_range(0..state.processes.len());
    state.processes[one].name.clone()
}

/// Suspends processes for a while: they keep their connections and answer nothing.
async fn pause_all(night: &Night, names: &[String], pause: Duration) {
    let state = night.state();
    let pids: Vec<u32> = names.iter().map(|name| state.process(name).pid).collect();
    for pid in &pids {
        signal_group(*pid, Signal::STOP);
    }
    sleep(pause).await;
    for pid in pids {
        signal_group(pid, Signal::CONT);
    }
}

/// The processes of one kind of server.
fn servers(night: &Night, kind: &str) -> Vec<String> {
    let names = night.state().processes.into_iter().map(|one| one.name);
    names.filter(|name| name.starts_with(kind)).collect()
}

/// Ends servers as a power cut would, and starts them again after a while, in which they refuse every connection.
async fn take_down(night: &Night, kind: &str) {
    let names = servers(night, kind);
    let before: Vec<u32> = names
        .iter()
        .map(|name| night.state().process(name).pid)
        .collect();
    let file = |name: &String| night.file("away").join(name);
    std::fs::create_dir_all(night.file("away")).unwrap();
    for (name, pid) in names.iter().zip(&before) {
        std::fs::write(file(name), "").unwrap();
        signal_group(*pid, Signal::KILL);
    }
    sleep(AWAY).await;
    for name in &names {
        std::fs::remove_file(file(name)).unwrap();
    }
    for (name, pid) in names.iter().zip(before) {
        until(&format!("a new {name}"), || {
            night.state().process(name).pid != pid
        })
        .await;
    }
}

/// Empties Redis and loads the roll again.
async fn empty_redis(night: &Night) {
    let state = night.state();
    let client = redis::Client::open(state.redis_url.as_str()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut redis)
        .await
        .unwrap();
    let election = state.election.unwrap().to_string();
    let load = async {
        loop {
            let loaded = Command::new(program("voter-roll"))
                .args(["load", "--election", &election])
                .env("REDIS_URL", &state.redis_url)
                .env("DATABASE_URL", &state.database_urls["voter_roll"])
                .env("BALLOT_KEYS_DIR", night.file("keys"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if loaded.await.unwrap().success() {
                return;
            }
            // PostgreSQL may be starting again.
            sleep(Duration::from_millis(200)).await;
        }
    };
    let loaded = tokio::time::timeout(TIMEOUT, load).await;
    loaded.expect("the roll can be loaded");
}

/// Writes records that none of our services would write.
async fn junk(night: &Night) {
    let state = night.state();
    let producer: FutureProducer = client_config(&state.kafka_brokers).create().unwrap();
    for payload in [
        "no record at all",
        r#"{"v":1,"election":4000000000,"close":true}"#,
        r#"{"v":1,"election":4000000000,"ballot":1,"choice":1}"#,
        r#"{"v":9,"election":1,"ballot":1,"choice":1}"#,
    ] {
        let record = FutureRecord::to("votes").key(payload).payload(payload);
        producer.send(record, TIMEOUT).await.unwrap();
    }
}

async fn recount_agrees(night: &Night) -> bool {
    let state = night.state();
    // The last checkpoint may be a few seconds old; the whole count is stored when the process stops.
    night.kill_gently("tally-stream").await;
    let election = state.election.unwrap().to_string();
    let recount = Command::new(program("tally-stream"))
        .args([
            "recount",
            "--election",
            &election,
            "--kafka-brokers",
            &state.kafka_brokers,
        ])
        .args(["--database-url", &state.database_urls["election_process"]])
        .output();
    recount.await.unwrap().status.success()
}

/// Whether log, checkpoints, Redis, page and final result agree, and what was said of it.
async fn verify(night: &Night) -> (bool, String) {
    let state = night.state();
    let election = state.election.unwrap().to_string();
    let verify = Command::new(program("tally-stream"))
        .args(["verify", "--election", &election])
        .args(["--page", &state.process("dashboard-feed").url])
        .env("KAFKA_BROKERS", &state.kafka_brokers)
        .env("REDIS_URL", &state.redis_url)
        .env("DATABASE_URL", &state.database_urls["election_process"])
        .output();
    let output = verify.await.unwrap();
    // The last line says what differs, if anything does.
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.lines().last().unwrap_or("nothing was compared");
    (output.status.success(), said.to_owned())
}
