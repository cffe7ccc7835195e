//! Defines elections.

use std::process::ExitCode;

use ballot_log::Topics;
use clap::Parser;
use election_admin::definitions;
use election_admin::options::{Command, Options};
use election_admin::publishing::Installation;
use election_admin::warm_up::warm_up;
use service_kit::{postgres, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::init();
    match run(Options::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("election-admin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Migrate(options) => {
            postgres::migrate(&options.database_url, definitions::migrations()).await
        }
        Command::Topics(options) => {
            let topics = Topics::with_prefix(&options.kafka.topic_prefix);
            let brokers = &options.kafka.kafka_brokers;
            Ok(topics
                .create(brokers, options.partitions, options.replication)
                .await?)
        }
        Command::WarmUp(options) => warm_up(&options).await,
        Command::Create(options) => {
            let installation = Installation::open(&options.installation).await?;
            let definition = installation.create(&options).await?;
            println!("{}", serde_json::to_string(&definition)?);
            Ok(())
        }
        Command::Republish(options) => {
            let published = Installation::open(&options).await?.republish().await?;
            println!("{published} elections published");
            Ok(())
        }
    }
}
