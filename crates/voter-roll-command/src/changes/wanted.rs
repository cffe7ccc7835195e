//! What is wanted of voters.

use std::borrow::Cow;

use jiff::civil::Date;

use voter_roll::{Guid, PersonalId};

/// What to do with a voter.
#[derive(Clone, Debug)]
pub enum Change {
    /// The voter may not vote.
    Strike(Reason),
    /// A voter who was struck may vote again, unless the voter has voted.
    Reinstate(Reason),
    /// Another guid, for the same ballot: this one, or a random one.
    Reissue(Option<Guid>),
    /// Other words about the voter.
    Correct(Box<Correction>),
}

/// Why, in the operator's words.
pub type Reason = Option<Cow<'static, str>>;

/// What is to stand on the roll; nothing where it stays as it is.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "they are the columns of the roll")]
pub struct Correction {
    pub personal_id: Option<PersonalId>,
    pub first_name: Option<Cow<'static, str>>,
    pub last_name: Option<Cow<'static, str>>,
    pub birth_date: Option<Date>,
    pub gender: Option<Cow<'static, str>>,
    pub region: Option<Cow<'static, str>>,
    pub district: Option<u16>,
}

/// A change that somebody asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The line of the file that it comes from.
    pub line: Option<u64>,
    /// Which voter.
    pub personal_id: PersonalId,
    /// What to do.
    pub change: Change,
}
