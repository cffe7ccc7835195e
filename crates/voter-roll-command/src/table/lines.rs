//! The physical lines of a CSV file, checked before they are parsed.
//!
//! A CSV parser would read a stray quotation mark as the start of a value that spans lines, so that several voters
//! become one. Here a value ends with its line.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

/// Passes a file on up to the first malformed line.
pub(super) struct Lines<R> {
    file: R,
    line: u64,
    state: State,
    fault: Fault,
}

/// The first malformed line, and what is wrong with it.
pub(super) type Fault = Rc<RefCell<Option<(u64, &'static str)>>>;

#[derive(Clone, Copy, PartialEq)]
enum State {
    LineStart,
    /// After a CR: a LF is part of the same line end.
    BehindReturn,
    ValueStart,
    Value,
    Quoted,
    /// After a quotation mark in a quoted value: a second one is a literal mark, otherwise the value has ended.
    BehindQuote,
}

const OPEN: &str = "a quotation mark is not closed on the line";
const STRAY: &str = "a quotation mark stands inside a value: write the whole value in quotation marks, and two for each inside";
const BEHIND: &str = "there is text behind a closing quotation mark";
const NUL: &str = "it contains a NUL character, which the database cannot store";

impl<R: Read> Lines<R> {
    pub(super) fn new(file: R) -> (Self, Fault) {
        let fault = Fault::default();
        let lines = Self {
            file,
            line: 1,
            state: State::LineStart,
            fault: Rc::clone(&fault),
        };
        (lines, fault)
    }

    /// The state after a byte.
    fn step(&mut self, byte: u8) -> Result<State, &'static str> {
        if self.state == State::BehindReturn && byte == b'\n' {
            return Ok(State::LineStart);
        }
        match (self.state, byte) {
            (_, 0) => Err(NUL),
            (State::Quoted, b'\n' | b'\r') => Err(OPEN),
            (State::Quoted, b'"') => Ok(State::BehindQuote),
            (State::Quoted, _)
            | (
                State::BehindQuote | State::LineStart | State::BehindReturn | State::ValueStart,
                b'"',
            ) => Ok(State::Quoted),
            (_, b'\n') => {
                self.line += 1;
                Ok(State::LineStart)
            }
            (_, b'\r') => {
                self.line += 1;
                Ok(State::BehindReturn)
            }
            (_, b',') => Ok(State::ValueStart),
            (State::BehindQuote, _) => Err(BEHIND),
            (_, b'"') => Err(STRAY),
            _ => Ok(State::Value),
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fault.borrow().is_some() {
            return Ok(0);
        }
        let length = self.file.read(buffer)?;
        let mut line_start = 0;
        for (index, byte) in buffer[..length].iter().enumerate() {
            match self.step(*byte) {
                Ok(state) => self.state = state,
                Err(problem) => {
                    *self.fault.borrow_mut() = Some((self.line, problem));
                    return Ok(line_start);
                }
            }
            if matches!(self.state, State::LineStart | State::BehindReturn) {
                line_start = index + 1;
            }
        }
        if length == 0 && self.state == State::Quoted {
            *self.fault.borrow_mut() = Some((self.line, OPEN));
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Option<(u64, &'static str)>) {
        let (mut lines, fault) = Lines::new(text.as_bytes());
        let mut passed = String::new();
        lines.read_to_string(&mut passed).unwrap();
        let fault = *fault.borrow();
        (passed, fault)
    }

    #[test]
    fn what_is_in_order_passes() {
        for text in [
            "",
            "a,b\n",
            "a,\"b, \"\"c\"\"\"\r\n\"\",d",
            "a\rb\r\n\"c\"\n",
            "\n\n",
        ] {
            assert_eq!(read(text), (text.to_owned(), None));
        }
    }

    #[test]
    fn the_first_line_out_of_order_is_named_and_ends_the_file() {
        for (text, line, problem) in [
            ("a,\"b\nc,d\ne,\"f\n", 1, OPEN),
            ("a,b\nc,\"d\r\n", 2, OPEN),
            ("a,b\r\nc,\"d", 2, OPEN),
            ("a,b\rc,\"d\"e\n", 2, BEHIND),
            ("a,b\nc,d\"e\"\n", 2, STRAY),
            ("a,b\n\nc,\0\n", 3, NUL),
        ] {
            let (passed, fault) = read(text);
            assert_eq!(fault, Some((line, problem)), "{text:?}");
            assert!(
                !passed.contains('e') && !passed.contains('\0'),
                "{passed:?}"
            );
        }
    }
}
