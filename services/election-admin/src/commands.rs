//! The commands, one after the other.

use std::io::Write as _;

use anyhow::{Context, bail, ensure};
use ballot_log::Topics;
use deadpool_postgres::Object;
use election_store::elections;
use service_database::audit::{self};
use service_database::postgres;
use service_kit::hex::hex;
use service_kit::shutdown;
use tokio_postgres::Client;

use crate::elections::cancellation;
use crate::elections::creation;
use crate::elections::definitions;
use crate::elections::participants;
use crate::elections::publishing::Publisher;
use crate::options::{
    CancelOptions, Command, CreateOptions, DatabaseOptions, ElectionOptions, InstallationOptions,
    LotsOptions, ResultsOptions, RunOptions, TopicsOptions,
};
use crate::results::decided_results;
use crate::results::final_results;
use crate::results::report::Report;
use crate::service;
use crate::warm_up::warm_up;

/// Runs a command to its end.
///
/// # Errors
/// The error, for the person at the terminal.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(options) => serve(&options).await,
        Command::Migrate(options) => {
            postgres::migrate_when_reachable(&options.database.url()?, election_store::migrations())
                .await
        }
        Command::Topics(options) => topics(&options).await,
        Command::WarmUp(options) => warm_up(&options).await,
        Command::Create(options) => create(&options).await,
        Command::Cancel(options) => cancel(&options).await,
        Command::Lots(options) => lots(&options).await,
        Command::Republish(options) => republish(&options).await,
        Command::Elections(options) => elections(&options).await,
        Command::Participants(options) => participants(&options).await,
        Command::Results(options) => results(&options).await,
        Command::VerifyResult(options) => verify_result(&options).await,
        Command::VerifyAudit(options) => verify_audit(&options).await,
        Command::Health(options) => options.ask(options.admin.admin_listen).await,
    }
}

async fn serve(options: &RunOptions) -> anyhow::Result<()> {
    service::start(options)?
        .run_until(shutdown::requested())
        .await
}

async fn topics(options: &TopicsOptions) -> anyhow::Result<()> {
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let brokers = &options.kafka.kafka_brokers;
    let replication = options.replication().await?;
    topics
        .create(brokers, options.partitions, replication)
        .await?;
    Ok(())
}

async fn create(options: &CreateOptions) -> anyhow::Result<()> {
    let installation = &options.installation;
    postgres::migrate(
        &installation.postgres.database.url()?,
        election_store::migrations(),
    )
    .await?;
    let pool = postgres::pool(&installation.postgres)?;
    let publisher = Publisher::open(&installation.kafka)?;
    let definition = creation::from_scenario(options, &pool, &publisher).await?;
    println!("{}", serde_json::to_string(&definition)?);
    Ok(())
}

async fn cancel(options: &CancelOptions) -> anyhow::Result<()> {
    let (id, installation) = (options.election, &options.installation);
    let pool = postgres::pool(&installation.postgres)?;
    let publisher = Publisher::open(&installation.kafka)?;
    let act = creation::at_the_terminal("cancel", id);
    let done = cancellation::cancel(&pool, &publisher, id, act).await?;
    let ballot_log::Cancellation { at, by } = done.cancellation;
    ensure!(
        done.is_published,
        "election {id} is cancelled, but Kafka did not take it: run `election-admin republish` when Kafka is back"
    );
    println!("election {id} is cancelled since {at}, by {by}");
    Ok(())
}

async fn lots(options: &LotsOptions) -> anyhow::Result<()> {
    let (id, installation) = (options.election, &options.installation);
    let pool = postgres::pool(&installation.postgres)?;
    let publisher = Publisher::open(&installation.kafka)?;
    let act = creation::at_the_terminal("lots", id);
    let lots = ballot_log::Lots {
        order: options.order.clone(),
        drawn_by: options.drawn_by.clone(),
        drawn_at: options.drawn_at,
    };
    let decided = decided_results::decide(&pool, &publisher, id, lots, act).await?;
    ensure!(
        decided.is_published,
        "election {id} is decided, but Kafka did not take it: run `election-admin republish` when Kafka is back"
    );
    let sha256 = hex(&decided.result.sha256);
    println!("election {id} is decided by lots, sha256 {sha256}");
    Ok(())
}

async fn republish(options: &InstallationOptions) -> anyhow::Result<()> {
    postgres::migrate(
        &options.postgres.database.url()?,
        election_store::migrations(),
    )
    .await?;
    let pool = postgres::pool(&options.postgres)?;
    let published = Publisher::open(&options.kafka)?.republish(&pool).await?;
    println!("{} elections published", published.elections);
    if let Some(error) = published.unreadable.first() {
        bail!(
            "{} elections could not be read and were not published, the first one because {error}",
            published.unreadable.len()
        );
    }
    Ok(())
}

async fn elections(options: &DatabaseOptions) -> anyhow::Result<()> {
    for election in definitions::list(&*connect(options).await?).await? {
        let names: Vec<_> = election
            .participants
            .iter()
            .map(|(_, name)| name.as_str())
            .collect();
        println!(
            "{:>4}  {} to {}  {}{}: {}",
            election.id,
            election.start,
            election.end,
            if election.cancelled.is_some() {
                "CANCELLED: "
            } else {
                ""
            },
            election.title,
            names.join(", ")
        );
    }
    Ok(())
}

async fn participants(options: &DatabaseOptions) -> anyhow::Result<()> {
    for participant in participants::all(&*connect(options).await?).await? {
        let kind = if participant.individual {
            "person"
        } else {
            "party"
        };
        println!("{:>4}  {kind:<6}  {}", participant.id, participant.name);
    }
    Ok(())
}

async fn results(options: &ResultsOptions) -> anyhow::Result<()> {
    let client = connect(&options.election.database).await?;
    let definition = find(&client, &options.election).await?;
    let minimum = options.district.minimum(options.environment);
    let report = Report::read(&client, &definition, minimum).await?;
    if options.json {
        println!("{}", serde_json::to_string(&report.json()?)?);
    } else if let Some(table) = options.csv {
        std::io::stdout().write_all(&report.csv(table, options.separator)?)?;
    } else {
        print!("{}", report.table());
    }
    Ok(())
}

async fn verify_result(options: &ElectionOptions) -> anyhow::Result<()> {
    let client = connect(&options.database).await?;
    let definition = find(&client, options).await?;
    let stored = final_results::verify(&client, &definition).await?;
    println!(
        "election {}: the stored result comes out of the stored count, sha256 {}",
        definition.id,
        hex(&stored.sha256)
    );
    if let Some(decided) = decided_results::verify(&client, &definition, &stored).await? {
        println!(
            "election {}: what lots decided comes out of the lots and the stored count, sha256 {}",
            definition.id,
            hex(&decided.sha256)
        );
    }
    Ok(())
}

async fn find(
    client: &Client,
    options: &ElectionOptions,
) -> anyhow::Result<ballot_log::ElectionDefinition> {
    let found = elections::find(client, options.election).await?;
    found.with_context(|| format!("there is no election {}", options.election))
}

async fn verify_audit(options: &DatabaseOptions) -> anyhow::Result<()> {
    let client = connect(options).await?;
    let verified = audit::verify(&client).await?;
    println!(
        "the audit log is whole: {} acts, the last has the hash {}",
        verified.rows, verified.hash
    );
    Ok(())
}

/// Connects. Does not migrate: reading changes nothing.
async fn connect(options: &DatabaseOptions) -> anyhow::Result<Object> {
    definitions::connection(&postgres::pool(&options.postgres)?).await
}
