//! Mailboxes that are ready, day by day, against the dates on which they switch.

use chrono::NaiveDate;

use super::drawing::{Chart, Drawing, ReadyCurve};
use super::forecast::Missing;
use super::model::{Section, Table};
use super::tabulation::Tabulation;
use super::wording::{near_day, quoted, share, short_day};
use crate::domain::plural::count;

/// Collections that are drawn: those that switch next.
const DRAWN: usize = 4;
/// Days that the table lists.
const LISTED_DAYS: usize = 5;

/// The section of the collections that are not all ready, each with what is foretold of its switch, those
/// that switch next first; nothing where all are, or where fewer than two days are known.
pub(super) fn ready_by_day(
    today: NaiveDate,
    days: Vec<NaiveDate>,
    mut foretold: Vec<(ReadyCurve, Option<Missing>)>,
) -> Option<Section> {
    foretold.retain(|(curve, _)| curve.now() < curve.mailboxes);
    foretold.sort_by_key(|(curve, _)| {
        let is_ahead = curve.switch_date.is_some_and(|date| date >= today);
        (!is_ahead, curve.switch_date.is_none(), curve.switch_date)
    });
    let of = foretold.len();
    foretold.truncate(DRAWN);
    let title = foretold
        .first()
        .map(|(curve, missing)| title(curve, *missing, today))?;
    let mut curves: Vec<ReadyCurve> = foretold.into_iter().map(|(curve, _)| curve).collect();
    // Days of which nothing is kept are not drawn.
    let is_known = |place: &usize| {
        let mut all = curves.iter();
        all.any(|curve| curve.ready.get(*place).copied().flatten().is_some())
    };
    let first = (0..days.len()).find(is_known)?;
    let days: Vec<NaiveDate> = days.into_iter().skip(first).collect();
    for curve in &mut curves {
        curve.ready.drain(..first.min(curve.ready.len()));
    }
    let mut text = Vec::new();
    if of > curves.len() {
        text.push(format!(
            "Of {} collections that are not all ready, the {} that switch next.",
            count(of),
            count(curves.len())
        ));
    }
    let table = table(&days, &curves);
    (days.len() > 1).then(|| {
        let chart = ready_over_time(title, days, curves);
        Section::new("Ready day by day", text, table).with_chart(chart)
    })
}

/// The chart of collections by day, under what it says.
pub(super) fn ready_over_time(
    title: String,
    days: Vec<NaiveDate>,
    curves: Vec<ReadyCurve>,
) -> Chart {
    let drawing = Drawing::ReadyOverTime { days, curves };
    Chart::new("ready-over-time", title, 280, drawing)
}

/// “Week 2” is 99% ready; on Monday about 15 not ready (at most 43).
fn title(first: &ReadyCurve, foretold: Option<Missing>, today: NaiveDate) -> String {
    let (now, all) = (first.now(), first.mailboxes);
    let is = format!("{} is {} ready", quoted(&first.label), share(now, all));
    let ahead = first.switch_date.filter(|date| *date > today);
    match (ahead, foretold) {
        (Some(date), Some(foretold)) => {
            format!("{is}; on {} {}", near_day(date, today), foretold.in_short())
        }
        _ => is,
    }
}

fn table(days: &[NaiveDate], curves: &[ReadyCurve]) -> Table {
    let places: Vec<usize> = (0..days.len()).rev().collect();
    let mut in_order: Vec<&ReadyCurve> = curves.iter().collect();
    in_order.sort_by_key(|curve| (curve.switch_date.is_none(), curve.switch_date));
    let mut table = Tabulation::of(places).text("Day", |place: usize| {
        days.get(place)
            .map_or_else(String::new, |day| short_day(*day))
    });
    for curve in in_order {
        table = table
            .number("Ready", |place: usize| {
                curve.ready.get(place).copied().flatten()
            })
            .headed(format!("{}, of {}", curve.label, count(curve.mailboxes)));
    }
    table.latest_days(
        "Mailboxes that are ready, by day",
        LISTED_DAYS,
        " days; the chart has all.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn curve(label: &str, day: u32, ready: &[u64], expected: Option<(u64, u64)>) -> ReadyCurve {
        ReadyCurve {
            label: label.to_owned(),
            mailboxes: 5_000,
            ready: ready.iter().copied().map(Some).collect(),
            switch_date: Some(date(day)),
            expected,
        }
    }

    #[test]
    fn who_switches_next_is_the_finding_and_has_its_numbers_beside_it() {
        let days: Vec<NaiveDate> = (14..=20).map(date).collect();
        let late = curve(
            "Week 1",
            16,
            &[4_000, 4_100, 4_200, 4_300, 4_400, 4_500, 4_991],
            None,
        );
        let next = curve(
            "Week 2",
            23,
            &[0, 900, 2_000, 3_000, 4_000, 4_900, 4_952],
            Some((4_961, 5_000)),
        );
        let done = curve("Pilot", 9, &[5_000; 7], None);
        let foretold = Some(Missing::invented(Some(15), (0, 39), 5_000));
        let curves = vec![(late, None), (next, foretold), (done, None)];
        let section = ready_by_day(date(20), days, curves).unwrap();
        assert_eq!(
            section.chart.unwrap().title,
            "“Week 2” is 99% ready; on Monday about 15 not ready (at most 39)"
        );
        let table = section.table.unwrap();
        assert_eq!(table.rows[0], ["Fri 20 Nov", "4,991", "4,952"]);
        assert_eq!(table.columns[2].heading, "Week 2, of 5,000");
        assert_eq!(
            table.cut.unwrap().sentence.unwrap(),
            "Showing the latest 5 of 7 days; the chart has all."
        );
    }

    #[test]
    fn without_two_days_or_where_all_are_ready_there_is_nothing_to_see() {
        let done = || curve("Pilot", 9, &[4_000, 5_000], None);
        let done = || (done(), None);
        let going = |ready| (curve("Week 2", 23, ready, None), None);
        assert!(ready_by_day(date(20), vec![date(19), date(20)], vec![done()]).is_none());
        assert!(ready_by_day(date(20), vec![date(20)], vec![going(&[7])]).is_none());
        let mut unknown = going(&[1, 2, 3]);
        unknown.0.ready[0] = None;
        let section = ready_by_day(date(20), (18..=20).map(date).collect(), vec![unknown]).unwrap();
        assert_eq!(section.chart.unwrap().title, "“Week 2” is under 1% ready");
        assert_eq!(section.table.unwrap().rows.len(), 2);
    }
}
