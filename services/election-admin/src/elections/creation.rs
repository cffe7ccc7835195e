//! Defining elections: by an administrator's request, or from a scenario.

use std::iter::repeat;

use anyhow::ensure;
use ballot_log::definition::{Finalise, LOG_VERSION};
use ballot_log::{ElectionDefinition, ElectionId, Participant, PollNumber, Publication};
use deadpool_postgres::Pool;
use electoral_rules::{ListTerms, Rules};
use jiff::{SignedDuration, Timestamp};
use service_database::audit::{self, AuditEntry};
use tokio_postgres::Transaction;

use crate::elections::definitions::{self, NewElection, StoreError};
use crate::elections::moment::Moment;
use crate::elections::participants::{self, ParticipantId};
use crate::elections::publishing::Publisher;
use crate::elections::template::ElectionTemplate;
use crate::options::CreateOptions;

/// Either does not parse, the end is not after the start, or another election is open then.
pub const INVALID_TIME: &str = "Invalid date and time.";
/// Too few, unknown, repeated, or persons in an election of parties.
pub const INVALID_PARTICIPANTS: &str = "Invalid participants.";

/// 250 seats by D'Hondt among the parties with 5 % of the valid votes.
const PARLIAMENTARY: &str = r#"{"method":"dhondt","seats":250,"threshold":{"percent":5,"of":"valid"},"tie":"ballot_order"}"#;
/// The most votes win; the result reports everyone's share.
const PRESIDENTIAL: &str = r#"{"method":"majority","winner":"plurality","tie":"lot"}"#;

/// An election as requested by an administrator.
#[derive(Debug)]
pub struct ElectionRequest {
    /// First moment at which votes count; `None` if it does not parse.
    pub start: Option<Moment>,
    /// First moment at which votes no longer count; `None` if it does not parse.
    pub end: Option<Moment>,
    /// True if the candidates are persons.
    pub individual: bool,
    /// The participants, in the order of the ballot; empty if the list is invalid.
    pub participants: Option<Vec<ParticipantId>>,
    /// The fields that old clients do not send, or what is wrong with them.
    pub extras: Result<Extras, String>,
}

/// The fields of an election that old clients do not send.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// What the pages call it.
    pub title: Option<String>,
    /// How votes become seats or a winner.
    pub rules: Option<Rules>,
    /// The terms of single lists, in the order of the ballot; empty if all are ordinary.
    pub terms: Vec<ListTerms>,
    /// The poll numbers of lists that stand together.
    pub alliances: Vec<Vec<PollNumber>>,
    /// When the numbers may be seen.
    pub results: Publication,
    /// What makes the result final.
    pub finalise: Finalise,
}

/// Why an election was not defined.
#[derive(Debug, thiserror::Error)]
pub enum CreationError {
    /// The request is not valid; the message is for the client.
    #[error("{0}")]
    Refused(String),
    /// A server is unreachable; nothing is stored.
    #[error("{0:#}")]
    Unavailable(#[from] anyhow::Error),
}

impl From<tokio_postgres::Error> for CreationError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<StoreError> for CreationError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overlap => Self::Refused(INVALID_TIME.to_owned()),
            error => Self::Unavailable(error.into()),
        }
    }
}

/// An election that was defined.
#[derive(Debug, PartialEq, Eq)]
pub struct Defined {
    /// Its number.
    pub id: ElectionId,
    /// The participants' poll numbers, in their order.
    pub poll_numbers: Vec<PollNumber>,
    /// Whether Kafka has it, so that all services know it.
    pub is_published: bool,
}

impl ElectionRequest {
    /// Defines the election. When this returns it is stored, and the act is in the audit log. It is also
    /// published, unless Kafka has just become unreachable: then [`Publisher::republish`] does it later.
    ///
    /// # Errors
    /// [`CreationError::Refused`] with the first check that fails.
    pub async fn create(
        self,
        pool: &Pool,
        publisher: &Publisher,
        mut act: AuditEntry,
    ) -> Result<Defined, CreationError> {
        // An invalid request is refused as such whether or not Kafka is available.
        let mut client = definitions::connection(pool).await?;
        let dry_run = client.transaction().await?;
        self.draft(&dry_run).await?;
        drop(dry_run);
        // Do not hold a connection that others need while waiting for Kafka.
        drop(client);
        let partitions = publisher.partitions(pool).await?;

        let mut client = definitions::connection(pool).await?;
        let transaction = client.transaction().await?;
        let (mut definition, ids) = self.draft(&transaction).await?;
        definition.partitions = Some(partitions);
        let election = NewElection {
            definition: &definition,
            start: self.start.as_ref().ok_or(StoreError::Overlap)?,
            end: self.end.as_ref().ok_or(StoreError::Overlap)?,
            participants: &ids,
        };
        let ballot_box = (publisher.topics().votes.as_str(), partitions);
        definitions::insert(&transaction, ballot_box, election).await?;
        act.target = format!("election {}", definition.id);
        audit::append(&transaction, &act).await?;
        transaction.commit().await?;
        drop(client);
        Ok(Defined {
            id: definition.id,
            poll_numbers: participants::poll_numbers(ids.len()).collect(),
            is_published: publish(publisher, &definition).await,
        })
    }

    /// The election as it would be defined now, and its participants.
    async fn draft(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<(ElectionDefinition, Vec<ParticipantId>), CreationError> {
        let (Some(start), Some(end)) = (&self.start, &self.end) else {
            return Err(StoreError::Overlap.into());
        };
        let (start, end) = (start.instant(), end.instant());
        if start >= end {
            return Err(StoreError::Overlap.into());
        }
        let id = definitions::next_number(transaction).await?;
        if definitions::is_taken(transaction, start, end).await? {
            return Err(StoreError::Overlap.into());
        }
        let (ids, names) = self.participants(transaction).await?;
        let extras = self.extras.clone().map_err(CreationError::Refused)?;
        let definition = ElectionDefinition {
            id,
            title: extras.title.unwrap_or_else(|| title(self.individual, id)),
            created: now()?,
            start,
            end,
            individual: self.individual,
            rules: match extras.rules {
                Some(rules) => rules,
                None => default_rules(self.individual)?,
            },
            participants: on_the_ballot(names, &extras.terms),
            alliances: extras.alliances,
            results: extras.results,
            finalise: extras.finalise,
            partitions: None,
            cancelled: None,
            lots: None,
            log: LOG_VERSION,
        };
        match definition.check() {
            Ok(()) => Ok((definition, ids)),
            Err(error) => Err(CreationError::Refused(error.to_string())),
        }
    }

    /// The participants, with their names.
    async fn participants(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<(Vec<ParticipantId>, Vec<String>), CreationError> {
        let refused = || CreationError::Refused(INVALID_PARTICIPANTS.to_owned());
        let ids = self.participants.as_deref().ok_or_else(refused)?;
        let mut different = ids.to_vec();
        different.sort_unstable();
        different.dedup();
        if ids.len() < 2 || different.len() < ids.len() {
            return Err(refused());
        }
        let found = participants::of_ids(transaction, ids).await?;
        let fits = |one: &participants::Participant| one.individual == self.individual;
        if found.len() < ids.len() || !found.iter().all(fits) {
            return Err(refused());
        }
        let names = found.into_iter().map(|one| one.name);
        Ok((ids.to_vec(), names.collect()))
    }
}

/// Assigns the poll numbers.
fn on_the_ballot(names: Vec<String>, terms: &[ListTerms]) -> Vec<Participant> {
    let terms = terms.iter().copied().chain(repeat(ListTerms::default()));
    let listed = participants::poll_numbers(names.len())
        .zip(names)
        .zip(terms);
    listed
        .map(|((poll_number, name), terms)| Participant::new(poll_number, name, terms))
        .collect()
}

/// Defines the election of a scenario. When this returns it is stored and published.
///
/// # Errors
/// If the scenario is invalid, the time is taken, or a server cannot be reached.
pub async fn from_scenario(
    options: &CreateOptions,
    pool: &Pool,
    publisher: &Publisher,
) -> anyhow::Result<ElectionDefinition> {
    let scenario = ElectionTemplate::read(&options.scenario)?;
    let created = now()?;
    let start = options.start.unwrap_or(created);
    let open_for = match options.minutes {
        Some(minutes) => SignedDuration::from_mins(minutes),
        None => SignedDuration::from_hours(options.hours),
    };
    let end = match options.end {
        Some(end) => end,
        None => start.checked_add(open_for)?,
    };
    let partitions = publisher.partitions(pool).await?;
    let mut client = definitions::connection(pool).await?;
    let transaction = client.transaction().await?;
    let id = definitions::next_number(&transaction).await?;
    let mut definition = scenario.election(id, created, start, end);
    definition.partitions = Some(partitions);
    definition.check()?;
    definition.check_names()?;
    let mut ids = Vec::new();
    for participant in &definition.participants {
        let (name, individual) = (&participant.name, definition.individual);
        ids.push(participants::find_or_add(&transaction, name, individual).await?);
    }
    let election = NewElection {
        definition: &definition,
        start: &start.into(),
        end: &end.into(),
        participants: &ids,
    };
    let ballot_box = (publisher.topics().votes.as_str(), partitions);
    definitions::insert(&transaction, ballot_box, election).await?;
    audit::append(&transaction, &at_the_terminal("createElection", id)).await?;
    transaction.commit().await?;
    ensure!(
        publish(publisher, &definition).await,
        "election {id} is stored, but Kafka did not take it: run `election-admin republish` when Kafka is back"
    );
    Ok(definition)
}

/// The audit entry of a command at the terminal: it needs the database's password but no account, and is recorded
/// under the user's name on this machine.
pub fn at_the_terminal(what: &'static str, election: ElectionId) -> AuditEntry {
    AuditEntry {
        who: std::env::var("USER").unwrap_or_default(),
        role: String::new(),
        what: what.into(),
        target: format!("election {election}"),
        address: "command line".to_owned(),
        outcome: audit::SUCCESS.to_owned(),
        at: Timestamp::now(),
    }
}

/// Whether Kafka took it.
async fn publish(publisher: &Publisher, definition: &ElectionDefinition) -> bool {
    let outcome = publisher.publish(definition).await;
    let outcome = outcome.inspect_err(|error| {
        tracing::error!(election = definition.id, %error, "an election is stored and not published");
    });
    outcome.is_ok()
}

/// The title of an election that was given none.
fn title(individual: bool, id: u32) -> String {
    let kind = if individual {
        "Presidential"
    } else {
        "Parliamentary"
    };
    format!("{kind} election {id}")
}

fn default_rules(individual: bool) -> anyhow::Result<Rules> {
    let rules = if individual {
        PRESIDENTIAL
    } else {
        PARLIAMENTARY
    };
    Ok(serde_json::from_str(rules)?)
}

/// PostgreSQL and Kafka both support milliseconds, and people can read them.
fn now() -> anyhow::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(
        Timestamp::now().as_millisecond(),
    )?)
}
