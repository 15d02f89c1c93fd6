use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::drawing::Chart;
use crate::domain::plural::count;
use crate::domain::{EmailAddress, Finding, OrganisationCode, ReportDate, ReportKind, Verdict};

/// The version of the JSON form of [`ReportModel`]. Raised when a field changes its meaning or
/// goes.
///
/// 2: failed items are mail only, and settings are counted apart.
pub const MODEL_VERSION: u32 = 2;

/// Everything one report says, chosen, ordered, worded and rounded; the exact figures beside the
/// words.
///
/// Templates and charts see nothing else. Archived as `model.json`, from which the page can be made
/// again. It holds subject lines only where the organisation's policy puts them into the email.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct ReportModel {
    /// [`MODEL_VERSION`] of the program that wrote it.
    pub model_version: u32,
    /// The kind of report.
    pub report: ReportKind,
    /// The day it is about.
    pub report_date: ReportDate,
    /// 1 for the first report of the day, then one more for each that replaces it.
    pub edition: u32,
    /// What an edition after the first replaces, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// The organisation that it is about.
    pub organisation: OrganisationName,
    /// The programme that sends it.
    pub programme: ProgrammeName,
    /// Exact figures of the organisation.
    pub totals: Totals,
    /// The exact failure rate of the organisation, and what it was judged by.
    pub failure_rate: FailureRateFigures,
    /// What changed since the last earlier day that is known; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeFigures>,
    /// What a person should know about the exports.
    pub findings: Vec<Finding>,
    /// The words, in reading order.
    pub page: Page,
}

/// Why an edition after the first was made, and in place of what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Replacement {
    /// The number of the edition that it replaces.
    pub replaces: u32,
    /// When that edition was first sent to anybody, local time; `None` where it never was.
    pub sent_at: Option<NaiveDateTime>,
    /// Why, in the words of a person.
    pub reason: String,
    /// What is no longer as it was when that edition was made; may be empty.
    pub changed: Vec<String>,
}

/// An organisation as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OrganisationName {
    /// Its code in the register.
    pub code: OrganisationCode,
    /// Its name in the register, everything in it made visible.
    pub name: String,
}

/// The programme as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProgrammeName {
    /// Its name in the settings, everything in it made visible.
    pub name: String,
    /// The central team, for replies and questions.
    pub contact: EmailAddress,
}

/// Figures of an organisation. `None` where no mailbox reports the figure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Totals {
    /// Mailboxes in the sync-state export.
    pub mailboxes: u64,
    /// Mailboxes in each state; they add up to `mailboxes`.
    pub by_state: ByState,
    /// Mailboxes that cannot complete until somebody approves what was lost; `None` in version 1.
    #[serde(default)]
    pub mailboxes_awaiting_approval: Option<u64>,
    /// Mailboxes that are not in sync and report no total, and so are in no sum of items; `None`
    /// in version 1.
    #[serde(default)]
    pub mailboxes_without_total: Option<u64>,
    /// Items in the source mailboxes.
    pub items_total: Option<u64>,
    /// Items copied so far.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate; in version 1 with settings among them.
    pub items_failed: Option<u64>,
    /// Listed items that did not migrate and that the organisation accepted: nobody acts on them.
    #[serde(default)]
    pub items_accepted: u64,
    /// Settings of folders and mailboxes that did not migrate: they are in no rate.
    #[serde(default)]
    pub settings_failed: Option<u64>,
    /// Items copied and items that did not migrate, of the mailboxes that report both.
    pub items_attempted: Option<u64>,
}

/// Mailboxes in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[allow(missing_docs)] // each is the state of its name
pub struct ByState {
    pub not_started: u64,
    pub queued: u64,
    pub synchronising: u64,
    pub in_sync: u64,
    pub ready_to_switch: u64,
    pub switched: u64,
    pub stopped: u64,
    pub failed: u64,
    pub unrecognised: u64,
}

/// What the verdict on an organisation rests on.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct FailureRateFigures {
    /// Failed items of the mailboxes that report what was attempted.
    pub failed: u64,
    /// Attempted items of the same mailboxes.
    pub attempted: u64,
    /// The baseline, as a fraction.
    pub expected: f64,
    /// φ: how much more failures cluster in mailboxes than chance would have them; 1 for not at
    /// all.
    pub dispersion: f64,
    /// P(X ≥ failed) at the baseline; `None` where nothing was attempted.
    pub probability_above: Option<f64>,
    /// P(X ≤ failed) at the baseline; `None` where nothing was attempted.
    pub probability_below: Option<f64>,
    /// The verdict that follows from these figures.
    pub verdict: Verdict,
}

/// What changed since an earlier day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ChangeFigures {
    /// The earlier day.
    pub since: ReportDate,
    /// Mailboxes that it lists.
    pub mailboxes_before: u64,
    /// Those of them that were in sync, ready to switch or switched.
    pub in_sync_or_beyond_before: u64,
    /// Mailboxes that stopped, or that the tool gave up on.
    pub newly_halted: u64,
    /// Mailboxes that are behind where they were.
    pub gone_back: u64,
    /// Mailboxes that switched.
    pub newly_switched: u64,
    /// Mailboxes that came into sync and have not switched.
    pub newly_in_sync: u64,
    /// Mailboxes that were not listed then.
    pub newly_listed: u64,
    /// Mailboxes that are no longer listed.
    pub no_longer_listed: u64,
    /// Failed items that were never listed before.
    pub new_failed_items: u64,
    /// Failed items that were not listed then, and on an earlier day: they fail again.
    #[serde(default)]
    pub returned_failed_items: u64,
    /// Failed items that were listed then too.
    pub still_failing_items: u64,
    /// Failed items that were listed then, and no longer are.
    pub cleared_failed_items: u64,
    /// Failed items that have been listed for more than seven days.
    pub items_open_more_than_7_days: u64,
}

/// The words of a report, in reading order.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Page {
    /// The Subject header, without a prefix that policy adds: report, organisation, report date,
    /// edition.
    pub subject: String,
    /// What a reader must know before anything else; in an ordinary report, nothing.
    #[serde(default)]
    pub notices: Vec<String>,
    /// The title of the report.
    pub title: String,
    /// “Friday 20 November 2026”.
    pub date: String,
    /// “Sync and switch”.
    pub stage: String,
    /// The answer to “is everything all right?”.
    pub headline: Headline,
    /// Three to five figures.
    pub key_figures: Vec<KeyFigure>,
    /// What the organisation needs to do; may be empty.
    pub your_actions: Vec<String>,
    /// That letters to users are ready, where anything is to be told.
    #[serde(default)]
    pub letters: Option<String>,
    /// What the migration team does; may be empty.
    pub our_actions: Vec<String>,
    /// The rest, in order.
    pub sections: Vec<Section>,
    /// The file name of the workbook that comes with the email.
    pub workbook: String,
}

/// A label and the sentences that bear it out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Headline {
    /// A few words: the answer itself.
    pub label: String,
    /// How it is coloured; the label says the same in words.
    pub tone: Tone,
    /// What bears the label out, in reading order.
    pub sentences: Vec<String>,
}

/// How a headline is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// All is well.
    Good,
    /// Nothing is wrong, and nothing is finished.
    Plain,
    /// Some people are late, or something wants watching: amber.
    Watch,
    /// The organisation is in trouble, and somebody must act: red.
    Attention,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct KeyFigure {
    /// What is counted.
    pub label: String,
    /// The figure, as printed.
    pub value: String,
    /// One line of context.
    pub note: String,
    /// How it differs from the day before; `None` where no earlier day is known, or it is not
    /// compared.
    #[serde(default)]
    pub change: Option<String>,
}

impl KeyFigure {
    /// A figure that is not compared with an earlier one.
    pub(super) fn new(label: &str, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self {
            label: label.to_owned(),
            value: value.into(),
            note: note.into(),
            change: None,
        }
    }

    /// The same with how it differs from the day before.
    pub(super) fn with_change(self, change: Option<String>) -> Self {
        Self { change, ..self }
    }
}

/// A part of the report under its own heading: text, then a chart, then a table, each where there
/// is one.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Section {
    /// Its heading on the page.
    pub heading: String,
    /// Sentences, one a paragraph.
    pub text: Vec<String>,
    /// A chart, whose numbers stand in the table.
    pub chart: Option<Chart>,
    /// The rows that the text speaks of.
    pub table: Option<Table>,
}

impl Section {
    /// Sentences and a table.
    pub(super) fn new(heading: &str, text: Vec<String>, table: impl Into<Option<Table>>) -> Self {
        Self {
            heading: heading.to_owned(),
            text,
            chart: None,
            table: table.into(),
        }
    }

    /// A section of sentences, without a table.
    pub(super) fn of_text(heading: &str, text: &[&str]) -> Self {
        Self::new(
            heading,
            text.iter().map(ToString::to_string).collect(),
            None,
        )
    }

    /// Nothing but this sentence where the table has no row.
    pub(super) fn or_alone(self, sentence: &str) -> Self {
        match &self.table {
            Some(table) if table.rows.is_empty() => Self::of_text(&self.heading, &[sentence]),
            _ => self,
        }
    }

    /// The same with a chart above the table.
    pub(super) fn with_chart(self, chart: impl Into<Option<Chart>>) -> Self {
        Self {
            chart: chart.into(),
            ..self
        }
    }
}

/// A table of printed cells. No cell is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Table {
    /// What the table holds.
    pub caption: String,
    /// The headings, left to right. The first column names the row.
    pub columns: Vec<TableColumn>,
    /// Rows of as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// What it is a part of, where it is a list that may be cut; `None` for a table that is always
    /// whole.
    pub cut: Option<Cut>,
}

/// A list of which a table holds the first rows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Cut {
    /// Rows of the whole list.
    pub of: u64,
    /// “the latest ”, or nothing.
    pub which: String,
    /// “; all: workbook, sheet Users.”
    pub beyond: String,
    /// “Showing 25 of 140; all: workbook, sheet Users.”, where rows were left out.
    pub sentence: Option<String>,
}

impl Cut {
    /// The first of a list, or its latest days by `which`; `beyond` ends the sentence that says
    /// so.
    pub(super) fn new(shown: usize, of: usize, which: &str, beyond: &str) -> Self {
        let cut = Self {
            of: of as u64,
            which: which.to_owned(),
            beyond: beyond.to_owned(),
            sentence: None,
        };
        cut.showing(shown)
    }

    fn showing(self, shown: usize) -> Self {
        let is_cut = (shown as u64) < self.of;
        let sentence = is_cut.then(|| {
            format!(
                "Showing {}{} of {}{}",
                self.which,
                count(shown),
                count(self.of),
                self.beyond
            )
        });
        Self { sentence, ..self }
    }
}

impl Table {
    /// Leaves out what is behind the first `rows`, and says so. A table that is always whole stays
    /// as it is.
    pub(super) fn shorten(&mut self, rows: usize) {
        if let Some(cut) = self.cut.take() {
            self.rows.truncate(rows);
            self.cut = Some(cut.showing(self.rows.len()));
        }
    }
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct TableColumn {
    /// What stands above its cells.
    pub heading: String,
    /// Whether the cells are numbers, which are set to the right.
    pub is_number: bool,
}
