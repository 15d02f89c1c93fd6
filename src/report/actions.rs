//! Who needs to do what: the organisation and the migration team, each thing once, the most
//! pressing first.
//!
//! Every sentence follows from counts and names, and there is none where there is nothing to do.
//! What the organisation needs to do is a list that can be worked: the sentence counts the rows of
//! a sheet of its own. The two lists never contradict each other: mailboxes that halted are ours to
//! restart, those that are being copied need nothing, and users only need to be told.

mod list;
mod switching;

use std::cmp::Reverse;

pub(super) use list::Listed;
pub(super) use switching::{Scope, switching, when};

use super::cause_table::{asking_them, causes_of};
use super::input::ReportInput;
use super::overdue::{Ages, OVERDUE_DAYS};
use super::wording::{NAMED, first_of, list, user};
use super::workbook::{Line, WorkbookSheet};
use super::{changes, schedule};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{Decision, Verdict};
use crate::metrics::{Cause, CauseMetrics, FailedItem, Mailbox, Owner};
use crate::tables::Difference;

/// What is to be done: by the organisation, and by the migration team.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Actions<'a> {
    yours: Vec<Action<'a>>,
    ours: Vec<String>,
}

/// Something that the organisation needs to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Action<'a> {
    /// Sentences, the first of which counts the rows of the list.
    what: String,
    /// Whom it is about: never nobody.
    list: Vec<Listed<'a>>,
}

impl<'a> Action<'a> {
    /// About mailboxes as they stand; `None` where it is about nobody.
    pub(super) fn of_mailboxes(
        mailboxes: &[&'a Mailbox],
        what: impl FnOnce(&[Listed<'a>]) -> String,
    ) -> Option<Self> {
        let list = mailboxes.iter().map(|mailbox| Listed::standing(mailbox));
        Self::of(list.collect(), what)
    }

    /// `None` where it is about nobody.
    pub(super) fn of(
        list: Vec<Listed<'a>>,
        what: impl FnOnce(&[Listed<'a>]) -> String,
    ) -> Option<Self> {
        (!list.is_empty()).then(|| Self {
            what: what(&list),
            list,
        })
    }
}

impl<'a> Actions<'a> {
    /// What only the organisation needs to do.
    pub(super) fn of_yours(yours: impl IntoIterator<Item = Action<'a>>) -> Self {
        Self {
            yours: yours.into_iter().collect(),
            ours: Vec::new(),
        }
    }

    /// Adds the actions of another part of the report behind these.
    pub(super) fn and(mut self, others: Self) -> Self {
        self.yours.extend(others.yours);
        self.ours.extend(others.ours);
        self
    }

    /// What the migration team does, in sentences.
    pub(super) fn ours(&self) -> Vec<String> {
        self.ours.clone()
    }

    /// What the organisation needs to do, in sentences that say where the list is.
    pub(super) fn yours(&self) -> Vec<String> {
        let numbered = (1..).zip(&self.yours);
        let words = numbered.map(|(number, action)| {
            let sheet = list::sheet_name(number);
            // One after the other is read: the first says where sheets are.
            let of = if number == 1 { "workbook, " } else { "" };
            format!("{} List: {of}sheet {sheet}.", action.what)
        });
        words.collect()
    }

    /// The same for the first sheet of the workbook, each leading to its list.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> {
        let numbered = (1..).zip(&self.yours);
        numbered.map(|(number, action)| Line::to(list::sheet_name(number), &*action.what))
    }

    /// A sheet for each list.
    pub(super) fn sheets(&self) -> impl Iterator<Item = WorkbookSheet<'a>> {
        let numbered = (1..).zip(&self.yours);
        numbered.map(|(number, action)| action.sheet(number))
    }

    /// The name of each list's sheet, with the addresses of its mailboxes.
    pub(super) fn lists(&self) -> impl Iterator<Item = (String, Vec<&'a str>)> {
        let numbered = (1..).zip(&self.yours);
        numbered.map(|(number, action)| {
            let addresses = action.list.iter().map(|row| row.address);
            (list::sheet_name(number), addresses.collect())
        })
    }
}

/// “ A, B and C.”; of more than three only the VIPs, and nobody where none is one.
fn whom(list: &[Listed<'_>]) -> String {
    let vips = list.iter().filter(|row| row.is_vip()).count();
    let is_named = |row: &&Listed<'_>| list.len() <= NAMED || row.is_vip();
    let named: Vec<String> = list.iter().filter(is_named).map(|row| row.user()).collect();
    let named = first_of(&named, NAMED);
    match vips {
        _ if list.len() <= NAMED => format!(" {named}."),
        0 => String::new(),
        all if all == list.len() => format!(" All are VIPs: {named}."),
        some => format!(" {}: {named}.", counted(some, "is a VIP", "are VIPs")),
    }
}

/// What there is to do about the differences between schedule and export.
pub(super) fn schedule(input: ReportInput<'_>) -> Actions<'_> {
    let differences = schedule::differences(input);
    let yours = Difference::ALL.into_iter().filter_map(|kind| {
        let of_kind = differences.iter().filter(|row| row.difference == kind);
        let mut list: Vec<Listed<'_>> = of_kind.map(|row| Listed::differing(input, row)).collect();
        list.sort_by_key(|row| !row.is_vip());
        Action::of(list, |list| difference(kind, list))
    });
    Actions {
        yours: yours.collect(),
        ours: Vec::new(),
    }
}

fn difference(kind: Difference, list: &[Listed<'_>]) -> String {
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
    let vips = list.iter().filter(|row| row.is_vip());
    let vips: Vec<String> = vips.map(|row| row.user()).collect();
    let of_vips = match list.len() {
        few if few <= NAMED && vips.is_empty() => {
            let all: Vec<String> = list.iter().map(|row| row.user()).collect();
            format!(" {}.", first_of(&all, NAMED))
        }
        _ if vips.is_empty() => String::new(),
        1 => format!(" It is a VIP's: {}.", first_of(&vips, NAMED)),
        _ => format!(
            " {}: {}.",
            counted(vips.len(), "is a VIP's", "are of VIPs"),
            first_of(&vips, NAMED)
        ),
    };
    format!("{verb} {}.{of_vips}", counted(list.len(), one, several))
}

/// The users with failed items that are wanted, those with most new ones first, then with most; of
/// equal ones in the order of addresses.
fn users_with<'a>(
    input: ReportInput<'a>,
    is_wanted: impl Fn(&FailedItem) -> bool,
) -> Vec<Listed<'a>> {
    let items = &input.metrics.failed_items;
    let of_mailboxes = items.chunk_by(|one, next| one.mailbox == next.mailbox);
    let mut users: Vec<Listed<'a>> = of_mailboxes
        .filter_map(|items| {
            let wanted: Vec<&FailedItem> = items.iter().filter(|item| is_wanted(item)).collect();
            Listed::failed(input, &wanted)
        })
        .collect();
    users.sort_by_key(|user| (Reverse(user.new_items()), Reverse(user.items())));
    users
}

/// Whether the migration team has still to act on an item.
pub(super) fn is_ours_to_do(item: &FailedItem) -> bool {
    item.cause.owner == Owner::MigrationTeam && is_open(item)
}

/// Whether somebody still acts on an item: it is not given up.
fn is_open(item: &FailedItem) -> bool {
    !item.is_decided(Decision::Accept)
}

/// Whether the organisation has still to act on an item.
pub(super) fn is_yours_to_do(item: &FailedItem) -> bool {
    let is_yours = item.cause.owner == Owner::Organisation;
    is_yours && is_open(item) && !item.is_decided(Decision::Done)
}

/// Items that the organisation marked as done and that still fail.
fn done(input: ReportInput<'_>) -> u64 {
    causes_of(input, Owner::Organisation)
        .map(|cause| cause.done)
        .sum()
}

/// What there is to do about failed items; by which causes, a table of the report says.
pub(super) fn failed_items(input: ReportInput<'_>) -> Actions<'_> {
    let ours = causes_of(input, Owner::MigrationTeam).map(CauseMetrics::open);
    let open = input
        .metrics
        .failed_items
        .iter()
        .filter(|item| is_open(item));
    let ages = Ages::of_items(open, input.report_date, input.is_mop_up());
    Actions {
        yours: your_items(input),
        ours: items_in_brief(ours.sum::<u64>() + done(input), ages)
            .into_iter()
            .collect(),
    }
}

fn your_items(input: ReportInput<'_>) -> Vec<Action<'_>> {
    let since = changes::since_when(input);
    let causes = causes_of(input, Owner::Organisation);
    let of_cause = |cause: &CauseMetrics| {
        let users = users_with(input, |item| {
            is_yours_to_do(item) && item.cause == cause.cause
        });
        Action::of(users, |users| {
            let soon = switching_soon(input, users);
            your_cause(&cause.cause, users, &since) + &soon
        })
    };
    let mut actions: Vec<Action<'_>> = causes.filter_map(of_cause).collect();
    // Missing is what is not there where its user works by now.
    let mut missing = users_with(input, is_ours_to_do);
    missing.retain(|user| user.has_switched());
    actions.extend(Action::of(missing, missing_items));
    actions
}

fn items_of(users: &[Listed<'_>]) -> u64 {
    users.iter().map(|user| user.items()).sum()
}

fn your_cause(cause: &Cause, users: &[Listed<'_>], since: &str) -> String {
    let items = items_of(users);
    let new = match users.iter().map(|user| user.new_items()).sum() {
        0 => String::new(),
        new if new == items => format!(", new since {since}"),
        new => format!(", {} new since {since}", count(new)),
    };
    format!(
        "{}: {} {}{new}{}. {}.{}",
        cause.name,
        counted(users.len(), "user has", "users have"),
        count_of(items, "failed item"),
        if users.len() <= NAMED {
            let all: Vec<String> = users.iter().map(|user| user.user()).collect();
            format!(": {}", list(&all))
        } else {
            String::new()
        },
        asking_them(&cause.action),
        with_most(users)
    )
}

/// “ 158 of them switch on Monday: ask these first.”; nothing where none switches soon, or
/// all do.
fn switching_soon(input: ReportInput<'_>, users: &[Listed<'_>]) -> String {
    let mailboxes = users.iter().filter_map(|user| user.mailbox());
    let due: Vec<&Mailbox> = mailboxes.filter(|mailbox| input.is_due(mailbox)).collect();
    if due.is_empty() || users.len() == 1 {
        return String::new();
    }
    let when = switching::soon(due.iter().copied(), input.report_date);
    let switch = counted(due.len(), "switches", "switch");
    match due.len() == users.len() {
        true => format!(" All of them switch {when}."),
        false => format!(" {switch} {when}: ask these first."),
    }
}

/// Of more than three users, those three who have most of the items between them, if any do.
fn with_most(users: &[Listed<'_>]) -> String {
    let mut most: Vec<&Listed<'_>> = users.iter().collect();
    most.sort_by_key(|user| Reverse(user.items()));
    most.truncate(NAMED);
    let named: Vec<String> = most.iter().map(|user| user.user()).collect();
    let theirs: u64 = most.iter().map(|user| user.items()).sum();
    match users.len() > NAMED && theirs * 2 > items_of(users) {
        true => format!(" Most are in the mailboxes of {}.", list(&named)),
        false => String::new(),
    }
}

fn missing_items(users: &[Listed<'_>]) -> String {
    let items = items_of(users);
    format!(
        "Tell {} that {} still missing: we are working on {}.",
        counted(
            users.len(),
            "user who has switched",
            "users who have switched"
        ),
        counted(items, "item is", "items are"),
        if items == 1 { "it" } else { "them" },
    )
}

fn items_in_brief(items: u64, ages: Ages) -> Option<String> {
    let ours = counted(
        items,
        "failed item is for us to repair or copy again",
        "failed items are for us to repair or copy again",
    );
    let overdue = overdue_items(ages, items);
    (items > 0).then(|| format!("{ours}.{overdue}"))
}

/// That some of so many items are overdue, behind a sentence; nothing where none is.
fn overdue_items(ages: Ages, all: u64) -> String {
    let sentence = ages.sentence(all, "open");
    sentence.map_or_else(String::new, |sentence| format!(" {sentence}"))
}

/// What follows from the verdict: whoever reads that failures are above what is expected reads who
/// looks into it. What mop-up reports is outstanding, not judged.
pub(super) fn verdict(input: ReportInput<'_>) -> Actions<'_> {
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
    let is_overdue = metrics.verdict_lasts > OVERDUE_DAYS;
    let ours = our_verdict(
        metrics.whole.judgement.verdict,
        is_overdue,
        &concentrated_in,
    );
    Actions {
        yours: Vec::new(),
        ours: ours.into_iter().collect(),
    }
}

fn our_verdict(verdict: Verdict, is_overdue: bool, concentrated_in: &[String]) -> Option<String> {
    let sentence = match verdict {
        Verdict::High if is_overdue => {
            "We owe you an answer why failures are above what is expected: it is overdue."
                .to_owned()
        }
        Verdict::High => {
            "We are finding out why failures are above what is expected, and will tell you."
                .to_owned()
        }
        Verdict::Raised => "We are watching failures over the coming days.".to_owned(),
        Verdict::Concentrated => match concentrated_in {
            [] => "We are looking into the mailboxes with most failures.".to_owned(),
            [only] => format!("We are looking into the mailbox with most failures: {only}."),
            several => format!(
                "We are looking into the {} with most failures: {}.",
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
