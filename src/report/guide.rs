//! The guide of a workbook: what the words of a report mean, and by which rule it judges. The email
//! says it in a sentence and leads here.

use super::input::ReportInput;
use super::missed_switch::MISSED_SWITCH;
use super::tabulation::Tabulation;
use super::verdict::rule;
use super::wording::expected_one_in;
use super::workbook::{Cell, GUIDE, WorkbookSheet};

/// Where an email leads to for the rest.
pub(super) const IN_THE_GUIDE: &str =
    "The workbook's sheet Guide explains each word, and how failures are judged.";

/// What each word means, one a row.
pub(super) fn sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    let expected = input.programme.expected_failure_rate;
    let mut rows: Vec<(&str, String)> = WORDS
        .iter()
        .map(|(word, meaning)| (*word, (*meaning).to_owned()))
        .collect();
    rows.push((
        "Expected failure rate",
        format!(
            "In an ordinary migration about {} items cannot be copied, because it is damaged or too \
             large.",
            expected_one_in(expected)
        ),
    ));
    rows.extend(rule(input.metrics, expected));
    Tabulation::of(&rows)
        .column("Word", 26.0, |(word, _)| Cell::Word(word))
        .naming_rows()
        .column("What it means", 104.0, |(_, meaning)| {
            Cell::Text(meaning.clone().into())
        })
        .sheet(
            GUIDE,
            "How to read this report",
            "What its words mean, and by which rules it judges.",
        )
}

const WORDS: [(&str, &str); 13] = [
    (
        "Synchronising",
        "The mailbox is being copied. That takes days, and users notice nothing.",
    ),
    (
        "In sync, Ready to switch",
        "The new mailbox holds all the mail, and new mail follows. It is ready, and can switch.",
    ),
    ("Switched", "The user works in the new mailbox."),
    (
        "Stopped, Failed",
        "Copying has halted. The migration team finds out why and restarts it.",
    ),
    ("Past its switch date", MISSED_SWITCH),
    (
        "Failed item",
        "A message, appointment or contact that could not be copied. It stays in the old mailbox until \
         that mailbox is closed.",
    ),
    (
        "Forecast",
        "A collection is on track where at most 2 in 100 of its mailboxes will not be ready. “At most” \
         holds about 19 times in 20, as far as the days so far can tell. “Cannot tell yet” means that \
         these are too few, or differ too much.",
    ),
    (
        "Chance of being ready",
        "Of mailboxes that were as far along, and went as fast, the share that was ready after as much \
         working time. It is a range where too few were seen to say more.",
    ),
    (
        "Overdue",
        "The migration team is to mend it, and it has been open for more than 7 days. What was there \
         when our record began may be older than it says.",
    ),
    (
        "More than chance explains",
        "The mailbox has more failed items than the others make likely. At most 1 in 20 of such flags \
         is chance, on average.",
    ),
    (
        "Failures day by day",
        "Each point is a day, and the line is the expected rate. Between the limits, days differ without \
         a cause of their own (Laney p′ chart). Limits are on trial until there are 12 days with \
         attempted items.",
    ),
    (
        "Attempted items",
        "Items that were copied, and items that failed.",
    ),
    (
        "Not reported",
        "The migration tool's export does not say. It does not mean none.",
    ),
];
