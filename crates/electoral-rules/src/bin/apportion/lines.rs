//! Lines in, answers out.

use std::io::{self, BufRead, BufReader, Read, Write};

use electoral_rules::command::{Answer, Explanation, answer};

/// How answers are written.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// One JSON object per line.
    JsonLines,
    /// Tables for people.
    Tables,
}

/// Answers every line, in order, and returns whether all of them were valid.
///
/// An empty line between others is answered like any other unreadable line; empty lines at the end are ignored.
pub(crate) fn answer_all(
    mut input: BufReader<impl Read>,
    mut output: impl Write,
    form: Form,
) -> io::Result<bool> {
    let mut all_made_sense = true;
    let mut empty_lines = 0_u64;
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if line.trim_ascii().is_empty() {
            empty_lines += 1;
            line.clear();
            continue;
        }
        let empty = (0..empty_lines).map(|_| answer(b""));
        for answer in empty.chain([answer(&line)]) {
            all_made_sense &= answer.result.is_ok();
            write(&mut output, &answer, form)?;
        }
        empty_lines = 0;
        line.clear();
        // A client that sends line by line gets each answer before the next line.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
    output.flush()?;
    Ok(all_made_sense)
}

fn write(output: &mut impl Write, answer: &Answer, form: Form) -> io::Result<()> {
    match form {
        Form::JsonLines => {
            serde_json::to_writer(&mut *output, answer)?;
            output.write_all(b"\n")
        }
        Form::Tables => writeln!(output, "{}", Explanation(answer)),
    }
}
