//! The `voter-roll` command.

mod changes;
mod output;
mod run;
mod stores;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_database::settings::DatabaseAddress;
use service_kit::secret::Environment;
use service_kit::settings::RedisOptions;

use self::changes::{ChangeOptions, CorrectionOptions};
use crate::operator::Operator;

/// Keeps the roll of voters, loads it for an election, and destroys its ballot key afterwards.
///
/// A first election: `migrate`, then `import` (or `generate`), then `load --election 1`. Loading
/// again is always safe, also while people vote: it puts back what Redis lost.
///
/// While an election is open: `strike`, `reinstate`, `reissue`, `correct` and `import --add` are in
/// force at once, in every election that was loaded and not purged. Every change of the roll is a
/// row in its audit log, which names voters by their rows (`dim_voters.row_number`) and knows
/// nothing of votes.
#[derive(Parser)]
#[command(name = "voter-roll", version)]
pub struct Cli {
    /// Environment; production refuses the publicly known database password
    #[arg(
        long = "urna-env",
        env = "URNA_ENV",
        value_enum,
        default_value = "development",
        global = true
    )]
    environment: Environment,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate the database of the roll to the newest schema (the other commands do so first)
    Migrate {
        #[command(flatten)]
        database: DatabaseAddress,
    },
    /// Fill an empty roll with synthetic voters
    Generate(GenerateOptions),
    /// Add the voters of a CSV file: all of them, or none if a line is wrong
    ///
    /// The header is `personal_id,guid,first_name,last_name,birth_date,gender,region,district`, in any
    /// order. `personal_id` has 11 digits, `birth_date` is YYYY-MM-DD, district 0 to 65535. Voters
    /// without a guid get a random one.
    Import(ImportOptions),
    /// Take voters off the roll: they cannot vote from then on
    ///
    /// A file has the columns `personal_id` and, if you like, `reason`. Who has voted stays counted:
    /// nothing leads from a voter to a ballot. Safe to repeat.
    Strike {
        #[command(flatten)]
        options: ChangeOptions,
        /// Why, for the audit log
        #[arg(long, conflicts_with = "file")]
        reason: Option<String>,
    },
    /// Take back voters who were struck by mistake; who had voted has voted
    ///
    /// Files as for `strike`.
    Reinstate {
        #[command(flatten)]
        options: ChangeOptions,
        /// Why, for the audit log
        #[arg(long, conflicts_with = "file")]
        reason: Option<String>,
    },
    /// Issue new guids, to voters who lost theirs: the same ballot, and the old guid no longer lets in
    ///
    /// Who has voted with the old guid has voted. A file has the column `personal_id` and, if the new
    /// guids are not to be random, `guid`. Writes `personal_id,guid,district` of these voters.
    Reissue {
        #[command(flatten)]
        options: ChangeOptions,
        /// The file for the new guids (readable by its owner only), or - for standard output
        #[arg(long, default_value = "-")]
        out: PathBuf,
    },
    /// Correct what the roll says of voters
    ///
    /// A file has the column `personal_id` and those to correct: `new_personal_id`, `first_name`,
    /// `last_name`, `birth_date`, `gender`, `region`, `district`. What is empty stays as it is.
    Correct {
        #[command(flatten)]
        options: ChangeOptions,
        #[command(flatten)]
        correction: Box<CorrectionOptions>,
    },
    /// Print the audit log of the roll, newest first, a JSON object a line; status 1 if it was altered
    Audit {
        /// How many rows, at most [default: all]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        #[command(flatten)]
        database: DatabaseAddress,
    },
    /// Load the roll into Redis for an election; repeat it to restore what Redis lost
    Load {
        #[command(flatten)]
        options: ElectionOptions,
        /// How many voters the election has room for, fixed by its first load [default: a quarter more than there are]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        capacity: Option<u32>,
    },
    /// Show how many voters there are, and how many have voted
    Status {
        /// Only this election [default: all]
        #[arg(long)]
        election: Option<u32>,
        #[command(flatten)]
        stores: Stores,
    },
    /// Write `personal_id,guid,district` of every voter as CSV
    Export {
        /// The file to write (readable by its owner only), or - for standard output
        #[arg(default_value = "-")]
        file: PathBuf,
        #[command(flatten)]
        database: DatabaseAddress,
    },
    /// After an election: destroy its ballot key and remove its roll from Redis
    ///
    /// After that nobody can tell whose a ballot was, and the election cannot be loaded again.
    Purge {
        #[command(flatten)]
        options: ElectionOptions,
        /// Confirm: a destroyed ballot key cannot be restored
        #[arg(long, required = true)]
        yes: bool,
    },
}

/// Which file to import, and how.
#[derive(Args)]
struct ImportOptions {
    /// The CSV file, or - for standard input
    file: PathBuf,
    /// The file is a later list: add who is not on the roll yet, and say who is there otherwise (and
    /// stays so); then load the elections, where the new voters can vote at once
    #[arg(long)]
    add: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    elections: Elections,
    #[command(flatten)]
    operator: OperatorOptions,
    #[command(flatten)]
    stores: Stores,
}

/// The elections that a change of the roll is for.
#[derive(Args)]
struct Elections {
    /// Only for this election, and others given so [default: all that were loaded and not purged]
    #[arg(long = "election", value_name = "ELECTION")]
    elections: Vec<u32>,
}

/// Who is responsible.
#[derive(Args)]
struct OperatorOptions {
    /// Who does this, for the audit log [default: the user of the operating system]
    #[arg(long, env = "URNA_OPERATOR", value_name = "NAME")]
    by: Option<String>,
}

impl OperatorOptions {
    fn operator(&self) -> Operator {
        Operator::new(self.by.clone())
    }
}

/// Which voters to make up.
#[derive(Args)]
struct GenerateOptions {
    /// How many voters
    #[arg(long)]
    voters: u64,
    /// Seed of the voters; the same seed gives the same voters
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Constituencies, numbered from 1; with 0, every voter is in district 0
    #[arg(long, default_value_t = 0)]
    districts: u16,
    /// First remove the existing voters (not while an election uses them)
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    operator: OperatorOptions,
    #[command(flatten)]
    database: DatabaseAddress,
}

/// An election, and all stores of its roll.
#[derive(Args)]
struct ElectionOptions {
    /// The number of the election
    #[arg(long)]
    election: u32,
    #[command(flatten)]
    operator: OperatorOptions,
    #[command(flatten)]
    stores: Stores,
}

/// All stores of the roll.
#[derive(Args)]
struct Stores {
    #[command(flatten)]
    database: DatabaseAddress,
    #[command(flatten)]
    redis: RedisOptions,
    /// Directory of the ballot keys, one file <election>.key each
    #[arg(long, env = "BALLOT_KEYS_DIR", default_value = "ballot-keys")]
    keys_dir: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, error::ErrorKind};

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_change_is_of_one_voter_or_of_a_file() {
        let parse = |arguments: &[&str]| {
            let whole = ["voter-roll"].iter().chain(arguments);
            Cli::try_parse_from(whole.chain(&["--database-url", "x"])).map(|_| ())
        };
        assert!(parse(&["strike", "voters.csv"]).is_ok());
        assert!(parse(&["strike", "--personal-id", "01234567890", "--reason", "died"]).is_ok());
        assert!(parse(&["correct", "--personal-id", "01234567890", "--district", "3"]).is_ok());
        for wrong in [
            &["strike"][..],
            &["strike", "--personal-id", "123"],
            &["strike", "voters.csv", "--personal-id", "01234567890"],
            &["strike", "voters.csv", "--reason", "died"],
            &["correct", "voters.csv", "--district", "3"],
            &["reissue"],
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_purge_wants_to_be_confirmed() {
        let purge = [
            "voter-roll",
            "purge",
            "--election",
            "7",
            "--database-url",
            "x",
        ];
        let refused = Cli::try_parse_from(purge).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::MissingRequiredArgument));
        assert!(Cli::try_parse_from(purge.into_iter().chain(["--yes"])).is_ok());
    }
}
