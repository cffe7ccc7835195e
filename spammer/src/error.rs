//! What prevents a run from starting or from being checked.

use std::path::PathBuf;

use crate::result::FeedError;

/// Why there is no report. Messages are sentences for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that an option names cannot be read.
    #[error("Cannot read {path}: {source}. {advice}")]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
        /// Where such a file comes from.
        advice: &'static str,
    },
    /// A line of the voters' file is invalid.
    #[error("{path}, line {line}: {what}")]
    Voters {
        /// The file.
        path: PathBuf,
        /// Counted from 1, the header included.
        line: u64,
        /// What is wrong and what was expected.
        what: String,
    },
    /// The voters' file names nobody, or everybody in it is skipped.
    #[error("{path} leaves no voter to vote: it has {voters}, and --skip is {skip}.")]
    NoVoters {
        /// The file.
        path: PathBuf,
        /// Voters in the file.
        voters: usize,
        /// How many of them are skipped.
        skip: u32,
    },
    /// The scenario cannot be understood.
    #[error("{path} is not a scenario: {what}")]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The scenario belongs to a different election.
    #[error(
        "The scenario does not fit election {election}: {what} Give the scenario that it was created from."
    )]
    OtherBallot {
        /// The election.
        election: u32,
        /// The difference.
        what: String,
    },
    /// There is no single open election to choose.
    #[error("{0}")]
    NoElection(String),
    /// vote-ingest does not answer.
    #[error(
        "Cannot reach vote-ingest at {url}: {reason}. Start it (script/up), or give its address with --url."
    )]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// vote-ingest answers, but takes no votes yet.
    #[error("vote-ingest at {url} is not ready: {reason}. Wait until it has started.")]
    NotReady {
        /// Where it is.
        url: String,
        /// What it said.
        reason: String,
    },
    /// dashboard-feed does not answer, or gives a wrong answer.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The electoral rules cannot be applied to this ballot.
    #[error("The scenario's rules cannot be applied: {0}")]
    Rules(String),
    /// A part of the spammer itself stopped.
    #[error("A worker of the spammer stopped: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl Error {
    /// 2 if the options or the files they name are invalid, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File { .. }
            | Self::Voters { .. }
            | Self::NoVoters { .. }
            | Self::Scenario { .. }
            | Self::OtherBallot { .. }
            | Self::Rules(_) => 2,
            Self::NoElection(_)
            | Self::Unreachable { .. }
            | Self::NotReady { .. }
            | Self::Feed(_)
            | Self::Worker(_) => 1,
        }
    }
}
