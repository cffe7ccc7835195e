//! Counts and times in the form that a report needs.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that a histogram can record.
const LONGEST_US: u64 = 3_600_000_000;

/// A histogram of microseconds, exact to three digits.
#[derive(Clone, Debug)]
pub(crate) struct Times(Option<Histogram<u64>>);

impl Times {
    pub(crate) fn new() -> Self {
        // hdrhistogram accepts these constant bounds: `None` cannot happen, and would report zeros.
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).ok())
    }

    pub(crate) fn record(&mut self, time: Duration) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record(micros(time));
        }
    }

    /// In milliseconds.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        self.0.as_ref().map_or(0.0, |histogram| {
            millis(histogram.value_at_quantile(quantile))
        })
    }

    /// In milliseconds.
    pub(crate) fn max(&self) -> f64 {
        self.0
            .as_ref()
            .map_or(0.0, |histogram| millis(histogram.max()))
    }
}

/// Whole microseconds.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds with three decimals.
fn millis(micros: u64) -> f64 {
    rounded(Duration::from_micros(micros).as_secs_f64() * 1e3, 1e3)
}

/// `value` to the nearest `1 / steps`.
pub(crate) fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// A count as a floating-point number, for divisions.
pub(crate) fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// `1 vote`, `2 votes`.
pub(crate) fn some(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_three_decimals() {
        let mut times = Times::new();
        times.record(Duration::from_micros(1_234));
        assert_eq!(times.quantile(0.5).to_string(), "1.234");
        assert_eq!(times.max().to_string(), "1.234");
    }

    #[test]
    fn no_time_at_all_is_zero() {
        assert_eq!(Times::new().quantile(0.99).to_string(), "0");
    }
}
