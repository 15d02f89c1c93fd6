//! Which causes come and go: new failed items by day and cause.

use chrono::NaiveDate;

use super::drawing::{CauseDays, Chart, Drawing};
use super::model::{Section, Table};
use super::tabulation::Tabulation;
use super::wording::{share, shown};
use super::workbook::Cell;
use crate::domain::plural::count_of;

/// Causes that have a row; the others are one together.
const SHOWN: usize = 5;
/// Days that the table lists.
const LISTED: usize = 7;
/// The most characters of a cause's name.
const NAME: usize = 60;

/// The latest reports, which are held against those before.
const LATEST: usize = 7;
/// A change is of at least so much of new failed items, and so many standard deviations of the
/// difference of two shares: items come in clusters, and there are several causes.
const LEAST_CHANGE: f64 = 0.15;
const DEVIATIONS: f64 = 4.0;

/// The section “Causes over time”, where some cause has come or gone: the five causes with most new
/// failed items, and the others together. `dates` are in order; each cause has a figure for each of
/// them, `None` where there was no report.
pub(super) fn causes_over_time(dates: &[NaiveDate], causes: &[CauseDays]) -> Option<Section> {
    const HEADING: &str = "Causes over time";
    let rows = rows(dates, causes);
    let title = change(dates.len(), &rows)?;
    let text = "Items that have cleared since are not counted: causes that clear by themselves look more \
                frequent of late.";
    let table = table(dates, &rows);
    let chart = Chart::new(
        "causes-over-time",
        title,
        40 + 62 * u32::try_from(rows.len()).unwrap_or(0),
        Drawing::CausesOverTime {
            dates: dates.to_vec(),
            causes: rows,
        },
    );
    Some(Section::new(HEADING, vec![text.to_owned()], table).with_chart(chart))
}

/// The cause whose share of new failed items changed most; `None` where none did.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn change(days: usize, causes: &[CauseDays]) -> Option<String> {
    let before = days
        .checked_sub(LATEST)
        .filter(|before| *before >= LATEST)?;
    let parts = |cause: &CauseDays| {
        let (then, now) = cause
            .new_failed
            .split_at_checked(before)
            .unwrap_or_default();
        [then, now].map(|days| days.iter().flatten().sum::<u64>())
    };
    let all = causes.iter().map(parts);
    let all = all.fold([0, 0], |[then, now], [more, of]| [then + more, now + of]);
    let changed = causes.iter().filter_map(|cause| {
        let part = parts(cause);
        let [then, now] = [0, 1].map(|place: usize| fraction(*part.get(place)?, *all.get(place)?));
        let (then, now) = (then?, now?);
        let together = fraction(part.iter().sum(), all.iter().sum())?;
        let [of_then, of_now] = all.map(|items| items as f64);
        let spread = (together * (1.0 - together) * (1.0 / of_then + 1.0 / of_now)).sqrt();
        let difference = (now - then).abs();
        let is_change = difference >= LEAST_CHANGE && difference >= DEVIATIONS * spread;
        is_change.then_some((difference, cause, part))
    });
    let (_, cause, [then, now]) = changed.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let [all_then, all_now] = all;
    Some(format!(
        "{}: {} of new failed items in the latest {LATEST} reports, {} before",
        cause.label,
        share(now, all_now),
        share(then, all_then)
    ))
}

/// A part of a whole; `None` of nothing.
#[allow(clippy::cast_precision_loss)] // counts stay below 2^53
fn fraction(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A column for each cause, under its name.
fn table(dates: &[NaiveDate], causes: &[CauseDays]) -> Table {
    let days = dates.iter().enumerate().rev();
    let mut table = Tabulation::of(days).text("Day", |(_, date)| *date);
    for cause in causes {
        let cell = |(place, _): (usize, &NaiveDate)| {
            let new_failed = cause.new_failed.get(place).copied().flatten();
            new_failed.map_or(Cell::Word("No report"), Cell::Count)
        };
        table = table.number("Cause", cell).headed(&cause.label);
    }
    table.latest_days(
        "New failed items by day and cause, the latest day first",
        LISTED,
        " days; all: workbook, sheet Causes by day.",
    )
}

fn sum(cause: &CauseDays) -> u64 {
    cause.new_failed.iter().flatten().sum()
}

/// Causes that occur, most items first; those after the fifth added up.
fn rows(dates: &[NaiveDate], causes: &[CauseDays]) -> Vec<CauseDays> {
    let mut rows: Vec<CauseDays> = causes
        .iter()
        .filter(|cause| sum(cause) > 0)
        .map(|cause| CauseDays {
            label: shown(&cause.label, NAME),
            new_failed: cause.new_failed.clone(),
        })
        .collect();
    rows.sort_by(|a, b| sum(b).cmp(&sum(a)).then_with(|| a.label.cmp(&b.label)));
    // One cause more than there is room for is no “others”.
    if rows.len() > SHOWN + 1 {
        let others = rows.split_off(SHOWN);
        let of_day = |place: usize| {
            others
                .iter()
                .filter_map(|cause| cause.new_failed.get(place).copied().flatten())
                .reduce(|one, other| one + other)
        };
        let label = count_of(others.len(), "other cause");
        rows.push(CauseDays {
            label,
            new_failed: (0..dates.len()).map(of_day).collect(),
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(number: usize) -> Vec<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, 2)
            .unwrap()
            .iter_days()
            .take(number)
            .collect()
    }

    fn cause(label: &str, counts: &[Option<u64>]) -> CauseDays {
        CauseDays {
            label: label.to_owned(),
            new_failed: counts.to_vec(),
        }
    }

    #[test]
    fn a_cause_that_came_is_the_title_and_rare_ones_are_added_up() {
        let causes: Vec<CauseDays> = (1..=8)
            .map(|number| {
                let usual = std::iter::repeat_n(Some(number), 9);
                let latest = if number == 8 { 100 } else { number };
                let latest = [None]
                    .into_iter()
                    .chain(std::iter::repeat_n(Some(latest), 6));
                cause(
                    &format!("Cause {number}"),
                    &usual.chain(latest).collect::<Vec<_>>(),
                )
            })
            .collect();
        let section = causes_over_time(&dates(16), &causes).unwrap();
        let chart = section.chart.unwrap();
        assert_eq!(
            chart.title,
            "Cause 8: 78% of new failed items in the latest 7 reports, 22% before"
        );
        let Drawing::CausesOverTime { causes, .. } = &chart.drawing else {
            panic!("{chart:?}")
        };
        let labels: Vec<&str> = causes.iter().map(|cause| cause.label.as_str()).collect();
        assert_eq!(
            labels,
            [
                "Cause 8",
                "Cause 7",
                "Cause 6",
                "Cause 5",
                "Cause 4",
                "3 other causes"
            ]
        );
        assert_eq!(causes[5].new_failed[0], Some(6));
        let table = section.table.unwrap();
        assert_eq!(table.rows[0][1..], ["100", "7", "6", "5", "4", "6"]);
        assert_eq!(table.rows[6][1..], ["No report"; 6]);
    }

    #[test]
    fn where_no_cause_changes_there_is_nothing_to_see() {
        let steady = cause("A", &[Some(10); 20]);
        let other = cause("B", &[Some(5); 20]);
        assert!(causes_over_time(&dates(20), &[steady.clone(), other]).is_none());
        assert!(
            causes_over_time(&dates(20), &[steady]).is_none(),
            "all of it, always"
        );
        // Too few items, too few days, and none.
        let few = [[Some(0); 10], [Some(1); 10]].concat();
        let rare = cause("C", &few);
        assert!(causes_over_time(&dates(20), &[rare, cause("D", &[None; 20])]).is_none());
        let sudden = cause("E", &[[Some(0); 3], [Some(90); 3]].concat());
        assert!(causes_over_time(&dates(6), &[sudden, cause("F", &[Some(9); 6])]).is_none());
        assert!(causes_over_time(&[], &[]).is_none());
    }
}
