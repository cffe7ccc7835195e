//! What runs on the servers, and with which command lines: everything that devstack knows about the other programs.

use std::path::PathBuf;

use crate::options::StartOptions;
use crate::process::free_port;
use crate::server::Probe;

/// The id of the election that is created: the first in a new database.
pub(crate) const ELECTION: u32 = 1;

/// The databases, by the name of their migrations.
pub(crate) const VOTER_ROLL: &str = "voter_roll";
pub(crate) const ELECTION_PROCESS: &str = "election_process";
pub(crate) const ACCESS_CONTROL: &str = "access_control";

/// All the databases.
pub(crate) const DATABASES: [&str; 3] = [VOTER_ROLL, ELECTION_PROCESS, ACCESS_CONTROL];

/// An election to define, with its roll.
#[derive(Debug)]
pub(crate) struct Election {
    pub(crate) voters: u32,
    /// TOML: rules and participants.
    pub(crate) scenario: PathBuf,
    /// How long it is open, if not for as long as `election-admin create` says.
    pub(crate) minutes: Option<u32>,
}

/// The simulated voters.
#[derive(Debug)]
pub(crate) struct Crowd {
    /// Votes per second.
    pub(crate) rate: u32,
    /// Additional arguments for the spammer.
    pub(crate) options: Vec<String>,
    /// Whether everything ends when they have voted.
    pub(crate) exit: bool,
}

/// A program of this workspace with its arguments.
#[derive(Debug)]
pub(crate) struct CommandLine {
    pub(crate) program: &'static str,
    pub(crate) arguments: Vec<String>,
    /// The database it uses, if any.
    pub(crate) database: Option<&'static str>,
}

impl CommandLine {
    fn with<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }
}

/// A command to run before the services start.
#[derive(Debug)]
pub(crate) struct Step {
    /// The message shown on the terminal.
    pub(crate) says: String,
    pub(crate) command: CommandLine,
}

/// A service, which runs until the end.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) command: CommandLine,
    pub(crate) url: String,
    pub(crate) probe: Probe,
}

fn command<const N: usize>(
    program: &'static str,
    database: Option<&'static str>,
    arguments: [&str; N],
) -> CommandLine {
    CommandLine {
        program,
        arguments: arguments.map(str::to_owned).into(),
        database,
    }
}

/// The steps, in order.
#[rustfmt::skip]
pub(crate) fn steps(options: &StartOptions, election: Option<&Election>, voters_file: &str) -> Vec<Step> {
    let partitions = options.partitions.to_string();
    let copies = options.servers.brokers.to_string();
    let mut steps = vec![
        step("preparing the database of the roll",
            command("voter-roll", Some(VOTER_ROLL), ["migrate"])),
        step("preparing the database of the elections",
            command("election-admin", Some(ELECTION_PROCESS), ["migrate"])),
        step("preparing the database of the accounts",
            command("access-control", Some(ACCESS_CONTROL), ["migrate"])),
        step("creating the topics",
            command("election-admin", None, ["topics", "--partitions", &partitions, "--replication", &copies])),
        step("warming Kafka up",
            command("election-admin", None, ["warm-up", "--partitions", &partitions, "--replication", &copies])),
    ];
    let Some(Election { voters, scenario, minutes }) = election else { return steps };
    let voters = voters.to_string();
    let scenario = scenario.display().to_string();
    let seed = options.seed.to_string();
    let id = ELECTION.to_string();
    let mut create = command("election-admin", Some(ELECTION_PROCESS), ["create", "--scenario", &scenario, "--open"]);
    if let Some(minutes) = minutes {
        create.arguments.extend(["--minutes".to_owned(), minutes.to_string()]);
    }
    steps.extend([
        step(&format!("making a roll of {voters} voters"),
            command("voter-roll", Some(VOTER_ROLL), ["generate", "--voters", &voters, "--seed", &seed])),
        step(&format!("opening election {id}"), create),
        step("loading the roll",
            command("voter-roll", Some(VOTER_ROLL), ["load", "--election", &id])),
        step("writing the list of voters",
            command("voter-roll", Some(VOTER_ROLL), ["export", voters_file])),
    ]);
    steps
}

fn step(says: &str, command: CommandLine) -> Step {
    Step {
        says: says.to_owned(),
        command,
    }
}

/// The services, in display order; they start at the same time.
pub(crate) fn services(options: &StartOptions) -> anyhow::Result<Vec<Service>> {
    let admin_port = free_port()?;
    let count = Service {
        // With a fixed name it gets its partitions back immediately after a restart.
        command: service_command("tally-stream", Some(ELECTION_PROCESS), admin_port)
            .with(["--instance", "tally-stream-1"]),
        url: format!("http://127.0.0.1:{admin_port}"),
        probe: Probe::Service { admin_port },
    };
    let service = |program, database, port: u16| {
        let admin_port = free_port()?;
        let listen = format!("127.0.0.1:{port}");
        anyhow::Ok(Service {
            command: service_command(program, database, admin_port).with(["--listen", &listen]),
            url: format!("http://{listen}"),
            probe: Probe::Service { admin_port },
        })
    };
    Ok(vec![
        service("vote-ingest", None, options.vote_ingest_port)?,
        count,
        service("dashboard-feed", None, options.dashboard_feed_port)?,
        service(
            "access-control",
            Some(ACCESS_CONTROL),
            options.access_control_port,
        )?,
        service(
            "election-admin",
            Some(ELECTION_PROCESS),
            options.election_admin_port,
        )?,
        service("ballot-station", None, options.ballot_station_port)?,
    ])
}

fn service_command(
    program: &'static str,
    database: Option<&'static str>,
    admin_port: u16,
) -> CommandLine {
    let admin = format!("127.0.0.1:{admin_port}");
    command(program, database, ["run", "--admin-listen", &admin])
}

/// The well-known ports of the services, and the variable that sets each of them.
pub(crate) fn known_ports(options: &StartOptions) -> [(u16, &'static str); 5] {
    [
        (options.vote_ingest_port, "VOTE_INGEST_PORT"),
        (options.dashboard_feed_port, "DASHBOARD_FEED_PORT"),
        (options.access_control_port, "ACCESS_CONTROL_PORT"),
        (options.election_admin_port, "ELECTION_ADMIN_PORT"),
        (options.ballot_station_port, "BALLOT_STATION_PORT"),
    ]
}

/// The data in Kafka, Redis and PostgreSQL belongs together: a new database with an old log would reuse the
/// number of an earlier election.
pub(crate) fn require_all_servers_or_none() -> anyhow::Result<()> {
    let variables = ["KAFKA_BROKERS", "REDIS_URL", "DATABASE_URL"];
    let set = variables
        .iter()
        .filter(|name| std::env::var_os(name).is_some());
    anyhow::ensure!(
        matches!(set.count(), 0 | 3),
        "set all of {}, or none: what they hold belongs together",
        variables.join(", ")
    );
    Ok(())
}

/// The crowd of voters.
pub(crate) fn spammer(
    options: &StartOptions,
    election: &Election,
    crowd: &Crowd,
    voters_file: &str,
) -> CommandLine {
    #[rustfmt::skip]
    let mut line = command("spammer", None, [
        "--url", &vote_url(options),
        "--feed", &page_url(options),
        "--voters", voters_file,
        "--scenario", &election.scenario.display().to_string(),
        "--election", &ELECTION.to_string(),
        "--rate", &crowd.rate.to_string(),
        "--seed", &options.seed.to_string(),
        // A voter without an answer tries again, so servers may be killed during the run.
        "--retries",
    ]);
    line.arguments.extend(crowd.options.iter().cloned());
    line
}

pub(crate) fn vote_url(options: &StartOptions) -> String {
    format!("http://127.0.0.1:{}", options.vote_ingest_port)
}

pub(crate) fn page_url(options: &StartOptions) -> String {
    format!("http://127.0.0.1:{}", options.dashboard_feed_port)
}

pub(crate) fn administration_url(options: &StartOptions) -> String {
    format!("http://127.0.0.1:{}", options.election_admin_port)
}
