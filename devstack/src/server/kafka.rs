//! Apache Kafka in `KRaft` mode: every node is both broker and controller.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use rand::RngExt;
use rustix::process::Signal;

use super::{Probe, Server, run_to_completion, with_free_ports};
use crate::checkout;
use crate::process::{Launch, Output, find_program, free_port};

const LOGGING: &str = include_str!("../../kafka/log4j2.xml");

/// How to start a cluster.
pub(crate) struct Kafka<'a> {
    /// 1 or 3.
    pub(crate) brokers: u8,
    pub(crate) directory: PathBuf,
    pub(crate) logs: &'a Path,
}

/// One node of the cluster.
struct Node {
    id: u8,
    name: String,
    directory: PathBuf,
    log: PathBuf,
}

/// The loopback ports of a node.
#[derive(Clone, Copy)]
struct Ports {
    broker: u16,
    controller: u16,
}

pub(crate) async fn start(kafka: Kafka<'_>) -> anyhow::Result<Vec<Server>> {
    let java = find_program("java")?;
    let jars = checkout::target().join("kafka/libs");
    ensure!(
        jars.is_dir(),
        "Kafka's jars are not in {}; run script/setup",
        jars.display()
    );
    let nodes: Vec<Node> = (1..=kafka.brokers)
        .map(|id| {
            let name = if kafka.brokers == 1 {
                "kafka".to_owned()
            } else {
                format!("kafka-{id}")
            };
            Node {
                id,
                directory: kafka.directory.join(&name),
                log: kafka.logs.join(format!("{name}.log")),
                name,
            }
        })
        .collect();
    for node in &nodes {
        std::fs::create_dir_all(&node.directory)
            .with_context(|| format!("cannot create {}", node.directory.display()))?;
        std::fs::write(node.directory.join("log4j2.xml"), LOGGING)?;
    }
    let cluster = random_cluster_id();
    let jvm = Jvm {
        java,
        class_path: format!("{}/*", jars.display()),
    };
    let logs: Vec<&Path> = nodes.iter().map(|node| node.log.as_path()).collect();
    with_free_ports(&logs, async || start_cluster(&jvm, &nodes, &cluster).await).await
}

async fn start_cluster(jvm: &Jvm, nodes: &[Node], cluster: &str) -> anyhow::Result<Vec<Server>> {
    let mut ports = Vec::new();
    for _ in nodes {
        ports.push(Ports {
            broker: free_port()?,
            controller: free_port()?,
        });
    }
    let node_ids: Vec<i32> = nodes.iter().map(|node| i32::from(node.id)).collect();
    let starting = nodes.iter().zip(&ports).map(|(node, own)| {
        let node_ids = node_ids.clone();
        let properties = properties(node, *own, nodes, &ports);
        async move {
            std::fs::write(node.directory.join("server.properties"), properties)?;
            if !node.directory.join("data/meta.properties").exists() {
                run_to_completion(&jvm.format(node, cluster)).await?;
            }
            let probe = Probe::Kafka {
                port: own.broker,
                cluster: cluster.to_owned(),
                nodes: node_ids,
            };
            Server::start(
                jvm.broker(node),
                format!("127.0.0.1:{}", own.broker),
                probe,
                Signal::KILL,
            )
            .await
        }
    });
    try_join_all(starting).await
}

/// How to run the broker's programs.
struct Jvm {
    java: PathBuf,
    class_path: String,
}

impl Jvm {
    /// The serial collector was measured against G1 with 250,000 votes on two cores: as much CPU time, less memory.
    fn broker(&self, node: &Node) -> Launch {
        let options = [
            "-Xmx768m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
        ];
        self.launch(node, &options, &["kafka.Kafka", "server.properties"])
    }

    /// A program that runs for less than a second spends most of that time in the compiler.
    fn format(&self, node: &Node, cluster: &str) -> Launch {
        let arguments = [
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            cluster,
            "--config",
            "server.properties",
        ];
        let name = format!("{}-format", node.name);
        Launch {
            name,
            ..self.launch(
                node,
                &["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
                &arguments,
            )
        }
    }

    fn launch(&self, node: &Node, options: &[&str], arguments: &[&str]) -> Launch {
        // -UsePerfData: a killed JVM would leave a file in /tmp.
        const COMMON: [&str; 3] = [
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            "-Dlog4j2.configurationFile=log4j2.xml",
        ];
        let mut all: Vec<OsString> = options.iter().chain(&COMMON).map(Into::into).collect();
        all.push(format!("-XX:ErrorFile={}.crash", node.log.display()).into());
        all.extend(["-cp", &self.class_path].map(OsString::from));
        all.extend(arguments.iter().map(OsString::from));
        Launch {
            name: node.name.clone(),
            program: self.java.clone(),
            arguments: all,
            environment: Vec::new(),
            user: None,
            directory: node.directory.clone(),
            output: Output::Log(node.log.clone()),
        }
    }
}

/// The configuration of one node. With three nodes, an acknowledged record is on at least two.
fn properties(node: &Node, own: Ports, nodes: &[Node], ports: &[Ports]) -> String {
    let voters: Vec<String> = nodes
        .iter()
        .zip(ports)
        .map(|(node, ports)| format!("{}@127.0.0.1:{}", node.id, ports.controller))
        .collect();
    let voters = voters.join(",");
    let (replicas, in_sync) = if nodes.len() == 1 { (1, 1) } else { (3, 2) };
    let Node { id, directory, .. } = node;
    let data = directory.join("data");
    let data = data.display();
    let Ports { broker, controller } = own;
    format!(
        "\
process.roles=broker,controller
node.id={id}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
controller.quorum.voters={voters}
log.dirs={data}
# A misspelt topic is an error.
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=3
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=3
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=3
# A group of one member does not wait for others.
group.initial.rebalance.delay.ms=0
# A killed broker is noticed as missing, and told apart from its successor, after this time.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
log.cleaner.dedupe.buffer.size=16777216
"
    )
}

/// Every cluster has its own id, so that no client can mistake it for an earlier one on the same port. Kafka
/// writes an id as 16 bytes in URL-safe base 64: 21 digits of six bits, and one that carries the two left at
/// its upper end.
///
/// `-` and `_` are left out: Kafka's tool takes an id that begins with `-` for an option.
fn random_cluster_id() -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = rand::rng();
    let mut id: String = (0..21)
        .map(|_| char::from(DIGITS[random.random_range(0..62)]))
        .collect();
    id.push(char::from(DIGITS[random.random_range(0..4) << 4]));
    id
}
