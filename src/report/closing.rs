//! The Closing Report: how every mailbox ended, what became of every item that did not migrate, who
//! still has to do what, and a page to sign.

mod ending;
mod sections;
mod sheets;

use self::ending::Ending;
use super::actions::Actions;
use super::complete_sheet::CompleteSheet;
use super::definition::{ReportDefinition, opening};
use super::input::ReportInput;
use super::model::{Headline, KeyFigure, Page, Tone};
use super::wording::{day, share};
use super::{failed_item, findings};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, Stage, SubjectLines};

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |organisation, _| organisation.stage == Stage::Closed,
    absence: |_, _, _| None,
    actions: |_| Actions::default(),
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

fn complete_sheets(input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    let items = || failed_item::items_and_settings(input.metrics);
    let all = input.metrics.mailboxes.iter();
    vec![
        CompleteSheet {
            sheet: "Mailboxes".to_owned(),
            mailboxes: all.map(|mailbox| mailbox.address.as_str()).collect(),
            quotes_subject_lines: false,
            bytes_a_row: 110,
        },
        CompleteSheet {
            sheet: "Items not migrated".to_owned(),
            mailboxes: items().map(|item| &*item.mailbox).collect(),
            quotes_subject_lines: input.organisation.subject_lines != SubjectLines::Withheld
                && items().any(|item| item.subject.is_some()),
            bytes_a_row: 220,
        },
    ]
}

fn page(input: ReportInput<'_>) -> Page {
    let ending = Ending::of(input);
    let mut page = opening(
        ReportKind::Closing,
        input,
        headline(input, &ending),
        key_figures(input, &ending),
    );
    page.sections.push(sections::states(input));
    if ending.not_switched > 0 {
        page.sections.push(sections::not_switched(input));
    }
    page.sections.push(sections::outcomes(&ending));
    page.sections.push(sections::work_off_plan(input));
    page.sections.push(sections::course(input, &ending));
    page.sections.extend(findings::section(input.findings));
    page.sections.push(sections::how_to_read());
    if is_closed(input) {
        page.sections.push(sections::signature(input));
    }
    page
}

/// Whether the migration is at its end, to be signed for: before, this is how it stands.
fn is_closed(input: ReportInput<'_>) -> bool {
    input.organisation.stage == Stage::Closed
}

fn headline(input: ReportInput<'_>, ending: &Ending) -> Headline {
    let all = input.metrics.whole.mailboxes;
    let left: Vec<String> = [
        (ending.not_switched > 0)
            .then(|| counted(ending.not_switched, "mailbox", "mailboxes") + " not switched"),
        (ending.open > 0).then(|| counted(ending.open, "item", "items") + " open"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let is_closed = is_closed(input);
    let (label, tone) = match (left.as_slice(), is_closed) {
        ([], _) => (
            "Every mailbox has switched, and no item is open".to_owned(),
            Tone::Good,
        ),
        (left, true) => (format!("Closed with {}", left.join(" and ")), Tone::Plain),
        (left, false) => (left.join(" and "), Tone::Plain),
    };
    let mut sentences = vec![switched_sentence(ending.switched, all)];
    sentences.push(ending.item_sentence());
    if !is_closed {
        sentences.push(format!(
            "The migration is not closed: it is in the stage “{}”, and this is how it stands.",
            input.organisation.stage.label()
        ));
    }
    let exported_on = input.metrics.since_start.as_ref();
    let exported_on = exported_on.map(|start| start.exported_on);
    sentences.extend(
        exported_on
            .filter(|exported_on| *exported_on != input.report_date)
            .map(|last| {
                format!(
                    "All figures are those of {}, the last day with exports.",
                    day(last.day())
                )
            }),
    );
    Headline {
        label,
        tone,
        sentences,
    }
}

fn switched_sentence(switched: u64, all: u64) -> String {
    match (switched, all) {
        (0, 1) => "The only mailbox has not switched.".to_owned(),
        (0, all) => format!("None of {} mailboxes has switched.", count(all)),
        (1, 1) => "The only mailbox has switched.".to_owned(),
        (2, 2) => "Both mailboxes have switched.".to_owned(),
        (switched, all) if switched == all => {
            format!("All {} mailboxes have switched.", count(all))
        }
        (switched, all) => format!(
            "{} of {} mailboxes ({}) {} switched.",
            count(switched),
            count(all),
            share(switched, all),
            if switched == 1 { "has" } else { "have" },
        ),
    }
}

fn key_figures(input: ReportInput<'_>, ending: &Ending) -> Vec<KeyFigure> {
    let all = input.metrics.whole.mailboxes;
    let figure = |label: &str, value: Option<u64>, note: &str| {
        let value = value.map_or_else(|| "Not kept".to_owned(), count);
        KeyFigure::new(label, value, note)
    };
    vec![
        KeyFigure::new(
            "Switched",
            share(ending.switched, all),
            format!(
                "{} of {}",
                count(ending.switched),
                counted(all, "mailbox", "mailboxes")
            ),
        ),
        figure(
            "Items resolved",
            ending.resolved,
            "copied after all, or deleted",
        ),
        figure(
            "Items accepted",
            Some(ending.accepted),
            "your organisation can do without them",
        ),
        figure("Items open", Some(ending.open), "in the work-off plan"),
    ]
}
