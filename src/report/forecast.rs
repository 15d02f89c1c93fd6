//! Will they make it: forecasts of collections, and progress over time.

use chrono::NaiveDate;

use super::wording::{count, counted, day, list, name, share, short_day};
use super::{
    Chart, Column, Cut, Drawing, ProgressDay, ProgressForecast, Section, SwitchDate, Table,
};
use crate::metrics::{CollectionPoint, Forecast, RANGE_HOLDS, Standing};

/// Collections that the table lists; the workbook has all.
const LISTED: usize = 20;
/// Collections that a sentence names; the others are counted.
const NAMED: usize = 3;
/// Days that the table of progress lists.
const LISTED_DAYS: usize = 7;

/// The forecast of a collection, with its name as the export has it.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionForecast {
    /// The name; `None` for mailboxes without a collection.
    pub collection: Option<String>,
    /// When it is in sync.
    pub forecast: Forecast,
}

/// The section “Will each collection be ready?”: what stands out, and a row a collection, those
/// that press first.
#[must_use]
pub fn forecasts(collections: &[CollectionForecast]) -> Section {
    let heading = "Will each collection be ready?".to_owned();
    if collections.is_empty() {
        return Section {
            heading,
            text: vec!["No collection is reported.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let mut ordered: Vec<&CollectionForecast> = collections.iter().collect();
    ordered.sort_by_key(|collection| {
        (
            urgency(collection.forecast.standing),
            collection.forecast.switch_date,
            collection.collection.clone(),
        )
    });
    let mut text: Vec<String> = [
        Standing::WillBeLate,
        Standing::AtRisk,
        Standing::NotEnoughHistory,
    ]
    .into_iter()
    .filter_map(|standing| sentence(standing, &ordered))
    .collect();
    if text.is_empty() {
        text.push("Every collection is in sync, or on track to be by its switch date.".to_owned());
    }
    if collections
        .iter()
        .any(|collection| collection.forecast.outlook.is_some())
    {
        text.push(format!(
            "The range of dates holds the day at least {} times in 5, if the days to come are like \
             those so far. A mailbox that is not in sync on its switch date does not switch that \
             day; it switches by itself once in sync.",
            (RANGE_HOLDS * 5.0).round()
        ));
    }
    Section {
        heading,
        text,
        chart: None,
        // Without any forecast the sentences have said it all.
        table: collections
            .iter()
            .any(|collection| collection.forecast.outlook.is_some())
            .then(|| Table {
                caption: "Forecast of each collection, the most pressing first".to_owned(),
                columns: vec![
                    Column::text("Collection"),
                    Column::text("Forecast"),
                    Column::text("Switch date"),
                    Column::text("Likely in sync"),
                    Column::text("Range"),
                    Column::number("Items left"),
                ],
                rows: ordered
                    .iter()
                    .take(LISTED)
                    .map(|collection| row(collection))
                    .collect(),
                cut: Cut::of_list(ordered.len().min(LISTED), ordered.len(), " collections."),
            }),
    }
}

/// Which collections will be late, in one sentence, and which may be, in another; nothing where
/// none is.
#[must_use]
pub fn behind(collections: &[CollectionForecast]) -> Vec<String> {
    let mut ordered: Vec<&CollectionForecast> = collections.iter().collect();
    ordered.sort_by_key(|collection| collection.forecast.switch_date);
    [Standing::WillBeLate, Standing::AtRisk]
        .into_iter()
        .filter_map(|standing| sentence(standing, &ordered))
        .collect()
}

/// The standing as reports print it.
#[must_use]
pub fn standing_label(standing: Standing) -> &'static str {
    match standing {
        Standing::InSync => "In sync",
        Standing::OnTrack => "On track",
        Standing::AtRisk => "At risk",
        Standing::WillBeLate => "Will be late",
        Standing::PastSwitchDate => "Past its switch date",
        Standing::NoSwitchDate => "No switch date",
        Standing::NotEnoughHistory => "Not enough history",
    }
}

fn urgency(standing: Standing) -> u8 {
    match standing {
        Standing::WillBeLate => 0,
        Standing::AtRisk => 1,
        Standing::PastSwitchDate => 2,
        Standing::NotEnoughHistory => 3,
        Standing::OnTrack => 4,
        Standing::NoSwitchDate => 5,
        Standing::InSync => 6,
    }
}

fn sentence(standing: Standing, collections: &[&CollectionForecast]) -> Option<String> {
    let those: Vec<&&CollectionForecast> = collections
        .iter()
        .filter(|collection| collection.forecast.standing == standing)
        .collect();
    if those.is_empty() {
        return None;
    }
    let mut names: Vec<String> = those
        .iter()
        .take(NAMED)
        .map(|collection| collection_name(collection))
        .collect();
    if those.len() > NAMED {
        names.push(format!("{} more", count((those.len() - NAMED) as u64)));
    }
    let several = those.len() > 1;
    let what = match (standing, several) {
        (Standing::WillBeLate, false) => {
            "will not be in sync by its switch date at the pace so far"
        }
        (Standing::WillBeLate, true) => {
            "will not be in sync by their switch dates at the pace so far"
        }
        (Standing::AtRisk, false) => "may not be in sync by its switch date",
        (Standing::AtRisk, true) => "may not be in sync by their switch dates",
        (_, false) => {
            "has too little history for a forecast: it needs 10 days on which hardly any mailboxes \
             were added"
        }
        (_, true) => {
            "have too little history for a forecast: it needs 10 days on which hardly any \
             mailboxes were added"
        }
    };
    Some(format!("{} {what}.", list(&names)))
}

fn collection_name(collection: &CollectionForecast) -> String {
    collection.collection.as_deref().map_or_else(
        || "No collection reported".to_owned(),
        |collection| name(Some(collection)),
    )
}

fn row(collection: &CollectionForecast) -> Vec<String> {
    let forecast = &collection.forecast;
    let outlook = forecast.outlook.as_ref();
    let none = || {
        if forecast.standing == Standing::InSync {
            "Reached"
        } else {
            "Not known"
        }
        .to_owned()
    };
    vec![
        collection_name(collection),
        standing_label(forecast.standing).to_owned(),
        forecast
            .switch_date
            .map_or_else(|| "Not reported".to_owned(), short_day),
        outlook.map_or_else(none, |outlook| {
            outlook
                .likely
                .map_or_else(|| "Not within half a year".to_owned(), short_day)
        }),
        outlook.map_or_else(none, |outlook| range(outlook.first, outlook.last)),
        match (forecast.items_left, outlook) {
            (None, _) => "Not reported".to_owned(),
            (Some(left), None) => count(left),
            (Some(left), Some(outlook)) => {
                format!("{} at {} a day", count(left), pace(outlook.items_a_day))
            }
        },
    ]
}

fn range(first: Option<NaiveDate>, last: Option<NaiveDate>) -> String {
    match (first, last) {
        (None, _) => "Not within half a year".to_owned(),
        (Some(first), None) => format!("{} or later", short_day(first)),
        (Some(first), Some(last)) if first == last => short_day(first),
        (Some(first), Some(last)) => format!("{} to {}", short_day(first), short_day(last)),
    }
}

/// Items a day; what is left can grow, too.
fn pace(items: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    let whole = items.abs().round() as u64;
    if items < 0.0 && whole > 0 {
        format!("{} more", count(whole))
    } else {
        count(whole)
    }
}

/// The section “Progress over time” of an organisation: its days, the forecast of all its items
/// together, and its switch dates with what switches on each (“Pilot”, “1,204 mailboxes”).
#[must_use]
pub fn progress_over_time(
    days: &[CollectionPoint],
    forecast: &Forecast,
    switches: &[SwitchDate],
) -> Section {
    let heading = "Progress over time".to_owned();
    let known: Vec<ProgressDay> = days
        .iter()
        .filter_map(|day| {
            Some(ProgressDay {
                date: day.date,
                attempted: day.items_attempted?,
                total: day.items_total?,
            })
        })
        .collect();
    let (Some(latest), true) = (known.last(), known.len() > 1) else {
        let text =
            "A chart of progress needs 2 days of which attempted and total items are reported."
                .to_owned();
        return Section {
            heading,
            text: vec![text],
            chart: None,
            table: None,
        };
    };
    let fan = forecast
        .outlook
        .as_ref()
        .map_or(&[][..], |outlook| outlook.fan.as_slice());
    let title = progress_title(latest, forecast);
    let mut rows = Vec::new();
    let before = std::iter::once(None).chain(known.iter().map(Some));
    for (today, before) in known.iter().zip(before) {
        let added = before.map_or_else(
            || "First day".to_owned(),
            |before| change(before.attempted, today.attempted),
        );
        rows.push(vec![
            short_day(today.date),
            count(today.attempted),
            count(today.total),
            share(today.attempted, today.total),
            added,
        ]);
    }
    rows.reverse();
    rows.truncate(LISTED_DAYS);
    let cut = Cut::of_days(
        rows.len(),
        known.len(),
        " days; all are in the workbook, sheet By day.",
    );
    Section {
        heading,
        text: vec![progress_sentence(forecast)],
        chart: Some(Chart::new(
            "progress-over-time",
            title,
            260 + 28 * u32::try_from(switches.len()).unwrap_or(0),
            Drawing::Progress {
                days: known.clone(),
                forecast: fan
                    .iter()
                    .map(|day| ProgressForecast {
                        date: day.date,
                        low: day.low,
                        expected: day.expected,
                        high: day.high,
                    })
                    .collect(),
                switches: switches.to_vec(),
            },
        )),
        table: Some(Table {
            caption: "Attempted items by day, the latest first".to_owned(),
            columns: vec![
                Column::text("Day"),
                Column::number("Attempted items"),
                Column::number("All items"),
                Column::number("Share"),
                Column::number("Since the report before"),
            ],
            rows,
            cut,
        }),
    }
}

fn change(before: u64, now: u64) -> String {
    if now >= before {
        count(now - before)
    } else {
        format!("{} fewer", count(before - now))
    }
}

fn progress_title(latest: &ProgressDay, forecast: &Forecast) -> String {
    let done = format!(
        "{} of items attempted",
        share(latest.attempted, latest.total)
    );
    match forecast.outlook.as_ref().map(|outlook| outlook.likely) {
        Some(Some(likely)) => format!("{done}, all likely by {}", day(likely)),
        Some(None) => format!("{done}, and not all within half a year at this pace"),
        None => done,
    }
}

fn progress_sentence(forecast: &Forecast) -> String {
    let Some(outlook) = &forecast.outlook else {
        return match forecast.standing {
            Standing::InSync => "Every item has been attempted.".to_owned(),
            _ => {
                "There is too little history for a forecast: it needs 10 days on which hardly any \
             mailboxes were added."
                    .to_owned()
            }
        };
    };
    let left = counted(forecast.items_left.unwrap_or(0), "item is", "items are");
    match (outlook.first, outlook.last) {
        (None, _) => format!(
            "{left} left, and at the pace so far they will not be attempted within half a year."
        ),
        (Some(first), None) => format!(
            "{left} left; at the pace so far the last is attempted on {} or later.",
            day(first)
        ),
        (Some(first), Some(last)) if first == last => format!(
            "{left} left; at the pace so far the last is attempted on {}.",
            day(first)
        ),
        (Some(first), Some(last)) => format!(
            "{left} left; if the days to come are like those so far, the last is attempted between \
             {} and {} (at least 4 times in 5).",
            day(first),
            day(last)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 2)
            .unwrap()
            .checked_add_days(chrono::Days::new(day))
            .unwrap()
    }

    /// Fifteen days at a steady pace of 1,000 items.
    fn days(total: u64, number: u64) -> Vec<CollectionPoint> {
        (0..number)
            .map(|day| CollectionPoint {
                date: date(day),
                items_total: Some(total),
                items_attempted: Some((day * 1_000).min(total)),
            })
            .collect()
    }

    fn collection(
        name: &str,
        total: u64,
        number: u64,
        switch_day: Option<u64>,
    ) -> CollectionForecast {
        CollectionForecast {
            collection: Some(name.to_owned()),
            forecast: Forecast::of(&days(total, number), switch_day.map(date)),
        }
    }

    #[test]
    fn what_presses_comes_first_and_is_said() {
        let section = forecasts(&[
            collection("Clinics", 14_000, 15, Some(30)),
            collection("Estates", 30_000, 15, Some(40)),
            collection("Wards", 60_000, 15, Some(20)),
            collection("New", 9_000, 3, Some(20)),
            collection("Partners", 30_000, 15, None),
        ]);
        assert_eq!(
            section.text[..2],
            [
                "Wards will not be in sync by its switch date at the pace so far.",
                "New has too little history for a forecast: it needs 10 days on which hardly any \
                 mailboxes were added."
            ]
        );
        assert!(
            section.text[2].starts_with("The range of dates holds the day at least 4 times in 5,"),
            "{}",
            section.text[2]
        );
        let table = section.table.unwrap();
        let first: Vec<(&str, &str)> = table
            .rows
            .iter()
            .map(|row| (row[0].as_str(), row[1].as_str()))
            .collect();
        assert_eq!(
            first,
            [
                ("Wards", "Will be late"),
                ("New", "Not enough history"),
                ("Estates", "On track"),
                ("Partners", "No switch date"),
                ("Clinics", "In sync")
            ]
        );
        assert_eq!(table.rows[2][2..4], ["Sat 12 Dec", "Wed 2 Dec"]);
        assert_eq!(table.rows[4][3..], ["Reached", "Reached", "0"]);
        assert!(
            table.rows[2][5].starts_with("16,000 at 1,"),
            "{:?}",
            table.rows[2]
        );
        assert!(table.rows.iter().flatten().all(|cell| !cell.is_empty()));
    }

    #[test]
    fn several_are_named_and_the_others_counted() {
        let late: Vec<_> = ["A", "B", "C", "D", "E"]
            .map(|name| collection(name, 90_000, 15, Some(20)))
            .into();
        assert_eq!(
            forecasts(&late).text[0],
            "A, B, C and 2 more will not be in sync by their switch dates at the pace so far."
        );
        let fine = [collection("A", 14_000, 15, Some(20))];
        assert_eq!(
            forecasts(&fine).text,
            ["Every collection is in sync, or on track to be by its switch date."]
        );
        assert_eq!(forecasts(&[]).text, ["No collection is reported."]);
    }

    #[test]
    fn ranges_read_aloud() {
        assert_eq!(range(None, None), "Not within half a year");
        assert_eq!(range(Some(date(0)), None), "Mon 2 Nov or later");
        assert_eq!(range(Some(date(0)), Some(date(0))), "Mon 2 Nov");
        assert_eq!(
            range(Some(date(0)), Some(date(3))),
            "Mon 2 Nov to Thu 5 Nov"
        );
        assert_eq!([1_204.4, 0.2, -12.0].map(pace), ["1,204", "0", "12 more"]);
    }

    #[test]
    fn progress_has_its_numbers_beside_it() {
        let days = days(30_000, 15);
        let switches = [SwitchDate {
            date: date(33),
            label: "Pilot".to_owned(),
        }];
        let section = progress_over_time(&days, &Forecast::of(&days, Some(date(33))), &switches);
        assert_eq!(
            section.table.as_ref().unwrap().rows[0],
            ["Mon 16 Nov", "14,000", "30,000", "47%", "1,000"]
        );
        let chart = section.chart.unwrap();
        assert_eq!(
            chart.title,
            "47% of items attempted, all likely by 2 December 2026"
        );
        let Drawing::Progress { days, forecast, .. } = &chart.drawing else {
            panic!("{chart:?}")
        };
        assert_eq!((days.len(), forecast.last().unwrap().date), (15, date(33)));
        assert!(
            section.text[0].starts_with("16,000 items are left;"),
            "{}",
            section.text[0]
        );
        let alone = progress_over_time(&days_of_one(), &Forecast::of(&[], None), &[]);
        assert!(alone.chart.is_none() && alone.text[0].contains("needs 2 days"));
    }

    fn days_of_one() -> Vec<CollectionPoint> {
        days(30_000, 1)
    }
}
