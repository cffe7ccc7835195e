//! Ties: lists that are level for fewer seats than there are such lists.

use std::cmp::Reverse;

use serde::Serialize;

use crate::count::{Contender, Lots};

/// How an election settles ties; fixed before it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieRule {
    /// The lower poll number comes first.
    BallotOrder,
    /// The list with more votes, as they were cast, comes first.
    MostVotes,
    /// The list with fewer votes, as they were cast, comes first.
    FewestVotes,
    /// Lots are drawn.
    Lot,
}

/// What settled a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named like the rules")]
pub enum SettledBy {
    BallotOrder,
    MostVotes,
    FewestVotes,
    Lots,
}

/// A tie that mattered. If everyone who is level gets a seat, there is no tie.
///
/// A rule may tell some of the lists apart and not others. Then there is one `Tie` for the seats it settled,
/// and another for the rest, between the lists that it could not tell apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// The seats (or places in the second round) in question.
    pub seats: u64,
    /// The poll numbers that were level for them, ascending.
    pub between: Vec<u32>,
    /// What settled it; none while it is open.
    pub settled_by: Option<SettledBy>,
    /// Who got the seats, ascending; nobody while it is open.
    pub won_by: Vec<u32>,
}

impl Tie {
    /// Whether the seats wait for lots to be drawn.
    pub fn is_open(&self) -> bool {
        self.settled_by.is_none()
    }

    pub(crate) fn open<'a>(seats: u64, between: impl IntoIterator<Item = &'a Contender>) -> Self {
        Self {
            seats,
            between: poll_numbers(between),
            settled_by: None,
            won_by: Vec::new(),
        }
    }
}

fn poll_numbers<'a>(contenders: impl IntoIterator<Item = &'a Contender>) -> Vec<u32> {
    let mut numbers: Vec<u32> = contenders.into_iter().map(|one| one.poll_number).collect();
    numbers.sort_unstable();
    numbers
}

/// How many there are, in the type that seats are counted in.
pub(crate) fn number_of<T>(items: &[T]) -> u64 {
    items.len() as u64
}

/// The first of a field, and those who are level for the remaining places.
pub(crate) struct First<'a> {
    /// Who got a place, in order.
    pub(crate) placed: Vec<&'a Contender>,
    /// Who is level for the places left; more than there are places, or nobody.
    pub(crate) level: Vec<&'a Contender>,
    /// The places left for them.
    pub(crate) places: u64,
}

/// Gives places in order of rank, lowest first, for as long as everyone level with each other gets one.
pub(crate) fn first_of<Rank: Ord>(
    mut field: Vec<&Contender>,
    places: u64,
    rank: impl Fn(&Contender) -> Rank,
) -> First<'_> {
    field.sort_by_cached_key(|one| (rank(one), one.poll_number));
    let mut first = First {
        placed: Vec::new(),
        level: Vec::new(),
        places,
    };
    for group in field.chunk_by(|a, b| rank(a) == rank(b)) {
        if first.places == 0 {
            break;
        }
        if number_of(group) > first.places {
            first.level = group.to_vec();
            break;
        }
        first.placed.extend(group);
        first.places -= number_of(group);
    }
    first
}

/// A tie, and how much of it has been settled.
pub(crate) struct Settlement<'a> {
    /// Who got a seat, in order.
    pub(crate) winners: Vec<&'a Contender>,
    pub(crate) ties: Vec<Tie>,
    /// Who is still level for the places left; nobody once there is none left.
    level: Vec<&'a Contender>,
    places: u64,
}

/// Settles a tie as far as the rule can tell the lists apart, then by the lots drawn between those it cannot,
/// and leaves the rest open.
pub(crate) fn settle<'a>(
    level: Vec<&'a Contender>,
    places: u64,
    rule: TieRule,
    lots: &Lots,
) -> Settlement<'a> {
    debug_assert!(
        0 < places && places < number_of(&level),
        "what everyone gets is no tie"
    );
    let mut tie = Settlement {
        winners: Vec::new(),
        ties: Vec::new(),
        level,
        places,
    };
    match rule {
        TieRule::BallotOrder => tie.settle_by(SettledBy::BallotOrder, |list| list.poll_number),
        TieRule::MostVotes => tie.settle_by(SettledBy::MostVotes, |list| Reverse(list.votes)),
        TieRule::FewestVotes => tie.settle_by(SettledBy::FewestVotes, |list| list.votes),
        TieRule::Lot => {}
    }
    tie.settle_by(SettledBy::Lots, |list| lots.draw_of(list.poll_number));
    if tie.places > 0 {
        tie.ties
            .push(Tie::open(tie.places, tie.level.iter().copied()));
    }
    tie
}

impl Settlement<'_> {
    fn settle_by<Rank: Ord>(&mut self, settled_by: SettledBy, rank: impl Fn(&Contender) -> Rank) {
        if self.places == 0 {
            return;
        }
        let First {
            placed,
            level,
            places,
        } = first_of(self.level.clone(), self.places, rank);
        if !placed.is_empty() {
            self.ties.push(Tie {
                seats: number_of(&placed),
                between: poll_numbers(self.level.iter().copied()),
                settled_by: Some(settled_by),
                won_by: poll_numbers(placed.iter().copied()),
            });
        }
        self.winners.extend(placed);
        self.level = level;
        self.places = places;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Count;

    /// Lists with these votes, all of them level.
    fn level(votes: &[u64]) -> Vec<Contender> {
        (0_usize..)
            .zip(1..)
            .zip(votes)
            .map(|((index, poll_number), &votes)| Contender {
                index,
                poll_number,
                votes,
                weight: 1,
            })
            .collect()
    }

    fn settled(votes: &[u64], places: u64, rule: TieRule, lots: &[u32]) -> (Vec<u32>, Vec<Tie>) {
        let lots = Count {
            votes,
            lots,
            ..Count::default()
        }
        .lots_drawn()
        .unwrap();
        let lists = level(votes);
        let settlement = settle(lists.iter().collect(), places, rule, &lots);
        let winners = settlement
            .winners
            .iter()
            .map(|list| list.poll_number)
            .collect();
        (winners, settlement.ties)
    }

    fn tie(
        seats: u64,
        between: &[u32],
        settled_by: impl Into<Option<SettledBy>>,
        won_by: &[u32],
    ) -> Tie {
        Tie {
            seats,
            between: between.to_vec(),
            settled_by: settled_by.into(),
            won_by: won_by.to_vec(),
        }
    }

    #[test]
    fn each_rule_puts_its_own_list_first() {
        let votes = [30, 10, 20];
        for (rule, settled_by, winner) in [
            (TieRule::BallotOrder, SettledBy::BallotOrder, 1),
            (TieRule::MostVotes, SettledBy::MostVotes, 1),
            (TieRule::FewestVotes, SettledBy::FewestVotes, 2),
        ] {
            let (winners, ties) = settled(&votes, 1, rule, &[]);
            assert_eq!(winners, [winner], "{rule:?}");
            assert_eq!(
                ties,
                [tie(1, &[1, 2, 3], settled_by, &[winner])],
                "{rule:?}"
            );
        }
    }

    #[test]
    fn lots_count_in_the_order_they_were_drawn() {
        let (winners, ties) = settled(&[5, 5, 5], 2, TieRule::Lot, &[3, 1, 2]);
        assert_eq!(winners, [3, 1]);
        assert_eq!(ties, [tie(2, &[1, 2, 3], SettledBy::Lots, &[1, 3])]);
    }

    #[test]
    fn without_lots_the_seats_stay_open() {
        let (winners, ties) = settled(&[5, 5, 5], 2, TieRule::Lot, &[]);
        assert!(winners.is_empty());
        assert_eq!(ties, [tie(2, &[1, 2, 3], None, &[])]);
    }

    #[test]
    fn lots_that_were_drawn_for_some_leave_the_rest_open() {
        let (winners, ties) = settled(&[5, 5, 5], 2, TieRule::Lot, &[2]);
        assert_eq!(winners, [2]);
        assert_eq!(
            ties,
            [
                tie(1, &[1, 2, 3], SettledBy::Lots, &[2]),
                tie(1, &[1, 3], None, &[])
            ]
        );
    }

    #[test]
    fn a_rule_that_tells_only_some_apart_settles_only_theirs() {
        let (winners, ties) = settled(&[10, 30, 10, 10], 2, TieRule::MostVotes, &[]);
        assert_eq!(winners, [2]);
        assert_eq!(
            ties,
            [
                tie(1, &[1, 2, 3, 4], SettledBy::MostVotes, &[2]),
                tie(1, &[1, 3, 4], None, &[])
            ]
        );
    }

    #[test]
    fn lots_are_drawn_only_between_those_the_rule_cannot_tell_apart() {
        // List 3 has fewer votes and is out, whatever the lots say.
        let (winners, ties) = settled(&[30, 30, 10], 1, TieRule::MostVotes, &[3, 2, 1]);
        assert_eq!(winners, [2]);
        assert_eq!(ties, [tie(1, &[1, 2], SettledBy::Lots, &[2])]);
    }

    #[test]
    fn ballot_order_needs_no_lots() {
        let (winners, ties) = settled(&[5, 5], 1, TieRule::BallotOrder, &[2, 1]);
        assert_eq!(winners, [1]);
        assert_eq!(ties, [tie(1, &[1, 2], SettledBy::BallotOrder, &[1])]);
    }
}
