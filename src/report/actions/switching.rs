//! What there is to do about switches.

use std::collections::BTreeSet;

use super::{Action, Actions, Listed, whom};
use crate::domain::plural::counted;
use crate::domain::{ReportDate, SyncState};
use crate::metrics::Mailbox;
use crate::report::ReportInput;
use crate::report::overdue::Ages;
use crate::report::wording::{coming_day, on_day};

/// When the due mailboxes switch: “today”, “on Monday 23 November” where all do on one day, else “by
/// Friday 27 November”.
pub(in crate::report) fn when<'a>(
    due: impl Iterator<Item = &'a Mailbox>,
    today: ReportDate,
) -> String {
    let dates: BTreeSet<_> = due.filter_map(|mailbox| mailbox.switch_date).collect();
    match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first == last => on_day(*last, today.day()),
        (_, Some(last)) => format!("by {}", coming_day(*last)),
        _ => String::new(),
    }
}

/// Which mailboxes that halted, or are in an unknown state, a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Scope {
    /// All of the organisation.
    All,
    /// Those that are due, and those past their switch date.
    DueOrWaiting,
}

/// What the migration team has to do, by numbers of mailboxes.
#[derive(Debug, Clone, Default)]
pub(super) struct OurSwitches {
    /// Mailboxes past their switch date that are ready.
    pub(super) waiting_ready: u64,
    /// Mailboxes of the scope that stopped or failed, and for how long.
    pub(super) halted: u64,
    pub(super) halted_ages: Ages,
    /// Mailboxes of the scope in a state that nobody knows.
    pub(super) unrecognised: u64,
    /// Mailboxes of the scope of which losses are still to be approved.
    pub(super) to_approve: u64,
}

impl OurSwitches {
    fn of(input: ReportInput<'_>, scope: Scope) -> Self {
        let is_in_scope = |mailbox: &Mailbox| {
            scope == Scope::All || input.is_due(mailbox) || input.waits(mailbox)
        };
        let is_unrecognised = |mailbox: &Mailbox| mailbox.state == SyncState::Unrecognised;
        let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
        let number = |among: &[&Mailbox], is_counted: &dyn Fn(&Mailbox) -> bool| {
            among.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
        };
        let in_scope = input.mailboxes(is_in_scope);
        Self {
            waiting_ready: number(&waiting, &Mailbox::is_ready),
            halted: number(&in_scope, &Mailbox::is_halted),
            halted_ages: Ages::of_halted(in_scope.iter().copied()),
            unrecognised: number(&in_scope, &is_unrecognised),
            to_approve: number(&in_scope, &Mailbox::waits_for_approval),
        }
    }
}

/// Whether a mailbox does not move by itself.
fn is_stuck(mailbox: &Mailbox) -> bool {
    mailbox.is_halted() || mailbox.state == SyncState::Unrecognised
}

/// What there is to do about switches.
pub(in crate::report) fn switching(input: ReportInput<'_>, scope: Scope) -> Actions<'_> {
    Actions {
        yours: your_switches(input),
        ours: our_switches(&OurSwitches::of(input, scope), scope),
    }
}

fn your_switches(input: ReportInput<'_>) -> Vec<Action<'_>> {
    let late = input.mailboxes(|mailbox| input.will_be_late(mailbox));
    let (halted, late): (Vec<&Mailbox>, Vec<&Mailbox>) =
        late.into_iter().partition(|mailbox| is_stuck(mailbox));
    let later = input.mailboxes(|mailbox| {
        input.is_due(mailbox) && !mailbox.is_ready() && !input.will_be_late(mailbox)
    });
    // Who is merely being copied has time to be ready.
    let stuck = later.into_iter().filter(|mailbox| mailbox.is_halted());
    let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
    [
        action(input, halted, halted_sentence),
        action(input, late, late_sentence),
        action(input, stuck.collect(), stuck_sentence),
        action(input, waiting, waiting_sentence),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// VIPs first, then those that do not move, by date.
fn action<'a>(
    input: ReportInput<'a>,
    mut mailboxes: Vec<&'a Mailbox>,
    sentence: fn(usize, &str) -> String,
) -> Option<Action<'a>> {
    mailboxes.sort_by_key(|mailbox| (!mailbox.is_vip(), !is_stuck(mailbox), mailbox.switch_date));
    let when = when(mailboxes.iter().copied(), input.report_date);
    let list = mailboxes.into_iter().map(Listed::standing).collect();
    Action::of(list, |list: &[Listed<'_>]| {
        format!("{} {}", sentence(list.len(), &when), whom(list))
    })
}

pub(super) fn halted_sentence(users: usize, when: &str) -> String {
    let one = format!(
        "user that the switch {when} will probably be later: copying has halted, and we are \
         restarting it."
    );
    let several = format!(
        "users that their switch {when} will probably be later: copying has halted, and we are \
         restarting it."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn late_sentence(users: usize, when: &str) -> String {
    let one =
        format!("user that the switch {when} may be later: the mailbox is still being copied.");
    let several = format!(
        "users that their switch {when} may be later: their mailboxes are still being copied."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn stuck_sentence(users: usize, when: &str) -> String {
    let one = format!(
        "user that the switch {when} may be later: copying has halted, and we are restarting it."
    );
    let several = format!(
        "users that their switch {when} may be later: copying has halted, and we are restarting it."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn waiting_sentence(users: usize, _: &str) -> String {
    let one = "user, whose switch date has passed, that the mailbox switches by itself once it is in \
               sync.";
    let several = "users, whose switch dates have passed, that their mailboxes switch by themselves \
                   once they are in sync.";
    format!("Tell {}", counted(users, one, several))
}

pub(super) fn our_switches(facts: &OurSwitches, scope: Scope) -> Vec<String> {
    let which = match scope {
        Scope::All => "",
        Scope::DueOrWaiting => ", due or late,",
    };
    let ages = facts.halted_ages;
    let overdue = ages.sentence(facts.halted, "at a standstill");
    let overdue = overdue.map_or_else(String::new, |sentence| format!(" {sentence}"));
    [
        (
            facts.halted,
            format!(
                "mailbox{which} has stopped or failed: we are finding out why, to restart it.{overdue}"
            ),
            format!(
                "mailboxes{which} have stopped or failed: we are finding out why, to restart \
                 them.{overdue}"
            ),
        ),
        (
            facts.to_approve,
            format!(
                "mailbox{which} cannot switch before its losses are approved: we will go through them \
                 with you."
            ),
            format!(
                "mailboxes{which} cannot switch before their losses are approved: we will go through \
                 them with you."
            ),
        ),
        (
            facts.waiting_ready,
            "mailbox past its switch date is in sync: it will switch by itself.".to_owned(),
            "mailboxes past their switch date are in sync: they will switch by themselves.".to_owned(),
        ),
        (
            facts.unrecognised,
            format!(
                "mailbox{which} is in a state that we do not recognise: we are finding out what it means."
            ),
            format!(
                "mailboxes{which} are in a state that we do not recognise: we are finding out what it \
                 means."
            ),
        ),
    ]
    .into_iter()
    .filter(|(mailboxes, ..)| *mailboxes > 0)
    .map(|(mailboxes, one, several)| counted(mailboxes, &one, &several))
    .collect()
}
