//! Elections from a file: title, rules and participants in TOML.

use std::path::Path;

use anyhow::Context;
use ballot_log::{ElectionDefinition, ElectionId, Participant, Publication};
use electoral_rules::{Decimal, Rules};
use jiff::Timestamp;
use serde::Deserialize;

/// A scenario: an election without its time. What else stands in the file is for others.
#[derive(Clone, Debug, Deserialize)]
pub struct ElectionTemplate {
    title: String,
    individual: bool,
    #[serde(default)]
    results: Publication,
    rules: Rules,
    participants: Vec<Listed>,
}

#[derive(Clone, Debug, Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    exempt: bool,
    multiplier: Option<Decimal>,
    threshold_percent: Option<Decimal>,
}

impl ElectionTemplate {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not a scenario; the message says where.
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
        let participant = |(poll_number, listed): (u32, Listed)| Participant {
            poll_number,
            name: listed.name,
            exempt: listed.exempt,
            multiplier: listed.multiplier,
            threshold_percent: listed.threshold_percent,
        };
        ElectionDefinition {
            id,
            title: self.title,
            created,
            start,
            end,
            individual: self.individual,
            rules: self.rules,
            participants: (1..).zip(self.participants).map(participant).collect(),
            results: self.results,
            partitions: None,
            cancelled: None,
            lots: None,
            log: ballot_log::definition::LOG_VERSION,
        }
    }
}
