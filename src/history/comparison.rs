use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::Snapshot;
use super::sums::sum_of_known;
use crate::domain::invisible::excerpt;
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{Finding, FindingCode, ReportDate, SyncState};
use crate::exports::{Export, ExportSet};
use crate::tables::{Validation, columns};

/// Of the mailboxes of an earlier day, one, and beyond it one in so many, may be gone without a
/// word: people leave every day, and a collection that was forgotten is more than that.
const GONE_WITHOUT_A_WORD: usize = 100;

/// Of a collection of which every mailbox is gone so many had not switched: that is no longer people
/// who left, but a collection that was forgotten.
const COLLECTION_LEFT_OUT: u64 = 5;

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
    let emptied = emptied_collections(&followed, before)?;
    let holds = (loss.needs_a_word() && loss.is_beyond(limit.share)) || !emptied.is_empty();
    let judged = match holds {
        false => Judged::Small,
        true if loss.gone <= limit.accepted => Judged::Accepted,
        true => Judged::Holds,
    };
    let found = [
        missing_failed_items(today, before)?
            .map(|finding| in_file_of(finding, &exports.failed_items)),
        finding_of(loss, &emptied, judged, today)
            .map(|finding| in_file_of(finding, &exports.sync_state)),
        figures_that_fell(today, before, &followed)?,
    ];
    validation.add(found.into_iter().flatten());
    Ok((judged == Judged::Accepted).then_some(loss))
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

/// The collections of which every mailbox is gone, though they had not all switched: their names,
/// and how many mailboxes they had. What has switched may be taken out of the tool.
fn emptied_collections<'a>(
    followed: &[Option<usize>],
    before: &'a Snapshot,
) -> PolarsResult<Vec<(&'a str, u64)>> {
    let listed: BTreeSet<usize> = followed.iter().flatten().copied().collect();
    let collections = before.mailboxes.column(columns::COLLECTION)?.str()?;
    let states = before.mailboxes.column(columns::SYNC_STATE)?.str()?;
    let mut all: BTreeMap<&str, Collection> = BTreeMap::new();
    for (row, (collection, state)) in collections.iter().zip(states.iter()).enumerate() {
        let Some(collection) = collection.map(|name| all.entry(name).or_default()) else {
            continue;
        };
        collection.mailboxes += 1;
        collection.listed += u64::from(listed.contains(&row));
        collection.not_switched += u64::from(state != Some(SyncState::Switched.name()));
    }
    all.retain(|_, one| one.listed == 0 && one.not_switched >= COLLECTION_LEFT_OUT);
    Ok(all
        .into_iter()
        .map(|(name, one)| (name, one.mailboxes))
        .collect())
}

/// What became of the mailboxes of a collection of an earlier day.
#[derive(Default)]
struct Collection {
    mailboxes: u64,
    listed: u64,
    not_switched: u64,
}

/// “Among them are all 80 of “Theatres”.”, with a blank before it; nothing where no collection is
/// gone.
fn of_collections(emptied: &[(&str, u64)]) -> String {
    let told = emptied.iter().take(COLLECTIONS_TOLD);
    let mut told: Vec<String> = told
        .map(|(name, mailboxes)| {
            format!(
                "all {} of “{}”",
                count(*mailboxes),
                excerpt(name, LONGEST_NAME)
            )
        })
        .collect();
    let more = emptied.len().saturating_sub(told.len());
    if more > 0 {
        told.push(format!("those of {}", count_of(more, "more collection")));
    }
    match told.split_last() {
        None => String::new(),
        Some((last, [])) => format!(" Among them are {last}."),
        Some((last, others)) => format!(" Among them are {} and {last}.", others.join(", ")),
    }
}

/// So many collections are named, by so much of their names.
const COLLECTIONS_TOLD: usize = 3;
const LONGEST_NAME: usize = 60;

/// Few gone are left unsaid, more are a warning, and a large part of them, or a whole collection, holds
/// the organisation: nothing in an export tells what was taken out on purpose from an export that was
/// cut.
fn finding_of(
    loss: Loss,
    emptied: &[(&str, u64)],
    judged: Judged,
    today: &Snapshot,
) -> Option<Finding> {
    let told = loss.in_words() + &of_collections(emptied);
    Some(match judged {
        Judged::Small if !loss.needs_a_word() => return None,
        Judged::Small => {
            let message = format!(
                "{told} Check that every collection was exported: the figures are of what is listed."
            );
            Finding::new(FindingCode::MailboxesGone, message)
        }
        Judged::Accepted => {
            let message = format!(
                "{told} This was looked at and accepted: the figures are of what is listed."
            );
            Finding::new(FindingCode::MailboxesGone, message)
        }
        Judged::Holds => {
            let message = format!(
                "{told} The export was likely cut, or a collection left out: export it again, of all \
                 collections, and run this day again. Where they are gone on purpose: migration-monitor run --date {} \
                 --organisation {} --accept-loss",
                today.date, today.organisation
            );
            Finding::new(FindingCode::MailboxesLost, message)
        }
    })
}

/// What a loss is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Small,
    Holds,
    /// It would hold, had nobody said that it is right.
    Accepted,
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
