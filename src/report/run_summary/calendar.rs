//! The switches of the coming four weeks as a calendar, for the archive's page of a day.

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

use super::super::next_switch::is_trouble;
use super::super::wording::coming_day;
use super::{OrganisationLine, sections};
use crate::domain::plural::{count, counted};

/// Weeks of the calendar: the one of the day, and four more.
const WEEKS: u64 = 5;
/// Organisations that a day names.
const NAMED: usize = 4;

/// A day of the calendar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CalendarDay {
    /// “Monday 23 November”
    words: String,
    /// Whether it is before the day of the page.
    is_past: bool,
    /// Whether more than 1 in 20 who switch on it are not ready.
    is_late: bool,
    /// What switches on it; empty where nothing does.
    lines: Vec<String>,
}

/// The days from the Monday before a day on; none where nothing switches.
pub(super) fn calendar(today: NaiveDate, organisations: &[OrganisationLine]) -> Vec<CalendarDay> {
    let switches = sections::calendar(organisations);
    if switches.is_empty() {
        return Vec::new();
    }
    let monday = today - Days::new(today.weekday().num_days_from_monday().into());
    let day = |date: NaiveDate| {
        let of_day = switches.get(&date).map(Vec::as_slice).unwrap_or_default();
        let due: u64 = of_day.iter().map(|(_, switch)| switch.due).sum();
        let ready: u64 = of_day.iter().map(|(_, switch)| switch.ready).sum();
        let mut lines = Vec::new();
        if due > 0 {
            let mailboxes = counted(due, "mailbox", "mailboxes");
            lines.push(match due - ready {
                0 => format!("{mailboxes}, all ready"),
                late => format!("{mailboxes}, {} not ready", count(late)),
            });
            let codes = of_day.iter().map(|(line, _)| line.code_text().to_owned());
            let codes: Vec<String> = codes.collect();
            lines.push(super::first_of(&codes, NAMED));
        }
        CalendarDay {
            words: match date == today {
                true => format!("Today, {}", coming_day(date)),
                false => coming_day(date),
            },
            is_past: date < today,
            is_late: is_trouble(due, ready),
            lines,
        }
    };
    monday
        .iter_days()
        .take(WEEKS as usize * 7)
        .map(day)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_switches_has_no_calendar() {
        let friday = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(calendar(friday, &[]), []);
    }
}
