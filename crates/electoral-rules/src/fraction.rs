//! Exact fractions, for showing how a seat was won.

use std::fmt;

/// An exact fraction of 0 or more in lowest terms. Its unit is votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

impl Fraction {
    /// `numerator` / `denominator`; the denominator must not be 0.
    pub(crate) fn new(numerator: u128, denominator: u128) -> Self {
        debug_assert!(denominator != 0, "a fraction needs a denominator");
        let common = greatest_common_divisor(numerator, denominator);
        Self {
            numerator: numerator / common,
            denominator: denominator / common,
        }
    }

    /// The number above the line.
    pub fn numerator(self) -> u128 {
        self.numerator
    }

    /// The number below the line; never 0.
    pub fn denominator(self) -> u128 {
        self.denominator
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `891850`, or `1783701/2` if it is not whole.
impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => f.pad(&self.numerator.to_string()),
            _ => f.pad(&format!("{}/{}", self.numerator, self.denominator)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_in_lowest_terms() {
        assert_eq!(Fraction::new(10, 4).to_string(), "5/2");
        assert_eq!(Fraction::new(8_740_845, 100).to_string(), "1748169/20");
        assert_eq!(Fraction::new(12, 3).to_string(), "4");
        assert_eq!(Fraction::new(0, 7).to_string(), "0");
    }
}
