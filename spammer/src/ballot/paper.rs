//! The ballot paper of one election: its candidates with the odds of the scenario.

use electoral_rules::{Count, ListTerms, Rules};

use super::{Scenario, Weights};
use crate::Error;
use crate::result::Results;

/// Someone or something to vote for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Its place on the ballot paper, from 1.
    pub poll_number: u32,
    /// As on the ballot paper.
    pub name: String,
}

/// The candidates in the order of their poll numbers, and what the scenario adds to them.
#[derive(Clone, Debug)]
pub struct Paper {
    /// In the order of their poll numbers.
    pub candidates: Vec<Candidate>,
    /// The odds of the choices.
    pub weights: Weights,
    /// How the votes become an outcome, if there is a scenario.
    rules: Option<(Rules, Vec<ListTerms>)>,
}

impl Paper {
    /// The ballot paper shown in `results`.
    ///
    /// # Errors
    /// If the scenario's names are not those on the ballot paper.
    pub fn new(results: &Results, scenario: Option<&Scenario>) -> Result<Self, Error> {
        let mut candidates: Vec<Candidate> = results
            .candidates
            .iter()
            .map(|candidate| Candidate {
                poll_number: candidate.poll_number,
                name: candidate.name.clone(),
            })
            .collect();
        candidates.sort_by_key(|candidate| candidate.poll_number);
        let misfit = |what| Error::OtherBallot {
            election: results.election,
            what,
        };
        let Some(scenario) = scenario else {
            let weights = Weights::new(&vec![1; candidates.len()])
                .ok_or_else(|| misfit("its ballot has no candidates.".to_owned()))?;
            return Ok(Self {
                candidates,
                weights,
                rules: None,
            });
        };
        if let Some(stranger) = scenario.participants.iter().find(|one| {
            candidates
                .iter()
                .all(|candidate| candidate.name != one.name)
        }) {
            return Err(misfit(format!(
                "\"{}\" is not on its ballot.",
                stranger.name
            )));
        }
        let participants = candidates
            .iter()
            .map(|candidate| {
                scenario
                    .participants
                    .iter()
                    .find(|one| one.name == candidate.name)
                    .ok_or_else(|| misfit(format!("\"{}\" is on its ballot only.", candidate.name)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let votes: Vec<u64> = participants.iter().map(|one| one.votes).collect();
        let weights =
            Weights::new(&votes).ok_or_else(|| misfit("it gives nobody any votes.".to_owned()))?;
        let terms: Vec<ListTerms> = participants.iter().map(|one| one.terms).collect();
        scenario
            .rules
            .check(&terms)
            .map_err(|error| Error::Rules(error.to_string()))?;
        Ok(Self {
            candidates,
            weights,
            rules: Some((scenario.rules.clone(), terms)),
        })
    }

    /// What the scenario's rules make of these votes, by poll number, in the format of the `apportion`
    /// command's contract; `None` without a scenario.
    ///
    /// # Errors
    /// Why the rules cannot be applied.
    pub fn outcome(&self, votes: &[u64], cast: u64) -> Option<Result<serde_json::Value, String>> {
        let (rules, terms) = self.rules.as_ref()?;
        let count = Count {
            votes,
            lists: terms,
            cast: Some(cast),
            ..Count::default()
        };
        let outcome = rules.apply(&count).map_err(|error| error.to_string());
        Some(
            outcome.and_then(|outcome| {
                serde_json::to_value(outcome).map_err(|error| error.to_string())
            }),
        )
    }
}
