use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use super::looks::Look;
use super::texts::Texts;
use crate::report::Cell;

/// Stands where there is nothing to say: no cell is empty.
pub(super) const NOTHING: &str = "–";
pub(super) const NOT_REPORTED: &str = "Not reported";

/// How a table's cells are numbered among the looks of the file, in the order of [`Look::ALL`].
pub(super) type Styles = [u32; Look::ALL.len()];

/// How the cells of a column look that are no numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnLook {
    pub(super) text: Look,
    /// What is not known.
    pub(super) unknown: Look,
}

impl ColumnLook {
    /// Of what says that there is nothing.
    pub(super) const QUIET: Self = Self {
        text: Look::Quiet,
        unknown: Look::Quiet,
    };

    /// Of words in a column of numbers or of text, and of text that may be longer than the column
    /// is wide.
    pub(super) fn new(is_number: bool, is_wrapped: bool) -> Self {
        match (is_number, is_wrapped) {
            (true, _) => Self {
                text: Look::TextAmongNumbers,
                unknown: Look::QuietNumber,
            },
            (false, true) => Self {
                text: Look::Wrapped,
                unknown: Look::Quiet,
            },
            (false, false) => Self {
                text: Look::Text,
                unknown: Look::Quiet,
            },
        }
    }

    pub(super) fn is_number(self) -> bool {
        self.text == Look::TextAmongNumbers
    }
}

/// Writes the rows of a table as a worksheet's part has them (ECMA-376, part 1, 18.3.1.73 and
/// 18.3.1.4): each cell as what it is, a number, a date, or text that stays text.
pub(super) struct RowWriter {
    columns: Vec<Column>,
    /// What a cell says of its look and begins its value with, for each look: as a number, and as
    /// the number of a text.
    number_beginnings: Vec<Vec<u8>>,
    text_beginnings: Vec<Vec<u8>>,
}

struct Column {
    /// `<c r="AB`.
    beginning: Vec<u8>,
    look: ColumnLook,
}

impl RowWriter {
    pub(super) fn new(looks: &[ColumnLook], styles: &Styles) -> Self {
        let columns = looks.iter().enumerate().map(|(place, look)| Column {
            beginning: format!("<c r=\"{}", column_name(place)).into_bytes(),
            look: *look,
        });
        let beginning = |kind: &str| {
            styles
                .iter()
                .map(|style| format!("\" s=\"{style}\"{kind}><v>").into_bytes())
                .collect()
        };
        Self {
            columns: columns.collect(),
            number_beginnings: beginning(""),
            text_beginnings: beginning(" t=\"s\""),
        }
    }

    /// Writes a row at a line, from 1; `points` high, or as high as usual.
    pub(super) fn write<'a>(
        &self,
        line: u32,
        points: Option<f64>,
        cells: &'a [Cell<'a>],
        texts: &mut Texts<'a>,
        xml: &mut Vec<u8>,
    ) {
        let mut line_digits = itoa::Buffer::new();
        let line = line_digits.format(line).as_bytes();
        xml.extend_from_slice(b"<row r=\"");
        xml.extend_from_slice(line);
        if let Some(points) = points {
            xml.extend_from_slice(b"\" ht=\"");
            write_number(points, xml);
            xml.extend_from_slice(b"\" customHeight=\"1");
        }
        xml.extend_from_slice(b"\">");
        for (column, cell) in self.columns.iter().zip(cells) {
            xml.extend_from_slice(&column.beginning);
            xml.extend_from_slice(line);
            self.write_cell(cell, column.look, texts, xml);
            xml.extend_from_slice(b"</v></c>");
        }
        xml.extend_from_slice(b"</row>");
    }

    fn write_cell<'a>(
        &self,
        cell: &'a Cell<'a>,
        look: ColumnLook,
        texts: &mut Texts<'a>,
        xml: &mut Vec<u8>,
    ) {
        let mut text = |number: usize, look: Look| {
            xml.extend_from_slice(beginning(&self.text_beginnings, look));
            xml.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        };
        let (value, look) = match cell {
            Cell::Text(value) if value.is_empty() => {
                return text(texts.refer_to(NOTHING), Look::Quiet);
            }
            Cell::Text(value) => return text(texts.refer_to(value), look.text),
            Cell::Word(word) => return text(texts.refer_to(word), look.text),
            Cell::NotReported => return text(texts.refer_to(NOT_REPORTED), look.unknown),
            Cell::Day(day) if !in_calendar(*day) => {
                return text(
                    texts.refer_to_made(day.format("%d/%m/%Y").to_string()),
                    look.text,
                );
            }
            Cell::Moment(moment) if !in_calendar(moment.date()) => {
                return text(
                    texts.refer_to_made(moment.format("%d/%m/%Y %H:%M").to_string()),
                    look.text,
                );
            }
            // Excel has no cell for a number without a value.
            Cell::Share(value) | Cell::Rate(value) | Cell::Decimal(value) if !value.is_finite() => {
                return text(texts.refer_to(NOT_REPORTED), look.unknown);
            }
            Cell::Count(count) => {
                xml.extend_from_slice(beginning(&self.number_beginnings, Look::Count));
                xml.extend_from_slice(itoa::Buffer::new().format(*count).as_bytes());
                return;
            }
            Cell::Share(share) => (*share, Look::Share),
            Cell::Rate(rate) => (*rate, Look::Rate),
            Cell::Decimal(value) => (*value, Look::Decimal),
            Cell::Day(day) => (day_number(*day), Look::Day),
            Cell::Moment(moment) => (moment_number(*moment), Look::Moment),
        };
        xml.extend_from_slice(beginning(&self.number_beginnings, look));
        write_number(value, xml);
    }
}

/// Writes a number, one without a fraction as Excel does.
fn write_number(value: f64, xml: &mut Vec<u8>) {
    // saturates; what is no whole number comes back as another
    let whole = value as i32;
    if f64::from(whole) == value {
        xml.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else {
        xml.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    }
}

fn beginning(beginnings: &[Vec<u8>], look: Look) -> &[u8] {
    beginnings
        .get(look as usize)
        .map(Vec::as_slice)
        .unwrap_or_default()
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
fn day_number(day: NaiveDate) -> f64 {
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
