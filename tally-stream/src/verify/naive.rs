//! The rules of the count once more, as plainly as possible: what [`crate::count`] is compared with, by its tests on
//! invented logs and by `verify` on the real one. Nothing of it is used here, and nothing here is stored.

use std::collections::{HashMap, HashSet};

use ballot_log::{ElectionDefinition, PollNumber};
use sha2::{Digest, Sha256};
use tally::{ClosedLog, PartitionTally, Reason, Slots, Tally};
use uuid::Uuid;

use super::fields::{self, BallotSaid, File, Said};
use super::papers::{PaperHistory, Was};

/// One election in one partition, from its first record on.
pub(crate) struct NaiveCount {
    definition: ElectionDefinition,
    next_offset: i64,
    sha256: Sha256,
    tally: Tally,
    serials: HashSet<u32>,
    papers: HashMap<Uuid, PaperHistory>,
    withdrawals: HashSet<u32>,
    log: Option<ClosedLog>,
}

impl NaiveCount {
    /// Of no record yet.
    pub(crate) fn new(definition: ElectionDefinition) -> Self {
        Self {
            definition,
            next_offset: 0,
            sha256: Sha256::new(),
            tally: Tally::default(),
            serials: HashSet::new(),
            papers: HashMap::new(),
            withdrawals: HashSet::new(),
            log: None,
        }
    }

    /// The offset behind the last record.
    pub(crate) fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// What came of the records so far.
    pub(crate) fn tally(&self, partition: i32) -> PartitionTally {
        PartitionTally {
            election: self.definition.id,
            partition,
            offset: self.next_offset,
            tally: self.tally.clone(),
            log: self.log.clone(),
        }
    }

    /// The next record; its time is in milliseconds since 1970.
    pub(crate) fn add(&mut self, offset: i64, time_ms: i64, payload: &[u8]) {
        self.next_offset = offset + 1;
        self.sha256.update(offset.to_be_bytes());
        self.sha256.update(time_ms.to_be_bytes());
        let length = i32::try_from(payload.len()).unwrap_or(i32::MAX);
        self.sha256.update(length.to_be_bytes());
        self.sha256.update(payload);
        let moment = i128::from(time_ms) * 1_000_000;
        let exists = self.definition.created.as_nanosecond() <= moment;
        match fields::read(payload) {
            Said::Close { election } if election == self.definition.id => self.close(moment),
            Said::Ballot {
                election,
                ballot,
                choice,
                district,
            } if election == self.definition.id && exists => {
                self.tally.newest_ms = self.tally.newest_ms.max(Some(time_ms));
                self.judge(ballot, choice, district, moment);
            }
            Said::Withdrawal {
                election,
                number,
                file,
            } if election == self.definition.id && exists && self.definition.log >= 2 => {
                self.withdraw(number, file);
            }
            _ => {}
        }
    }

    fn withdraw(&mut self, number: u32, file: File) {
        if self.tally.closed || !self.withdrawals.insert(number) {
            return;
        }
        let mut papers = std::mem::take(&mut self.papers);
        for history in papers.values_mut() {
            let Some((first, next)) = history.withdraw(file) else {
                continue;
            };
            self.tally.withdrawn += 1;
            match self.poll_number(first.choice) {
                Some(number) => self.tally.remove_vote(first.district, number, first.slot),
                None => self.tally.rejected.remove(Reason::InvalidPollNumber),
            }
            if let Some(next) = next {
                self.tally.repeated -= 1;
                self.add_first(next.choice, next.district, next.slot);
            }
        }
        self.papers = papers;
    }

    fn poll_number(&self, choice: u64) -> Option<PollNumber> {
        let mut numbers = self
            .definition
            .participants
            .iter()
            .map(|one| one.poll_number);
        numbers.find(|number| u64::from(*number) == choice)
    }

    fn add_first(&mut self, choice: u64, district: u16, slot: usize) {
        match self.poll_number(choice) {
            Some(number) => self.tally.add_vote(district, number, slot),
            None => self.tally.rejected.add(Reason::InvalidPollNumber),
        }
    }

    fn close(&mut self, moment: i128) {
        if self.definition.end.as_nanosecond() <= moment && !self.tally.closed {
            self.tally.closed = true;
            let sha256 = self.sha256.clone().finalize();
            self.log = Some(ClosedLog::new(self.next_offset, sha256.into()));
        }
    }

    fn judge(&mut self, ballot: BallotSaid, choice: u64, district: u16, moment: i128) {
        let opens = self.definition.start.max(self.definition.created);
        let is_open =
            opens.as_nanosecond() <= moment && moment < self.definition.end.as_nanosecond();
        if self.tally.closed || !is_open {
            self.tally.rejected.add(Reason::NotOpen);
            return;
        }
        let since_ms = moment / 1_000_000 - i128::from(opens.as_millisecond());
        let slot = since_ms / 1_000 / i128::from(Slots::of(&self.definition).seconds());
        let slot = usize::try_from(slot).unwrap_or_default();
        let was = match ballot {
            BallotSaid::Serial(serial) if self.serials.insert(serial) => Was::First,
            BallotSaid::Serial(_) => Was::Duplicate,
            BallotSaid::Paper(guid, line) => {
                let history = self.papers.entry(guid).or_default();
                history.see(line, choice, district, slot)
            }
        };
        match was {
            Was::Repeat | Was::SentAgain => self.tally.repeated += 1,
            Was::Duplicate => self.tally.rejected.add(Reason::Duplicate),
            Was::First => self.add_first(choice, district, slot),
        }
    }
}
