//! The workbook.

use super::super::findings;
use super::super::input::ReportInput;
use super::super::mailbox_columns::last_error;
use super::super::summary_sheet::{self, Figure, of_figures};
use super::super::tabulation::Tabulation;
use super::super::wording::{expected_one_in, one_in, state};
use super::super::workbook::{Cell, SUMMARY, SheetChart, WorkbookSheet};
use super::pace::CopyingPace;
use super::pilot::{Pilot, PilotMailbox, at_rate};
use super::sections::{not_ready, size_classes, why};
use super::{live, questions};
use crate::domain::ReportKind;

pub(super) fn sheets(input: ReportInput<'_>) -> Vec<WorkbookSheet<'_>> {
    let pilot = Pilot::of(input);
    let dates = live::dates(&pilot);
    let mut sheets = vec![
        figures(&pilot),
        questions::sheet(&pilot),
        mailboxes(&pilot),
        causes(&pilot),
        live::columns(&dates).sheet(
            "Live stage",
            &live::heading(&pilot),
            "Every switch date of mailboxes outside the pilot. Pace needed: from today to that date, \
             as a multiple of the items copied a day on the sheet Summary.",
        ),
    ];
    sheets.extend(findings::sheet(input.findings));
    sheets
}

fn figures<'a>(pilot: &Pilot<'a>) -> WorkbookSheet<'a> {
    let group = &pilot.group;
    let judgement = group.judgement;
    let expected = pilot.input.programme.expected_failure_rate;
    let mut figures = vec![
        Figure::new("Pilot mailboxes", group.mailboxes),
        Figure::new("In sync or switched", pilot.ready()),
        Figure::new("Not in sync", not_ready(pilot).len() as u64),
        Figure::new("Mailboxes still to come", pilot.live.len() as u64).note("outside the pilot"),
        Figure::new("Items failed", group.items_failed),
        Figure::new("Items attempted", group.items_attempted),
        Figure::new("Failure rate", Cell::rate(Some(judgement.rate))).note(one_in(judgement.rate)),
        Figure::new("Expected failure rate", Cell::Rate(expected.fraction()))
            .note(expected_one_in(expected)),
        Figure::new("Verdict", judgement.verdict.label()),
    ];
    if let Some((least, most)) = judgement.range() {
        figures.extend([
            Figure::new("The rate is at least", Cell::Rate(least))
                .note(format!("{}, with 95% confidence", at_rate(least))),
            Figure::new("The rate is at most", Cell::Rate(most)).note(at_rate(most)),
        ]);
    }
    if let Some(pace) = CopyingPace::of(pilot) {
        let figure = Figure::new("Items copied a day", Cell::Decimal(pace.items_a_day));
        figures.push(figure.note(pace.note()));
    }
    let mut sheet = summary_sheet::of(
        ReportKind::PilotSummary,
        pilot.input,
        "",
        of_figures(&figures),
    );
    let title = "Failed items of the pilot by cause";
    sheet.charts = vec![
        SheetChart::bars("Mailboxes of the pilot", SUMMARY, "Figure", &["Value"]).of_rows(1..3),
        SheetChart::bars(title, "By cause", "Cause", &["Items"]),
    ];
    let times = size_classes(pilot).into_iter().map(|class| {
        let ready = class.mailboxes.iter().filter(|one| one.mailbox.is_ready());
        format!(
            "{}: {} of {} in sync",
            class.label,
            ready.count(),
            class.mailboxes.len()
        )
    });
    sheet
        .introduction
        .push(times.collect::<Vec<_>>().join("; ").into());
    sheet
}

fn causes<'a>(pilot: &Pilot<'_>) -> WorkbookSheet<'a> {
    Tabulation::of(&pilot.causes)
        .column("Cause", 30.0, |of| of.cause.name.clone())
        .naming_rows()
        .column("Items", 10.0, |of| of.items)
        .column("Users", 10.0, |of| of.mailboxes)
        .column("Who acts", 18.0, |of| of.cause.owner.label())
        .column("Next action", 70.0, |of| of.cause.action.clone())
        .sheet(
            "By cause",
            "Failed items of the pilot by cause",
            "Of the items that the failed-item export lists.",
        )
}

fn mailboxes<'a>(pilot: &Pilot<'a>) -> WorkbookSheet<'a> {
    let mut rows: Vec<PilotMailbox<'a>> = pilot.mailboxes.clone();
    rows.sort_by_key(|one| one.mailbox.is_ready());
    let policy = pilot.input.organisation.subject_lines;
    Tabulation::of(rows)
        .column("User", 26.0, |one| one.mailbox.name.as_deref())
        .naming_rows()
        .column("Source mailbox", 36.0, |one| {
            Cell::shown(&one.mailbox.address)
        })
        .column("State", 23.0, |one| state(one.mailbox))
        .column("Under way since", 17.0, |one| one.milestones.begun)
        .column("In sync since", 17.0, |one| one.milestones.ready)
        .column("Days to be in sync", 18.0, |one| {
            one.milestones.days_to_ready()
        })
        .column("Stands still since", 18.0, |one| one.milestones.halted)
        .column("Why not in sync", 30.0, |one| why(&one))
        .column("Size (MB)", 12.0, |one| {
            Cell::mebibytes(one.mailbox.size_bytes)
        })
        .column("Items in total", 14.0, |one| one.mailbox.items_total)
        .column("Items copied", 13.0, |one| one.mailbox.items_synchronised)
        .column("Items failed", 12.0, |one| one.mailbox.items_failed)
        .column("Switch date", 13.0, |one| one.mailbox.switch_date)
        .column("Last error", 40.0, move |one| {
            last_error(one.mailbox, policy)
        })
        .sheet(
            "Pilot mailboxes",
            "Every mailbox of the pilot",
            "Those not in sync first. Dates are those of the first reports that show it so.",
        )
}
