//! What the law grants to or demands of a single list.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{decimal::Decimal, reading::Whole};

/// The terms of one list; the default is that of an ordinary list.
///
/// Fields that are not terms, such as a list's name, are ignored when terms are read; the command `apportion` refuses
/// all but `id`, `name` and `comment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "Written")]
pub struct ListTerms {
    /// The list takes part without reaching the threshold (for example a minority list).
    #[serde(skip_serializing_if = "is_false")]
    pub exempt: bool,
    /// The list's own threshold in percent, 0 to 100, in place of the election's (for example for a coalition).
    /// It is measured against the same base, or against the valid votes if the election's is a quota or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_percent: Option<Decimal>,
    /// What the list's votes are multiplied by when seats are shared out, more than 0; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Decimal>,
    /// How many candidates the list has: it gets no more seats than that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<u64>,
    /// False for a list that gets no seat here because it missed a threshold elsewhere; its votes stay valid.
    #[serde(skip_serializing_if = "is_true")]
    pub takes_part: bool,
    /// The seats that the list already has (additional-member systems): its divisors continue after them.
    #[serde(skip_serializing_if = "is_none")]
    pub seats_won: u64,
}

impl Default for ListTerms {
    fn default() -> Self {
        Self {
            exempt: false,
            threshold_percent: None,
            multiplier: None,
            candidates: None,
            takes_part: true,
            seats_won: 0,
        }
    }
}

macro_rules! written {
    ($(#[$documentation:meta])* $name:ident { $($(#[$attribute:meta])* $free:ident),* }) => {
        #[derive(Deserialize)]
        $(#[$documentation])*
        pub(crate) struct $name {
            exempt: Option<bool>,
            threshold_percent: Option<Decimal>,
            multiplier: Option<Decimal>,
            candidates: Option<Whole>,
            takes_part: Option<bool>,
            seats_won: Option<Whole>,
            $($(#[$attribute])* $free: Option<IgnoredAny>,)*
        }

        impl From<$name> for ListTerms {
            fn from(written: $name) -> Self {
                Self {
                    exempt: written.exempt.unwrap_or(false),
                    threshold_percent: written.threshold_percent,
                    multiplier: written.multiplier,
                    candidates: written.candidates.map(|Whole(candidates)| candidates),
                    takes_part: written.takes_part.unwrap_or(true),
                    seats_won: written.seats_won.map_or(0, |Whole(seats)| seats),
                }
            }
        }
    };
}

written!(
    /// Terms among other fields, which are checked elsewhere.
    #[serde(expecting = "struct ListTerms")]
    Written {}
);
written!(
    /// Terms alone; `id`, `name` and `comment` are free.
    #[serde(deny_unknown_fields)]
    TermsAlone {
        #[serde(rename = "id")]
        _id,
        #[serde(rename = "name")]
        _name,
        #[serde(rename = "comment")]
        _comment
    }
);

macro_rules! skipped_if {
    ($name:ident, $kind:ty, $ordinary:expr) => {
        fn $name(value: &$kind) -> bool {
            *value == $ordinary
        }
    };
}

skipped_if!(is_false, bool, false);
skipped_if!(is_true, bool, true);
skipped_if!(is_none, u64, 0);
