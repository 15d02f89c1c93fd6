use rust_xlsxwriter::{
    Color, ConditionalFormatDataBar, ConditionalFormatType, Format, IgnoreError, Table, TableColumn, TableStyle, Worksheet, XlsxError,
};

use super::super::palette;
use super::cells::{ColumnLook, Formats, NOTHING, readable, write_cell};
use super::widths::Widths;
use crate::report::{Cell, SUMMARY, WorkbookSheet};

/// Characters of the title at the foot of a page, which has room for no more. Excel allows 255 for the whole foot, where
/// some count twice.
const FOOTER_TITLE: usize = 95;

/// As many rows of a sheet as Excel takes.
pub(super) struct Part<'a> {
    pub(super) sheet: &'a WorkbookSheet,
    pub(super) name: &'a str,
    pub(super) rows: &'a [Vec<Cell>],
    pub(super) table_name: String,
    pub(super) title: &'a str,
    /// Whether its rows go through a file, one by one.
    pub(super) is_spooled: bool,
}

impl Part<'_> {
    pub(super) fn write(&self, worksheet: &mut Worksheet, formats: &Formats) -> Result<(), XlsxError> {
        worksheet.set_name(self.name)?;
        let widths = Widths::of(&self.sheet.columns, self.rows);
        for (column, width) in (0_u16..).zip(widths.iter()) {
            worksheet.set_column_width(column, width)?;
        }
        let mut row = 0;
        for line in &self.sheet.introduction {
            let format = if row == 0 { &formats.heading } else { &formats.line };
            write_line(worksheet, row, line, format, &widths)?;
            row += 1;
        }
        let header = if row == 0 { 0 } else { row + 1 };
        self.add_table(worksheet, header, formats, &widths)?;
        self.set_up_page(worksheet, header, &widths)?;

        let look = |place| formats.look(self.is_number(place), widths.is_wrapped(place));
        let looks: Vec<ColumnLook<'_>> = (0..self.sheet.columns.len()).map(look).collect();
        let mut row = header + 1;
        for cells in self.rows {
            let lines = widths.lines_of_row(cells);
            // rust_xlsxwriter 0.102 writes the last row of a spooled sheet a second time where it has a height.
            let is_written_twice = self.is_spooled && row == self.last_row(header)?;
            if lines > 1 && !is_written_twice {
                worksheet.set_row_height(row, row_height(f64::from(lines)))?;
            }
            for ((column, cell), look) in (0_u16..).zip(cells).zip(&looks) {
                write_cell(worksheet, (row, column), cell, formats, *look)?;
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

    /// The first known cell of a column, which tells what the column holds.
    fn known(&self, place: usize) -> Option<&Cell> {
        self.rows.iter().filter_map(|row| row.get(place)).find(|cell| !matches!(cell, Cell::NotReported | Cell::Word(NOTHING)))
    }

    /// Whether a column holds numbers or dates, which stand to the right.
    fn is_number(&self, place: usize) -> bool {
        self.known(place).is_some_and(|cell| !matches!(cell, Cell::Text(_) | Cell::Word(_)))
    }

    fn add_table(&self, worksheet: &mut Worksheet, header: u32, formats: &Formats, widths: &Widths) -> Result<(), XlsxError> {
        let heading_format = |place| -> &Format { if self.is_number(place) { &formats.number_column } else { &formats.column } };
        let headings: Vec<TableColumn> = (self.sheet.columns.iter().enumerate())
            .map(|(place, column)| TableColumn::new().set_header(column.heading).set_header_format(heading_format(place)))
            .collect();
        // Medium 2 has bands of the theme's blue; the header is made NHS blue by its format.
        let table = Table::new().set_name(&self.table_name).set_style(TableStyle::Medium2).set_columns(&headings);
        let last_row = self.last_row(header)?;
        let last_column = column_number(self.sheet.columns.len() - 1)?;
        worksheet.add_table(header, 0, last_row, last_column, &table)?;
        worksheet.set_row_height(header, widths.heading_height(&self.sheet.columns))?;
        let naming = self.sheet.columns.iter().position(|column| column.names_row).unwrap_or(0);
        worksheet.set_freeze_panes(header + 1, column_number(naming + 1)?)?;
        // A subject line that is a number is text on purpose, and needs no mark that says so.
        worksheet.ignore_error_range(header + 1, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
        for place in 0..self.sheet.columns.len() {
            if matches!(self.known(place), Some(Cell::Share(_))) {
                let column = column_number(place)?;
                worksheet.add_conditional_format(header + 1, column, last_row, column, &progress_bar())?;
            }
        }
        Ok(())
    }

    fn last_row(&self, header: u32) -> Result<u32, XlsxError> {
        Ok(u32::try_from(self.rows.len().max(1)).map_err(|_| XlsxError::RowColumnLimitError)?.saturating_add(header))
    }

    /// A4 across, as wide as the page, the header on each, numbered. What would make the type too small to read is left to
    /// the screen, and the foot of the page says so. A summary is one page.
    fn set_up_page(&self, worksheet: &mut Worksheet, header: u32, widths: &Widths) -> Result<(), XlsxError> {
        const A4: u8 = 9;
        let mut title: String = self.title.chars().filter(|letter| !letter.is_control()).take(FOOTER_TITLE).collect();
        if title.chars().count() < self.title.chars().count() {
            title.push('…');
        }
        worksheet.set_landscape().set_paper_size(A4).set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
        worksheet.set_print_fit_to_pages(1, u16::from(self.sheet.name == SUMMARY));
        worksheet.set_repeat_rows(header, header)?;
        let printed = widths.printed();
        let beyond = self.sheet.columns.len() - printed;
        worksheet.set_print_area(0, 0, self.last_row(header)?, column_number(printed - 1)?)?;
        let beyond = match beyond {
            0 => String::new(),
            1 => "1 more column on screen · ".to_owned(),
            several => format!("{several} more columns on screen · "),
        };
        worksheet.set_footer(format!("&L{}&R{beyond}Page &P of &N", title.replace('&', "&&")));
        Ok(())
    }
}

/// Writes a line above a table, over all columns that are printed. It goes on in another line where it is wider.
fn write_line(worksheet: &mut Worksheet, row: u32, line: &str, format: &Format, widths: &Widths) -> Result<(), XlsxError> {
    let lines = f64::from(widths.lines_of_introduction(line, row == 0));
    worksheet.set_row_height(row, if row == 0 { 18.0 * lines + 6.0 } else { row_height(lines) })?;
    match column_number(widths.printed() - 1)? {
        0 => worksheet.write_string_with_format(row, 0, readable(line), format)?,
        last => worksheet.merge_range(row, 0, row, last, &readable(line), format)?,
    };
    Ok(())
}

/// The points of so many lines of words.
fn row_height(lines: f64) -> f64 {
    13.0 * lines + 2.0
}

fn column_number(place: usize) -> Result<u16, XlsxError> {
    u16::try_from(place).map_err(|_| XlsxError::RowColumnLimitError)
}

/// A bar behind a share, as long as the cell for all of it.
fn progress_bar() -> ConditionalFormatDataBar {
    ConditionalFormatDataBar::new()
        .set_minimum(ConditionalFormatType::Number, 0)
        .set_maximum(ConditionalFormatType::Number, 1)
        .set_fill_color(Color::RGB(palette::PALE_BLUE.rgb()))
        .set_border_color(Color::RGB(palette::BLUE.rgb()))
        .set_solid_fill(true)
}
