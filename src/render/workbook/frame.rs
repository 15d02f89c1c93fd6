use rust_xlsxwriter::{
    Color, ConditionalFormatDataBar, ConditionalFormatType, Format, IgnoreError, Table,
    TableColumn, TableStyle, Worksheet, XlsxError,
};

use super::super::palette;
use super::looks::{Headings, Look};
use super::recall::Recall;
use super::rows::{ColumnLook, NOTHING, column_name};
use super::texts::readable;
use super::widths::Widths;
use crate::report::{Cell, SUMMARY, WorkbookSheet};

/// Characters of the title at the foot of a page, which has room for no more. Excel allows 255 for
/// the whole foot, where some count twice.
const FOOTER_TITLE: usize = 95;

/// As many rows of a sheet as Excel takes, and all that is written around them.
pub(super) struct Part<'a> {
    sheet: &'a WorkbookSheet<'a>,
    name: String,
    title: &'a str,
    table_name: String,
    /// At least one.
    pub(super) rows: &'a [Vec<Cell<'a>>],
    pub(super) looks: Vec<ColumnLook>,
    widths: Widths,
    /// The row of the headings, from 0.
    header: u32,
}

impl<'a> Part<'a> {
    pub(super) fn new(
        sheet: &'a WorkbookSheet<'a>,
        rows: &'a [Vec<Cell<'a>>],
        name: String,
        table_name: String,
        title: &'a str,
    ) -> Self {
        let widths = Widths::of(&sheet.columns, rows);
        let look = |place| match sheet.rows.is_empty() {
            true => ColumnLook::QUIET,
            false => ColumnLook::new(is_number(rows, place), widths.is_wrapped(place)),
        };
        let looks = (0..sheet.columns.len()).map(look).collect();
        let introduction = u32::try_from(sheet.introduction.len()).unwrap_or(u32::MAX);
        let header = if introduction == 0 {
            0
        } else {
            introduction.saturating_add(1)
        };
        Self {
            sheet,
            name,
            title,
            table_name,
            rows,
            looks,
            widths,
            header,
        }
    }

    /// The name on its tab.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes everything but the rows. In the place of the first stands one cell of each look,
    /// which tells what the looks are numbered in the file.
    pub(super) fn write_frame(
        &self,
        worksheet: &mut Worksheet,
        headings: &Headings,
    ) -> Result<(), XlsxError> {
        worksheet.set_name(&self.name)?;
        for (column, width) in (0_u16..).zip(self.widths.iter()) {
            worksheet.set_column_width(column, width)?;
        }
        for (row, line) in (0..).zip(&self.sheet.introduction) {
            write_line(
                worksheet,
                row,
                line,
                if row == 0 {
                    &headings.title
                } else {
                    &headings.line
                },
                &self.widths,
            )?;
        }
        self.add_table(worksheet, headings)?;
        self.set_up_page(worksheet)?;
        for (column, look) in (0_u16..).zip(Look::ALL) {
            worksheet.write_blank(self.header + 1, column, &look.format())?;
        }
        Ok(())
    }

    /// The line of the first row, from 1.
    pub(super) fn first_line(&self) -> u32 {
        self.header + 2
    }

    /// How high a row is, where it is higher than usual.
    pub(super) fn points(&self, cells: &'a [Cell<'a>], lines: &mut Recall<'a, u32>) -> Option<f64> {
        let lines = self.widths.lines_of_row(cells, lines);
        (lines > 1).then(|| row_height(f64::from(lines)))
    }

    /// The last cell of the table: `T6058`.
    pub(super) fn last_cell(&self) -> String {
        format!(
            "{}{}",
            column_name(self.sheet.columns.len() - 1),
            self.header as usize + 1 + self.rows.len()
        )
    }

    /// Where the table is: `A4:T6058`.
    pub(super) fn range(&self) -> String {
        format!("A{}:{}", self.header + 1, self.last_cell())
    }

    /// Where the table is in the frame, which has one row: rust_xlsxwriter keeps each cell of a
    /// table in mind.
    pub(super) fn range_in_frame(&self) -> String {
        format!(
            "A{}:{}{}",
            self.header + 1,
            column_name(self.sheet.columns.len() - 1),
            self.header + 2
        )
    }

    fn add_table(&self, worksheet: &mut Worksheet, headings: &Headings) -> Result<(), XlsxError> {
        let format = |look: &ColumnLook| {
            if look.is_number() {
                &headings.number_column
            } else {
                &headings.column
            }
        };
        let columns = self.sheet.columns.iter().zip(&self.looks);
        let columns: Vec<TableColumn> = columns
            .map(|(column, look)| {
                TableColumn::new()
                    .set_header(column.heading)
                    .set_header_format(format(look))
            })
            .collect();
        // Medium 2 has bands of the theme's blue; the header is made NHS blue by its format.
        let table = Table::new()
            .set_name(&self.table_name)
            .set_style(TableStyle::Medium2)
            .set_columns(&columns);
        let (header, last_row) = (self.header, self.last_row()?);
        let last_column = column_number(self.sheet.columns.len() - 1)?;
        worksheet.add_table(header, 0, header + 1, last_column, &table)?;
        worksheet.set_row_height(header, self.widths.heading_height(&self.sheet.columns))?;
        let naming = self
            .sheet
            .columns
            .iter()
            .position(|column| column.names_row)
            .unwrap_or(0);
        worksheet.set_freeze_panes(header + 1, column_number(naming + 1)?)?;
        // A subject line that is a number is text on purpose, and needs no mark that says so.
        worksheet.ignore_error_range(
            header + 1,
            0,
            last_row,
            last_column,
            IgnoreError::NumberStoredAsText,
        )?;
        for place in 0..self.sheet.columns.len() {
            if matches!(known(self.rows, place), Some(Cell::Share(_))) {
                let column = column_number(place)?;
                worksheet.add_conditional_format(
                    header + 1,
                    column,
                    last_row,
                    column,
                    &progress_bar(),
                )?;
            }
        }
        Ok(())
    }

    fn last_row(&self) -> Result<u32, XlsxError> {
        Ok(u32::try_from(self.rows.len())
            .map_err(|_| XlsxError::RowColumnLimitError)?
            .saturating_add(self.header))
    }

    /// A4 across, as wide as the page, the header on each, numbered. What would make the type too
    /// small to read is left to the screen, and the foot of the page says so. A summary is one
    /// page.
    fn set_up_page(&self, worksheet: &mut Worksheet) -> Result<(), XlsxError> {
        const A4: u8 = 9;
        let mut title: String = self
            .title
            .chars()
            .filter(|letter| !letter.is_control())
            .take(FOOTER_TITLE)
            .collect();
        if title.chars().count() < self.title.chars().count() {
            title.push('…');
        }
        worksheet
            .set_landscape()
            .set_paper_size(A4)
            .set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
        worksheet.set_print_fit_to_pages(1, u16::from(self.sheet.name == SUMMARY));
        worksheet.set_repeat_rows(self.header, self.header)?;
        let printed = self.widths.printed();
        let beyond = self.sheet.columns.len() - printed;
        worksheet.set_print_area(0, 0, self.last_row()?, column_number(printed - 1)?)?;
        let beyond = match beyond {
            0 => String::new(),
            1 => "1 more column on screen · ".to_owned(),
            several => format!("{several} more columns on screen · "),
        };
        worksheet.set_footer(format!(
            "&L{}&R{beyond}Page &P of &N",
            title.replace('&', "&&")
        ));
        Ok(())
    }
}

/// The first known cell of a column, which tells what the column holds.
fn known<'a>(rows: &'a [Vec<Cell<'a>>], place: usize) -> Option<&'a Cell<'a>> {
    rows.iter()
        .filter_map(|row| row.get(place))
        .find(|cell| !matches!(cell, Cell::NotReported | Cell::Word(NOTHING)))
}

/// Whether a column holds numbers or dates, which stand to the right.
fn is_number(rows: &[Vec<Cell>], place: usize) -> bool {
    known(rows, place).is_some_and(|cell| !matches!(cell, Cell::Text(_) | Cell::Word(_)))
}

/// Writes a line above a table, over all columns that are printed. It goes on in another line where
/// it is wider.
fn write_line(
    worksheet: &mut Worksheet,
    row: u32,
    line: &str,
    format: &Format,
    widths: &Widths,
) -> Result<(), XlsxError> {
    let lines = f64::from(widths.lines_of_introduction(line, row == 0));
    worksheet.set_row_height(
        row,
        if row == 0 {
            18.0 * lines + 6.0
        } else {
            row_height(lines)
        },
    )?;
    match column_number(widths.printed() - 1)? {
        0 => worksheet.write_string_with_format(row, 0, readable(line).as_ref(), format)?,
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
