//! Lists that stand together: seats go to alliances and single lists by their summed votes, and then, by the same
//! method, to the lists of each alliance.

use super::{AllianceGrounds, Division, Field, Grounds, Limits, SeatMethod, Weights};
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
    let contenders = as_contenders(&teams, &weights);
    let among = method.share_out(
        seats,
        &contenders.iter().collect::<Vec<_>>(),
        weights,
        &field_of_teams,
    );
    let mut ties = among.ties;
    let mut orders = Vec::with_capacity(teams.len());
    let mut grounds = Vec::with_capacity(teams.len());
    for (index, team) in teams.iter().enumerate() {
        let won = among.order.iter().filter(|&&of| of == index);
        // Never more than `seats`.
        let won = won.fold(0_u32, |won, _| won + 1);
        let within = within(method, won, team, weights_of_lists, field);
        ties.extend(within.ties);
        orders.push(within.order.into_iter());
        grounds.push(within.grounds);
    }
    let order = among
        .order
        .iter()
        .filter_map(|&team| orders[team].next())
        .collect();
    let mut team_of_lists = vec![None; weights_of_lists.of_lists.len()];
    for (index, team) in teams.iter().enumerate() {
        for list in team {
            team_of_lists[list.index] = Some(index);
        }
    }
    let places = |team: &Vec<&Contender>| team.iter().map(|list| list.index).collect();
    let grounds = AllianceGrounds {
        teams: teams.iter().map(places).collect(),
        team_of_lists,
        order: among.order,
        among: among.grounds,
        within: grounds,
    };
    Division {
        order,
        ties,
        grounds: Grounds::Alliances(Box::new(grounds)),
    }
}

/// A team is a contender like any, with the votes of all its lists; it goes by the poll number of the first.
fn as_contenders(teams: &[Vec<&Contender>], weights: &Weights) -> Vec<Contender> {
    let contender = |(index, team): (usize, &Vec<&Contender>)| {
        let first = team.first()?;
        Some(Contender {
            index,
            poll_number: first.poll_number,
            votes: team.iter().map(|list| list.votes).sum(),
            weight: weights.of_lists[index],
        })
    };
    teams.iter().enumerate().filter_map(contender).collect()
}

/// Shares out the seats that a team has won between its lists.
fn within(
    method: SeatMethod,
    seats: u32,
    team: &[&Contender],
    weights: &Weights,
    field: &Field<'_>,
) -> Division {
    match team {
        _ if seats == 0 => Division::of_nothing(),
        [single] => Division {
            order: vec![single.index; seats as usize],
            ..Division::of_nothing()
        },
        _ => method.share_out(seats, team, weights.clone(), field),
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
