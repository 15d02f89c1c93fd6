use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::super::palette;
use crate::report::Cell;

/// UTF-16 units that an Excel cell holds.
pub(super) const EXCEL_TEXT: usize = 32_767;

/// Stands where there is nothing to say: no cell is empty.
pub(super) const NOTHING: &str = "–";
pub(super) const NOT_REPORTED: &str = "Not reported";

/// The looks of cells.
pub(super) struct Formats {
    pub(super) heading: Format,
    pub(super) column: Format,
    pub(super) number_column: Format,
    /// Text above a table.
    pub(super) line: Format,
    text: Format,
    /// Words in a column of numbers.
    text_among_numbers: Format,
    /// Text that goes on in another line where it is longer than its column is wide.
    wrapped: Format,
    count: Format,
    share: Format,
    rate: Format,
    decimal: Format,
    day: Format,
    moment: Format,
    pub(super) quiet: Format,
    pub(super) quiet_number: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let plain = || Format::new().set_font_name("Arial").set_font_size(10);
        // What stands beside a text of several lines stands at its first.
        // The line below each row is there for programs that know nothing of the looks of tables.
        let line = || plain().set_border_bottom(FormatBorder::Thin).set_border_bottom_color(Color::RGB(palette::GRID.rgb()));
        let text = || line().set_align(FormatAlign::Top);
        // The indent keeps a number from the text to the right of it.
        let number = |format: &str| text().set_num_format(format).set_align(FormatAlign::Right).set_indent(1);
        let column = plain()
            .set_bold()
            .set_font_color(Color::White)
            .set_background_color(Color::RGB(palette::BLUE.rgb()))
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap();
        let quiet = text().set_font_color(Color::RGB(palette::SECONDARY.rgb()));
        Self {
            line: plain().set_text_wrap().set_align(FormatAlign::Top),
            text: text(),
            text_among_numbers: text().set_align(FormatAlign::Right).set_indent(1),
            wrapped: text().set_text_wrap(),
            heading: plain().set_text_wrap().set_bold().set_font_size(14).set_font_color(Color::RGB(palette::BLUE.rgb())),
            // The indent leaves room for the button of the filter.
            number_column: column.clone().set_align(FormatAlign::Right).set_indent(2),
            column,
            count: number("#,##0"),
            share: number("0.0%"),
            rate: number("0.0000%"),
            decimal: number("#,##0.0"),
            day: number("dd/mm/yyyy"),
            moment: number("dd/mm/yyyy hh:mm"),
            quiet_number: quiet.clone().set_align(FormatAlign::Right).set_indent(1),
            quiet,
        }
    }

    /// How words look in a column of numbers or of text, and of text that may be longer than the column is wide.
    pub(super) fn look(&self, is_number: bool, is_wrapped: bool) -> ColumnLook<'_> {
        match (is_number, is_wrapped) {
            (true, _) => ColumnLook { text: &self.text_among_numbers, unknown: &self.quiet_number },
            (false, true) => ColumnLook { text: &self.wrapped, unknown: &self.quiet },
            (false, false) => ColumnLook { text: &self.text, unknown: &self.quiet },
        }
    }
}

/// How the cells of a column look that are no numbers.
#[derive(Clone, Copy)]
pub(super) struct ColumnLook<'a> {
    text: &'a Format,
    /// What is not known.
    unknown: &'a Format,
}

/// Writes a cell as what it is: a number, a date, or text that stays text.
pub(super) fn write_cell(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    formats: &Formats,
    ColumnLook { text, unknown }: ColumnLook<'_>,
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
        Cell::Day(day) => worksheet.write_string_with_format(row, column, day.format("%d/%m/%Y").to_string(), text)?,
        Cell::Moment(moment) => worksheet.write_string_with_format(row, column, moment.format("%d/%m/%Y %H:%M").to_string(), text)?,
        Cell::Text(value) if value.is_empty() => worksheet.write_string_with_format(row, column, NOTHING, &formats.quiet)?,
        Cell::Text(value) => worksheet.write_string_with_format(row, column, readable(value), text)?,
        Cell::Word(word) => worksheet.write_string_with_format(row, column, *word, text)?,
        Cell::NotReported => worksheet.write_string_with_format(row, column, NOT_REPORTED, unknown)?,
    };
    Ok(())
}

/// Whether Excel's calendar has the day; others are written as text.
fn in_calendar(day: NaiveDate) -> bool {
    (1900..=9999).contains(&day.year())
}

/// The text as a cell can hold it: what XML cannot write is shown by a sign, and what is too long ends in an ellipsis.
pub(super) fn readable(text: &str) -> String {
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
