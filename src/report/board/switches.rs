//! The switches done and to come, in sentences, on the page and in the workbook.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::forecast::Missing;
use super::super::input::ReportInput;
use super::super::model::Section;
use super::super::next_switch::NextSwitch;
use super::super::tabulation::Tabulation;
use super::super::wording::{coming_day, near_day, on_day, share};
use super::super::workbook::WorkbookSheet;
use crate::domain::plural::{count, counted};

/// Switch dates that the page lists; the workbook has all.
const LISTED: usize = 8;

/// Mailboxes that switch, or were to, on one day; or those of which no date is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct SwitchesOfDay {
    date: Option<NaiveDate>,
    mailboxes: u64,
    switched: u64,
    ready: u64,
}

impl SwitchesOfDay {
    fn not_ready(self) -> u64 {
        self.mailboxes - self.switched - self.ready
    }
}

/// Every switch date, in order, and last the mailboxes without one: together they are all.
fn switch_days(input: ReportInput<'_>) -> Vec<SwitchesOfDay> {
    let mut days: BTreeMap<(bool, Option<NaiveDate>), SwitchesOfDay> = BTreeMap::new();
    for mailbox in &input.metrics.mailboxes {
        let date = mailbox.switch_date;
        let day = days.entry((date.is_none(), date)).or_default();
        day.date = date;
        day.mailboxes += 1;
        day.switched += u64::from(mailbox.has_switched());
        day.ready += u64::from(mailbox.is_ready() && !mailbox.has_switched());
    }
    days.into_values().collect()
}

/// What is said of the switches.
#[derive(Debug)]
pub(super) struct SwitchSentences {
    today: NaiveDate,
    next: Option<NextSwitch>,
    /// The days that have a date, and the mailboxes that have none.
    days: Vec<SwitchesOfDay>,
    undated: SwitchesOfDay,
}

impl SwitchSentences {
    pub(super) fn of(input: ReportInput<'_>) -> Self {
        let (days, undated): (Vec<SwitchesOfDay>, Vec<SwitchesOfDay>) = switch_days(input)
            .into_iter()
            .partition(|day| day.date.is_some());
        Self {
            today: input.report_date.day(),
            next: NextSwitch::of(input),
            days,
            undated: undated.first().copied().unwrap_or_default(),
        }
    }

    /// Which switches are done, and the next.
    pub(super) fn now(&self) -> String {
        let all = self.days.len();
        let Some(next) = self.next else {
            return match all {
                0 => "No switch date is known.".to_owned(),
                _ if self.days.iter().any(|day| day.date >= Some(self.today)) => {
                    "No switch is to come.".to_owned()
                }
                1 => "The only switch date is past.".to_owned(),
                2 => "Both switch dates are past.".to_owned(),
                all => format!("All {} switch dates are past.", count(all)),
            };
        };
        let done = self.days.iter().filter(|day| day.date < Some(next.date));
        let next = of_next(next);
        match (done.count(), all) {
            (_, 1) => format!("The only switch is {next}."),
            (0, all) => format!("The first of {} switches is {next}.", count(all)),
            (done, all) => format!(
                "{} of {} switch dates {} past; the next switch is {next}.",
                count(done),
                count(all),
                if done == 1 { "is" } else { "are" }
            ),
        }
    }

    /// What follows the next switch.
    pub(super) fn later(&self) -> Option<String> {
        let next = self.next?;
        let later = self.days.iter().filter(|day| {
            let is_later = day.date > Some(next.date);
            is_later && day.switched < day.mailboxes
        });
        let later: Vec<&SwitchesOfDay> = later.collect();
        let sum = |of: fn(&SwitchesOfDay) -> u64| later.iter().map(|day| of(day)).sum::<u64>();
        let left = sum(|day| day.mailboxes - day.switched);
        let who = counted(left, "mailbox switches", "mailboxes switch");
        let last = coming_day(later.last()?.date?);
        let when = match later.len() {
            1 => format!("on {last}"),
            dates => format!("on {} dates until {last}", count(dates)),
        };
        let ready = ready_of(sum(|day| day.ready), left);
        Some(format!("After that {who} {when}, {ready}."))
    }

    /// Mailboxes that are still to switch and have no date, where others have one.
    pub(super) fn undated(&self) -> Option<String> {
        let left = self.undated.mailboxes - self.undated.switched;
        let words = counted(
            left,
            "mailbox still to switch has no switch date",
            "mailboxes still to switch have no switch date",
        );
        (left > 0 && !self.days.is_empty()).then(|| format!("{words}."))
    }
}

/// “next 5,000 on Monday, about 15 not ready (at most 43)”; “99% ready” where nothing is foretold;
/// “4,985 of 5,000 switched today”.
pub(super) fn in_brief(next: NextSwitch, foretold: Option<Missing>) -> String {
    if let Some(so_far) = next.so_far_today() {
        return format!("{so_far} today");
    }
    let when = match near_day(next.date, next.today) {
        today if next.date == next.today => today,
        day => format!("on {day}"),
    };
    let ready = match (foretold, next.all - next.missing) {
        (Some(missing), _) => missing.in_short(),
        (None, 0) => "none ready yet".to_owned(),
        (None, ready) if ready == next.all => "all ready".to_owned(),
        (None, ready) => format!("{} ready", share(ready, next.all)),
    };
    format!("next {} {when}, {ready}", count(next.all))
}

/// “on Monday 23 November: 5,000 mailboxes, 4,952 of them ready”.
fn of_next(next: NextSwitch) -> String {
    if let Some(so_far) = next.so_far_today() {
        return format!("today: {so_far} so far");
    }
    format!(
        "{}: {}, {}",
        on_day(next.date, next.today),
        counted(next.all, "mailbox", "mailboxes"),
        ready_of(next.all - next.missing, next.all)
    )
}

/// “4,952 of them ready”, “all ready”, “none ready yet”.
fn ready_of(ready: u64, all: u64) -> String {
    match (ready, all) {
        (0, 1) => "not ready yet".to_owned(),
        (1, 1) => "which is ready".to_owned(),
        (2, 2) => "both ready".to_owned(),
        (0, _) => "none of them ready yet".to_owned(),
        (ready, all) if ready == all => "all of them ready".to_owned(),
        (ready, _) => format!("{} of them ready", count(ready)),
    }
}

/// Those nearest to the report date, in order, and those without a date.
fn near(days: &[SwitchesOfDay], today: NaiveDate) -> Vec<SwitchesOfDay> {
    let mut near = days.to_vec();
    let days_off = |date: NaiveDate| (date - today).num_days().abs();
    near.sort_by_key(|day| day.date.map_or(-1, days_off));
    near.truncate(LISTED);
    near.sort_by_key(|day| (day.date.is_none(), day.date));
    near
}

pub(super) fn section(input: ReportInput<'_>) -> Section {
    let days = switch_days(input);
    let near = near(&days, input.report_date.day());
    let text = (near.len() < days.len())
        .then(|| "The switch dates nearest to today; all: workbook, sheet Switches.".to_owned());
    let table = Tabulation::of(near.iter().copied())
        .text("Switch date", |day| {
            day.date
                .map_or_else(|| "No date reported".to_owned(), coming_day)
        })
        .number("Mailboxes", |day| day.mailboxes)
        .number("Switched", |day| day.switched)
        .number("Ready", |day| day.ready)
        .number("Not ready", SwitchesOfDay::not_ready)
        .table("By switch date");
    Section::new(
        "Switches done and to come",
        text.into_iter().collect(),
        table,
    )
}

pub(super) fn sheet(input: ReportInput<'_>) -> WorkbookSheet<'_> {
    Tabulation::of(switch_days(input))
        .column("Switch date", 14.0, |day| day.date)
        .column("Mailboxes", 12.0, |day| day.mailboxes)
        .column("Switched", 12.0, |day| day.switched)
        .column("Ready", 12.0, |day| day.ready)
        .column("Not ready", 12.0, SwitchesOfDay::not_ready)
        .sheet(
            "Switches",
            "Switches done and to come",
            "By the switch date of each mailbox. Ready: in sync, and not switched yet.",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn day(on: u32, mailboxes: u64, switched: u64, ready: u64) -> SwitchesOfDay {
        SwitchesOfDay {
            date: Some(date(on)),
            mailboxes,
            switched,
            ready,
        }
    }

    /// On the 20th; the next switch is the first day from then on with somebody left.
    fn sentences(days: &[SwitchesOfDay]) -> SwitchSentences {
        let is_next =
            |day: &&SwitchesOfDay| day.date >= Some(date(20)) && day.switched < day.mailboxes;
        SwitchSentences {
            today: date(20),
            next: days.iter().find(is_next).map(|day| NextSwitch {
                date: day.date.unwrap(),
                today: date(20),
                all: day.mailboxes,
                missing: day.not_ready(),
                missing_vips: 0,
                switched: day.switched,
            }),
            days: days.to_vec(),
            undated: SwitchesOfDay::default(),
        }
    }

    #[test]
    fn which_switches_are_done_and_to_come_reads_aloud() {
        for (days, now, later) in [
            (&[][..], "No switch date is known.", None),
            (&[day(16, 9, 8, 0)], "The only switch date is past.", None),
            (
                &[day(12, 9, 8, 0), day(16, 9, 8, 0)],
                "Both switch dates are past.",
                None,
            ),
            (
                &[day(12, 9, 8, 0), day(13, 1, 1, 0), day(16, 9, 8, 0)],
                "All 3 switch dates are past.",
                None,
            ),
            (
                &[day(16, 9, 8, 0), day(24, 9, 9, 0)],
                "No switch is to come.",
                None,
            ),
            (
                &[day(24, 14, 0, 14)],
                "The only switch is on Tuesday 24 November: 14 mailboxes, all of them ready.",
                None,
            ),
            (
                &[day(24, 1, 0, 0)],
                "The only switch is on Tuesday 24 November: 1 mailbox, not ready yet.",
                None,
            ),
            (
                &[day(24, 250, 0, 246), day(26, 170, 0, 161)],
                "The first of 2 switches is on Tuesday 24 November: 250 mailboxes, 246 of them ready.",
                Some("After that 170 mailboxes switch on Thursday 26 November, 161 of them ready."),
            ),
            (
                &[
                    day(16, 5_000, 4_989, 2),
                    day(23, 5_000, 0, 4_952),
                    day(30, 1, 0, 0),
                ],
                "1 of 3 switch dates is past; the next switch is on Monday 23 November: 5,000 \
                 mailboxes, 4,952 of them ready.",
                Some("After that 1 mailbox switches on Monday 30 November, not ready yet."),
            ),
            (
                &[
                    day(12, 9, 8, 0),
                    day(16, 9, 8, 0),
                    day(20, 50, 48, 0),
                    day(23, 5, 0, 0),
                    day(30, 5, 0, 0),
                ],
                "2 of 5 switch dates are past; the next switch is today: 48 of 50 switched so far.",
                Some(
                    "After that 10 mailboxes switch on 2 dates until Monday 30 November, none of \
                     them ready yet.",
                ),
            ),
        ] {
            let said = sentences(days);
            assert_eq!(said.now(), now);
            assert_eq!(said.later().as_deref(), later);
        }
    }

    #[test]
    fn who_has_no_date_is_counted_where_others_have_one() {
        let with = |days: &[SwitchesOfDay], mailboxes, switched| SwitchSentences {
            undated: SwitchesOfDay {
                mailboxes,
                switched,
                ..SwitchesOfDay::default()
            },
            ..sentences(days)
        };
        let dated = [day(24, 14, 0, 14)];
        assert_eq!(with(&[], 6, 0).undated(), None);
        assert_eq!(with(&dated, 6, 6).undated(), None);
        assert_eq!(
            with(&dated, 6, 5).undated().as_deref(),
            Some("1 mailbox still to switch has no switch date.")
        );
        assert_eq!(
            with(&dated, 6, 0).undated().as_deref(),
            Some("6 mailboxes still to switch have no switch date.")
        );
    }

    #[test]
    fn the_next_switch_in_brief() {
        let foretold = Missing::invented(Some(15), (2, 43), 5_000);
        let next = sentences(&[day(23, 5_000, 0, 4_952)]).next.unwrap();
        assert_eq!(
            in_brief(next, Some(foretold)),
            "next 5,000 on Monday, about 15 not ready (at most 43)"
        );
        let said = |day| in_brief(sentences(&[day]).next.unwrap(), None);
        assert_eq!(
            said(day(23, 5_000, 0, 4_952)),
            "next 5,000 on Monday, 99% ready"
        );
        assert_eq!(
            said(day(30, 14, 0, 14)),
            "next 14 on Monday 30 November, all ready"
        );
        assert_eq!(said(day(20, 14, 0, 0)), "next 14 today, none ready yet");
        assert_eq!(
            said(day(20, 5_000, 4_985, 0)),
            "4,985 of 5,000 switched today"
        );
    }

    #[test]
    fn the_nearest_dates_are_listed_and_those_without_a_date_always() {
        let undated = SwitchesOfDay::default();
        let days: Vec<SwitchesOfDay> = (1..=12)
            .map(|on| day(on, 9, 0, 0))
            .chain([undated])
            .collect();
        let listed = near(&days, date(10));
        assert_eq!(listed.len(), LISTED);
        assert_eq!(listed.last(), Some(&undated));
        assert_eq!(listed.first().and_then(|day| day.date), Some(date(6)));
    }
}
