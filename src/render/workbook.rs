//! Workbooks: every sheet some lines of text and one real Excel table.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate, NaiveTime};
use rust_xlsxwriter::{
    Color, DocProperties, Format, FormatAlign, Table, TableColumn, TableStyle, Workbook as Document, Worksheet, XlsxError,
};

use super::palette;
use crate::report::{Cell, Workbook, WorkbookSheet};

/// What a sheet may hold.
struct Limits {
    /// Rows of an Excel sheet.
    rows: usize,
    /// Cells kept in memory, at about 300 bytes each. A sheet with more is spooled through an unnamed temporary file:
    /// 800,000 cells take 235 MB and 2.4 s in memory, 90 MB and 1.8 s spooled. Usual sheets never touch the disk.
    cells_in_memory: usize,
}

const LIMITS: Limits = Limits { rows: 1_048_576, cells_in_memory: 20_000 };

/// Of 9: half the time of the usual 6, for an eighth more bytes.
const COMPRESSION: u8 = 3;

/// UTF-16 units that an Excel cell holds.
const EXCEL_TEXT: usize = 32_767;
/// Characters of a sheet's name.
const EXCEL_NAME: usize = 31;
/// Characters of a footer are 255; the title takes its part.
const FOOTER_TITLE: usize = 200;

/// Stands where there is nothing to say: no cell is empty.
const NOTHING: &str = "–";
const NOT_REPORTED: &str = "Not reported";

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// A sheet has no columns.
    #[error("sheet {sheet} of {workbook} has no columns")]
    NoColumns {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
    },
    /// A row has more or fewer cells than there are columns.
    #[error("sheet {sheet} of {workbook}, row {row} of its table: {cells} cells for {columns} columns")]
    RowWidth {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
        /// The row, from 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The columns of the sheet.
        columns: usize,
    },
    /// Excel does not allow it: a name of a sheet that is not valid or not unique, a heading twice.
    #[error("sheet {sheet} of {workbook} cannot be written")]
    Sheet {
        /// The workbook's file name.
        workbook: String,
        /// The sheet's name.
        sheet: String,
        /// What Excel does not allow.
        #[source]
        source: XlsxError,
    },
    /// The finished sheets do not make a file.
    #[error("{workbook} cannot be written")]
    File {
        /// The workbook's file name.
        workbook: String,
        /// Why not.
        #[source]
        source: XlsxError,
    },
}

/// Writes a workbook as xlsx. The same workbook gives the same bytes.
///
/// A sheet with more rows than Excel holds continues on “Users (2)”.
///
/// # Errors
/// [`WorkbookError`] for a sheet that Excel would not open.
pub(super) fn write(workbook: &Workbook) -> Result<Vec<u8>, WorkbookError> {
    write_within(workbook, &LIMITS)
}

fn write_within(workbook: &Workbook, limits: &Limits) -> Result<Vec<u8>, WorkbookError> {
    let in_file = |source| WorkbookError::File { workbook: workbook.file_name.clone(), source };
    let mut document = Document::new();
    document.set_zip_compression_level(COMPRESSION);
    document.set_default_format(&Format::new().set_font_name("Arial").set_font_size(10), 17, 64).map_err(in_file)?;
    // Seven in the morning, when reports are read; the clock would make each file another.
    let created = workbook.created.day().and_time(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default()).and_utc();
    document.set_properties(
        &DocProperties::new().set_title(readable(&workbook.title)).set_author(readable(&workbook.author)).set_creation_datetime(&created),
    );
    let formats = Formats::new();
    let mut table_names = HashSet::new();

    for sheet in &workbook.sheets {
        check(workbook, sheet)?;
        let above = sheet.introduction.len() + usize::from(!sheet.introduction.is_empty());
        let capacity = limits.rows.saturating_sub(above + 1).max(1);
        // An empty table still has its one row.
        let parts = sheet.rows.chunks(capacity).chain(sheet.rows.is_empty().then_some(sheet.rows.as_slice()));
        for (place, rows) in parts.enumerate() {
            let name = part_name(&sheet.name, place);
            let in_sheet = |source| WorkbookError::Sheet { workbook: workbook.file_name.clone(), sheet: name.clone(), source };
            // Not the mode that writes texts into the cells themselves: mail on an iPhone and Numbers on a Mac show those blank.
            let worksheet = if rows.len() * sheet.columns.len() > limits.cells_in_memory {
                document.add_worksheet_with_low_memory().map_err(in_sheet)?
            } else {
                document.add_worksheet()
            };
            let part = Part { sheet, name: &name, rows, table_name: table_name(&name, &mut table_names), title: &workbook.title };
            part.write(worksheet, &formats).map_err(in_sheet)?;
        }
    }
    document.save_to_buffer().map_err(in_file)
}

fn check(workbook: &Workbook, sheet: &WorkbookSheet) -> Result<(), WorkbookError> {
    let (workbook, name, columns) = (workbook.file_name.clone(), sheet.name.clone(), sheet.columns.len());
    if columns == 0 {
        return Err(WorkbookError::NoColumns { workbook, sheet: name });
    }
    match sheet.rows.iter().enumerate().find(|(_, row)| row.len() != columns) {
        Some((place, row)) => Err(WorkbookError::RowWidth { workbook, sheet: name, row: place + 1, cells: row.len(), columns }),
        None => Ok(()),
    }
}

/// `Users`, then `Users (2)`.
fn part_name(sheet: &str, place: usize) -> String {
    if place == 0 {
        return sheet.to_owned();
    }
    let number = format!(" ({})", place + 1);
    let kept: String = sheet.chars().take(EXCEL_NAME - number.len()).collect();
    format!("{}{number}", kept.trim_end())
}

/// `Failed_items_table`: letters, digits and underscores, and never like a cell's address.
fn table_name(sheet: &str, taken: &mut HashSet<String>) -> String {
    let words: Vec<&str> = sheet.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let begins = if words.first().is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic())) { "" } else { "_" };
    let stem = format!("{begins}{}_table", words.join("_"));
    let mut name = stem.clone();
    let mut number = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{stem}_{number}");
        number += 1;
    }
    name
}

/// The looks of cells.
struct Formats {
    heading: Format,
    column: Format,
    number_column: Format,
    count: Format,
    share: Format,
    rate: Format,
    decimal: Format,
    day: Format,
    moment: Format,
    quiet: Format,
    quiet_number: Format,
}

impl Formats {
    fn new() -> Self {
        let number = |format: &str| Format::new().set_font_name("Arial").set_font_size(10).set_num_format(format);
        let text = || number("General");
        let column = text()
            .set_bold()
            .set_font_color(Color::White)
            .set_background_color(Color::RGB(palette::BLUE.rgb()))
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap();
        let quiet = text().set_font_color(Color::RGB(palette::SECONDARY.rgb()));
        Self {
            heading: text().set_bold().set_font_size(14).set_font_color(Color::RGB(palette::BLUE.rgb())),
            // The indent leaves room for the button of the filter.
            number_column: column.clone().set_align(FormatAlign::Right).set_indent(2),
            column,
            count: number("#,##0"),
            share: number("0.0%"),
            rate: number("0.0000%"),
            decimal: number("0.0"),
            day: number("dd/mm/yyyy"),
            moment: number("dd/mm/yyyy hh:mm"),
            quiet_number: quiet.clone().set_align(FormatAlign::Right),
            quiet,
        }
    }
}

/// As many rows of a sheet as Excel takes.
struct Part<'a> {
    sheet: &'a WorkbookSheet,
    name: &'a str,
    rows: &'a [Vec<Cell>],
    table_name: String,
    title: &'a str,
}

impl Part<'_> {
    fn write(&self, worksheet: &mut Worksheet, formats: &Formats) -> Result<(), XlsxError> {
        worksheet.set_name(self.name)?;
        for (column, width) in (0_u16..).zip(self.sheet.columns.iter().map(|column| column.width)) {
            worksheet.set_column_width(column, width)?;
        }
        let mut row = 0;
        for line in &self.sheet.introduction {
            if row == 0 {
                worksheet.write_string_with_format(row, 0, readable(line), &formats.heading)?;
                worksheet.set_row_height(row, 24)?;
            } else {
                worksheet.write_string(row, 0, readable(line))?;
            }
            row += 1;
        }
        let header = if row == 0 { 0 } else { row + 1 };
        self.add_table(worksheet, header, formats)?;
        self.set_up_page(worksheet, header)?;

        let unknown: Vec<&Format> =
            (0..self.sheet.columns.len()).map(|place| if self.is_number(place) { &formats.quiet_number } else { &formats.quiet }).collect();
        let mut row = header + 1;
        for cells in self.rows {
            for ((column, cell), unknown) in (0_u16..).zip(cells).zip(&unknown) {
                write_cell(worksheet, (row, column), cell, formats, unknown)?;
            }
            row += 1;
        }
        if self.rows.is_empty() {
            for (column, _) in (0_u16..).zip(&self.sheet.columns) {
                worksheet.write_string_with_format(row, column, if column == 0 { "None" } else { NOTHING }, &formats.quiet)?;
            }
        }
        Ok(())
    }

    /// Whether a column holds numbers or dates, which Excel sets to the right: as its first known cell does.
    fn is_number(&self, place: usize) -> bool {
        let first = self.rows.iter().filter_map(|row| row.get(place)).find(|cell| **cell != Cell::NotReported);
        first.is_some_and(|cell| !matches!(cell, Cell::Text(_) | Cell::Word(_)))
    }

    fn add_table(&self, worksheet: &mut Worksheet, header: u32, formats: &Formats) -> Result<(), XlsxError> {
        let headings: Vec<TableColumn> = (self.sheet.columns.iter().enumerate())
            .map(|(place, column)| {
                let format = if self.is_number(place) { &formats.number_column } else { &formats.column };
                TableColumn::new().set_header(column.heading).set_header_format(format)
            })
            .collect();
        // Medium 2 has bands of the theme's blue; the header is made NHS blue by its format.
        let table = Table::new().set_name(&self.table_name).set_style(TableStyle::Medium2).set_columns(&headings);
        let last_row = u32::try_from(self.rows.len().max(1)).map_err(|_| XlsxError::RowColumnLimitError)?.saturating_add(header);
        let last_column = u16::try_from(self.sheet.columns.len() - 1).map_err(|_| XlsxError::RowColumnLimitError)?;
        worksheet.add_table(header, 0, last_row, last_column, &table)?;
        worksheet.set_row_height(header, 32)?;
        worksheet.set_freeze_panes(header + 1, 0)?;
        Ok(())
    }

    /// A4 across, as wide as the page, the header on each, numbered.
    fn set_up_page(&self, worksheet: &mut Worksheet, header: u32) -> Result<(), XlsxError> {
        const A4: u8 = 9;
        let title: String = self.title.chars().filter(|letter| !letter.is_control()).take(FOOTER_TITLE).collect();
        let title = if title.encode_utf16().count() + title.matches('&').count() > FOOTER_TITLE { String::new() } else { title };
        worksheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        worksheet.set_repeat_rows(header, header)?;
        worksheet.set_footer(format!("&L{}&RPage &P of &N", title.replace('&', "&&")));
        Ok(())
    }
}

fn write_cell(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    formats: &Formats,
    unknown: &Format,
) -> Result<(), XlsxError> {
    let mut number = |value: f64, format: &Format| {
        // Excel has no cell for a number without a value.
        if value.is_finite() {
            worksheet.write_number_with_format(row, column, value, format).map(|_| ())
        } else {
            worksheet.write_string_with_format(row, column, NOT_REPORTED, unknown).map(|_| ())
        }
    };
    match cell {
        // Excel keeps 15 digits at any rate
        Cell::Count(count) => return number(*count as f64, &formats.count),
        Cell::Share(share) => return number(*share, &formats.share),
        Cell::Rate(rate) => return number(*rate, &formats.rate),
        Cell::Decimal(value) => return number(*value, &formats.decimal),
        Cell::Day(day) if in_calendar(*day) => worksheet.write_date_with_format(row, column, day, &formats.day)?,
        Cell::Moment(moment) if in_calendar(moment.date()) => worksheet.write_datetime_with_format(row, column, moment, &formats.moment)?,
        Cell::Day(day) => worksheet.write_string(row, column, day.format("%d/%m/%Y").to_string())?,
        Cell::Moment(moment) => worksheet.write_string(row, column, moment.format("%d/%m/%Y %H:%M").to_string())?,
        Cell::Text(text) if text.is_empty() => worksheet.write_string_with_format(row, column, NOTHING, &formats.quiet)?,
        Cell::Text(text) => worksheet.write_string(row, column, readable(text))?,
        Cell::Word(word) => worksheet.write_string(row, column, *word)?,
        Cell::NotReported => worksheet.write_string_with_format(row, column, NOT_REPORTED, unknown)?,
    };
    Ok(())
}

/// Whether Excel's calendar has the day; others are written as text.
fn in_calendar(day: NaiveDate) -> bool {
    (1900..=9999).contains(&day.year())
}

/// The text as a cell can hold it: what XML cannot write is shown by a sign, and what is too long ends in an ellipsis.
fn readable(text: &str) -> String {
    let signs = text.chars().map(|letter| match letter {
        '\n' | '\t' => letter,
        '\u{0}'..='\u{1F}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        '\u{FFFE}' | '\u{FFFF}' => '\u{FFFD}',
        other => other,
    });
    let mut written = String::with_capacity(text.len());
    let (mut units, mut fits) = (0, 0);
    for letter in signs {
        units += letter.len_utf16();
        if units > EXCEL_TEXT {
            written.truncate(fits);
            written.push('…');
            return written;
        }
        written.push(letter);
        if units < EXCEL_TEXT {
            fits = written.len(); // with room for the ellipsis
        }
    }
    written
}

#[cfg(test)]
mod tests;
