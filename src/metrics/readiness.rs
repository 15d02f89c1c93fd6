use super::rows::Mailbox;
use crate::domain::{ReportDate, SyncState};

/// How many days ahead of the report date a switch is near.
pub const DAYS_AHEAD: i64 = 7;

impl Mailbox {
    /// Whether the mailbox is to switch on the report date or in the [`DAYS_AHEAD`] days after it,
    /// and has not yet.
    #[must_use]
    pub fn is_due(&self, report_date: ReportDate) -> bool {
        let days_past = self.days_past_switch_date(report_date);
        self.state != SyncState::Switched
            && days_past.is_some_and(|days| (-DAYS_AHEAD..=0).contains(&days))
    }

    /// Whether the mailbox should have switched before the report date and has not.
    #[must_use]
    pub fn is_past_switch_date(&self, report_date: ReportDate) -> bool {
        let days_past = self.days_past_switch_date(report_date);
        self.state != SyncState::Switched && days_past.is_some_and(|days| days > 0)
    }

    /// Days from the switch date to the report date, below 0 before it; `None` where no date is
    /// known.
    #[must_use]
    pub fn days_past_switch_date(&self, report_date: ReportDate) -> Option<i64> {
        Some((report_date.day() - self.switch_date?).num_days())
    }

    /// Whether the user works in the new mailbox.
    #[must_use]
    pub fn has_switched(&self) -> bool {
        self.state == SyncState::Switched
    }

    /// Whether the mailbox can switch: it holds all its mail at the target, and nothing that was
    /// lost is still to be approved.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state.is_in_sync_or_beyond() && !self.waits_for_approval()
    }

    /// Whether somebody has to approve what was lost before the mailbox can switch.
    #[must_use]
    pub fn waits_for_approval(&self) -> bool {
        self.awaits_approval && self.state != SyncState::Switched
    }

    /// Whether the mailbox is not in sync and does not report how many items it holds: how much is
    /// left of it is unknown.
    #[must_use]
    pub fn is_without_total(&self) -> bool {
        self.items_total.is_none() && !self.state.is_in_sync_or_beyond()
    }

    /// Whether the schedule marks the user as important.
    #[must_use]
    pub fn is_vip(&self) -> bool {
        self.vip_category.is_some()
    }

    /// Whether the copying halted.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.state.is_halted()
    }

    /// Whether the mailbox does not move until somebody acts.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let is_unrecognised = self.state == SyncState::Unrecognised;
        self.is_halted() || is_unrecognised || self.waits_for_approval()
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_mailbox_in_sync_is_not_ready_before_its_losses_are_approved() {
        let mut mailbox = Mailbox::invented("a@nm.example", 3, 100);
        assert!(mailbox.is_ready());
        mailbox.awaits_approval = true;
        assert!(mailbox.waits_for_approval() && !mailbox.is_ready());
        mailbox.state = SyncState::Switched;
        assert!(mailbox.is_ready() && !mailbox.waits_for_approval());
    }

    #[test]
    fn what_is_left_of_a_mailbox_without_a_total_is_unknown_until_it_is_in_sync() {
        let mut mailbox = Mailbox::invented("a@nm.example", 0, 100);
        mailbox.items_total = None;
        assert!(!mailbox.is_without_total());
        mailbox.state = SyncState::NotStarted;
        assert!(mailbox.is_without_total());
        mailbox.items_total = Some(0);
        assert!(!mailbox.is_without_total());
    }

    #[test]
    fn due_is_from_today_to_a_week_ahead_and_waiting_is_before() {
        let report_date = ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
        let mut mailbox = Mailbox::invented("a@nm.example", 0, 1);
        for (day, is_due, is_waiting) in [
            (12, false, true),
            (19, false, true),
            (20, true, false),
            (27, true, false),
            (28, false, false),
        ] {
            mailbox.switch_date = NaiveDate::from_ymd_opt(2026, 11, day);
            assert_eq!(
                (
                    mailbox.is_due(report_date),
                    mailbox.is_past_switch_date(report_date)
                ),
                (is_due, is_waiting),
                "{day}"
            );
        }
        mailbox.switch_date = None;
        assert!(!mailbox.is_due(report_date) && !mailbox.is_past_switch_date(report_date));
        mailbox.switch_date = Some(report_date.day());
        mailbox.state = SyncState::Switched;
        assert!(!mailbox.is_due(report_date), "it has switched");
    }
}
