//! Lists that stand together: seats go to alliances and single lists by their summed votes, and then, by the same
//! method, to the lists of each alliance.

use super::{Division, Field, Grounds, Limits, SeatMethod, Weights};
use crate::count::Contender;

/// Shares out the seats between lists that all have votes, of which some stand in alliances.
pub(super) fn share_out(
    method: SeatMethod,
    seats: u32,
    lists: &[&Contender],
    alliances: &[Option<usize>],
    weights_of_lists: &Weights,
    field: &Field<'_>,
) -> Division {
    let teams = teams(lists, alliances);
    let weights = Weights {
        of_lists: teams
            .iter()
            .map(|team| team.iter().map(|list| list.weight).sum())
            .collect(),
        unit: weights_of_lists.unit,
    };
    let field_of_teams = Field {
        limits: Limits {
            most: sums(&teams, |list| field.limits.most(list)),
            won: sums(&teams, |list| field.limits.won(list)),
        },
        ..*field
    };
    let contenders: Vec<Contender> = teams
        .iter()
        .enumerate()
        .filter_map(|(index, team)| {
            // A team has the poll number of its first list.
            let first = team.first()?;
            Some(Contender {
                index,
                poll_number: first.poll_number,
                votes: team.iter().map(|list| list.votes).sum(),
                weight: weights.of_lists[index],
            })
        })
        .collect();
    let contenders: Vec<&Contender> = contenders.iter().collect();
    let among = method.share_out(seats, &contenders, weights, &field_of_teams);

    let mut ties = among.ties;
    let mut within: Vec<_> = teams
        .iter()
        .enumerate()
        .map(|(index, team)| {
            let won = among.order.iter().filter(|&&of| of == index);
            // Never more than `seats`.
            let won = won.fold(0_u32, |won, _| won + 1);
            if let [single] = team.as_slice() {
                return vec![single.index; won as usize].into_iter();
            }
            let weights = weights_of_lists.clone();
            let division = method.share_out(won, team, weights, field);
            ties.extend(division.ties);
            division.order.into_iter()
        })
        .collect();
    Division {
        order: among
            .order
            .iter()
            .filter_map(|&team| within[team].next())
            .collect(),
        ties,
        grounds: Grounds::None,
    }
}

/// Alliances and single lists, in the order of their first poll numbers.
fn teams<'a>(lists: &[&'a Contender], alliances: &[Option<usize>]) -> Vec<Vec<&'a Contender>> {
    let mut teams: Vec<Vec<&Contender>> = Vec::new();
    for list in lists {
        let alliance = alliances[list.index];
        let team = teams
            .iter_mut()
            .find(|team| alliance.is_some() && alliances[team[0].index] == alliance);
        match team {
            Some(team) => team.push(list),
            None => teams.push(vec![list]),
        }
    }
    teams
}

fn sums(teams: &[Vec<&Contender>], of: impl Fn(&Contender) -> u64) -> Vec<u64> {
    let sum = |team: &Vec<&Contender>| {
        team.iter()
            .fold(0, |sum: u64, list| sum.saturating_add(of(list)))
    };
    teams.iter().map(sum).collect()
}
