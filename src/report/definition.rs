//! What a kind of report is made by, and what all begin with.

use super::actions::Actions;
use super::complete_sheet::CompleteSheet;
use super::input::ReportInput;
use super::model::{Headline, KeyFigure, Page};
use super::workbook::WorkbookSheet;
use super::{notice, tell_users, wording};
use crate::domain::{ReportDate, ReportKind};
use crate::metrics::OrganisationMetrics;
use crate::settings::Organisation;

/// What a kind of report is made by.
pub(super) struct ReportDefinition {
    /// Of a report that does not go out daily whether its time has come.
    pub(super) is_due: fn(&Organisation, &OrganisationMetrics) -> bool,
    /// Why an organisation gets no such report; `None` where it does.
    pub(super) absence: fn(&Organisation, &OrganisationMetrics, ReportDate) -> Option<&'static str>,
    /// What there is to do, which page, workbook and proof are told by one answer.
    pub(super) actions: for<'a> fn(ReportInput<'a>) -> Actions<'a>,
    /// The page, less what there is to do.
    pub(super) page: fn(ReportInput<'_>) -> Page,
    /// The summary, and what every workbook of the kind lists.
    pub(super) sheets: for<'a> fn(ReportInput<'a>) -> Vec<WorkbookSheet<'a>>,
    /// Told by what was measured and not by what was written, so that the one can be held against
    /// the other.
    pub(super) complete_sheets: for<'a> fn(ReportInput<'a>) -> Vec<CompleteSheet<'a>>,
}

/// The Subject header: the result first, since a list of messages shows the beginning, then report,
/// organisation, day and edition. It is counts and days, and names nobody.
pub(super) fn subject(kind: ReportKind, input: ReportInput<'_>, result: &str) -> String {
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
pub(super) fn opening(
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
