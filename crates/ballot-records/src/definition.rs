//! Definitions of elections, as stored in the topic `elections` (compacted, keyed by id).
//!
//! A definition never changes once it is there. What may be added to it later is that the election was cancelled, or which
//! lots decided it: the count looks at neither.

use std::collections::BTreeSet;

use electoral_rules::{ListTerms, RuleError, Rules};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};

pub use crate::participant::Participant;
use crate::{Choice, ElectionId, PollNumber};

/// What an election is: who stands, when it is open, and by which rules it is decided. A field that is not known may
/// decide it otherwise: the definition cannot be read then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectionDefinition {
    /// Unique in one installation.
    pub id: ElectionId,
    /// Its title on the pages.
    pub title: String,
    /// When it was defined. No vote before that moment counts, even if `start` is earlier.
    pub created: Timestamp,
    /// First moment at which votes count.
    pub start: Timestamp,
    /// First moment at which votes no longer count.
    pub end: Timestamp,
    /// True if the candidates are persons, false if they are lists.
    pub individual: bool,
    /// How votes become seats or a winner.
    pub rules: Rules,
    /// The participants, in the order of poll numbers from 1.
    pub participants: Vec<Participant>,
    /// The poll numbers of lists that stand together: seats are shared out among alliances and single lists first, then
    /// inside each alliance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alliances: Vec<Vec<PollNumber>>,
    /// When the numbers may be seen.
    #[serde(default)]
    pub results: Publication,
    /// The number of partitions of the ballot box when its first election was defined: only those are counted. Absent
    /// in elections defined by older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<i32>,
    /// Where an administrator cancelled it: nobody votes in it from then on, and it has no result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<Cancellation>,
    /// Where its result left seats or places level, the lots that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Lots>,
    /// Whether the result becomes final as soon as everything is counted.
    #[serde(default, skip_serializing_if = "Finalise::is_automatic")]
    pub finalise: Finalise,
    /// The version that it needs: who does not know it must not count it, and cannot read it.
    #[serde(
        default = "first_version",
        skip_serializing_if = "is_first_version",
        deserialize_with = "known_version"
    )]
    pub log: u32,
}

/// The newest version of the log and of definitions that this program knows. New elections are of it.
///
/// 2: files can be withdrawn, and a result can wait; alliances, a threshold of the electorate, several winners, and how
/// many candidates a list has, how many seats it has won, and whether it takes part. A program of version 1 would
/// overlook all of that.
pub const LOG_VERSION: u32 = 2;

/// The version of definitions without this field.
fn first_version() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_first_version(version: &u32) -> bool {
    *version == first_version()
}

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let version = u32::deserialize(deserializer)?;
    if version > LOG_VERSION {
        return Err(de::Error::custom(format!(
            "it is of version {version}, and {LOG_VERSION} is the newest known"
        )));
    }
    Ok(version)
}

/// An election was wrong, and somebody cancelled it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// When.
    pub at: Timestamp,
    /// The e-mail address of the account that did it.
    pub by: String,
}

/// Lots that were drawn when the result was final, as it left seats or places level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lots {
    /// Poll numbers, in the order in which they were drawn.
    pub order: Vec<PollNumber>,
    /// Who drew: a person, a commission.
    pub drawn_by: String,
    /// When.
    pub drawn_at: Timestamp,
}

/// When the numbers of an election are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Publication {
    /// While the votes come in.
    #[default]
    Live,
    /// Turnout at once, everything else when the result is final.
    AfterClose,
}

/// What makes the result of an election final, once it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finalise {
    /// Nothing but the end.
    #[default]
    Automatic,
    /// The word of an administrator. Until then the result is provisional.
    Manual,
}

impl Finalise {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
    fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

/// Why a definition makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// The election would never be open.
    #[error("the election must end after it starts")]
    NeverOpen,
    /// Fewer than two participants.
    #[error("an election needs at least two participants")]
    NoChoice,
    /// Poll numbers are not 1, 2, 3 …
    #[error("poll numbers must count from 1 in the order of the participants")]
    PollNumbers,
    /// Two participants have the same name, so voters could not tell them apart.
    #[error("two participants are called «{0}»")]
    SameName(String),
    /// An alliance that nobody stands together in.
    #[error("an alliance is of two lists or more: {0:?} is none")]
    NoAlliance(Vec<PollNumber>),
    /// A version that an older program would take for one that it knows.
    #[error("its version is {written}, but its rules and terms need version {needed}")]
    Version {
        /// As the definition says.
        written: u32,
        /// By what it holds.
        needed: u32,
    },
    /// The electoral rules refuse.
    #[error(transparent)]
    Rules(#[from] RuleError),
}

impl ElectionDefinition {
    /// What the electoral rules need to know of each list, in the order of poll numbers.
    pub fn terms(&self) -> Vec<ListTerms> {
        self.participants.iter().map(Participant::terms).collect()
    }

    /// The version that a program must know to apply its rules and terms.
    pub fn version(&self) -> u32 {
        let is_new = |terms: ListTerms| {
            terms.candidates.is_some() || !terms.takes_part || terms.seats_won > 0
        };
        let needs_second = !self.alliances.is_empty()
            || self.rules.needs_electorate()
            || self.rules.winners().is_some()
            || self.terms().into_iter().any(is_new);
        first_version() + u32::from(needs_second)
    }

    /// Checks that it is valid. Two participants may have the same name: they have different poll numbers.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), DefinitionError> {
        if self.start >= self.end {
            return Err(DefinitionError::NeverOpen);
        }
        if self.participants.len() < 2 {
            return Err(DefinitionError::NoChoice);
        }
        for (participant, poll_number) in self.participants.iter().zip(1..) {
            if participant.poll_number != poll_number {
                return Err(DefinitionError::PollNumbers);
            }
        }
        if let Some(alone) = self.alliances.iter().find(|lists| lists.len() < 2) {
            return Err(DefinitionError::NoAlliance(alone.clone()));
        }
        self.rules.check(&self.terms())?;
        let lists = self.participants.len();
        self.rules.check_alliances(&self.alliances, lists)?;
        let (written, needed) = (self.log, self.version());
        if written < needed {
            return Err(DefinitionError::Version { written, needed });
        }
        Ok(())
    }

    /// Whether voters can tell all participants apart by name, which is required if votes are given by name.
    ///
    /// # Errors
    /// [`DefinitionError::SameName`] with the first name that occurs twice.
    pub fn check_names(&self) -> Result<(), DefinitionError> {
        let mut names = BTreeSet::new();
        for participant in &self.participants {
            if !names.insert(participant.name.as_str()) {
                return Err(DefinitionError::SameName(participant.name.clone()));
            }
        }
        Ok(())
    }
}

/// A definition, prepared for the checks that every vote needs.
#[derive(Clone, Debug)]
pub struct Election {
    definition: ElectionDefinition,
    created_ms: i64,
    opens_ms: i64,
    closes_ms: i64,
}

impl Election {
    /// Prepares a definition for use.
    pub fn new(definition: ElectionDefinition) -> Self {
        Self {
            created_ms: first_millisecond_from(definition.created),
            opens_ms: first_millisecond_from(definition.start.max(definition.created)),
            closes_ms: first_millisecond_from(definition.end),
            definition,
        }
    }

    /// The definition as it was published.
    pub fn definition(&self) -> &ElectionDefinition {
        &self.definition
    }

    /// Whether a vote that the log received at this time (milliseconds since 1970) counts:
    /// max(start, created) <= time < end.
    pub fn is_open_at(&self, time_ms: i64) -> bool {
        self.opens_ms <= time_ms && time_ms < self.closes_ms
    }

    /// Whether the election's end had passed at this time (milliseconds since 1970).
    pub fn has_ended_at(&self, time_ms: i64) -> bool {
        self.closes_ms <= time_ms
    }

    /// Whether records of its log may be withdrawals.
    pub fn knows_withdrawals(&self) -> bool {
        self.definition.log >= 2
    }

    /// Whether the election had been defined at this time (milliseconds since 1970).
    pub fn existed_at(&self, time_ms: i64) -> bool {
        self.created_ms <= time_ms
    }

    /// The poll number that a ballot chose, if a participant has it.
    pub fn poll_number(&self, choice: Choice) -> Option<PollNumber> {
        let poll_number = PollNumber::try_from(choice).ok()?;
        let last = self.definition.participants.len();
        (poll_number >= 1 && usize::try_from(poll_number).ok()? <= last).then_some(poll_number)
    }

    /// The participant with this name, or else with this poll number in digits. A name that two participants
    /// have means neither of them: a voter's choice is never guessed.
    pub fn candidate(&self, name_or_number: &str) -> Option<PollNumber> {
        let mut of_that_name = self
            .definition
            .participants
            .iter()
            .filter(|participant| participant.name == name_or_number)
            .map(|participant| participant.poll_number);
        match (of_that_name.next(), of_that_name.next()) {
            (Some(poll_number), None) => return Some(poll_number),
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
        let digits =
            !name_or_number.is_empty() && name_or_number.bytes().all(|b| b.is_ascii_digit());
        let number: Choice = digits.then(|| name_or_number.parse().ok())??;
        self.poll_number(number)
    }
}

/// Kafka's time is whole milliseconds: `t >= moment` is `t >= ceil(moment)`.
fn first_millisecond_from(moment: Timestamp) -> i64 {
    let floor = moment.as_millisecond();
    if moment.subsec_nanosecond().rem_euclid(1_000_000) == 0 {
        return floor;
    }
    // `as_millisecond` truncates towards zero, so before 1970 it has already rounded up.
    if moment < Timestamp::UNIX_EPOCH {
        floor
    } else {
        floor + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(json: &str) -> ElectionDefinition {
        serde_json::from_str(json).unwrap()
    }

    fn sample() -> ElectionDefinition {
        definition(
            r#"{"id":7,"title":"T","created":"2026-06-16T14:00:00.0005Z","start":"2026-06-16T13:00:00Z",
                "end":"2026-06-16T15:00:00Z","individual":false,
                "rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
                "participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"1"},
                                {"poll_number":3,"name":"C","exempt":true,"multiplier":"1.35"}]}"#,
        )
    }

    #[test]
    fn an_election_is_open_from_the_later_of_start_and_creation_up_to_its_end() {
        let election = Election::new(sample());
        let created: Timestamp = "2026-06-16T14:00:00Z".parse().unwrap();
        let end: Timestamp = "2026-06-16T15:00:00Z".parse().unwrap();
        assert!(!election.is_open_at(created.as_millisecond()));
        assert!(!election.existed_at(created.as_millisecond()));
        assert!(election.is_open_at(created.as_millisecond() + 1));
        assert!(election.is_open_at(end.as_millisecond() - 1));
        assert!(!election.is_open_at(end.as_millisecond()));
    }

    #[test]
    fn a_name_wins_over_a_poll_number() {
        let election = Election::new(sample());
        assert_eq!(election.candidate("A"), Some(1));
        assert_eq!(election.candidate("1"), Some(2));
        assert_eq!(election.candidate("3"), Some(3));
        for nobody in ["", "0", "4", "+3", "99999999999999999999999", "a"] {
            assert_eq!(election.candidate(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn a_name_that_two_bear_means_neither() {
        let mut twins = sample();
        twins.participants[2].name = "1".to_owned();
        let election = Election::new(twins);
        assert_eq!(election.candidate("1"), None);
        assert_eq!(election.candidate("A"), Some(1));
        assert_eq!(election.candidate("3"), Some(3));
    }

    #[test]
    fn a_definition_survives_the_topic() {
        let json = serde_json::to_string(&sample()).unwrap();
        assert_eq!(definition(&json), sample());
        assert_eq!(sample().check(), Ok(()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        let mut never_open = sample();
        never_open.end = never_open.start;
        assert_eq!(never_open.check(), Err(DefinitionError::NeverOpen));
        let mut alone = sample();
        alone.participants.truncate(1);
        assert_eq!(alone.check(), Err(DefinitionError::NoChoice));
        let mut twins = sample();
        twins.participants[1].name = "A".to_owned();
        assert_eq!(twins.check(), Ok(()));
        assert_eq!(
            twins.check_names(),
            Err(DefinitionError::SameName("A".to_owned()))
        );
        assert_eq!(sample().check_names(), Ok(()));
        let mut misnumbered = sample();
        misnumbered.participants[1].poll_number = 5;
        assert_eq!(misnumbered.check(), Err(DefinitionError::PollNumbers));
    }
}
