use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use foldhash::fast::RandomState;
use polars::prelude::*;

use super::causes::{Cause, CauseRules};
use super::changes::Listing;
use crate::domain::{Phase, SyncState, Verdict};
use crate::tables::{Difference, columns};

/// A mailbox as reports list it. What the export does not say is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mailbox {
    /// The address of the source mailbox, in lower case.
    pub address: String,
    /// The user's name.
    pub name: Option<String>,
    /// The collection.
    pub collection: Option<Arc<str>>,
    /// The address of the target mailbox.
    pub target: Option<String>,
    /// How far it is.
    pub state: SyncState,
    /// The state's word as exported.
    pub state_word: Arc<str>,
    /// Progress in percent, as exported.
    pub progress_percent: Option<f64>,
    /// Items in the source mailbox.
    pub items_total: Option<u64>,
    /// Items copied.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate, as the sync-state export counts them.
    pub items_failed: Option<u64>,
    /// Items that did not migrate, as the failed-item export lists them.
    pub items_listed: u64,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The last pass of the tool, local time.
    pub last_synchronised_at: Option<NaiveDateTime>,
    /// The planned switch.
    pub switch_date: Option<NaiveDate>,
    /// Pilot or live, as the migration schedule has it.
    pub phase: Option<Phase>,
    /// Which sort of important person the user is, as the migration schedule has it; `None` for
    /// anybody else.
    pub vip_category: Option<String>,
    /// What the tool says of its last error.
    pub last_error: Option<Arc<str>>,
    /// The verdict on this mailbox by itself.
    pub verdict: Verdict,
    /// Whether its failure rate stands out among all mailboxes of the organisation.
    pub is_flagged: bool,
}

/// An item that did not migrate, as reports list it. What the export does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedItem {
    /// The address of the source mailbox, in lower case.
    pub mailbox: Arc<str>,
    /// The user's name.
    pub user: Option<Arc<str>>,
    /// The collection.
    pub collection: Option<Arc<str>>,
    /// The folder.
    pub folder: Option<Arc<str>>,
    /// The subject line: confidential, and hostile text.
    pub subject: Option<String>,
    /// The kind of item, as the tool names it.
    pub kind: Option<Arc<str>>,
    /// The item's own date.
    pub date: Option<NaiveDate>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// The tool's error code.
    pub error_code: Option<Arc<str>>,
    /// The tool's error text.
    pub error_text: Option<Arc<str>>,
    /// When it failed, local time.
    pub failed_at: Option<NaiveDateTime>,
    /// Why, by the rules of causes.
    pub cause: Arc<Cause>,
    /// Since when it is listed; `None` where nothing is kept.
    pub listing: Option<Listing>,
}

/// A mailbox of which the migration schedule and the sync-state export say different things. What
/// neither says is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDifference {
    /// What differs.
    pub difference: Difference,
    /// The address of the source mailbox, in lower case.
    pub address: String,
    /// The user's name.
    pub name: Option<String>,
    /// The collection: the export's, or else the schedule's.
    pub collection: Option<String>,
    /// The switch as the export has it.
    pub exported_date: Option<NaiveDate>,
    /// The switch as the schedule has it.
    pub scheduled_date: Option<NaiveDate>,
    /// Which sort of important person the user is.
    pub vip_category: Option<String>,
}

/// The rows of a mailbox table, in its order.
pub(super) fn mailboxes(frame: &DataFrame) -> PolarsResult<Vec<Mailbox>> {
    let cells = Cells(frame);
    let mut addresses = cells.texts(columns::MAILBOX)?;
    let mut names = cells.texts(columns::DISPLAY_NAME)?;
    let mut collections = cells.shared_texts(columns::COLLECTION)?;
    let mut targets = cells.texts(columns::TARGET_MAILBOX)?;
    let states = frame.column(columns::SYNC_STATE)?.u8()?;
    let mut words = cells.shared_texts(columns::SYNC_STATE_WORD)?;
    let progress = frame.column(columns::PROGRESS_PERCENT)?.f64()?;
    let mut totals = cells.counts(columns::ITEMS_TOTAL)?;
    let mut synchronised = cells.counts(columns::ITEMS_SYNCHRONISED)?;
    let mut failed = cells.counts(columns::ITEMS_FAILED)?;
    let mut sizes = cells.counts(columns::SIZE_BYTES)?;
    let mut last_synchronised = cells.moments(columns::LAST_SYNCHRONISED_AT)?;
    let mut switch_dates = cells.days(columns::SWITCH_DATE)?;
    let mut last_errors = cells.shared_texts(columns::LAST_ERROR)?;
    let rows = states
        .iter()
        .zip(progress.iter())
        .map(|(state, progress_percent)| Mailbox {
            address: addresses.next().unwrap_or_default(),
            name: names.next(),
            collection: collections.next(),
            target: targets.next(),
            state: SyncState::from_code(state.unwrap_or(u8::MAX)),
            state_word: words.next().unwrap_or_default(),
            progress_percent,
            items_total: totals.next(),
            items_synchronised: synchronised.next(),
            items_failed: failed.next(),
            items_listed: 0,
            size_bytes: sizes.next(),
            last_synchronised_at: last_synchronised.next(),
            switch_date: switch_dates.next(),
            phase: None,
            vip_category: None,
            last_error: last_errors.next(),
            verdict: Verdict::TooFewItems,
            is_flagged: false,
        });
    Ok(rows.collect())
}

/// Adds what a migration schedule says of each mailbox. Both are sorted by address.
pub(super) fn add_schedule(mailboxes: &mut [Mailbox], schedule: &DataFrame) -> PolarsResult<()> {
    let cells = Cells(schedule);
    let mut addresses = cells.texts(columns::MAILBOX)?;
    let mut phases = cells.texts(columns::PHASE)?;
    let mut categories = cells.texts(columns::VIP_CATEGORY)?;
    let mut mailboxes = mailboxes.iter_mut().peekable();
    while let Some(address) = addresses.next() {
        let (phase, vip_category) = (phases.next(), categories.next());
        while mailboxes
            .next_if(|mailbox| mailbox.address < address)
            .is_some()
        {}
        if let Some(mailbox) = mailboxes.next_if(|mailbox| mailbox.address == address) {
            mailbox.phase = phase.as_deref().and_then(Phase::from_label);
            mailbox.vip_category = vip_category;
        }
    }
    Ok(())
}

/// The rows of a failed-item table, in its order, each with its cause.
pub(super) fn failed_items(frame: &DataFrame, rules: &CauseRules) -> PolarsResult<Vec<FailedItem>> {
    let cells = Cells(frame);
    let mut users = cells.texts_in_runs(columns::DISPLAY_NAME)?;
    let mut collections = cells.shared_texts(columns::COLLECTION)?;
    let mut folders = cells.shared_texts(columns::FOLDER)?;
    let mut subjects = cells.texts(columns::SUBJECT)?;
    let mut kinds = cells.shared_texts(columns::ITEM_KIND)?;
    let mut dates = cells.days(columns::ITEM_DATE)?;
    let mut sizes = cells.counts(columns::SIZE_BYTES)?;
    let mut codes = cells.shared_texts(columns::ERROR_CODE)?;
    let mut texts = cells.shared_texts(columns::ERROR_TEXT)?;
    let mut moments = cells.moments(columns::FAILED_AT)?;
    let mut classify = rules.classifier();
    let mut mailboxes = cells.texts_in_runs(columns::MAILBOX)?;
    let rows = (0..frame.height()).map(|_| {
        let (kind, error_code, error_text) = (kinds.next(), codes.next(), texts.next());
        FailedItem {
            mailbox: mailboxes.next().unwrap_or_default(),
            user: users.next(),
            collection: collections.next(),
            folder: folders.next(),
            subject: subjects.next(),
            cause: classify([kind.clone(), error_code.clone(), error_text.clone()]),
            kind,
            date: dates.next(),
            size_bytes: sizes.next(),
            error_code,
            error_text,
            failed_at: moments.next(),
            listing: None,
        }
    });
    Ok(rows.collect())
}

/// The rows of a reconciliation, in its order.
pub(super) fn schedule_differences(frame: &DataFrame) -> PolarsResult<Vec<ScheduleDifference>> {
    let cells = Cells(frame);
    let mut addresses = cells.texts(columns::MAILBOX)?;
    let mut names = cells.texts(columns::DISPLAY_NAME)?;
    let mut collections = cells.texts(columns::COLLECTION)?;
    let mut exported = cells.days(columns::SWITCH_DATE)?;
    let mut scheduled = cells.days(columns::SCHEDULED_DATE)?;
    let mut categories = cells.texts(columns::VIP_CATEGORY)?;
    let differences = frame.column(columns::DIFFERENCE)?.u8()?.iter();
    let rows = differences
        .filter_map(|code| Difference::from_code(code?))
        .map(|difference| ScheduleDifference {
            difference,
            address: addresses.next().unwrap_or_default(),
            name: names.next(),
            collection: collections.next(),
            exported_date: exported.next(),
            scheduled_date: scheduled.next(),
            vip_category: categories.next(),
        });
    Ok(rows.collect())
}

/// The columns of a table, cell by cell.
struct Cells<'a>(&'a DataFrame);

/// Cells from the top; `None` for one that is unknown, and below the last.
struct Column<I>(I);

impl<T, I: Iterator<Item = Option<T>>> Column<I> {
    fn next(&mut self) -> Option<T> {
        self.0.next().flatten()
    }
}

impl<'a> Cells<'a> {
    /// Texts of which few are different: each is kept once.
    fn shared_texts(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<Arc<str>>> + use<'a>>> {
        let mut known: HashMap<&str, Arc<str>, RandomState> = HashMap::default();
        self.runs_of_texts(name, move |text| {
            Arc::clone(known.entry(text).or_insert_with(|| Arc::from(text)))
        })
    }

    /// Texts of which those of neighbours are the same: each run of them is kept once.
    fn texts_in_runs(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<Arc<str>>> + use<'a>>> {
        self.runs_of_texts(name, Arc::from)
    }

    /// Texts, each kept as `keep` does where it is not the one above.
    fn runs_of_texts<K>(
        &self,
        name: &str,
        mut keep: K,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<Arc<str>>> + use<'a, K>>>
    where
        K: FnMut(&'a str) -> Arc<str>,
    {
        let mut last: Option<Arc<str>> = None;
        let texts = self.0.column(name)?.str()?.iter().map(move |text| {
            let text = text?;
            if last.as_deref() != Some(text) {
                last = Some(keep(text));
            }
            last.clone()
        });
        Ok(Column(texts))
    }

    fn texts(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<String>> + use<'a>>> {
        Ok(Column(
            self.0
                .column(name)?
                .str()?
                .iter()
                .map(|text| text.map(str::to_owned)),
        ))
    }

    fn counts(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<u64>> + use<'a>>> {
        // Validation lets no negative count in.
        Ok(Column(self.0.column(name)?.i64()?.iter().map(|count| {
            count.and_then(|count| u64::try_from(count).ok())
        })))
    }

    fn days(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<NaiveDate>> + use<'a>>> {
        let days = self.0.column(name)?.date()?.physical();
        Ok(Column(
            days.iter()
                .map(|day| day.and_then(NaiveDate::from_epoch_days)),
        ))
    }

    fn moments(
        &self,
        name: &str,
    ) -> PolarsResult<Column<impl Iterator<Item = Option<NaiveDateTime>> + use<'a>>> {
        let milliseconds = self.0.column(name)?.datetime()?.physical();
        Ok(Column(milliseconds.iter().map(|moment| {
            DateTime::from_timestamp_millis(moment?).map(|moment| moment.naive_utc())
        })))
    }
}

#[cfg(test)]
impl Mailbox {
    /// A mailbox in sync, for tests.
    pub(super) fn invented(address: &str, failed: u64, attempted: u64) -> Self {
        Self {
            address: address.to_owned(),
            name: None,
            collection: None,
            target: None,
            state: SyncState::InSync,
            state_word: Arc::from("In Sync"),
            progress_percent: Some(100.0),
            items_total: Some(attempted),
            items_synchronised: Some(attempted - failed),
            items_failed: Some(failed),
            items_listed: failed,
            size_bytes: None,
            last_synchronised_at: None,
            switch_date: None,
            phase: None,
            vip_category: None,
            last_error: None,
            verdict: Verdict::TooFewItems,
            is_flagged: false,
        }
    }
}
