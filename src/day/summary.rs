//! Tells the central team what came of a day: an email, and pages in the archive. The reports are
//! out by then: what fails here is said, and stops nothing.

mod edition;
mod input;
mod pages;
mod sending;
mod sent;

use std::path::{Path, PathBuf};

use edition::SummaryEdition;
pub(super) use input::earlier_summary;
pub(super) use pages::Pages;
pub(crate) use pages::{refresh_day_page, write_archive_page};

use super::context::Context;
use super::error::DayError;
use super::note::Note;
use super::record::DayOutcome;
use super::status::DayStatus;
use crate::archive;
use crate::delivery::{DeliverySummary, Ledger, Transport};
use crate::domain::plural::count_of;
use crate::report;

/// Writes the Run Summary and the pages of the archive, and sends it to whoever has not got it,
/// unless something kept the reports from being sent: it says what.
pub(crate) fn tell_central_team(
    context: &Context,
    day: &DayOutcome,
    status: &DayStatus,
    ledger: &Ledger,
    sent: &DeliverySummary,
    transport: &mut dyn Transport,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let tell = || {
        let mut input = input::of_run(context, day, status, ledger)?;
        let obstacle = sent.obstacle().map(|reason| {
            let not_tried = count_of(sent.not_tried, "message");
            format!("Not all could be sent, and {not_tried} not tried: {reason}.")
        });
        input.warnings.splice(..0, obstacle);
        let (edition, model) = SummaryEdition::next(context, report::run_summary(&input))?;
        let transport = sent.is_reached().then_some(transport);
        sending::send(context, &edition, &model, transport, &mut notes)?;
        pages::write_pages(context, &model)
    };
    if let Err(error) = tell() {
        notes.push(Note::Warning(format!(
            "The Run Summary is not as it should be; reports and deliveries are. {error}"
        )));
    }
    notes
}

/// Writes the Run Summary of a preview into its folder: what it would say of reports, without
/// deliveries. Gives the page of the day.
pub(crate) fn preview_summary(
    context: &Context,
    day: &DayOutcome,
    out: &Path,
) -> Result<PathBuf, DayError> {
    let model = report::run_summary(&input::of_preview(context, day));
    let edition = SummaryEdition::first(context.report_date, &model)?;
    let (files, _) = edition.files(context, &model, &edition.deliveries(context))?;
    archive::write_beside(&out.join(edition.place.below_dates()), &files)?;
    pages::write_preview_page(context, day, &model, out)
}
