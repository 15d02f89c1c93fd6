//! The workbook of the Run Summary: every organisation, and every switch.

use super::super::wording::{day, fraction, one_in};
use super::super::{Cell, SUMMARY, Workbook, WorkbookColumn, WorkbookSheet};
use super::{OrganisationFigures, OrganisationLine, SummaryModel, sections};
use crate::domain::{DeliveryState, FailureRate, Stage};

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
        sheets: vec![figures(model), organisations(model), switches(model)],
    }
}

fn figures(model: &SummaryModel) -> WorkbookSheet<'_> {
    let open: Vec<&OrganisationLine> = model
        .organisations
        .iter()
        .filter(|line| line.stage != Some(Stage::Closed))
        .collect();
    let of_open = |of: fn(&OrganisationFigures) -> u64| {
        open.iter()
            .filter_map(|line| line.figures.as_ref())
            .map(of)
            .sum::<u64>()
    };
    let mut rows = vec![vec![
        Cell::Word("Organisations"),
        Cell::Count(open.len() as u64),
        Cell::Word("that are not closed"),
    ]];
    let mut states: Vec<&'static str> = open.iter().map(|line| line.state.label()).collect();
    states.dedup(); // worst first, as the organisations are
    for state in states {
        let number = open
            .iter()
            .filter(|line| line.state.label() == state)
            .count();
        rows.push(vec![
            Cell::Word(state),
            Cell::Count(number as u64),
            Cell::Word("organisations whose reports are in this state"),
        ]);
    }
    let accepted = model.messages.of(DeliveryState::Accepted);
    let messages = model.message_count();
    let (due, ready) = (
        of_open(|figures| figures.due),
        of_open(|figures| figures.ready),
    );
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            Cell::Word("None")
        } else {
            Cell::Share(fraction(part, whole))
        }
    };
    let (mailboxes, in_sync) = (
        of_open(|figures| figures.mailboxes),
        of_open(|figures| figures.in_sync_or_beyond),
    );
    let rate = FailureRate {
        failed: of_open(|figures| figures.rate.failed),
        attempted: of_open(|figures| figures.rate.attempted),
    };
    rows.extend([
        vec![
            Cell::Word("Messages"),
            Cell::Count(messages),
            Cell::Word("of the day"),
        ],
        vec![
            Cell::Word("Messages accepted"),
            Cell::Count(accepted),
            Cell::Word("by the mail server"),
        ],
        vec![
            Cell::Word("Share of messages accepted"),
            share(accepted, messages),
            Cell::Word("of the messages of the day"),
        ],
        vec![
            Cell::Word("Mailboxes"),
            Cell::Count(mailboxes),
            Cell::Word("of the organisations whose exports could be used"),
        ],
        vec![
            Cell::Word("In sync or switched"),
            Cell::Count(in_sync),
            Cell::Word("mailboxes in sync, ready to switch or switched"),
        ],
        vec![
            Cell::Word("Share in sync or switched"),
            share(in_sync, mailboxes),
            Cell::Word("of these mailboxes"),
        ],
        vec![
            Cell::Word("Due in 7 days"),
            Cell::Count(due),
            Cell::Word("mailboxes that are to switch"),
        ],
        vec![
            Cell::Word("Not ready"),
            Cell::Count(due - ready),
            Cell::Word("of those that are due"),
        ],
        vec![
            Cell::Word("Items attempted"),
            Cell::Count(rate.attempted),
            Cell::Word("of the organisations that report them"),
        ],
        vec![
            Cell::Word("Items failed"),
            Cell::Count(rate.failed),
            Cell::Word("of those that were attempted"),
        ],
        vec![
            Cell::Word("Failure rate"),
            Cell::rate(Some(rate)),
            Cell::Text(one_in(rate).into()),
        ],
        vec![
            Cell::Word("Expected failure rate"),
            Cell::Rate(model.expected),
            Cell::Word("of an ordinary migration"),
        ],
    ]);
    let headline = &model.page.headline;
    WorkbookSheet {
        name: SUMMARY.to_owned(),
        introduction: vec![
            format!("Run Summary, {}", day(model.report_date.day())),
            format!("{}. {}", headline.label, headline.sentences.join(" ")),
        ],
        columns: vec![
            WorkbookColumn::new("Figure", 40.0),
            WorkbookColumn::new("Value", 24.0),
            WorkbookColumn::new("Note", 80.0),
        ],
        rows,
    }
}

fn organisations(model: &SummaryModel) -> WorkbookSheet<'_> {
    let rows = model.organisations.iter().map(|line| {
        let (accepted, all) = line.accepted_of();
        let figures = line.figures.as_ref();
        let figure = |of: fn(&super::OrganisationFigures) -> u64| Cell::from(figures.map(of));
        vec![
            Cell::Text(line.code_text().into()),
            Cell::Text(line.name.as_str().into()),
            line.stage
                .map_or(Cell::NotReported, |stage| Cell::Word(Stage::label(stage))),
            Cell::Word(line.state.label()),
            Cell::Count(accepted),
            Cell::Count(all),
            figures.map_or(Cell::NotReported, |figures| {
                Cell::Word(figures.verdict.label())
            }),
            figure(|figures| figures.rate.failed),
            figure(|figures| figures.rate.attempted),
            Cell::rate(figures.map(|figures| figures.rate)),
            figure(|figures| figures.mailboxes),
            figure(|figures| figures.in_sync_or_beyond),
            figure(|figures| figures.halted),
            figure(|figures| figures.due),
            figure(|figures| figures.due - figures.ready),
            figure(|figures| figures.waiting),
            if line.reasons.is_empty() {
                Cell::Word("None")
            } else {
                Cell::Text(line.reasons.join(" ").into())
            },
        ]
    });
    WorkbookSheet {
        name: "Organisations".to_owned(),
        introduction: vec![
            "Organisations".to_owned(),
            "Every organisation of the register, worst first.".to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Code", 11.0),
            WorkbookColumn::new("Organisation", 34.0).naming_rows(),
            WorkbookColumn::new("Stage", 16.0),
            WorkbookColumn::new("Reports", 22.0),
            WorkbookColumn::new("Messages accepted", 13.0),
            WorkbookColumn::new("Messages", 12.0),
            WorkbookColumn::new("Verdict", 22.0),
            WorkbookColumn::new("Items failed", 12.0),
            WorkbookColumn::new("Items attempted", 13.0),
            WorkbookColumn::new("Failure rate", 12.0),
            WorkbookColumn::new("Mailboxes", 12.0),
            WorkbookColumn::new("In sync or switched", 13.0),
            WorkbookColumn::new("Stopped or failed", 13.0),
            WorkbookColumn::new("Due in 7 days", 12.0),
            WorkbookColumn::new("Not ready", 12.0),
            WorkbookColumn::new("Past the switch date", 13.0),
            WorkbookColumn::new("Why", 60.0),
        ],
        rows: rows.collect(),
    }
}

fn switches(model: &SummaryModel) -> WorkbookSheet<'_> {
    let days = sections::calendar(&model.organisations);
    let rows = days.iter().flat_map(|(date, switches)| {
        switches.iter().map(|(line, switch)| {
            vec![
                Cell::Day(*date),
                Cell::Text(line.code_text().into()),
                Cell::Text(line.name.as_str().into()),
                Cell::Count(switch.collections),
                Cell::Count(switch.due),
                Cell::Count(switch.ready),
                Cell::Count(switch.due - switch.ready),
            ]
        })
    });
    WorkbookSheet {
        name: "Switches".to_owned(),
        introduction: vec![
            "Switches".to_owned(),
            "Mailboxes that are to switch in the coming four weeks, by day and organisation."
                .to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Switch date", 13.0),
            WorkbookColumn::new("Code", 11.0),
            WorkbookColumn::new("Organisation", 40.0),
            WorkbookColumn::new("Collections", 13.0),
            WorkbookColumn::new("Due", 12.0),
            WorkbookColumn::new("Ready", 12.0),
            WorkbookColumn::new("Not ready", 12.0),
        ],
        rows: rows.collect(),
    }
}
