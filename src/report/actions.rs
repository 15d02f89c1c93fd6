//! Who needs to do what: the organisation and the migration team, each thing once, the most
//! pressing first.
//!
//! Every sentence comes of a rule over counts and names; a rule says nothing where there is nothing
//! to do. What one list asks for, the other does not take back: mailboxes that halted are ours to
//! restart, those that are being copied need nothing, and users only need to be told.

use std::collections::HashMap;

use super::ReportInput;
use super::wording::{NAMED, coming_day, count, counted, first_of, list, name, progress, user};
use crate::domain::{Stage, SyncState, Verdict};
use crate::metrics::{Mailbox, Owner};
use crate::tables::Difference;

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Actions {
    /// By the organisation.
    pub(super) yours: Vec<String>,
    /// By the migration team.
    pub(super) ours: Vec<String>,
}

impl Actions {
    /// These, then others.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.yours.extend(others.yours);
        self.ours.extend(others.ours);
        self
    }
}

/// The mailboxes that are to switch soon or should have, as far as somebody has to act.
#[derive(Debug, Clone, Default)]
struct Switching {
    /// When those that are due switch: “on Monday 23 November”.
    when: String,
    /// VIPs that are due and not ready, each with how far it is.
    vips: Vec<String>,
    /// Others and VIPs that are due, not ready, and on their way.
    on_their_way: u64,
    /// Users past their switch date.
    waiting: Vec<String>,
    /// Those of them that are ready.
    waiting_ready: u64,
    /// Those of them that are neither ready nor halted.
    waiting_on_their_way: u64,
    /// Mailboxes that stopped or failed, whenever they switch.
    halted: u64,
    /// Mailboxes in a state that nobody knows, whenever they switch.
    unrecognised: u64,
}

/// When the due mailboxes switch: “on Monday 23 November” where all do on one day, else “by Friday
/// 27 November”.
pub(super) fn when<'a>(due: impl Iterator<Item = &'a Mailbox>) -> String {
    let dates: std::collections::BTreeSet<_> =
        due.filter_map(|mailbox| mailbox.switch_date).collect();
    match (dates.first(), dates.last()) {
        (Some(first), Some(last)) if first == last => format!("on {}", coming_day(*last)),
        (_, Some(last)) => format!("by {}", coming_day(*last)),
        _ => String::new(),
    }
}

/// Which mailboxes that halted a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All of the organisation.
    All,
    /// Those that are due or wait.
    DueOrWaiting,
}

impl Scope {
    /// Where the report lists mailboxes that are due.
    fn place_of_due(self) -> &'static str {
        match self {
            Self::All => "the workbook, sheet Users",
            Self::DueOrWaiting => "the workbook, sheet Due",
        }
    }

    /// Where the report lists mailboxes past their date.
    fn place_of_waiting(self) -> &'static str {
        match self {
            Self::All => "the workbook, sheet Users",
            Self::DueOrWaiting => "the workbook, sheet Waiting",
        }
    }
}

/// What there is to do about switches.
pub(super) fn switching(input: ReportInput<'_>, scope: Scope) -> Actions {
    let date = input.report_date;
    let mailboxes = &input.metrics.mailboxes;
    // In mop-up nothing is due: what has not switched waits.
    let is_due =
        |mailbox: &&Mailbox| mailbox.is_due(date) && input.organisation.stage != Stage::MopUp;
    let not_ready = || {
        mailboxes
            .iter()
            .filter(is_due)
            .filter(|mailbox| !mailbox.is_ready())
    };
    let is_on_its_way = |mailbox: &Mailbox| {
        !mailbox.is_halted() && mailbox.state != SyncState::Unrecognised && !mailbox.is_ready()
    };
    let waiting: Vec<&Mailbox> = mailboxes
        .iter()
        .filter(|mailbox| mailbox.is_past_switch_date(date))
        .collect();
    let of_waiting = |is_counted: &dyn Fn(&Mailbox) -> bool| {
        waiting.iter().filter(|mailbox| is_counted(mailbox)).count() as u64
    };
    let is_in_scope = |mailbox: &&Mailbox| {
        scope == Scope::All || is_due(mailbox) || mailbox.is_past_switch_date(date)
    };
    let in_scope = |is_counted: &dyn Fn(&Mailbox) -> bool| {
        mailboxes
            .iter()
            .filter(is_in_scope)
            .filter(|mailbox| is_counted(mailbox))
            .count() as u64
    };
    let how_far = |mailbox: &Mailbox| match mailbox.progress_percent {
        Some(_) if !mailbox.is_halted() => format!("{} ({})", user(mailbox), progress(mailbox)),
        _ => format!(
            "{} ({})",
            user(mailbox),
            mailbox.state.label().to_lowercase()
        ),
    };
    // VIPs are named first.
    let mut in_order = waiting.clone();
    in_order.sort_by_key(|mailbox| !mailbox.is_vip());
    worded(
        &Switching {
            when: when(mailboxes.iter().filter(is_due)),
            vips: not_ready()
                .filter(|mailbox| mailbox.is_vip())
                .map(how_far)
                .collect(),
            on_their_way: not_ready().filter(|mailbox| is_on_its_way(mailbox)).count() as u64,
            waiting: in_order.into_iter().map(user).collect(),
            waiting_ready: of_waiting(&Mailbox::is_ready),
            waiting_on_their_way: of_waiting(&is_on_its_way),
            halted: in_scope(&Mailbox::is_halted),
            unrecognised: in_scope(&|mailbox| mailbox.state == SyncState::Unrecognised),
        },
        scope,
    )
}

fn worded(facts: &Switching, scope: Scope) -> Actions {
    let mut actions = Actions::default();
    let when = &facts.when;
    let named = first_of(&facts.vips, NAMED);
    match facts.vips.len() as u64 {
        0 => {}
        1 => actions.yours.push(format!(
            "Tell 1 VIP that the mailbox may switch later, or agree another date with us: it is \
             due {when} and not in sync yet. {named}."
        )),
        several => actions.yours.push(format!(
            "Tell {} VIPs that their mailboxes may switch later, or agree other dates with us: \
             they are due {when} and not in sync yet. {named}. The list is in {}.",
            count(several),
            scope.place_of_due()
        )),
    }
    let named = first_of(&facts.waiting, NAMED);
    match facts.waiting.len() as u64 {
        0 => {}
        1 => actions.yours.push(format!(
            "Tell 1 user that the mailbox switches by itself once it is in sync: it is past its \
             switch date and has not switched. {named}."
        )),
        several => actions.yours.push(format!(
            "Tell {} users that their mailboxes switch by themselves once in sync: they are past \
             their switch dates and have not switched. {named}. The list is in {}.",
            count(several),
            scope.place_of_waiting()
        )),
    }
    let which = if scope == Scope::All {
        ""
    } else {
        ", due or waiting,"
    };
    match facts.halted {
        0 => {}
        1 => actions.ours.push(format!(
            "1 mailbox{which} has stopped or failed: we find out why and restart it."
        )),
        several => {
            actions.ours.push(format!(
                "{} mailboxes{which} have stopped or failed: we find out why and restart them.",
                count(several)
            ));
        }
    }
    match facts.on_their_way {
        0 => {}
        1 => actions.ours.push(format!(
            "1 mailbox that switches {when} is not in sync yet: we go on copying it."
        )),
        several => actions.ours.push(format!(
            "{} mailboxes that switch {when} are not in sync yet: we go on copying them.",
            count(several)
        )),
    }
    match facts.waiting_on_their_way {
        0 => {}
        1 => actions.ours.push(
            "1 mailbox past its switch date is not in sync yet: we go on copying it.".to_owned(),
        ),
        several => {
            actions.ours.push(format!(
                "{} mailboxes past their switch date are not in sync yet: we go on copying them.",
                count(several)
            ));
        }
    }
    match facts.waiting_ready {
        0 => {}
        1 => actions.ours.push(
            "1 mailbox past its switch date is in sync by now: it switches by itself.".to_owned(),
        ),
        several => {
            actions.ours.push(format!(
                "{} mailboxes past their switch date are in sync by now: they switch \
                 by themselves.",
                count(several)
            ));
        }
    }
    match facts.unrecognised {
        0 => {}
        1 => actions.ours.push(format!(
            "1 mailbox{which} is in a state that we do not recognise: we find out what it means."
        )),
        several => {
            actions.ours.push(format!(
                "{} mailboxes{which} are in a state that we do not recognise: we \
                 find out what it means.",
                count(several)
            ));
        }
    }
    actions
}

/// What there is to do about the differences between schedule and export; `place` is where a
/// workbook lists them.
pub(super) fn schedule(input: ReportInput<'_>, place: &str) -> Actions {
    let yours = Difference::ALL.into_iter().filter_map(|kind| {
        let of_kind = || {
            input
                .metrics
                .schedule_differences
                .iter()
                .flatten()
                .filter(move |row| row.difference == kind)
        };
        let vips = of_kind().filter(|row| row.vip_category.is_some());
        let vips: Vec<String> = vips
            .map(|row| name(Some(row.name.as_deref().unwrap_or(&row.address))))
            .collect();
        difference(kind, of_kind().count() as u64, &vips, place)
    });
    Actions {
        yours: yours.collect(),
        ours: Vec::new(),
    }
}

fn difference(kind: Difference, mailboxes: u64, vips: &[String], place: &str) -> Option<String> {
    let (number, one) = (count(mailboxes), mailboxes == 1);
    let words = match (kind, one) {
        _ if mailboxes == 0 => return None,
        (Difference::NotInExport, true) => {
            "Tell us to add 1 mailbox, or take it off the schedule: it is on the schedule and not \
             in the export, so nothing is copied for it"
                .to_owned()
        }
        (Difference::NotInExport, false) => format!(
            "Tell us to add {number} mailboxes, or take them off the schedule: they are on the \
             schedule and not in the export, so nothing is copied for them"
        ),
        (Difference::NotOnSchedule, true) => {
            "Put 1 mailbox on the schedule, or tell us to leave it out: it is in the export and \
             not on the schedule"
                .to_owned()
        }
        (Difference::NotOnSchedule, false) => {
            format!(
                "Put {number} mailboxes on the schedule, or tell us to leave them out: they \
             are in the export and not on the schedule"
            )
        }
        (Difference::SwitchDate, true) => {
            "Correct 1 switch date on the schedule, or tell us that it is right: the export has \
             another, and the export's counts"
                .to_owned()
        }
        (Difference::SwitchDate, false) => format!(
            "Correct {number} switch dates on the schedule, or tell us that they are right: the \
             export has others, and the export's count"
        ),
    };
    let vips = match (mailboxes, vips) {
        (_, []) => String::new(),
        (1, _) => format!(" It is a VIP's: {}.", first_of(vips, NAMED)),
        (_, [only]) => format!(" 1 is a VIP's: {only}."),
        (_, several) => format!(
            " {} are of VIPs: {}.",
            count(several.len() as u64),
            first_of(several, NAMED)
        ),
    };
    Some(format!("{words}.{vips} The list is in {place}."))
}

/// Failed items of one cause.
struct CauseFact {
    name: String,
    action: String,
    items: u64,
    /// Users with how many of the items, most first.
    users: Vec<(String, u64)>,
}

/// What there is to do about failed items; `place` is where a workbook lists them.
pub(super) fn failed_items(input: ReportInput<'_>, place: &str) -> Actions {
    let of = |owner: Owner| {
        let causes = input
            .metrics
            .causes
            .iter()
            .filter(move |cause| cause.cause.owner == owner);
        causes.map(|cause| {
            let mut items_of: HashMap<&str, (u64, String)> = HashMap::new();
            for item in input
                .metrics
                .failed_items
                .iter()
                .filter(|item| item.cause == cause.cause)
            {
                let user = || name(Some(item.user.as_deref().unwrap_or(&item.mailbox)));
                items_of
                    .entry(&item.mailbox)
                    .or_insert_with(|| (0, user()))
                    .0 += 1;
            }
            let mut users: Vec<(&str, (u64, String))> = items_of.into_iter().collect();
            users.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
            CauseFact {
                name: cause.cause.name.clone(),
                action: cause.cause.action.clone(),
                items: cause.items,
                users: users
                    .into_iter()
                    .map(|(_, (items, user))| (user, items))
                    .collect(),
            }
        })
    };
    Actions {
        yours: of(Owner::Organisation)
            .map(|fact| your_cause(&fact, place))
            .collect(),
        ours: of(Owner::MigrationTeam)
            .map(|fact| our_cause(&fact))
            .collect(),
    }
}

/// What follows from the verdict: whoever reads that failures are above what is expected reads who
/// looks into it.
pub(super) fn verdict(input: ReportInput<'_>) -> Actions {
    let metrics = input.metrics;
    let places = metrics
        .concentration
        .as_ref()
        .map(|concentration| concentration.places.as_slice())
        .unwrap_or_default();
    let names: Vec<String> = places
        .iter()
        .filter_map(|place| metrics.mailboxes.get(*place))
        .map(user)
        .collect();
    Actions {
        yours: Vec::new(),
        ours: our_verdict(metrics.whole.judgement.verdict, &names)
            .into_iter()
            .collect(),
    }
}

fn our_verdict(verdict: Verdict, concentrated_in: &[String]) -> Option<String> {
    match (verdict, concentrated_in) {
        (Verdict::High, _) => Some(
            "We find out why failures are above what is expected: we tell you what we find."
                .to_owned(),
        ),
        (Verdict::Raised, _) => Some(
            "We watch the failures of the coming days: they are somewhat above what is expected."
                .to_owned(),
        ),
        (Verdict::Concentrated, []) => Some(
            "We look into the mailboxes with most failures: the others are as expected.".to_owned(),
        ),
        (Verdict::Concentrated, [only]) => Some(format!(
            "We look into the mailbox with most failures: {only}."
        )),
        (Verdict::Concentrated, several) => Some(format!(
            "We look into the {} mailboxes with most failures: {}.",
            count(several.len() as u64),
            first_of(several, NAMED)
        )),
        (Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems, _) => None,
    }
}

/// The same in brief, for a report that is about more than failed items.
pub(super) fn failed_items_in_brief(input: ReportInput<'_>, place: &str) -> Actions {
    let ours = input
        .metrics
        .causes
        .iter()
        .filter(|cause| cause.cause.owner == Owner::MigrationTeam)
        .map(|cause| cause.items)
        .sum();
    let yours = failed_items(input, place).yours;
    Actions {
        yours,
        ours: items_in_brief(ours).into_iter().collect(),
    }
}

fn items_in_brief(items: u64) -> Option<String> {
    match items {
        0 => None,
        1 => Some(
            "1 failed item is ours to mend: we repair it or try it again. The Failed Item \
         Report says how."
                .to_owned(),
        ),
        several => Some(format!(
            "{} failed items are ours to mend: we repair them or try them again. The Failed Item \
             Report says how.",
            count(several)
        )),
    }
}

fn your_cause(fact: &CauseFact, place: &str) -> String {
    // Up to three are all named; of more, three are.
    let named: Vec<String> = fact
        .users
        .iter()
        .take(NAMED)
        .map(|(user, _)| user.clone())
        .collect();
    let users = match (fact.users.get(NAMED - 1), fact.users.get(NAMED)) {
        (Some((_, least_named)), Some((_, next))) => {
            let whom = if least_named > next {
                "above all"
            } else {
                "among them"
            };
            format!(
                "{} users, {whom} {}",
                count(fact.users.len() as u64),
                list(&named)
            )
        }
        _ => list(&named),
    };
    let items = counted(fact.items, "failed item", "failed items");
    format!(
        "{}: {items} ({}) of {users}. The list is in {place}.",
        fact.action,
        fact.name.to_lowercase()
    )
}

fn our_cause(fact: &CauseFact) -> String {
    let users = counted(fact.users.len() as u64, "user", "users");
    format!(
        "{}: {} of {users}. {}.",
        fact.name,
        counted(fact.items, "failed item", "failed items"),
        fact.action
    )
}

#[cfg(test)]
mod tests;
