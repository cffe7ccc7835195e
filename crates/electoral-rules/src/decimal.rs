//! Exact decimals: percentages and multipliers as written in the law.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Unexpected},
};

/// An exact decimal of 0 or more, such as `5` or `1.35`, with at most 17 decimals.
///
/// Read from a number or a string in decimal notation, written as a string. Equal values are equal: `1.350`
/// is `1.35`.
///
/// If a deserialiser can only provide binary floating point (TOML, or `serde_json::from_value`), the number is
/// refused unless it is whole: write it as a string there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// The value is `digits` / 10^`decimals`; the last digit is not 0 unless `decimals` is 0.
    digits: u64,
    decimals: u32,
}

impl Decimal {
    /// 1.
    pub const ONE: Self = Self {
        digits: 1,
        decimals: 0,
    };

    /// The most decimals that are read, so that a percentage times [`crate::MAX_VOTES`] fits 128 bits.
    pub const MAX_DECIMALS: u32 = 17;

    pub(crate) fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The value as the fraction `(numerator, denominator)`, the denominator being a power of ten.
    pub(crate) fn as_ratio(self) -> (u128, u128) {
        (u128::from(self.digits), 10_u128.pow(self.decimals))
    }

    pub(crate) fn decimals(self) -> u32 {
        self.decimals
    }

    /// How many digits are before the point; none for 0.5.
    pub(crate) fn digits_before_point(self) -> u32 {
        let (numerator, denominator) = self.as_ratio();
        (numerator / denominator)
            .checked_ilog10()
            .map_or(0, |power| power + 1)
    }

    pub(crate) fn is_more_than(self, whole: u64) -> bool {
        let (numerator, denominator) = self.as_ratio();
        numerator > u128::from(whole) * denominator
    }
}

impl From<u64> for Decimal {
    fn from(whole: u64) -> Self {
        Self {
            digits: whole,
            decimals: 0,
        }
    }
}

/// The text is not a decimal, or has too many digits for exact arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalError;

/// What a decimal has to look like, for error messages.
const EXPECTED: &str =
    r#"an exact decimal of 0 or more with at most 17 decimals, such as 5 or "1.35" in quotes"#;

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A number here must be {EXPECTED}.")
    }
}

impl std::error::Error for DecimalError {}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads `12`, `12.5` or `125e-1`; no sign, no spaces.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => {
                (number, exponent.parse::<i32>().map_err(|_| DecimalError)?)
            }
            None => (text, 0),
        };
        let (whole, after_point) = match number.split_once('.') {
            Some((_, "")) => return Err(DecimalError),
            Some(parts) => parts,
            None => (number, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(after_point) {
            return Err(DecimalError);
        }

        let written = format!("{whole}{after_point}");
        let significant = written.trim_matches('0');
        if significant.is_empty() {
            return Ok(Self::from(0));
        }
        let zeros_at_end = written.len() - written.trim_end_matches('0').len();
        let length = |count: usize| i64::try_from(count).map_err(|_| DecimalError);
        let decimals = length(after_point.len())? - length(zeros_at_end)? - i64::from(exponent);

        let digits: u64 = significant.parse().map_err(|_| DecimalError)?;
        if let Ok(decimals) = u32::try_from(decimals) {
            return match decimals {
                0..=Self::MAX_DECIMALS => Ok(Self { digits, decimals }),
                _ => Err(DecimalError),
            };
        }
        let zeros_before_point = u32::try_from(-decimals).map_err(|_| DecimalError)?;
        let whole = 10_u64
            .checked_pow(zeros_before_point)
            .and_then(|power| digits.checked_mul(power))
            .ok_or(DecimalError)?;
        Ok(Self::from(whole))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = self.as_ratio();
        write!(f, "{}", numerator / denominator)?;
        match usize::try_from(self.decimals) {
            Ok(width @ 1..) => write!(f, ".{:0width$}", numerator % denominator),
            _ => Ok(()),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

/// The key under which `serde_json` provides a number as it was written (its feature `arbitrary_precision`).
const NUMBER_AS_WRITTEN: &str = "$serde_json::private::Number";

struct DecimalVisitor;

impl<'de> de::Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(whole))
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Decimal, E> {
        u64::try_from(whole)
            .map(Decimal::from)
            .map_err(|_| E::invalid_value(Unexpected::Signed(whole), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        text.parse()
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Decimal, A::Error> {
        if map.next_key::<String>()?.as_deref() != Some(NUMBER_AS_WRITTEN) {
            return Err(de::Error::invalid_type(Unexpected::Map, &self));
        }
        let text: String = map.next_value()?;
        text.parse()
            .map_err(|_| de::Error::invalid_value(Unexpected::Other(&text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn is_read_and_written_exactly() {
        for (text, digits, decimals) in [
            ("0", 0, 0),
            ("0.000", 0, 0),
            ("0e99999", 0, 0),
            ("5", 5, 0),
            ("1.35", 135, 2),
            ("1.3500", 135, 2),
            ("007.0", 7, 0),
            ("0.05", 5, 2),
            ("5e-2", 5, 2),
            ("1.35E+2", 135, 0),
            ("12e3", 12_000, 0),
            ("1000e-3", 1, 0),
            ("0.33333333333333333", 33_333_333_333_333_333, 17),
            ("18446744073709551615", u64::MAX, 0),
        ] {
            let value = decimal(text);
            assert_eq!((value.digits, value.decimals), (digits, decimals), "{text}");
            assert_eq!(decimal(&value.to_string()), value, "{text}");
        }
        assert_eq!(decimal("0.05").to_string(), "0.05");
        assert_eq!(decimal("12.5").to_string(), "12.5");
    }

    #[test]
    fn what_is_no_exact_decimal_is_refused() {
        for text in [
            "",
            ".",
            "5.",
            ".5",
            "-1",
            "+1",
            "1,35",
            " 1",
            "1.3.5",
            "e5",
            "1e",
            "1e1.5",
            "NaN",
            "inf",
            "1_0",
            "0x10",
            "5%",
            "٣",
            "0.123456789012345678",
            "18446744073709551616",
            "1e20",
            "1e999999999999",
            "1e-2147483648",
            "1e2147483647",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError), "{text}");
        }
    }

    #[test]
    fn a_json_number_is_taken_as_it_is_written() {
        let read = |json: &str| serde_json::from_str::<Decimal>(json);
        assert_eq!(read("3").unwrap(), decimal("3"));
        assert_eq!(read("0.67").unwrap(), decimal("0.67"));
        assert_eq!(
            read("4.00000000000000001").unwrap(),
            decimal("4.00000000000000001")
        );
        assert_eq!(read(r#""1.35""#).unwrap(), decimal("1.35"));
        for json in [
            "-3",
            "-0.5",
            r#""x""#,
            "null",
            "true",
            "[3]",
            "{}",
            r#"{"a":1}"#,
            "1e400",
        ] {
            let refusal = read(json).unwrap_err().to_string();
            assert!(refusal.contains("an exact decimal"), "{json}: {refusal}");
        }
    }

    #[test]
    fn digits_before_the_point_are_counted() {
        for (text, digits) in [("0.5", 0), ("1.35", 1), ("10", 2), ("999.9", 3)] {
            assert_eq!(decimal(text).digits_before_point(), digits, "{text}");
        }
    }
}
