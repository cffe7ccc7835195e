//! How many observers a feed can serve: the memory they take, and how soon the last of them has a result.
//!
//! Starts the `dashboard-feed` that was built next to it, connects `--clients` observers, publishes results in
//! Redis as tally-stream does, and prints one line of JSON. Observers share the machine, and so the processors,
//! with the feed.
//!
//! ```text
//! cargo build --release -p dashboard-feed --bins --examples
//! target/release/examples/crowd --clients 10000 --redis-url redis://127.0.0.1:6379
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Parser;
use hdrhistogram::Histogram;
use redis::AsyncCommands;
use serde_json::json;
use service_kit::settings::RedisOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};

/// No real election has this number.
const ELECTION: u32 = u32::MAX;
/// As many lists as in Serbia in 2023.
const CANDIDATES: u32 = 18;
/// Observers that connect at the same time.
const CONNECTING: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Parser)]
struct Options {
    /// Observers to connect
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// Results to publish
    #[arg(long, default_value_t = 100)]
    publications: u64,
    /// Time between two publications
    #[arg(long, default_value_t = 100)]
    interval_ms: u64,
    /// Threads of the feed that serve connections
    #[arg(long, default_value_t = 1)]
    threads: u16,
    #[command(flatten)]
    redis: RedisOptions,
}

/// What all observers share.
struct Crowd {
    started: Instant,
    /// When each position was published, in µs since the start.
    published_us: Vec<AtomicU64>,
    /// How many observers have received the last position.
    complete: AtomicU64,
}

/// One event that one observer received.
struct Receipt {
    position: usize,
    latency_us: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    ensure_file_descriptors(options.clients)?;
    let redis = redis::Client::open(options.redis.redis_url.as_str())?;
    let mut redis = redis
        .get_multiplexed_async_connection()
        .await
        .context("cannot reach Redis: name one with --redis-url")?;
    store(&mut redis, 0).await?;
    let outcome = run(&options, &mut redis).await;
    let () = redis.del(key()).await?;
    let () = redis.srem("results", ELECTION).await?;
    println!("{}", outcome?);
    Ok(())
}

async fn run(
    options: &Options,
    redis: &mut redis::aio::MultiplexedConnection,
) -> anyhow::Result<serde_json::Value> {
    let (feed, address) = start_feed(options).await?;
    let process = feed.id().context("the feed has ended")?;
    let published_us = (0..=options.publications).map(|_| AtomicU64::new(0));
    let crowd = Arc::new(Crowd {
        started: Instant::now(),
        published_us: published_us.collect(),
        complete: AtomicU64::new(0),
    });

    let memory_before = anonymous_memory(process)?;
    let (receipts, mut received) = mpsc::unbounded_channel();
    let mut observers = connect(options.clients, address, &crowd, &receipts).await?;
    drop(receipts);
    let clients = u64::try_from(options.clients)?;
    let memory_idle = anonymous_memory(process)?;
    let cpu_before = cpu_ticks(process)?;

    let mut every = interval(Duration::from_millis(options.interval_ms));
    for position in 1..=options.publications {
        every.tick().await;
        let slot = &crowd.published_us[usize::try_from(position)?];
        slot.store(crowd.now_us(), Ordering::Relaxed);
        store(redis, position).await?;
    }
    let everybody = async {
        while crowd.complete.load(Ordering::Relaxed) < clients {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let all_complete = timeout(TIMEOUT, everybody).await.is_ok();
    let cpu_s = seconds(cpu_ticks(process)? - cpu_before);
    let memory_after = anonymous_memory(process)?;
    observers.abort_all();
    while observers.join_next().await.is_some() {}

    let mut each = Histogram::<u64>::new(3)?;
    let mut last = vec![0_u64; crowd.published_us.len()];
    while let Some(receipt) = received.recv().await {
        each.record(receipt.latency_us)?;
        last[receipt.position] = last[receipt.position].max(receipt.latency_us);
    }
    let mut last_of_all = Histogram::<u64>::new(3)?;
    for latency_us in last.into_iter().filter(|&latency_us| latency_us > 0) {
        last_of_all.record(latency_us)?;
    }
    let skipped = (options.publications * clients).saturating_sub(each.len());
    Ok(json!({
        "clients": options.clients,
        "publications": options.publications,
        "interval_ms": options.interval_ms,
        "event_bytes": result(options.publications).len(),
        "feed_threads": options.threads,
        "processors": std::thread::available_parallelism()?.get(),
        "all_have_the_last": all_complete,
        "received": each.len(),
        "skipped": skipped,
        "bytes_per_client": {
            "connected": memory_idle.saturating_sub(memory_before) / clients,
            "after": memory_after.saturating_sub(memory_before) / clients,
        },
        "each_client_ms": milliseconds(&each),
        "last_client_ms": milliseconds(&last_of_all),
        "feed_cpu_s": cpu_s,
    }))
}

impl Crowd {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Connects all observers and waits until each has its first event.
async fn connect(
    clients: usize,
    address: SocketAddr,
    crowd: &Arc<Crowd>,
    receipts: &mpsc::UnboundedSender<Receipt>,
) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
    let mut observers = JoinSet::new();
    let (connected, mut connections) = mpsc::channel(CONNECTING);
    let mut open = 0;
    for number in 0..clients {
        let (crowd, receipts, connected) = (Arc::clone(crowd), receipts.clone(), connected.clone());
        observers.spawn(observe(address, crowd, receipts, connected));
        if number >= CONNECTING {
            timeout(TIMEOUT, connections.recv()).await?;
            open += 1;
        }
    }
    while open < clients {
        timeout(TIMEOUT, connections.recv())
            .await
            .with_context(|| format!("only {open} observers could connect"))?;
        open += 1;
    }
    Ok(observers)
}

/// One observer: notes when each event is complete.
async fn observe(
    address: SocketAddr,
    crowd: Arc<Crowd>,
    receipts: mpsc::UnboundedSender<Receipt>,
    connected: mpsc::Sender<()>,
) -> anyhow::Result<()> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!("GET /api/elections/{ELECTION}/events HTTP/1.1\r\nhost: crowd\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let last = crowd.published_us.len() - 1;
    let mut received = Vec::new();
    loop {
        if socket.read_buf(&mut received).await? == 0 {
            bail!("the stream has ended");
        }
        while let Some(end) = received.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = received.drain(..end + 2).collect();
            let Some(position) = event_id(&block) else {
                continue;
            };
            if position == 0 {
                connected.send(()).await?;
                continue;
            }
            let published_us = crowd.published_us[position].load(Ordering::Relaxed);
            let latency_us = crowd.now_us().saturating_sub(published_us);
            receipts.send(Receipt {
                position,
                latency_us,
            })?;
            if position == last {
                crowd.complete.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn event_id(block: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(block).ok()?;
    let id = text.lines().find_map(|line| line.strip_prefix("id: "))?;
    id.parse().ok()
}

async fn store(redis: &mut redis::aio::MultiplexedConnection, position: u64) -> anyhow::Result<()> {
    let result = result(position);
    let () = redis.set(key(), &result).await?;
    let () = redis.sadd("results", ELECTION).await?;
    let () = redis.publish(key(), &result).await?;
    Ok(())
}

fn key() -> String {
    format!("results:{{{ELECTION}}}")
}

fn result(position: u64) -> String {
    let candidates = (1..=CANDIDATES).map(|number| {
        json!({"poll_number": number, "name": format!("Candidates' list number {number}"),
            "votes": position * 1000 / u64::from(number), "share": 0.0556, "seats": 13})
    });
    json!({
        "election": ELECTION, "title": "Crowd", "individual": false,
        "created": "2026-06-16T15:00:00Z", "start": "2026-06-16T15:00:00Z",
        "end": "2999-06-16T15:00:00Z", "publication": "live", "final": false,
        "position": position, "counted_to": "2026-06-16T15:10:00Z", "registered": 6_500_000,
        "records": position, "counted": position, "repeated": 0, "rejected": {}, "turnout": 0.5,
        "candidates": candidates.collect::<Vec<_>>(),
        "outcome": {"seats": vec![13; 18], "open_seats": 16, "ties": []},
    })
    .to_string()
}

/// Starts the feed that is next to this program, on a free port, and waits until it is ready.
async fn start_feed(options: &Options) -> anyhow::Result<(Child, SocketAddr)> {
    let here = std::env::current_exe()?;
    let target = here.parent().and_then(|examples| examples.parent());
    let program = target.context("no directory")?.join("dashboard-feed");
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let feed = Command::new(&program)
        .args(["run", "--listen", &address.to_string()])
        .args(["--redis-url", &options.redis.redis_url])
        .args(["--threads", &options.threads.to_string()])
        .args(["--max-observers", &options.clients.to_string()])
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}: build it first", program.display()))?;
    let ready = async {
        loop {
            if let Ok(mut socket) = TcpStream::connect(address).await {
                let request = b"GET /api/elections HTTP/1.1\r\nhost: crowd\r\n\r\n";
                let mut status = [0; 12];
                if socket.write_all(request).await.is_ok()
                    && socket.read_exact(&mut status).await.is_ok()
                    && &status == b"HTTP/1.1 200"
                {
                    return;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, ready)
        .await
        .context("the feed did not become ready")?;
    Ok((feed, address))
}

/// Anonymous memory of a process, in bytes. It does not include the kernel's socket buffers.
fn anonymous_memory(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .context("no RssAnon in /proc")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// Processor time of a process, in ticks of 10 ms.
fn cpu_ticks(process: u32) -> anyhow::Result<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("no name in /proc")?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut next = || -> anyhow::Result<u32> { Ok(fields.next().context("short")?.parse()?) };
    Ok(next()? + next()?)
}

fn seconds(ticks: u32) -> f64 {
    f64::from(ticks) / 100.0
}

fn milliseconds(latencies_us: &Histogram<u64>) -> serde_json::Value {
    let at = |quantile| {
        let tenths = latencies_us.value_at_quantile(quantile) / 100;
        f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0
    };
    json!({"p50": at(0.5), "p99": at(0.99), "max": at(1.0)})
}

fn ensure_file_descriptors(clients: usize) -> anyhow::Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .context("no limit in /proc")?;
    let soft = line
        .split_whitespace()
        .next()
        .context("no limit in /proc")?;
    let soft: usize = soft.parse().unwrap_or(usize::MAX);
    let needed = clients + 100;
    ensure!(
        soft >= needed,
        "{clients} clients need {needed} file descriptors and the limit is {soft}: raise it with `ulimit -n {needed}`"
    );
    Ok(())
}
