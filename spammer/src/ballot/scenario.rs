//! A scenario: an election with the votes actually cast in it.

use std::path::Path;

use electoral_rules::{ListTerms, Rules};
use serde::Deserialize;

use crate::Error;

/// The parts of a scenario file that the crowd needs.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// For people.
    pub title: String,
    /// How votes become seats, or a winner.
    pub rules: Rules,
    /// In the order of their poll numbers.
    pub participants: Vec<Participant>,
    /// The poll numbers of lists that stand together.
    pub alliances: Vec<Vec<u32>>,
}

/// A list or a candidate.
#[derive(Clone, Debug)]
pub struct Participant {
    /// As on the ballot.
    pub name: String,
    /// The real votes: the odds of a choice.
    pub votes: u64,
    /// The list's own terms under the rules.
    pub terms: ListTerms,
}

#[derive(Deserialize)]
struct File {
    title: String,
    rules: Rules,
    participants: Vec<toml::Table>,
    #[serde(default)]
    alliances: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    votes: u64,
}

impl Scenario {
    /// Reads a scenario file (TOML).
    ///
    /// # Errors
    /// If the file cannot be read or is not a scenario.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
            advice: "The scenarios that come with Urna are in spammer/scenarios.",
        })?;
        Self::parse(&text).map_err(|what| Error::Scenario {
            path: path.to_owned(),
            what,
        })
    }

    /// Reads a scenario.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let participants = (1..)
            .zip(file.participants)
            .map(|(number, table)| {
                Participant::read(table).map_err(|error| format!("participant {number}: {error}"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if participants.len() < 2 {
            return Err("it has fewer than two participants.".to_owned());
        }
        Ok(Self {
            title: file.title,
            rules: file.rules,
            participants,
            alliances: file.alliances,
        })
    }
}

impl Participant {
    /// Reads one participant; a list's terms are next to its name and votes.
    fn read(table: toml::Table) -> Result<Self, toml::de::Error> {
        let Entry { name, votes } = table.clone().try_into()?;
        Ok(Self {
            name,
            votes,
            terms: table.try_into()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use electoral_rules::Count;

    use super::*;

    #[test]
    fn serbia_2023_gives_the_real_seats() {
        let scenario = Scenario::parse(include_str!("../../scenarios/serbia-2023.toml")).unwrap();
        let votes: Vec<u64> = scenario
            .participants
            .iter()
            .map(|list| list.votes)
            .collect();
        let lists: Vec<ListTerms> = scenario
            .participants
            .iter()
            .map(|list| list.terms)
            .collect();
        let count = Count {
            votes: &votes,
            lists: &lists,
            cast: Some(3_820_746),
            ..Count::default()
        };
        let outcome = serde_json::to_value(scenario.rules.apply(&count).unwrap()).unwrap();
        assert_eq!(
            outcome["seats"],
            serde_json::json!([129, 65, 18, 13, 13, 6, 2, 2, 1, 1])
        );
    }

    #[test]
    fn mexico_2018_elects_the_first_candidate() {
        let scenario =
            Scenario::parse(include_str!("../../scenarios/mexico-president-2018.toml")).unwrap();
        let votes: Vec<u64> = scenario
            .participants
            .iter()
            .map(|list| list.votes)
            .collect();
        let count = Count {
            votes: &votes,
            ..Count::default()
        };
        let outcome = serde_json::to_value(scenario.rules.apply(&count).unwrap()).unwrap();
        assert_eq!(outcome["winner"], 1);
    }

    #[test]
    fn what_is_no_scenario_is_refused_in_words() {
        for text in [
            "",
            "title = 1",
            "title = \"A\"\nrules = {}\nparticipants = []",
        ] {
            assert!(!Scenario::parse(text).unwrap_err().is_empty());
        }
    }
}
