//! What the dates of a column say together: whether day and month were exchanged in them.

use chrono::{Datelike, NaiveDate};

use super::Rules;
use crate::domain::{DateOrder, Finding, FindingCode};
use crate::exports::{Export, Field};

/// The columns of dates of one export.
#[derive(Debug, Default)]
pub(super) struct DateColumns(Vec<DateColumn>);

/// The dates of one column.
#[derive(Debug)]
struct DateColumn {
    field: Field,
    /// Of the sheet, from 0.
    column: usize,
    /// Text in which the day or the month may come first.
    open: Option<BothWays>,
    /// Text in which the day is above 12.
    settled: Option<DaySpan>,
    /// Dates of a spreadsheet, with a day up to 12.
    exchangeable: Option<BothWays>,
    /// Whether one has a day above 12.
    is_plain: bool,
}

/// Dates as they are read, and with day and month exchanged.
#[derive(Debug, Clone, Copy)]
struct BothWays {
    read: DaySpan,
    exchanged: DaySpan,
}

/// The first and the last of some days.
#[derive(Debug, Clone, Copy)]
struct DaySpan {
    first: NaiveDate,
    last: NaiveDate,
}

impl DaySpan {
    fn of(day: NaiveDate) -> Self {
        Self {
            first: day,
            last: day,
        }
    }

    fn with(self, day: NaiveDate) -> Self {
        Self {
            first: self.first.min(day),
            last: self.last.max(day),
        }
    }

    fn days(self) -> i64 {
        (self.last - self.first).num_days()
    }

    /// How far the one is from being the other.
    fn distance(self, other: Self) -> i64 {
        (self.first - other.first).num_days().abs() + (self.last - other.last).num_days().abs()
    }

    fn words(self) -> String {
        let day = |day: NaiveDate| day.format("%-d %B %Y");
        format!("from {} to {}", day(self.first), day(self.last))
    }
}

/// How a date is written.
enum Form {
    /// The year first, as dates of a spreadsheet are handed over.
    YearFirst,
    /// Day and month as numbers before the year.
    Numbers,
}

impl Form {
    fn of(cell: &str) -> Option<Self> {
        let bytes = cell.as_bytes();
        let digits = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let mark = *bytes.get(digits)?;
        let is_followed = bytes.get(digits + 1)?.is_ascii_digit();
        match digits {
            4 if mark == b'-' => Some(Self::YearFirst),
            1 | 2 if is_followed && matches!(mark, b'/' | b'.' | b'-') => Some(Self::Numbers),
            _ => None,
        }
    }
}

impl DateColumns {
    /// Adds the day that was read of a cell; `is_serial` for a number that a spreadsheet has for one.
    pub(super) fn add(
        &mut self,
        field: Field,
        column: usize,
        cell: &str,
        is_serial: bool,
        day: NaiveDate,
    ) {
        let form = match is_serial {
            true => Some(Form::YearFirst),
            false => Form::of(cell),
        };
        let Some(form) = form else { return };
        let known = self
            .0
            .iter()
            .position(|own| own.field == field && own.column == column);
        let place = known.unwrap_or_else(|| {
            self.0.push(DateColumn::new(field, column));
            self.0.len() - 1
        });
        if let Some(own) = self.0.get_mut(place) {
            own.add(&form, day);
        }
    }

    pub(super) fn findings(
        &self,
        export: &Export,
        rules: Rules<'_>,
    ) -> impl Iterator<Item = Finding> {
        self.0.iter().filter_map(move |column| {
            let (code, message) = column.finding(export, rules)?;
            let finding = Finding::new(code, message).in_file(&export.file);
            Some(finding.at_column(column.column + 1))
        })
    }
}

impl DateColumn {
    fn new(field: Field, column: usize) -> Self {
        Self {
            field,
            column,
            open: None,
            settled: None,
            exchangeable: None,
            is_plain: false,
        }
    }

    fn add(&mut self, form: &Form, day: NaiveDate) {
        let exchanged = NaiveDate::from_ymd_opt(day.year(), day.day(), day.month());
        match (form, exchanged) {
            (Form::YearFirst, None) => self.is_plain = true,
            (Form::Numbers, None) => {
                self.settled = Some(self.settled.map_or(DaySpan::of(day), |span| span.with(day)));
            }
            (_, Some(exchanged)) => {
                let both = match form {
                    Form::YearFirst => &mut self.exchangeable,
                    Form::Numbers => &mut self.open,
                };
                *both = Some(match both {
                    None => BothWays {
                        read: DaySpan::of(day),
                        exchanged: DaySpan::of(exchanged),
                    },
                    Some(both) => BothWays {
                        read: both.read.with(day),
                        exchanged: both.exchanged.with(exchanged),
                    },
                });
            }
        }
    }

    fn finding(&self, export: &Export, rules: Rules<'_>) -> Option<(FindingCode, String)> {
        let heading = export.quoted_heading(self.column);
        if self.was_half_exchanged() {
            let message = format!(
                "Under {heading}, days up to the 12th are dates of a spreadsheet and later days are \
                 text: a spreadsheet that has the month first took the former for other days, with day \
                 and month exchanged. Export it again and do not open it before it is read, or type \
                 these dates anew."
            );
            return Some((FindingCode::DatesOtherWay, message));
        }
        let open = self.open.filter(|_| self.settled.is_none())?;
        let (read, exchanged) = (open.read, open.exchanged);
        let not_after = rules.not_after.map(|moment| moment.date());
        if self.is_of_the_past()
            && not_after.is_some_and(|last| read.last > last && exchanged.last <= last)
            && exchanged.days() <= read.days()
        {
            let message = format!(
                "Under {heading}, dates are later than the day of this export, {}; with day and month \
                 exchanged none is, {}. {}",
                read.words(),
                exchanged.words(),
                export.other_date_order()
            );
            return Some((FindingCode::DatesOtherWay, message));
        }
        if self.field == Field::SwitchDate && read.days() >= 28 && exchanged.days() < 12 {
            let first = match export.date_order {
                DateOrder::DayMonthYear => "day",
                DateOrder::MonthDayYear => "month",
            };
            let message = format!(
                "Under {heading}, every date can be read with the day or the month first. They are read \
                 with the {first} first, {}; the other way round they are close together, {}. Look at \
                 one that you know. {}",
                read.words(),
                exchanged.words(),
                export.other_date_order()
            );
            return Some((FindingCode::DatesDoubtful, message));
        }
        None
    }

    /// Whether days up to 12 became dates, and later ones stayed text: a spreadsheet that has the
    /// month first reads a table so that has the day first. Exchanged back they lie nearer to the
    /// others.
    fn was_half_exchanged(&self) -> bool {
        let (Some(BothWays { read, exchanged }), Some(text)) = (self.exchangeable, self.settled)
        else {
            return false;
        };
        !self.is_plain && self.open.is_none() && exchanged.distance(text) < read.distance(text)
    }

    /// Whether what it holds has happened.
    fn is_of_the_past(&self) -> bool {
        matches!(
            self.field,
            Field::LastSynchronisedAt | Field::SwitchedAt | Field::FailedAt
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[(&str, u32, u32)]) -> DateColumn {
        let mut columns = DateColumns::default();
        for (cell, month, day) in cells {
            let day = NaiveDate::from_ymd_opt(2026, *month, *day).unwrap();
            columns.add(Field::SwitchDate, 3, cell, false, day);
        }
        columns.0.pop().unwrap()
    }

    #[test]
    fn dates_that_a_spreadsheet_exchanged_lie_nearer_to_the_others_when_put_right() {
        let text = [("30/11/2026", 11, 30), ("23/11/2026", 11, 23)];
        let with = |more: &[(&'static str, u32, u32)]| column(&[&text[..], more].concat());
        // The 1st and 4th of December, exchanged and as they should be.
        let exchanged = [("2026-01-12", 1, 12), ("2026-04-12", 4, 12)];
        assert!(with(&exchanged).was_half_exchanged());
        let right = [("2026-12-01", 12, 1), ("2026-12-04", 12, 4)];
        assert!(!with(&right).was_half_exchanged());
        // A text with a day up to 12, or a date with one above, was not made by such a spreadsheet.
        assert!(!with(&[exchanged[0], ("02/12/2026", 12, 2)]).was_half_exchanged());
        assert!(!with(&[exchanged[0], ("2026-11-25", 11, 25)]).was_half_exchanged());
        assert!(!with(&[]).was_half_exchanged());
    }
}
