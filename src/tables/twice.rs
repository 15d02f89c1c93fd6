//! Mailboxes on several rows: which row counts, and whether a file is two exports in one.

use polars::prelude::*;

use super::columns;
use super::rows::TableRows;
use crate::domain::{Finding, FindingCode, SyncState};

/// Times of one mailbox that lie so far apart are of two exports.
const OF_TWO_DAYS: i64 = 12 * 60 * 60 * 1000;

/// What tells the rows of one mailbox apart.
pub(super) struct TwiceListed<'r, 'a> {
    rows: &'r TableRows<'a>,
    states: &'r UInt8Chunked,
    times: &'r Int64Chunked,
    failed: &'r Int64Chunked,
    collections: &'r StringChunked,
}

/// The row of a mailbox that counts, and why.
pub(super) struct Chosen {
    pub(super) row: IdxSize,
    pub(super) why: WhyChosen,
}

/// WhyChosen a row counts and another of the same mailbox does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhyChosen {
    /// Its time is that of a later day.
    Newer,
    /// Its state is further on.
    FurtherOn,
    /// They are as far, and it comes first.
    First,
}

impl WhyChosen {
    /// How it stands, for a sentence about the other row.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Newer => "with a time of a later day; that row counts",
            Self::FurtherOn => "further on its journey; that row counts",
            Self::First => "as far on its journey; the first row counts",
        }
    }
}

impl<'r, 'a> TwiceListed<'r, 'a> {
    pub(super) fn new(rows: &'r TableRows<'a>) -> PolarsResult<Self> {
        let times = rows.column(columns::LAST_SYNCHRONISED_AT)?.datetime()?;
        Ok(Self {
            rows,
            states: rows.column(columns::SYNC_STATE)?.u8()?,
            times: times.physical(),
            failed: rows.column(columns::ITEMS_FAILED)?.i64()?,
            collections: rows.column(columns::COLLECTION)?.str()?,
        })
    }

    /// Of the rows of one mailbox the one that counts: in one collection the newer one, else the one
    /// further on its journey.
    pub(super) fn choose(&self, of_one: &[(&str, IdxSize)]) -> Option<Chosen> {
        let rows = || of_one.iter().map(|(_, row)| *row);
        if let Some(row) = self.newest(of_one) {
            let why = WhyChosen::Newer;
            return Some(Chosen { row, why });
        }
        let row = rows().rev().max_by_key(|row| self.distance(*row))?;
        let is_as_far = |other: IdxSize| other != row && self.distance(other) == self.distance(row);
        let why = match rows().any(is_as_far) {
            true => WhyChosen::First,
            false => WhyChosen::FurtherOn,
        };
        Some(Chosen { row, why })
    }

    /// The row whose time is of a later day than those of all others, where each has one.
    fn newest(&self, of_one: &[(&str, IdxSize)]) -> Option<IdxSize> {
        if !self.are_of_one_collection(of_one) {
            return None;
        }
        let timed = of_one.iter().map(|(_, row)| Some((self.time(*row)?, *row)));
        let mut timed: Vec<(i64, IdxSize)> = timed.collect::<Option<_>>()?;
        timed.sort_unstable();
        match timed.as_slice() {
            [.., (before, _), (newest, row)] => (newest - before >= OF_TWO_DAYS).then_some(*row),
            _ => None,
        }
    }

    /// What is to be said of files in which most mailboxes stand twice in one collection: nothing,
    /// unless their rows differ.
    pub(super) fn findings(&self, by_mailbox: &[(&str, IdxSize)]) -> Vec<Finding> {
        let mut tally = TwiceTally::default();
        for of_one in by_mailbox.chunk_by(|(a, _), (b, _)| a == b) {
            tally.mailboxes += 1;
            if of_one.len() > 1
                && self.are_of_one_collection(of_one)
                && self.are_of_one_file(of_one)
            {
                tally.twice += 1;
                match self.newest(of_one) {
                    Some(_) => tally.newer += 1,
                    None if self.cannot_be_told(of_one) => tally.open += 1,
                    None => {}
                }
            }
        }
        let first = by_mailbox
            .first()
            .and_then(|(_, row)| self.rows.origin(*row));
        let told = |finding: Finding| match first {
            Some(origin) => finding.in_file(origin.file),
            None => finding,
        };
        tally.finding().map(told).into_iter().collect()
    }

    /// Whether rows say different things and neither time nor journey tells which is right.
    fn cannot_be_told(&self, of_one: &[(&str, IdxSize)]) -> bool {
        let rows = || of_one.iter().map(|(_, row)| *row);
        let says = |row: IdxSize| (self.distance(row), self.failed.get(row as usize));
        let first = rows().next().map(says);
        let moving = SyncState::NotStarted.distance();
        let may_differ = |row| {
            let (distance, _) = says(row);
            first.is_some_and(|(first, _)| first == distance || first.min(distance) < moving)
        };
        rows().any(|row| Some(says(row)) != first) && rows().all(may_differ)
    }

    fn are_of_one_collection(&self, of_one: &[(&str, IdxSize)]) -> bool {
        let mut collections = of_one
            .iter()
            .map(|(_, row)| self.collections.get(*row as usize));
        let first = collections.next();
        collections.all(|other| Some(other) == first)
    }

    fn are_of_one_file(&self, of_one: &[(&str, IdxSize)]) -> bool {
        let file = |row: IdxSize| self.rows.origin(row).map(|origin| origin.file);
        let mut files = of_one.iter().map(|(_, row)| file(*row));
        let first = files.next();
        files.all(|other| Some(other) == first)
    }

    fn distance(&self, row: IdxSize) -> u8 {
        let state = self.states.get(row as usize).map(SyncState::from_code);
        state.map_or(0, SyncState::distance)
    }

    fn time(&self, row: IdxSize) -> Option<i64> {
        self.times.get(row as usize)
    }
}

/// How many mailboxes stand on how many rows.
#[derive(Default)]
struct TwiceTally {
    mailboxes: usize,
    twice: usize,
    /// Those of which one row is the newer.
    newer: usize,
    /// Those of which it cannot be told which row is right.
    open: usize,
}

impl TwiceTally {
    fn finding(&self) -> Option<Finding> {
        if self.twice * 2 <= self.mailboxes {
            return None;
        }
        let most = format!(
            "{} of {} mailboxes stand on several rows of one file, in one collection: two exports in \
             one file, as where one is appended to that of the day before.",
            self.twice, self.mailboxes
        );
        if self.open > 0 {
            let message = format!(
                "{most} Of {} it cannot be told which row is the newer. Export into a new file, and \
                 run this day again.",
                self.open
            );
            return Some(Finding::new(FindingCode::ExportsSideBySide, message));
        }
        let message = format!(
            "{most} Of {} the row with the newer time counts. Export into a new file.",
            self.newer
        );
        (self.newer > 0).then(|| Finding::new(FindingCode::MailboxTwice, message))
    }
}
