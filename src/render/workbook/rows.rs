use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use super::styles::CellFormat;
use super::texts::SharedTexts;
use crate::report::Cell;

/// Stands where there is nothing to say: no cell is empty.
pub(super) const NOTHING: &str = "–";
pub(super) const NOT_REPORTED: &str = "Not reported";

/// A column of a table: how those of its cells look that are no numbers.
#[derive(Debug, Clone)]
pub(super) struct ColumnStyle {
    name: String,
    text: CellFormat,
    unknown: CellFormat,
}

impl ColumnStyle {
    /// Of a table that says that there is nothing.
    pub(super) fn quiet(place: usize) -> Self {
        Self::of(place, CellFormat::Quiet, CellFormat::Quiet)
    }

    fn of(place: usize, text: CellFormat, unknown: CellFormat) -> Self {
        Self {
            name: column_name(place),
            text,
            unknown,
        }
    }

    pub(super) fn new(place: usize, is_number: bool, is_wrapped: bool) -> Self {
        let (text, unknown) = match (is_number, is_wrapped) {
            (true, _) => (CellFormat::TextAmongNumbers, CellFormat::QuietAmongNumbers),
            (false, true) => (CellFormat::WrappedText, CellFormat::Quiet),
            (false, false) => (CellFormat::Text, CellFormat::Quiet),
        };
        Self::of(place, text, unknown)
    }

    pub(super) fn heading_format(&self) -> CellFormat {
        match self.text {
            CellFormat::TextAmongNumbers => CellFormat::HeadingOfNumbers,
            _ => CellFormat::Heading,
        }
    }
}

/// Writes the rows of a table (ECMA-376, part 1, 18.3.1.73 and 18.3.1.4): each cell as what it is,
/// a number, a date, or text that stays text.
pub(super) struct RowWriter<'r, 'a> {
    columns: &'r [ColumnStyle],
    texts: &'r mut SharedTexts<'a>,
    /// The last text of each column and its number: half of all cells say the very text that the cell
    /// above them says, and need not be looked up, which is 3 % of a nation's day.
    above: Vec<Option<(&'a str, usize)>>,
    /// Where they are written.
    xml: &'r mut Vec<u8>,
    integer: itoa::Buffer,
}

impl<'r, 'a> RowWriter<'r, 'a> {
    pub(super) fn new(
        columns: &'r [ColumnStyle],
        texts: &'r mut SharedTexts<'a>,
        xml: &'r mut Vec<u8>,
    ) -> Self {
        Self {
            columns,
            texts,
            above: vec![None; columns.len()],
            xml,
            integer: itoa::Buffer::new(),
        }
    }

    /// A row at a line, from 1; `points` high, or as high as usual.
    pub(super) fn row(&mut self, line: usize, points: Option<f64>, cells: &'a [Cell<'a>]) {
        let mut digits = itoa::Buffer::new();
        let line = digits.format(line);
        self.add("<row r=\"");
        self.add(line);
        if let Some(points) = points {
            self.add("\" ht=\"");
            self.add_number(points);
            self.add("\" customHeight=\"1");
        }
        self.add("\">");
        for (place, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            self.add("<c r=\"");
            self.add(&column.name);
            self.add(line);
            self.add_cell(cell, place, column);
            self.add("</v></c>");
        }
        self.add("</row>");
    }

    fn add_cell(&mut self, cell: &'a Cell<'a>, place: usize, column: &ColumnStyle) {
        match cell {
            Cell::Text(text) if text.is_empty() => self.add_text(NOTHING, CellFormat::Quiet, place),
            Cell::Text(text) => self.add_text(text, column.text, place),
            Cell::Word(word) => self.add_text(word, column.text, place),
            Cell::NotReported => self.add_text(NOT_REPORTED, column.unknown, place),
            Cell::Count(count) => {
                self.begin_number(CellFormat::Count);
                self.add_integer(*count);
            }
            Cell::Day(day) if !in_calendar(*day) => {
                let number = self.texts.number_of(day.format("%d/%m/%Y").to_string());
                self.add_reference(number, column.text);
            }
            Cell::Moment(moment) if !in_calendar(moment.date()) => {
                let text = moment.format("%d/%m/%Y %H:%M").to_string();
                let number = self.texts.number_of(text);
                self.add_reference(number, column.text);
            }
            // Excel has no cell for a number without a value.
            Cell::Share(value) | Cell::Rate(value) | Cell::Decimal(value) if !value.is_finite() => {
                self.add_text(NOT_REPORTED, column.unknown, place);
            }
            Cell::Share(share) => self.add_fraction(*share, CellFormat::Share),
            Cell::Rate(rate) => self.add_fraction(*rate, CellFormat::Rate),
            Cell::Decimal(value) => self.add_fraction(*value, CellFormat::Decimal),
            Cell::Day(day) => self.add_fraction(day_number(*day), CellFormat::Day),
            Cell::Moment(moment) => self.add_fraction(moment_number(*moment), CellFormat::Moment),
        }
    }

    /// A text of a column, which most often is the very one that stands above it.
    fn add_text(&mut self, text: &'a str, format: CellFormat, place: usize) {
        let number = match self.above.get_mut(place) {
            Some(Some((above, number))) if std::ptr::eq(*above, text) => {
                self.texts.refer_again();
                *number
            }
            above => {
                let number = self.texts.number_of(text);
                if let Some(above) = above {
                    *above = Some((text, number));
                }
                number
            }
        };
        self.add_reference(number, format);
    }

    fn add_reference(&mut self, number: usize, format: CellFormat) {
        self.add("\" s=\"");
        self.add_integer(format as u64);
        self.add("\" t=\"s\"><v>");
        self.add_integer(number as u64);
    }

    fn begin_number(&mut self, format: CellFormat) {
        self.add("\" s=\"");
        self.add_integer(format as u64);
        self.add("\"><v>");
    }

    fn add_fraction(&mut self, value: f64, format: CellFormat) {
        self.begin_number(format);
        self.add_number(value);
    }

    /// A number, one without a fraction as Excel writes it.
    fn add_number(&mut self, value: f64) {
        // saturates; what is no whole number comes back as another
        let whole = value as u64;
        if whole as f64 == value {
            self.add_integer(whole);
        } else {
            self.add(ryu::Buffer::new().format_finite(value));
        }
    }

    fn add_integer(&mut self, value: u64) {
        let digits = self.integer.format(value);
        self.xml.extend_from_slice(digits.as_bytes());
    }

    fn add(&mut self, xml: &str) {
        self.xml.extend_from_slice(xml.as_bytes());
    }
}

/// `A` for 0, `AA` for 26.
pub(super) fn column_name(place: usize) -> String {
    let (mut name, mut left) = (String::new(), place + 1);
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    name
}

/// Whether Excel's calendar has the day; others are written as text.
fn in_calendar(day: NaiveDate) -> bool {
    (1900..=9999).contains(&day.year())
}

/// Excel's number of a day: 1 is the first of January 1900, a leap year for Excel (ECMA-376, part
/// 1, 18.17.4.1).
pub(super) fn day_number(day: NaiveDate) -> f64 {
    const BEFORE_THE_FIRST: i32 = 693_595;
    let days = day.num_days_from_ce() - BEFORE_THE_FIRST;
    f64::from(if days > 59 { days + 1 } else { days })
}

fn moment_number(moment: NaiveDateTime) -> f64 {
    day_number(moment.date()) + f64::from(moment.num_seconds_from_midnight()) / 86_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_letters() {
        let names = [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ];
        assert!(
            names
                .into_iter()
                .all(|(place, name)| column_name(place) == name)
        );
    }

    /// The numbers are those of openpyxl.utils.datetime.to_excel.
    #[test]
    fn days_are_numbered_as_excel_numbers_them() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(
            [
                day(1900, 1, 1),
                day(1900, 2, 28),
                day(1900, 3, 1),
                day(2026, 11, 20),
                day(9999, 12, 31)
            ]
            .map(day_number),
            [1.0, 59.0, 61.0, 46_346.0, 2_958_465.0]
        );
        let moment = day(2026, 11, 20).and_hms_opt(23, 59, 0).unwrap();
        assert!((moment_number(moment) - 46_346.999_305_556).abs() < 1e-8);
    }
}
