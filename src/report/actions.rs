//! Who needs to do what: the organisation and the migration team, each thing once, the most
//! pressing first.
//!
//! Every sentence follows from counts and names, and there is none where there is nothing to do.
//! The two lists never contradict each other: mailboxes that halted are ours to restart, those that
//! are being copied need nothing, and users only need to be told.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::cause_table::causes_of;
use super::wording::{NAMED, coming_day, first_of, list, name_or_address, progress, state, user};
use super::{ReportInput, schedule};
use crate::domain::plural::{count_of, counted};
use crate::domain::{Decision, SyncState, Verdict};
use crate::metrics::{CauseMetrics, FailedItem, Mailbox, Owner};
use crate::tables::Difference;

/// What is to be done: by the organisation, and by the migration team.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Actions {
    pub(super) yours: Vec<String>,
    pub(super) ours: Vec<String>,
}

impl Actions {
    /// Adds the actions of another part of the report behind these.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.yours.extend(others.yours);
        self.ours.extend(others.ours);
        self
    }
}

/// When the due mailboxes switch: “on Monday 23 November” where all do on one day, else “by Friday
/// 27 November”.
pub(super) fn when<'a>(due: impl Iterator<Item = &'a Mailbox>) -> String {
    let dates: BTreeSet<_> = due.filter_map(|mailbox| mailbox.switch_date).collect();
    match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first == last => format!("on {}", coming_day(*last)),
        (_, Some(last)) => format!("by {}", coming_day(*last)),
        _ => String::new(),
    }
}

/// Which mailboxes that halted, or are in an unknown state, a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of the organisation.
    All,
    /// Those that are due, and those past their switch date.
    DueOrWaiting,
}

/// The mailboxes that are to switch soon or should have, as far as somebody has to act.
#[derive(Debug, Clone, Default)]
struct Switching {
    /// When those that are due switch: “on Monday 23 November”.
    when: String,
    /// VIPs that are due and not ready, each with how far it is.
    vips: Vec<String>,
    /// Mailboxes that are due, not ready, and still being copied.
    on_their_way: u64,
    /// Users past their switch date, VIPs first.
    waiting: Vec<String>,
    waiting_ready: u64,
    waiting_on_their_way: u64,
    /// Mailboxes of the scope that stopped or failed.
    halted: u64,
    /// Mailboxes of the scope in a state that nobody knows.
    unrecognised: u64,
    /// Mailboxes of the scope of which losses are still to be approved.
    to_approve: u64,
}

impl Switching {
    fn of(input: ReportInput<'_>, scope: Scope) -> Self {
        let is_in_scope = |mailbox: &Mailbox| {
            scope == Scope::All || input.is_due(mailbox) || input.waits(mailbox)
        };
        let is_unrecognised = |mailbox: &Mailbox| mailbox.state == SyncState::Unrecognised;
        let is_on_its_way = |mailbox: &Mailbox| {
            let is_stuck = mailbox.is_halted() || is_unrecognised(mailbox);
            !is_stuck && !mailbox.state.is_in_sync_or_beyond()
        };
        let due = input.mailboxes(|mailbox| input.is_due(mailbox));
        let mut waiting = input.mailboxes(|mailbox| input.waits(mailbox));
        waiting.sort_by_key(|mailbox| !mailbox.is_vip());
        let number = |among: &[&Mailbox], is_counted: &dyn Fn(&Mailbox) -> bool| {
            among.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
        };
        let in_scope = input.mailboxes(is_in_scope);
        let late_vips = due
            .iter()
            .filter(|mailbox| mailbox.is_vip() && !mailbox.is_ready());
        Self {
            when: when(due.iter().copied()),
            vips: late_vips
                .map(|mailbox| user_and_progress(mailbox))
                .collect(),
            on_their_way: number(&due, &is_on_its_way),
            waiting: waiting.iter().map(|mailbox| user(mailbox)).collect(),
            waiting_ready: number(&waiting, &Mailbox::is_ready),
            waiting_on_their_way: number(&waiting, &is_on_its_way),
            halted: number(&in_scope, &Mailbox::is_halted),
            unrecognised: number(&in_scope, &is_unrecognised),
            to_approve: number(&in_scope, &Mailbox::waits_for_approval),
        }
    }
}

/// “A. Nother (71%)”, or with the state where that says more.
fn user_and_progress(mailbox: &Mailbox) -> String {
    let how_far = match mailbox.progress_percent {
        Some(_) if !mailbox.is_halted() && !mailbox.waits_for_approval() => progress(mailbox),
        _ => state(mailbox).to_lowercase(),
    };
    format!("{} ({how_far})", user(mailbox))
}

/// What there is to do about switches.
pub(super) fn switching(input: ReportInput<'_>, scope: Scope) -> Actions {
    let facts = Switching::of(input, scope);
    Actions {
        yours: your_switches(&facts, scope),
        ours: our_switches(&facts, scope),
    }
}

fn your_switches(facts: &Switching, scope: Scope) -> Vec<String> {
    let when = &facts.when;
    let (sheet_of_due, sheet_of_waiting) = match scope {
        Scope::All => ("Users", "Users"),
        Scope::DueOrWaiting => ("Due", "Waiting"),
    };
    let vips = to_tell(
        &facts.vips,
        &format!(
            "VIP that the mailbox may switch later, or agree another date with us: it is due \
             {when} and not ready yet"
        ),
        &format!(
            "VIPs that their mailboxes may switch later, or agree other dates with us: they are \
             due {when} and not ready yet"
        ),
        sheet_of_due,
    );
    let waiting = to_tell(
        &facts.waiting,
        "user that the mailbox switches by itself once it is in sync: it is past its switch date \
         and has not switched",
        "users that their mailboxes switch by themselves once in sync: they are past their switch \
         dates and have not switched",
        sheet_of_waiting,
    );
    vips.into_iter().chain(waiting).collect()
}

/// Whom the organisation is to tell what; nothing where there is nobody.
fn to_tell(names: &[String], one: &str, several: &str, sheet: &str) -> Option<String> {
    let list_is_in = match names.len() {
        0 => return None,
        1 => String::new(),
        _ => format!(" The list is in the workbook, sheet {sheet}."),
    };
    Some(format!(
        "Tell {}. {}.{list_is_in}",
        counted(names.len(), one, several),
        first_of(names, NAMED)
    ))
}

fn our_switches(facts: &Switching, scope: Scope) -> Vec<String> {
    let when = &facts.when;
    let which = match scope {
        Scope::All => "",
        Scope::DueOrWaiting => ", due or waiting,",
    };
    [
        (
            facts.halted,
            format!("mailbox{which} has stopped or failed: we find out why and restart it."),
            format!("mailboxes{which} have stopped or failed: we find out why and restart them."),
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
            format!("mailbox that switches {when} is not in sync yet: we go on copying it."),
            format!("mailboxes that switch {when} are not in sync yet: we go on copying them."),
        ),
        (
            facts.waiting_on_their_way,
            "mailbox past its switch date is not in sync yet: we go on copying it.".to_owned(),
            "mailboxes past their switch date are not in sync yet: we go on copying them."
                .to_owned(),
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

/// What there is to do about the differences between schedule and export; `place` is where a
/// workbook lists them.
pub(super) fn schedule(input: ReportInput<'_>, place: &str) -> Actions {
    let differences = schedule::differences(input);
    let yours = Difference::ALL.into_iter().filter_map(|kind| {
        let of_kind = || differences.iter().filter(|row| row.difference == kind);
        let vips: Vec<String> = of_kind()
            .filter(|row| row.vip_category.is_some())
            .map(|row| name_or_address(row.name.as_deref(), &row.address))
            .collect();
        difference(kind, of_kind().count(), &vips, place)
    });
    Actions {
        yours: yours.collect(),
        ours: Vec::new(),
    }
}

fn difference(kind: Difference, mailboxes: usize, vips: &[String], place: &str) -> Option<String> {
    if mailboxes == 0 {
        return None;
    }
    let (verb, one, several) = match kind {
        Difference::NotInExport => (
            "Tell us to add",
            "mailbox, or take it off the schedule: it is on the schedule and not in the export, \
             so nothing is copied for it",
            "mailboxes, or take them off the schedule: they are on the schedule and not in the \
             export, so nothing is copied for them",
        ),
        Difference::NotOnSchedule => (
            "Put",
            "mailbox on the schedule, or tell us to leave it out: it is in the export and not on \
             the schedule",
            "mailboxes on the schedule, or tell us to leave them out: they are in the export and \
             not on the schedule",
        ),
        Difference::SwitchDate => (
            "Correct",
            "switch date on the schedule, or tell us that it is right: the export has another, \
             and the export's counts",
            "switch dates on the schedule, or tell us that they are right: the export has others, \
             and the export's count",
        ),
    };
    let of_vips = match mailboxes {
        _ if vips.is_empty() => String::new(),
        1 => format!(" It is a VIP's: {}.", first_of(vips, NAMED)),
        _ => format!(
            " {}: {}.",
            counted(vips.len(), "is a VIP's", "are of VIPs"),
            first_of(vips, NAMED)
        ),
    };
    let what = counted(mailboxes, one, several);
    Some(format!("{verb} {what}.{of_vips} The list is in {place}."))
}

/// Failed items of one cause.
struct CauseFact {
    name: String,
    action: String,
    items: u64,
    /// Users with how many of the items, most first.
    users: Vec<(String, usize)>,
}

impl CauseFact {
    /// `items` are all of the organisation, sorted by mailbox.
    fn of(cause: &CauseMetrics, items: &[FailedItem]) -> Self {
        let is_yours = cause.cause.owner == Owner::Organisation;
        let is_to_do = |item: &&FailedItem| {
            let is_done = item.is_decided(Decision::Done) && is_yours;
            item.cause == cause.cause && !item.is_decided(Decision::Accept) && !is_done
        };
        let of_mailboxes = items.chunk_by(|one, next| one.mailbox == next.mailbox);
        let mut users: Vec<(String, usize)> = of_mailboxes
            .filter_map(|items| {
                let mut of_cause = items.iter().filter(is_to_do);
                let first = of_cause.next()?;
                let user = name_or_address(first.user.as_deref(), &first.mailbox);
                Some((user, 1 + of_cause.count()))
            })
            .collect();
        users.sort_by_key(|(_, items)| Reverse(*items));
        Self {
            name: cause.cause.name.clone(),
            action: cause.cause.action.clone(),
            items: users.iter().map(|(_, items)| *items as u64).sum(),
            users,
        }
    }
}

/// What there is to do about failed items; `place` is where a workbook lists them.
pub(super) fn failed_items(input: ReportInput<'_>, place: &str) -> Actions {
    let facts = |owner| {
        let facts = causes_of(input, owner);
        let facts = facts.map(|cause| CauseFact::of(cause, &input.metrics.failed_items));
        facts.filter(|fact| fact.items > 0)
    };
    let done = causes_of(input, Owner::Organisation).map(|cause| cause.done);
    Actions {
        yours: facts(Owner::Organisation)
            .map(|fact| your_cause(&fact, place))
            .collect(),
        ours: facts(Owner::MigrationTeam)
            .map(|fact| our_cause(&fact))
            .chain(done_by_you(done.sum()))
            .collect(),
    }
}

/// The same with the migration team's share in one sentence, for a report that is about more than
/// failed items.
pub(super) fn failed_items_in_brief(input: ReportInput<'_>, place: &str) -> Actions {
    let ours = causes_of(input, Owner::MigrationTeam).map(CauseMetrics::open);
    let done = causes_of(input, Owner::Organisation).map(|cause| cause.done);
    Actions {
        yours: failed_items(input, place).yours,
        ours: items_in_brief(ours.chain(done).sum()).into_iter().collect(),
    }
}

fn done_by_you(items: u64) -> Option<String> {
    let again = counted(
        items,
        "failed item that you marked as done still fails: we try it again.",
        "failed items that you marked as done still fail: we try them again.",
    );
    (items > 0).then_some(again)
}

fn items_in_brief(items: u64) -> Option<String> {
    let ours = counted(
        items,
        "failed item is ours to mend: we repair it or try it again",
        "failed items are ours to mend: we repair them or try them again",
    );
    (items > 0).then(|| format!("{ours}. The Failed Item Report says how."))
}

fn your_cause(fact: &CauseFact, place: &str) -> String {
    // Up to three are all named; of more, three are.
    let named = fact.users.iter().take(NAMED);
    let mut users = list(&named.map(|(user, _)| user.clone()).collect::<Vec<_>>());
    if let (Some((_, least_named)), Some((_, next))) =
        (fact.users.get(NAMED - 1), fact.users.get(NAMED))
    {
        let whom = if least_named > next {
            "above all"
        } else {
            "among them"
        };
        let all = count_of(fact.users.len(), "user");
        users = format!("{all}, {whom} {users}");
    }
    format!(
        "{}: {} ({}) of {users}. The list is in {place}.",
        fact.action,
        count_of(fact.items, "failed item"),
        fact.name.to_lowercase()
    )
}

fn our_cause(fact: &CauseFact) -> String {
    format!(
        "{}: {} of {}. {}.",
        fact.name,
        count_of(fact.items, "failed item"),
        count_of(fact.users.len(), "user"),
        fact.action
    )
}

/// What follows from the verdict: whoever reads that failures are above what is expected reads who
/// looks into it. What mop-up reports is outstanding, not judged.
pub(super) fn verdict(input: ReportInput<'_>) -> Actions {
    if input.is_mop_up() {
        return Actions::default();
    }
    let metrics = input.metrics;
    let concentrated_in: Vec<String> = metrics
        .concentration
        .iter()
        .flat_map(|concentration| &concentration.places)
        .filter_map(|place| metrics.mailboxes.get(*place))
        .map(user)
        .collect();
    let ours = our_verdict(metrics.whole.judgement.verdict, &concentrated_in);
    Actions {
        yours: Vec::new(),
        ours: ours.into_iter().collect(),
    }
}

fn our_verdict(verdict: Verdict, concentrated_in: &[String]) -> Option<String> {
    let sentence = match verdict {
        Verdict::High => {
            "We find out why failures are above what is expected: we tell you what we find."
                .to_owned()
        }
        Verdict::Raised => {
            "We watch the failures of the coming days: they are somewhat above what is expected."
                .to_owned()
        }
        Verdict::Concentrated => match concentrated_in {
            [] => "We look into the mailboxes with most failures: the others are as expected."
                .to_owned(),
            [only] => format!("We look into the mailbox with most failures: {only}."),
            several => format!(
                "We look into the {} with most failures: {}.",
                counted(several.len(), "mailbox", "mailboxes"),
                first_of(several, NAMED)
            ),
        },
        Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems => return None,
    };
    Some(sentence)
}

#[cfg(test)]
mod tests;
