//! Which causes come and go: new failed items by day and cause.

use chrono::NaiveDate;

use super::verdict::most_frequent;
use super::wording::shown;
use super::{CauseDays, Cell, Chart, Drawing, Section, Table, Tabulation};
use crate::domain::plural::count_of;

/// Causes that have a row; the others are one together.
const SHOWN: usize = 5;
/// Days that the table lists.
const LISTED: usize = 7;
/// The most characters of a cause's name.
const NAME: usize = 60;

/// The section “Causes over time”: the five causes with most new failed items, and the others
/// together. `dates` are in order; each cause has a figure for each of them, `None` where there was
/// no report.
pub(super) fn causes_over_time(dates: &[NaiveDate], causes: &[CauseDays]) -> Section {
    const HEADING: &str = "Causes over time";
    if dates.is_empty() || causes.iter().all(|cause| sum(cause) == 0) {
        return Section::of_text(HEADING, &["No item has newly failed on these days."]);
    }
    let rows = rows(dates, causes);
    let most_first: Vec<(&str, u64)> = rows
        .iter()
        .map(|cause| (cause.label.as_str(), sum(cause)))
        .collect();
    let days = count_of(dates.len(), "day");
    let title = most_frequent(&most_first, &format!("new failed items in {days}"));
    let table = table(dates, &rows);
    let chart = Chart::new(
        "causes-over-time",
        title.unwrap_or_default(),
        40 + 62 * u32::try_from(rows.len()).unwrap_or(0),
        Drawing::CausesOverTime {
            dates: dates.to_vec(),
            causes: rows,
        },
    );
    Section::new(HEADING, Vec::new(), table).with_chart(chart)
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
        " days; all are in the workbook, sheet Causes by day.",
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
    fn the_most_frequent_cause_is_the_title_and_rare_ones_are_added_up() {
        let causes: Vec<CauseDays> = (1..=8)
            .map(|number| {
                cause(
                    &format!("Cause {number}"),
                    &[Some(number), None, Some(number * 10)],
                )
            })
            .collect();
        let section = causes_over_time(&dates(3), &causes);
        let chart = section.chart.unwrap();
        assert_eq!(
            chart.title,
            "Most frequent cause: cause 8, 22% of new failed items in 3 days"
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
        assert_eq!(causes[5].new_failed, [Some(6), None, Some(60)]);
        let table = section.table.unwrap();
        assert_eq!(
            table.rows[0],
            ["Wed 4 Nov", "80", "70", "60", "50", "40", "60"]
        );
        assert_eq!(table.rows[1][1..], ["No report"; 6]);
    }

    #[test]
    fn days_without_new_failures_need_no_chart() {
        for causes in [&[][..], &[cause("Other", &[Some(0), None])]] {
            let section = causes_over_time(&dates(2), causes);
            assert_eq!(
                (section.text, section.chart),
                (
                    vec!["No item has newly failed on these days.".to_owned()],
                    None
                )
            );
        }
    }
}
