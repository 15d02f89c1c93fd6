//! What the organisation is to tell its users: a row for each mailbox whose user is to be told
//! something, ready for a mail merge.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::actions::{is_ours_to_do, is_yours_to_do};
use super::wording::{coming_day, day, shown};
use super::{Cell, CompleteSheet, ReportInput, Tabulation, WorkbookSheet, accounts, visible};
use crate::domain::plural::{count, counted};
use crate::domain::{ReportKind, SubjectLines};
use crate::metrics::{Cause, FailedItem, Mailbox, Owner};

/// The name of the sheet.
pub const TELL_USERS: &str = "Tell users";
/// What a user is to do who only needs to know.
const NOTHING: &str = "Nothing";
/// Subject lines that a letter quotes, and their most characters.
const QUOTED: usize = 50;
const QUOTED_CHARACTERS: usize = 200;
/// Programs that fill letters from a sheet take a column for one of short texts, and cut it there,
/// unless one of its first cells is longer.
const SHORT_TEXT: usize = 255;

/// Something that a user is told. What else users are to be told is another of these: what it is
/// about, what to do, by when, and the words of a letter follow from it.
#[derive(Debug, Clone)]
enum Told<'a> {
    /// The switch on this day will be later, unless the mailbox is ready by then.
    Late(NaiveDate, &'a Mailbox),
    /// The switch should have been on this day, and comes by itself.
    Waiting(NaiveDate, &'a Mailbox),
    /// The account in the new mail system is not activated, and must be before the switch.
    ToActivate,
    /// Items could not be copied, and the user can do something about it.
    ToMend(&'a Cause, Vec<&'a FailedItem>),
    /// Items are missing in the new mailbox, where the user works by now.
    Missed(&'a Cause, Vec<&'a FailedItem>),
}

/// A user who is to be told something.
#[derive(Debug, Clone)]
struct User<'a> {
    address: &'a str,
    name: Option<&'a str>,
    mailbox: Option<&'a Mailbox>,
    told: Vec<Told<'a>>,
}

impl<'a> Told<'a> {
    fn items(&self) -> &[&'a FailedItem] {
        match self {
            Self::Late(..) | Self::Waiting(..) | Self::ToActivate => &[],
            Self::ToMend(_, items) | Self::Missed(_, items) => items,
        }
    }

    fn what_to_do(&self) -> String {
        match self {
            Self::Late(..) => "Work as usual; the switch may be later".to_owned(),
            Self::Waiting(..) => "Work as usual until the switch".to_owned(),
            Self::ToActivate => "Please activate your new account".to_owned(),
            Self::ToMend(cause, _) => please(cause).unwrap_or_else(|| cause.action.clone()),
            Self::Missed(..) => NOTHING.to_owned(),
        }
    }

    /// `by` is until when the user can do something, as the end of a sentence; `stays` what becomes of
    /// items that are not copied.
    fn paragraph(&self, by: &str, stays: &str) -> String {
        match self {
            Self::Late(date, mailbox) => format!(
                "Your mailbox is planned to move on {}. {} {WORK_AS_NOW}",
                coming_day(*date),
                if mailbox.is_halted() {
                    "Copying it has stopped, and the migration team is finding out why, so your move \
                     will probably come later than that. Your IT service desk will tell you when."
                } else {
                    "Copying it takes longer than expected, so your move may come later than that. If \
                     so, it will take place by itself as soon as your mailbox is ready."
                }
            ),
            Self::Waiting(date, mailbox) => format!(
                "Your mailbox was planned to move on {}. {} {WORK_AS_NOW}",
                coming_day(*date),
                if mailbox.is_halted() {
                    "It has not moved yet, because copying it has stopped, and the migration team is \
                     finding out why. Your IT service desk will tell you when it moves."
                } else {
                    "It has not moved yet, because copying it took longer than expected. The move will \
                     take place by itself as soon as your mailbox is ready."
                }
            ),
            Self::ToActivate => format!(
                "The account of your new mailbox is not active yet. To activate it, please log in to \
                 the portal of the new mail service and accept the acceptable use policy. Please do \
                 this {by}: without it you cannot work in the new mailbox, and the account may go \
                 inactive."
            ),
            Self::ToMend(cause, items) => {
                let told = cause.told.as_deref();
                let told = told.unwrap_or("Please ask your IT service desk what to do about this.");
                format!("{} {told} Please do this {by}. {stays}", not_copied(items))
            }
            Self::Missed(cause, items) => {
                let told = cause.told.as_deref();
                let told = told.unwrap_or(
                    "The migration team is working on this. There is nothing for you to do.",
                );
                format!("{} {told} {stays}", not_copied(items))
            }
        }
    }
}

/// What a cause asks of a user: the sentences that say please.
fn please(cause: &Cause) -> Option<String> {
    let sentences = cause.told.as_deref()?.trim_end_matches('.').split(". ");
    let asked: Vec<&str> = sentences.filter(|one| one.starts_with("Please ")).collect();
    (!asked.is_empty()).then(|| asked.join(". "))
}

/// “3 items in your mailbox could not be copied to your new mailbox.”
fn not_copied(items: &[&FailedItem]) -> String {
    let items = counted(items.len(), "item in your mailbox", "items in your mailbox");
    format!("{items} could not be copied to your new mailbox so far.")
}

/// What a user does who only waits.
const WORK_AS_NOW: &str = "Please go on working as you do now.";

/// What is longer is nobody's name, and mail merge cuts fields at 255 characters.
const LONGEST_NAME_BYTES: usize = 200;

impl User<'_> {
    fn items(&self) -> impl Iterator<Item = &FailedItem> {
        self.told.iter().flat_map(Told::items).copied()
    }

    /// Where the user reads mail today.
    fn send_to(&self) -> &str {
        let switched = self.mailbox.filter(|mailbox| mailbox.has_switched());
        let target = switched.and_then(|mailbox| mailbox.target.as_deref());
        target.unwrap_or(self.address)
    }

    fn greeting(&self) -> String {
        let name = self.name.filter(|name| name.len() <= LONGEST_NAME_BYTES);
        let name = name.map_or_else(|| "colleague".to_owned(), visible);
        // What a directory adds in brackets, such as a role, is no part of a name.
        let called = name.split(" (").next().filter(|called| !called.is_empty());
        format!("Dear {},", called.unwrap_or(&name))
    }

    fn what_to_do(&self) -> String {
        let mut all: Vec<String> = self.told.iter().map(Told::what_to_do).collect();
        all.dedup();
        if all.len() > 1 {
            all.retain(|what| what != NOTHING);
        }
        all.join(". ")
    }

    /// Whether the user can do something.
    fn can_mend(&self) -> bool {
        self.told
            .iter()
            .any(|told| matches!(told, Told::ToMend(..) | Told::ToActivate))
    }

    /// Until when the user can do something: before the switch where it is ahead.
    fn by_when(&self, input: ReportInput<'_>) -> Option<NaiveDate> {
        let mailbox = self.mailbox?;
        let is_ahead = self.can_mend() && !mailbox.has_switched();
        let date = mailbox.switch_date.filter(|_| is_ahead);
        date.filter(|date| *date > input.report_date.day())
    }

    fn letter(&self, input: ReportInput<'_>) -> String {
        let is_switch = |told: &Told<'_>| matches!(told, Told::Late(..) | Told::Waiting(..));
        let by = match self.by_when(input) {
            Some(date) if self.told.iter().any(is_switch) => format!("before {}", coming_day(date)),
            Some(date) => format!("before {}, when you move", coming_day(date)),
            None => "as soon as you can".to_owned(),
        };
        let is_switched = Mailbox::has_switched;
        let stays = match self.mailbox.is_some_and(is_switched) {
            true => {
                "What is not copied is still in your old mailbox, until that mailbox is closed. Your \
                 IT service desk can tell you how to open it, and until when."
            }
            false => {
                "What is not copied stays in your old mailbox when you move, until that mailbox is \
                 closed. Your IT service desk can tell you until when."
            }
        };
        let told = self.told.iter().map(|told| told.paragraph(&by, stays));
        let ending = match self.told.iter().all(is_switch) {
            true => {
                "No message is lost, and there is nothing else for you to do. If you have questions, \
                 please ask your IT service desk."
            }
            false => {
                "If you need anything sooner, or have questions, please ask your IT service desk."
            }
        };
        format!("{} {ending}", told.collect::<Vec<_>>().join("\n\n"))
    }

    /// The subject lines of its items, one below the other.
    fn subject_lines(&self) -> String {
        let mut lines: Vec<String> = self
            .items()
            .take(QUOTED)
            .map(|item| match item.subject.as_deref() {
                Some(subject) => shown(subject, QUOTED_CHARACTERS),
                None => "No subject".to_owned(),
            })
            .collect();
        let items = self.items().count();
        if items > QUOTED {
            lines.push(format!("and {} more", count(items - QUOTED)));
        }
        match lines.is_empty() {
            true => "–".to_owned(),
            false => lines.join("\n"),
        }
    }
}

/// Whether a report speaks of failed items, and whether of switches.
fn subjects(kind: ReportKind) -> (bool, bool) {
    match kind {
        ReportKind::OverallMigration | ReportKind::FailedItem => (true, true),
        ReportKind::SwitchReadiness => (false, true),
        ReportKind::PilotSummary | ReportKind::Board | ReportKind::Closing => (false, false),
    }
}

/// Everybody who is to be told something: those who can do something first, by when; VIPs first among
/// them, then by address.
fn users(kind: ReportKind, input: ReportInput<'_>) -> Vec<User<'_>> {
    let (of_items, of_switches) = subjects(kind);
    let mut users: BTreeMap<&str, User<'_>> = BTreeMap::new();
    let mut add = |address, name, told| {
        let user = users.entry(address).or_insert_with(|| User {
            address,
            name,
            mailbox: input.mailbox(address),
            told: Vec::new(),
        });
        user.told.push(told);
    };
    for mailbox in input.metrics.mailboxes.iter().filter(|_| of_switches) {
        let name = mailbox.name.as_deref();
        if accounts::is_to_tell(input, mailbox) {
            add(&mailbox.address, name, Told::ToActivate);
        }
        let Some(date) = mailbox.switch_date else {
            continue;
        };
        if input.ground_to_tell(mailbox).is_some() {
            add(&mailbox.address, name, Told::Late(date, mailbox));
        } else if input.waits(mailbox) {
            add(&mailbox.address, name, Told::Waiting(date, mailbox));
        }
    }
    for items in items_told(input).filter(|_| of_items) {
        for (cause, items) in by_cause(items) {
            let Some(first) = items.first() else {
                continue;
            };
            let told = match cause.owner {
                Owner::Organisation => Told::ToMend(cause, items.clone()),
                Owner::MigrationTeam => Told::Missed(cause, items.clone()),
            };
            add(&first.mailbox, first.user.as_deref(), told);
        }
    }
    let mut users: Vec<User<'_>> = users.into_values().collect();
    users.sort_by_key(|user| {
        let by_when = user.by_when(input);
        let is_vip = user.mailbox.is_some_and(Mailbox::is_vip);
        (!user.can_mend(), by_when.is_none(), by_when, !is_vip)
    });
    users
}

/// The items of which a user is told, mailbox by mailbox.
fn items_told(input: ReportInput<'_>) -> impl Iterator<Item = Vec<&FailedItem>> {
    let items = &input.metrics.failed_items;
    let of_mailboxes = items.chunk_by(|one, next| one.mailbox == next.mailbox);
    of_mailboxes.map(move |items| {
        let mailbox = items.first().and_then(|item| input.mailbox_of(item));
        let has_switched = mailbox.is_some_and(Mailbox::has_switched);
        let is_told =
            |item: &&FailedItem| is_yours_to_do(item) || (has_switched && is_ours_to_do(item));
        items.iter().filter(is_told).collect()
    })
}

/// The items of a mailbox by their causes, in the order of names.
fn by_cause(items: Vec<&FailedItem>) -> Vec<(&Cause, Vec<&FailedItem>)> {
    let mut causes: BTreeMap<&str, (&Cause, Vec<&FailedItem>)> = BTreeMap::new();
    for item in items {
        let cause = causes.entry(&item.cause.name);
        let (_, items) = cause.or_insert_with(|| (&*item.cause, Vec::new()));
        items.push(item);
    }
    causes.into_values().collect()
}

/// Whether letters quote subject lines: in the confidential workbook, and where the organisation lets
/// them be quoted.
fn quotes(kind: ReportKind, input: ReportInput<'_>) -> bool {
    kind == ReportKind::FailedItem && input.organisation.subject_lines != SubjectLines::Withheld
}

/// “328 letters are ready for mail merge”, and that another workbook has the same with more in them.
pub(super) fn in_brief(kind: ReportKind, input: ReportInput<'_>, letters: usize) -> String {
    let letters = counted(
        letters,
        "letter to a user is ready for mail merge",
        "letters to users are ready for mail merge",
    );
    match kind == ReportKind::OverallMigration && quotes(ReportKind::FailedItem, input) {
        true => format!(
            "{letters}. The workbook of the Failed Item Report has the same with the subject lines: \
             send one of the two."
        ),
        false => format!("{letters}."),
    }
}

/// The same for an email.
pub(super) fn on_the_page(kind: ReportKind, input: ReportInput<'_>) -> Option<String> {
    let letters = users(kind, input).len();
    let ready = counted(
        letters,
        "letter to this user is",
        "letters to these users are",
    );
    (letters > 0).then(|| format!("{ready} ready for mail merge: workbook, sheet {TELL_USERS}."))
}

/// The sheet; `None` where nobody is to be told anything.
pub(super) fn sheet(kind: ReportKind, input: ReportInput<'_>) -> Option<WorkbookSheet<'_>> {
    let mut users = users(kind, input);
    if users.is_empty() {
        return None;
    }
    let quotes = quotes(kind, input);
    if quotes {
        users.sort_by_cached_key(|user| user.subject_lines().chars().count() <= SHORT_TEXT);
    }
    let has_items = users.iter().any(|user| user.items().next().is_some());
    let sheet = Tabulation::of(&users)
        .column("User", 28.0, |user: &User<'_>| match user.name {
            Some(name) => visible(name).into(),
            None => Cell::NotReported,
        })
        .naming_rows()
        .column("Source mailbox", 34.0, |user| {
            Cell::from(visible(user.address))
        })
        .column("Send to", 34.0, |user| Cell::from(visible(user.send_to())))
        .column("Greeting", 30.0, |user| Cell::from(user.greeting()))
        .column("Items", 8.0, |user| user.items().count() as u64)
        .only_if(has_items)
        .column("Subject lines", 40.0, |user| {
            Cell::from(user.subject_lines())
        })
        .only_if(quotes && has_items)
        .column("What to do", 40.0, |user| Cell::from(user.what_to_do()))
        .column("By when", 22.0, move |user| match user.by_when(input) {
            Some(date) => Cell::from(format!("Before {}", day(date))),
            None if user.can_mend() => Cell::Word("As soon as you can"),
            None => Cell::Word("–"),
        })
        .column("Paragraph", 90.0, move |user| {
            Cell::from(user.letter(input))
        });
    Some(sheet.sheet(TELL_USERS, TELL_USERS, "").for_mail_merge())
}

/// The same by what was measured, and not by what was written; nothing where it has no row.
pub(super) fn complete_sheet(
    kind: ReportKind,
    input: ReportInput<'_>,
) -> Option<CompleteSheet<'_>> {
    let (of_items, of_switches) = subjects(kind);
    let metrics = input.metrics;
    let is_late = |mailbox: &&Mailbox| {
        input.ground_to_tell(mailbox).is_some()
            || input.waits(mailbox)
            || accounts::is_to_tell(input, mailbox)
    };
    let late = metrics
        .mailboxes
        .iter()
        .filter(|_| of_switches)
        .filter(is_late);
    let told: Vec<_> = items_told(input).filter(|_| of_items).collect();
    let of_items = told.iter().filter_map(|items| items.first());
    let mut mailboxes: BTreeSet<&str> = of_items.map(|item| &*item.mailbox).collect();
    mailboxes.extend(late.map(|mailbox| mailbox.address.as_str()));
    (!mailboxes.is_empty()).then(|| CompleteSheet {
        sheet: TELL_USERS.to_owned(),
        mailboxes: mailboxes.into_iter().collect(),
        quotes_subject_lines: quotes(kind, input)
            && told.iter().flatten().any(|item| item.subject.is_some()),
        bytes_a_row: 130,
    })
}
