//! Who is told that the switch will be later than planned: only who has ground to hear it. Most
//! mailboxes that are still being copied come in time, and whoever is alarmed for nothing does not
//! listen the next time.

use chrono::NaiveDate;

use super::input::ReportInput;
use super::wording;
use crate::domain::SyncState;
use crate::domain::plural::counted;
use crate::metrics::Mailbox;

/// Working days before a switch on which users hear that theirs will probably be later.
const NOTICE_DAYS: usize = 3;
/// Whoever has a smaller chance to be ready in time is told: of those, more will be late than not.
const LIKELY: f64 = 0.5;
/// Working days before a switch of which the report is the last that finds people at work.
const LAST_DAYS: usize = 1;

/// Why a user is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Halted,
    ToApprove,
    Unrecognised,
    /// It is being copied, and such mailboxes mostly come too late.
    Unlikely,
    /// It is being copied on the day itself.
    Today,
}

impl Ground {
    const ALL: [Self; 5] = [
        Self::Halted,
        Self::ToApprove,
        Self::Unrecognised,
        Self::Unlikely,
        Self::Today,
    ];

    /// Of one mailbox, and of several.
    fn words(self) -> [&'static str; 2] {
        match self {
            Self::Halted => ["has stopped or failed", "have stopped or failed"],
            Self::ToApprove => [
                "waits for its losses to be approved",
                "wait for their losses to be approved",
            ],
            Self::Unrecognised => [
                "is in a state that we do not recognise",
                "are in a state that we do not recognise",
            ],
            Self::Unlikely => [
                "is unlikely to be copied in time",
                "are unlikely to be copied in time",
            ],
            Self::Today => ["is still being copied", "are still being copied"],
        }
    }
}

/// How near a switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Near {
    Today,
    /// No working day lies between.
    Last,
    Soon,
    Later,
}

/// Why the user of a mailbox that is not ready is told; `None` where there is no ground to.
fn ground(mailbox: &Mailbox, near: Near) -> Option<Ground> {
    let chance = mailbox.alike.map(|alike| alike.ready);
    match near {
        _ if mailbox.is_halted() => Some(Ground::Halted),
        Near::Later => None,
        _ if mailbox.state == SyncState::Unrecognised => Some(Ground::Unrecognised),
        _ if mailbox.waits_for_approval() => Some(Ground::ToApprove),
        Near::Today => Some(Ground::Today),
        _ if chance.is_some_and(|chance| chance < LIKELY) => Some(Ground::Unlikely),
        _ => None,
    }
}

/// Why a mailbox does not move until somebody acts; `None` where it does.
pub(super) fn stuck(mailbox: &Mailbox) -> Option<Ground> {
    ground(mailbox, Near::Soon).filter(|_| mailbox.is_stuck())
}

impl ReportInput<'_> {
    /// Why the user of a mailbox that is due is told today that the switch will be later; `None`
    /// where there is no ground to.
    pub(super) fn ground_to_tell(self, mailbox: &Mailbox) -> Option<Ground> {
        let date = mailbox.switch_date?;
        if !self.is_due(mailbox) || mailbox.is_ready() {
            return None;
        }
        ground(mailbox, self.near(date))
    }

    /// Whether a mailbox that is due is still being copied, may come in time, and switches before a report
    /// finds people at work again: they are to be told on the day, if they are late.
    pub(super) fn is_open_on_the_eve(self, mailbox: &Mailbox) -> bool {
        let near = mailbox.switch_date.map(|date| self.near(date));
        near == Some(Near::Last) && self.is_on_its_way(mailbox)
    }

    /// Whether a mailbox that is due is still being copied, and may come in time.
    pub(super) fn is_on_its_way(self, mailbox: &Mailbox) -> bool {
        let is_copied = !mailbox.is_stuck() && !mailbox.state.is_in_sync_or_beyond();
        self.is_due(mailbox) && is_copied && self.ground_to_tell(mailbox).is_none()
    }

    /// Whether a switch is so near that who is late will hardly be ready.
    pub(super) fn is_near(self, mailbox: &Mailbox) -> bool {
        let near = mailbox.switch_date.map(|date| self.near(date));
        near.is_some_and(|near| near != Near::Later)
    }

    /// How near the switch of a day is.
    pub(super) fn near(self, date: NaiveDate) -> Near {
        let is_within = |days| date <= self.calendar.working_days_after(self.report_date, days);
        match () {
            () if date == self.report_date.day() => Near::Today,
            () if is_within(LAST_DAYS) => Near::Last,
            () if is_within(NOTICE_DAYS) => Near::Soon,
            () => Near::Later,
        }
    }
}

/// “their mailboxes have stopped or failed”, “4 have stopped or failed and 3 are still being copied”.
pub(super) fn because(grounds: &[Ground]) -> String {
    let of = |ground: Ground| grounds.iter().filter(|other| **other == ground).count();
    let kinds: Vec<Ground> = Ground::ALL
        .into_iter()
        .filter(|ground| of(*ground) > 0)
        .collect();
    if let [only] = kinds.as_slice() {
        let [one, several] = only.words();
        return match grounds.len() {
            1 => format!("the mailbox {one}"),
            _ => format!("their mailboxes {several}"),
        };
    }
    let each = kinds.into_iter().map(|ground| {
        let [one, several] = ground.words();
        counted(of(ground), one, several)
    });
    wording::list(&each.collect::<Vec<_>>())
}

/// About how many of these will not be ready in time; `None` where the chance of one is not known.
pub(super) fn expected_late(mailboxes: &[&Mailbox]) -> Option<u64> {
    let chances = mailboxes.iter().map(|one| one.alike.map(|of| of.ready));
    let ready: f64 = chances.sum::<Option<f64>>()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some((mailboxes.len() as f64 - ready).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Alike;

    #[test]
    fn only_who_has_ground_to_hear_of_a_delay_is_told() {
        use Near::{Last, Later, Soon, Today};
        use SyncState::{Failed, InSync, NotStarted, Stopped, Synchronising, Unrecognised};
        let told = |state, chance: Option<f64>, awaits_approval| {
            let mailbox = Mailbox {
                state,
                awaits_approval,
                alike: chance.map(|ready| Alike {
                    days: 3,
                    ready,
                    within: (ready, ready),
                }),
                ..Mailbox::invented("a@nm.example", 0, 100)
            };
            [Later, Soon, Last, Today].map(|near| ground(&mailbox, near))
        };
        let halted = [Some(Ground::Halted); 4];
        assert_eq!(told(Stopped, None, false), halted);
        assert_eq!(told(Failed, None, false), halted);
        for state in [Synchronising, NotStarted] {
            // Most of these come in time, and are left alone until the day itself.
            let likely = [None, None, None, Some(Ground::Today)];
            assert_eq!(told(state, Some(0.9), false), likely);
            assert_eq!(told(state, Some(0.5), false), likely);
            let unlikely = Some(Ground::Unlikely);
            let few = [None, unlikely, unlikely, Some(Ground::Today)];
            assert_eq!(told(state, Some(0.49), false), few);
            assert_eq!(told(state, None, false), likely);
        }
        let once_near = |ground| [None, Some(ground), Some(ground), Some(ground)];
        assert_eq!(
            told(Unrecognised, None, false),
            once_near(Ground::Unrecognised)
        );
        assert_eq!(told(InSync, None, true), once_near(Ground::ToApprove));
    }

    #[test]
    fn grounds_are_said_by_number() {
        use Ground::{Halted, Today};
        for (grounds, said) in [
            (vec![Halted], "the mailbox has stopped or failed"),
            (vec![Halted; 11], "their mailboxes have stopped or failed"),
            (
                vec![Today, Halted, Today],
                "1 has stopped or failed and 2 are still being copied",
            ),
        ] {
            assert_eq!(because(&grounds), said);
        }
    }
}
