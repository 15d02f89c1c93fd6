//! Progress over time: attempted items day by day.

use super::wording::{part_of, share, share_attempted, short_day};
use super::{Chart, Drawing, ProgressDay, Section, SwitchDate, Table, Tabulation};
use crate::domain::plural::count;
use crate::metrics::DayProgress;

/// Days that the table lists; the workbook has all.
const LISTED_DAYS: usize = 7;

/// The section “Progress over time” of an organisation: its days, and its switch dates with what
/// switches on each (“Pilot”, “1,204 mailboxes”).
pub(super) fn progress_over_time(days: &[DayProgress], switches: Vec<SwitchDate>) -> Section {
    const HEADING: &str = "Progress over time";
    let known: Vec<ProgressDay> = days.iter().filter_map(progress_day).collect();
    let (Some(latest), true) = (known.last(), known.len() > 1) else {
        return Section::of_text(
            HEADING,
            &["A chart of progress needs 2 days of which attempted and total items are reported."],
        );
    };
    let (title, table) = (title(latest), table(&known));
    let height = 260 + 28 * u32::try_from(switches.len()).unwrap_or(0);
    let drawing = Drawing::Progress {
        days: known,
        switches,
    };
    Section::new(HEADING, Vec::new(), table).with_chart(Chart::new(
        "progress-over-time",
        title,
        height,
        drawing,
    ))
}

/// A day of the chart; `None` where total or attempted items are not reported.
pub(super) fn progress_day(day: &DayProgress) -> Option<ProgressDay> {
    Some(ProgressDay {
        date: day.date,
        attempted: day.items_attempted?,
        total: day.items_total?,
        mailboxes: day.mailboxes,
        mailboxes_without_total: day.mailboxes_without_total,
    })
}

fn table(days: &[ProgressDay]) -> Table {
    let before = std::iter::once(None).chain(days.iter().map(Some));
    let rows: Vec<(&ProgressDay, Option<&ProgressDay>)> = days.iter().zip(before).collect();
    Tabulation::of(rows.into_iter().rev())
        .text("Day", |(today, _)| short_day(today.date))
        .number("Attempted items", |(today, _)| today.attempted)
        .number("All items", |(today, _)| today.total)
        .number("Share", |(today, _)| share_attempted(today))
        .number("Since the report before", |(today, before)| match before {
            None => "First day".to_owned(),
            Some(before) => change(before.attempted, today.attempted),
        })
        .latest_days(
            "Attempted items by day, the latest first",
            LISTED_DAYS,
            " days; all are in the workbook, sheet By day.",
        )
}

fn change(before: u64, now: u64) -> String {
    if now >= before {
        count(now - before)
    } else {
        format!("{} fewer", count(before - now))
    }
}

fn title(latest: &ProgressDay) -> String {
    if latest.tells_of_all() {
        format!(
            "{} of items attempted",
            share(latest.attempted, latest.total)
        )
    } else {
        format!(
            "{} reported items attempted",
            part_of(latest.attempted, latest.total)
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn date(day: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 2).unwrap() + chrono::Days::new(day)
    }

    /// Days at a steady pace of 1,000 of 30,000 items.
    fn days(number: u64) -> Vec<DayProgress> {
        (0..number)
            .map(|day| DayProgress {
                date: date(day),
                items_total: Some(30_000),
                items_attempted: Some(day * 1_000),
                mailboxes: 30,
                mailboxes_without_total: 0,
            })
            .collect()
    }

    #[test]
    fn progress_has_its_numbers_beside_it() {
        let days = days(15);
        let switches = vec![SwitchDate {
            date: date(33),
            label: "Pilot".to_owned(),
        }];
        let section = progress_over_time(&days, switches);
        assert_eq!(
            section.table.as_ref().unwrap().rows[0],
            ["Mon 16 Nov", "14,000", "30,000", "47%", "1,000"]
        );
        let chart = section.chart.unwrap();
        assert_eq!(chart.title, "47% of items attempted");
        let Drawing::Progress { days, .. } = &chart.drawing else {
            panic!("{chart:?}")
        };
        assert_eq!(days.len(), 15);
    }

    #[test]
    fn one_day_makes_no_chart() {
        let section = progress_over_time(&days(1), Vec::new());
        assert!(section.chart.is_none() && section.text[0].contains("needs 2 days"));
    }
}
