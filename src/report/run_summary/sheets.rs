//! The workbook of the Run Summary: every organisation, and every switch.

use super::super::summary_sheet::{Figure, of_figures};
use super::super::tabulation::Tabulation;
use super::super::wording::{day, one_in};
use super::super::workbook::{Cell, SUMMARY, SheetChart, Workbook, WorkbookSheet};
use super::{
    OrganisationFigures, OrganisationLine, SummaryModel, calendar, open, promises, sections,
};
use crate::domain::{DeliveryState, FailureRate, FindingCode};

/// The workbook that comes with a Run Summary.
#[must_use]
pub fn summary_workbook(model: &SummaryModel) -> Workbook<'_> {
    Workbook {
        file_name: model.page.workbook.clone(),
        title: model.page.subject.clone(),
        subject: format!(
            "Mailbox migrations of {}, {}",
            model.programme.name, model.page.date
        ),
        author: model.programme.name.clone(),
        created: model.report_date,
        sheets: vec![
            figures(model),
            sections::by_organisation(model.report_date.day(), &model.organisations).sheet(
                "Organisations",
                "Organisations",
                "Every organisation of the register, worst first.",
            ),
            switches(model),
            promises::sheet(model.report_date.day(), &model.organisations),
            warnings(model),
        ],
    }
}

fn figures(model: &SummaryModel) -> WorkbookSheet<'_> {
    let open = open(&model.organisations);
    let organisations = open.len() as u64;
    let mut figures = vec![Figure::new("Organisations", organisations).note("that are not closed")];
    // Worst first, as the organisations are.
    let before_states = figures.len();
    for of_state in open.chunk_by(|one, next| one.state.label() == next.state.label()) {
        let state = of_state.first().map_or("", |line| line.state.label());
        figures.push(
            Figure::new(state, of_state.len() as u64)
                .note("organisations whose reports are in this state"),
        );
    }
    let states = before_states..figures.len();
    figures.extend(figures_of_messages(model));
    figures.extend(figures_of_mailboxes(&open));
    figures.extend(figures_of_items(&open, model.expected));
    let headline = &model.page.headline;
    let mut sheet = of_figures(&figures).sheet(
        SUMMARY,
        &format!("Run Summary, {}", day(model.report_date.day())),
        &format!("{}. {}", headline.label, headline.sentences.join(" ")),
    );
    let title = "Organisations by the state of their reports";
    let chart = SheetChart::bars(title, SUMMARY, "Figure", &["Value"]);
    // One bar says nothing.
    if states.len() > 1 {
        sheet.charts.push(chart.of_rows(states));
    }
    sheet
}

fn figures_of_messages(model: &SummaryModel) -> [Figure<'static>; 6] {
    let accepted = model.messages.out();
    let messages = model.message_count();
    let of_state = |state: DeliveryState| {
        let name = format!("Messages {}", state.name());
        Figure::new(name, model.messages.of(state))
    };
    [
        Figure::new("Messages", messages).note("of the day"),
        Figure::new("Messages accepted", accepted)
            .note("by the mail server, and not known to have come back"),
        Figure::new("Share of messages accepted", share(accepted, messages))
            .note("of the messages of the day"),
        of_state(DeliveryState::Delivered).note("of those accepted, as far as evidence says so"),
        of_state(DeliveryState::Bounced).note("accepted, and returned since"),
        of_state(DeliveryState::Quarantined).note("accepted, and not released yet"),
    ]
}

fn figures_of_mailboxes(open: &[&OrganisationLine]) -> [Figure<'static>; 7] {
    let mailboxes = sum(open, |figures| figures.mailboxes);
    let in_sync = sum(open, |figures| figures.in_sync_or_beyond);
    let due = sum(open, |figures| figures.due);
    let not_ready = sum(open, |figures| figures.due - figures.ready);
    [
        Figure::new("Mailboxes", mailboxes)
            .note("of the organisations whose exports could be used"),
        Figure::new("In sync or switched", in_sync)
            .note("mailboxes in sync, ready to switch or switched"),
        Figure::new("Share in sync or switched", share(in_sync, mailboxes))
            .note("of these mailboxes"),
        Figure::new(
            "Losses to be approved",
            sum(open, |figures| figures.awaiting_approval),
        )
        .note("mailboxes that cannot complete until then"),
        Figure::new(
            "Mailboxes without a total",
            sum(open, |figures| figures.mailboxes_without_total),
        )
        .note("not in sync, and in no sum of items"),
        Figure::new("Due in 7 days", due).note("mailboxes that are to switch"),
        Figure::new("Not ready", not_ready).note("of those that are due"),
    ]
}

fn figures_of_items(open: &[&OrganisationLine], expected: f64) -> [Figure<'static>; 5] {
    let rate = FailureRate {
        failed: sum(open, |figures| figures.rate.failed),
        attempted: sum(open, |figures| figures.rate.attempted),
    };
    [
        Figure::new("Items attempted", rate.attempted)
            .note("of the organisations that report them"),
        Figure::new("Items failed", rate.failed).note("of those that were attempted"),
        Figure::new(
            "Settings failed",
            sum(open, |figures| figures.settings_failed.unwrap_or(0)),
        )
        .note("of folders and mailboxes; no mail, and in no rate"),
        Figure::new("Failure rate", Cell::rate(Some(rate))).note(one_in(rate)),
        Figure::new("Expected failure rate", Cell::Rate(expected)).note("of an ordinary migration"),
    ]
}

fn sum(lines: &[&OrganisationLine], of: fn(&OrganisationFigures) -> u64) -> u64 {
    let figures = lines.iter().filter_map(|line| line.figures.as_ref());
    figures.map(of).sum()
}

fn share(part: u64, whole: u64) -> Cell<'static> {
    match whole {
        0 => Cell::Word("None"),
        whole => Cell::share(part, whole),
    }
}

fn warnings(model: &SummaryModel) -> WorkbookSheet<'_> {
    let lines = model.organisations.iter();
    let warnings = lines.flat_map(|line| line.warnings.iter().map(move |warning| (line, warning)));
    Tabulation::of(warnings)
        .column("Code", 11.0, |(line, _)| {
            Cell::Text(line.code_text().into())
        })
        .column("Organisation", 40.0, |(line, _)| {
            Cell::Text((&line.name).into())
        })
        .column("Kind", 50.0, |(_, warning)| {
            let meaning = warning.code.map(FindingCode::meaning);
            meaning.map_or("The history is damaged", |words| {
                words.trim_end_matches('.')
            })
        })
        .column("Number", 12.0, |(_, warning)| warning.more + 1)
        .column("Since", 13.0, |(_, warning)| warning.since)
        .column("The first of them", 90.0, |(_, warning)| {
            Cell::Text((&warning.sentence).into())
        })
        .sheet(
            "Warnings",
            "Warnings",
            "What was found in exports that went out all the same, by organisation.",
        )
}

fn switches(model: &SummaryModel) -> WorkbookSheet<'_> {
    let days = calendar::coming(&model.organisations);
    let today = model.report_date.day();
    Tabulation::of(days.into_values().flatten())
        .column("Switch date", 13.0, |(_, switch)| switch.date)
        .column("Code", 11.0, |(line, _)| {
            Cell::Text(line.code_text().into())
        })
        .column("Organisation", 40.0, |(line, _)| {
            Cell::Text((&line.name).into())
        })
        .column("Collections", 13.0, |(_, switch)| switch.collections)
        .column("Due", 12.0, |(_, switch)| switch.due)
        .column("Ready", 12.0, |(_, switch)| switch.ready)
        .column("Not ready", 12.0, |(_, switch)| switch.missing())
        .column("Stopped or failed", 12.0, |(_, switch)| switch.halted)
        .column("Figures of", 13.0, move |(line, _)| line.figures_of(today))
        .sheet(
            "Switches",
            "Switches",
            "Mailboxes that are to switch in the coming four weeks, by day and organisation.",
        )
}
