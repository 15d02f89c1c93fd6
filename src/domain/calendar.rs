//! Working days, and the bank holidays between them.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use super::ReportDate;

/// The bank holidays of the United Kingdom, as GOV.UK lists them (gov.uk/bank-holidays), with the
/// days that stand in for those on a weekend.
const ENGLAND_AND_WALES: &str = "\
2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26";
/// The 15th of June 2026 is that of the football World Cup.
const SCOTLAND: &str = "\
2024-01-01 2024-01-02 2024-03-29 2024-05-06 2024-05-27 2024-08-05 2024-12-02 2024-12-25 2024-12-26
2025-01-01 2025-01-02 2025-04-18 2025-05-05 2025-05-26 2025-08-04 2025-12-01 2025-12-25 2025-12-26
2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25
2026-12-28
2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02 2027-11-30 2027-12-27 2027-12-28
2028-01-03 2028-01-04 2028-04-14 2028-05-01 2028-05-29 2028-08-07 2028-11-30 2028-12-25 2028-12-26";
const NORTHERN_IRELAND: &str = "\
2024-01-01 2024-03-18 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-07-12 2024-08-26 2024-12-25
2024-12-26
2025-01-01 2025-03-17 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-07-14 2025-08-25 2025-12-25
2025-12-26
2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13 2026-08-31 2026-12-25
2026-12-28
2027-01-01 2027-03-17 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-07-12 2027-08-30 2027-12-27
2027-12-28
2028-01-03 2028-03-17 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-07-12 2028-08-28 2028-12-25
2028-12-26";

/// So many days before the last year of known bank holidays ends, a person is told.
const WARNED_DAYS_AHEAD: i64 = 60;

/// On which days people work: when exports are made, and when a missing one is an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    working_days: BTreeSet<u8>,
    bank_holidays: BTreeSet<NaiveDate>,
    /// Whether there are to be bank holidays every year, so that a year without any is not known.
    has_bank_holidays: bool,
}

/// A line of a list of bank holidays that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: “{text}” does not begin with a date: write one a line, as 2026-12-25, and what day \
     it is behind it"
)]
pub struct InvalidBankHoliday {
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// The bank holidays that are known of a part of the country; `None` where it is none of
/// `england-and-wales`, `scotland` and `northern-ireland`.
#[must_use]
pub fn bank_holidays_of(part: &str) -> Option<BTreeSet<NaiveDate>> {
    let text = match part {
        "england-and-wales" => ENGLAND_AND_WALES,
        "scotland" => SCOTLAND,
        "northern-ireland" => NORTHERN_IRELAND,
        _ => return None,
    };
    let dates = text.split_whitespace().filter_map(ReportDate::parse_iso);
    Some(dates.map(ReportDate::day).collect())
}

/// Reads a list of one's own: a date a line, with what day it is behind it; what follows a `#` is a
/// comment.
///
/// # Errors
/// [`InvalidBankHoliday`] at the first line that is neither blank nor begins with a date.
pub fn read_bank_holidays(text: &str) -> Result<BTreeSet<NaiveDate>, InvalidBankHoliday> {
    let lines = (1..).zip(text.lines());
    let content = |(line, text): (usize, &str)| {
        let date = text.split('#').next().unwrap_or_default().trim();
        (line, date.trim_start_matches('\u{FEFF}').to_owned())
    };
    let dates = lines.map(content).filter(|(_, text)| !text.is_empty());
    let read = |(line, text): (usize, String)| {
        let date = text.split([' ', '\t', ',', ';']).next();
        match date.and_then(ReportDate::parse_iso) {
            Some(date) => Ok(date.day()),
            None => Err(InvalidBankHoliday { line, text }),
        }
    };
    dates.map(read).collect()
}

impl Calendar {
    /// Of the days of the week on which people work, and the days on which they do not all the same:
    /// `None` where no bank holiday is kept.
    #[must_use]
    pub fn new(working_days: &[Weekday], bank_holidays: Option<BTreeSet<NaiveDate>>) -> Self {
        let days = working_days.iter();
        Self {
            working_days: days.map(|day| number(*day)).collect(),
            has_bank_holidays: bank_holidays.is_some(),
            bank_holidays: bank_holidays.unwrap_or_default(),
        }
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working_day(&self, date: ReportDate) -> bool {
        self.is_working(date.day())
    }

    /// The first bank holiday after a date that would be a working day else.
    #[must_use]
    pub fn next_bank_holiday(&self, date: ReportDate) -> Option<NaiveDate> {
        let mut after = self.bank_holidays.iter().filter(|day| **day > date.day());
        let is_felt = |day: &&NaiveDate| self.working_days.contains(&number(day.weekday()));
        after.find(is_felt).copied()
    }

    fn is_working(&self, day: NaiveDate) -> bool {
        self.working_days.contains(&number(day.weekday())) && !self.bank_holidays.contains(&day)
    }

    /// So many hours before a moment, where days that are no working days do not count.
    #[must_use]
    pub fn hours_before(&self, moment: NaiveDateTime, hours: u32) -> NaiveDateTime {
        let mut before = moment - TimeDelta::hours(hours.into());
        let mut day = moment.date();
        // A calendar without working days would lead back for ever.
        let longest = moment.date() - Days::new(31);
        while day >= before.date().max(longest) {
            if !self.is_working(day) {
                before -= TimeDelta::days(1);
            }
            day = day.pred_opt().unwrap_or(day);
        }
        before
    }

    /// The last of so many working days after a date; a month later where there are none.
    #[must_use]
    pub fn working_days_after(&self, date: ReportDate, days: usize) -> NaiveDate {
        let month = date.day().iter_days().skip(1).take(31);
        let mut working = month.filter(|day| self.is_working(*day));
        let last = working.nth(days.saturating_sub(1));
        last.unwrap_or(date.day() + Days::new(31))
    }

    /// What a person is to be told where the bank holidays that are known end soon, or have ended.
    #[must_use]
    pub fn end_of_bank_holidays(&self, date: ReportDate) -> Option<String> {
        let last = match self.bank_holidays.last() {
            Some(last) => last.year(),
            None if self.has_bank_holidays => {
                return Some("The list of bank holidays names none.".to_owned());
            }
            None => return None,
        };
        let end = NaiveDate::from_ymd_opt(last, 12, 31)?;
        let is_near = (end - date.day()).num_days() < WARNED_DAYS_AHEAD;
        is_near.then(|| {
            format!(
                "The bank holidays that are known end with {last}: add later ones to the file that \
                 bank_holidays in [calendar] names, or install a newer version of this program."
            )
        })
    }
}

impl Default for Calendar {
    /// Monday to Friday, but for the bank holidays of England and Wales.
    fn default() -> Self {
        let days = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ];
        Self::new(&days, bank_holidays_of("england-and-wales"))
    }
}

fn number(day: Weekday) -> u8 {
    u8::try_from(day.num_days_from_monday()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> ReportDate {
        ReportDate::parse_iso(text).unwrap()
    }

    #[test]
    fn weekends_and_bank_holidays_are_no_working_days() {
        let england = Calendar::default();
        for (day, is_working) in [
            ("2026-11-20", true),
            ("2026-11-21", false),
            ("2026-12-25", false),
            ("2026-12-26", false),
            ("2026-12-28", false),
            ("2026-12-29", true),
            ("2026-11-30", true),
        ] {
            assert_eq!(england.is_working_day(date(day)), is_working, "{day}");
        }
        let scotland = Calendar::new(&[Weekday::Mon], bank_holidays_of("scotland"));
        assert!(!scotland.is_working_day(date("2026-11-30")));
        assert!(!scotland.is_working_day(date("2026-12-01")));
        assert!(bank_holidays_of("wales").is_none());
    }

    #[test]
    fn working_days_ahead_leave_out_weekends_and_bank_holidays() {
        let england = Calendar::default();
        for (from, days, last) in [
            ("2026-11-20", 3, "2026-11-25"),
            ("2026-11-21", 1, "2026-11-23"),
            ("2026-12-23", 3, "2026-12-30"),
        ] {
            let last = date(last).day();
            assert_eq!(england.working_days_after(date(from), days), last, "{from}");
        }
        let never = Calendar::new(&[], None);
        let month = never.working_days_after(date("2026-11-20"), 3);
        assert_eq!(month, date("2026-12-21").day());
    }

    #[test]
    fn every_year_has_the_bank_holidays_of_its_law() {
        for (part, days) in [
            ("england-and-wales", 8),
            ("scotland", 9),
            ("northern-ireland", 10),
        ] {
            let dates = bank_holidays_of(part).unwrap();
            for year in 2024..=2028 {
                let of_year = dates.iter().filter(|date| date.year() == year);
                let football = usize::from(part == "scotland" && year == 2026);
                assert_eq!(of_year.count(), days + football, "{part} {year}");
            }
            // Substitute days are for that.
            let is_weekend = |date: &&NaiveDate| number(date.weekday()) > 4;
            assert_eq!(dates.iter().filter(is_weekend).count(), 0);
        }
    }

    #[test]
    fn an_export_may_be_older_after_days_on_which_nobody_worked() {
        let calendar = Calendar::default();
        let oldest = |day: &str| {
            let due = date(day).day().and_hms_opt(7, 0, 0).unwrap();
            calendar.hours_before(due, 36).to_string()
        };
        assert_eq!(oldest("2026-11-20"), "2026-11-18 19:00:00");
        assert_eq!(oldest("2026-11-23"), "2026-11-19 19:00:00");
        // Tuesday after Easter: Saturday and Sunday, and a bank holiday on both sides.
        assert_eq!(oldest("2026-04-07"), "2026-04-01 19:00:00");
        let nobody_works = Calendar::new(&[], None);
        let due = date("2026-11-20").day().and_hms_opt(7, 0, 0).unwrap();
        assert!(nobody_works.hours_before(due, 36) < due);
    }

    #[test]
    fn a_list_of_ones_own_is_read_and_its_mistake_is_placed() {
        let read = read_bank_holidays(
            "\u{FEFF}# ours\r\n2026-12-25 # Christmas\r\n\r\n2027-01-01 New Year\n2026-11-27,Fair day\n",
        );
        assert_eq!(read.unwrap().len(), 3);
        for line in [
            "25/12/2026",
            "Fair day 2026-11-27",
            "2026-11-31",
            "2026-12-255",
        ] {
            let mistake = read_bank_holidays(&format!("2026-12-25\n{line}")).unwrap_err();
            let words = format!("line 2: “{line}” does not begin with a date");
            assert!(mistake.to_string().starts_with(&words), "{mistake}");
        }
    }

    #[test]
    fn the_next_bank_holiday_is_one_that_people_notice() {
        let next = |calendar: &Calendar, day: &str| {
            let next = calendar.next_bank_holiday(date(day));
            next.map(|day| day.to_string())
        };
        let england = Calendar::default();
        assert_eq!(next(&england, "2026-11-20").unwrap(), "2026-12-25");
        assert_eq!(next(&england, "2026-12-25").unwrap(), "2026-12-28");
        assert_eq!(next(&england, "2028-12-26"), None);
        // Of Monday to Wednesday nobody misses a Friday.
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed];
        let part_time = Calendar::new(&days, bank_holidays_of("england-and-wales"));
        assert_eq!(next(&part_time, "2026-12-01").unwrap(), "2026-12-28");
    }

    #[test]
    fn a_person_is_told_before_the_bank_holidays_end() {
        let calendar = Calendar::default();
        assert_eq!(calendar.end_of_bank_holidays(date("2028-10-31")), None);
        for day in ["2028-11-02", "2029-03-01"] {
            let told = calendar.end_of_bank_holidays(date(day)).unwrap();
            assert!(told.contains("end with 2028"), "{told}");
        }
        let none = Calendar::new(&[Weekday::Mon], None);
        assert_eq!(none.end_of_bank_holidays(date("2040-01-01")), None);
    }
}
