//! The switch that comes next: who is due on that day, who is ready, and on the day itself who has
//! switched already.

use chrono::NaiveDate;

use super::wording::{near_day, on_day, share};
use super::{ReportInput, Tone};
use crate::domain::SyncState;
use crate::domain::plural::{count, count_of};
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// Trouble is more than 1 not ready in so many due.
const MANY: u64 = 20;

/// Whether too many of those who are due are not ready.
pub(super) fn is_trouble(due: u64, ready: u64) -> bool {
    (due - ready).saturating_mul(MANY) > due
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

    /// What a label says of it, and how pressing that is; `None` where all are ready.
    pub(super) fn label(self) -> Option<(String, Tone)> {
        let left = self.all - self.switched;
        if self.is_under_way() {
            let tone = match left {
                left if left.saturating_mul(MANY) > self.all => Tone::Attention,
                _ => Tone::Watch,
            };
            let words = format!(
                "{} of {} did not switch today",
                count(left),
                count(self.all)
            );
            return (left > 0).then_some((words, tone));
        }
        not_ready(self.missing, self.all, self.missing_vips, &self.when())
    }

    /// Whether it can go ahead: “4,952 of 5,000 can switch on Monday; 3 VIPs cannot yet”, and how
    /// pressing that is. What is far ahead has time.
    pub(super) fn can_switch(self) -> (String, Tone) {
        let label = self.label();
        let Some((words, tone)) = label else {
            return match self.is_under_way() {
                true => self.all_switched(),
                false => (self.all_ready(), Tone::Good),
            };
        };
        if self.is_under_way() {
            return (words, tone);
        }
        let day = match near_day(self.date, self.today) {
            today if self.date == self.today => today,
            day => format!("on {day}"),
        };
        let of_all = format!("{} of {}", count(self.all - self.missing), count(self.all));
        match tone {
            _ if self.is_far() => (
                format!("{of_all} ready so far {}", self.when()),
                Tone::Plain,
            ),
            Tone::Watch => {
                let vips = count_of(self.missing_vips, "VIP");
                (
                    format!("{of_all} can switch {day}; {vips} cannot yet"),
                    tone,
                )
            }
            Tone::Attention => {
                let missing = count(self.missing);
                (
                    format!("{of_all} can switch {day}; {missing} cannot yet"),
                    tone,
                )
            }
            _ => (format!("{of_all} can switch {day}"), tone),
        }
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
        let day = on_day(self.date, self.today);
        if self.is_under_way() {
            return Some(switched_today(self.switched, self.all));
        }
        Some(match (self.missing, self.all) {
            (0, _) => return None,
            (_, 1) => format!("The mailbox that switches {day} is not ready."),
            (2, 2) => format!("Neither of the 2 mailboxes that switch {day} is ready."),
            (missing, all) if missing == all => {
                format!(
                    "None of the {} mailboxes that switch {day} is ready.",
                    count(all)
                )
            }
            (missing, all) => can_switch(missing, all, &day),
        })
    }

    /// “4,985 of 5,000 switched”, on the day itself.
    pub(super) fn so_far_today(self) -> Option<String> {
        let so_far = || format!("{} of {} switched", count(self.switched), count(self.all));
        self.is_under_way().then(so_far)
    }

    /// “48 of 5,000 not ready for Monday”, as a subject line has it.
    pub(super) fn in_a_subject(self) -> String {
        if self.is_under_way() {
            return format!(
                "{} of {} switched today",
                count(self.switched),
                count(self.all)
            );
        }
        let when = self.when();
        match self.missing {
            0 => format!("all {} ready {when}", count(self.all)),
            missing => format!("{} of {} not ready {when}", count(missing), count(self.all)),
        }
    }

    fn when(self) -> String {
        when(self.date, self.today)
    }
}

/// “4,952 of the 5,000 mailboxes that switch on Monday 23 November (99%) can switch as they stand; 48
/// would stay behind.”
pub(super) fn can_switch(missing: u64, all: u64, when: &str) -> String {
    format!(
        "{} of the {} mailboxes that switch {when} ({}) can switch as they stand; {} would stay behind.",
        count(all - missing),
        count(all),
        share(all - missing, all),
        count(missing)
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

/// A label and its tone for mailboxes of a switch, of which some are not ready: red where they are
/// many, amber where VIPs are among them.
pub(super) fn not_ready(missing: u64, all: u64, vips: u64, when: &str) -> Option<(String, Tone)> {
    Some(match missing {
        0 => return None,
        _ if missing.saturating_mul(MANY) > all => (
            format!("{} of {} not ready {when}", count(missing), count(all)),
            Tone::Attention,
        ),
        _ if vips > 0 => (
            format!("{} not ready {when}", count_of(vips, "VIP")),
            Tone::Watch,
        ),
        _ => (format!("Nearly all ready {when}"), Tone::Good),
    })
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
    fn many_are_red_vips_are_amber_and_few_are_green() {
        for (next, label) in [
            (next(23, 5_000, 0, 0, 0), None),
            (
                next(23, 5_000, 48, 0, 0),
                Some(("Nearly all ready for Monday", Tone::Good)),
            ),
            (
                next(23, 5_000, 48, 3, 0),
                Some(("3 VIPs not ready for Monday", Tone::Watch)),
            ),
            (
                next(23, 5_000, 48, 1, 0),
                Some(("1 VIP not ready for Monday", Tone::Watch)),
            ),
            (
                next(23, 5_000, 251, 3, 0),
                Some(("251 of 5,000 not ready for Monday", Tone::Attention)),
            ),
            (
                next(20, 5_000, 15, 0, 0),
                Some(("Nearly all ready to switch today", Tone::Good)),
            ),
            (
                next(20, 5_000, 15, 2, 4_985),
                Some(("15 of 5,000 did not switch today", Tone::Watch)),
            ),
            (
                next(20, 5_000, 0, 0, 4_000),
                Some(("1,000 of 5,000 did not switch today", Tone::Attention)),
            ),
            (
                next(27, 14, 1, 0, 0),
                Some(("1 of 14 not ready for Friday 27 November", Tone::Attention)),
            ),
        ] {
            let label = label.map(|(words, tone)| (words.to_owned(), tone));
            assert_eq!(next.label(), label, "{next:?}");
        }
    }

    #[test]
    fn who_is_not_ready_is_spoken_of_by_number_and_true_on_each_day() {
        for (next, said, subject) in [
            (next(23, 9, 0, 0, 0), None, "all 9 ready for Monday"),
            (
                next(23, 1, 1, 0, 0),
                Some("The mailbox that switches on Monday 23 November is not ready."),
                "1 of 1 not ready for Monday",
            ),
            (
                next(23, 2, 1, 0, 0),
                Some(
                    "1 of the 2 mailboxes that switch on Monday 23 November (50%) can switch as they \
                     stand; 1 would stay behind.",
                ),
                "1 of 2 not ready for Monday",
            ),
            (
                next(23, 48, 48, 0, 0),
                Some("None of the 48 mailboxes that switch on Monday 23 November is ready."),
                "48 of 48 not ready for Monday",
            ),
            (
                next(23, 1_204, 37, 0, 0),
                Some(
                    "1,167 of the 1,204 mailboxes that switch on Monday 23 November (97%) can switch \
                     as they stand; 37 would stay behind.",
                ),
                "37 of 1,204 not ready for Monday",
            ),
            (
                next(20, 5_000, 15, 0, 0),
                Some(
                    "4,985 of the 5,000 mailboxes that switch today (99.7%) can switch as they stand; \
                     15 would stay behind.",
                ),
                "15 of 5,000 not ready to switch today",
            ),
            (
                next(20, 5_000, 15, 0, 4_985),
                Some("4,985 of 5,000 mailboxes switched today; 15 did not."),
                "4,985 of 5,000 switched today",
            ),
        ] {
            assert_eq!(next.sentence().as_deref(), said, "{next:?}");
            assert_eq!(next.in_a_subject(), subject, "{next:?}");
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
