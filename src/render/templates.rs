use std::collections::BTreeMap;

use css_inline::CSSInliner;
use tera::{Context, Kwargs, State, Tera, TeraResult, Value};

use super::page;
use crate::report::{ReportModel, Table};

/// Templates with their texts, by their paths below `report-templates/`.
macro_rules! templates {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../report-templates/", $name)))),*]
    };
}

/// The built-in templates. A report is made of `base/page`, unless it has one of its own.
const BUILT_IN: [(&str, &str); 18] = templates![
    "base/components.html"
    "base/page.html"
    "base/page.txt"
    "base/screens.css"
    "base/style.css"
    "board/report.html"
    "board/report.txt"
    "closing/report.html"
    "closing/report.txt"
    "pilot-summary/report.html"
    "pilot-summary/report.txt"
    "run-summary/base.html"
    "run-summary/dates.html"
    "run-summary/index.html"
    "run-summary/pages.css"
    "run-summary/pages.js"
    "run-summary/report.html"
    "run-summary/report.txt"
];

/// A template that takes the place of a built-in one, or is included by one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateText {
    /// Its path below the folder of templates, with `/` between folders.
    pub name: String,
    /// The template itself.
    pub text: String,
}

/// The templates of all reports, checked.
pub struct Templates {
    tera: Tera,
    inliner: CSSInliner<'static>,
    own: Vec<TemplateText>,
}

/// A mistake in a template. The message shows the place.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A mistake in the template language, or a name that is not there.
    #[error("a report template has a mistake:\n{0}")]
    Tera(#[from] tera::Error),
    /// Styles that cannot be written into the page.
    #[error("the style sheet of a report template has a mistake: {0}")]
    Style(#[from] css_inline::InlineError),
}

impl Templates {
    /// The built-in templates, each replaced by the one of its name in `own`.
    ///
    /// # Errors
    /// [`TemplateError`] for a mistake in the template language, or a template that includes or
    /// extends one that is not there.
    pub fn new(own: &[TemplateText]) -> Result<Self, TemplateError> {
        let mut tera = Tera::new();
        tera.autoescape_on([".html"]);
        // Filters come first: a template that names one that is not there is refused when it is
        // added.
        tera.register_filter("unlinked", |text: &str, _: Kwargs, _: &State| {
            Value::safe_string(&page::unlinked(text))
        });
        tera.register_filter("with_lead", |text: &str, _: Kwargs, _: &State| {
            Value::safe_string(&page::with_lead(text))
        });
        tera.register_filter("content_id", |chart: &str, _: Kwargs, _: &State| {
            page::content_id(&page::picture_file(chart))
        });
        tera.register_filter("underlined", underlined);
        tera.register_filter("wrapped", wrapped);
        tera.register_filter("text_table", text_table);
        tera.register_filter("naming_width", naming_width);
        let mut texts: BTreeMap<&str, &str> = BUILT_IN.into();
        let own_texts = own.iter().map(|own| (own.name.as_str(), own.text.as_str()));
        texts.extend(own_texts);
        tera.add_raw_templates(texts)?;
        // Styles stay out of the network and the file system; the phone's rules stay in a style
        // element.
        let inliner = CSSInliner::options().load_remote_stylesheets(false).build();
        Ok(Self {
            tera,
            inliner,
            own: own.to_vec(),
        })
    }

    /// What stands in the templates that are not built in.
    pub fn own_texts(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(|template| template.text.as_str())
    }

    /// The page of a report, with inlined styles.
    pub(super) fn html(&self, model: &ReportModel) -> Result<String, TemplateError> {
        self.styled(&self.html_without_styles(model)?)
    }

    /// The page of a report before its styles are inlined.
    pub(super) fn html_without_styles(&self, model: &ReportModel) -> Result<String, TemplateError> {
        self.fill(model, "html")
    }

    /// The text form of a report.
    pub(super) fn text(&self, model: &ReportModel) -> Result<String, TemplateError> {
        let text = self.fill(model, "txt")?;
        Ok(text.trim_start().to_owned())
    }

    /// Fills the report's own template, `failed-item/report.html`, where there is one, and else the
    /// one that all reports share.
    fn fill(&self, model: &ReportModel, extension: &str) -> Result<String, TemplateError> {
        let mut name = format!("{}/report.{extension}", model.report.name());
        let is_own = self.own.iter().any(|template| template.name == name);
        if !is_own && BUILT_IN.iter().all(|(built_in, _)| *built_in != name) {
            name = format!("base/page.{extension}");
        }
        self.filled(&name, model)
    }

    /// A template filled with what it is about.
    pub(super) fn filled(
        &self,
        name: &str,
        about: &impl serde::Serialize,
    ) -> Result<String, TemplateError> {
        Ok(self.tera.render(name, &Context::from_serialize(about)?)?)
    }

    /// A page with its styles inlined.
    pub(super) fn styled(&self, html: &str) -> Result<String, TemplateError> {
        Ok(page::attributes_escaped(&self.inliner.inline(html)?))
    }
}

fn underlined(text: &str, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let with: Option<&str> = arguments.get("with")?;
    let mark = with.and_then(|with| with.chars().next());
    Ok(page::underlined(text, mark.unwrap_or('-')))
}

fn wrapped(text: &str, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let indent: Option<&str> = arguments.get("indent")?;
    Ok(page::wrapped(text, indent.unwrap_or_default()))
}

fn read_table(table: &Value) -> TeraResult<Table> {
    serde::Deserialize::deserialize(table).map_err(|error| tera::Error::message(error.to_string()))
}

fn naming_width(table: Value, _: Kwargs, _: &State) -> TeraResult<Option<&'static str>> {
    let table = read_table(&table)?;
    Ok(page::naming_width(table.columns.len(), &table.rows))
}

fn text_table(table: Value, _: Kwargs, _: &State) -> TeraResult<String> {
    let table = read_table(&table)?;
    let columns = table.columns.into_iter();
    let (headings, are_numbers): (Vec<String>, Vec<bool>) = columns
        .map(|column| (column.heading, column.is_number))
        .unzip();
    Ok(page::text_table(&headings, &are_numbers, &table.rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_templates_are_whole() {
        Templates::new(&[]).unwrap();
    }

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        let own = |name: &str, text: &str| {
            vec![TemplateText {
                name: name.to_owned(),
                text: text.to_owned(),
            }]
        };
        let told = Templates::new(&own("failed-item/report.txt", "line one\n{{ page.title"))
            .err()
            .unwrap()
            .to_string();
        assert!(told.contains("failed-item/report.txt:2"), "{told}");
        assert!(Templates::new(&own("failed-item/report.txt", "{{ 1 | polished }}")).is_err());
        assert!(
            Templates::new(&own(
                "failed-item/report.html",
                "{% extends \"none.html\" %}"
            ))
            .is_err()
        );
    }
}
