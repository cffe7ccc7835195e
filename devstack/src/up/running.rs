//! Everything that runs, from its start to its end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use futures_util::future::{join_all, try_join_all};
use rustix::process::Signal;

use super::plan::{self, CommandLine, Crowd, DATABASES, ELECTION, Election, Service};
use super::state::{Process, StackDirectory, State};
use super::supervise::{Notice, Supervisor};
use crate::options::StartOptions;
use crate::process::{Child, Launch, Output, find_sibling, require_free};
use crate::server::{Server, run_to_completion};
use crate::{Stack, StackOptions};

/// The stack with its services.
#[derive(Debug)]
pub(crate) struct Running {
    // In the order in which they must end when this is dropped.
    supervisor: Supervisor,
    services: Vec<Arc<Server>>,
    stack: Stack,
    surroundings: Surroundings,
    election: bool,
}

/// What the programs need to know, and where they write.
#[derive(Debug)]
struct Surroundings {
    directory: StackDirectory,
    logs: PathBuf,
    kafka_brokers: String,
    redis_url: String,
    database_urls: BTreeMap<String, String>,
}

impl Running {
    /// Starts the servers, runs the steps, starts the services, and waits until all are ready.
    pub(crate) async fn start(
        options: &StartOptions,
        election: Option<&Election>,
    ) -> anyhow::Result<Self> {
        check(options, election)?;
        let directory = StackDirectory::claim(options.dir.as_deref())?;
        let logs = directory.logs()?;

        let started = Instant::now();
        let progress = |says: &str| eprintln!("{:4.1} s  {says}", started.elapsed().as_secs_f64());
        progress("starting Kafka, Redis and PostgreSQL");
        let servers = StackOptions {
            brokers: options.servers.brokers,
            persist_redis: true,
            logs: Some(logs.clone()),
            ..StackOptions::default()
        };
        let stack = Stack::start_with(servers).await?;
        if stack.has_own_postgres() {
            // Keys of rolls that no longer exist.
            let _ = std::fs::remove_dir_all(directory.keys());
        }
        let mut database_urls = BTreeMap::new();
        for database in DATABASES {
            database_urls.insert(database.to_owned(), stack.ensure_database(database).await?);
        }
        let surroundings = Surroundings {
            directory,
            logs,
            kafka_brokers: stack.kafka_brokers().to_owned(),
            redis_url: stack.redis_url().to_owned(),
            database_urls,
        };
        let voters_file = surroundings.directory.voters_file().display().to_string();
        for step in plan::steps(options, election, &voters_file) {
            progress(&step.says);
            run_to_completion(&surroundings.launch_step(&step.command)?).await?;
        }
        progress("starting the services");
        let services = surroundings
            .start_services(plan::services(options)?)
            .await?;

        let all = stack.servers().iter().chain(&services).cloned();
        let running = Self {
            supervisor: Supervisor::of(all, Some(&surroundings.directory.away())),
            services,
            stack,
            surroundings,
            election: election.is_some(),
        };
        running.write_state()?;
        let logs = running.surroundings.logs.display();
        progress(&format!("everything is up; the logs are in {logs}"));
        println!(
            "ready: votes to {}/vote, results on {}/, administration on {}/docs",
            plan::vote_url(options),
            plan::page_url(options),
            plan::administration_url(options)
        );
        Ok(running)
    }

    /// Starts the crowd, which writes to the terminal itself.
    pub(crate) async fn spawn_spammer(
        &self,
        options: &StartOptions,
        election: &Election,
        crowd: &Crowd,
    ) -> anyhow::Result<Child> {
        let voters_file = self
            .surroundings
            .directory
            .voters_file()
            .display()
            .to_string();
        let command = plan::spammer(options, election, crowd, &voters_file);
        let launch = Launch {
            output: Output::Inherited,
            ..self.surroundings.launch(&command)?
        };
        Child::spawn(&launch).await
    }

    /// Waits for the next notice about the processes and handles it. Fails if one cannot be kept alive.
    pub(crate) async fn watch(&mut self) -> anyhow::Result<()> {
        match self.supervisor.notice().await {
            Notice::Restarted => self.write_state(),
            Notice::GaveUp(error) => Err(error),
        }
    }

    /// Ends the services, each of which finishes its work in progress, then the servers; removes their data.
    pub(crate) async fn stop(self) {
        self.supervisor.stop().await;
        join_all(
            self.services
                .iter()
                .map(async |service| service.stop().await),
        )
        .await;
        if self.stack.has_own_postgres() {
            let _ = std::fs::remove_dir_all(self.surroundings.directory.keys());
        }
        self.stack.stop().await;
    }

    fn write_state(&self) -> anyhow::Result<()> {
        let Surroundings {
            directory,
            kafka_brokers,
            redis_url,
            database_urls,
            ..
        } = &self.surroundings;
        let state = State {
            processes: self
                .stack
                .servers()
                .iter()
                .chain(&self.services)
                .map(|server| Process::of(server))
                .collect(),
            kafka_brokers: kafka_brokers.clone(),
            redis_url: redis_url.clone(),
            database_urls: database_urls.clone(),
            election: self.election.then_some(ELECTION),
            voters: self.election.then(|| directory.voters_as_shown()),
        };
        state.write(&directory.state_file())
    }
}

/// Finds errors before anything is started.
fn check(options: &StartOptions, election: Option<&Election>) -> anyhow::Result<()> {
    for (port, variable) in plan::known_ports(options) {
        require_free(port, variable)?;
    }
    plan::require_all_servers_or_none()?;
    if let Some(Election { scenario, .. }) = election {
        let path = scenario.display();
        ensure!(scenario.is_file(), "there is no scenario {path}");
    }
    Ok(())
}

impl Surroundings {
    fn launch(&self, command: &CommandLine) -> anyhow::Result<Launch> {
        let mut environment = vec![
            ("KAFKA_BROKERS".to_owned(), self.kafka_brokers.clone()),
            ("REDIS_URL".to_owned(), self.redis_url.clone()),
            (
                "BALLOT_KEYS_DIR".to_owned(),
                self.directory.keys().display().to_string(),
            ),
        ];
        if let Some(database) = command.database {
            let url = self
                .database_urls
                .get(database)
                .with_context(|| format!("there is no database {database}"))?;
            environment.push(("DATABASE_URL".to_owned(), url.clone()));
        }
        Ok(Launch {
            name: command.program.to_owned(),
            program: find_sibling(command.program)?,
            arguments: command.arguments.iter().map(Into::into).collect(),
            environment,
            user: None,
            // Paths in the arguments are relative to the user's current directory.
            directory: std::env::current_dir()?,
            output: Output::Log(self.logs.join(format!("{}.log", command.program))),
        })
    }

    /// One program runs in several steps, so the name says which.
    fn launch_step(&self, command: &CommandLine) -> anyhow::Result<Launch> {
        let step = command.arguments.first().map_or("", String::as_str);
        let name = format!("{} {step}", command.program);
        Ok(Launch {
            name,
            ..self.launch(command)?
        })
    }

    async fn start_services(&self, services: Vec<Service>) -> anyhow::Result<Vec<Arc<Server>>> {
        try_join_all(services.into_iter().map(async |service| {
            let launch = self.launch(&service.command)?;
            let server = Server::start(launch, service.url, service.probe, Signal::TERM).await?;
            Ok(Arc::new(server))
        }))
        .await
    }
}
