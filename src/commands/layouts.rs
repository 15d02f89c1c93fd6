use std::fmt::Write as _;
use std::path::Path;

use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::domain::invisible::excerpt;
use crate::exports::{self, Fit, Layouts};
use crate::settings::{Settings, SettingsError};
use crate::sheets::{Encoding, Sheet};

/// Lists every layout: its name, what it is an export of, and a sentence.
pub(crate) fn list_layouts(
    settings: Option<&Path>,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let layouts = load(settings)?;
    let widths = layouts.iter().map(|layout| layout.name.len());
    let width = widths.max().unwrap_or_default();
    for layout in layouts.iter() {
        console.result(&format!(
            "{:width$}  {:18}  {}",
            layout.name,
            layout.input.label(),
            layout.description
        ))?;
    }
    Ok(ExitCode::Done)
}

/// Prints the file of a layout, comments and all, and what its keys mean, as comments too: a start
/// for one's own.
pub(crate) fn show_layout(
    settings: Option<&Path>,
    name: &str,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let layouts = load(settings)?;
    let Some(layout) = layouts.named(name) else {
        let known: Vec<&str> = layouts.iter().map(|layout| layout.name.as_str()).collect();
        let (name, known) = (excerpt(name, 60), known.join(", "));
        let message = format!("there is no layout “{name}”; there are {known}");
        return Err(Failure::new(ExitCode::Usage, message));
    };
    let text = layout.text().trim_end();
    console.result(text)?;
    // One's own file, begun from what was shown, has the explanation already.
    let explained = exports::LAYOUT_LANGUAGE
        .lines()
        .map(|line| format!("# {line}"));
    let explained = explained.collect::<Vec<_>>().join("\n");
    if !text.contains(&explained) {
        console.result(&format!("\n{explained}"))?;
    }
    Ok(ExitCode::Done)
}

/// Says which layout a file has, which heading holds which field, and which columns are not read;
/// or why it has none.
pub(crate) fn detect_layout(
    settings: Option<&Path>,
    file: &Path,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let layouts = load(settings)?;
    let tables = match exports::open(file, &layouts) {
        Ok(tables) => tables,
        Err(finding) => {
            console.result(&format!("{}: {}", file.display(), finding.message))?;
            return Ok(ExitCode::Held);
        }
    };
    let mut exit_code = ExitCode::Done;
    for (name, sheet) in tables {
        console.result(&format!("{name}: {}", form(&sheet)))?;
        match layouts.explain(&sheet) {
            Ok(fit) => console.result(explanation(&fit, &sheet).trim_end())?,
            Err(reason) => {
                exit_code = ExitCode::Held;
                console.result(&reason.to_string())?;
            }
        }
    }
    Ok(exit_code)
}

/// The built-in layouts, and those of the settings where there are any: a person who looks at an
/// export needs none.
fn load(settings: Option<&Path>) -> Result<Layouts, Failure> {
    let folder = match Settings::load(settings) {
        Ok(settings) => settings.exports.layouts_folder,
        Err(SettingsError::NotFound) if settings.is_none() => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Layouts::load(folder.as_deref())?)
}

/// How a file is written, in a few words.
fn form(sheet: &Sheet) -> String {
    let encoding = match sheet.encoding {
        None => "a workbook",
        Some(Encoding::Utf8) => "UTF-8",
        Some(Encoding::Utf16LittleEndian) => "UTF-16, little-endian",
        Some(Encoding::Utf16BigEndian) => "UTF-16, big-endian",
        Some(Encoding::Windows1252) => "Windows-1252 (assumed)",
        Some(Encoding::MixedByLine) => "UTF-8 and Windows-1252, by line",
    };
    let delimiter = match sheet.delimiter {
        None => "",
        Some(',') => ", separated by commas",
        Some(';') => ", separated by semicolons",
        Some('\t') => ", separated by tabs",
        Some(_) => ", separated by vertical bars",
    };
    let headings = if sheet.worksheet.is_some() {
        format!("headings in row {}, ", sheet.heading_line)
    } else {
        String::new()
    };
    let columns = sheet.headings().len();
    let rows = sheet.height() + sheet.misshapen.len();
    format!("{encoding}{delimiter}; {headings}{columns} columns, {rows} rows")
}

fn explanation(fit: &Fit, sheet: &Sheet) -> String {
    let heading = |column: &usize| match sheet.headings().get(*column).map_or("", String::as_str) {
        "" => format!("(column {} has no heading)", column + 1),
        heading => format!("“{}”", excerpt(heading, 60)),
    };
    let all = |columns: &[usize], between: &str| {
        let headings: Vec<String> = columns.iter().map(heading).collect();
        headings.join(between)
    };
    let (layout, input) = (&fit.layout.name, fit.layout.input.label());
    let mut text = format!("Layout: {layout}, of a {input}\n");
    let fields = fit.columns.iter();
    let fields = fields.map(|(field, column)| {
        let heading = heading(column);
        match fit.by_pattern.get(field) {
            Some(pattern) => (
                *field,
                format!("{heading}, the only one that fits “{pattern}”"),
            ),
            None => (*field, heading),
        }
    });
    let sums = fit.sums.iter();
    let sums = sums.map(|(field, columns)| (*field, all(columns, " + ")));
    let mut fields: Vec<_> = fields.chain(sums).collect();
    fields.sort();
    for (field, mut from) in fields {
        let instead = fit.where_blank.get(&field);
        if let Some(columns) = instead.filter(|columns| !columns.is_empty()) {
            let _ = write!(from, ", where blank {}", all(columns, ", then "));
        }
        let _ = writeln!(text, "  {:20} {from}", field.name());
    }
    for (field, columns) in &fit.ties {
        let columns = all(columns, ", ");
        let _ = writeln!(
            text,
            "  {:20} not read, since several could be it: {columns}",
            field.name()
        );
    }
    if !fit.beside_state.is_empty() {
        let columns = all(&fit.beside_state, ", ");
        let _ = writeln!(text, "The state rests on these too: {columns}");
    }
    if !fit.terms_beside_sum.is_empty() {
        let columns = all(&fit.terms_beside_sum, ", ");
        let _ = writeln!(text, "Not added, since a column has their sum: {columns}");
    }
    if !fit.ignored.is_empty() {
        let _ = writeln!(text, "Known, and not needed: {}", all(&fit.ignored, ", "));
    }
    let unused = if fit.unused.is_empty() {
        "none".to_owned()
    } else {
        all(&fit.unused, ", ")
    };
    let _ = writeln!(text, "Not used: {unused}");
    text
}
