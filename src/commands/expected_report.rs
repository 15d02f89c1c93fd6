use crate::domain::ReportKind;
use crate::domain::plural::count_of;
use crate::mail::Violation;
use crate::report::{self, Page, ReportInput, expected_count};
use crate::settings::MailSettings;

/// What a report holds that is not made yet, and about how large it makes its message: told by what
/// was measured.
pub(super) struct ExpectedReport {
    /// The sheets that must be complete, and how many rows each has.
    sheets: Vec<(String, usize)>,
    quotes_subject_lines: bool,
    /// About how large its message is: within a third, over messages of every day of the sample and
    /// of an invented estate of 600 organisations. With texts that are far longer, or all alike, it
    /// may lie beyond.
    bytes: u64,
}

/// About how many bytes of a message come of each byte that the words of a page have as JSON: in
/// its page and its text.
const EACH_BYTE_OF_WORDS: u64 = 9;
/// About how many bytes of a message a picture takes, beside its words.
const A_PICTURE: u64 = 12_000;
/// About how many bytes of a message a workbook takes whose main sheets have no rows.
const AN_EMPTY_WORKBOOK: u64 = 23_000;
/// About how many bytes of a message a sheet takes that lists what is to be done, beside its rows.
const A_LIST: u64 = 2_000;

impl ExpectedReport {
    /// Puts the page into words, which is little beside rendering it, and counts the rows.
    pub(super) fn of(kind: ReportKind, subject: ReportInput<'_>) -> Self {
        let complete_sheets = report::complete_sheets(kind, subject);
        let (mut sheets, mut quotes_subject_lines) = (Vec::new(), false);
        let (page, lists_to_work) = report::outline(kind, subject);
        let mut bytes = bytes_of_page(&page) + AN_EMPTY_WORKBOOK;
        for sheet in &complete_sheets {
            let rows = sheet.mailboxes.len();
            sheets.push((sheet.sheet.clone(), rows));
            quotes_subject_lines |= sheet.quotes_subject_lines;
            bytes += sheet.bytes_a_row * rows as u64;
        }
        for list in lists_to_work {
            bytes += A_LIST + list.bytes_a_row * list.mailboxes.len() as u64;
        }
        Self {
            sheets,
            quotes_subject_lines,
            bytes,
        }
    }

    /// “Users: 3,412 rows; about 650 KB”
    pub(super) fn in_words(&self) -> String {
        let rows = |(sheet, rows): &(String, usize)| format!("{sheet}: {}", count_of(*rows, "row"));
        let sheets: Vec<String> = self.sheets.iter().map(rows).collect();
        #[allow(clippy::cast_precision_loss)] // an estimate
        let size = expected_count(self.bytes as f64 / 1024.0);
        format!("{}; {size} KB", sheets.join(", "))
    }

    /// Why its organisation would be held, by the settings alone; `None` where they have nothing
    /// against it.
    pub(super) fn reason_to_hold(&self, settings: &MailSettings) -> Option<String> {
        let is_unprotected = self.quotes_subject_lines && !settings.may_be_confidential();
        is_unprotected.then(|| Violation::SubjectLinesUnprotected.reason_to_hold())
    }

    /// Whether its message is likely larger than the settings let it be.
    pub(super) fn is_likely_too_large(&self, settings: &MailSettings) -> bool {
        self.bytes > u64::from(settings.max_message_mib) * 1_048_576
    }
}

/// About how many bytes of a message page, text and pictures take.
fn bytes_of_page(page: &Page) -> u64 {
    let sections = page.sections.iter();
    let pictures = sections.filter(|section| section.chart.is_some()).count() as u64;
    // A page is words and numbers: there is nothing in it that JSON could not hold.
    let words = serde_json::to_vec(page).map_or(0, |json| json.len() as u64);
    A_PICTURE * pictures + EACH_BYTE_OF_WORDS * words
}
