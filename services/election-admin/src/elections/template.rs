//! Elections from a file: title, rules and participants in TOML.

use std::path::Path;

use anyhow::Context;
use ballot_log::definition::{Finalise, LOG_VERSION};
use ballot_log::{ElectionDefinition, ElectionId, Participant, PollNumber, Publication};
use electoral_rules::{Decimal, ListTerms, Rules};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A scenario: an election without its time. The votes in the file are for others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectionTemplate {
    title: String,
    individual: bool,
    #[serde(default)]
    results: Publication,
    #[serde(default)]
    finalise: Finalise,
    rules: Rules,
    participants: Vec<Listed>,
    #[serde(default)]
    alliances: Vec<Vec<PollNumber>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    #[serde(default)]
    exempt: bool,
    multiplier: Option<Decimal>,
    threshold_percent: Option<Decimal>,
    candidates: Option<u64>,
    takes_part: Option<bool>,
    #[serde(default)]
    seats_won: u64,
    #[serde(rename = "votes")]
    _votes: Option<IgnoredAny>,
}

impl Listed {
    fn standing(self, poll_number: PollNumber) -> Participant {
        let terms = ListTerms {
            exempt: self.exempt,
            multiplier: self.multiplier,
            threshold_percent: self.threshold_percent,
            candidates: self.candidates,
            takes_part: self.takes_part.unwrap_or(true),
            seats_won: self.seats_won,
        };
        Participant::new(poll_number, self.name, terms)
    }
}

impl ElectionTemplate {
    /// Reads a scenario.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a scenario; the message says where.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a scenario", file.display()))
    }

    /// The election that the scenario describes, at a time. Poll numbers follow the order of the file.
    pub fn election(
        self,
        id: ElectionId,
        created: Timestamp,
        start: Timestamp,
        end: Timestamp,
    ) -> ElectionDefinition {
        let participants = (1..).zip(self.participants);
        ElectionDefinition {
            id,
            title: self.title,
            created,
            start,
            end,
            individual: self.individual,
            rules: self.rules,
            participants: participants
                .map(|(poll_number, listed)| listed.standing(poll_number))
                .collect(),
            alliances: self.alliances,
            results: self.results,
            finalise: self.finalise,
            partitions: None,
            cancelled: None,
            lots: None,
            log: LOG_VERSION,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = r#"
        title = "T"
        individual = false
        alliances = [[1, 2]]
        rules = { method = "dhondt", seats = 3, tie = "lot" }
        [[participants]]
        name = "A"
        votes = 7
        candidates = 2
        [[participants]]
        name = "B"
        votes = 7
        seats_won = 1
        [[participants]]
        name = "C"
        takes_part = false
    "#;

    fn election(text: &str) -> Result<ElectionDefinition, toml::de::Error> {
        let template: ElectionTemplate = toml::from_str(text)?;
        let (start, end) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        Ok(template.election(7, start, start, end))
    }

    #[test]
    fn a_scenario_holds_what_real_laws_ask_for() {
        let definition = election(SCENARIO).unwrap();
        definition.check().unwrap();
        assert_eq!((definition.log, definition.alliances.len()), (2, 1));
        let terms = definition.terms();
        assert_eq!(terms[0].candidates, Some(2));
        assert!(terms[1].seats_won == 1 && !terms[2].takes_part);
    }

    #[test]
    fn a_field_that_is_not_known_is_named() {
        for (known, unknown) in [
            ("alliances", "aliances"),
            ("candidates", "candidate"),
            ("seats =", "seat ="),
        ] {
            let error = election(&SCENARIO.replace(known, unknown))
                .unwrap_err()
                .to_string();
            let field = unknown.trim_end_matches(" =");
            assert!(
                error.contains(&format!("unknown field `{field}`")),
                "{error}"
            );
        }
    }
}
