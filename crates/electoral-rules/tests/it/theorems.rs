//! Theorems about methods of apportionment, tried on random elections with few votes, so that ties are common.
//! A failure prints the election it was found with, and proptest keeps its seed.

use electoral_rules::{Apportionment, Claim, Count, Decimal, Fraction, ListTerms, Rules};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;

use crate::{apportion, rules};

const DIVISOR_METHODS: [&str; 4] = [
    "dhondt",
    "sainte_lague",
    "modified_sainte_lague",
    "imperiali",
];
const METHODS: [&str; 6] = [
    "dhondt",
    "sainte_lague",
    "modified_sainte_lague",
    "imperiali",
    "hare",
    "droop",
];
const TIE_RULES: [&str; 4] = ["ballot_order", "most_votes", "fewest_votes", "lot"];

fn any_votes() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        vec(0..=12_u64, 1..=8),
        vec(prop_oneof![Just(60_u64), Just(120), 0..=240_u64], 1..=8),
        vec(0..=5_000_000_u64, 1..=20),
    ]
}

/// A multiplier in hundredths, 1 more often than not.
fn any_multipliers() -> impl Strategy<Value = Vec<u64>> {
    vec(
        prop_oneof![3 => Just(100_u64), 1 => select(vec![50_u64, 135, 200])],
        20,
    )
}

fn terms(multipliers: &[u64], lists: usize) -> Vec<ListTerms> {
    multipliers[..lists]
        .iter()
        .map(|hundredths| ListTerms {
            multiplier: Some(
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
                    .parse()
                    .unwrap(),
            ),
            ..ListTerms::default()
        })
        .collect()
}

fn shares_out(method: &str, seats: u32, tie: &str) -> Rules {
    rules(&json!({"method": method, "seats": seats, "tie": tie}))
}

fn result(rules: &Rules, votes: &[u64], lists: &[ListTerms]) -> Apportionment {
    apportion(
        rules,
        &Count {
            votes,
            lists,
            ..Count::default()
        },
    )
}

/// The divisors in tenths, as in a textbook table.
fn tenths(method: &str, held: u64) -> u64 {
    match (method, held) {
        ("dhondt", _) => 10 * (held + 1),
        ("modified_sainte_lague", 0) => 14,
        ("sainte_lague" | "modified_sainte_lague", _) => 10 * (2 * held + 1),
        _ => 10 + 5 * held,
    }
}

/// The highest quotients, found by writing all of them down and sorting them: seats of each list, and the
/// seats and lists (in ballot order) of the tie for the last ones.
fn by_sorting_all_quotients(
    method: &str,
    seats: usize,
    votes: &[u64],
    multipliers: &[u64],
) -> (Vec<u64>, usize, Vec<usize>) {
    let mut quotients = Vec::new();
    for (list, (votes, multiplier)) in votes.iter().zip(multipliers).enumerate() {
        for held in 0..=u64::try_from(seats).unwrap() {
            if *votes > 0 {
                quotients.push((votes * multiplier, tenths(method, held), list));
            }
        }
    }
    let compare = |a: &(u64, u64, usize), b: &(u64, u64, usize)| {
        let (left, right) = (
            u128::from(a.0) * u128::from(b.1),
            u128::from(b.0) * u128::from(a.1),
        );
        right.cmp(&left)
    };
    quotients.sort_by(compare);

    let last = &quotients[seats - 1];
    let above: Vec<_> = quotients
        .iter()
        .filter(|one| compare(one, last).is_lt())
        .collect();
    let level: Vec<_> = quotients
        .iter()
        .filter(|one| compare(one, last).is_eq())
        .collect();
    let seats_in_question = seats - above.len();
    let mut shared_out = vec![0; votes.len()];
    let tie = level.len() > seats_in_question;
    for (_, _, list) in above
        .into_iter()
        .chain(level.iter().copied().filter(|_| !tie))
    {
        shared_out[*list] += 1;
    }
    if tie {
        (
            shared_out,
            seats_in_question,
            level.iter().map(|one| one.2).collect(),
        )
    } else {
        (shared_out, 0, Vec::new())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_seat_is_somebodys_or_open(
        method in select(&METHODS[..]), seats in 1..60_u32, tie in select(&TIE_RULES[..]),
        votes in any_votes(), multipliers in any_multipliers(),
    ) {
        let terms = terms(&multipliers, votes.len());
        let result = result(&shares_out(method, seats, tie), &votes, &terms);
        prop_assert_eq!(result.seats.iter().sum::<u64>() + result.open_seats, u64::from(seats));
        let open: u64 = result.ties.iter().filter(|tie| tie.is_open()).map(|tie| tie.seats).sum();
        prop_assert_eq!(result.open_seats, open);
        for tie in &result.ties {
            let level = u64::try_from(tie.between.len()).unwrap();
            prop_assert!(tie.seats < level || votes.iter().all(|&votes| votes == 0));
            prop_assert!(tie.between.is_sorted() && tie.won_by.is_sorted());
            prop_assert!(tie.won_by.iter().all(|winner| tie.between.contains(winner)));
            let won = if tie.is_open() { 0 } else { tie.seats };
            prop_assert_eq!(u64::try_from(tie.won_by.len()).unwrap(), won);
        }
        for (votes, seats) in votes.iter().zip(&result.seats) {
            prop_assert!(*votes > 0 || *seats == 0, "a list without votes has a seat");
        }
    }

    #[test]
    fn the_awards_are_the_seats_in_falling_order(
        method in select(&METHODS[..]), seats in 1..60_u32, tie in select(&TIE_RULES[..]),
        votes in any_votes(),
    ) {
        let result = result(&shares_out(method, seats, tie), &votes, &[]);
        let mut of_list = vec![0_u64; votes.len()];
        let mut before: Option<(u64, Fraction)> = None;
        for award in result.awards() {
            prop_assert_eq!(award.seat, before.map_or(1, |(seat, _)| seat + 1));
            of_list[usize::try_from(award.poll_number).unwrap() - 1] += 1;
            let votes = award.claim.votes();
            if let (Some((_, higher)), Claim::Quotient { .. }) = (before, award.claim) {
                let left = higher.numerator() * votes.denominator();
                prop_assert!(left >= votes.numerator() * higher.denominator());
            }
            before = Some((award.seat, votes));
        }
        prop_assert_eq!(of_list, result.seats);
    }

    #[test]
    fn permuting_the_lists_permutes_the_seats(
        method in select(&METHODS[..]), seats in 1..60_u32,
        tie in select(&["lot", "most_votes", "fewest_votes"][..]),
        (order, votes) in any_votes().prop_flat_map(|votes| {
            (Just((0..votes.len()).collect::<Vec<_>>()).prop_shuffle(), Just(votes))
        }),
        multipliers in any_multipliers(),
    ) {
        let rules = shares_out(method, seats, tie);
        let terms = terms(&multipliers, votes.len());
        let before = result(&rules, &votes, &terms);
        let permuted_votes: Vec<u64> = order.iter().map(|&list| votes[list]).collect();
        let permuted_terms: Vec<ListTerms> = order.iter().map(|&list| terms[list]).collect();
        let after = result(&rules, &permuted_votes, &permuted_terms);
        let permuted_seats: Vec<u64> = order.iter().map(|&list| before.seats[list]).collect();
        prop_assert_eq!(&after.seats, &permuted_seats);
        prop_assert_eq!(after.open_seats, before.open_seats);
    }

    #[test]
    fn one_more_seat_takes_none_away(
        method in select(&DIVISOR_METHODS[..]), seats in 1..60_u32, tie in select(&TIE_RULES[..]),
        votes in any_votes(), multipliers in any_multipliers(),
    ) {
        let terms = terms(&multipliers, votes.len());
        let before = result(&shares_out(method, seats, tie), &votes, &terms);
        let after = result(&shares_out(method, seats + 1, tie), &votes, &terms);
        for (before, after) in before.seats.iter().zip(&after.seats) {
            prop_assert!(after >= before);
        }
    }

    #[test]
    fn more_votes_never_cost_a_list_a_seat(
        method in select(&DIVISOR_METHODS[..]), seats in 1..60_u32,
        tie in select(&["lot", "ballot_order", "most_votes"][..]),
        votes in any_votes(), list in any::<prop::sample::Index>(), more in 1..100_u64,
    ) {
        let rules = shares_out(method, seats, tie);
        let list = list.index(votes.len());
        let before = result(&rules, &votes, &[]);
        let mut votes = votes;
        votes[list] += more;
        let after = result(&rules, &votes, &[]);
        prop_assert!(after.seats[list] >= before.seats[list]);
    }

    #[test]
    fn dhondt_gives_each_list_at_least_its_lower_quota(
        seats in 1..60_u32, tie in select(&TIE_RULES[..]), votes in any_votes(),
    ) {
        let sum: u64 = votes.iter().sum();
        prop_assume!(sum > 0);
        let result = result(&shares_out("dhondt", seats, tie), &votes, &[]);
        for (votes, of_list) in votes.iter().zip(&result.seats) {
            prop_assert!(*of_list >= votes * u64::from(seats) / sum);
        }
    }

    #[test]
    fn hare_gives_each_list_its_quota_rounded_up_or_down(
        seats in 1..60_u32, tie in select(&TIE_RULES[..]), votes in any_votes(),
    ) {
        let sum: u64 = votes.iter().sum();
        prop_assume!(sum > 0);
        let result = result(&shares_out("hare", seats, tie), &votes, &[]);
        for (votes, of_list) in votes.iter().zip(&result.seats) {
            let share = votes * u64::from(seats);
            prop_assert!((share / sum..=share.div_ceil(sum)).contains(of_list));
        }
    }

    #[test]
    fn scaling_all_votes_changes_nothing(
        method in select(&["dhondt", "sainte_lague", "modified_sainte_lague", "imperiali", "hare"][..]),
        seats in 1..60_u32, tie in select(&TIE_RULES[..]), votes in any_votes(),
        factor in 1..1_000_000_000_u64, multipliers in any_multipliers(),
    ) {
        let rules = shares_out(method, seats, tie);
        let terms = terms(&multipliers, votes.len());
        let before = result(&rules, &votes, &terms);
        let scaled: Vec<u64> = votes.iter().map(|votes| votes * factor).collect();
        let after = result(&rules, &scaled, &terms);
        prop_assert_eq!(&after.seats, &before.seats);
        prop_assert_eq!(&after.ties, &before.ties);
    }

    #[test]
    fn one_multiplier_for_all_changes_nothing(
        method in select(&METHODS[..4]), seats in 1..60_u32, votes in any_votes(),
    ) {
        let rules = shares_out(method, seats, "lot");
        let terms = terms(&[135; 20], votes.len());
        let before = result(&rules, &votes, &[]);
        let after = result(&rules, &votes, &terms);
        prop_assert_eq!(&after.seats, &before.seats);
        prop_assert_eq!(&after.ties, &before.ties);
    }

    #[test]
    fn sorting_all_quotients_agrees(
        method in select(&DIVISOR_METHODS[..]), seats in 1..60_u32, votes in any_votes(),
        multipliers in any_multipliers(),
    ) {
        prop_assume!(votes.iter().any(|&votes| votes > 0));
        let terms = terms(&multipliers, votes.len());
        let naive = by_sorting_all_quotients(
            method, usize::try_from(seats).unwrap(), &votes, &multipliers,
        );

        let result = result(&shares_out(method, seats, "lot"), &votes, &terms);
        let tie = result.ties.first();
        let between = tie.map_or_else(Vec::new, |tie| {
            tie.between.iter().map(|&number| usize::try_from(number).unwrap() - 1).collect()
        });
        let open = usize::try_from(result.open_seats).unwrap();
        prop_assert_eq!((result.seats, open, between), naive);
    }

    #[test]
    fn a_threshold_only_decides_who_takes_part(
        method in select(&METHODS[..]), seats in 1..60_u32, tie in select(&TIE_RULES[..]),
        votes in any_votes(), percent in 0..=40_u64,
    ) {
        let sum: u64 = votes.iter().sum();
        let with = rules(&json!({"method": method, "seats": seats, "tie": tie,
            "threshold": {"percent": Decimal::from(percent), "of": "valid"}}));
        let passes = |votes: u64| votes * 100 >= sum * percent;
        prop_assume!(votes.iter().any(|&votes| passes(votes)));
        let passing: Vec<u64> =
            votes.iter().map(|&votes| if passes(votes) { votes } else { 0 }).collect();
        prop_assume!(passing.iter().any(|&votes| votes > 0));
        let without = result(&shares_out(method, seats, tie), &passing, &[]);
        let with = result(&with, &votes, &[]);
        prop_assert_eq!(&with.seats, &without.seats);
        prop_assert_eq!(&with.ties, &without.ties);
    }

    #[test]
    fn lots_for_all_leave_no_seat_open(
        method in select(&METHODS[..]), seats in 1..60_u32, tie in select(&TIE_RULES[..]),
        (lots, votes) in any_votes().prop_flat_map(|votes| {
            (Just((1..=u32::try_from(votes.len()).unwrap()).collect::<Vec<_>>()).prop_shuffle(), Just(votes))
        }),
    ) {
        prop_assume!(votes.iter().any(|&votes| votes > 0));
        let rules = shares_out(method, seats, tie);
        let open = result(&rules, &votes, &[]);
        let settled = apportion(&rules, &Count { votes: &votes, lots: &lots, ..Count::default() });
        prop_assert_eq!(settled.open_seats, 0);
        // They add seats to those that were certain, at most one per list.
        for (open, settled) in open.seats.iter().zip(&settled.seats) {
            prop_assert!((*open..=open + 1).contains(settled));
        }
    }
}
