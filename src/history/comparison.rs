use polars::prelude::*;

use super::Snapshot;
use super::sums::sum_of_known;
use crate::domain::plural::{count, counted};
use crate::domain::{Finding, FindingCode, ReportDate};
use crate::exports::{Export, ExportSet};
use crate::tables::{Validation, columns};

/// Of the mailboxes of an earlier day, one, and beyond it one in so many, may be gone without a
/// word: people leave every day, and a collection that was forgotten is more than that.
const GONE_WITHOUT_A_WORD: usize = 100;

/// Of the mailboxes of an earlier day so many, and beyond them one in so many, may have fewer items
/// than then: a switch is undone, a mailbox is resynced. Of more it is likely that their export is
/// older than its name.
const FEW: usize = 2;
const FELL_WITHOUT_A_WORD: usize = 10;

/// How many mailboxes of an earlier day may be gone before the organisation is held.
#[derive(Debug, Clone, Copy)]
pub struct LossLimit {
    /// This share of the mailboxes of the earlier day.
    pub share: f64,
    /// So many even beyond that share, which a person looked at and accepted.
    pub accepted: u64,
}

/// Mailboxes of an earlier day that the export no longer lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// How many are gone.
    pub gone: u64,
    /// How many the earlier day listed.
    pub listed: u64,
    /// The earlier day.
    pub since: ReportDate,
}

impl Loss {
    #[allow(clippy::cast_precision_loss)] // a share, of counts far below 2^52
    fn is_beyond(self, share: f64) -> bool {
        self.gone as f64 > self.listed as f64 * share
    }

    fn needs_a_word(self) -> bool {
        self.gone > 1 && self.gone * GONE_WITHOUT_A_WORD as u64 > self.listed
    }

    /// “Of the 1,240 mailboxes that the export listed on 19 November 2026, it no longer lists 541.”
    #[must_use]
    pub fn in_words(self) -> String {
        format!(
            "Of the {} that the export listed on {}, it no longer lists {}.",
            counted(self.listed, "mailbox", "mailboxes"),
            day(self.since),
            count(self.gone),
        )
    }
}

/// Holds a day against an earlier one, and adds to its findings what they contradict each other in.
/// `today` is the snapshot of the tables in `validation`; `None` where it has none. Gives the loss
/// of mailboxes that would hold the organisation, where a person accepted it.
///
/// # Errors
/// Only where a table does not have the columns of its kind: a fault of the program.
pub fn compare(
    exports: &ExportSet,
    validation: &mut Validation,
    today: Option<&Snapshot>,
    before: &Snapshot,
    limit: LossLimit,
) -> Result<Option<Loss>, PolarsError> {
    let (since, listed) = (day(before.date), before.mailboxes.height());
    let listed = counted(listed, "mailbox", "mailboxes");
    for finding in &mut validation.findings {
        if finding.code == FindingCode::NoRows {
            finding.message += &format!(" On {since} it listed {listed}.");
        }
    }
    let Some(today) = today else { return Ok(None) };
    let in_file_of = |finding: Finding, exports: &[Export]| {
        finding.in_file(exports.first().map_or("", |export| &export.file))
    };
    let followed = today.mailboxes_followed_from(before)?;
    let loss = missing_mailboxes(&followed, before);
    let found = [
        missing_failed_items(today, before)?
            .map(|finding| in_file_of(finding, &exports.failed_items)),
        finding_of(loss, limit, today).map(|finding| in_file_of(finding, &exports.sync_state)),
        figures_that_fell(today, before, &followed)?,
    ];
    validation.add(found.into_iter().flatten());
    let is_accepted = loss.is_beyond(limit.share) && loss.gone <= limit.accepted;
    Ok(is_accepted.then_some(loss))
}

/// No failed items, where the day before had some. That is good news only where the sync-state
/// export says so too.
fn missing_failed_items(today: &Snapshot, before: &Snapshot) -> PolarsResult<Option<Finding>> {
    let listed_before = before.failed_items.height();
    let failed = sum_of_known(today.mailboxes.column(columns::ITEMS_FAILED)?.i64()?.iter());
    if today.failed_items.height() > 0 || listed_before == 0 || failed == Some(0) {
        return Ok(None);
    }
    let export_says = failed.map_or_else(
        || "the sync-state export does not say that there are none".to_owned(),
        |failed| format!("the sync-state export still counts {failed}"),
    );
    let message = format!(
        "The export lists no failed item, but {export_says}, and on {} {} listed. Export the failed \
         items again, and run this day again.",
        day(before.date),
        counted(listed_before, "was", "were"),
    );
    Ok(Some(Finding::new(FindingCode::NoFailedItems, message)))
}

fn missing_mailboxes(followed: &[Option<usize>], before: &Snapshot) -> Loss {
    let listed = before.mailboxes.height() as u64;
    Loss {
        gone: listed.saturating_sub(followed.iter().flatten().count() as u64),
        listed,
        since: before.date,
    }
}

/// Few gone are left unsaid, more are a warning, and a large part of them holds the organisation:
/// nothing in an export tells what was taken out on purpose from an export that was cut.
fn finding_of(loss: Loss, limit: LossLimit, today: &Snapshot) -> Option<Finding> {
    let told = loss.in_words();
    if !loss.needs_a_word() {
        return None;
    }
    Some(if !loss.is_beyond(limit.share) {
        let message = format!(
            "{told} Check that every collection was exported: the figures are of what is listed."
        );
        Finding::new(FindingCode::MailboxesGone, message)
    } else if loss.gone <= limit.accepted {
        let message =
            format!("{told} This was looked at and accepted: the figures are of what is listed.");
        Finding::new(FindingCode::MailboxesGone, message)
    } else {
        let message = format!(
            "{told} The export was likely cut, or a collection left out: export it again, of all \
             collections, and run this day again. Where they are gone on purpose: run --date {} \
             --organisation {} --accept-loss",
            today.date, today.organisation
        );
        Finding::new(FindingCode::MailboxesLost, message)
    })
}

/// Copied items, which only ever grow in number, unless somebody made them fall. That fewer items fail
/// is what everybody hopes for, and no finding.
fn figures_that_fell(
    today: &Snapshot,
    before: &Snapshot,
    followed: &[Option<usize>],
) -> PolarsResult<Option<Finding>> {
    let earlier = before
        .mailboxes
        .column(columns::ITEMS_SYNCHRONISED)?
        .i64()?;
    let now = today.mailboxes.column(columns::ITEMS_SYNCHRONISED)?.i64()?;
    let now = now.iter().zip(followed);
    let has_fewer = |(now, row): &(Option<i64>, &Option<usize>)| {
        fell(row.and_then(|row| earlier.get(row)), *now)
    };
    let fewer = now.filter(has_fewer).count();
    if fewer == 0 {
        return Ok(None);
    }
    let told = format!(
        "{} fewer items copied than on {}.",
        counted(fewer, "mailbox has", "mailboxes have"),
        day(before.date),
    );
    Ok(Some(
        if fewer > FEW && fewer * FELL_WITHOUT_A_WORD > earlier.len() {
            let message = format!(
                "{told} An older export under today's name does that, and so does a resync of many. Look in \
             the tool, and where it is older, export it again and run this day again."
            );
            Finding::new(FindingCode::ManyFiguresFell, message)
        } else {
            let message = format!("{told} An undone switch or a resync does that.");
            Finding::new(FindingCode::FiguresFell, message)
        },
    ))
}

/// Whether a figure is smaller than it was; not where either is unknown.
fn fell(before: Option<i64>, now: Option<i64>) -> bool {
    before.zip(now).is_some_and(|(before, now)| now < before)
}

fn day(date: ReportDate) -> String {
    date.day().format("%-d %B %Y").to_string()
}
