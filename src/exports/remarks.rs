//! What is to be said of a table that is read all the same.

use super::layout::{Field, Fit, words_of};
use super::losses;
use super::quoting::{heading, listed, quoted};
use crate::domain::{Finding, FindingCode};
use crate::sheets::{Encoding, Sheet, fold_heading};

/// Rows at which tools cut a list unless they are told otherwise: Exchange's cmdlets at 1,000,
/// others at 10,000.
const ROWS_THAT_TOOLS_STOP_AT: [usize; 2] = [1_000, 10_000];

/// Words with which a heading of passwords ends.
const PASSWORDS: [&str; 6] = [
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passcode",
    "passphrase",
];

/// Whether a heading is one of passwords, and not of when they change.
fn is_of_passwords(heading: &str) -> bool {
    let words = words_of(heading);
    let is_one = |word: &str| PASSWORDS.contains(&word);
    is_one(&fold_heading(heading)) || words.last().is_some_and(|word| is_one(word))
}

/// The findings about a table, without its file.
pub(super) fn of(sheet: &Sheet, fit: &Fit) -> Vec<Finding> {
    let remarks = [
        repeated_headings(sheet),
        cells_beside(sheet),
        assumed_encoding(sheet),
        rows_at_limit(sheet),
        lost_letters(sheet, fit),
    ];
    remarks
        .into_iter()
        .flatten()
        .chain(password_columns(sheet, fit))
        .chain(losses::blank(sheet, fit))
        .chain(losses::unread(sheet, fit))
        .chain(columns_by_pattern(sheet, fit))
        .chain(unclear_columns(sheet, fit))
        .chain(unused_columns(sheet, fit))
        .collect()
}

fn repeated_headings(sheet: &Sheet) -> Option<Finding> {
    let first = *sheet.repeated_headings.first()?;
    let often = match sheet.repeated_headings.len() {
        1 => "once more".to_owned(),
        times => format!("{times} more times"),
    };
    let message = format!(
        "The headings stand {often}, as where exports were joined. Those lines are no rows, and \
         were passed over."
    );
    Some(Finding::new(FindingCode::HeadingsRepeated, message).at_line(first))
}

fn cells_beside(sheet: &Sheet) -> Option<Finding> {
    let cells = match sheet.worksheet.as_ref()?.cells_beside {
        0 => return None,
        1 => "One cell stands".to_owned(),
        cells => format!("{cells} cells stand"),
    };
    let message = format!(
        "{cells} to the right of the last heading, and were not read. If they matter, give them \
         headings."
    );
    Some(Finding::new(FindingCode::ColumnUnused, message))
}

fn assumed_encoding(sheet: &Sheet) -> Option<Finding> {
    let message = match sheet.encoding? {
        Encoding::Windows1252 => {
            "The file is neither marked nor valid as Unicode and was read as Windows-1252. If \
             names look wrong, export it as UTF-8."
        }
        Encoding::MixedByLine => {
            "Some lines of the file are UTF-8 and others are not; those were read as Windows-1252. \
             That comes of appending to an export: if names look wrong, export it anew."
        }
        Encoding::Utf8 | Encoding::Utf16LittleEndian | Encoding::Utf16BigEndian => return None,
    };
    Some(Finding::new(FindingCode::EncodingAssumed, message))
}

fn rows_at_limit(sheet: &Sheet) -> Option<Finding> {
    let rows = sheet.height();
    let message = format!(
        "The export has exactly {rows} rows, where some tools stop by themselves. Check that it is \
         complete."
    );
    ROWS_THAT_TOOLS_STOP_AT
        .contains(&rows)
        .then(|| Finding::new(FindingCode::RowsAtLimit, message))
}

/// Exports in ASCII have question marks in place of letters; where text was decoded wrongly before,
/// U+FFFD stands.
fn lost_letters(sheet: &Sheet, fit: &Fit) -> Option<Finding> {
    let lost = match sheet.is_ascii() {
        true => '?',
        false => char::REPLACEMENT_CHARACTER,
    };
    let names = fit.columns.get(&Field::DisplayName);
    let names = *names.or(fit.columns.get(&Field::User))?;
    let has_lost_letters = sheet.text().contains(lost)
        && (0..sheet.height()).any(|row| sheet.cell(row, names).contains(lost));
    let message = "Names have question marks in place of characters, which were lost when the file \
     was written. Export it with -Encoding UTF8.";
    has_lost_letters.then(|| Finding::new(FindingCode::LettersLost, message).at_column(names + 1))
}

fn password_columns(sheet: &Sheet, fit: &Fit) -> impl Iterator<Item = Finding> {
    let columns = fit.unused.iter().copied();
    columns
        .filter(|column| is_of_passwords(heading(sheet, *column)))
        .map(|column| {
            let message = "The export has a column of passwords. It was not read; remove it from \
             the export, and change those passwords.";
            Finding::new(FindingCode::PasswordColumn, message).at_column(column + 1)
        })
}

/// What was taken for a field although its heading is none that the layout names.
fn columns_by_pattern(sheet: &Sheet, fit: &Fit) -> impl Iterator<Item = Finding> {
    fit.by_pattern.iter().filter_map(|(field, pattern)| {
        let column = *fit.columns.get(field)?;
        let message = format!(
            "{} is read as {}: it is the only column that fits “{pattern}”, and the file has none \
             of the headings that are known for it. If it is something else, rename it.",
            quoted(sheet, column),
            field.label(),
        );
        Some(Finding::new(FindingCode::HeadingAssumed, message).at_column(column + 1))
    })
}

/// Fields that nothing was taken for, since several columns could be it.
fn unclear_columns(sheet: &Sheet, fit: &Fit) -> impl Iterator<Item = Finding> {
    fit.ties.iter().map(|(field, columns)| {
        let message = format!(
            "{} could all be {}, so that none of them is read. Give the right one the heading “{}”.",
            listed(sheet, columns),
            field.label(),
            fit.layout.preferred_heading(*field).unwrap_or_default(),
        );
        Finding::new(FindingCode::HeadingUnclear, message)
    })
}

fn unused_columns(sheet: &Sheet, fit: &Fit) -> Option<Finding> {
    let in_ties: Vec<usize> = fit.ties.values().flatten().copied().collect();
    let is_told = |column: &usize| {
        let heading = heading(sheet, *column);
        let is_known = is_of_passwords(heading) || in_ties.contains(column);
        !fold_heading(heading).is_empty() && !is_known
    };
    let columns: Vec<usize> = fit.unused.iter().copied().filter(is_told).collect();
    let message = format!("These columns are not used: {}.", listed(sheet, &columns));
    (!columns.is_empty()).then(|| Finding::new(FindingCode::ColumnUnused, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_passwords_are_told_from_those_about_them() {
        for heading in [
            "Password",
            "SourcePassword",
            "Temp Password",
            "Pwd",
            "initial_password",
        ] {
            assert!(is_of_passwords(heading), "{heading}");
        }
        for heading in ["Password Last Set", "PasswordNeverExpires", "Passport", ""] {
            assert!(!is_of_passwords(heading), "{heading}");
        }
    }
}
