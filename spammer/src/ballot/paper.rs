//! The ballot paper of one election: its candidates with the odds of the scenario.

use electoral_rules::{Count, ListTerms, RuleError, Rules};

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
    /// How the votes become an outcome, if a scenario says so.
    decision: Option<Decision>,
}

/// How votes become an outcome.
#[derive(Clone, Debug)]
struct Decision {
    rules: Rules,
    /// In the order of the poll numbers.
    terms: Vec<ListTerms>,
    alliances: Vec<Vec<u32>>,
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
                decision: None,
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
        let weights = Weights::new(&votes)
            .ok_or_else(|| misfit("it gives no vote to anybody.".to_owned()))?;
        let terms = participants.iter().map(|one| one.terms).collect();
        let decision = Decision::of(scenario, terms, &candidates)
            .map_err(|error| Error::Rules(error.to_string()))?;
        Ok(Self {
            candidates,
            weights,
            decision: Some(decision),
        })
    }

    /// What the scenario's rules make of these votes, by poll number, in the format of the `apportion`
    /// command's contract; `None` without a scenario.
    ///
    /// # Errors
    /// What the rules say against it.
    pub fn outcome(
        &self,
        votes: &[u64],
        cast: u64,
        registered: Option<u64>,
    ) -> Option<Result<serde_json::Value, String>> {
        let decision = self.decision.as_ref()?;
        let count = Count {
            votes,
            lists: &decision.terms,
            cast: Some(cast),
            registered: registered.filter(|_| decision.rules.needs_electorate()),
            alliances: &decision.alliances,
            ..Count::default()
        };
        let outcome = decision.rules.apply(&count);
        let outcome = outcome.map_err(|error| error.to_string());
        Some(
            outcome.and_then(|outcome| {
                serde_json::to_value(outcome).map_err(|error| error.to_string())
            }),
        )
    }
}

impl Decision {
    /// By the scenario, whose alliances go by the places in its file.
    fn of(
        scenario: &Scenario,
        terms: Vec<ListTerms>,
        candidates: &[Candidate],
    ) -> Result<Self, RuleError> {
        let rules = scenario.rules.clone();
        rules.check(&terms)?;
        rules.check_alliances(&scenario.alliances, terms.len())?;
        let on_the_ballot = |place: &u32| {
            let index = usize::try_from(*place).ok()?.checked_sub(1)?;
            let name = &scenario.participants.get(index)?.name;
            let candidate = candidates.iter().find(|one| one.name == *name)?;
            Some(candidate.poll_number)
        };
        let alliances = scenario.alliances.iter();
        let alliances = alliances
            .map(|places| places.iter().filter_map(on_the_ballot).collect())
            .collect();
        Ok(Self {
            rules,
            terms,
            alliances,
        })
    }
}
