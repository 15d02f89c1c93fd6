//! Will they make it: how many mailboxes of each collection will not be ready on its switch date.

mod missing;

use chrono::NaiveDate;

pub use missing::Missing;
pub(super) use missing::is_in_doubt;

use super::model::Section;
use super::tabulation::Tabulation;
use super::wording::{
    NAMED, NO_COLLECTION, NOT_KNOWN, NOT_REPORTED, coming_day, first_of, name, quoted, short_day,
};
use crate::domain::plural::count;
use crate::metrics::{Alike, Forecast, ForecastStatus, Mailbox};

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

/// That all is well, in a sentence; nothing where it is not, or for no collection.
fn all_well(collections: &[CollectionForecast]) -> Option<String> {
    are_well(collections).then(|| match collections {
        [only] => match of_one(only) {
            Some(on_track) => format!("{} {on_track}", in_a_sentence(only)),
            None => format!("{} is in sync.", in_a_sentence(only)),
        },
        _ => {
            "Every collection that switches soon is in sync, or on track to be in time.".to_owned()
        }
    })
}

/// The section “Will each collection be ready?”: a row a collection, those that press first.
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
    let well = all_well(collections);
    // Without any forecast there is no more to say.
    if ordered.iter().all(|row| row.forecast.range.is_none()) {
        return Section::new(HEADING, well.into_iter().collect(), None);
    }
    // Of a single collection its row says the same.
    let text = well.filter(|_| collections.len() > 1).into_iter().collect();
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

/// “On track: about 12 not ready (at most 39)”, “Switches today: 15 not ready”, “Cannot tell yet”.
pub(super) fn in_a_cell(row: &CollectionForecast) -> String {
    let forecast = &row.forecast;
    let (status, label) = (forecast.status, forecast.status.label());
    match (status, Missing::of(forecast)) {
        (ForecastStatus::SwitchesToday | ForecastStatus::PastSwitchDate, _) => {
            format!("{label}: {} not ready", count(forecast.not_ready))
        }
        (ForecastStatus::InSync, _) | (_, None) => label.to_owned(),
        // How many are not ready today, another column says.
        (ForecastStatus::CannotTell | ForecastStatus::TotalsNotReported, Some(missing))
            if !missing.says_something() =>
        {
            label.to_owned()
        }
        (_, Some(missing)) => format!("{label}: {}", missing.in_short()),
    }
}

/// A share of mailboxes in whole percent; all and none only where it is all or none.
fn rounded_share(share: f64) -> String {
    match share {
        share if share <= 0.0 => "0%".to_owned(),
        share if share >= 1.0 => "100%".to_owned(),
        share => format!("{:.0}%", (share * 100.0).clamp(1.0, 99.0)),
    }
}

/// The chance of a mailbox to be ready: “75%”, “40% to 90%” where too little is known to say more, “Not
/// known”.
pub(super) fn chance(mailbox: &Mailbox) -> String {
    match mailbox.alike {
        None => NOT_KNOWN.to_owned(),
        Some(alike) if alike.is_known() => rounded_share(alike.ready),
        Some(Alike { within, .. }) => {
            format!("{} to {}", rounded_share(within.0), rounded_share(within.1))
        }
    }
}

/// Which collections will be late, with how many mailboxes, and which may be; nothing where none is, and
/// of a switch that is told already.
pub(super) fn behind(collections: &[CollectionForecast], told: Option<NaiveDate>) -> Vec<String> {
    let is_told = |row: &&CollectionForecast| told.is_some() && row.forecast.switch_date == told;
    let ordered = collections.iter().filter(|row| !is_told(row));
    let mut ordered: Vec<&CollectionForecast> = ordered.collect();
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
    let what = match status {
        _ if names.is_empty() => return None,
        ForecastStatus::WillBeLate => "will not be ready in time",
        _ => "may not be ready in time",
    };
    Some(format!("{} {what}.", first_of(&names, NAMED)))
}

/// What is said of one collection: how it stands, and how many will not be ready.
fn of_one(row: &CollectionForecast) -> Option<String> {
    let how = match row.forecast.status {
        ForecastStatus::WillBeLate => "will not be ready in time",
        ForecastStatus::AtRisk => "may not be ready in time",
        ForecastStatus::OnTrack if row.collection.is_some() => "is on track",
        ForecastStatus::OnTrack => "are on track",
        _ => return None,
    };
    let (missing, day) = (Missing::of(&row.forecast)?, row.forecast.switch_date?);
    Some(format!(
        "{how}: on {} {}.",
        coming_day(day),
        missing.in_words()
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
                expected: None,
            },
        }
    }

    #[test]
    fn what_presses_comes_first() {
        let section = forecasts(&[
            collection("Clinics", ForecastStatus::InSync, 20, None),
            collection("Estates", ForecastStatus::OnTrack, 23, Some((0, 7))),
            collection("Wards", ForecastStatus::WillBeLate, 23, Some((37, 60))),
            collection("New", ForecastStatus::CannotTell, 23, Some((0, 80))),
            collection("Week 1", ForecastStatus::SwitchesToday, 20, Some((80, 80))),
        ]);
        assert_eq!(section.text, [""; 0]);
        let table = section.table.unwrap();
        let rows: Vec<[&str; 2]> = table.rows.iter().map(|row| [&*row[0], &*row[3]]).collect();
        assert_eq!(
            rows,
            [
                ["Wards", "Will be late: 37 to 60 not ready"],
                ["Week 1", "Switches today: 80 not ready"],
                ["New", "Cannot tell yet"],
                ["Estates", "On track: at most 7 not ready"],
                ["Clinics", "In sync"]
            ]
        );
    }

    #[test]
    fn a_chance_of_which_little_is_known_is_a_range() {
        let of = |alike: Option<(f64, (f64, f64))>| {
            chance(&Mailbox {
                alike: alike.map(|(ready, within)| Alike {
                    days: 3,
                    ready,
                    within,
                }),
                ..Mailbox::invented("a@nm.example", 0, 100)
            })
        };
        assert_eq!(of(None), NOT_KNOWN);
        assert_eq!(of(Some((0.75, (0.62, 0.85)))), "75%");
        assert_eq!(of(Some((0.75, (0.397, 0.93)))), "40% to 93%");
        assert_eq!(of(Some((0.75, (0.0, 1.0)))), "0% to 100%");
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
        let said = |row: &CollectionForecast| all_well(std::slice::from_ref(row)).unwrap();
        assert_eq!(
            said(&fine),
            "“A” is on track: on Monday 23 November all 1,204 mailboxes will be ready."
        );
        assert_eq!(
            said(&collection("A", ForecastStatus::OnTrack, 23, Some((3, 9)))),
            "“A” is on track: on Monday 23 November 3 to 9 of 1,204 mailboxes will not be ready."
        );
        assert_eq!(said(&others[1]), "“B” is in sync.");
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
    fn several_are_named_and_the_others_counted_and_none_is_told_twice() {
        let late = ["A", "B", "C", "D", "E"];
        let late =
            late.map(|name| collection(name, ForecastStatus::WillBeLate, 23, Some((30, 40))));
        assert_eq!(
            behind(&late, None),
            ["“A”, “B”, “C” and 2 more will not be ready in time."]
        );
        assert_eq!(behind(&late, late[0].forecast.switch_date), [""; 0]);
        let one = collection("A", ForecastStatus::AtRisk, 23, Some((30, 40)));
        assert_eq!(
            behind(&[one], None),
            [
                "“A” may not be ready in time: on Monday 23 November 30 to 40 of 1,204 mailboxes will \
                 not be ready."
            ]
        );
        assert_eq!(
            [0.0, 0.001, 0.5, 0.9997, 1.0].map(rounded_share),
            ["0%", "1%", "50%", "99%", "100%"]
        );
    }
}
