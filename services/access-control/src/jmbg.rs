//! Personal numbers: 13 digits `DDMMYYYRRBBBK`, day, month and year of birth, region, number within them, and
//! a check digit.

/// A personal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jmbg(String);

impl Jmbg {
    /// Parses `text` as a personal number, if it is one. Any year is accepted, and any day for any month.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 13] = text.as_bytes().try_into().ok()?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digits = bytes.map(|byte| u32::from(byte - b'0'));
        let two = |first: usize| digits[first] * 10 + digits[first + 1];
        let good = (1..=31).contains(&two(0))
            && (1..=12).contains(&two(2))
            && (70..=99).contains(&two(7))
            && digits[12] == check_digit(&digits);
        good.then(|| Self(text.to_owned()))
    }

    /// The 13 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The last digit, from the twelve before it.
fn check_digit(digits: &[u32; 13]) -> u32 {
    let weights = [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    match 11 - sum % 11 {
        rest @ 1..=9 => rest,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// With the right check digit.
    fn numbered(twelve: &str) -> String {
        let found = (0..10).map(|digit| format!("{twelve}{digit}"));
        let good: Vec<String> = found.filter(|text| Jmbg::parse(text).is_some()).collect();
        assert!(good.len() <= 1, "{good:?}");
        good.into_iter().next().unwrap_or_default()
    }

    #[test]
    fn the_check_digit_is_checked() {
        assert_eq!(
            Jmbg::parse("0101994704401").unwrap().as_str(),
            "0101994704401"
        );
        assert_eq!(numbered("010199470440"), "0101994704401");
        for digit in [0, 2, 3, 4, 5, 6, 7, 8, 9] {
            assert_eq!(Jmbg::parse(&format!("010199470440{digit}")), None);
        }
    }

    proptest! {
        #[test]
        fn twelve_digits_have_exactly_one_check_digit(
            day in 1..=31, month in 1..=12, year in 0..=999, region in 70..=99, number in 0..=999,
        ) {
            let twelve = format!("{day:02}{month:02}{year:03}{region:02}{number:03}");
            prop_assert_eq!(numbered(&twelve).len(), 13);
        }

        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let odd = Jmbg::parse(&text);
            prop_assert!(odd.is_none_or(|jmbg| jmbg.as_str() == text));
        }
    }

    #[test]
    fn a_rest_of_ten_or_eleven_gives_zero() {
        // 7·0+6·1+5·0+4·1+3·0+2·0 + 7·0+6·7+5·0+4·0+3·0+2·n, mod 11: 8 + 2n; 0 for n = 7, 1 for n = 2.
        assert_eq!(numbered("010100070007"), "0101000700070");
        assert_eq!(numbered("010100070002"), "0101000700020");
    }

    #[test]
    fn day_month_and_region_have_their_limits() {
        for (twelve, good) in [
            ("000199470440", false),
            ("320199470440", false),
            ("310299470440", true),
            ("010099470440", false),
            ("011399470440", false),
            ("011299470440", true),
            ("010199469440", false),
            ("010199499440", true),
            ("010100070000", true),
        ] {
            assert_eq!(!numbered(twelve).is_empty(), good, "{twelve}");
        }
    }

    #[test]
    fn nothing_but_13_digits() {
        for bad in [
            "",
            "010199470440",
            "01019947044011",
            "0101994704401 ",
            "010199470440a",
            "０101994704401",
            "0000000000000",
        ] {
            assert_eq!(Jmbg::parse(bad), None, "{bad}");
        }
    }
}
