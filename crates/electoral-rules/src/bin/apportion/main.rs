//! `apportion`: elections in, results out, one per line, for anyone who wants to check a result.

mod lines;

use std::{
    io::{self, BufReader, BufWriter, ErrorKind},
    process::ExitCode,
};

use clap::Parser;

use lines::Form;

/// Shares out seats, or finds the winner, for elections given as JSON Lines on standard input.
///
/// Every line is an object with `votes` and `rules` (and `id`, `lists`, `alliances`, `valid`, `cast`, `registered`,
/// `lots`); the answers come in the same order. An invalid line is answered with an error, and the exit status is
/// then 1; it is 2 where the command itself is misused.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Print the tables that a returning officer would publish, every seat with its quotient.
    #[arg(long)]
    explain: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let form = if options.explain {
        Form::Tables
    } else {
        Form::JsonLines
    };
    let input = BufReader::new(io::stdin().lock());
    let output = BufWriter::new(io::stdout().lock());
    match lines::answer_all(input, output, form) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The reader has seen enough, as with `| head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("apportion: the lines cannot be read or the answers written: {error}");
            ExitCode::FAILURE
        }
    }
}
