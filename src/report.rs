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
mod control_chart;
mod decisions;
mod delay;
mod drawing;
mod failed_item;
mod findings;
mod forecast;
mod guide;
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
pub use drawing::{
    CauseBar, CauseDays, Chart, ControlPoint, Drawing, FunnelPoint, Mark, ProgressDay, ReadyCurve,
    StateRow,
};
pub use model::{
    ByState, ChangeFigures, Cut, FailureRateFigures, Headline, KeyFigure, MODEL_VERSION,
    OrganisationName, Page, ProgrammeName, ReportModel, Section, Table, TableColumn, Tone, Totals,
};
pub use notice::Replacement;
pub use overdue::Ages;
pub use run_summary::{
    ArchivePage, ArchivedDay, DayPage, DayRecord, EarlierDays, EditionLink, FormerReports, NotMade,
    OrganisationFigures, OrganisationLine, OrganisationOutcome, OrganisationStatus,
    OrganisationWarning, Promise, PromiseKind, SUMMARY_VERSION, SummaryAction, SummaryInput,
    SummaryModel, SummaryPage, SwitchDay, SwitchedDay, archive_page, day_page, run_summary,
    summary_workbook,
};
pub use schedule_changes::NO_LONGER_EXPORTED;
use tabulation::Tabulation;
pub use tell_users::TELL_USERS;
pub use visible::visible;
pub(crate) use wording::expected_count;
pub use workbook::{
    Cell, Line, SUMMARY, SheetChart, SheetChartKind, SheetUse, Workbook, WorkbookColumn,
    WorkbookSheet,
};

use crate::domain::calendar::Calendar;
use crate::domain::{Decision, ExpectedRate, Finding, ReportDate, ReportKind, Stage, SyncState};
use crate::history::Continued;
use crate::metrics::{FailedItem, Mailbox, OrganisationMetrics};
use crate::settings::{Organisation, Programme};

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

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// The organisation that it is about, and sent to.
    pub organisation: &'a Organisation,
    /// The programme that sends it.
    pub programme: &'a Programme,
    /// The day that it is about.
    pub report_date: ReportDate,
    /// Which edition of that day, from 1.
    pub edition: u32,
    /// What an edition after the first replaces, and why.
    pub replacement: Option<&'a Replacement>,
    /// Whether it goes to somebody who checks it, and not to the organisation.
    pub is_rehearsal: bool,
    /// On which days people work.
    pub calendar: &'a Calendar,
    /// Whose history it goes on from, where it is the first report under this code.
    pub continues: Option<&'a Continued>,
    /// What was measured.
    pub metrics: &'a OrganisationMetrics,
    /// What was found in the exports.
    pub findings: &'a [Finding],
}

impl<'a> ReportInput<'a> {
    fn is_mop_up(self) -> bool {
        self.organisation.stage == Stage::MopUp
    }

    /// Whether a mailbox is to switch soon and has not. In mop-up none is: what has not switched
    /// waits.
    fn is_due(self, mailbox: &Mailbox) -> bool {
        mailbox.is_due(self.report_date) && !self.is_mop_up()
    }

    /// Whether a mailbox should have switched and has not.
    fn waits(self, mailbox: &Mailbox) -> bool {
        mailbox.is_past_switch_date(self.report_date)
    }

    /// The mailbox of an address, where the sync-state export has it.
    fn mailbox(self, address: &str) -> Option<&'a Mailbox> {
        let mailboxes = &self.metrics.mailboxes;
        let place = mailboxes.binary_search_by(|mailbox| mailbox.address.as_str().cmp(address));
        place.ok().and_then(|place| mailboxes.get(place))
    }

    /// The mailbox of a failed item, where the sync-state export has it.
    fn mailbox_of(self, item: &FailedItem) -> Option<&'a Mailbox> {
        self.metrics.mailboxes.get(item.mailbox_place?)
    }

    /// The mailboxes of which something holds, by address.
    fn mailboxes(self, holds: impl Fn(&Mailbox) -> bool) -> Vec<&'a Mailbox> {
        let all = self.metrics.mailboxes.iter();
        all.filter(|mailbox| holds(mailbox)).collect()
    }
}

/// A sheet that has one row for each of these, no more and no fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteSheet<'a> {
    /// The name on the tab.
    pub sheet: String,
    /// The address of each row's mailbox, in any order; as often as it has rows.
    pub mailboxes: Vec<&'a str>,
    /// Whether a row quotes a subject line, which is confidential.
    pub quotes_subject_lines: bool,
    /// About how many bytes of a message a row takes, with what other sheets say of it: measured
    /// over messages of the sample and of an invented estate.
    pub bytes_a_row: u64,
}

/// What a kind of report is made by.
struct ReportDefinition {
    /// Of a report that does not go out daily whether its time has come.
    is_due: fn(&Organisation, &OrganisationMetrics) -> bool,
    /// Why an organisation gets no such report; `None` where it does.
    absence: fn(&Organisation, &OrganisationMetrics, ReportDate) -> Option<&'static str>,
    /// What there is to do, which page, workbook and proof are told by one answer.
    actions: for<'a> fn(ReportInput<'a>) -> Actions<'a>,
    /// The page, less what there is to do.
    page: fn(ReportInput<'_>) -> Page,
    /// The summary, and what every workbook of the kind lists.
    sheets: for<'a> fn(ReportInput<'a>) -> Vec<WorkbookSheet<'a>>,
    /// Told by what was measured and not by what was written, so that the one can be held against
    /// the other.
    complete_sheets: for<'a> fn(ReportInput<'a>) -> Vec<CompleteSheet<'a>>,
}

impl ReportDefinition {
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

/// The Subject header: the result first, since a list of messages shows the beginning, then report,
/// organisation, day and edition. It is counts and days, and names nobody.
fn subject(kind: ReportKind, input: ReportInput<'_>, result: &str) -> String {
    let edition = match input.edition {
        1 => String::new(),
        edition => format!(", edition {edition}"),
    };
    format!(
        "{}: {}, {}, {}{edition}",
        wording::capitalised(result),
        kind.title(),
        input.organisation.code,
        wording::day(input.report_date.day())
    )
}

/// The words that every page begins with; what there is to do comes later.
fn opening(
    kind: ReportKind,
    input: ReportInput<'_>,
    headline: Headline,
    key_figures: Vec<KeyFigure>,
) -> Page {
    let organisation = input.organisation;
    Page {
        subject: subject(kind, input, &headline.label),
        notices: notice::notices(input),
        title: kind.title().to_owned(),
        date: wording::weekday(input.report_date.day()),
        stage: organisation.stage.label().to_owned(),
        headline,
        key_figures,
        your_actions: Vec::new(),
        letters: tell_users::on_the_page(kind, input),
        our_actions: Vec::new(),
        sections: Vec::new(),
        workbook: format!(
            "{}-{}-{}.xlsx",
            organisation.code,
            kind.name(),
            input.report_date
        ),
    }
}
