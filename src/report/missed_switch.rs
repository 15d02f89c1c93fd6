//! Mailboxes past their switch dates: what keeps each of them, and which switch by themselves.

use super::input::ReportInput;
use super::wording::list;
use crate::domain::plural::{count, count_of, counted};
use crate::metrics::Mailbox;

/// What becomes of a mailbox that misses its switch date: the one place where that is said in full.
pub(super) const MISSED_SWITCH: &str = "A mailbox that misses its switch date stays where it is, and its user works in the old mailbox. \
     One that is still being copied switches by itself once it is in sync. One that has stopped or \
     failed, waits for its losses to be approved, is in a state that we do not recognise, or was \
     switched back stays until the migration team acts.";

/// How many are past their dates, by what keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MissedSwitches {
    halted: u64,
    to_approve: u64,
    unrecognised: u64,
    copying: u64,
    in_sync: u64,
    /// Days since the oldest of their dates.
    longest_days: u64,
}

impl MissedSwitches {
    pub(super) fn of(input: ReportInput<'_>) -> Self {
        let missed = input.mailboxes(|mailbox| mailbox.is_past_switch_date(input.report_date));
        missed.into_iter().fold(Self::default(), |sum, mailbox| {
            sum.and(mailbox, mailbox.days_past_switch_date(input.report_date))
        })
    }

    fn and(mut self, mailbox: &Mailbox, days_past: Option<i64>) -> Self {
        *match mailbox {
            mailbox if mailbox.is_halted() => &mut self.halted,
            mailbox if mailbox.waits_for_approval() => &mut self.to_approve,
            mailbox if mailbox.is_stuck() => &mut self.unrecognised,
            mailbox if mailbox.is_ready() => &mut self.in_sync,
            _ => &mut self.copying,
        } += 1;
        let days = days_past.unwrap_or_default().max(0).unsigned_abs();
        self.longest_days = self.longest_days.max(days);
        self
    }

    pub(super) fn all(self) -> u64 {
        self.halted + self.to_approve + self.unrecognised + self.copying + self.in_sync
    }

    /// How many, for how long, and what keeps them; nothing where there are none.
    pub(super) fn sentence(self) -> Option<String> {
        let all = self.all();
        let kinds: Vec<(u64, &str, &str)> = [
            (
                self.halted,
                "has stopped or failed and waits for us",
                "have stopped or failed and wait for us",
            ),
            (
                self.to_approve,
                "waits for its losses to be approved",
                "wait for their losses to be approved",
            ),
            (
                self.unrecognised,
                "is in a state that we are looking into",
                "are in a state that we are looking into",
            ),
            (
                self.copying,
                "is still being copied",
                "are still being copied",
            ),
            (self.in_sync, "is in sync", "are in sync"),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .collect();
        let why = match (kinds.as_slice(), all) {
            ([], _) => return None,
            ([(_, one, _)], 1) => format!("it {one}"),
            ([(.., several)], 2) => format!("both {several}"),
            ([(.., several)], _) => format!("all {several}"),
            (kinds, _) => {
                let kinds = kinds
                    .iter()
                    .map(|(number, one, several)| counted(*number, one, several));
                list(&kinds.collect::<Vec<_>>())
            }
        };
        let days = count_of(self.longest_days, "day");
        Some(match all {
            1 => format!("1 mailbox is {days} past its switch date: {why}."),
            all => format!(
                "{} mailboxes are past their switch dates, the longest by {days}: {why}.",
                count(all)
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SyncState;

    #[test]
    fn only_what_is_copied_is_said_to_move() {
        let missed = |states: &[(SyncState, bool)]| {
            states
                .iter()
                .fold(MissedSwitches::default(), |sum, (state, awaits)| {
                    let mut mailbox = Mailbox::invented("a@nm.example", 0, 100);
                    (mailbox.state, mailbox.awaits_approval) = (*state, *awaits);
                    sum.and(&mailbox, Some(39))
                })
        };
        let stopped = (SyncState::Stopped, false);
        let failed = (SyncState::Failed, false);
        let copying = (SyncState::Synchronising, false);
        let in_sync = (SyncState::InSync, false);
        let to_approve = (SyncState::InSync, true);
        let unrecognised = (SyncState::Unrecognised, false);
        for (states, said) in [
            (&[][..], None),
            (
                &[stopped],
                Some(
                    "1 mailbox is 39 days past its switch date: it has stopped or failed and waits for \
                     us.",
                ),
            ),
            (
                &[copying, copying],
                Some(
                    "2 mailboxes are past their switch dates, the longest by 39 days: both are still \
                     being copied.",
                ),
            ),
            (
                &[stopped, failed, failed],
                Some(
                    "3 mailboxes are past their switch dates, the longest by 39 days: all have \
                     stopped or failed and wait for us.",
                ),
            ),
            (
                &[stopped, failed, copying, in_sync, to_approve, unrecognised],
                Some(
                    "6 mailboxes are past their switch dates, the longest by 39 days: 2 have stopped \
                     or failed and wait for us, 1 waits for its losses to be approved, 1 is in a \
                     state that we are looking into, 1 is still being copied and 1 is in sync.",
                ),
            ),
        ] {
            assert_eq!(missed(states).sentence().as_deref(), said);
        }
    }
}
