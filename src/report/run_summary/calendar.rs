//! The switches of the coming four weeks as a calendar, for the archive's page of a day.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

use super::super::wording::{coming_day, first_of, share};
use super::{OrganisationFigures, OrganisationLine, SwitchDay, SwitchedDay};
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
    /// Whether it is the day of the page.
    is_today: bool,
    /// How it stands: the name of its class in the page's styles.
    standing: &'static str,
    /// What switches or switched on it; empty where nothing does.
    lines: Vec<String>,
}

/// The days from the Monday before a day on; none where nothing switches or did.
pub(super) fn calendar(today: NaiveDate, organisations: &[OrganisationLine]) -> Vec<CalendarDay> {
    let (switches, switched) = (coming(organisations), switched(organisations));
    let monday = today - Days::new(today.weekday().num_days_from_monday().into());
    if switches.is_empty() && !switched.keys().any(|date| *date >= monday) {
        return Vec::new();
    }
    let day = |date: NaiveDate| {
        let coming = switches.get(&date).map(Vec::as_slice).unwrap_or_default();
        let done = switched.get(&date).map(Vec::as_slice).unwrap_or_default();
        // On the day itself, the morning is before the switch.
        let has_begun = done.iter().any(|(_, day)| day.switched > 0);
        let (standing, lines) = match (coming, done) {
            ([], []) => ("free", Vec::new()),
            ([_, ..], _) if !has_begun => of_coming(coming, today),
            _ => of_switched(done),
        };
        CalendarDay {
            words: coming_day(date),
            is_today: date == today,
            standing,
            lines,
        }
    };
    monday
        .iter_days()
        .take(WEEKS as usize * 7)
        .map(day)
        .collect()
}

type DayEntry = (&'static str, Vec<String>);

/// “6,240 mailboxes, 71 not ready (1%)”: far behind, where it is a switch to call somebody about.
fn of_coming(switches: &[(&OrganisationLine, SwitchDay)], today: NaiveDate) -> DayEntry {
    let due: u64 = switches.iter().map(|(_, switch)| switch.due).sum();
    let missing: u64 = switches.iter().map(|(_, switch)| switch.missing()).sum();
    let is_at_risk = switches.iter().any(|(_, switch)| switch.is_at_risk(today));
    let mailboxes = counted(due, "mailbox", "mailboxes");
    let (standing, line) = match missing {
        0 => ("ready", format!("{mailboxes}, all ready")),
        late => {
            let share = share(late, due);
            let words = format!("{mailboxes}, {} not ready ({share})", count(late));
            match is_at_risk {
                true => ("late", format!("Far behind: {words}")),
                false => ("some", words),
            }
        }
    };
    let codes = switches.iter().map(|(line, _)| line.code_and_day());
    (
        standing,
        vec![line, first_of(&codes.collect::<Vec<_>>(), NAMED)],
    )
}

/// “5,000 mailboxes, 4,989 switched”.
fn of_switched(days: &[(&OrganisationLine, SwitchedDay)]) -> DayEntry {
    let all: u64 = days.iter().map(|(_, day)| day.mailboxes).sum();
    let switched: u64 = days.iter().map(|(_, day)| day.switched).sum();
    let mailboxes = counted(all, "mailbox", "mailboxes");
    let (standing, line) = match switched == all {
        true => ("ready", format!("{mailboxes}, all switched")),
        false => (
            "some",
            format!(
                "{mailboxes}, {} switched, {} not",
                count(switched),
                count(all - switched)
            ),
        ),
    };
    let codes = days.iter().map(|(line, _)| line.code_and_day());
    (
        standing,
        vec![line, first_of(&codes.collect::<Vec<_>>(), NAMED)],
    )
}

/// Something of each organisation on a day.
pub(super) type ByDay<'a, D> = BTreeMap<NaiveDate, Vec<(&'a OrganisationLine, D)>>;

/// Switches of all organisations by day, those of most mailboxes that are not ready first.
pub(super) fn coming(organisations: &[OrganisationLine]) -> ByDay<'_, SwitchDay> {
    by_day(
        organisations,
        |figures| &figures.switches,
        |switch| (switch.date, switch.missing()),
    )
}

/// Switches of the week up to the day, by day, those of most mailboxes first.
fn switched(organisations: &[OrganisationLine]) -> ByDay<'_, SwitchedDay> {
    by_day(
        organisations,
        |figures| &figures.switched,
        |day| (day.date, day.mailboxes),
    )
}

/// Days of all organisations: of a day, those with the largest number first.
fn by_day<D: Copy>(
    organisations: &[OrganisationLine],
    days: fn(&OrganisationFigures) -> &[D],
    date_and_number: fn(&D) -> (NaiveDate, u64),
) -> ByDay<'_, D> {
    let mut by_day: ByDay<'_, D> = BTreeMap::new();
    for line in organisations {
        for day in line.figures.iter().flat_map(days) {
            let (date, _) = date_and_number(day);
            by_day.entry(date).or_default().push((line, *day));
        }
    }
    for of_day in by_day.values_mut() {
        of_day.sort_by_key(|(line, day)| {
            let (_, number) = date_and_number(day);
            (std::cmp::Reverse(number), line.code_text().to_owned())
        });
    }
    by_day
}

#[cfg(test)]
mod tests {
    use super::super::super::forecast::Missing;
    use super::super::tests::figures;
    use super::*;
    use crate::domain::Verdict;

    #[test]
    fn nothing_that_switches_has_no_calendar() {
        let friday = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(calendar(friday, &[]), []);
    }

    #[test]
    fn a_day_says_how_far_it_is_behind_and_what_switched() {
        let date = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
        let switch = |date, due, ready| SwitchDay {
            date,
            collections: 1,
            switched: 0,
            due,
            ready,
            halted: 0,
            forecast: (due == 2_061).then(|| Missing::invented(Some(1_200), (9, 1_300), due)),
        };
        let coming = [
            switch(date(11, 23), 264, 260),
            switch(date(11, 30), 2_061, 602),
            switch(date(12, 1), 10, 10),
        ];
        let said = |switch: SwitchDay| {
            let line = OrganisationLine::invented("ZGL");
            let (standing, lines) = of_coming(&[(&line, switch)], date(11, 20));
            format!("{standing}: {}", lines.join("; "))
        };
        assert_eq!(
            coming.map(said),
            [
                "some: 264 mailboxes, 4 not ready (2%); ZGL",
                "late: Far behind: 2,061 mailboxes, 1,459 not ready (71%); ZGL",
                "ready: 10 mailboxes, all ready; ZGL",
            ]
        );
        let line = OrganisationLine::invented("ZGL");
        let monday = SwitchedDay {
            date: date(11, 16),
            mailboxes: 5_000,
            switched: 4_989,
        };
        assert_eq!(
            of_switched(&[(&line, monday)]),
            (
                "some",
                vec![
                    "5,000 mailboxes, 4,989 switched, 11 not".to_owned(),
                    "ZGL".to_owned()
                ]
            )
        );
    }

    #[test]
    fn the_day_itself_is_ahead_until_somebody_has_switched() {
        let friday = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let on_friday = |switched: u64, is_mop_up: bool| {
            let due = SwitchDay {
                date: friday,
                collections: 1,
                switched: 0,
                due: 10 - switched,
                ready: 7,
                halted: 0,
                forecast: None,
            };
            let of_friday = OrganisationFigures {
                switches: if is_mop_up { Vec::new() } else { vec![due] },
                switched: vec![SwitchedDay {
                    date: friday,
                    mailboxes: 10,
                    switched,
                }],
                ..figures(Verdict::AsExpected, 10, 7)
            };
            let line = OrganisationLine {
                figures: Some(of_friday),
                ..OrganisationLine::invented("ZGL")
            };
            let days = calendar(friday, &[line]);
            let [today] = days.iter().filter(|day| day.is_today).collect::<Vec<_>>()[..] else {
                panic!("{days:?}")
            };
            today.lines[0].clone()
        };
        assert_eq!(on_friday(0, false), "10 mailboxes, 3 not ready (30%)");
        assert_eq!(on_friday(3, false), "10 mailboxes, 3 switched, 7 not");
        assert_eq!(on_friday(0, true), "10 mailboxes, 0 switched, 10 not");
    }
}
