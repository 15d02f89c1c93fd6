//! Losses in columns that no layout reads: they are never passed over in silence.

use super::layout::{Field, Fit, words_of};
use super::quoting::listed;
use crate::domain::plural::{count, counted};
use crate::domain::{Finding, FindingCode, SyncState};
use crate::sheets::Sheet;

/// Words by which a heading says that something was lost.
const LOSSES: [&str; 23] = [
    "missing",
    "skipped",
    "skip",
    "failed",
    "fail",
    "failure",
    "failures",
    "error",
    "errors",
    "bad",
    "lost",
    "loss",
    "corrupt",
    "corrupted",
    "corruption",
    "dropped",
    "rejected",
    "unmigrated",
    "undelivered",
    "unsynchronised",
    "unsynced",
    "oversized",
    "damaged",
];

/// What was done with items, of which a heading may say that it was not.
const DONE: [&str; 10] = [
    "migrated",
    "copied",
    "synchronised",
    "synchronized",
    "synced",
    "moved",
    "transferred",
    "imported",
    "delivered",
    "copy",
];

/// Words by which a heading says that its number counts no items.
const NO_COUNTS: [&str; 32] = [
    "limit",
    "limits",
    "threshold",
    "allowed",
    "tolerance",
    "maximum",
    "max",
    "size",
    "bytes",
    "kb",
    "mb",
    "gb",
    "code",
    "id",
    "type",
    "side",
    "time",
    "timestamp",
    "date",
    "duration",
    "minutes",
    "seconds",
    "hours",
    "%",
    "percent",
    "percentage",
    "rate",
    "ratio",
    "attempts",
    "retries",
    "login",
    "logins",
];

/// A finding of counts of failed items that are blank in every row, although some mailbox has begun
/// to migrate.
pub(super) fn blank(sheet: &Sheet, fit: &Fit) -> Option<Finding> {
    let own = fit
        .columns
        .get(&Field::ItemsFailed)
        .map(std::slice::from_ref);
    let columns = own.or(fit.sums.get(&Field::ItemsFailed).map(Vec::as_slice))?;
    let state = *fit.columns.get(&Field::SyncState)?;
    let has_begun = |row: usize| {
        let state = fit.layout.state(sheet.cell(row, state));
        state.is_some_and(|state| !matches!(state, SyncState::NotStarted | SyncState::Queued))
    };
    let is_blank = |row: usize| {
        columns
            .iter()
            .all(|column| sheet.cell(row, *column).is_empty())
    };
    if !(0..sheet.height()).all(is_blank) || !(0..sheet.height()).any(has_begun) {
        return None;
    }
    let message = format!(
        "{} blank in every row: how many items failed is not reported, which does not mean none. \
         Export it again with the numbers; a workbook that a program made has the results of its \
         formulas once it was opened and saved in Excel.",
        match columns {
            [_] => format!("The cells under {} are", listed(sheet, columns)),
            _ => format!("The cells under each of {} are", listed(sheet, columns)),
        },
    );
    let first = columns.first()? + 1;
    Some(Finding::new(FindingCode::CellsUnread, message).at_column(first))
}

/// A finding of what stands in columns that are named like a loss and not read. Columns beside one
/// that holds their sum are such where they add up to more than that.
pub(super) fn unread(sheet: &Sheet, fit: &Fit) -> Option<Finding> {
    let is_loss = |column: &usize| {
        sheet
            .headings()
            .get(*column)
            .is_some_and(|text| names_a_loss(text))
    };
    let mut columns: Vec<usize> = fit.unused.iter().copied().filter(is_loss).collect();
    let terms = &fit.terms_beside_sum;
    let of_terms: u64 = terms
        .iter()
        .filter_map(|column| total(sheet, fit, *column))
        .sum();
    let of_sum = || {
        let column = fit.columns.get(&Field::ItemsFailed)?;
        total(sheet, fit, *column)
    };
    if of_terms > 0 && of_terms > of_sum().unwrap_or_default() {
        columns.extend(terms);
    }
    columns.extend(fit.columns.get(&Field::ItemsSkipped));
    let mut losses = Vec::new();
    for column in columns {
        if let Some(total) = total(sheet, fit, column).filter(|total| *total > 0) {
            losses.push((column, total));
        }
    }
    let (columns, totals): (Vec<usize>, Vec<u64>) = losses.into_iter().unzip();
    let first = *columns.first()?;
    let message = format!(
        "{} named like a loss and not among failed items: {}. The sum is {}, and reports leave it out. Where these \
         are items that did not migrate, add the heading to the layout, under [sums].",
        counted(columns.len(), "column is", "columns are"),
        listed(sheet, &columns),
        count(totals.iter().sum::<u64>()),
    );
    Some(Finding::new(FindingCode::LossUnread, message).at_column(first + 1))
}

/// Whether a heading says that its numbers count what was lost.
fn names_a_loss(heading: &str) -> bool {
    let words = words_of(heading);
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let denies = |pair: &[String]| match pair {
        [not, done] => ["not", "never"].contains(&not.as_str()) && DONE.contains(&done.as_str()),
        _ => false,
    };
    (says(&LOSSES) || words.windows(2).any(denies)) && !says(&NO_COUNTS)
}

/// The sum of a column of whole numbers in the rows of mailboxes, which totals are not; `None` where
/// most cells are something else.
fn total(sheet: &Sheet, fit: &Fit, column: usize) -> Option<u64> {
    let mailboxes = fit.columns.get(&Field::SourceMailbox);
    let is_mailbox = |row: &usize| {
        mailboxes.is_none_or(|mailbox| sheet.cell(*row, *mailbox).contains('@'))
            && fit.other_thing(|column| sheet.cell(*row, column)).is_none()
    };
    let (mut sum, mut numbers, mut others) = (0_u64, 0_usize, 0_usize);
    for row in (0..sheet.height()).filter(is_mailbox) {
        match sheet.cell(row, column) {
            "" => {}
            cell => match whole_number(cell) {
                Some(number) => {
                    sum = sum.saturating_add(number);
                    numbers += 1;
                }
                None => others += 1,
            },
        }
    }
    (numbers > 0 && numbers >= others).then_some(sum)
}

/// A whole number with or without commas, blanks or points between its thousands.
fn whole_number(text: &str) -> Option<u64> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let is_mark = |c: char| matches!(c, ',' | '\'' | '.') || c.is_whitespace();
    let mut groups = text.split(is_mark);
    let first = groups.next()?;
    let is_grouped = groups.all(|group| group.len() == 3);
    if first.is_empty() || !is_grouped {
        return None;
    }
    let digits: String = text.chars().filter(|c| !is_mark(*c)).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::Layouts;

    #[test]
    fn headings_of_losses_are_told_from_those_of_limits_and_codes() {
        for loss in [
            "MissingItems",
            "Items skipped",
            "Bad Items",
            "Error Count",
            "lost_messages",
            "Failed",
            "Messages Not Migrated",
            "NotCopied",
        ] {
            assert!(names_a_loss(loss), "{loss}");
        }
        for other in [
            "BadItemLimit",
            "Error Code",
            "Failure Timestamp",
            "Total Error Size (bytes)",
            "Items",
            "Failed %",
            "Glossary",
            "FailedLogins",
            "Badge",
            "Notes Migrated",
        ] {
            assert!(!names_a_loss(other), "{other}");
        }
    }

    #[test]
    fn numbers_are_added_and_texts_are_not() {
        let total = |cells: &str| {
            let text = format!("Mailbox;Status;Failed Items;b\n{cells}");
            let sheet = Sheet::from_delimited(text.into_bytes()).unwrap();
            let fit = Layouts::load(None).unwrap().explain(&sheet).unwrap();
            total(&sheet, &fit, 3)
        };
        let rows = |numbers: &[&str]| -> String {
            let row = |number: &&str| format!("a@wharfe.example;Synced;0;{number}\n");
            numbers.iter().map(row).collect()
        };
        let numbers = rows(&["1", "1,234", "", "n/a", "2.0"]);
        assert_eq!(total(&numbers), Some(1_237));
        assert_eq!(total(&(numbers + "Total;;0;1237\n")), Some(1_237));
        assert_eq!(total(&rows(&["0x80040115", "timeout", "7"])), None);
        assert_eq!(total(&rows(&[""])), None);
    }
}
