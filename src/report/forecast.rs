//! Will they make it: when each collection is likely to be in sync, against its switch date.

use chrono::NaiveDate;

use super::wording::{NAMED, NO_COLLECTION, NOT_REPORTED, first_of, name, short_day};
use super::{Section, Tabulation};
use crate::domain::plural::count;
use crate::metrics::{Forecast, ForecastStatus, Outlook, RANGE_HOLDS};

/// Collections that the table lists; the workbook has all.
const LISTED: usize = 20;
const TOO_LATE_TO_FORECAST: &str = "Not within half a year";

/// The forecast of a collection, with its name as the export has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CollectionForecast {
    /// `None` for mailboxes without a collection.
    pub(super) collection: Option<String>,
    pub(super) forecast: Forecast,
}

/// The section “Will each collection be ready?”: what stands out, and a row a collection, those
/// that press first.
pub(super) fn forecasts(collections: &[CollectionForecast]) -> Section {
    const HEADING: &str = "Will each collection be ready?";
    if collections.is_empty() {
        return Section::of_text(HEADING, &["No collection is reported."]);
    }
    let mut ordered: Vec<&CollectionForecast> = collections.iter().collect();
    ordered.sort_by_key(|collection| {
        (
            urgency(collection.forecast.status),
            collection.forecast.switch_date,
            &collection.collection,
        )
    });
    let mut text: Vec<String> = [
        ForecastStatus::WillBeLate,
        ForecastStatus::AtRisk,
        ForecastStatus::TotalsNotReported,
        ForecastStatus::NotEnoughHistory,
    ]
    .into_iter()
    .filter_map(|status| sentence(status, &ordered))
    .collect();
    let is_well = |status| matches!(status, ForecastStatus::InSync | ForecastStatus::OnTrack);
    if ordered.iter().all(|row| is_well(row.forecast.status)) {
        text.push("Every collection is in sync, or on track to be by its switch date.".to_owned());
    }
    // Without any forecast the sentences have said it all.
    if ordered
        .iter()
        .all(|collection| collection.forecast.outlook.is_none())
    {
        return Section::new(HEADING, text, None);
    }
    text.push(format!(
        "The range of dates holds the day at least {} times in 5, if the days to come are like \
         those so far. A mailbox that is not in sync on its switch date does not switch that day; \
         it switches by itself once in sync.",
        (RANGE_HOLDS * 5.0).round()
    ));
    let table = Tabulation::of(ordered)
        .text("Collection", collection_name)
        .text("Forecast", |row| row.forecast.status.label())
        .text("Switch date", |row| {
            row.forecast
                .switch_date
                .map_or_else(|| NOT_REPORTED.to_owned(), short_day)
        })
        .text("Likely in sync", |row| {
            from_outlook(&row.forecast, |outlook| {
                outlook
                    .likely
                    .map_or_else(|| TOO_LATE_TO_FORECAST.to_owned(), short_day)
            })
        })
        .text("Range", |row| {
            from_outlook(&row.forecast, |outlook| range(outlook.first, outlook.last))
        })
        .number("Items left", |row| items_left(&row.forecast))
        .list(
            "Forecast of each collection, the most pressing first",
            LISTED,
            " collections.",
        );
    Section::new(HEADING, text, table)
}

/// Which collections will be late, in one sentence, and which may be, in another; nothing where
/// none is.
pub(super) fn behind(collections: &[CollectionForecast]) -> Vec<String> {
    let mut ordered: Vec<&CollectionForecast> = collections.iter().collect();
    ordered.sort_by_key(|collection| collection.forecast.switch_date);
    [ForecastStatus::WillBeLate, ForecastStatus::AtRisk]
        .into_iter()
        .filter_map(|status| sentence(status, &ordered))
        .collect()
}

fn urgency(status: ForecastStatus) -> u8 {
    match status {
        ForecastStatus::WillBeLate => 0,
        ForecastStatus::AtRisk => 1,
        ForecastStatus::PastSwitchDate => 2,
        ForecastStatus::TotalsNotReported => 3,
        ForecastStatus::NotEnoughHistory => 4,
        ForecastStatus::OnTrack => 5,
        ForecastStatus::NoSwitchDate => 6,
        ForecastStatus::InSync => 7,
    }
}

fn sentence(status: ForecastStatus, collections: &[&CollectionForecast]) -> Option<String> {
    let names: Vec<String> = collections
        .iter()
        .filter(|collection| collection.forecast.status == status)
        .map(|collection| collection_name(collection))
        .collect();
    let one_or_several = |one, several| if names.len() == 1 { one } else { several };
    let what = match status {
        _ if names.is_empty() => return None,
        ForecastStatus::WillBeLate => one_or_several(
            "will not be in sync by its switch date at the pace so far",
            "will not be in sync by their switch dates at the pace so far",
        ),
        ForecastStatus::AtRisk => one_or_several(
            "may not be in sync by its switch date",
            "may not be in sync by their switch dates",
        ),
        ForecastStatus::TotalsNotReported => one_or_several(
            "has no forecast: not all of its mailboxes report how many items they hold",
            "have no forecast: not all of their mailboxes report how many items they hold",
        ),
        _ => one_or_several(
            "has too little history for a forecast: it needs 10 days on which hardly any mailboxes \
             were added",
            "have too little history for a forecast: it needs 10 days on which hardly any \
             mailboxes were added",
        ),
    };
    Some(format!("{} {what}.", first_of(&names, NAMED)))
}

fn collection_name(collection: &CollectionForecast) -> String {
    match &collection.collection {
        None => NO_COLLECTION.to_owned(),
        collection => name(collection.as_deref()),
    }
}

/// What the dates of a forecast say, or why there are none.
fn from_outlook(forecast: &Forecast, words: impl Fn(&Outlook) -> String) -> String {
    match (&forecast.outlook, forecast.status) {
        (Some(outlook), _) => words(outlook),
        (None, ForecastStatus::InSync) => "Reached".to_owned(),
        (None, _) => "Not known".to_owned(),
    }
}

fn items_left(forecast: &Forecast) -> String {
    match (forecast.items_left, &forecast.outlook) {
        (None, _) => NOT_REPORTED.to_owned(),
        (Some(left), None) => count(left),
        (Some(left), Some(outlook)) => {
            format!("{} at {} a day", count(left), pace(outlook.items_a_day))
        }
    }
}

fn range(first: Option<NaiveDate>, last: Option<NaiveDate>) -> String {
    match (first.map(short_day), last.map(short_day)) {
        (None, _) => TOO_LATE_TO_FORECAST.to_owned(),
        (Some(first), None) => format!("{first} or later"),
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first} to {last}"),
    }
}

/// Items a day; below 0 where more are added than done.
fn pace(items: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    let whole = items.abs().round() as u64;
    if items < 0.0 && whole > 0 {
        format!("{} more", count(whole))
    } else {
        count(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::CollectionPoint;

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
                mailboxes: 30,
                mailboxes_without_total: 0,
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
}
