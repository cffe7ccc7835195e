//! The roll in Redis as a state machine: what `claim.lua` and a confirmation do, without Redis.

/// The state of the voters in Redis, by number.
#[derive(Clone, Debug)]
pub struct RollModel {
    voters: Vec<State>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Free,
    Bound(u32),
    Voted,
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The voter's ballot, which may be cast for this choice.
    Ballot,
    /// The voter has voted.
    AlreadyVoted,
    /// The voter is bound to another choice.
    OtherChoicePending,
}

impl RollModel {
    /// A roll that has just been loaded.
    pub fn loaded(voters: usize) -> Self {
        Self {
            voters: vec![State::Free; voters],
        }
    }

    /// Claims a voter's ballot for a choice.
    pub fn claim(&mut self, voter: usize, choice: u32) -> Claimed {
        match self.voters[voter] {
            State::Voted => Claimed::AlreadyVoted,
            State::Bound(other) if other != choice => Claimed::OtherChoicePending,
            State::Free | State::Bound(_) => {
                self.voters[voter] = State::Bound(choice);
                Claimed::Ballot
            }
        }
    }

    /// Confirms that a voter's vote is in the log.
    pub fn confirm(&mut self, voter: usize) {
        self.voters[voter] = State::Voted;
    }

    /// Redis loses everything, and the roll is loaded again.
    pub fn lose_everything(&mut self) {
        self.voters.fill(State::Free);
    }
}
