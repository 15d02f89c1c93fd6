//! A worksheet and its table (ECMA-376, part 1, 18.3 and 18.5).

use super::super::palette;
use super::namespaces::{DECLARATION, RELATIONS, SPREADSHEET};
use super::rows::{ColumnStyle, NOTHING, RowWriter, column_name};
use super::styles::{CellFormat, argb};
use super::texts::{SharedTexts, escaped};
use super::widths::Widths;
use crate::domain::invisible::excerpt;
use crate::domain::plural::counted;
use crate::report::{Cell, Line, SUMMARY, SheetChart, SheetUse, WorkbookSheet};

/// Characters of the name at the foot of a page, which has room for no more. Excel allows 255 for
/// the whole foot, where some count twice.
const FOOTER_NAME: usize = 95;

/// Columns of the usual width that a chart is wide, and rows of the usual height that it is high with
/// the space below it.
const CHART_COLUMNS: usize = 9;
/// Rows that are printed of a sheet in which things are looked up: nobody wants thousands on paper.
const PRINTED_ROWS: usize = 100;

pub(super) const CHART_ROWS: usize = 20;

/// As many rows of a report's sheet as Excel takes: a worksheet with one table.
pub(super) struct SheetPart<'a> {
    sheet: &'a WorkbookSheet<'a>,
    /// The name on its tab.
    pub(super) name: String,
    table_name: String,
    /// The name of the file, which says on paper what it is of.
    file: &'a str,
    /// At least one.
    pub(super) rows: &'a [Vec<Cell<'a>>],
    columns: Vec<ColumnStyle>,
    widths: Widths,
    /// The line of the headings, from 1.
    pub(super) heading_line: usize,
}

impl<'a> SheetPart<'a> {
    pub(super) fn new(
        sheet: &'a WorkbookSheet<'a>,
        rows: &'a [Vec<Cell<'a>>],
        name: String,
        table_name: String,
        file: &'a str,
    ) -> Self {
        let widths = Widths::of(sheet.columns(), rows);
        let column = |place| match sheet.rows.is_empty() {
            true => ColumnStyle::quiet(place),
            false => ColumnStyle::new(place, is_number(rows, place), widths.is_wrapped(place)),
        };
        Self {
            columns: (0..sheet.columns().len()).map(column).collect(),
            sheet,
            name,
            table_name,
            file,
            rows,
            widths,
            heading_line: lines_above_headings(sheet) + 1,
        }
    }

    /// Writes the worksheet, the `number`th of the document.
    pub(super) fn write(
        &self,
        number: usize,
        charts: usize,
        texts: &mut SharedTexts<'a>,
        xml: &mut Vec<u8>,
    ) {
        xml.extend_from_slice(self.before_rows(number).as_bytes());
        xml.extend_from_slice(self.lines_above(texts).as_bytes());
        xml.extend_from_slice(self.headings(texts).as_bytes());
        let mut writer = RowWriter::new(&self.columns, texts, xml);
        for (line, cells) in (self.heading_line + 1..).zip(self.rows) {
            let height = match self.sheet.use_of {
                // A letter would be as high as the screen.
                SheetUse::MailMerge => Some(row_height(1)),
                SheetUse::LookUp | SheetUse::Work => {
                    let lines = self.widths.lines_of_row(cells);
                    (lines > 1).then(|| row_height(lines))
                }
            };
            writer.row(line, height, cells);
        }
        xml.extend_from_slice(self.behind_rows(number, charts).as_bytes());
    }

    /// The charts beside it.
    pub(super) fn charts(&self) -> &'a [SheetChart] {
        &self.sheet.charts
    }

    /// The first column beside the table that is not next to it.
    pub(super) fn first_beside(&self) -> usize {
        self.columns.len() + 1
    }

    /// The place of a column, and its heading.
    pub(super) fn column(&self, heading: &str) -> Option<(usize, &'static str)> {
        let mut columns = self.sheet.columns().iter().enumerate();
        let found = columns.find(|(_, column)| column.heading == heading);
        found.map(|(place, column)| (place, column.heading))
    }

    /// The part of its table.
    pub(super) fn table(&self, number: usize) -> String {
        let (name, range) = (&self.table_name, self.table_range());
        let columns: String = (1..)
            .zip(self.sheet.columns())
            .map(|(id, column)| {
                let heading = escaped(column.heading);
                format!(r#"<tableColumn id="{id}" name="{heading}"/>"#)
            })
            .collect();
        let count = self.columns.len();
        // Medium 2 has bands of the theme's blue; the heading is made NHS blue by its format.
        format!(
            r#"{DECLARATION}<table xmlns="{SPREADSHEET}" id="{number}" name="{name}" displayName="{name}" ref="{range}" totalsRowShown="0"><autoFilter ref="{range}"/><tableColumns count="{count}">{columns}</tableColumns><tableStyleInfo name="TableStyleMedium2" showFirstColumn="0" showLastColumn="0" showRowStripes="1" showColumnStripes="0"/></table>"#
        )
    }

    /// What is printed: as many rows as somebody wants on paper, and the columns that have room:
    /// `$A$1:$K$104`.
    pub(super) fn print_area(&self) -> String {
        let last_line = self.heading_line + self.printed_rows();
        let (column, line) = match self.sheet.charts.len() {
            0 => (self.last_printed(), last_line),
            charts => (
                column_name(self.first_beside() + CHART_COLUMNS - 1),
                last_line.max(self.heading_line + charts * CHART_ROWS),
            ),
        };
        format!("$A$1:${column}${line}")
    }

    /// The lines that are printed on each page.
    pub(super) fn print_titles(&self) -> String {
        format!("${0}:${0}", self.heading_line)
    }

    fn printed_rows(&self) -> usize {
        match self.sheet.use_of {
            SheetUse::Work => self.rows.len(),
            SheetUse::LookUp | SheetUse::MailMerge => self.rows.len().min(PRINTED_ROWS),
        }
    }

    fn last_line(&self) -> usize {
        self.heading_line + self.rows.len()
    }

    fn last_column(&self) -> String {
        column_name(self.columns.len().saturating_sub(1))
    }

    fn last_printed(&self) -> String {
        column_name(self.widths.printed() - 1)
    }

    /// Where the table is, with its headings: `A4:T6058`.
    fn table_range(&self) -> String {
        let (column, line) = (self.last_column(), self.last_line());
        format!("A{}:{column}{line}", self.heading_line)
    }

    /// The view, with the headings and the column that names a row always in sight, and the widths.
    fn before_rows(&self, number: usize) -> String {
        let dimension = format!("A1:{}{}", self.last_column(), self.last_line());
        let selected = match number {
            1 => r#" tabSelected="1""#,
            _ => "",
        };
        let mut columns = self.sheet.columns().iter();
        let naming = columns.position(|column| column.names_row);
        let columns_kept = naming.unwrap_or(0) + 1;
        let (lines_kept, column) = (self.heading_line, column_name(columns_kept));
        let line = lines_kept + 1;
        let widths: String = (1..)
            .zip(self.widths.in_excel())
            .map(|(column, width)| {
                format!(r#"<col min="{column}" max="{column}" width="{width}" customWidth="1"/>"#)
            })
            .collect();
        let panes = format!(
            r#"<pane xSplit="{columns_kept}" ySplit="{lines_kept}" topLeftCell="{column}{line}" activePane="bottomRight" state="frozen"/><selection pane="topRight" activeCell="{column}1" sqref="{column}1"/><selection pane="bottomLeft" activeCell="A{line}" sqref="A{line}"/><selection pane="bottomRight"/>"#
        );
        // What stands above a summary would leave no room for what moves.
        let panes = if self.sheet.name == SUMMARY {
            ""
        } else {
            &panes
        };
        format!(
            r#"{DECLARATION}<worksheet xmlns="{SPREADSHEET}" xmlns:r="{RELATIONS}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="{dimension}"/><sheetViews><sheetView{selected} workbookViewId="0">{panes}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="12.75"/><cols>{widths}</cols><sheetData>"#
        )
    }

    /// The lines above the table, each over all columns that are printed. It goes on in another
    /// line where it is wider. One that leads to a sheet has the link in the first column.
    fn lines_above(&self, texts: &mut SharedTexts<'a>) -> String {
        let mut rows = String::new();
        for (place, written) in self.sheet.introduction.iter().enumerate() {
            let (is_title, line, text) = (place == 0, place + 1, written.text.as_str());
            let first = self.first_column_of(written);
            let lines = self.widths.lines_of_introduction(first, text, is_title);
            let (format, height) = match is_title {
                true => (CellFormat::Title, 18.0 * f64::from(lines) + 6.0),
                false => (CellFormat::Line, row_height(lines)),
            };
            let mut cells = String::new();
            if let Some(sheet) = written.to_sheet.as_deref().filter(|_| first > 0) {
                cells += &text_cell(0, line, CellFormat::Link, texts.number_of(sheet));
            }
            cells += &text_cell(first, line, format, texts.number_of(text));
            for column in first + 1..self.widths.printed() {
                cells += &blank_cell(column, line, format);
            }
            rows += &row(line, height, &cells);
        }
        rows
    }

    /// Where the words of a line above the table begin: beside its link, where there is room.
    fn first_column_of(&self, line: &Line) -> usize {
        usize::from(line.to_sheet.is_some() && self.widths.printed() > 1)
    }

    fn headings(&self, texts: &mut SharedTexts<'a>) -> String {
        let line = self.heading_line;
        let cells: String = (0..)
            .zip(self.sheet.columns().iter().zip(&self.columns))
            .map(|(place, (column, kind))| {
                let text = texts.number_of(column.heading);
                text_cell(place, line, kind.heading_format(), text)
            })
            .collect();
        let height = self.widths.heading_height(self.sheet.columns());
        row(line, height, &cells)
    }

    /// What is laid over the cells, and how the worksheet is printed: A4 across, as wide as the
    /// page, the headings on each, numbered. What would make the type too small to read is left to
    /// the screen, and the foot of the page says so. A summary is one page.
    fn behind_rows(&self, number: usize, charts: usize) -> String {
        let last_printed = self.last_printed();
        let last = self.widths.printed();
        let merged: Vec<String> = (1..)
            .zip(&self.sheet.introduction)
            .map(|(line, written)| (line, self.first_column_of(written)))
            .filter(|(_, first)| first + 1 < last)
            .map(|(line, first)| {
                let first = column_name(first);
                format!(r#"<mergeCell ref="{first}{line}:{last_printed}{line}"/>"#)
            })
            .collect();
        let merged = match merged.len() {
            0 => String::new(),
            count => format!(
                r#"<mergeCells count="{count}">{}</mergeCells>"#,
                merged.concat()
            ),
        };
        let (bars, looks_of_bars) = self.progress_bars(number);
        let links = self.links();
        let choices = self.choices();
        let drawing = match charts {
            0 => "",
            _ => r#"<drawing r:id="rId2"/>"#,
        };
        let pages_high = u8::from(self.sheet.name == SUMMARY);
        let footer = escaped(&self.footer());
        let (first, last) = (self.heading_line + 1, self.last_line());
        let table_rows = format!("A{first}:{}{last}", self.last_column());
        // A subject line that is a number is text on purpose, and needs no mark that says so.
        format!(
            r#"</sheetData>{merged}{bars}{choices}{links}<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" fitToHeight="{pages_high}" orientation="landscape"/><headerFooter><oddFooter>{footer}</oddFooter></headerFooter><ignoredErrors><ignoredError sqref="{table_rows}" numberStoredAsText="1"/></ignoredErrors>{drawing}<tableParts count="1"><tablePart r:id="rId1"/></tableParts>{looks_of_bars}</worksheet>"#
        )
    }

    /// What is offered in the cells that people fill; whatever else they write is let be.
    fn choices(&self) -> String {
        let columns = (0..).zip(self.sheet.columns());
        let offered: Vec<String> = columns
            .filter_map(|(place, column)| Some((column_name(place), column.choices?)))
            .map(|(column, choices)| {
                let (first, last) = (self.heading_line + 1, self.last_line());
                format!(
                    r#"<dataValidation type="list" allowBlank="1" sqref="{column}{first}:{column}{last}"><formula1>"{choices}"</formula1></dataValidation>"#
                )
            })
            .collect();
        match offered.len() {
            0 => String::new(),
            count => format!(
                r#"<dataValidations count="{count}">{}</dataValidations>"#,
                offered.concat()
            ),
        }
    }

    /// The lines above the table that lead to other sheets.
    fn links(&self) -> String {
        let lines = (1..).zip(&self.sheet.introduction);
        let links = lines.filter_map(|(line, written)| {
            let sheet = escaped(&written.to_sheet.as_ref()?.replace('\'', "''"));
            Some(format!(
                r#"<hyperlink ref="A{line}" location="'{sheet}'!A1"/>"#
            ))
        });
        match links.collect::<String>() {
            links if links.is_empty() => links,
            links => format!("<hyperlinks>{links}</hyperlinks>"),
        }
    }

    fn footer(&self) -> String {
        let mut name = excerpt(self.file, FOOTER_NAME);
        if name.chars().count() < self.file.chars().count() {
            name.push('…');
        }
        let more = |number: usize, one: &str, several: &str| {
            (number > 0).then(|| counted(number, one, several))
        };
        let beyond = [
            more(
                self.rows.len() - self.printed_rows(),
                "more row",
                "more rows",
            ),
            more(
                self.columns.len() - self.widths.printed(),
                "more column",
                "more columns",
            ),
        ];
        let beyond: Vec<String> = beyond.into_iter().flatten().collect();
        let beyond = match beyond.is_empty() {
            true => String::new(),
            false => format!("{} on screen · ", beyond.join(", ")),
        };
        format!("&L{}&R{beyond}Page &P of &N", name.replace('&', "&&"))
    }

    /// A bar behind each share, as long as the cell for all of it: as every program reads it, and
    /// the plain look with a border that Excel has had since 2010 (MS-XLSX, 2.6.30).
    fn progress_bars(&self, number: usize) -> (String, String) {
        let (fill, border) = (argb(palette::PALE_BLUE), argb(palette::BLUE));
        let (mut bars, mut looks) = (String::new(), String::new());
        let is_share = |place: &usize| matches!(known(self.rows, *place), Some(Cell::Share(_)));
        let shares = (0..self.columns.len()).filter(is_share);
        for (priority, place) in (1..).zip(shares) {
            let id = format!("{{DA7ABA51-AAAA-BBBB-{number:04X}-{priority:012X}}}");
            let (column, first) = (column_name(place), self.heading_line + 1);
            let cells = format!("{column}{first}:{column}{}", self.last_line());
            bars += &format!(
                r#"<conditionalFormatting sqref="{cells}"><cfRule type="dataBar" priority="{priority}"><dataBar><cfvo type="num" val="0"/><cfvo type="num" val="1"/><color rgb="{fill}"/></dataBar><extLst><ext xmlns:x14="{EXCEL_2010}" uri="{{B025F937-C7B1-47D3-B67F-A62EFF666E3E}}"><x14:id>{id}</x14:id></ext></extLst></cfRule></conditionalFormatting>"#
            );
            looks += &format!(
                r#"<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:cfRule type="dataBar" id="{id}"><x14:dataBar minLength="0" maxLength="100" border="1" gradient="0" negativeBarBorderColorSameAsPositive="0"><x14:cfvo type="num"><xm:f>0</xm:f></x14:cfvo><x14:cfvo type="num"><xm:f>1</xm:f></x14:cfvo><x14:borderColor rgb="{border}"/><x14:negativeFillColor rgb="FFFF0000"/><x14:negativeBorderColor rgb="FFFF0000"/><x14:axisColor rgb="FF000000"/></x14:dataBar></x14:cfRule><xm:sqref>{cells}</xm:sqref></x14:conditionalFormatting>"#
            );
        }
        if !looks.is_empty() {
            looks = format!(
                r#"<extLst><ext xmlns:x14="{EXCEL_2010}" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}"><x14:conditionalFormattings>{looks}</x14:conditionalFormattings></ext></extLst>"#
            );
        }
        (bars, looks)
    }
}

const EXCEL_2010: &str = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main";

/// Lines above the headings, the last of which is empty.
pub(super) fn lines_above_headings(sheet: &WorkbookSheet<'_>) -> usize {
    sheet.introduction.len() + usize::from(!sheet.introduction.is_empty())
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

/// The points of so many lines of words.
fn row_height(lines: u32) -> f64 {
    13.0 * f64::from(lines) + 2.0
}

/// A row above the table's own, as high as whole pixels are, of which a point has four thirds.
fn row(line: usize, points: f64, cells: &str) -> String {
    let points = (points / 0.75).round() * 0.75;
    format!(r#"<row r="{line}" ht="{points}" customHeight="1">{cells}</row>"#)
}

fn text_cell(column: usize, line: usize, format: CellFormat, text: usize) -> String {
    let (column, format) = (column_name(column), format as usize);
    format!(r#"<c r="{column}{line}" s="{format}" t="s"><v>{text}</v></c>"#)
}

fn blank_cell(column: usize, line: usize, format: CellFormat) -> String {
    let (column, format) = (column_name(column), format as usize);
    format!(r#"<c r="{column}{line}" s="{format}"/>"#)
}
