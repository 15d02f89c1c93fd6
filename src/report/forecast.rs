//! Will they make it: how many mailboxes of each collection will not be ready on its switch date.

use super::wording::{
    NAMED, NO_COLLECTION, NOT_REPORTED, coming_day, first_of, name, quoted, short_day,
};
use super::{Section, Tabulation};
use crate::domain::plural::{count, counted};
use crate::metrics::{Forecast, ForecastStatus};

/// Collections that the table lists; the workbook has all.
const LISTED: usize = 20;

/// The forecast of a collection, with its name as the export has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CollectionForecast {
    /// `None` for mailboxes without a collection.
    pub(super) collection: Option<String>,
    pub(super) forecast: Forecast,
}

/// Whether there are collections, each in sync or on track.
pub(super) fn are_well(collections: &[CollectionForecast]) -> bool {
    let is_well = |row: &CollectionForecast| {
        let status = row.forecast.status;
        matches!(status, ForecastStatus::InSync | ForecastStatus::OnTrack)
    };
    !collections.is_empty() && collections.iter().all(is_well)
}

/// What stands out of collections that switch soon, a sentence each.
fn what_stands_out(collections: &[CollectionForecast]) -> Vec<String> {
    let mut ordered: Vec<&CollectionForecast> = collections.iter().collect();
    ordered.sort_by_key(|collection| (collection.forecast.switch_date, &collection.collection));
    if are_well(collections) {
        return vec![match ordered.as_slice() {
            [only] if only.forecast.status == ForecastStatus::InSync => {
                format!("{} is in sync.", in_a_sentence(only))
            }
            [only] => of_one(only).map_or_else(String::new, |on_track| {
                format!("{} {on_track}", in_a_sentence(only))
            }),
            _ => "Every collection that switches soon is in sync, or on track to be in time."
                .to_owned(),
        }];
    }
    [
        ForecastStatus::WillBeLate,
        ForecastStatus::AtRisk,
        ForecastStatus::TotalsNotReported,
        ForecastStatus::CannotTell,
    ]
    .into_iter()
    .filter_map(|status| sentence(status, &ordered))
    .collect()
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
    let text = what_stands_out(collections);
    // Without any forecast the sentences have said it all.
    if ordered.iter().all(|row| row.forecast.range.is_none()) {
        return Section::new(HEADING, text, None);
    }
    let table = Tabulation::of(ordered)
        .text("Collection", collection_name)
        .text("Switch date", |row| {
            let date = row.forecast.switch_date;
            date.map_or_else(|| NOT_REPORTED.to_owned(), short_day)
        })
        .number("Not ready today", |row| row.forecast.not_ready)
        .text("Forecast", in_a_cell)
        .list("The most pressing first", LISTED, " collections.");
    Section::new(HEADING, text, table)
}

/// “On track: 0 to 39 not ready”, “Switches today: 15 not ready”, “Cannot tell yet”.
pub(super) fn in_a_cell(row: &CollectionForecast) -> String {
    let Forecast {
        status,
        range,
        not_ready,
        ..
    } = row.forecast;
    let label = status.label();
    let known = matches!(
        status,
        ForecastStatus::SwitchesToday | ForecastStatus::PastSwitchDate
    );
    match range {
        _ if known => format!("{label}: {} not ready", count(not_ready)),
        Some((0, 0)) => format!("{label}: all ready"),
        Some(range) => format!("{label}: {} not ready", between(range, " to ")),
        None => label.to_owned(),
    }
}

/// “12 to 60”, or “12” where it can be no other.
fn between((least, most): (u64, u64), word: &str) -> String {
    if least == most {
        return count(least);
    }
    format!("{}{word}{}", count(least), count(most))
}

/// A share of mailboxes in whole percent; all and none only where it is all or none.
pub(super) fn rounded_share(share: f64) -> String {
    match share {
        share if share <= 0.0 => "none".to_owned(),
        share if share >= 1.0 => "all".to_owned(),
        share => format!("{:.0}%", (share * 100.0).clamp(1.0, 99.0)),
    }
}

/// Which collections will be late, with how many mailboxes, and which may be; nothing where none is.
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
        ForecastStatus::SwitchesToday => 2,
        ForecastStatus::PastSwitchDate => 3,
        ForecastStatus::TotalsNotReported => 4,
        ForecastStatus::CannotTell => 5,
        ForecastStatus::OnTrack => 6,
        ForecastStatus::TooFarAhead => 7,
        ForecastStatus::NoSwitchDate => 8,
        ForecastStatus::InSync => 9,
    }
}

fn sentence(status: ForecastStatus, collections: &[&CollectionForecast]) -> Option<String> {
    let rows = collections
        .iter()
        .filter(|row| row.forecast.status == status);
    let rows: Vec<&&CollectionForecast> = rows.collect();
    if let ([row], Some(words)) = (rows.as_slice(), rows.first().and_then(|row| of_one(row))) {
        return Some(format!("{} {words}", in_a_sentence(row)));
    }
    let names: Vec<String> = rows.iter().map(|row| in_a_sentence(row)).collect();
    let one_or_several = |one, several| if names.len() == 1 { one } else { several };
    let what = match status {
        _ if names.is_empty() => return None,
        ForecastStatus::WillBeLate => "will not be ready in time",
        ForecastStatus::AtRisk => "may not be ready in time",
        ForecastStatus::TotalsNotReported => one_or_several(
            "has no forecast: not all of its mailboxes report how many items they hold",
            "have no forecast: not all of their mailboxes report how many items they hold",
        ),
        _ => one_or_several(
            "has no forecast as a whole yet: it is too early to tell",
            "have no forecast as a whole yet: it is too early to tell",
        ),
    };
    Some(format!("{} {what}.", first_of(&names, NAMED)))
}

/// What is said of one collection that will be late, or may be.
fn of_one(row: &CollectionForecast) -> Option<String> {
    let Forecast {
        status,
        switch_date,
        mailboxes,
        range,
        ..
    } = row.forecast;
    let how = match status {
        ForecastStatus::WillBeLate => "will not be ready in time",
        ForecastStatus::AtRisk => "may not be ready in time",
        ForecastStatus::OnTrack if row.collection.is_some() => "is on track",
        ForecastStatus::OnTrack => "are on track",
        _ => return None,
    };
    let (range, day) = (range?, coming_day(switch_date?));
    let of_all = counted(mailboxes, "mailbox", "mailboxes");
    if range == (0, 0) {
        return Some(format!(
            "{how}: on {day} we expect all of its {of_all} to be ready."
        ));
    }
    let missing = between(range, " to ");
    Some(format!(
        "{how}: on {day} we expect {missing} of its {of_all} not to be ready."
    ))
}

/// Its name as a sentence begins with it or has it.
fn in_a_sentence(collection: &CollectionForecast) -> String {
    match &collection.collection {
        None => "Mailboxes without a collection".to_owned(),
        name_of => quoted(&name(name_of.as_deref())),
    }
}

fn collection_name(collection: &CollectionForecast) -> String {
    match &collection.collection {
        None => NO_COLLECTION.to_owned(),
        collection => name(collection.as_deref()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn collection(
        name: &str,
        status: ForecastStatus,
        day: u32,
        range: Option<(u64, u64)>,
    ) -> CollectionForecast {
        CollectionForecast {
            collection: Some(name.to_owned()),
            forecast: Forecast {
                status,
                switch_date: NaiveDate::from_ymd_opt(2026, 11, day),
                mailboxes: 1_204,
                not_ready: 80,
                mailboxes_without_total: 0,
                range,
            },
        }
    }

    #[test]
    fn what_presses_comes_first_and_is_said() {
        let section = forecasts(&[
            collection("Clinics", ForecastStatus::InSync, 20, None),
            collection("Estates", ForecastStatus::OnTrack, 23, Some((0, 7))),
            collection("Wards", ForecastStatus::WillBeLate, 23, Some((37, 60))),
            collection("New", ForecastStatus::CannotTell, 23, None),
            collection("Week 1", ForecastStatus::SwitchesToday, 20, Some((80, 80))),
        ]);
        assert_eq!(
            section.text,
            [
                "“Wards” will not be ready in time: on Monday 23 November we expect 37 to 60 of its \
                 1,204 mailboxes not to be ready.",
                "“New” has no forecast as a whole yet: it is too early to tell.",
            ]
        );
        let table = section.table.unwrap();
        let rows: Vec<[&str; 2]> = table.rows.iter().map(|row| [&*row[0], &*row[3]]).collect();
        assert_eq!(
            rows,
            [
                ["Wards", "Will be late: 37 to 60 not ready"],
                ["Week 1", "Switches today: 80 not ready"],
                ["New", "Cannot tell yet"],
                ["Estates", "On track: 0 to 7 not ready"],
                ["Clinics", "In sync"]
            ]
        );
    }

    #[test]
    fn every_collection_is_well_only_where_each_is() {
        let well = "Every collection that switches soon is in sync, or on track to be in time.";
        let fine = collection("A", ForecastStatus::OnTrack, 23, Some((0, 0)));
        let others = [
            fine.clone(),
            collection("B", ForecastStatus::InSync, 23, None),
        ];
        assert_eq!(forecasts(&others).text[0], well);
        let said = |row: &CollectionForecast| what_stands_out(std::slice::from_ref(row));
        assert_eq!(
            said(&fine),
            [
                "“A” is on track: on Monday 23 November we expect all of its 1,204 mailboxes to be ready."
            ]
        );
        assert_eq!(
            said(&collection("A", ForecastStatus::OnTrack, 23, Some((3, 9)))),
            [
                "“A” is on track: on Monday 23 November we expect 3 to 9 of its 1,204 mailboxes not to be \
              ready."
            ]
        );
        assert_eq!(said(&others[1]), ["“B” is in sync."]);
        let statuses = [
            ForecastStatus::PastSwitchDate,
            ForecastStatus::SwitchesToday,
            ForecastStatus::NoSwitchDate,
            ForecastStatus::TooFarAhead,
            ForecastStatus::CannotTell,
            ForecastStatus::TotalsNotReported,
            ForecastStatus::AtRisk,
            ForecastStatus::WillBeLate,
        ];
        for status in statuses {
            let other = collection("B", status, 18, None);
            let section = forecasts(&[fine.clone(), other]);
            assert!(section.text.iter().all(|text| text != well), "{status:?}");
        }
        assert_eq!(forecasts(&[]).text, ["No collection is reported."]);
    }

    #[test]
    fn several_are_named_and_the_others_counted() {
        let late = ["A", "B", "C", "D", "E"];
        let late =
            late.map(|name| collection(name, ForecastStatus::WillBeLate, 23, Some((30, 40))));
        assert_eq!(
            behind(&late),
            ["“A”, “B”, “C” and 2 more will not be ready in time."]
        );
        assert_eq!(
            [(0, 0), (1, 1_200)].map(|range| between(range, " to ")),
            ["0", "1 to 1,200"]
        );
        assert_eq!(
            [0.0, 0.001, 0.5, 0.9997, 1.0].map(rounded_share),
            ["none", "1%", "50%", "99%", "all"]
        );
    }
}
