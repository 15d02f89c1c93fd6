//! Turns a report's model into what a person sees: the page, its text form, charts and the
//! workbook.
//!
//! Takes: a `Report`, and templates as text. Gives: [`Rendered`].
//! Touches: nothing; templates are handed in.

mod charts;
mod page;
mod palette;
mod run_summary;
mod templates;
mod workbook;

pub use charts::{ChartError, ChartProblem};
pub(crate) use page::wrapped;
pub use run_summary::{archive_page, day_page, run_summary};
pub use templates::{TemplateError, TemplateText, Templates};
pub use workbook::WorkbookError;

use crate::report::{Report, ReportModel, Section};

/// A report, ready to be put into a message or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The Subject header, without a prefix that policy adds.
    pub subject: String,
    /// The page with inlined styles; its pictures are `cid:` followed by [`Picture::content_id`].
    pub html: String,
    /// The same in plain text: a report of its own.
    pub text: String,
    /// The charts, in the order of the page.
    pub pictures: Vec<Picture>,
    /// The workbook, as it is attached.
    pub workbook: WorkbookFile,
}

/// A chart as a PNG, at twice its display size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `mailboxes-by-state.png`
    pub file_name: String,
    /// The bytes of the PNG.
    pub png: Vec<u8>,
}

impl Picture {
    /// What the page calls the picture in a message, without angle brackets.
    #[must_use]
    pub fn content_id(&self) -> String {
        page::content_id(&self.file_name)
    }
}

/// An Excel workbook, or a zip file that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkbookFile {
    /// `ZNM-overall-migration-2026-11-20.xlsx`, or that and `.zip`.
    pub file_name: String,
    /// The bytes of the file.
    pub bytes: Vec<u8>,
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template has a mistake.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A chart could not be drawn.
    #[error("a chart could not be drawn: {0}")]
    Chart(#[from] ChartError),
    /// The workbook could not be written.
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] WorkbookError),
}

/// Renders one report. The same report and templates give the same bytes.
///
/// # Errors
/// [`RenderError`]: most likely a mistake in a template of the settings' own folder.
pub fn render(report: &Report, templates: &Templates) -> Result<Rendered, RenderError> {
    let workbook = WorkbookFile {
        file_name: report.workbook.file_name.clone(),
        bytes: workbook::write(&report.workbook)?,
    };
    render_model(&report.model, workbook, templates)
}

/// Renders a report from its model alone, such as an archived one, beside a workbook that is made
/// already.
///
/// # Errors
/// As [`render`].
pub fn render_model(
    model: &ReportModel,
    workbook: WorkbookFile,
    templates: &Templates,
) -> Result<Rendered, RenderError> {
    Ok(Rendered {
        subject: model.page.subject.clone(),
        html: templates.html(model)?,
        text: templates.text(model)?,
        pictures: pictures(&model.page.sections)?,
        workbook,
    })
}

/// The charts of sections, in their order.
fn pictures(sections: &[Section]) -> Result<Vec<Picture>, ChartError> {
    let charts = sections.iter().filter_map(|section| section.chart.as_ref());
    charts
        .map(|chart| {
            Ok(Picture {
                file_name: page::picture_file(&chart.name),
                png: charts::draw(chart)?,
            })
        })
        .collect()
}

/// The same report with its workbook in another form, such as a zip file; page and text of `model`
/// speak of that.
///
/// # Errors
/// [`RenderError`]: a mistake in a template.
pub fn with_workbook(
    rendered: Rendered,
    model: &ReportModel,
    workbook: WorkbookFile,
    templates: &Templates,
) -> Result<Rendered, RenderError> {
    Ok(Rendered {
        html: templates.html(model)?,
        text: templates.text(model)?,
        workbook,
        ..rendered
    })
}

/// The page and the text form of a model, without styles and pictures: every word of the report.
///
/// # Errors
/// [`RenderError`]: a mistake in a template.
pub fn words(model: &ReportModel, templates: &Templates) -> Result<(String, String), RenderError> {
    Ok((
        templates.html_without_styles(model)?,
        templates.text(model)?,
    ))
}

/// The page as it lies in a folder beside its pictures, rather than in a message.
#[must_use]
pub fn page_beside_pictures(rendered: &Rendered) -> String {
    rendered
        .pictures
        .iter()
        .fold(rendered.html.clone(), |html, picture| {
            html.replace(&format!("cid:{}", picture.content_id()), &picture.file_name)
        })
}
