use std::path::{Path, PathBuf};

use super::edition::record_of;
use crate::archive::{self, Archive};
use crate::day::context::{Context, templates};
use crate::day::error::DayError;
use crate::day::note::Note;
use crate::day::record::DayOutcome;
use crate::domain::ReportKind;
use crate::render::{self, Templates};
use crate::report::{self, ArchivedDay, EditionLink, SummaryModel};
use crate::settings::Settings;

/// Writes the page of the day, with links to all that the archive has of it, and the page of all
/// days.
pub(super) fn write_pages(context: &Context, model: &SummaryModel) -> Result<(), DayError> {
    let (archive, date) = (&context.archive, context.report_date);
    let link = |(organisation, report, edition)| EditionLink {
        organisation,
        report,
        edition,
    };
    let links: Vec<EditionLink> = archive.editions(date)?.into_iter().map(link).collect();
    let page = report::day_page(model, &links, true);
    archive.write_day_page(date, &render::day_page(&page, &context.templates)?)?;
    write_page_of_all_days(archive, &context.settings, &context.templates)
}

/// Writes the page of a day anew, as its newest Run Summary has it, with links to editions that
/// were made since. Without a Run Summary there is no page.
pub(crate) fn refresh_day_page(context: &Context) -> Option<Note> {
    let (archive, date) = (&context.archive, context.report_date);
    let refresh = || -> Result<(), DayError> {
        let Some(newest) = archive.newest_summary(date)? else {
            return Ok(());
        };
        let model = archive.read_summary(newest, "model.json")?;
        let model = serde_json::from_slice(&model).map_err(|error| {
            let edition = newest.edition;
            DayError::Summary(format!(
                "the model of Run Summary {edition} is damaged: {error}"
            ))
        })?;
        write_pages(context, &model)
    };
    let error = refresh().err()?;
    Some(Note::Warning(format!(
        "The archive's page of {date} is as it was before: {error}"
    )))
}

/// Writes the page of all days, after some were removed; none where nothing was ever archived.
pub(crate) fn write_archive_page(archive: &Archive, settings: &Settings) -> Result<(), DayError> {
    if !archive.folder().is_dir() {
        return Ok(());
    }
    write_page_of_all_days(archive, settings, &templates(settings)?)
}

fn write_page_of_all_days(
    archive: &Archive,
    settings: &Settings,
    templates: &Templates,
) -> Result<(), DayError> {
    let mut days = Vec::new();
    for date in archive.days()? {
        let newest = archive.newest_summary(date)?;
        let record = newest.and_then(|newest| record_of(archive, newest));
        days.push(ArchivedDay { date, record });
    }
    let page = report::archive_page(&settings.programme, &days);
    Ok(archive.write_page(&render::archive_page(&page, templates)?)?)
}

/// Writes the page of a preview's day, with links to the reports that could be made. Gives it.
pub(super) fn write_preview_page(
    context: &Context,
    day: &DayOutcome,
    model: &SummaryModel,
    out: &Path,
) -> Result<PathBuf, DayError> {
    let folder = out.join(context.report_date.to_string());
    let mut links = Vec::new();
    for organisation in day.organisations.keys() {
        for report in ReportKind::ALL {
            let below = format!("{organisation}/{}/edition-1/report.html", report.name());
            if folder.join(below).is_file() {
                links.push(EditionLink {
                    organisation: organisation.clone(),
                    report,
                    edition: 1,
                });
            }
        }
    }
    let html = render::day_page(&report::day_page(model, &links, false), &context.templates)?;
    let page = folder.join("index.html");
    archive::replace_file(&page, html.as_bytes())?;
    Ok(page)
}
