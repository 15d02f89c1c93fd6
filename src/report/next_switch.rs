//! The switch that comes next: who is due on that day, who is ready, and on the day itself who has
//! switched already.

use chrono::NaiveDate;

use super::forecast::Missing;
use super::input::ReportInput;
use super::model::Tone;
use super::wording::{near_day, on_day, share};
use crate::domain::SyncState;
use crate::domain::plural::count;
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// Many are more than 1 in so many.
const MANY: u64 = 20;
/// Fewer are no trouble however few are due, unless they are all.
const FEWEST: u64 = 3;

/// Whether so many of all are trouble.
pub(super) fn is_many(some: u64, all: u64) -> bool {
    some > 0 && some >= FEWEST.min(all) && some.saturating_mul(MANY) > all
}

/// Whether too many of those who are due are not ready.
pub(super) fn is_trouble(due: u64, ready: u64) -> bool {
    is_many(due - ready, due)
}

/// The mailboxes of one switch date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NextSwitch {
    pub(super) date: NaiveDate,
    pub(super) today: NaiveDate,
    /// Everybody with this switch date, whether switched or not.
    pub(super) all: u64,
    /// Those who are not ready, and VIPs among them.
    pub(super) missing: u64,
    pub(super) missing_vips: u64,
    /// Those who have switched already.
    pub(super) switched: u64,
}

impl NextSwitch {
    /// The next switch date from the report date on, where anybody is still to switch.
    pub(super) fn of(input: ReportInput<'_>) -> Option<Self> {
        let next = input.metrics.next_switch?;
        Some(Self::on(input, next.date))
    }

    /// The switch of a day.
    pub(super) fn on(input: ReportInput<'_>, date: NaiveDate) -> Self {
        let all = input.mailboxes(|mailbox| mailbox.switch_date == Some(date));
        let number = |holds: &dyn Fn(&Mailbox) -> bool| {
            all.iter().filter(|mailbox| holds(mailbox)).count() as u64
        };
        Self {
            date,
            today: input.report_date.day(),
            all: all.len() as u64,
            missing: number(&|mailbox| !mailbox.is_ready()),
            missing_vips: number(&|mailbox| mailbox.is_vip() && !mailbox.is_ready()),
            switched: number(&|mailbox| mailbox.state == SyncState::Switched),
        }
    }

    /// Whether it is behind the days that reports look ahead.
    pub(super) fn is_far(self) -> bool {
        self.days_ahead() > DAYS_AHEAD
    }

    pub(super) fn days_ahead(self) -> i64 {
        (self.date - self.today).num_days()
    }

    /// Whether the switch is under way: it is the day, and some have switched.
    pub(super) fn is_under_way(self) -> bool {
        self.date == self.today && self.switched > 0
    }

    /// Whether so few are missing that nearly all are there.
    pub(super) fn is_nearly_all(missing: u64, all: u64) -> bool {
        missing.saturating_mul(MANY) <= all
    }

    /// “All ready for Monday”.
    pub(super) fn all_ready(self) -> String {
        format!("All ready {}", self.when())
    }

    /// “All 5,000 switched today”.
    pub(super) fn all_switched(self) -> (String, Tone) {
        (
            format!("All {} switched today", count(self.all)),
            Tone::Good,
        )
    }

    /// Whether it can go ahead, and who would stay behind; nothing where all are ready.
    pub(super) fn sentence(self) -> Option<String> {
        self.sentence_with(None)
    }

    /// The same, with what is foretold of its day.
    pub(super) fn sentence_with(self, foretold: Option<Missing>) -> Option<String> {
        let day = on_day(self.date, self.today);
        if self.is_under_way() {
            return Some(switched_today(self.switched, self.all));
        }
        let of_few = |words: String| match foretold {
            Some(foretold) => format!("{words} {}", foretold.sentence(self.date)),
            None => words,
        };
        Some(match (self.missing, self.all) {
            (0, _) => return None,
            (_, 1) => of_few(format!("The mailbox that switches {day} is not ready.")),
            (2, 2) => of_few(format!(
                "Neither of the 2 mailboxes that switch {day} is ready."
            )),
            (missing, all) if missing == all => of_few(format!(
                "None of the {} mailboxes that switch {day} is ready.",
                count(all)
            )),
            (missing, all) => can_switch(missing, all, &day, foretold),
        })
    }

    /// “4,985 of 5,000 switched”, on the day itself.
    pub(super) fn so_far_today(self) -> Option<String> {
        let so_far = || format!("{} of {} switched", count(self.switched), count(self.all));
        self.is_under_way().then(so_far)
    }

    /// For which switch: “for Monday”, “to switch today”.
    pub(super) fn when(self) -> String {
        when(self.date, self.today)
    }
}

/// “4,952 of the 5,000 mailboxes that switch on Monday 23 November (99%) can switch as they stand; on the
/// day about 15 will not be ready (at most 43).” Without a forecast, how many would stay behind.
pub(super) fn can_switch(missing: u64, all: u64, when: &str, foretold: Option<Missing>) -> String {
    let behind = foretold.map_or_else(
        || format!("; {} would stay behind", count(missing)),
        Missing::behind_today,
    );
    format!(
        "{} of the {} mailboxes that switch {when} ({}) can switch as they stand{behind}.",
        count(all - missing),
        count(all),
        share(all - missing, all),
    )
}

/// For which switch: “for Monday”, “to switch today”.
pub(super) fn when(date: NaiveDate, today: NaiveDate) -> String {
    match date == today {
        true => "to switch today".to_owned(),
        false => format!("for {}", near_day(date, today)),
    }
}

/// “4,985 of 5,000 mailboxes switched today; 15 did not.”
pub(super) fn switched_today(switched: u64, all: u64) -> String {
    match (switched, all) {
        (1, 1) => "The mailbox that was to switch today has switched.".to_owned(),
        (switched, all) if switched == all => {
            format!("All {} mailboxes switched today.", count(all))
        }
        _ => format!(
            "{} of {} mailboxes switched today; {} did not.",
            count(switched),
            count(all),
            count(all - switched)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(day: u32, all: u64, missing: u64, missing_vips: u64, switched: u64) -> NextSwitch {
        NextSwitch {
            date: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            today: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            all,
            missing,
            missing_vips,
            switched,
        }
    }

    #[test]
    fn many_are_more_than_one_in_twenty_and_three_or_all() {
        for (some, all, is) in [
            (0, 0, false),
            (1, 1, true),
            (1, 2, false),
            (2, 2, true),
            (2, 14, false),
            (3, 14, true),
            (62, 1_240, false),
            (63, 1_240, true),
        ] {
            assert_eq!(is_many(some, all), is, "{some} of {all}");
        }
    }

    #[test]
    fn who_is_not_ready_is_spoken_of_by_number_and_true_on_each_day() {
        for (next, said) in [
            (next(23, 9, 0, 0, 0), None),
            (
                next(23, 1, 1, 0, 0),
                Some("The mailbox that switches on Monday 23 November is not ready."),
            ),
            (
                next(23, 2, 1, 0, 0),
                Some(
                    "1 of the 2 mailboxes that switch on Monday 23 November (50%) can switch as they \
                     stand; 1 would stay behind.",
                ),
            ),
            (
                next(23, 48, 48, 0, 0),
                Some("None of the 48 mailboxes that switch on Monday 23 November is ready."),
            ),
            (
                next(23, 1_204, 37, 0, 0),
                Some(
                    "1,167 of the 1,204 mailboxes that switch on Monday 23 November (97%) can switch \
                     as they stand; 37 would stay behind.",
                ),
            ),
            (
                next(20, 5_000, 15, 0, 0),
                Some(
                    "4,985 of the 5,000 mailboxes that switch today (99.7%) can switch as they stand; \
                     15 would stay behind.",
                ),
            ),
            (
                next(20, 5_000, 15, 0, 4_985),
                Some("4,985 of 5,000 mailboxes switched today; 15 did not."),
            ),
        ] {
            assert_eq!(next.sentence().as_deref(), said, "{next:?}");
        }
        assert_eq!(
            switched_today(5_000, 5_000),
            "All 5,000 mailboxes switched today."
        );
        assert_eq!(
            switched_today(1, 1),
            "The mailbox that was to switch today has switched."
        );
    }
}
