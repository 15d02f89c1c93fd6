use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Replacement;
use super::wording::count;
use crate::domain::{
    EmailAddress, Finding, OrganisationCode, ReportDate, ReportKind, SyncState, Verdict,
};

/// The version of the JSON form of [`ReportModel`]. Raised when a field changes its meaning or
/// goes.
pub const MODEL_VERSION: u32 = 1;

/// Everything one report says, chosen, ordered, worded and rounded; the exact figures beside the
/// words.
///
/// Templates and charts see nothing else. Archived as `model.json`, from which the page can be made
/// again. It holds subject lines only where the organisation's policy puts them into the email.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct ReportModel {
    /// [`MODEL_VERSION`] of the program that wrote it.
    pub model_version: u32,
    /// Which report.
    pub report: ReportKind,
    /// The day it is about.
    pub report_date: ReportDate,
    /// 1 for the first report of the day, then one more for each that replaces it.
    pub edition: u32,
    /// What an edition after the first replaces, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// Whom it is about.
    pub organisation: OrganisationName,
    /// Who sends it.
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

/// An organisation as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OrganisationName {
    /// Its code.
    pub code: OrganisationCode,
    /// Its name.
    pub name: String,
}

/// The programme as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProgrammeName {
    /// Its name.
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
    /// Items in the source mailboxes.
    pub items_total: Option<u64>,
    /// Items copied.
    pub items_synchronised: Option<u64>,
    /// Items that did not migrate.
    pub items_failed: Option<u64>,
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
    /// What follows.
    pub verdict: Verdict,
}

/// What changed since an earlier day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ChangeFigures {
    /// That day.
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
    /// Failed items that were not listed then.
    pub new_failed_items: u64,
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
    /// A few words.
    pub label: String,
    /// How it is coloured; the label says the same in words.
    pub tone: Tone,
    /// Sentences.
    pub sentences: Vec<String>,
}

/// How a headline is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// All is well.
    Good,
    /// For information.
    Plain,
    /// Somebody should look.
    Attention,
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct KeyFigure {
    /// What it is.
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
    pub(super) fn new(label: &str, value: String, note: String) -> Self {
        Self {
            label: label.to_owned(),
            value,
            note,
            change: None,
        }
    }
}

/// A part of the report under its own heading: text, then a chart, then a table, each where there
/// is one.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Sentences, one a paragraph.
    pub text: Vec<String>,
    /// A chart, whose numbers stand in the table.
    pub chart: Option<Chart>,
    /// A table.
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

    /// Sentences only.
    pub(super) fn of_text(heading: &str, text: &[&str]) -> Self {
        Self::new(
            heading,
            text.iter().map(ToString::to_string).collect(),
            None,
        )
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
    pub columns: Vec<Column>,
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
    /// “; all are in the workbook, sheet Users.”
    pub beyond: String,
    /// “Showing 25 of 140; all are in the workbook, sheet Users.”, where rows were left out.
    pub sentence: Option<String>,
}

impl Cut {
    /// The first of a list; `beyond` ends the sentence that says so.
    pub(super) fn of_list(shown: usize, of: usize, beyond: &str) -> Option<Self> {
        Some(
            Self {
                of: of as u64,
                which: String::new(),
                beyond: beyond.to_owned(),
                sentence: None,
            }
            .showing(shown),
        )
    }

    /// The latest of some days; `beyond` ends the sentence that says so.
    pub(super) fn of_days(shown: usize, of: usize, beyond: &str) -> Option<Self> {
        Some(
            Self {
                of: of as u64,
                which: "the latest ".to_owned(),
                beyond: beyond.to_owned(),
                sentence: None,
            }
            .showing(shown),
        )
    }

    fn showing(self, shown: usize) -> Self {
        let is_cut = (shown as u64) < self.of;
        let sentence = is_cut.then(|| {
            format!(
                "Showing {}{} of {}{}",
                self.which,
                count(shown as u64),
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
pub struct Column {
    /// The heading.
    pub heading: String,
    /// Whether the cells are numbers, which are set to the right.
    pub is_number: bool,
}

impl Column {
    /// A column of words.
    pub(super) fn text(heading: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            is_number: false,
        }
    }

    /// A column of numbers.
    pub(super) fn number(heading: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            is_number: true,
        }
    }
}

/// A picture: its file name, what it says, and what it shows.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Chart {
    /// The file name without its ending: `mailboxes-by-state`.
    pub name: String,
    /// The finding, as a title: “86% of mailboxes are in sync or switched”.
    pub title: String,
    /// For those who do not see the picture: the finding too, so that nobody is told something
    /// else.
    pub alternative_text: String,
    /// What is drawn.
    pub drawing: Drawing,
    /// Width in CSS pixels, as displayed; the PNG has twice as many.
    pub width: u32,
    /// Height in CSS pixels, as displayed; the PNG has twice as many.
    pub height: u32,
}

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Drawing {
    /// A bar for each row, each as long as the whole width, divided by the states of its mailboxes.
    States {
        /// One for the organisation, or one a collection.
        rows: Vec<StateRow>,
    },
    /// A bar for all failed items, one for each cause, and a line where the baseline would be.
    Causes {
        /// Causes, most items first; they add up to `total`.
        causes: Vec<CauseBar>,
        /// All failed items.
        total: u64,
        /// Failed items to expect of as many attempted items; 0 where nobody says how many there
        /// are.
        expected: f64,
    },
    /// A point for each day around the line of what is expected, between limits.
    ControlChart {
        /// Days with attempted items, in the order of dates.
        points: Vec<ControlPoint>,
        /// The line: the expected rate, as a fraction.
        target: f64,
        /// Whether the limits are trial limits.
        is_trial: bool,
    },
    /// Attempted items by day, of all items, with a forecast and switch dates.
    Progress {
        /// Days so far, in the order of dates; a day that is not known is not here.
        days: Vec<ProgressDay>,
        /// Days to come, in the order of dates; may be empty.
        forecast: Vec<ProgressForecast>,
        /// Switch dates, in the order of dates.
        switches: Vec<SwitchDate>,
    },
    /// A row of bars for each cause, one a day, all to one scale.
    CausesOverTime {
        /// The days, in order.
        dates: Vec<NaiveDate>,
        /// Causes, most items first.
        causes: Vec<CauseDays>,
    },
    /// A point for each organisation round the expected rate, by how many items it attempted,
    /// between limits.
    Funnel {
        /// Organisations with attempted items, those that stand out last.
        points: Vec<FunnelPoint>,
        /// The limits, in the order of attempted items, from the fewest to the most.
        limits: Vec<FunnelLimit>,
        /// The line: the expected rate, as a fraction.
        expected: f64,
    },
}

/// A point of [`Drawing::Funnel`].
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct FunnelPoint {
    /// The organisation's code.
    pub label: String,
    /// Attempted items, above 0.
    pub attempted: u64,
    /// Failed of attempted items, as a fraction.
    pub rate: f64,
    /// Whether it is beyond an outer limit, and where.
    pub mark: Mark,
}

/// The limits of [`Drawing::Funnel`] at so many attempted items; rates are fractions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub struct FunnelLimit {
    /// Attempted items.
    pub attempted: u64,
    /// The lower limit that 99.8% are within.
    pub lower_outer: f64,
    /// The lower limit that 95% are within.
    pub lower_inner: f64,
    /// The upper limit that 95% are within.
    pub upper_inner: f64,
    /// The upper limit that 99.8% are within.
    pub upper_outer: f64,
}

/// A point of [`Drawing::ControlChart`]; rates are fractions.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub struct ControlPoint {
    /// The day.
    pub date: NaiveDate,
    /// New failed of newly attempted items.
    pub rate: f64,
    /// The lower limit of the day.
    pub lower: f64,
    /// The upper limit of the day.
    pub upper: f64,
    /// Whether it stands out, and where.
    pub mark: Mark,
}

/// How a point is drawn: by shape, and by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Within what chance explains.
    Usual,
    /// More failures than chance explains.
    Above,
    /// Fewer failures than chance explains.
    Below,
}

/// A day of [`Drawing::Progress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProgressDay {
    /// The day.
    pub date: NaiveDate,
    /// Items attempted so far.
    pub attempted: u64,
    /// All items known on that day.
    pub total: u64,
}

/// A day to come of [`Drawing::Progress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct ProgressForecast {
    /// The day.
    pub date: NaiveDate,
    /// Attempted items, at the low end of the range.
    pub low: u64,
    /// Attempted items to expect.
    pub expected: u64,
    /// Attempted items, at the high end of the range.
    pub high: u64,
}

/// A switch date of [`Drawing::Progress`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct SwitchDate {
    /// The day.
    pub date: NaiveDate,
    /// What switches: “Pilot”, “1,204 mailboxes”.
    pub label: String,
}

/// A row of [`Drawing::CausesOverTime`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CauseDays {
    /// The cause.
    pub label: String,
    /// New failed items of each day; `None` where there was no report.
    pub new_failed: Vec<Option<u64>>,
}

/// A bar of [`Drawing::States`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct StateRow {
    /// The name of the collection; empty where there is one bar only.
    pub label: String,
    /// What is printed at the end of the bar: “4,812 of 5,000”; may be empty.
    pub value: String,
    /// States that occur, in the order of the journey, with the number of mailboxes, all above 0.
    pub segments: Vec<(SyncState, u64)>,
}

/// A bar of [`Drawing::Causes`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CauseBar {
    /// The cause.
    pub label: String,
    /// Failed items with this cause.
    pub count: u64,
}
