use std::path::{Path, PathBuf};

use super::edition::{RECORD, record_of};
use super::sent::json;
use crate::archive::{self, Archive};
use crate::day::context::{Context, templates};
use crate::day::error::DayError;
use crate::day::note::Note;
use crate::day::record::DayOutcome;
use crate::day::status::DayStatus;
use crate::delivery::Ledger;
use crate::domain::{ReportDate, ReportKind};
use crate::render::{self, Templates};
use crate::report::{self, ArchivedDay, DayRecord, EditionLink, FormerReports, SummaryModel};
use crate::settings::{Register, Settings};

/// Writes the page of the day, with links to all that the archive has of it, and the page of all
/// days.
pub(super) fn write_pages(context: &Context, model: &SummaryModel) -> Result<(), DayError> {
    Pages::of(context).write(context.report_date, model, &context.register)
}

/// Writes the page of a day anew, as its newest Run Summary has it, with deliveries as they are now,
/// and links to editions that were made since. Without a Run Summary there is no page.
pub(crate) fn refresh_day_page(context: &Context, ledger: &Ledger) -> Option<Note> {
    Pages::of(context).refresh(context.report_date, &context.register, ledger)
}

/// Where pages are written, and what they are made with.
pub(crate) struct Pages<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) settings: &'a Settings,
    pub(crate) templates: &'a Templates,
}

impl<'a> Pages<'a> {
    fn of(context: &'a Context) -> Self {
        Self {
            archive: &context.archive,
            settings: &context.settings,
            templates: &context.templates,
        }
    }

    fn write(
        &self,
        date: ReportDate,
        model: &SummaryModel,
        register: &Register,
    ) -> Result<(), DayError> {
        let link = |(organisation, report, edition)| EditionLink {
            organisation,
            report,
            edition,
        };
        let links = self.archive.editions(date)?.into_iter().map(link);
        let page = report::day_page(model, &links.collect::<Vec<_>>(), true);
        let page = page.with_former(&self.former_reports(date, register)?);
        let html = render::day_page(&page, self.templates)?;
        self.archive.write_day_page(date, &html)?;
        write_page_of_all_days(self.archive, self.settings, self.templates)
    }

    /// Where the archive has reports of organisations under the codes that they had before.
    fn former_reports(
        &self,
        date: ReportDate,
        register: &Register,
    ) -> Result<Vec<FormerReports>, DayError> {
        let mut found = Vec::new();
        for (code, organisation) in register.former_codes() {
            let last = self.archive.last_day_of(code, date)?;
            found.extend(last.map(|last| FormerReports {
                organisation: organisation.clone(),
                code: code.clone(),
                last,
            }));
        }
        Ok(found)
    }

    /// Writes the page of a day anew, as its newest Run Summary has it, with deliveries as they are
    /// now; and what the page of all days says of it.
    pub(crate) fn refresh(
        &self,
        date: ReportDate,
        register: &Register,
        ledger: &Ledger,
    ) -> Option<Note> {
        let error = self.refreshed(date, register, ledger).err()?;
        Some(Note::Warning(format!(
            "The archive's page of {date} is as it was before: {error}"
        )))
    }

    fn refreshed(
        &self,
        date: ReportDate,
        register: &Register,
        ledger: &Ledger,
    ) -> Result<(), DayError> {
        let Some(newest) = self.archive.newest_summary(date)? else {
            return Ok(());
        };
        let model = self.archive.read_summary(newest, "model.json")?;
        let model: SummaryModel = serde_json::from_slice(&model).map_err(|error| {
            let edition = newest.edition;
            DayError::Summary(format!(
                "the model of Run Summary {edition} is damaged: {error}"
            ))
        })?;
        let lines = model.organisations.iter();
        let codes: Vec<_> = lines.filter_map(|line| line.code.clone()).collect();
        let status = DayStatus::of(register, ledger, date, &codes)?;
        let model = model.with_deliveries(status.by_organisation());
        if let Some(record) = record_of(self.archive, newest) {
            let now = DayRecord::of(&model, record.content.clone(), record.made_at);
            if now != record {
                let file = json(RECORD, &now)?;
                self.archive
                    .replace_in_summary(newest, &file.name, &file.bytes)?;
            }
        }
        self.write(date, &model, register)
    }
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
