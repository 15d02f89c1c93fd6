//! What there is to do about switches.

use std::collections::BTreeSet;

use super::{Action, Actions, whom};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportDate, SyncState};
use crate::metrics::Mailbox;
use crate::report::ReportInput;
use crate::report::delay::{self, Ground};
use crate::report::forecast::Missing;
use crate::report::next_switch::NextSwitch;
use crate::report::overdue::Ages;
use crate::report::prospect::{self, Prospect};
use crate::report::wording::{coming_day, near_day, on_day};

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

/// The same without the date behind a day of the coming week: “on Monday”.
pub(super) fn soon<'a>(
    due: impl Iterator<Item = &'a Mailbox> + Clone,
    today: ReportDate,
) -> String {
    let dates: BTreeSet<_> = due
        .clone()
        .filter_map(|mailbox| mailbox.switch_date)
        .collect();
    match (dates.len(), dates.first()) {
        (1, Some(date)) if *date != today.day() => format!("on {}", near_day(*date, today.day())),
        _ => when(due, today),
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
    /// Mailboxes that are due and still being copied, whose users need not be told anything yet.
    pub(super) on_their_way: u64,
    /// When they switch: “on Monday 23 November”.
    pub(super) when: String,
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
        let on_their_way = input.mailboxes(|mailbox| {
            input.is_on_its_way(mailbox) && !input.is_open_on_the_eve(mailbox)
        });
        let number = |among: &[&Mailbox], is_counted: &dyn Fn(&Mailbox) -> bool| {
            among.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
        };
        let in_scope = input.mailboxes(is_in_scope);
        Self {
            on_their_way: on_their_way.len() as u64,
            when: when(on_their_way.iter().copied(), input.report_date),
            halted: number(&in_scope, &Mailbox::is_halted),
            halted_ages: Ages::of_halted(in_scope.iter().copied(), input.report_date),
            unrecognised: number(&in_scope, &is_unrecognised),
            to_approve: number(&in_scope, &Mailbox::waits_for_approval),
        }
    }
}

/// What there is to do about switches.
pub(in crate::report) fn switching(input: ReportInput<'_>, scope: Scope) -> Actions<'_> {
    Actions {
        yours: your_switches(input),
        ours: our_switches(&OurSwitches::of(input, scope), scope),
    }
}

fn your_switches(input: ReportInput<'_>) -> Vec<Action<'_>> {
    let told = input.mailboxes(|mailbox| input.ground_to_tell(mailbox).is_some());
    let today = Some(input.report_date.day());
    let (of_today, ahead): (Vec<&Mailbox>, Vec<&Mailbox>) = told
        .into_iter()
        .partition(|mailbox| mailbox.switch_date == today);
    let (soon, later) = ahead.into_iter().partition(|one| input.is_near(one));
    let is_under_way = NextSwitch::of(input).is_some_and(NextSwitch::is_under_way);
    let waiting = input.mailboxes(|mailbox| input.waits(mailbox));
    let (undone, waiting): (Vec<&Mailbox>, Vec<&Mailbox>) =
        waiting.into_iter().partition(|mailbox| mailbox.is_undone);
    let (stuck, waiting): (Vec<&Mailbox>, Vec<&Mailbox>) =
        waiting.into_iter().partition(|mailbox| mailbox.is_stuck());
    let how = match is_under_way {
        true => Delay::Certain,
        false => Delay::Probable,
    };
    let in_doubt = prospect::ahead(input)
        .into_iter()
        .filter(|one| one.is_in_doubt());
    let in_doubt = in_doubt.filter_map(|one| agree_on_date(input, one));
    let others = [
        delayed(input, of_today, how),
        delayed(input, soon, Delay::Probable),
        delayed(input, later, Delay::Possible),
        action(undone, undone_sentence),
        at_the_desk(input),
        stuck_action(stuck),
        action(waiting, waiting_sentence),
    ];
    in_doubt.chain(others.into_iter().flatten()).collect()
}

/// Those who are not ready for a switch of which many will be late: the one thing that is to be decided
/// about it.
fn agree_on_date(input: ReportInput<'_>, of: Prospect) -> Option<Action<'_>> {
    let is_missing = |one: &Mailbox| one.switch_date == Some(of.next.date) && !one.is_ready();
    let when = coming_day(of.next.date);
    let foretold = of.foretold.map(Missing::in_words);
    action(input.mailboxes(is_missing), |mailboxes| {
        in_doubt_sentence(mailboxes, foretold.as_deref(), &when)
    })
}

/// “840 mailboxes are not ready for Monday 23 November: about 300 of 1,240 mailboxes will not be ready (at
/// most 500). Agree with us whether to keep the date.”
pub(super) fn in_doubt_sentence(mailboxes: usize, foretold: Option<&str>, when: &str) -> String {
    let are = counted(mailboxes, "mailbox is", "mailboxes are");
    let foretold = foretold.map_or_else(String::new, |words| format!(": on the day {words}"));
    format!("{are} not ready for {when}{foretold}. Agree with us whether to keep the date.")
}

/// How certain it is that a switch is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delay {
    Certain,
    Probable,
    /// They stand still, and there is time to restart them.
    Possible,
}

/// Those who are told that their switch is later than planned, and why.
fn delayed<'a>(
    input: ReportInput<'a>,
    mailboxes: Vec<&'a Mailbox>,
    delay: Delay,
) -> Option<Action<'a>> {
    let when = when(mailboxes.iter().copied(), input.report_date);
    let grounds = mailboxes.iter().filter_map(|one| input.ground_to_tell(one));
    let grounds: Vec<Ground> = grounds.collect();
    action(mailboxes, |_| delay_sentence(delay, &grounds, &when))
}

/// Those of whom nobody can say on the last working day whether they will be late.
fn at_the_desk(input: ReportInput<'_>) -> Option<Action<'_>> {
    let open = input.mailboxes(|mailbox| input.is_open_on_the_eve(mailbox));
    let when = when(open.iter().copied(), input.report_date);
    let late = delay::expected_late(&open);
    action(open, |mailboxes| desk_sentence(mailboxes, late, &when))
}

pub(super) fn desk_sentence(mailboxes: usize, late: Option<u64>, when: &str) -> String {
    let how_many = match late {
        Some(late) if late > 0 && late < mailboxes as u64 => {
            format!("about {} will be late", count(late))
        }
        _ => "some may be late".to_owned(),
    };
    if mailboxes == 1 {
        return format!(
            "1 mailbox that switches {when} is still being copied, and may be late. Have somebody at \
             the service desk that morning: its report says whether the user is to be told."
        );
    }
    format!(
        "{} mailboxes that switch {when} are still being copied: {how_many}. Have somebody at the \
         service desk that morning: its report names whom to tell.",
        count(mailboxes)
    )
}

/// VIPs first, then those that do not move, by date.
fn action<'a>(
    mut mailboxes: Vec<&'a Mailbox>,
    sentence: impl FnOnce(usize) -> String,
) -> Option<Action<'a>> {
    mailboxes.sort_by_key(|mailbox| (!mailbox.is_vip(), !mailbox.is_stuck(), mailbox.switch_date));
    Action::of_mailboxes(&mailboxes, |list| sentence(list.len()) + &whom(list))
}

pub(super) fn delay_sentence(certainty: Delay, grounds: &[Ground], when: &str) -> String {
    let verb = match certainty {
        Delay::Certain => "did not",
        Delay::Probable => "will probably not",
        Delay::Possible => "might not",
    };
    let (users, them) = match grounds.len() {
        1 => ("1 user".to_owned(), "it"),
        several => (counted(several, "user", "users"), "them"),
    };
    let ending = match certainty {
        Delay::Possible => format!(", and we are restarting {them}"),
        _ => String::new(),
    };
    let because = delay::because(grounds);
    format!("Tell {users} that they {verb} switch {when}: {because}{ending}.")
}

pub(super) fn undone_sentence(users: usize) -> String {
    let one =
        "user whose switch was undone to work in the old mailbox, and agree a new date with us.";
    let several = "users whose switches were undone to work in their old mailboxes, and agree new dates \
                   with us.";
    format!("Tell {}", counted(users, one, several))
}

/// Those past their date who cannot switch before somebody acts, and why.
fn stuck_action(stuck: Vec<&Mailbox>) -> Option<Action<'_>> {
    let grounds: Vec<Ground> = stuck.iter().filter_map(|one| delay::stuck(one)).collect();
    action(stuck, |_| stuck_sentence(&grounds))
}

pub(super) fn stuck_sentence(grounds: &[Ground]) -> String {
    let users = counted(grounds.len(), "user", "users");
    let because = delay::because(grounds);
    format!("Tell {users} past the switch date that they cannot switch yet: {because}.")
}

pub(super) fn waiting_sentence(users: usize) -> String {
    let one = "user past the switch date that the mailbox switches by itself once it is in sync.";
    let several = "users past the switch date that their mailboxes switch by themselves once they are in sync.";
    format!("Tell {}", counted(users, one, several))
}

pub(super) fn our_switches(facts: &OurSwitches, scope: Scope) -> Vec<String> {
    let when = &facts.when;
    let until = "Nobody needs to be told yet: the next reports name who will be late.";
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
            facts.on_their_way,
            format!("mailbox that switches {when} is still being copied. {until}"),
            format!("mailboxes that switch {when} are still being copied. {until}"),
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
