//! The `voter-roll` command.

mod output;
mod run;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use service_database::settings::DatabaseAddress;
use service_kit::secret::Environment;
use service_kit::settings::RedisOptions;

/// Keeps the roll of voters, loads it for an election, and destroys its ballot key afterwards.
///
/// A first election: `migrate`, then `import` (or `generate`), then `load --election 1`. Loading
/// again is always safe, also while people vote: it puts back what Redis lost.
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
    Import {
        /// The CSV file, or - for standard input
        file: PathBuf,
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
    /// Nobody can tell then whose a ballot was, and the election cannot be loaded again.
    Purge {
        #[command(flatten)]
        options: ElectionOptions,
        /// Really do it: a ballot key cannot be made again
        #[arg(long, required = true)]
        yes: bool,
    },
}

/// Which voters to make up.
#[derive(Args)]
struct GenerateOptions {
    /// How many voters
    #[arg(long)]
    voters: u64,
    /// Which voters: the same seed gives the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Constituencies, numbered from 1; with 0, every voter is in district 0
    #[arg(long, default_value_t = 0)]
    districts: u16,
    /// Remove the voters that are there first (not while an election uses them)
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    database: DatabaseAddress,
}

/// An election, and all places that its roll is in.
#[derive(Args)]
struct ElectionOptions {
    /// The number of the election
    #[arg(long)]
    election: u32,
    #[command(flatten)]
    stores: Stores,
}

/// All places that the roll is in.
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
