//! Real elections and their official results.

use electoral_rules::{Count, ListTerms, Outcome, Rules};
use serde::Deserialize;

#[derive(Deserialize)]
struct RealElections {
    proportional: Vec<Proportional>,
    majority: Vec<Majority>,
}

/// An election of several seats.
#[derive(Deserialize)]
pub(crate) struct Proportional {
    id: String,
    pub(crate) rules: Rules,
    valid: Option<u64>,
    cast: Option<u64>,
    lists: Vec<List>,
}

#[derive(Deserialize)]
struct List {
    votes: u64,
    /// The official number of seats.
    seats: u64,
    exempt: Option<bool>,
    multiplier: Option<electoral_rules::Decimal>,
}

/// An election of one.
#[derive(Deserialize)]
struct Majority {
    id: String,
    rules: Rules,
    candidates: Vec<Candidate>,
    winner: Option<String>,
    runoff: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Candidate {
    name: String,
    votes: u64,
}

fn real_elections() -> RealElections {
    serde_json::from_str(include_str!("../data/real-elections.json")).unwrap()
}

pub(crate) fn proportional(id: &str) -> Proportional {
    let mut elections = real_elections().proportional.into_iter();
    elections.find(|election| election.id == id).unwrap()
}

impl Proportional {
    pub(crate) fn votes(&self) -> Vec<u64> {
        self.lists.iter().map(|list| list.votes).collect()
    }

    pub(crate) fn official_seats(&self) -> Vec<u64> {
        self.lists.iter().map(|list| list.seats).collect()
    }

    pub(crate) fn terms(&self) -> Vec<ListTerms> {
        self.lists
            .iter()
            .map(|list| ListTerms {
                exempt: list.exempt.unwrap_or_default(),
                multiplier: list.multiplier,
                ..ListTerms::default()
            })
            .collect()
    }

    /// The result, by these rules and terms.
    pub(crate) fn apply(&self, rules: &Rules, terms: &[ListTerms]) -> Outcome {
        let votes = self.votes();
        let count = Count {
            votes: &votes,
            lists: terms,
            valid: self.valid,
            cast: self.cast,
            lots: &[],
            ..Count::default()
        };
        rules.apply(&count).unwrap()
    }
}

#[track_caller]
fn has_its_official_result(id: &str) {
    let election = proportional(id);
    let outcome = election.apply(&election.rules, &election.terms());
    assert_eq!(
        outcome.seats(),
        Some(&election.official_seats()[..]),
        "{id}"
    );
    assert!(outcome.ties().iter().all(|tie| !tie.is_open()), "{id}");
}

#[track_caller]
fn has_its_official_winner(id: &str) {
    let mut elections = real_elections().majority.into_iter();
    let election = elections.find(|election| election.id == id).unwrap();
    let votes: Vec<u64> = election.candidates.iter().map(|one| one.votes).collect();
    let outcome = election
        .rules
        .apply(&Count {
            votes: &votes,
            ..Count::default()
        })
        .unwrap();
    let Outcome::Winner(result) = outcome else {
        panic!("{id} elects one winner")
    };

    let name = |number: u32| {
        let index = usize::try_from(number).unwrap() - 1;
        election.candidates[index].name.clone()
    };
    assert_eq!(result.winner.map(name), election.winner, "{id}");
    let runoff = result
        .runoff
        .map(|numbers| numbers.into_iter().map(name).collect());
    assert_eq!(runoff, election.runoff, "{id}");
    assert!(result.ties.is_empty(), "{id}");
}

/// A test for each election of the data, and one that none of them is left out.
macro_rules! real_elections {
    ($check:ident, $all:ident, $($teaches:ident: $id:literal,)*) => {
        $(
            #[test]
            fn $teaches() {
                $check($id);
            }
        )*

        const $all: &[&str] = &[$($id),*];
    };
}

real_elections! { has_its_official_result, PROPORTIONAL,
    serbia_2023_multiplies_the_votes_of_minority_lists: "rs.parliament.2023",
    georgia_2024_gives_the_seats_left_over_to_the_largest_lists: "ge.parliament.2024",
    portugal_2024_fills_a_small_parliament_without_a_threshold: "pt.ep.2024",
    netherlands_2023_asks_for_one_full_quota: "nl.tk.2023",
    czechia_2019_shuts_out_most_of_39_lists: "cz.ep.2019",
    london_2014_leaves_the_fourth_of_the_parties_without_a_seat: "uk.ep.2014.london",
    barcelona_2011_is_lost_by_dividing_integers: "es.municipal.barcelona_2011",
    spain_2014_has_one_constituency_and_no_threshold: "es.ep.2014",
    anderlecht_2012_divides_by_one_and_a_half: "be.municipal.anderlecht_2012",
    germany_2014_gives_small_lists_a_seat_by_sainte_lague: "de.ep.2014",
    hainaut_2024_is_lost_by_rounding_a_percentage: "be.chamber.2024:Hainaut",
    brussels_2024_measures_the_threshold_in_its_constituency: "be.chamber.2024:Brussels-Capital",
    austria_2019_counts_the_last_step_nationwide: "at.nationalrat.2019",
    austria_2024_has_lists_just_below_the_threshold: "at.nationalrat.2024",
    madrid_2016_counts_blank_votes_as_valid: "es.congress.2016:Madrid",
    soria_2016_has_two_seats: "es.congress.2016:Soria",
    almeria_1977_is_lost_by_rounding_a_percentage: "es.congress.1977:Almería",
    ostfold_2021_makes_the_first_seat_dearer: "no.storting.2021:Østfold",
    coz_2025_gives_the_last_seat_to_the_list_with_fewer_votes: "pt.autarquicas.2025.JF.100122",
    funchal_2025_gives_the_last_seat_to_the_list_with_fewer_votes: "pt.autarquicas.2025.JF.310308",
    lisbon_2025_is_decided_by_eleven_votes: "pt.autarquicas.2025.CM.1106",
}

real_elections! { has_its_official_winner, MAJORITY,
    mexico_2018_is_won_by_plurality: "mx.president.2018",
    opava_2018_goes_to_a_second_round_of_two: "cz.senate.2018.68.round1",
}

#[test]
fn no_real_election_is_left_out() {
    let elections = real_elections();
    let proportional: Vec<&str> = elections
        .proportional
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(proportional, PROPORTIONAL);
    let majority: Vec<&str> = elections
        .majority
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(majority, MAJORITY);
}
