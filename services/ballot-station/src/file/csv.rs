//! Splits a CSV file into lines of values, as its bytes arrive.
//!
//! Existing CSV readers silently skip blank lines, so that every later line would be reported with a wrong number,
//! and let a stray quote swallow the lines up to the next one. This reader does neither, and holds only one line at
//! a time.
//!
//! A line ends with LF, CRLF or CR, also inside quotes. A value may be in double quotes, with two of them for a
//! literal quote; a line with an unclosed quote, or with text after a closing quote, is broken. A quote inside an
//! unquoted value is part of it.

/// Maximum number of characters in a value.
pub(crate) const VALUE_CHARS: usize = 256;

/// Maximum number of UTF-8 bytes of that many characters.
const VALUE_BYTES: usize = 4 * VALUE_CHARS;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One value of a line. The excess of a too long value is not kept.
#[derive(Debug, Default)]
pub(crate) struct Value {
    bytes: Vec<u8>,
    cut: bool,
}

impl Value {
    /// The value, unless it is longer than [`VALUE_CHARS`].
    pub(crate) fn get(&self) -> Option<&[u8]> {
        let fits = !self.cut
            && (self.bytes.len() <= VALUE_CHARS
                || String::from_utf8_lossy(&self.bytes).chars().count() <= VALUE_CHARS);
        fits.then_some(self.bytes.as_slice())
    }

    /// The bytes of it that are kept.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.bytes
    }

    fn push(&mut self, byte: u8) {
        if self.bytes.len() < VALUE_BYTES {
            self.bytes.push(byte);
        } else {
            self.cut = true;
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.cut = false;
    }
}

/// One line of the file.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The first three values; further ones are only counted.
    values: [Value; 3],
    commas: usize,
    has_content: bool,
    broken: bool,
}

impl Line {
    /// The values, if there are exactly two and their quotes are valid.
    pub(crate) fn pair(&self) -> Option<[&Value; 2]> {
        let [first, second, _] = &self.values;
        (self.commas == 1 && !self.broken).then_some([first, second])
    }

    /// Whether a quote is not closed on this line, or has text after it.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// The bytes of the values that are kept, at most three.
    pub(crate) fn kept(&self) -> &[Value] {
        &self.values[..=self.commas.min(2)]
    }

    /// How many values it has.
    pub(crate) fn number_of_values(&self) -> usize {
        self.commas + 1
    }

    /// Whether the line contains only blanks.
    pub(crate) fn is_blank(&self) -> bool {
        !self.has_content
    }

    fn value(&mut self) -> Option<&mut Value> {
        self.values.get_mut(self.commas)
    }

    fn clear(&mut self) {
        self.values.iter_mut().for_each(Value::clear);
        self.commas = 0;
        self.has_content = false;
        self.broken = false;
    }
}

/// The state before the next byte of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CsvState {
    LineStart,
    /// After a CR: a LF is part of the same line end.
    BehindReturn,
    ValueStart,
    Value,
    Quoted,
    /// After a quote in a quoted value: a second one is a literal quote; otherwise the value has ended.
    BehindQuote,
    /// After the closing quote, where only blanks may follow.
    BehindQuoted,
}

/// Takes the bytes of a file and returns its lines.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// The first bytes of the file, until there are enough to recognise a byte order mark.
    head: Option<Vec<u8>>,
    state: CsvState,
    line: Line,
}

impl Splitter {
    pub(crate) fn new() -> Self {
        Self {
            head: Some(Vec::with_capacity(BYTE_ORDER_MARK.len())),
            state: CsvState::LineStart,
            line: Line::default(),
        }
    }

    /// Takes the next bytes, and passes on each line that ends in them.
    ///
    /// # Errors
    /// The first error of `see`; the splitter must not be used after that.
    pub(crate) fn take<E>(
        &mut self,
        mut bytes: &[u8],
        see: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(head) = &mut self.head {
            let (missing, rest) =
                bytes.split_at((BYTE_ORDER_MARK.len() - head.len()).min(bytes.len()));
            head.extend_from_slice(missing);
            if head.len() < BYTE_ORDER_MARK.len() {
                return Ok(());
            }
            bytes = rest;
            self.take_head(see)?;
        }
        bytes.iter().try_for_each(|byte| self.take_byte(*byte, see))
    }

    /// Passes on the last line, if it has no line end.
    ///
    /// # Errors
    /// Those of `see`.
    pub(crate) fn finish<E>(
        mut self,
        see: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take_head(see)?;
        match self.state {
            CsvState::LineStart | CsvState::BehindReturn => return Ok(()),
            CsvState::Quoted => self.line.broken = true,
            _ => {}
        }
        see(&self.line)
    }

    fn take_head<E>(&mut self, see: &mut impl FnMut(&Line) -> Result<(), E>) -> Result<(), E> {
        let head = self.head.take().unwrap_or_default();
        let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
        head.iter().try_for_each(|byte| self.take_byte(*byte, see))
    }

    fn take_byte<E>(
        &mut self,
        byte: u8,
        see: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), E> {
        self.state = match (self.state, byte) {
            (CsvState::BehindReturn, b'\n') => CsvState::LineStart,
            (CsvState::Quoted, b'"') => CsvState::BehindQuote,
            (CsvState::Quoted, b'\n') => {
                self.line.broken = true;
                return self.end_line(CsvState::LineStart, see);
            }
            (CsvState::Quoted, b'\r') => {
                self.line.broken = true;
                return self.end_line(CsvState::BehindReturn, see);
            }
            (CsvState::Quoted, _) | (CsvState::BehindQuote, b'"') => {
                self.write(byte, CsvState::Quoted)
            }
            (_, b'\n') => return self.end_line(CsvState::LineStart, see),
            (_, b'\r') => return self.end_line(CsvState::BehindReturn, see),
            (_, b',') => {
                self.line.has_content = true;
                self.line.commas += 1;
                CsvState::ValueStart
            }
            (CsvState::LineStart | CsvState::BehindReturn | CsvState::ValueStart, b'"') => {
                self.line.has_content = true;
                CsvState::Quoted
            }
            (CsvState::BehindQuote | CsvState::BehindQuoted, _) => {
                self.line.broken |= !byte.is_ascii_whitespace();
                CsvState::BehindQuoted
            }
            _ => self.write(byte, CsvState::Value),
        };
        Ok(())
    }

    fn write(&mut self, byte: u8, state: CsvState) -> CsvState {
        self.line.has_content |= !byte.is_ascii_whitespace();
        if let Some(value) = self.line.value() {
            value.push(byte);
        }
        state
    }

    fn end_line<E>(
        &mut self,
        state: CsvState,
        see: &mut impl FnMut(&Line) -> Result<(), E>,
    ) -> Result<(), E> {
        self.state = state;
        see(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// How many values a line has, or none if it is blank; and the values if there are two.
    type Shown = (usize, String, String);

    /// The lines of a file that arrives in pieces.
    fn lines(pieces: &[&[u8]]) -> Vec<Shown> {
        let mut lines = Vec::new();
        let mut see = |line: &Line| {
            let text = |value: &Value| String::from_utf8_lossy(value.get().unwrap()).into_owned();
            lines.push(match line.pair() {
                Some([first, second]) => (2, text(first), text(second)),
                None if line.is_blank() => no_pair(0),
                None if line.is_broken() => broken(),
                None => no_pair(line.number_of_values()),
            });
            Ok::<_, Infallible>(())
        };
        let mut splitter = Splitter::new();
        for piece in pieces {
            splitter.take(piece, &mut see).unwrap();
        }
        splitter.finish(&mut see).unwrap();
        lines
    }

    fn pair(first: &str, second: &str) -> Shown {
        (2, first.to_owned(), second.to_owned())
    }

    fn no_pair(values: usize) -> Shown {
        (values, String::new(), String::new())
    }

    fn broken() -> Shown {
        (0, "broken".to_owned(), String::new())
    }

    #[test]
    fn every_line_has_its_number_whatever_ends_it() {
        let expected = [
            pair("a", "1"),
            no_pair(0),
            pair("b", "2"),
            no_pair(1),
            no_pair(3),
        ];
        for end in ["\n", "\r\n", "\r"] {
            let file = ["a,1", "", "b,2", "c", "d,4,5"].join(end);
            assert_eq!(lines(&[file.as_bytes()]), expected);
            assert_eq!(lines(&[format!("{file}{end}").as_bytes()]), expected);
            let blank = [expected.as_slice(), &[no_pair(0)]].concat();
            assert_eq!(lines(&[format!("{file}{end}{end}").as_bytes()]), blank);
        }
        assert_eq!(lines(&[b""]), []);
        assert_eq!(lines(&[b"\xef\xbb\xbf"]), []);
    }

    #[test]
    fn quotes_hold_commas_but_no_line_ends_and_a_byte_order_mark_is_none_of_the_text() {
        let file = "\u{feff}\"a,\"\"b\"\"\",\"1\"\nc\"d,\"2\" \n,\n\"\"\n\"a,1\r\nb,2\n\"c,3\r\"d\"e,1\nf,\"1\"2\n\"open";
        let expected = [
            pair("a,\"b\"", "1"),
            pair("c\"d", "2"),
            pair("", ""),
            no_pair(1),
            broken(),
            pair("b", "2"),
            broken(),
            broken(),
            broken(),
            broken(),
        ];
        assert_eq!(lines(&[file.as_bytes()]), expected);
        let bytes: Vec<&[u8]> = file.as_bytes().chunks(1).collect();
        assert_eq!(lines(&bytes), expected);
        assert_eq!(lines(&[b"\xef", b"\xbb,1"]), [pair("\u{fffd}", "1")]);
    }

    #[test]
    fn a_value_that_is_too_long_is_not_kept() {
        for (value, fits) in [
            ("x".repeat(256), true),
            ("ш".repeat(256), true),
            ("x".repeat(257), false),
            ("ш".repeat(257), false),
            ("😀".repeat(256), true),
            ("x".repeat(1_000_000), false),
        ] {
            let mut kept = Vec::new();
            let mut see = |line: &Line| {
                let [first, second] = line.pair().unwrap();
                assert_eq!(second.get(), Some(b"1".as_slice()));
                assert!(first.bytes.len() <= VALUE_BYTES);
                kept.push(first.get().is_some());
                Ok::<_, Infallible>(())
            };
            let file = format!("{value},1\nb,1\n");
            Splitter::new().take(file.as_bytes(), &mut see).unwrap();
            assert_eq!(kept, [fits, true]);
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            file in "[ab1,\"\r\n \u{feff}]{0,40}",
            cuts in proptest::collection::vec(0..60_usize, 0..5),
        ) {
            let bytes = file.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(lines(&pieces), lines(&[bytes]));
        }
    }
}
