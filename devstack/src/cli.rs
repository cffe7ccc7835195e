//! The command `devstack`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::options::{ServerOptions, StartOptions};
use crate::{signals::StopSignals, up};

/// Runs Kafka, Redis and PostgreSQL as private child processes, and every service on top of them.
///
/// The servers listen on free ports of 127.0.0.1. When this program ends, for whatever reason, everything is
/// stopped and all data is removed. If `KAFKA_BROKERS`, `REDIS_URL` or `DATABASE_URL` is set, the server named
/// there is used instead.
///
/// Exit status: 0 if stopped on request, 1 on failure, 2 on wrong usage; `demo` exits with the status of the
/// spammer, which is 0 only if the count was exactly right.
#[derive(Debug, Parser)]
#[command(name = "devstack", version)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start only the three servers, print their addresses, and run until Ctrl-C
    Servers(ServerOptions),
    /// Start the servers and every service, and run until Ctrl-C
    ///
    /// Writes target/devstack/state.json; the logs are in target/devstack/logs. `JWT_SECRET`, `ADMIN_EMAIL`,
    /// `ADMIN_PASSWORD` and similar variables in the environment override the development defaults of the
    /// services. A process that ends is started again, unless there is a file of its name in target/devstack/away: then
    /// once that is gone.
    Up(UpOptions),
    /// Like `up`, with simulated voters, a progress bar, and a check that every vote was counted once
    Demo(DemoOptions),
}

#[derive(Debug, Args)]
struct UpOptions {
    /// Create a roll of this many synthetic voters, and an election that is open from now on
    #[arg(long, value_parser = value_parser!(u32).range(1..))]
    voters: Option<u32>,
    /// TOML file that defines the election: rules and participants
    #[arg(long, value_name = "FILE", requires = "voters", default_value_os_t = up::default_scenario())]
    scenario: PathBuf,
    /// How long the election is open [default: a day]
    #[arg(long, requires = "voters", value_parser = value_parser!(u32).range(1..=525_600))]
    minutes: Option<u32>,
    #[command(flatten)]
    start: StartOptions,
}

#[derive(Debug, Args)]
struct DemoOptions {
    /// Number of voters; each of them votes once
    #[arg(long, default_value_t = 50_000, value_parser = value_parser!(u32).range(1..))]
    voters: u32,
    /// Votes per second
    #[arg(long, default_value_t = 2000, value_parser = value_parser!(u32).range(1..))]
    rate: u32,
    /// Exit after the check instead of staying up
    #[arg(long)]
    exit: bool,
    /// TOML file that defines the election; its votes are the odds of the voters' choices
    #[arg(long, value_name = "FILE", default_value_os_t = up::default_scenario())]
    scenario: PathBuf,
    #[command(flatten)]
    start: StartOptions,
    /// More options for the spammer, after `--`
    #[arg(last = true, value_name = "SPAMMER OPTIONS")]
    spammer: Vec<String>,
}

/// Runs the command until it is asked to stop, and returns the exit status.
pub async fn run(options: Options) -> anyhow::Result<u8> {
    let mut stop = StopSignals::listen()?;
    match options.command {
        Command::Servers(options) => up::servers(&options, &mut stop).await,
        Command::Up(mut options) => {
            options.start.settle_ports()?;
            let election = options.voters.map(|voters| up::Election {
                voters,
                scenario: options.scenario,
                minutes: options.minutes,
            });
            up::up(&options.start, election, &mut stop).await
        }
        Command::Demo(mut options) => {
            options.start.settle_ports()?;
            let election = up::Election {
                voters: options.voters,
                scenario: options.scenario,
                minutes: None,
            };
            let crowd = up::Crowd {
                rate: options.rate,
                options: options.spammer,
                exit: options.exit,
            };
            up::demo(&options.start, election, &crowd, &mut stop).await
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Options;

    fn is_accepted(line: &str) -> bool {
        Options::try_parse_from(line.split(' ')).is_ok()
    }

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_scenario_without_voters_is_no_election() {
        assert!(is_accepted("devstack up"));
        assert!(is_accepted("devstack up --voters 10 --scenario a.toml"));
        assert!(!is_accepted("devstack up --scenario a.toml"));
        assert!(!is_accepted("devstack up --voters 0"));
    }

    #[test]
    fn a_cluster_has_one_broker_or_three() {
        assert!(is_accepted("devstack servers --brokers 3"));
        assert!(!is_accepted("devstack servers --brokers 2"));
    }

    #[test]
    fn a_port_of_0_becomes_a_free_one() {
        let line = "devstack up --ballot-station-port 0 --vote-ingest-port 7";
        let options = Options::try_parse_from(line.split(' ')).unwrap();
        let super::Command::Up(mut options) = options.command else {
            panic!("it is `up`");
        };
        options.start.settle_ports().unwrap();
        assert_ne!(options.start.ballot_station_port, 0);
        assert_eq!(options.start.vote_ingest_port, 7);
    }

    #[test]
    fn the_spammer_has_options_of_its_own() {
        assert!(is_accepted(
            "devstack demo --voters 100 --exit -- --connections 8"
        ));
        assert!(!is_accepted("devstack demo --connections 8"));
    }
}
