//! What holds for every reading.

use std::collections::BTreeSet;

use migration_monitor::domain::{Finding, FindingCode};
use migration_monitor::exports::{Export, ExportSet, Field};
use migration_monitor::tables::Validation;

/// Cells of these fields are nobody's business but the organisation's.
const CONFIDENTIAL: [Field; 5] = [
    Field::DisplayName,
    Field::User,
    Field::SourceMailbox,
    Field::TargetMailbox,
    Field::Subject,
];

/// Characters from which on a text is found in a message by no accident.
const TELLING: usize = 9;

/// Asserts what must hold of `exports`, and of what came of them.
pub fn assert_reading(exports: &ExportSet, validation: &Validation) {
    for finding in &validation.findings {
        assert_place(finding, exports);
    }
    if let Some(tables) = &validation.tables {
        let assert_all = |exports: &[Export], kept: usize| {
            assert_eq!(
                kept + set_aside(exports, validation),
                rows(exports),
                "{:#?}",
                validation.findings
            );
        };
        assert_all(&exports.sync_state, tables.mailboxes.frame().height());
        assert_all(&exports.failed_items, tables.failed_items.frame().height());
        if let Some(schedule) = &tables.schedule {
            assert_all(&exports.schedule, schedule.table.frame().height());
        }
    }
}

fn rows(exports: &[Export]) -> usize {
    exports
        .iter()
        .map(|export| export.height() + export.misshapen().len())
        .sum()
}

/// The bad rows of these exports, listed or counted, those that are no mailboxes, and second rows
/// of a mailbox.
fn set_aside(exports: &[Export], validation: &Validation) -> usize {
    let files: BTreeSet<&str> = exports.iter().map(|export| export.file.as_str()).collect();
    let told = validation.findings.iter().filter(|finding| {
        matches!(
            finding.code,
            FindingCode::BadRow | FindingCode::MailboxTwice | FindingCode::RowsPassedOver
        )
    });
    told.filter(|finding| {
        finding
            .file
            .as_deref()
            .is_some_and(|file| files.contains(file))
    })
    // Rows above the headings are none of the table's.
    .filter(|finding| {
        !finding
            .message
            .starts_with("The headings of the export stand here")
    })
    .map(|finding| {
        if finding.line.is_some() && finding.code != FindingCode::RowsPassedOver {
            1
        } else {
            first_number(&finding.message)
        }
    })
    .sum()
}

fn first_number(message: &str) -> usize {
    message
        .split_whitespace()
        .find_map(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number in: {message}"))
}

/// A line that a finding names is one on which a row or the headings stand, and lines and columns
/// are counted from 1.
fn assert_place(finding: &Finding, exports: &ExportSet) {
    assert!(
        finding.column != Some(0) && finding.line != Some(0),
        "{finding:?}"
    );
    let Some(line) = finding.line else { return };
    let file = finding
        .file
        .as_deref()
        .unwrap_or_else(|| panic!("a line of no file: {finding:?}"));
    // Of a file that was refused nothing is kept to compare with, and of one package several tables
    // may have one name.
    let mut read = all(exports)
        .filter(|export| export.file == file)
        .map(|export| &export.sheet)
        .peekable();
    let is_there = read.peek().is_none()
        || read.any(|sheet| {
            let mut rows = (0..sheet.height())
                .map(|row| sheet.line(row))
                .chain(sheet.misshapen.iter().map(|row| row.line));
            sheet.heading_line == line
                || sheet.repeated_headings.contains(&line)
                || rows.any(|other| other == line)
        });
    assert!(is_there, "no row stands there: {finding:?}");
}

fn all(exports: &ExportSet) -> impl Iterator<Item = &Export> {
    exports
        .sync_state
        .iter()
        .chain(&exports.failed_items)
        .chain(&exports.schedule)
}

/// A text of a column that is nobody's business, and the message in which it stands too; which may
/// say so by itself.
pub fn told_text(exports: &ExportSet, validation: &Validation) -> Option<(String, String)> {
    let is_public = |text: &str| {
        all(exports).any(|export| {
            let states = export.column(Field::SyncState);
            let mut words =
                (0..export.sheet.height()).filter_map(|row| Some(export.sheet.cell(row, states?)));
            export
                .sheet
                .headings()
                .iter()
                .any(|heading| heading.contains(text))
                || words.any(|word| word.contains(text))
        })
    };
    let columns = all(exports).flat_map(|export| {
        let columns = CONFIDENTIAL
            .iter()
            .filter_map(|field| export.column(*field));
        columns.map(move |column| (export, column))
    });
    let texts = columns.flat_map(|(export, column)| {
        (0..export.sheet.height()).map(move |row| export.sheet.cell(row, column))
    });
    // A cell that cannot be read is told by its shape, `a` for a letter and 9 for a digit, which tells
    // nothing of a text that is its own shape.
    let is_shape = |text: &str| {
        text.chars()
            .all(|c| matches!(c, 'a' | '9' | ' ') || c.is_ascii_punctuation())
    };
    texts
        .filter(|text| text.chars().count() >= TELLING && !is_shape(text))
        .find_map(|text| {
            let message = validation
                .findings
                .iter()
                .map(|finding| &finding.message)
                .find(|message| message.contains(text))?;
            (!is_public(text)).then(|| (text.to_owned(), message.clone()))
        })
}
