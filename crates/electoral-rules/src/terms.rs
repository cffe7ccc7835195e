//! What the law grants or demands of a single list.

use serde::{Deserialize, Serialize};

use crate::{decimal::Decimal, reading};

/// The terms of one list; the default is that of an ordinary list.
///
/// Fields that are not terms, such as a list's name, are ignored when terms are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ListTerms {
    /// The list takes part without reaching the threshold (a minority list, say).
    #[serde(
        deserialize_with = "reading::null_is_default",
        skip_serializing_if = "is_false"
    )]
    pub exempt: bool,
    /// The list's own threshold in percent, 0 to 100, in place of the election's (a coalition's, say). It
    /// is measured against the same base; against the valid votes where the election's is a quota or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_percent: Option<Decimal>,
    /// What the list's votes are multiplied by when seats are shared out, more than 0; 1 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<Decimal>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature serde calls"
)]
fn is_false(value: &bool) -> bool {
    !value
}
