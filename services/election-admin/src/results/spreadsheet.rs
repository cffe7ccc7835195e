//! Results as spreadsheets of every country open them: CSV with a byte order mark, which says that it is UTF-8, and CRLF
//! (RFC 4180).

use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use tally::{OfficialParticipant, OfficialResult};

use crate::results::details::{AwardedSeat, Details};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a sheet is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Table {
    /// Votes and seats, one participant per line
    #[default]
    Result,
    /// Votes by constituency, one per line
    Constituencies,
    /// Ballots that do not count, by reason
    Rejected,
    /// Votes over time
    Turnout,
    /// Each seat and what won it
    Seats,
    /// The election: its times, its rules, the hash of its result
    Election,
}

/// What separates the cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`, where the comma is the decimal sign
    Semicolon,
}

/// What a table is written from.
pub struct Source<'a> {
    /// The result.
    pub result: &'a OfficialResult,
    /// What it leaves out.
    pub details: &'a Details,
    /// Whether votes and seats may be shown.
    pub visible: bool,
    /// `final`, `provisional`, `so far` or `cancelled`.
    pub state: &'static str,
    /// The hash of the final result, in hex.
    pub sha256: Option<String>,
    /// Since when it is final.
    pub finalised_at: Option<Timestamp>,
}

type Row = Vec<String>;

impl Table {
    /// The sheet.
    ///
    /// # Errors
    /// None in practice: every result can be written.
    pub fn write(self, source: &Source<'_>, separator: Separator) -> anyhow::Result<Vec<u8>> {
        let delimiter = match separator {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
        };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::from(BYTE_ORDER_MARK));
        for row in self.rows(source) {
            csv.write_record(&row)?;
        }
        Ok(csv.into_inner()?)
    }

    fn rows(self, source: &Source<'_>) -> Vec<Row> {
        match self {
            Self::Result => source.result_rows(),
            Self::Constituencies => source.constituency_rows(),
            Self::Rejected => {
                let reasons = source.details.rejected.iter();
                let rows = reasons.map(|(reason, ballots)| texts([*reason, &ballots.to_string()]));
                with_head(["reason", "ballots"], rows)
            }
            Self::Turnout => source.turnout_rows(),
            Self::Seats => source.seat_rows(),
            Self::Election => source.election_rows(),
        }
    }
}

impl Source<'_> {
    fn result_rows(&self) -> Vec<Row> {
        let elected = self.result.outcome.as_ref();
        let elected = elected.map_or(&[][..], |outcome| outcome.elected());
        let row = |one: &OfficialParticipant| {
            let number = |number: Option<u64>| {
                let shown = number.filter(|_| self.visible);
                shown.map_or_else(String::new, |number| number.to_string())
            };
            let is_elected = self.visible && elected.contains(&one.poll_number);
            vec![
                one.poll_number.to_string(),
                as_text(&one.name),
                number(Some(one.votes)),
                number(one.seats),
                if is_elected { "yes" } else { "" }.to_owned(),
            ]
        };
        with_head(
            ["poll_number", "name", "votes", "seats", "elected"],
            self.result.participants.iter().map(row),
        )
    }

    fn constituency_rows(&self) -> Vec<Row> {
        let names = self.result.participants.iter();
        let names = names.map(|one| format!("{} {}", one.poll_number, one.name));
        let mut head = texts(["constituency", "counted"]);
        head.extend(names);
        let mut rows = vec![head];
        for one in &self.details.constituencies {
            let votes = (0..self.result.participants.len()).map(|index| {
                let votes = one.votes.as_ref();
                votes.map_or_else(String::new, |votes| votes[index].to_string())
            });
            let numbers = std::iter::once(&one.district).chain(&one.with);
            let numbers: Vec<_> = numbers.map(ToString::to_string).collect();
            let mut row = vec![numbers.join(" "), one.counted.to_string()];
            row.extend(votes);
            rows.push(row);
        }
        rows
    }

    fn turnout_rows(&self) -> Vec<Row> {
        let timeline = &self.details.timeline;
        let slot = SignedDuration::from_secs(timeline.slot_seconds);
        let (mut from, mut total) = (timeline.from, 0);
        let row = |votes: &u64| {
            // An election whose end is the end of time has a last slot that goes beyond it.
            let to = from.checked_add(slot).unwrap_or(Timestamp::MAX);
            total += votes;
            let row = texts([
                &from.to_string(),
                &to.to_string(),
                &votes.to_string(),
                &total.to_string(),
            ]);
            from = to;
            row
        };
        with_head(
            ["from", "to", "votes", "total"],
            timeline.ballots.iter().map(row),
        )
    }

    fn seat_rows(&self) -> Vec<Row> {
        let name = |poll_number| {
            let mut participants = self.result.participants.iter();
            let named = participants.find(|one| one.poll_number == poll_number);
            named.map_or_else(String::new, |one| as_text(&one.name))
        };
        let rows_of = |among: &'static str, seats: &[AwardedSeat]| -> Vec<Row> {
            let row = |seat: &AwardedSeat| {
                let (votes, of) = seat.votes.split_once('/').unwrap_or((&seat.votes, "1"));
                vec![
                    among.to_owned(),
                    seat.seat.to_string(),
                    seat.poll_number.to_string(),
                    name(seat.poll_number),
                    seat.by.to_owned(),
                    votes.to_owned(),
                    of.to_owned(),
                ]
            };
            seats.iter().map(row).collect()
        };
        let mut rows = rows_of("alliances", &self.details.seats_among_alliances);
        rows.extend(rows_of("lists", &self.details.seats));
        // Whole numbers only: a spreadsheet would take 7/5 for a date, and countries differ in the decimal sign.
        with_head(
            [
                "among",
                "seat",
                "poll_number",
                "name",
                "by",
                "votes_numerator",
                "votes_denominator",
            ],
            rows.into_iter(),
        )
    }

    fn election_rows(&self) -> Vec<Row> {
        let (result, details) = (self.result, self.details);
        let known =
            |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let finalised_at = self
            .finalised_at
            .map_or_else(String::new, |at| at.to_string());
        let rows = [
            ("election", result.election.to_string()),
            ("title", as_text(&result.title)),
            ("state", self.state.to_owned()),
            ("start", result.start.to_string()),
            ("end", result.end.to_string()),
            ("rules", details.rules_in_words.clone()),
            ("registered", known(details.registered)),
            ("counted", result.counted.to_string()),
            ("final_since", finalised_at),
            ("sha256", self.sha256.clone().unwrap_or_default()),
        ];
        with_head(
            ["field", "value"],
            rows.iter().map(|(name, value)| texts([*name, value])),
        )
    }
}

fn with_head<const N: usize>(head: [&str; N], rows: impl Iterator<Item = Row>) -> Vec<Row> {
    std::iter::once(texts(head)).chain(rows).collect()
}

fn texts<const N: usize>(cells: [&str; N]) -> Row {
    cells.map(ToOwned::to_owned).to_vec()
}

/// A spreadsheet would take text that begins like this as a formula, so the name of a participant is marked as text.
fn as_text(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{name}");
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_a_formula() {
        for (name, cell) in [
            ("Ana", "Ana"),
            ("A=1", "A=1"),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-Ž-", "'-Ž-"),
        ] {
            assert_eq!(as_text(name), cell);
        }
    }
}
