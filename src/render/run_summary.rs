use super::templates::Templates;
use super::{RenderError, Rendered, TemplateError, WorkbookFile, pictures, workbook};
use crate::report::{ArchivePage, DayPage, SummaryModel, Workbook};

/// Renders a Run Summary. The same model and templates give the same bytes.
///
/// # Errors
/// [`RenderError`]: most likely a mistake in a template of the settings' own folder.
pub fn run_summary(
    model: &SummaryModel,
    book: &Workbook,
    templates: &Templates,
) -> Result<Rendered, RenderError> {
    Ok(Rendered {
        subject: model.page.subject.clone(),
        html: templates.styled(&templates.filled("run-summary/report.html", model)?)?,
        text: templates
            .filled("run-summary/report.txt", model)?
            .trim_start()
            .to_owned(),
        pictures: pictures(&model.page.sections)?,
        workbook: WorkbookFile {
            file_name: book.file_name.clone(),
            bytes: workbook::write(book)?,
        },
    })
}

/// The page of a day in the archive: one file that needs no other but its pictures.
///
/// # Errors
/// [`TemplateError`]: a mistake in a template of the settings' own folder.
pub fn day_page(page: &DayPage, templates: &Templates) -> Result<String, TemplateError> {
    templates.filled("run-summary/index.html", page)
}

/// The page of all days in the archive.
///
/// # Errors
/// As [`day_page`].
pub fn archive_page(page: &ArchivePage, templates: &Templates) -> Result<String, TemplateError> {
    templates.filled("run-summary/dates.html", page)
}
