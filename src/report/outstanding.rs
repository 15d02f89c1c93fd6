//! What is left to be done in mop-up: mailboxes that have not switched and failed items that are
//! open, with who acts.

use super::cause_table::{by_cause, causes_of};
use super::changes;
use super::drawing::Chart;
use super::guide::IN_THE_GUIDE;
use super::input::ReportInput;
use super::missed_switch::MissedSwitches;
use super::model::{Headline, KeyFigure, Section, Tone};
use super::tabulation::Tabulation;
use super::wording::{NOT_REPORTED, journey_of};
use crate::domain::SyncState;
use crate::domain::plural::{count, count_of, counted};
use crate::metrics::{CauseMetrics, Mailbox, Owner};

/// Mailboxes that the email lists; the workbook has all.
const LISTED: usize = 20;

/// How much is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outstanding {
    /// Mailboxes that have not switched.
    mailboxes: u64,
    /// Failed items that the organisation acts on.
    pub(super) yours: u64,
    /// Failed items that the migration team acts on.
    ours: u64,
}

impl Outstanding {
    pub(super) fn of(input: ReportInput<'_>) -> Self {
        let yours = || causes_of(input, Owner::Organisation);
        let ours = causes_of(input, Owner::MigrationTeam);
        let done: u64 = yours().map(|cause| cause.done).sum();
        Self {
            mailboxes: not_switched(input).len() as u64,
            yours: yours().map(CauseMetrics::not_done).sum(),
            ours: ours.map(CauseMetrics::open).sum::<u64>() + done,
        }
    }

    fn items(self) -> u64 {
        self.yours + self.ours
    }

    /// Whose the failed items are that are not the organisation's to act on.
    pub(super) fn of_whose(self) -> String {
        match (self.yours, self.ours) {
            (0, 0) => "no item is open".to_owned(),
            (_, 0) => "all that are open".to_owned(),
            (_, ours) => format!(
                "of {} open; {} ours",
                count(self.items()),
                counted(ours, "is", "are")
            ),
        }
    }

    fn mailbox_sentence(self) -> String {
        match self.mailboxes {
            0 => "Every mailbox has switched.".to_owned(),
            1 => "1 mailbox has not switched.".to_owned(),
            several => format!("{} mailboxes have not switched.", count(several)),
        }
    }

    fn item_sentence(self) -> String {
        let open = counted(self.items(), "failed item is open", "failed items are open");
        let all = if self.items() == 1 { "" } else { "all " };
        match (self.yours, self.ours) {
            (0, 0) => "No failed item is open.".to_owned(),
            (_, 0) => format!("{open}, {all}for your organisation to act on."),
            (0, _) => format!("{open}, {all}for the migration team to act on."),
            (yours, ours) => format!(
                "{open}: {} for your organisation and {} for the migration team to act on.",
                count(yours),
                count(ours)
            ),
        }
    }

    /// A few words on failed items only, or on mailboxes too.
    fn label(self, has_mailboxes: bool) -> String {
        let mailboxes = (has_mailboxes && self.mailboxes > 0)
            .then(|| counted(self.mailboxes, "mailbox", "mailboxes"));
        let items = (self.items() > 0).then(|| count_of(self.items(), "failed item"));
        match (mailboxes, items) {
            (None, None) => "Nothing outstanding".to_owned(),
            (Some(mailboxes), Some(items)) => format!("{mailboxes} and {items} outstanding"),
            (Some(only), None) | (None, Some(only)) => format!("{only} outstanding"),
        }
    }

    /// Of failed items, and where there is something to say of mailboxes, of those: how many are past
    /// their dates.
    fn headline(self, missed: Option<MissedSwitches>) -> Headline {
        let late = missed.map_or(0, MissedSwitches::all);
        let is_nothing_left = self.items() == 0 && (missed.is_none() || self.mailboxes == 0);
        let mailboxes = missed.map(|missed| match missed.sentence() {
            Some(sentence) if late == self.mailboxes => sentence,
            Some(sentence) => format!("{} {sentence}", self.mailbox_sentence()),
            None => self.mailbox_sentence(),
        });
        Headline {
            label: self.label(missed.is_some()),
            tone: match () {
                () if is_nothing_left => Tone::Good,
                () if late > 0 => Tone::Watch,
                () => Tone::Plain,
            },
            sentences: mailboxes
                .into_iter()
                .chain([self.item_sentence()])
                .collect(),
        }
    }
}

/// Mailboxes that have not switched: VIPs first, then whoever waits longest, and last those without
/// a date.
pub(super) fn not_switched(input: ReportInput<'_>) -> Vec<&Mailbox> {
    let mut left = input.mailboxes(|mailbox| mailbox.state != SyncState::Switched);
    left.sort_by_key(|mailbox| {
        (
            !mailbox.is_vip(),
            mailbox.switch_date.is_none(),
            mailbox.switch_date,
        )
    });
    left
}

/// The headline of mailboxes and failed items.
pub(super) fn headline(input: ReportInput<'_>) -> Headline {
    Outstanding::of(input).headline(Some(MissedSwitches::of(input)))
}

/// The headline of failed items.
pub(super) fn item_headline(input: ReportInput<'_>) -> Headline {
    Outstanding::of(input).headline(None)
}

/// The figures of mailboxes and failed items.
pub(super) fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let left = not_switched(input);
    let longest = left
        .iter()
        .filter_map(|mailbox| mailbox.days_past_switch_date(input.report_date))
        .filter(|days| *days > 0)
        .max();
    let note = match (left.len(), longest) {
        (0, _) => "all have switched".to_owned(),
        (_, Some(days)) => format!(
            "the longest for {} past its date",
            count_of(days.unsigned_abs(), "day")
        ),
        (_, None) => "none is past a known date".to_owned(),
    };
    let mailboxes = KeyFigure::new("Mailboxes not switched", count(left.len()), note)
        .with_change(changes::switched_since(input));
    std::iter::once(mailboxes)
        .chain(item_figures(input))
        .collect()
}

/// The figures of failed items.
pub(super) fn item_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let outstanding = Outstanding::of(input);
    let users = input.mailboxes(|mailbox| mailbox.items_listed > 0).len();
    let figure = |label: &str, items: u64, note: &str| KeyFigure::new(label, count(items), note);
    let of_users = format!("of {}", count_of(users, "user"));
    let to_act_on = "failed items to act on";
    vec![
        figure("Failed items open", outstanding.items(), &of_users)
            .with_change(changes::new_and_cleared(input)),
        figure("For your organisation", outstanding.yours, to_act_on),
        figure("For the migration team", outstanding.ours, to_act_on),
    ]
}

/// The mailboxes that have not switched, with who acts.
pub(super) fn mailboxes(input: ReportInput<'_>) -> Section {
    let left = not_switched(input);
    let segments = journey_of(&left);
    let number = left.len();
    let title = counted(
        number,
        "mailbox has not switched",
        "mailboxes have not switched",
    );
    // What is said of all alike, what we are doing says once.
    let mut actions = left.iter().map(|mailbox| next_action(mailbox));
    let first = actions.next();
    let do_differ = actions.any(|other| Some(other) != first);
    let table = Tabulation::of(left)
        .user_and_vip()
        .collection()
        .state()
        .progress()
        .text("Past its date", move |mailbox| waits(mailbox, input))
        .text("What we do", next_action)
        .only_if(do_differ)
        .list(
            "Mailboxes that have not switched, the longest past their dates first",
            LISTED,
            "; all: workbook, sheet Users.",
        );
    let section = Section::new("Mailboxes that have not switched", Vec::new(), table);
    // Where the table has all of them, a picture adds nothing.
    if number <= LISTED {
        return section.or_alone("None.");
    }
    section.with_chart(Chart::of_states("mailboxes-not-switched", title, segments))
}

fn waits(mailbox: &Mailbox, input: ReportInput<'_>) -> String {
    match mailbox.days_past_switch_date(input.report_date) {
        Some(days) if days > 0 => count_of(days.unsigned_abs(), "day"),
        Some(_) => "Not yet".to_owned(),
        None => "No date reported".to_owned(),
    }
}

fn next_action(mailbox: &Mailbox) -> &'static str {
    match mailbox.state {
        _ if mailbox.waits_for_approval() => "Approve what was lost",
        SyncState::Stopped | SyncState::Failed => "Restart it",
        SyncState::InSync | SyncState::ReadyToSwitch | SyncState::Switched => "Switch it",
        SyncState::Unrecognised => "Find out what its state means",
        SyncState::NotStarted | SyncState::Queued | SyncState::Synchronising => "Keep copying it",
    }
}

/// The failed items by cause, with who acts and since when the oldest is open.
pub(super) fn failed_items(input: ReportInput<'_>) -> Section {
    let table = by_cause(&input.metrics.causes)
        .text("Oldest failed on", move |cause| oldest(input, cause))
        .table("Open failed items by cause");
    let text = "The Failed Item Report lists every one.".to_owned();
    Section::new("Failed items that are open", vec![text], table).or_alone("None.")
}

/// How old: the day on which the oldest item of a cause failed, as the export has it.
fn oldest(input: ReportInput<'_>, cause: &CauseMetrics) -> String {
    let of_cause = input
        .metrics
        .failed_items
        .iter()
        .filter(|item| item.cause == cause.cause);
    let first = of_cause.filter_map(|item| item.failed_at).min();
    first.map_or_else(
        || NOT_REPORTED.to_owned(),
        |moment| moment.format("%-d %b %Y").to_string(),
    )
}

pub(super) fn how_to_read() -> Section {
    Section::of_text(
        "How to read this",
        &[
            "In mop-up this report shows what is left: mailboxes that have not switched, and failed \
             items that are open. Those stay in the old mailbox until that mailbox is closed, and leave \
             this report once they have been copied or are no longer in the export.",
            IN_THE_GUIDE,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_items_are_is_said_beside_those_of_the_organisation() {
        for (yours, ours, said) in [
            (0, 0, "no item is open"),
            (1, 0, "all that are open"),
            (0, 1, "of 1 open; 1 is ours"),
            (1_200, 216, "of 1,416 open; 216 are ours"),
        ] {
            assert_eq!(
                Outstanding {
                    mailboxes: 0,
                    yours,
                    ours
                }
                .of_whose(),
                said
            );
        }
    }

    #[test]
    fn what_is_left_is_spoken_of_by_number_and_by_who_acts() {
        for (mailboxes, yours, ours, label, sentences) in [
            (
                0,
                0,
                0,
                "Nothing outstanding",
                ["Every mailbox has switched.", "No failed item is open."],
            ),
            (
                1,
                1,
                0,
                "1 mailbox and 1 failed item outstanding",
                [
                    "1 mailbox has not switched.",
                    "1 failed item is open, for your organisation to act on.",
                ],
            ),
            (
                0,
                0,
                2,
                "2 failed items outstanding",
                [
                    "Every mailbox has switched.",
                    "2 failed items are open, all for the migration team to act on.",
                ],
            ),
            (
                1_200,
                60,
                41,
                "1,200 mailboxes and 101 failed items outstanding",
                [
                    "1,200 mailboxes have not switched.",
                    "101 failed items are open: 60 for your organisation and 41 for the migration \
                     team to act on.",
                ],
            ),
        ] {
            let headline = Outstanding {
                mailboxes,
                yours,
                ours,
            }
            .headline(Some(MissedSwitches::default()));
            assert_eq!(
                (headline.label.as_str(), headline.sentences),
                (label, sentences.map(str::to_owned).to_vec())
            );
            assert_eq!(headline.tone == Tone::Good, mailboxes + yours + ours == 0);
        }
        assert_eq!(
            Outstanding {
                mailboxes: 5,
                yours: 0,
                ours: 0
            }
            .headline(None)
            .label,
            "Nothing outstanding"
        );
    }
}
