//! What the rows say of each other: within the sync-state export, and between it and the
//! failed-item export.

use chrono::{DateTime, NaiveDateTime};
use polars::prelude::*;

use super::settings::{ListedItems, ListedOfMailbox};
use super::{Rules, ValidTable, columns};
use crate::domain::{Finding, FindingCode, SyncState, plural};

/// States of mailboxes that synchronise, and so have new time-stamps every day.
const LIVE: [SyncState; 3] = [
    SyncState::Synchronising,
    SyncState::InSync,
    SyncState::ReadyToSwitch,
];

/// Adds a finding for each contradiction.
pub(super) fn check(
    mailboxes: &ValidTable,
    listed: &ListedItems,
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<()> {
    let rows = mailboxes.frame();
    let Disagreements {
        contradictory,
        differing,
        counted,
        listed: listed_of_differing,
        failing,
    } = Disagreements::of(rows, listed)?;
    if failing.look_exchanged() {
        let message = format!(
            "{} of the {} mailboxes that report both count at least as many failed items as copied \
             ones, {} in all, of which the failed-item export lists {}. Two columns look exchanged.",
            failing.mailboxes, failing.of, failing.counted, failing.listed
        );
        findings.push(Finding::new(FindingCode::ColumnsExchanged, message));
    }
    if contradictory > 0 {
        let message = format!(
            "{} more than everything: more items copied and failed than there are, or progress over \
             100%. Pictures stop at the end; the workbook has the figures as exported.",
            plural::counted(contradictory, "mailbox reports", "mailboxes report")
        );
        findings.push(Finding::new(FindingCode::FiguresContradict, message));
    }
    if listed.of_unknown_mailboxes > 0 {
        let message = format!(
            "{} of mailboxes that the sync-state export does not list. They are in the Failed Item \
             Report and in no rate. Check that both exports are of the same collections.",
            plural::counted(
                listed.of_unknown_mailboxes,
                "failed item is",
                "failed items are"
            )
        );
        findings.push(Finding::new(FindingCode::MailboxUnknown, message));
    }
    if differing > 0 {
        let ListedOfMailbox { items, settings } = listed_of_differing;
        let of_settings = match settings {
            0 => String::new(),
            _ => format!(", {settings} of them settings of folders and mailboxes"),
        };
        let message = format!(
            "For {} the two exports disagree: the sync-state export counts {}, the failed-item \
             export lists {}{of_settings}. Rates use the counts, the list shows what is listed. \
             Export both at the same time.",
            plural::counted(differing, "mailbox", "mailboxes"),
            plural::count_of(counted, "failed item"),
            plural::count(items + settings)
        );
        findings.push(Finding::new(FindingCode::FailedCountsDiffer, message));
    }

    check_times(rows, rules, findings)
}

/// Says which times cannot be, and whether the others are those of an old export.
fn check_times(
    rows: &DataFrame,
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<()> {
    let times = rows.column(columns::LAST_SYNCHRONISED_AT)?.datetime()?;
    let times = || times.physical().iter().flatten();
    let latest = rules
        .not_after
        .map_or(i64::MAX, |moment| moment.and_utc().timestamp_millis());
    let ahead = times().filter(|time| *time > latest).count();
    if ahead > 0 {
        let message = format!(
            "{} last synchronised later than the day of this export, which cannot be: the time is not \
             believed, and does not say how new the export is. Look at the clock of the server and at \
             the order of day and month.",
            plural::counted(ahead, "mailbox was", "mailboxes were")
        );
        findings.push(Finding::new(FindingCode::TimesAhead, message));
    }
    if let Some(not_before) = rules.not_before {
        let newest = times().filter(|time| *time <= latest).max();
        // Where nothing synchronises any more, an export of today has old time-stamps too.
        let states = rows.column(columns::SYNC_STATE)?.u8()?;
        let is_live = |state| LIVE.contains(&SyncState::from_code(state));
        let is_live = states.iter().flatten().any(is_live);
        let newest = newest.and_then(DateTime::from_timestamp_millis);
        if let Some(newest) = newest.filter(|newest| is_live && newest.naive_utc() < not_before) {
            let at = |time: NaiveDateTime| time.format("%-d %B %Y, %H:%M");
            let message = format!(
                "The newest time-stamp in the sync-state export is of {}, and max_age_hours allows \
                 none before {}: this is an old export. Export it again, and run this day again.",
                at(newest.naive_utc()),
                at(not_before)
            );
            findings.push(Finding::new(FindingCode::ExportOld, message));
        }
    }
    Ok(())
}

/// What the two exports say of each other.
#[derive(Debug, Default, PartialEq, Eq)]
struct Disagreements {
    /// Mailboxes that report more than everything.
    contradictory: u64,
    /// Mailboxes of which another number of failed items is counted than listed …
    differing: u64,
    /// … and how many are counted …
    counted: i64,
    /// … and listed of these.
    listed: ListedOfMailbox,
    failing: MostlyFailing,
}

/// Mailboxes of which at least as many items are counted as failed as are copied.
#[derive(Debug, Default, PartialEq, Eq)]
struct MostlyFailing {
    mailboxes: u64,
    /// Mailboxes that report both, and of which anything was tried.
    of: u64,
    counted: i64,
    listed: i64,
}

impl MostlyFailing {
    /// Whether it is the columns and not the items that went wrong: no migration loses half of most
    /// mailboxes and lists hardly an item of it.
    fn look_exchanged(&self) -> bool {
        2 * self.mailboxes > self.of && self.counted > 10 * self.listed.max(10)
    }
}

impl Disagreements {
    fn of(mailboxes: &DataFrame, listed: &ListedItems) -> PolarsResult<Self> {
        let counts = |name: &str| -> PolarsResult<&Int64Chunked> { mailboxes.column(name)?.i64() };
        let totals = counts(columns::ITEMS_TOTAL)?.iter();
        let synchronised = counts(columns::ITEMS_SYNCHRONISED)?.iter();
        let failed = counts(columns::ITEMS_FAILED)?.iter();
        let progress = mailboxes.column(columns::PROGRESS_PERCENT)?.f64()?.iter();
        let mut figures = Self::default();
        for ((((listed, total), synchronised), counted), progress) in (listed.of_mailboxes.iter())
            .zip(totals)
            .zip(synchronised)
            .zip(failed)
            .zip(progress)
        {
            let failed = counted.map_or(0, |counted| listed.items_of(counted));
            let accounted = synchronised.unwrap_or(0) + failed;
            let is_contradictory = total.is_some_and(|total| accounted > total)
                || progress.is_some_and(|percent| percent > 100.0);
            figures.contradictory += u64::from(is_contradictory);
            if let (Some(synchronised), Some(_)) = (synchronised, counted)
                && accounted > 0
            {
                figures.failing.of += 1;
                if failed >= synchronised {
                    figures.failing.mailboxes += 1;
                    figures.failing.counted += failed;
                    figures.failing.listed += listed.items;
                }
            }
            if let Some(counted) = counted
                && !listed.agrees_with(counted)
            {
                figures.differing += 1;
                figures.counted += counted;
                figures.listed.items += listed.items;
                figures.listed.settings += listed.settings;
            }
        }
        Ok(figures)
    }
}
