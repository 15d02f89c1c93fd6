//! The workbook of the Run Summary: every organisation, and every switch.

use super::super::wording::day;
use super::super::{Cell, Workbook, WorkbookColumn, WorkbookSheet};
use super::{SummaryModel, sections};
use crate::domain::Stage;

/// The workbook that comes with a Run Summary.
#[must_use]
pub fn summary_workbook(model: &SummaryModel) -> Workbook {
    Workbook {
        file_name: model.page.workbook.clone(),
        title: model.page.subject.clone(),
        author: model.programme.name.clone(),
        created: model.report_date,
        sheets: vec![organisations(model), switches(model)],
    }
}

fn organisations(model: &SummaryModel) -> WorkbookSheet {
    let rows = model.organisations.iter().map(|line| {
        let (accepted, all) = line.accepted_of();
        let figures = line.figures.as_ref();
        let figure = |of: fn(&super::OrganisationFigures) -> u64| Cell::from(figures.map(of));
        vec![
            Cell::Text(line.code_text().to_owned()),
            Cell::Text(line.name.clone()),
            line.stage.map_or(Cell::NotReported, |stage| Cell::Word(Stage::label(stage))),
            Cell::Word(line.state.label()),
            Cell::Count(accepted),
            Cell::Count(all),
            figures.map_or(Cell::NotReported, |figures| Cell::Word(figures.verdict.label())),
            figure(|figures| figures.rate.failed),
            figure(|figures| figures.rate.attempted),
            Cell::rate(figures.map(|figures| figures.rate)),
            figure(|figures| figures.mailboxes),
            figure(|figures| figures.in_sync_or_beyond),
            figure(|figures| figures.halted),
            figure(|figures| figures.due),
            figure(|figures| figures.due - figures.ready),
            figure(|figures| figures.waiting),
            if line.reasons.is_empty() { Cell::Word("None") } else { Cell::Text(line.reasons.join(" ")) },
        ]
    });
    WorkbookSheet {
        name: "Organisations".to_owned(),
        introduction: vec![
            format!("Run Summary, {}", day(model.report_date.day())),
            "Every organisation of the register, worst first.".to_owned(),
        ],
        columns: vec![
            WorkbookColumn::new("Code", 11.0),
            WorkbookColumn::new("Organisation", 40.0),
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

fn switches(model: &SummaryModel) -> WorkbookSheet {
    let days = sections::calendar(&model.organisations);
    let rows = days.iter().flat_map(|(date, switches)| {
        switches.iter().map(|(line, switch)| {
            vec![
                Cell::Day(*date),
                Cell::Text(line.code_text().to_owned()),
                Cell::Text(line.name.clone()),
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
            "Mailboxes that are to switch in the coming four weeks, by day and organisation.".to_owned(),
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
