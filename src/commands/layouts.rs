use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::answer::{DetectAnswer, DetectedField, DetectedTable};
use super::console::Console;
use super::failure::{ExitCode, Failure};
use crate::domain::invisible::excerpt;
use crate::domain::plural::counted;
use crate::exports::{self, Fit, LayoutError, Layouts, NearLayout};
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
    let mut answer = DetectAnswer {
        file: file.display().to_string(),
        reason: None,
        tables: Vec::new(),
    };
    match exports::open(file, &layouts) {
        Ok(tables) => {
            let tables = tables.into_iter();
            let detected = tables.map(|(name, sheet)| detected(name, &sheet, &layouts));
            answer.tables = detected.collect();
        }
        Err(finding) => {
            console.result(&format!("{}: {}", file.display(), finding.message))?;
            answer.reason = Some(finding.message);
        }
    }
    let mut is_understood = answer.reason.is_none();
    for table in &answer.tables {
        console.result(&format!("{}: {}", table.name, table.form))?;
        console.result(explanation(table).trim_end())?;
        is_understood &= table.reason.is_none();
    }
    console.answer(&answer)?;
    Ok(if is_understood {
        ExitCode::Done
    } else {
        ExitCode::Held
    })
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

fn detected(name: String, sheet: &Sheet, layouts: &Layouts) -> DetectedTable {
    let mut table = DetectedTable {
        name,
        form: form(sheet),
        reason: None,
        layout: None,
        input: None,
        fields: Vec::new(),
        beside_state: Vec::new(),
        in_a_sum: Vec::new(),
        not_needed: Vec::new(),
        not_used: Vec::new(),
        unknown_states: Vec::new(),
        headings: Vec::new(),
        nearest: Vec::new(),
    };
    match layouts.explain(sheet) {
        Err(reason) => {
            use LayoutError::{NearlyFits, NothingKnown};
            if matches!(reason, NearlyFits { .. } | NothingKnown { .. }) {
                table.headings = headings(sheet);
                table.nearest = layouts.nearest(sheet).iter().map(lacking).collect();
            }
            table.reason = Some(reason.to_string());
        }
        Ok(fit) => {
            let named = |columns: &[usize]| columns.iter().map(|at| heading(sheet, *at)).collect();
            table.layout = Some(fit.layout.name.clone());
            table.input = Some(fit.layout.input.label().to_owned());
            table.fields = fields(&fit, sheet);
            table.beside_state = named(&fit.beside_state);
            table.in_a_sum = named(&fit.terms_beside_sum);
            table.not_needed = named(&fit.ignored);
            table.not_used = named(&fit.unused);
            table.unknown_states = states_not_known(&fit, sheet);
        }
    }
    table
}

/// “a sync-state export by qmm-sync-state, without Failed Items”
fn lacking(near: &NearLayout) -> String {
    let (input, missing) = (near.input.with_article(), near.missing.join(", "));
    format!("{input} by {}, without {missing}", near.name)
}

/// Words for states that are told; the others are counted.
const TOLD_STATES: usize = 10;

/// “Waiting” (12 mailboxes)
fn states_not_known(fit: &Fit, sheet: &Sheet) -> Vec<String> {
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for (word, mailboxes) in exports::unknown_states(fit, sheet) {
        *unknown.entry(exports::printable_state(word)).or_default() += mailboxes;
    }
    let in_words = |mailboxes: usize| counted(mailboxes, "mailbox", "mailboxes");
    let mailboxes = unknown.values().sum();
    if !exports::may_be_states(unknown.len(), mailboxes) {
        return vec![format!(
            "{} different words of {}: the column may hold something else",
            unknown.len(),
            in_words(mailboxes)
        )];
    }
    let told = unknown.iter().take(TOLD_STATES);
    let told = told.map(|(word, mailboxes)| format!("“{word}” ({})", in_words(*mailboxes)));
    let mut told: Vec<String> = told.collect();
    if unknown.len() > TOLD_STATES {
        told.push(format!("{} more", unknown.len() - TOLD_STATES));
    }
    told
}

/// The headings; where one is an address, a number or a line of a log, what stands there is data, which is nobody's
/// business.
fn headings(sheet: &Sheet) -> Vec<String> {
    let is_data = |text: &String| {
        text.contains('@')
            || text.contains(": ")
            || (!text.is_empty() && !text.contains(char::is_alphabetic))
    };
    if sheet.headings().iter().any(is_data) {
        return vec!["none, for its first row looks like data".to_owned()];
    }
    let columns = 0..sheet.headings().len();
    columns.map(|at| heading(sheet, at)).collect()
}

fn heading(sheet: &Sheet, column: usize) -> String {
    match sheet.headings().get(column).map_or("", String::as_str) {
        "" => format!("(column {} has no heading)", column + 1),
        _ => exports::quoted_heading(sheet, column),
    }
}

/// Each field, and where it comes from, in words; those that several columns could be last.
fn fields(fit: &Fit, sheet: &Sheet) -> Vec<DetectedField> {
    let all = |columns: &[usize], between: &str| {
        let headings: Vec<String> = columns.iter().map(|at| heading(sheet, *at)).collect();
        headings.join(between)
    };
    let columns = fit.columns.iter().map(|(field, column)| {
        let heading = heading(sheet, *column);
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
    let mut found: Vec<_> = columns.chain(sums).collect();
    found.sort();
    for (field, from) in &mut found {
        let instead = fit.where_blank.get(field);
        if let Some(columns) = instead.filter(|columns| !columns.is_empty()) {
            let _ = write!(from, ", where blank {}", all(columns, ", then "));
        }
    }
    found.extend(fit.ties.iter().map(|(field, columns)| {
        let columns = all(columns, ", ");
        (
            *field,
            format!("not read, since several could be it: {columns}"),
        )
    }));
    let named = found.into_iter().map(|(field, from)| DetectedField {
        field: field.name().to_owned(),
        from,
    });
    named.collect()
}

fn explanation(table: &DetectedTable) -> String {
    if let Some(reason) = &table.reason {
        let mut text = format!("{reason}\n");
        if !table.headings.is_empty() {
            let _ = writeln!(text, "Headings: {}", table.headings.join(", "));
        }
        for near in &table.nearest {
            let _ = writeln!(text, "As {near}");
        }
        return text;
    }
    let (layout, input) = (table.layout.as_deref(), table.input.as_deref());
    let (layout, input) = (layout.unwrap_or_default(), input.unwrap_or_default());
    let article = if input.starts_with('a') { "an" } else { "a" };
    let mut text = format!("Layout: {layout}, of {article} {input}\n");
    for DetectedField { field, from } in &table.fields {
        let _ = writeln!(text, "  {field:20} {from}");
    }
    for (what, columns) in [
        ("The state rests on these too", &table.beside_state),
        ("Not added, since a column has their sum", &table.in_a_sum),
        ("Known, and not needed", &table.not_needed),
    ] {
        if !columns.is_empty() {
            let _ = writeln!(text, "{what}: {}", columns.join(", "));
        }
    }
    let not_used = match table.not_used.as_slice() {
        [] => "none".to_owned(),
        columns => columns.join(", "),
    };
    let _ = writeln!(text, "Not used: {not_used}");
    if !table.unknown_states.is_empty() {
        let states = table.unknown_states.join(", ");
        let _ = writeln!(
            text,
            "States that the layout does not know, to be added under [states]: {states}"
        );
    }
    text
}
