use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use polars::prelude::*;

use super::{ValidTable, columns};
use crate::domain::plural::count;
use crate::domain::{Finding, FindingCode, ReportDate};

/// The weeks, from that of the report date on, in which a schedule has more than `most` mailboxes
/// switch: one finding.
///
/// # Errors
/// Only where the table does not have the columns of a schedule: a fault of the program.
pub fn overfull_weeks(
    schedule: &ValidTable,
    report_date: ReportDate,
    most: u64,
) -> PolarsResult<Option<Finding>> {
    let dates = schedule.frame().column(columns::SWITCH_DATE)?.date()?;
    let mut weeks: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    let monday = |day: NaiveDate| day.week(Weekday::Mon).first_day();
    for date in dates.physical().iter().flatten() {
        if let Some(date) = NaiveDate::from_epoch_days(date) {
            *weeks.entry(monday(date)).or_default() += 1;
        }
    }
    let this_week = monday(report_date.day());
    let told: Vec<String> = weeks
        .into_iter()
        .filter(|(week, mailboxes)| *week >= this_week && *mailboxes > most)
        .map(|(week, mailboxes)| format!("{} {}", count(mailboxes), span(week)))
        .collect();
    let message = format!(
        "More mailboxes are to switch in one week than the {} that a week can take: {}. Move some of \
         them to another week.",
        count(most),
        told.join("; "),
    );
    Ok((!told.is_empty()).then(|| Finding::new(FindingCode::WeekOverfull, message)))
}

/// “switch from 23 to 29 November 2026”, of the week that begins on a day.
fn span(monday: NaiveDate) -> String {
    let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
    let first = match (
        monday.month() == sunday.month(),
        monday.year() == sunday.year(),
    ) {
        (true, true) => monday.format("%-d"),
        (false, true) => monday.format("%-d %B"),
        _ => monday.format("%-d %B %Y"),
    };
    format!("switch from {first} to {}", sunday.format("%-d %B %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(dates: &[(i32, u32, u32)]) -> ValidTable {
        let days = dates.iter().map(|(year, month, day)| {
            NaiveDate::from_ymd_opt(*year, *month, *day).map(|day| day.to_epoch_days())
        });
        let dates = Int32Chunked::from_iter_options(columns::SWITCH_DATE.into(), days)
            .into_column()
            .cast(&DataType::Date)
            .unwrap();
        ValidTable(DataFrame::new(dates.len(), vec![dates]).unwrap())
    }

    #[test]
    fn a_week_is_from_monday_to_sunday_and_takes_as_many_as_it_may() {
        let friday = ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        let told = |dates: &[_], most| overfull_weeks(&schedule(dates), friday, most).unwrap();
        let week = [(2026, 11, 23), (2026, 11, 29)];
        assert_eq!(told(&week, 2), None);
        let finding = told(&week, 1).unwrap();
        assert!(
            finding
                .message
                .contains("the 1 that a week can take: 2 switch from 23 to 29 November 2026."),
            "{}",
            finding.message
        );
        // Two weeks, and what is over.
        assert_eq!(told(&[(2026, 11, 22), (2026, 11, 23)], 1), None);
        assert_eq!(told(&[(2026, 11, 14), (2026, 11, 15)], 1), None);
        let turn = told(&[(2026, 12, 28), (2027, 1, 3)], 1).unwrap();
        assert!(turn.message.contains("28 December 2026 to 3 January 2027"));
    }
}
