//! The content of the ballot box.

use std::collections::BTreeMap;

use crate::{error::RuleError, limits::MAX_VOTES, terms::ListTerms};

/// The votes of one election and what else its outcome depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count<'a> {
    /// The votes of each list or candidate; that at index i has the poll number i + 1.
    pub votes: &'a [u64],
    /// The terms of each list, in the same order. Empty means that every list is an ordinary one.
    pub lists: &'a [ListTerms],
    /// The valid votes if blank votes are valid; if absent, the sum of `votes`.
    pub valid: Option<u64>,
    /// The votes cast, valid or not; `valid` if not given.
    pub cast: Option<u64>,
    /// The poll numbers in the order in which lots drew them.
    pub lots: &'a [u32],
    /// Everybody who was entitled to vote; only a threshold may need it.
    pub registered: Option<u64>,
    /// The poll numbers of lists that stand together: seats are shared out among alliances and single lists first,
    /// then inside each alliance.
    pub alliances: &'a [Vec<u32>],
}

/// The sums of a valid count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    /// Votes for all lists together.
    pub(crate) votes: u64,
    pub(crate) valid: u64,
    pub(crate) cast: u64,
    pub(crate) registered: Option<u64>,
}

impl Count<'_> {
    /// Adds the votes up and refuses impossible counts.
    pub(crate) fn totals(&self) -> Result<Totals, RuleError> {
        let lists = self.votes.len();
        if lists == 0 {
            return Err(RuleError::NoLists);
        }
        if u32::try_from(lists).is_err() {
            return Err(RuleError::TooManyLists);
        }
        if !self.lists.is_empty() && self.lists.len() != lists {
            return Err(RuleError::ListsLength {
                lists: self.lists.len(),
                votes: lists,
            });
        }

        let votes = self
            .votes
            .iter()
            .try_fold(0_u64, |sum, &votes| sum.checked_add(votes))
            .ok_or(RuleError::TooManyVotes)?;
        let valid = self.valid.unwrap_or(votes);
        let cast = self.cast.unwrap_or(valid);
        if valid < votes {
            return Err(RuleError::ValidBelowVotes { valid, votes });
        }
        if cast < valid {
            return Err(RuleError::CastBelowValid { cast, valid });
        }
        if cast > MAX_VOTES {
            return Err(RuleError::TooManyVotes);
        }
        let registered = self.registered;
        if let Some(registered) = registered.filter(|registered| *registered < cast) {
            return Err(RuleError::RegisteredBelowCast { registered, cast });
        }
        if registered > Some(MAX_VOTES) {
            return Err(RuleError::TooManyVotes);
        }
        Ok(Totals {
            votes,
            valid,
            cast,
            registered,
        })
    }

    /// The alliance of each list, as its place in [`Count::alliances`].
    pub(crate) fn alliance_of_lists(&self) -> Result<Vec<Option<usize>>, RuleError> {
        alliance_of_lists(self.alliances, self.votes.len())
    }

    /// The terms of the list at `index`.
    pub(crate) fn terms(&self, index: usize) -> ListTerms {
        self.lists.get(index).copied().unwrap_or_default()
    }

    /// Reads the lots: at which draw each poll number was drawn.
    pub(crate) fn lots_drawn(&self) -> Result<Lots, RuleError> {
        let mut drawn = BTreeMap::new();
        for (draw, &list) in self.lots.iter().enumerate() {
            let on_the_ballot =
                usize::try_from(list).is_ok_and(|list| (1..=self.votes.len()).contains(&list));
            if !on_the_ballot {
                return Err(RuleError::UnknownLot(list));
            }
            if drawn.insert(list, draw).is_some() {
                return Err(RuleError::LotDrawnTwice(list));
            }
        }
        Ok(Lots(drawn))
    }
}

/// The alliance of each of so many lists, as its place among the alliances.
pub(crate) fn alliance_of_lists(
    alliances: &[Vec<u32>],
    lists: usize,
) -> Result<Vec<Option<usize>>, RuleError> {
    let mut of_lists = vec![None; lists];
    for (alliance, members) in alliances.iter().enumerate() {
        for &poll_number in members {
            let index = usize::try_from(poll_number)
                .ok()
                .and_then(|n| n.checked_sub(1));
            let Some(place) = index.and_then(|index| of_lists.get_mut(index)) else {
                return Err(RuleError::UnknownAlly(poll_number));
            };
            if place.replace(alliance).is_some() {
                return Err(RuleError::AllyTwice(poll_number));
            }
        }
    }
    Ok(of_lists)
}

/// The lots that were drawn.
#[derive(Debug, Default)]
pub(crate) struct Lots(BTreeMap<u32, usize>);

impl Lots {
    /// When the list was drawn; lists that were not drawn come after all others, level with each other.
    pub(crate) fn draw_of(&self, poll_number: u32) -> usize {
        self.0.get(&poll_number).copied().unwrap_or(self.0.len())
    }
}

/// The poll number of the list at `index`.
pub(crate) fn poll_number(index: usize) -> u32 {
    #[expect(
        clippy::expect_used,
        reason = "`Count::totals` refuses more lists than there are poll numbers"
    )]
    u32::try_from(index + 1).expect("a poll number")
}

/// A list that takes part, or a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contender {
    /// Its place in [`Count::votes`].
    pub(crate) index: usize,
    pub(crate) poll_number: u32,
    /// The votes as they were cast.
    pub(crate) votes: u64,
    /// What counts when seats are shared out: votes times multiplier, in units of 1/`Weights::unit` vote.
    pub(crate) weight: u128,
}
