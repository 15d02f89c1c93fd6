//! Puts the numbers into words: what each report says, in which order, and what its workbook lists.
//!
//! Takes: metrics and findings of one organisation, and who it is. Gives: a [`Report`] for each
//! kind of report. Touches: nothing.

mod accounts;
mod actions;
mod board;
mod cause_table;
mod causes_over_time;
mod changes;
mod chart;
mod closing;
mod complete_sheet;
mod control_chart;
mod decisions;
mod definition;
mod delay;
mod drawing;
mod failed_item;
mod findings;
mod forecast;
mod guide;
mod input;
mod length;
mod mailbox_columns;
mod missed_switch;
mod model;
mod next_switch;
mod notice;
mod outstanding;
mod overall_migration;
mod overdue;
mod people;
mod pilot_summary;
mod progress;
mod prospect;
mod ready;
pub(crate) mod rounding;
mod run_summary;
mod schedule;
mod schedule_changes;
mod settings;
mod summary_sheet;
mod switch_readiness;
mod tabulation;
mod tell_users;
mod trends;
mod verdict;
mod visible;
mod wording;
mod workbook;

use actions::Actions;
pub use complete_sheet::CompleteSheet;
use definition::{ReportDefinition, subject};
pub use drawing::{
    CauseBar, CauseDays, Chart, ControlPoint, Drawing, FunnelPoint, Mark, ProgressDay, ReadyCurve,
    StateRow,
};
pub use forecast::Missing;
pub use input::ReportInput;
pub use model::{
    ByState, ChangeFigures, Cut, FailureRateFigures, Headline, KeyFigure, MODEL_VERSION,
    OrganisationName, Page, ProgrammeName, Replacement, ReportModel, Section, Table, TableColumn,
    Tone, Totals,
};
pub use overdue::Ages;
pub use run_summary::{
    ArchivePage, ArchivedDay, DayPage, DayRecord, EarlierDays, EditionLink, FormerReports,
    GoneOrganisation, NotMade, OrganisationFigures, OrganisationLine, OrganisationOutcome,
    OrganisationStatus, OrganisationWarning, Promise, PromiseKind, SUMMARY_VERSION, SummaryAction,
    SummaryInput, SummaryModel, SummaryPage, SwitchDay, SwitchedDay, archive_page, day_page,
    run_summary, summary_workbook,
};
pub use schedule_changes::NO_LONGER_EXPORTED;
use tabulation::Tabulation;
pub use tell_users::TELL_USERS;
pub use visible::{shown, visible};
pub(crate) use wording::expected_count;
pub use workbook::{
    Cell, Line, SUMMARY, SheetChart, SheetChartKind, SheetUse, Workbook, WorkbookColumn,
    WorkbookSheet,
};

use crate::domain::{Decision, ExpectedRate, ReportDate, ReportKind, SyncState};
use crate::metrics::OrganisationMetrics;
use crate::settings::Organisation;

/// A report: the model that the page is made of, and the workbook beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    /// What the email says.
    pub model: ReportModel,
    /// What the workbook lists.
    pub workbook: Workbook<'a>,
    /// The sheets that list what is to be done, which must be complete too: told by what was measured,
    /// before a row of them is written.
    pub lists_to_work: Vec<CompleteSheet<'a>>,
}

impl ReportDefinition {
    /// Of each kind, which file has it.
    fn of(kind: ReportKind) -> Self {
        match kind {
            ReportKind::OverallMigration => overall_migration::DEFINITION,
            ReportKind::FailedItem => failed_item::DEFINITION,
            ReportKind::SwitchReadiness => switch_readiness::DEFINITION,
            ReportKind::PilotSummary => pilot_summary::DEFINITION,
            ReportKind::Closing => closing::DEFINITION,
            ReportKind::Board => board::DEFINITION,
        }
    }
}

/// Why an organisation gets no report of this kind, as the end of a sentence; `None` where it does.
#[must_use]
pub fn absence(
    kind: ReportKind,
    organisation: &Organisation,
    metrics: &OrganisationMetrics,
    report_date: ReportDate,
) -> Option<&'static str> {
    (ReportDefinition::of(kind).absence)(organisation, metrics, report_date)
}

/// Whether the time of a report that does not go out daily has come.
#[must_use]
pub fn is_due(
    kind: ReportKind,
    organisation: &Organisation,
    metrics: &OrganisationMetrics,
) -> bool {
    (ReportDefinition::of(kind).is_due)(organisation, metrics)
}

/// The sheets of a report's workbook that must be complete, told by what was measured.
#[must_use]
pub fn complete_sheets(kind: ReportKind, input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    (ReportDefinition::of(kind).complete_sheets)(input)
}

/// The sheets that list what is to be done.
fn lists_to_work<'a>(
    kind: ReportKind,
    input: ReportInput<'a>,
    actions: &Actions<'a>,
) -> Vec<CompleteSheet<'a>> {
    let lists = actions.lists().map(|(sheet, mailboxes)| CompleteSheet {
        sheet,
        mailboxes,
        quotes_subject_lines: false,
        bytes_a_row: 40,
    });
    lists
        .chain(tell_users::complete_sheet(kind, input))
        .collect()
}

/// The page of one report, and the sheets that list what is to be done, whose workbook is not
/// written.
#[must_use]
pub fn outline(kind: ReportKind, input: ReportInput<'_>) -> (Page, Vec<CompleteSheet<'_>>) {
    let actions = (ReportDefinition::of(kind).actions)(input);
    let lists = lists_to_work(kind, input, &actions);
    (page(kind, input, &actions), lists)
}

/// Writes one report.
#[must_use]
pub fn write(kind: ReportKind, input: ReportInput<'_>) -> Report<'_> {
    let definition = ReportDefinition::of(kind);
    let actions = (definition.actions)(input);
    let model = model(kind, input, page(kind, input, &actions));
    let lists_to_work = lists_to_work(kind, input, &actions);
    let to_tell = tell_users::sheet(kind, input);
    let mut sheets = (definition.sheets)(input);
    if let Some(first) = sheets.first_mut() {
        let below_heading = first.introduction.len().min(1);
        let letters = model.page.letters.clone();
        let letters = letters.map(|words| match &to_tell {
            Some(sheet) => Line::to(&*sheet.name, words),
            None => Line::from(words),
        });
        let to_do = to_do(&model.page, &actions, letters);
        first
            .introduction
            .splice(below_heading..below_heading, to_do);
        sheets.splice(1..1, actions.sheets().chain(to_tell));
    }
    sheets.push(guide::sheet(input));
    let workbook = Workbook {
        file_name: model.page.workbook.clone(),
        title: format!(
            "{}: {} ({}), {}",
            model.page.title, model.organisation.name, model.organisation.code, model.page.date
        ),
        subject: format!(
            "Mailbox migration of {} ({}), {}",
            model.organisation.name, model.organisation.code, model.page.date
        ),
        author: input.programme.name.clone(),
        created: input.report_date,
        sheets,
    };
    Report {
        model,
        workbook,
        lists_to_work,
    }
}

/// What stands on top of a workbook: the answer, and what the organisation needs to do.
fn to_do(page: &Page, actions: &Actions<'_>, letters: Option<Line>) -> Vec<Line> {
    let Headline {
        label, sentences, ..
    } = &page.headline;
    let answer = format!("{label}. {}", sentences.join(" "));
    let notices = page.notices.iter().cloned();
    let mut lines: Vec<Line> = notices.chain([answer]).map(Line::from).collect();
    let of_actions: Vec<Line> = actions.lines().collect();
    if !of_actions.is_empty() {
        lines.push("What you need to do".to_owned().into());
    }
    lines.extend(of_actions);
    lines.extend(letters);
    lines
}

/// What the page of a report says, with what there is to do.
fn page(kind: ReportKind, input: ReportInput<'_>, actions: &Actions<'_>) -> Page {
    let mut page = (ReportDefinition::of(kind).page)(input);
    page.your_actions = actions.yours();
    page.our_actions = actions.ours();
    length::fit(page)
}

fn model(kind: ReportKind, input: ReportInput<'_>, page: Page) -> ReportModel {
    ReportModel {
        model_version: MODEL_VERSION,
        report: kind,
        report_date: input.report_date,
        edition: input.edition,
        replacement: input.replacement.cloned(),
        organisation: OrganisationName {
            code: input.organisation.code.clone(),
            name: visible(&input.organisation.name),
        },
        programme: ProgrammeName {
            name: visible(&input.programme.name),
            contact: input.programme.contact.clone(),
        },
        totals: totals(input.metrics),
        failure_rate: failure_rate(input.metrics, input.programme.expected_failure_rate),
        changes: changes::figures(input.metrics),
        findings: input.findings.to_vec(),
        page,
    }
}

fn totals(metrics: &OrganisationMetrics) -> Totals {
    let of = |state| metrics.whole.by_state.of(state);
    Totals {
        mailboxes: metrics.whole.mailboxes,
        by_state: ByState {
            not_started: of(SyncState::NotStarted),
            queued: of(SyncState::Queued),
            synchronising: of(SyncState::Synchronising),
            in_sync: of(SyncState::InSync),
            ready_to_switch: of(SyncState::ReadyToSwitch),
            switched: of(SyncState::Switched),
            stopped: of(SyncState::Stopped),
            failed: of(SyncState::Failed),
            unrecognised: of(SyncState::Unrecognised),
        },
        mailboxes_awaiting_approval: Some(metrics.whole.awaiting_approval),
        mailboxes_without_total: Some(metrics.whole.mailboxes_without_total),
        items_total: metrics.whole.items_total,
        items_synchronised: metrics.whole.items_synchronised,
        items_failed: metrics.whole.items_failed,
        items_accepted: metrics.items_decided(Decision::Accept),
        settings_failed: metrics.whole.settings_failed,
        items_attempted: metrics.whole.items_attempted,
    }
}

fn failure_rate(metrics: &OrganisationMetrics, expected: ExpectedRate) -> FailureRateFigures {
    let judgement = metrics.whole.judgement;
    FailureRateFigures {
        failed: judgement.rate.failed,
        attempted: judgement.rate.attempted,
        expected: expected.fraction(),
        dispersion: judgement.dispersion,
        probability_above: judgement.probability_above,
        probability_below: judgement.probability_below,
        verdict: judgement.verdict,
    }
}
