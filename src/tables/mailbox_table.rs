use std::borrow::Cow;
use std::collections::BTreeMap;

use polars::prelude::*;

use super::column::{CellKind, ColumnDeclaration};
use super::origin::Origin;
use super::rows::TableRows;
use super::side_by_side::SideBySide;
use super::twice::{Chosen, TwiceListed};
use super::{Rules, ValidTable, columns, values};
use crate::domain::plural::{count, counted};
use crate::domain::{Finding, FindingCode, Severity, SyncState, without_names};
use crate::exports::{Export, Field, may_be_states, printable_state};

/// What is read of a sync-state export.
const COLUMNS: &[ColumnDeclaration] = &[
    CellKind::Mailbox.column(columns::MAILBOX, Field::SourceMailbox),
    CellKind::Text.column(columns::COLLECTION, Field::Collection),
    CellKind::Text.column(columns::DISPLAY_NAME, Field::DisplayName),
    CellKind::Address.column(columns::TARGET_MAILBOX, Field::TargetMailbox),
    CellKind::State.column(columns::SYNC_STATE, Field::SyncState),
    CellKind::Word.column(columns::SYNC_STATE_WORD, Field::SyncState),
    CellKind::AwaitsApproval.column(columns::AWAITS_APPROVAL, Field::SyncState),
    CellKind::Percentage.column(columns::PROGRESS_PERCENT, Field::ProgressPercent),
    CellKind::Count.column(columns::ITEMS_TOTAL, Field::ItemsTotal),
    CellKind::Count.column(columns::ITEMS_SYNCHRONISED, Field::ItemsSynchronised),
    CellKind::Count
        .column(columns::ITEMS_FAILED, Field::ItemsFailed)
        .required(),
    CellKind::Count.column(columns::ITEMS_SKIPPED, Field::ItemsSkipped),
    CellKind::Size.column(columns::SIZE_BYTES, Field::SizeBytes),
    CellKind::Moment.column(columns::LAST_SYNCHRONISED_AT, Field::LastSynchronisedAt),
    CellKind::Day.column(columns::SWITCH_DATE, Field::SwitchDate),
    CellKind::Moment.column(columns::SWITCHED_AT, Field::SwitchedAt),
    CellKind::Text.column(columns::LAST_ERROR, Field::LastError),
];

/// Reads the sync-state exports of one organisation.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<ValidTable> {
    let found_before = findings.len();
    let rows = TableRows::read(exports, COLUMNS, rules, findings)?;
    let mut found = findings.iter().skip(found_before);
    // What set the rows aside says why there are none.
    let is_explained = found.any(|finding| finding.severity == Severity::Hold);
    if rows.is_empty() && !is_explained {
        let file = exports
            .first()
            .map_or_else(String::new, |export| export.file.clone());
        let message = "The export lists no mailbox that can be read. Check what was exported, and \
         run this day again.";
        findings.push(Finding::new(FindingCode::NoRows, message).in_file(file));
    }
    let states = rows.column(columns::SYNC_STATE)?.u8()?;
    let by_mailbox = rows.by_mailbox()?;
    let times = Some(columns::LAST_SYNCHRONISED_AT);
    let side_by_side = SideBySide {
        exports,
        rows: &rows,
        times,
    };
    let twice = TwiceListed::new(&rows)?;
    let in_one_file = twice.findings(&by_mailbox);
    let mut of_rows = Vec::new();
    let kept = side_by_side.one_row_each(&by_mailbox, &mut of_rows, |of_one, findings| {
        keep_one_row(of_one, &rows, &twice, findings)
    });
    // What is said of a whole file need not be said of each of its rows.
    findings.extend(match in_one_file.is_empty() {
        true => of_rows,
        false => in_one_file,
    });
    name_unknown_states(&kept, &rows, states, findings)?;
    let frame = rows.into_table(kept)?;
    tell_blank_counts(&frame, exports, findings)?;
    tell_shared_targets(frame.column(columns::TARGET_MAILBOX)?.str()?, findings);
    Ok(ValidTable(frame))
}

/// Of the rows of one mailbox the one that counts; the others become findings.
fn keep_one_row(
    of_one: &[(&str, IdxSize)],
    rows: &TableRows<'_>,
    twice: &TwiceListed<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Option<IdxSize> {
    if let [(_, row)] = of_one {
        return Some(*row);
    }
    let Chosen { row: kept, why } = twice.choose(of_one)?;
    let counts = rows.origin(kept)?;
    for (_, row) in of_one.iter().filter(|(_, row)| *row != kept) {
        let other = rows.origin(*row)?;
        let of = if counts.file == other.file {
            String::new()
        } else {
            format!(" of {}", without_names(counts.file))
        };
        let message = format!(
            "The mailbox of this row stands on line {}{of} too, {}. A mailbox in two collections is \
             processed by the first only: take it out of the other.",
            counts.line,
            why.words()
        );
        findings.push(other.finding(FindingCode::MailboxTwice, message));
    }
    Some(kept)
}

/// Says of how many mailboxes that were copied no number of failed items is reported, where it is of
/// others: a sum is then not of all.
fn tell_blank_counts(
    frame: &DataFrame,
    exports: &[Export],
    findings: &mut Vec<Finding>,
) -> PolarsResult<()> {
    let states = frame.column(columns::SYNC_STATE)?.u8()?.iter();
    let failed = frame.column(columns::ITEMS_FAILED)?.i64()?;
    let are_reported = failed.null_count() < failed.len();
    let migrated: Vec<Option<i64>> = (states.zip(failed.iter()))
        .filter(|(state, _)| {
            let state = state.map(SyncState::from_code);
            state.is_some_and(SyncState::is_in_sync_or_beyond)
        })
        .map(|(_, failed)| failed)
        .collect();
    let blank = migrated.iter().filter(|failed| failed.is_none()).count();
    // A word in place of a number is told by itself.
    let is_told = |finding: &Finding| {
        finding.code == FindingCode::CellsUnread
            && exports.iter().any(|export| {
                let own = export.column(Field::ItemsFailed);
                let added = export.columns_to_add(Field::ItemsFailed);
                let mut columns = own.into_iter().chain(added.iter().copied());
                columns.any(|column| u32::try_from(column + 1).ok() == finding.column)
            })
    };
    if blank > 0 && are_reported && !findings.iter().any(is_told) {
        let message = format!(
            "{} of {} in sync or switched {} no number of failed items: that is not reported, which \
             does not mean none, and sums and rates are of the others only. Export it again with the \
             numbers of all.",
            count(blank),
            counted(migrated.len(), "mailbox", "mailboxes"),
            if blank == 1 { "has" } else { "have" },
        );
        let finding = Finding::new(FindingCode::CellsUnread, message);
        findings.push(match exports.first() {
            Some(export) => finding.in_file(&export.file),
            None => finding,
        });
    }
    Ok(())
}

/// Two mailboxes with one target would mix the mail of two people. Case does not make two of one.
fn tell_shared_targets(targets: &StringChunked, findings: &mut Vec<Finding>) {
    let mut rows: PlHashMap<Cow<'_, str>, u32> = PlHashMap::with_capacity(targets.len());
    for target in targets.iter().flatten() {
        *rows.entry(values::in_lower_case(target)).or_default() += 1;
    }
    let shared = rows.values().filter(|rows| **rows > 1).count();
    if shared > 0 {
        let message = format!(
            "{} on more than one row: mail of two people would land in one mailbox. Stop their \
             migration and correct the target, before anything else.",
            counted(shared, "target mailbox stands", "target mailboxes stand")
        );
        findings.push(Finding::new(FindingCode::TargetTwice, message));
    }
}

/// Names the words that the layout does not know, of the rows that are kept. Nearly as many
/// words as rows are no states, but something else that slipped into the column, perhaps names:
/// they are counted and not named.
fn name_unknown_states(
    kept: &[IdxSize],
    rows: &TableRows<'_>,
    states: &UInt8Chunked,
    findings: &mut Vec<Finding>,
) -> PolarsResult<()> {
    let state_words = rows.column(columns::SYNC_STATE_WORD)?.str()?;
    let is_unknown =
        |row: &&IdxSize| states.get(**row as usize) == Some(SyncState::Unrecognised.code());
    let mut unknown: Vec<IdxSize> = kept.iter().filter(is_unknown).copied().collect();
    unknown.sort_unstable();
    let mailboxes = unknown.len();

    let mut words: BTreeMap<(&str, String), (u32, usize)> = BTreeMap::new();
    let mut first: Option<Origin<'_>> = None;
    for row in unknown {
        let (Some(origin), Some(word)) = (rows.origin(row), state_words.get(row as usize)) else {
            continue;
        };
        if first.is_none_or(|first| origin.file == first.file && origin.line < first.line) {
            first = Some(origin);
        }
        let (first_line, mailboxes) = words
            .entry((origin.file, printable_state(word)))
            .or_insert((origin.line, 0));
        *first_line = origin.line.min(*first_line);
        *mailboxes += 1;
    }
    if !may_be_states(words.len(), mailboxes) {
        let message = format!(
            "{} {} different words for a state, none of which this layout \
             knows: the column may hold something else. They are counted as unrecognised. Check \
             the export's columns.",
            counted(mailboxes, "mailbox has", "mailboxes have"),
            words.len()
        );
        findings.extend(first.map(|first| first.finding(FindingCode::StateUnrecognised, message)));
        return Ok(());
    }
    for ((file, word), (line, mailboxes)) in words {
        let they = counted(
            mailboxes,
            "mailbox has it and is",
            "mailboxes have it and are",
        );
        let message = format!(
            "The state “{word}” is not one this layout knows; {they} counted as unrecognised. The \
             migration team adds it to the layout, under [states]."
        );
        findings.push(Origin { file, line }.finding(FindingCode::StateUnrecognised, message));
    }
    Ok(())
}
