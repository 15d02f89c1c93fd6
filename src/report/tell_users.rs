//! What the organisation is to tell its users: a row for each mailbox whose user is to be told
//! something, ready for a mail merge.
//!
//! Each letter has one owner. One workbook of an organisation's day has them all, and the other
//! reports say which: whoever works through two reports sends nobody two letters.

mod letter;

use std::collections::{BTreeMap, BTreeSet};

use letter::{Told, User, by_cause};

use super::actions::{is_ours_to_do, is_yours_to_do};
use super::complete_sheet::CompleteSheet;
use super::input::ReportInput;
use super::next_switch::NextSwitch;
use super::people::vip_cell;
use super::tabulation::Tabulation;
use super::visible::visible;
use super::workbook::{Cell, WorkbookSheet};
use super::{accounts, changes};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, SubjectLines};
use crate::metrics::{FailedItem, Mailbox, Movement, Owner};
use crate::settings::Organisation;

/// The name of the sheet.
pub const TELL_USERS: &str = "Tell users";

/// The report whose workbook has the letters: the first of these that the organisation gets. The
/// Failed Item Report's comes first, since it alone may say which items they are about.
fn owner(organisation: &Organisation) -> ReportKind {
    use ReportKind::{FailedItem, OverallMigration, SwitchReadiness};
    let mut kinds = [FailedItem, OverallMigration, SwitchReadiness].into_iter();
    let is_sent = |kind: &ReportKind| !organisation.recipients(*kind).is_empty();
    kinds.find(is_sent).unwrap_or(FailedItem)
}

/// What users are told in the letters of a workbook, or by the actions of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subjects {
    items: bool,
    switches: bool,
}

impl Subjects {
    /// Those of a report's actions.
    fn of_actions(kind: ReportKind) -> Self {
        let (items, switches) = match kind {
            ReportKind::OverallMigration => (true, true),
            ReportKind::FailedItem => (true, false),
            ReportKind::SwitchReadiness => (false, true),
            ReportKind::PilotSummary | ReportKind::Board | ReportKind::Closing => (false, false),
        };
        Self { items, switches }
    }

    /// Those of the letters: an organisation that only gets the Switch Readiness Report has not asked
    /// for what failed.
    fn of_letters(owner: ReportKind) -> Self {
        Self {
            items: owner != ReportKind::SwitchReadiness,
            switches: true,
        }
    }

    fn is_told(self, input: ReportInput<'_>, mailbox: &Mailbox) -> bool {
        self.switches
            && (input.ground_to_tell(mailbox).is_some()
                || input.waits(mailbox)
                || accounts::is_to_tell(input, mailbox))
    }

    /// The items of which a user is told, mailbox by mailbox.
    fn items(self, input: ReportInput<'_>) -> impl Iterator<Item = Vec<&FailedItem>> {
        let items = &input.metrics.failed_items;
        let of_mailboxes = items.chunk_by(|one, next| one.mailbox == next.mailbox);
        let of_mailboxes = of_mailboxes.filter(move |_| self.items);
        let told = of_mailboxes.map(move |items| {
            let mailbox = items.first().and_then(|item| input.mailbox_of(item));
            let has_switched = mailbox.is_some_and(Mailbox::has_switched);
            let is_told =
                |item: &&FailedItem| is_yours_to_do(item) || (has_switched && is_ours_to_do(item));
            items.iter().filter(is_told).collect::<Vec<_>>()
        });
        told.filter(|items| !items.is_empty())
    }

    /// Whether anybody is told anything.
    fn are_told(self, input: ReportInput<'_>) -> bool {
        let mut mailboxes = input.metrics.mailboxes.iter();
        mailboxes.any(|mailbox| self.is_told(input, mailbox)) || self.items(input).next().is_some()
    }
}

/// Everybody to whom there is a letter: first to whom something new is told, among them those who can
/// do something, by when; VIPs first among equals, then by address.
fn users(owner: ReportKind, input: ReportInput<'_>) -> Vec<User<'_>> {
    let subjects = Subjects::of_letters(owner);
    let mut users: BTreeMap<&str, User<'_>> = BTreeMap::new();
    let mut add = |address, name, mailbox, told| {
        let user = users.entry(address).or_insert_with(|| User {
            address,
            name,
            mailbox,
            told: Vec::new(),
            is_new: None,
        });
        user.told.push(told);
    };
    // Of the day itself the others have moved, and so speaks the action.
    let is_under_way = NextSwitch::of(input).is_some_and(NextSwitch::is_under_way);
    for mailbox in &input.metrics.mailboxes {
        let mut add = |told| {
            let name = mailbox.name.as_deref();
            add(&*mailbox.address, name, Some(mailbox), told);
        };
        if accounts::is_to_tell(input, mailbox) {
            add(Told::ToActivate);
        }
        let Some(date) = mailbox.switch_date else {
            continue;
        };
        let is_told = input.ground_to_tell(mailbox).is_some();
        let is_past = is_under_way && date == input.report_date.day();
        if input.waits(mailbox) && mailbox.is_undone {
            add(Told::Undone);
        } else if input.waits(mailbox) || (is_told && is_past) {
            add(Told::Waiting(date, mailbox));
        } else if is_told {
            add(Told::Late(date, mailbox));
        }
    }
    for (cause, items) in subjects.items(input).flat_map(by_cause) {
        let Some(first) = items.first() else {
            continue;
        };
        let told = match cause.owner {
            Owner::Organisation => Told::ToMend(cause, items.clone()),
            Owner::MigrationTeam => Told::Missed(cause, items.clone()),
        };
        let mailbox = input.mailbox_of(first);
        add(&*first.mailbox, first.user.as_deref(), mailbox, told);
    }
    let mut users: Vec<User<'_>> = users.into_values().collect();
    mark_new(input, &mut users);
    users.sort_by_cached_key(|user| {
        let last_day = user.last_day(input);
        (
            user.is_new != Some(true),
            !user.can_mend(),
            last_day.is_none(),
            last_day,
            !user.is_vip(),
        )
    });
    users
}

/// Marks to whom something is told that was not told in the last report.
fn mark_new(input: ReportInput<'_>, users: &mut [User<'_>]) {
    let Some(changes) = &input.metrics.changes else {
        return;
    };
    let moved = changes.mailboxes.iter().filter_map(|change| {
        let mailbox = input.metrics.mailboxes.get(change.place)?;
        Some((&*mailbox.address, change.movement))
    });
    let moved: BTreeMap<&str, Movement> = moved.collect();
    let then = ReportInput {
        report_date: changes.since,
        ..input
    };
    // Some of that day had switched when it was reported.
    let was_under_way = input.metrics.mailboxes.iter().any(|mailbox| {
        let is_of_day = mailbox.switch_date == Some(changes.since.day());
        let has_just = moved.get(&*mailbox.address) == Some(&Movement::Switched);
        is_of_day && mailbox.has_switched() && !has_just
    });
    for user in users {
        let (mailbox, moved) = (user.mailbox, moved.get(user.address).copied());
        let is_new = |told: &Told<'_>| told.is_new(then, mailbox, moved, was_under_way);
        user.is_new = Some(user.told.iter().any(is_new));
    }
}

/// Whether letters say subject lines and folders: in the confidential workbook, and where the
/// organisation lets them be quoted.
fn quotes(owner: ReportKind, input: ReportInput<'_>) -> bool {
    owner == ReportKind::FailedItem && input.organisation.subject_lines != SubjectLines::Withheld
}

/// “685 letters to users (12 new since Thursday) are ready for mail merge”, and how many of them are
/// about what the report does not tell of.
fn ready(kind: ReportKind, input: ReportInput<'_>, letters: &[User<'_>]) -> String {
    let new = letters.iter().filter(|user| user.is_new == Some(true));
    let new = match input.metrics.changes {
        Some(_) => format!(
            " ({} new since {})",
            changes::number_or_none(new.count() as u64),
            changes::since_when(input)
        ),
        None => String::new(),
    };
    let ready = counted(
        letters.len(),
        &format!("letter to a user{new} is ready for mail merge"),
        &format!("letters to users{new} are ready for mail merge"),
    );
    let of_switches = |user: &&User<'_>| user.told.iter().any(Told::is_of_switch);
    let of_switches = letters.iter().filter(of_switches).count();
    match of_switches {
        0 => ready,
        _ if Subjects::of_actions(kind).switches => ready,
        all if all == letters.len() => format!("{ready}, about the switch"),
        some => format!("{ready}, {} of them about the switch", count(some)),
    }
}

/// Where the letters are that another report's workbook has, and who sends them: no person by name,
/// since whoever is added to an edition gets the words that the others got.
fn elsewhere(owner: ReportKind) -> String {
    format!(
        "Letters to them: workbook of the {}, sheet {TELL_USERS}.",
        owner.title()
    )
}

/// Where the letters are; `None` where the report tells nobody anything.
pub(super) fn on_the_page(kind: ReportKind, input: ReportInput<'_>) -> Option<String> {
    let owner = owner(input.organisation);
    if kind != owner {
        let told = Subjects::of_actions(kind).are_told(input);
        return told.then(|| elsewhere(owner));
    }
    let letters = users(owner, input);
    let ready = ready(kind, input, &letters);
    (!letters.is_empty()).then(|| format!("{ready}: workbook, sheet {TELL_USERS}."))
}

/// The sheet; `None` where another workbook has it, or nobody is to be told anything.
pub(super) fn sheet(kind: ReportKind, input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    if kind != owner(input.organisation) {
        return None;
    }
    let users = users(kind, input);
    if users.is_empty() {
        return None;
    }
    let quotes = quotes(kind, input);
    let has_items = users.iter().any(|user| user.items() > 0);
    let has_vips = users.iter().any(User::is_vip);
    let sheet = Tabulation::of(&users)
        .column("New today", 11.0, |user: &User<'_>| match user.is_new {
            Some(true) => Cell::Word("New"),
            Some(false) => Cell::Word("No"),
            None => Cell::Word("Not known"),
        })
        .column("By when", 23.0, move |user| user.by_when(input))
        .column("VIP", 16.0, |user| match user.mailbox {
            Some(mailbox) => vip_cell(mailbox),
            None => Cell::NotReported,
        })
        .only_if(has_vips)
        .column("User", 28.0, |user| match user.name {
            Some(name) => visible(name).into(),
            None => Cell::NotReported,
        })
        .naming_rows()
        .column("Source mailbox", 34.0, |user| {
            Cell::from(visible(user.address))
        })
        .column("Send to", 34.0, |user| Cell::from(visible(user.send_to())))
        .column("Greeting", 30.0, |user| Cell::from(user.greeting()))
        .column("Items", 8.0, |user| user.items() as u64)
        .only_if(has_items)
        .column("What to do", 40.0, |user| Cell::from(user.what_to_do()))
        .column("Paragraph", 90.0, move |user| {
            Cell::from(user.letter(input, quotes))
        });
    Some(sheet.sheet(TELL_USERS, TELL_USERS, "").for_mail_merge())
}

/// The same by what was measured, and not by what was written; nothing where it has no row.
pub(super) fn complete_sheet(
    kind: ReportKind,
    input: ReportInput<'_>,
) -> Option<CompleteSheet<'_>> {
    if kind != owner(input.organisation) {
        return None;
    }
    let subjects = Subjects::of_letters(kind);
    let told: Vec<_> = subjects.items(input).collect();
    let of_items = told.iter().filter_map(|items| items.first());
    let mut mailboxes: BTreeSet<&str> = of_items.map(|item| &*item.mailbox).collect();
    let all = input.metrics.mailboxes.iter();
    let of_switches = all.filter(|mailbox| subjects.is_told(input, mailbox));
    mailboxes.extend(of_switches.map(|mailbox| mailbox.address.as_str()));
    (!mailboxes.is_empty()).then(|| CompleteSheet {
        sheet: TELL_USERS.to_owned(),
        mailboxes: mailboxes.into_iter().collect(),
        quotes_subject_lines: quotes(kind, input)
            && told.iter().flatten().any(|item| item.subject.is_some()),
        bytes_a_row: 130,
    })
}
