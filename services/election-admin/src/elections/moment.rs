//! Date-times as clients write them: ISO 8601, with an offset or without.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use service_kit::body::is_storable;

/// A moment, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    written: String,
    instant: Timestamp,
    change: Option<ChangeOfClocks>,
}

/// What is special about a time without an offset, in its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangeOfClocks {
    /// The clocks show it twice.
    Twice,
    /// The clocks never show it.
    Never,
}

impl Moment {
    /// Reads `2026-06-16T15:55:46`, followed by `Z`, `+01`, `+01:00` or `+0100`, or by nothing, which means the
    /// time in `zone`. Seconds may be left out or have a fraction. `None` for anything else, and for more than 256
    /// characters.
    ///
    /// A time that occurs twice in `zone`, or not at all, is read as in other programs: as the earlier of the
    /// two, or shifted later by the length of the gap.
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        if !is_storable(text) {
            return None;
        }
        let (datetime, offset) = Reader(text.as_bytes()).date_time()?;
        let (instant, change) = match offset {
            Some(offset) => (offset.to_timestamp(datetime), None),
            None => (zone.to_timestamp(datetime), change(datetime, zone)),
        };
        // Microseconds are what PostgreSQL keeps.
        let instant = Timestamp::from_microsecond(instant.ok()?.as_microsecond()).ok()?;
        Some(Self {
            written: text.to_owned(),
            instant,
            change,
        })
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The moment, to the microsecond.
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The moment as the clocks of `zone` show it, with offset and zone, such as
    /// `2026-06-16T08:00:00+02:00[Europe/Belgrade]` (RFC 9557).
    pub fn understood(&self, zone: &TimeZone) -> String {
        self.instant.to_zoned(zone.clone()).to_string()
    }

    /// A sentence for whoever wrote it, if it was written without an offset and falls into a change of clocks in `zone`.
    pub fn warning(&self, zone: &TimeZone) -> Option<String> {
        let (written, understood) = (&self.written, self.understood(zone));
        let what = match self.change? {
            ChangeOfClocks::Twice => {
                "there twice, as the clocks go back; understood as the earlier"
            }
            ChangeOfClocks::Never => "never there, as the clocks go forward; understood as",
        };
        Some(format!(
            "{written} is {what} {understood}. Write an offset, such as +01:00, to say which moment is meant."
        ))
    }
}

fn change(datetime: DateTime, zone: &TimeZone) -> Option<ChangeOfClocks> {
    match zone.to_ambiguous_timestamp(datetime).offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Fold { .. } => Some(ChangeOfClocks::Twice),
        AmbiguousOffset::Gap { .. } => Some(ChangeOfClocks::Never),
    }
}

impl From<Timestamp> for Moment {
    /// Written in UTC.
    fn from(instant: Timestamp) -> Self {
        Self {
            written: instant.to_string(),
            instant,
            change: None,
        }
    }
}

/// The rest of the text.
struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    fn date_time(mut self) -> Option<(DateTime, Option<Offset>)> {
        let year = self.number(4)?;
        self.expect(b'-')?;
        let month = self.two_digits()?;
        self.expect(b'-')?;
        let day = self.two_digits()?;
        self.expect(b'T')?;
        let hour = self.two_digits()?;
        self.expect(b':')?;
        let minute = self.two_digits()?;
        let (mut second, mut nanosecond) = (0, 0);
        if self.skip(b':') {
            second = self.two_digits()?;
            if self.skip(b'.') || self.skip(b',') {
                nanosecond = self.fraction()?;
            }
        }
        let offset = if self.0.is_empty() {
            None
        } else {
            Some(self.offset()?)
        };
        let datetime = DateTime::new(
            i16::try_from(year).ok()?,
            month,
            day,
            hour,
            minute,
            second,
            nanosecond,
        );
        Some((datetime.ok()?, offset))
    }

    /// The offset, which is the last thing to read.
    fn offset(&mut self) -> Option<Offset> {
        if self.skip(b'Z') {
            return self.0.is_empty().then_some(Offset::UTC);
        }
        let west = self.skip(b'-');
        if !west {
            self.expect(b'+')?;
        }
        let hours = self.number(2)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.skip(b':');
            self.number(2)?
        };
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        let seconds = (hours * 60 + minutes) * 60;
        Offset::from_seconds(if west { -seconds } else { seconds }).ok()
    }

    /// Digits after the point, as nanoseconds; more than nine are cut off.
    fn fraction(&mut self) -> Option<i32> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit());
        let length = digits.count();
        let (fraction, rest) = self.0.split_at(length);
        self.0 = rest;
        let nanoseconds = (0..9).fold(0, |sum, place| {
            sum * 10
                + fraction
                    .get(place)
                    .map_or(0, |digit| i32::from(digit - b'0'))
        });
        (length > 0).then_some(nanoseconds)
    }

    fn two_digits(&mut self) -> Option<i8> {
        i8::try_from(self.number(2)?).ok()
    }

    fn number(&mut self, digits: usize) -> Option<i32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + i32::from(byte - b'0'))
        })
    }

    fn skip(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str, zone: &TimeZone) -> Option<String> {
        Moment::parse(text, zone).map(|moment| {
            assert_eq!(moment.written(), text);
            moment.instant().to_string()
        })
    }

    #[test]
    fn each_published_form_is_read() {
        for (text, utc) in [
            ("2026-06-16T15:55:46", "2026-06-16T15:55:46Z"),
            ("2026-06-16T15:55", "2026-06-16T15:55:00Z"),
            ("2026-06-16T15:55:46.250000", "2026-06-16T15:55:46.25Z"),
            (
                "2026-06-16T15:55:46.1234567899",
                "2026-06-16T15:55:46.123456Z",
            ),
            ("2026-06-16T15:55:46Z", "2026-06-16T15:55:46Z"),
            ("2026-06-16T15:55:46+01:00", "2026-06-16T14:55:46Z"),
            ("2026-06-16T15:55:46+0100", "2026-06-16T14:55:46Z"),
            ("2026-06-16T15:55:46-05", "2026-06-16T20:55:46Z"),
            ("2026-06-16T15:55:46.5-0530", "2026-06-16T21:25:46.5Z"),
        ] {
            assert_eq!(
                instant(text, &TimeZone::UTC).as_deref(),
                Some(utc),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_date_time_is_not_read() {
        for text in [
            "",
            " ",
            "2026-06-16",
            "2026-06-16T",
            "2026-06-16 15:55:46",
            "2026-06-16T15",
            "2026-6-16T15:55:46",
            "2026-13-16T15:55:46",
            "2026-02-29T15:55:46",
            "2026-06-16T24:00:00",
            "2026-06-16T15:60:00",
            "2026-06-16T15:55:61",
            "2026-06-16T15:55:46.",
            "2026-06-16T15:55:46.x",
            "2026-06-16T15:55:46z",
            "2026-06-16T15:55:46Z ",
            " 2026-06-16T15:55:46",
            "2026-06-16T15:55:46+1",
            "2026-06-16T15:55:46+01:",
            "2026-06-16T15:55:46+01:0",
            "2026-06-16T15:55:46+24:00",
            "2026-06-16T15:55:46+01:60",
            "2026-06-16T15:55:46+010000",
            "2026-06-16T15:55:46[UTC]",
            "-026-06-16T15:55:46",
            "9999-12-31T23:59:59",
            "tomorrow",
            "1750089346",
        ] {
            assert_eq!(instant(text, &TimeZone::UTC), None, "{text}");
        }
        let digits = |count| format!("2026-06-16T15:55:46.{}", "0".repeat(count));
        assert!(instant(&digits(236), &TimeZone::UTC).is_some());
        assert_eq!(instant(&digits(237), &TimeZone::UTC), None);
    }

    #[test]
    fn only_a_time_without_an_offset_depends_on_the_zone() {
        let belgrade = TimeZone::get("Europe/Belgrade").unwrap();
        for (text, utc) in [
            ("2026-06-16T15:55:46", "2026-06-16T13:55:46Z"),
            ("2026-01-16T15:55:46", "2026-01-16T14:55:46Z"),
            ("2026-06-16T15:55:46Z", "2026-06-16T15:55:46Z"),
            // There twice: the earlier one; not there at all: an hour later.
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(instant(text, &belgrade).as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn a_time_in_a_change_of_clocks_is_warned_of() {
        let warning = |text: &str, zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            Moment::parse(text, &zone).unwrap().warning(&zone)
        };
        let twice = warning("2026-10-25T02:30:00", "Europe/Belgrade").unwrap();
        assert!(
            twice.starts_with("2026-10-25T02:30:00 is there twice")
                && twice.contains("earlier 2026-10-25T02:30:00+02:00[Europe/Belgrade]."),
            "{twice}"
        );
        let never = warning("2026-03-29T02:30:00", "Europe/Belgrade").unwrap();
        assert!(
            never.starts_with("2026-03-29T02:30:00 is never there")
                && never.contains("understood as 2026-03-29T03:30:00+02:00[Europe/Belgrade]."),
            "{never}"
        );
        // South of the equator, and a change of half an hour.
        assert!(warning("2026-04-05T01:45:00", "Australia/Lord_Howe").is_some());
        for (text, zone) in [
            ("2026-10-25T03:00:00", "Europe/Belgrade"),
            ("2026-10-25T02:30:00+01:00", "Europe/Belgrade"),
            ("2026-03-29T03:00:00", "Europe/Belgrade"),
            ("2026-03-29T02:30:00", "UTC"),
        ] {
            assert_eq!(warning(text, zone), None, "{text}");
        }
    }

    #[test]
    fn what_was_understood_is_said_in_the_zones_own_time() {
        let belgrade = TimeZone::get("Europe/Belgrade").unwrap();
        for text in [
            "2026-06-16T15:55:46",
            "2026-06-16T13:55:46Z",
            "2026-06-16T06:55:46-0700",
        ] {
            let understood = Moment::parse(text, &belgrade)
                .unwrap()
                .understood(&belgrade);
            assert_eq!(
                understood, "2026-06-16T15:55:46+02:00[Europe/Belgrade]",
                "{text}"
            );
        }
    }

    fn instants() -> impl Strategy<Value = Timestamp> {
        // Years 1 to 9998.
        (-62_135_596_800_000_000_i64 + 86_400_000_000..253_370_764_800_000_000)
            .prop_map(|microsecond| Timestamp::from_microsecond(microsecond).unwrap())
    }

    proptest! {
        #[test]
        fn whatever_the_offset_the_moment_is_the_same(instant in instants(), minutes in -1439..1440_i32, colon: bool) {
            let offset = Offset::from_seconds(minutes * 60).unwrap();
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
            let colon = if colon { ":" } else { "" };
            let text = format!("{:.6}{sign}{hours:02}{colon}{rest:02}", offset.to_datetime(instant));
            // At the very ends of the calendar the local year has no four digits.
            if text.find('T') == Some(10) && !text.starts_with('-') {
                let moment = Moment::parse(&text, &TimeZone::UTC).unwrap();
                prop_assert_eq!(moment.instant(), instant);
                prop_assert_eq!(moment.written(), text);
            }
        }

        #[test]
        fn without_an_offset_it_is_the_time_of_the_zone(instant in instants()) {
            let text = format!("{:.6}", Offset::UTC.to_datetime(instant));
            prop_assert_eq!(Moment::parse(&text, &TimeZone::UTC).unwrap().instant(), instant);
            let east = TimeZone::fixed(Offset::from_seconds(3600).unwrap());
            let earlier = instant.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap();
            prop_assert_eq!(Moment::parse(&text, &east).unwrap().instant(), earlier);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _either = Moment::parse(&text, &TimeZone::UTC);
        }

        #[test]
        fn what_looks_like_a_date_time_makes_it_neither(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?([.,][0-9]{0,12})?(Z|[+-][0-9:]{0,6})?") {
            let _either = Moment::parse(&text, &TimeZone::UTC);
        }
    }
}
