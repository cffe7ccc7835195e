//! A separate roll for each test, and functions to use it.

use std::io::Cursor;

use indicatif::ProgressBar;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use tempfile::TempDir;
use tokio_postgres::Client;
use voter_roll::{Claim, ClaimError, Guid, KeyDirectory, Roll, RollOptions};
use voter_roll_command::{Generate, Import, LoadReport, LoadStatus, Operator, RollError};

/// The election of all tests.
pub(crate) const ELECTION: u32 = 7;

pub(crate) struct World {
    pub(crate) database_url: String,
    pub(crate) database: Client,
    pub(crate) redis_url: String,
    pub(crate) keys: KeyDirectory,
    pub(crate) keys_dir: TempDir,
}

/// What a voter needs to vote.
#[derive(Clone)]
pub(crate) struct Voter {
    pub(crate) personal_id: String,
    pub(crate) guid_text: String,
    pub(crate) guid: Guid,
    pub(crate) district: u16,
}

impl World {
    /// An empty roll, on the servers of this test binary.
    pub(crate) async fn empty() -> Self {
        let redis_url = devstack::shared().await.redis_url_fresh().await.unwrap();
        Self::on_redis(redis_url).await
    }

    /// An empty roll, with a Redis given by the test.
    pub(crate) async fn on_redis(redis_url: String) -> Self {
        let stack = devstack::shared().await;
        let database_url = stack.create_database("roll").await.unwrap();
        voter_roll_command::migrate(&database_url).await.unwrap();
        let keys_dir = tempfile::tempdir().unwrap();
        Self {
            database: voter_roll_command::connect(&database_url).await.unwrap(),
            database_url,
            redis_url,
            keys: KeyDirectory::new(keys_dir.path()),
            keys_dir,
        }
    }

    /// A roll of synthetic voters, not loaded yet.
    pub(crate) async fn with_voters(voters: u64) -> Self {
        let mut world = Self::empty().await;
        world.generate(voters, 1).await.unwrap();
        world
    }

    /// A roll of synthetic voters, loaded.
    pub(crate) async fn loaded(voters: u64) -> Self {
        let world = Self::with_voters(voters).await;
        world.load().await.unwrap();
        world
    }

    pub(crate) async fn generate(&mut self, voters: u64, seed: u64) -> Result<u64, RollError> {
        let what = Generate {
            voters,
            seed,
            districts: 12,
            replace: false,
        };
        voter_roll_command::generate(&mut self.database, what, &ProgressBar::hidden()).await
    }

    pub(crate) async fn import(&mut self, csv: &str) -> Result<u64, RollError> {
        let file = Cursor::new(csv.to_owned());
        let (what, operator) = (Import::default(), Operator::new(None));
        let progress = ProgressBar::hidden();
        let imported =
            voter_roll_command::import(&mut self.database, file, what, &operator, &progress);
        Ok(imported.await?.added)
    }

    pub(crate) async fn export(&self) -> String {
        let mut csv = Vec::new();
        let progress = ProgressBar::hidden();
        let lines = voter_roll_command::export(&self.database, &mut csv, &progress)
            .await
            .unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert_eq!(csv.lines().count() - 1, usize::try_from(lines).unwrap());
        csv
    }

    /// Everybody on the roll, in its order.
    pub(crate) async fn voters(&self) -> Vec<Voter> {
        self.export()
            .await
            .lines()
            .skip(1)
            .map(Voter::from_line)
            .collect()
    }

    pub(crate) fn redis(&self) -> redis::Client {
        redis::Client::open(self.redis_url.as_str()).unwrap()
    }

    pub(crate) async fn redis_connection(&self) -> MultiplexedConnection {
        self.redis()
            .get_multiplexed_async_connection()
            .await
            .unwrap()
    }

    pub(crate) async fn load(&self) -> Result<LoadReport, RollError> {
        self.load_for(None).await
    }

    /// Loads the roll, with room for so many voters.
    pub(crate) async fn load_for(&self, capacity: Option<u32>) -> Result<LoadReport, RollError> {
        self.load_as(ELECTION, capacity).await
    }

    /// Loads the roll for another election.
    pub(crate) async fn load_election(&self, election: u32) -> Result<LoadReport, RollError> {
        self.load_as(election, None).await
    }

    async fn load_as(&self, election: u32, capacity: Option<u32>) -> Result<LoadReport, RollError> {
        let progress = ProgressBar::hidden();
        voter_roll_command::load(
            &self.database,
            &self.redis(),
            &self.keys,
            election,
            capacity,
            &progress,
        )
        .await
    }

    pub(crate) async fn purge(&self) -> Result<voter_roll_command::PurgeReport, RollError> {
        voter_roll_command::purge(&self.database, &self.redis(), &self.keys, ELECTION).await
    }

    pub(crate) async fn status(&self) -> LoadStatus {
        let redis = self.redis();
        let status = voter_roll_command::status(&self.database, &redis, &self.keys, Some(ELECTION));
        status.await.unwrap().elections.remove(0)
    }

    /// An instance of the service that takes votes, running.
    pub(crate) fn roll(&self) -> Roll {
        self.roll_with(self.keys.clone())
    }

    pub(crate) fn roll_with(&self, keys: KeyDirectory) -> Roll {
        let (roll, service) = Roll::open(self.redis(), keys, RollOptions::default());
        tokio::spawn(service.run());
        roll
    }

    pub(crate) async fn forget_everything_in_redis(&self) {
        let () = self.redis_connection().await.flushdb().await.unwrap();
    }

    /// The serial of every voter, in the order of the roll, by claiming choice 1 for all.
    pub(crate) async fn serials(&self, roll: &Roll) -> Vec<u32> {
        let voters = self.voters().await;
        let claims = voters.iter().map(|voter| voter.claim(roll, 1));
        let claims = futures_util::future::join_all(claims).await;
        claims
            .into_iter()
            .map(|claim| claim.unwrap().serial)
            .collect()
    }
}

impl Voter {
    fn from_line(line: &str) -> Self {
        let [personal_id, guid, district] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("not a line of the export: {line}");
        };
        Self {
            personal_id: personal_id.to_owned(),
            guid_text: guid.to_owned(),
            guid: guid.parse().unwrap(),
            district: district.parse().unwrap(),
        }
    }

    pub(crate) async fn claim(&self, roll: &Roll, choice: u32) -> Result<Claim, ClaimError> {
        roll.claim(ELECTION, &self.guid, &self.personal_id, choice)
            .await
    }

    /// Claims and confirms, like a successful vote.
    pub(crate) async fn vote(&self, roll: &Roll, choice: u32) -> u32 {
        let claim = self.claim(roll, choice).await.unwrap();
        let serial = claim.serial;
        roll.confirm(claim).await.unwrap();
        serial
    }
}
