//! The totals of all days for other tools, with what opens them in Excel and Power BI.

use std::path::{Path, PathBuf};

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::archive::replace_open_file;
use crate::day::read_date;
use crate::domain::{OrganisationCode, ReportDate};
use crate::history::{Figures, History};
use crate::settings::Settings;

/// Which days and organisations are wanted; all where nothing is said.
#[derive(Debug, Clone, Default)]
pub(crate) struct FiguresWanted {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) organisations: Vec<OrganisationCode>,
}

/// The files, less their endings.
const NAME: &str = "organisation-days";

/// Writes the totals of each organisation and day into a folder, as csv and as Parquet, with a query
/// and a data source for Excel and Power BI. No person is in them, and whoever may use this machine
/// may read them.
pub(crate) fn figures(
    settings: Option<&Path>,
    wanted: &FiguresWanted,
    out: &Path,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let date = |option, text: &Option<String>| -> Result<Option<ReportDate>, Failure> {
        let text = text.as_deref();
        Ok(text
            .map(|text| read_date(option, text, &settings))
            .transpose()?)
    };
    let (from, to) = (date("--from", &wanted.from)?, date("--to", &wanted.to)?);
    let history = History::open(&settings.data.folder).map_err(unusable)?;
    let figures = history.figures(|organisation, day| {
        let organisations = &wanted.organisations;
        (organisations.is_empty() || organisations.contains(organisation))
            && from.is_none_or(|from| day >= from)
            && to.is_none_or(|to| day <= to)
    });
    let figures = figures.map_err(unusable)?;
    let damaged = figures.damaged.iter();
    console.warnings(damaged.map(|error| format!("{error}.")));
    std::fs::create_dir_all(out).map_err(|error| {
        let message = format!("--out: {} cannot be made: {error}", out.display());
        Failure::new(ExitCode::Usage, message)
    })?;
    // A query opens a file by its whole path.
    let out: PathBuf = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let csv = out.join(format!("{NAME}.csv"));
    for (ending, bytes) in [
        ("csv", figures.to_csv().into_bytes()),
        ("parquet", figures.to_parquet().map_err(unusable)?),
        ("pq", query(&csv).into_bytes()),
        ("pbids", data_source(&csv).into_bytes()),
    ] {
        let path = out.join(format!("{NAME}.{ending}"));
        replace_open_file(&path, &bytes)?;
        console.result(&path.display().to_string())?;
    }
    console.result(&format!(
        "{} rows, one an organisation and day. No person is in them.",
        figures.len()
    ))?;
    Ok(match figures.damaged.is_empty() {
        true => ExitCode::Done,
        false => ExitCode::Held,
    })
}

fn unusable(error: impl std::fmt::Display) -> Failure {
    Failure::new(ExitCode::Unexpected, error.to_string())
}

/// The query in Power Query's language, M, for the advanced editor of Excel and Power BI: each column
/// by its name and with its type, so that one that is added changes nothing.
fn query(csv: &Path) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let columns = Figures::columns().into_iter().map(|(name, kind)| {
        let kind = match kind {
            "day" => "type date",
            "text" => "type text",
            _ => "Int64.Type",
        };
        format!("        {{{}, {kind}}}", quoted(name))
    });
    format!(
        "let\n    File = File.Contents({}),\n    Table = Csv.Document(File, [Delimiter = \",\", \
         Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),\n    Named = Table.PromoteHeaders(Table, \
         [PromoteAllScalars = true]),\n    Typed = Table.TransformColumnTypes(Named, {{\n{}\n    }}, \
         \"en-GB\")\nin\n    Typed\n",
        quoted(&csv.display().to_string()),
        columns.collect::<Vec<_>>().join(",\n")
    )
}

/// A data source that Power BI Desktop opens by a double click.
fn data_source(csv: &Path) -> String {
    let source = serde_json::json!({
        "version": "0.1",
        "connections": [{
            "details": { "protocol": "file", "address": { "path": csv.display().to_string() } },
            "mode": "Import",
        }],
    });
    format!("{source:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_the_file_and_every_column() {
        let query = query(Path::new("C:\\figures\\a \"b\".csv"));
        assert!(
            query.contains(r#"File.Contents("C:\figures\a ""b"".csv")"#),
            "{query}"
        );
        for (name, _) in Figures::columns() {
            assert_eq!(
                query.matches(&format!("{{\"{name}\", ")).count(),
                1,
                "{name}"
            );
        }
        let source: serde_json::Value =
            serde_json::from_str(&data_source(Path::new("a\"b"))).unwrap();
        assert_eq!(
            source["connections"][0]["details"]["address"]["path"],
            "a\"b"
        );
    }
}
