//! Is a server ready, and is it ours? Another one may have just taken the port, so each answer is checked for
//! something that only our own process knows.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(2);

/// What to ask, and on which loopback port.
#[derive(Debug, Clone)]
pub(crate) enum Probe {
    Redis {
        port: u16,
    },
    Postgres {
        port: u16,
        data: PathBuf,
    },
    Kafka {
        port: u16,
        cluster: String,
        nodes: Vec<i32>,
    },
    /// One of our services.
    Service {
        admin_port: u16,
    },
}

impl Probe {
    /// Succeeds when the process with this id serves requests.
    pub(crate) async fn answers(&self, pid: u32) -> anyhow::Result<()> {
        timeout(TIMEOUT, async {
            match self {
                Self::Redis { port } => redis_answers(*port, pid).await,
                Self::Postgres { port, data } => {
                    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    let found = super::postgres::query_one(
                        &url,
                        "SELECT current_setting('data_directory')",
                    )
                    .await?;
                    ensure!(
                        data.as_os_str() == found.as_str(),
                        "another PostgreSQL listens on port {port}"
                    );
                    Ok(())
                }
                Self::Kafka {
                    port,
                    cluster,
                    nodes,
                } => {
                    let metadata = kafka_metadata(*port).await?;
                    ensure!(
                        metadata.cluster == *cluster,
                        "another Kafka listens on port {port}"
                    );
                    ensure!(
                        nodes.iter().all(|node| metadata.brokers.contains(node)),
                        "brokers are missing"
                    );
                    Ok(())
                }
                Self::Service { admin_port } => service_is_ready(*admin_port).await,
            }
        })
        .await?
    }
}

/// Redis answers PING with an error while it loads its data.
async fn redis_answers(port: u16, pid: u32) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"PING\r\nINFO server\r\nQUIT\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(answer.starts_with("+PONG"), "Redis is loading");
    let ours = format!("process_id:{pid}");
    ensure!(
        answer.lines().any(|line| line == ours),
        "another Redis listens on port {port}"
    );
    Ok(())
}

/// A service that is not ready says in the body what it is waiting for.
async fn service_is_ready(port: u16) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!(
        "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(1 << 16).read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let body = answer
        .split_once("\r\n\r\n")
        .map_or(answer.as_str(), |(_, body)| body);
    bail!("{}", body.trim().replace('\n', " "))
}

/// What a broker knows about its cluster.
struct Metadata {
    brokers: Vec<i32>,
    cluster: String,
}

/// Asks a broker for the metadata of an empty list of topics: it answers this once it takes part in the
/// cluster. Metadata version 2, <https://kafka.apache.org/protocol>, is the first to name the cluster.
async fn kafka_metadata(port: u16) -> anyhow::Result<Metadata> {
    const METADATA: i16 = 3;
    const VERSION: i16 = 2;
    const CORRELATION: i32 = 1;
    const NO_CLIENT_ID: i16 = -1;
    const NO_TOPICS: i32 = 0;
    let mut request = Vec::new();
    request.extend(METADATA.to_be_bytes());
    request.extend(VERSION.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend(NO_CLIENT_ID.to_be_bytes());
    request.extend(NO_TOPICS.to_be_bytes());

    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_u32(u32::try_from(request.len())?).await?;
    stream.write_all(&request).await?;
    let length = usize::try_from(stream.read_u32().await?)?;
    ensure!(length < 1 << 20, "not an answer from Kafka");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;

    let mut answer = Reader(&answer);
    ensure!(answer.int32()? == CORRELATION, "not an answer from Kafka");
    let mut brokers = Vec::new();
    for _ in 0..answer.int32()? {
        brokers.push(answer.int32()?);
        answer.string().context("host")?;
        answer.int32().context("port")?;
        answer.string().context("rack")?;
    }
    let cluster = answer
        .string()?
        .context("the broker does not know its cluster yet")?;
    Ok(Metadata { brokers, cluster })
}

/// Reads the primitive types of Kafka's protocol.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn int32(&mut self) -> anyhow::Result<i32> {
        let Some((bytes, rest)) = self.0.split_first_chunk() else {
            bail!("the answer ends early")
        };
        self.0 = rest;
        Ok(i32::from_be_bytes(*bytes))
    }

    /// A string, or null.
    fn string(&mut self) -> anyhow::Result<Option<String>> {
        let Some((bytes, rest)) = self.0.split_first_chunk() else {
            bail!("the answer ends early")
        };
        self.0 = rest;
        let Ok(length) = usize::try_from(i16::from_be_bytes(*bytes)) else {
            return Ok(None);
        };
        let Some((text, rest)) = self.0.split_at_checked(length) else {
            bail!("the answer ends early")
        };
        self.0 = rest;
        Ok(Some(String::from_utf8(text.to_vec())?))
    }
}
