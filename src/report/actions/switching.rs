//! What there is to do about switches.

use std::collections::BTreeSet;

use super::{Action, Actions, Listed, whom};
use crate::domain::SyncState;
use crate::domain::plural::counted;
use crate::metrics::Mailbox;
use crate::report::ReportInput;
use crate::report::overdue::Ages;
use crate::report::wording::coming_day;

/// When the due mailboxes switch: “on Monday 23 November” where all do on one day, else “by Friday
/// 27 November”.
pub(in crate::report) fn when<'a>(due: impl Iterator<Item = &'a Mailbox>) -> String {
    let dates: BTreeSet<_> = due.filter_map(|mailbox| mailbox.switch_date).collect();
    match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first == last => format!("on {}", coming_day(*last)),
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
    /// When those that are due switch: “on Monday 23 November”.
    pub(super) when: String,
    /// Mailboxes that are due, not ready, and still being copied.
    pub(super) on_their_way: u64,
    pub(super) waiting_ready: u64,
    pub(super) waiting_on_their_way: u64,
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
        let is_on_its_way =
            |mailbox: &Mailbox| !is_stuck(mailbox) && !mailbox.state.is_in_sync_or_beyond();
        let due = input.mailboxes(|mailbox| input.is_due(mailbox));
        let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
        let number = |among: &[&Mailbox], is_counted: &dyn Fn(&Mailbox) -> bool| {
            among.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
        };
        let in_scope = input.mailboxes(is_in_scope);
        Self {
            when: when(due.iter().copied()),
            on_their_way: number(&due, &is_on_its_way),
            waiting_ready: number(&waiting, &Mailbox::is_ready),
            waiting_on_their_way: number(&waiting, &is_on_its_way),
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
    let later = input.mailboxes(|mailbox| {
        input.is_due(mailbox) && !mailbox.is_ready() && !input.will_be_late(mailbox)
    });
    let (vips, others): (Vec<&Mailbox>, Vec<&Mailbox>) =
        later.into_iter().partition(|mailbox| mailbox.is_vip());
    let stuck = others.into_iter().filter(|mailbox| mailbox.is_halted());
    let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
    [
        action(late, late_sentence),
        action(vips, vips_sentence),
        action(stuck.collect(), stuck_sentence),
        action(waiting, waiting_sentence),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// VIPs first, then by date.
fn action<'a>(
    mut mailboxes: Vec<&'a Mailbox>,
    sentence: fn(usize, &str) -> String,
) -> Option<Action<'a>> {
    mailboxes.sort_by_key(|mailbox| (!mailbox.is_vip(), mailbox.switch_date));
    let when = when(mailboxes.iter().copied());
    let list = mailboxes.into_iter().map(Listed::standing).collect();
    Action::of(list, |list: &[Listed<'_>]| {
        format!("{} {}", sentence(list.len(), &when), whom(list))
    })
}

pub(super) fn late_sentence(users: usize, when: &str) -> String {
    let one = format!(
        "user to expect a later switch, unless the mailbox is ready in time: it is due {when} and \
         not ready."
    );
    let several = format!(
        "users to expect a later switch, unless their mailboxes are ready in time: they are due \
         {when} and not ready."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn vips_sentence(users: usize, when: &str) -> String {
    let one = format!(
        "VIP that the switch may be later, or agree another date with us: the mailbox is due {when} \
         and not ready yet."
    );
    let several = format!(
        "VIPs that their switch may be later, or agree other dates with us: their mailboxes are due \
         {when} and not ready yet."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn stuck_sentence(users: usize, when: &str) -> String {
    let one = format!(
        "user that the switch may be later: the mailbox is due {when} and does not move until we \
         restart it."
    );
    let several = format!(
        "users that their switch may be later: their mailboxes are due {when} and do not move until \
         we restart them."
    );
    format!("Tell {}", counted(users, &one, &several))
}

pub(super) fn waiting_sentence(users: usize, _: &str) -> String {
    let one = "user that the mailbox switches by itself once it is in sync: it is past its switch \
               date and has not switched.";
    let several = "users that their mailboxes switch by themselves once in sync: they are past \
                   their switch dates and have not switched.";
    format!("Tell {}", counted(users, one, several))
}

pub(super) fn our_switches(facts: &OurSwitches, scope: Scope) -> Vec<String> {
    let when = &facts.when;
    let which = match scope {
        Scope::All => "",
        Scope::DueOrWaiting => ", due or waiting,",
    };
    let ages = facts.halted_ages;
    let overdue = ages.sentence(facts.halted, "has stood still", "have stood still");
    let overdue = overdue.map_or_else(String::new, |sentence| format!(" {sentence}"));
    [
        (
            facts.halted,
            format!(
                "mailbox{which} has stopped or failed: we find out why and restart it.{overdue}"
            ),
            format!(
                "mailboxes{which} have stopped or failed: we find out why and restart \
                 them.{overdue}"
            ),
        ),
        (
            facts.to_approve,
            format!(
                "mailbox{which} cannot complete before its losses are approved: we look at them \
                 with you, and approve them."
            ),
            format!(
                "mailboxes{which} cannot complete before their losses are approved: we look at \
                 them with you, and approve them."
            ),
        ),
        (
            facts.on_their_way,
            format!("mailbox that switches {when} is still being copied."),
            format!("mailboxes that switch {when} are still being copied."),
        ),
        (
            facts.waiting_on_their_way,
            "mailbox past its switch date is still being copied.".to_owned(),
            "mailboxes past their switch date are still being copied.".to_owned(),
        ),
        (
            facts.waiting_ready,
            "mailbox past its switch date is in sync by now: it switches by itself.".to_owned(),
            "mailboxes past their switch date are in sync by now: they switch by themselves."
                .to_owned(),
        ),
        (
            facts.unrecognised,
            format!(
                "mailbox{which} is in a state that we do not recognise: we find out what it means."
            ),
            format!(
                "mailboxes{which} are in a state that we do not recognise: we find out what it \
                 means."
            ),
        ),
    ]
    .into_iter()
    .filter(|(mailboxes, ..)| *mailboxes > 0)
    .map(|(mailboxes, one, several)| counted(mailboxes, &one, &several))
    .collect()
}
