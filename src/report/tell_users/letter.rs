//! The words of a letter: one to each user, with all that there is to tell.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::plural::{count, counted};
use crate::metrics::{AccountStanding, Cause, FailedItem, Mailbox, Movement};
use crate::report::accounts;
use crate::report::input::ReportInput;
use crate::report::visible::visible;
use crate::report::wording::{bytes, coming_day, day, shown};

/// What a user is to do who only needs to know.
const NOTHING: &str = "Nothing";
/// What a user does who only waits.
const WORK_AS_NOW: &str = "Please go on working as you do now.";
/// What is longer is nobody's name, and mail merge cuts fields at 255 characters.
const LONGEST_NAME_BYTES: usize = 200;
/// Items that a letter names, the fewest of them of a cause, and the most characters of the subject
/// line and of the folder of each: a cell holds 32,767.
const NAMED_ITEMS: usize = 50;
const NAMED_OF_CAUSE: usize = 5;
const SUBJECT_CHARACTERS: usize = 200;
const FOLDER_CHARACTERS: usize = 100;

/// Something that a user is told. What else users are to be told is another of these: what it is
/// about, what to do, by when, and the words of a letter follow from it.
#[derive(Debug, Clone)]
pub(super) enum Told<'a> {
    /// The account in the new mail system is not activated, and must be before the switch.
    ToActivate,
    /// The switch on this day will be later, unless the mailbox is ready by then.
    Late(NaiveDate, &'a Mailbox),
    /// The switch was to be on this day, and has not been.
    Waiting(NaiveDate, &'a Mailbox),
    /// The switch was undone.
    Undone,
    /// Items could not be copied, and the user can do something about it.
    ToMend(&'a Cause, Vec<&'a FailedItem>),
    /// Items are missing in the new mailbox, where the user works by now.
    Missed(&'a Cause, Vec<&'a FailedItem>),
}

/// A user who is to be told something.
#[derive(Debug, Clone)]
pub(super) struct User<'a> {
    pub(super) address: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) mailbox: Option<&'a Mailbox>,
    pub(super) told: Vec<Told<'a>>,
    /// Whether something that it is told is new since the last report; `None` where there was none.
    pub(super) is_new: Option<bool>,
}

impl<'a> Told<'a> {
    pub(super) fn is_of_switch(&self) -> bool {
        self.items().is_empty()
    }

    fn items(&self) -> &[&'a FailedItem] {
        match self {
            Self::Late(..) | Self::Waiting(..) | Self::Undone | Self::ToActivate => &[],
            Self::ToMend(_, items) | Self::Missed(_, items) => items,
        }
    }

    fn what_to_do(&self) -> String {
        match self {
            Self::Late(..) => "Work as usual; the switch may be later".to_owned(),
            Self::Waiting(..) => "Work as usual until the switch".to_owned(),
            Self::Undone => "Work in the old mailbox for now".to_owned(),
            Self::ToActivate => "Please activate your new account".to_owned(),
            Self::ToMend(cause, _) => please(cause).unwrap_or_else(|| cause.action.clone()),
            Self::Missed(..) => NOTHING.to_owned(),
        }
    }

    /// Whether it is why a user's switch is later than planned.
    fn is_delay(&self) -> bool {
        matches!(self, Self::Late(..) | Self::Waiting(..) | Self::Undone)
    }

    /// Whether it is new since the last report, as far as that can be told: `then` is that day, with
    /// mailboxes as they stand today, and `moved` what the mailbox did since. Whoever was to switch on
    /// that day was told so then if the switch was under way.
    pub(super) fn is_new(
        &self,
        then: ReportInput<'_>,
        mailbox: Option<&Mailbox>,
        moved: Option<Movement>,
        was_under_way: bool,
    ) -> bool {
        let stood_better = matches!(moved, Some(Movement::Halted | Movement::WentBack));
        let is_new = |item: &&FailedItem| {
            let listing = item.listing.as_ref();
            listing.is_some_and(|of| of.is_new || of.has_returned)
        };
        match self {
            Self::ToActivate => !mailbox.is_some_and(|one| accounts::is_to_tell(then, one)),
            Self::Late(_, mailbox) => stood_better || then.ground_to_tell(mailbox).is_none(),
            Self::Waiting(date, mailbox) => {
                let was_behind = !mailbox.is_ready() || moved == Some(Movement::CameIntoSync);
                let was_of_the_day = *date == then.report_date.day() && was_under_way;
                stood_better || !(then.waits(mailbox) || (was_of_the_day && was_behind))
            }
            Self::Undone => moved == Some(Movement::WentBack),
            Self::ToMend(_, items) => items.iter().any(is_new),
            Self::Missed(_, items) => moved == Some(Movement::Switched) || items.iter().any(is_new),
        }
    }

    /// `by` is until when the user can do something, as the end of a sentence; `named` are its items,
    /// one a line.
    fn paragraph(&self, by: &str, named: &str) -> String {
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
            Self::Undone => "Your mailbox had moved, and was moved back. Please work in your old \
                             mailbox for now. Your IT service desk will tell you when it moves again."
                .to_owned(),
            Self::ToActivate => format!(
                "The account of your new mailbox is not active yet. To activate it, please log in to \
                 the portal of the new mail service and accept the acceptable use policy. Please do \
                 this {by}: without it you cannot work in the new mailbox, and the account may go \
                 inactive."
            ),
            Self::ToMend(cause, items) => {
                let told = cause.told.as_deref();
                let told = told.unwrap_or("Please ask your IT service desk what to do about this.");
                format!("{}{named}{told} Please do this {by}.", not_copied(items))
            }
            Self::Missed(cause, items) => {
                let told = cause.told.as_deref();
                let told = told.unwrap_or(
                    "The migration team is working on this. There is nothing for you to do.",
                );
                format!("{}{named}{told}", not_copied(items))
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

/// “3 items in your mailbox could not be copied to your new mailbox so far”.
fn not_copied(items: &[&FailedItem]) -> String {
    let items = counted(items.len(), "item in your mailbox", "items in your mailbox");
    format!("{items} could not be copied to your new mailbox so far")
}

/// What tells a user which item it is: “Scan of May”, folder Inbox, 4 March 2021, 52.1 MB. Where it
/// may not be quoted, date and size; nothing where they are not known.
fn named(item: &FailedItem, quotes: bool) -> Option<String> {
    let subject = item.subject.as_deref().map_or_else(
        || "No subject".to_owned(),
        |subject| format!("“{}”", shown(subject, SUBJECT_CHARACTERS)),
    );
    let folder = item.folder.as_deref();
    let folder = folder.map(|folder| format!("folder {}", shown(folder, FOLDER_CHARACTERS)));
    let parts = [
        quotes.then_some(subject),
        folder.filter(|_| quotes),
        item.date.map(day),
        item.size_bytes.map(bytes),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The items, one a line behind a colon; only a full stop where nothing can be said of any.
fn all_named(items: &[&FailedItem], most: usize, quotes: bool) -> String {
    let lines = items.iter().filter_map(|item| named(item, quotes));
    let lines: Vec<String> = lines.take(most).map(|line| format!("• {line}\n")).collect();
    match items.len() - lines.len() {
        _ if lines.is_empty() => ". ".to_owned(),
        0 => format!(":\n{}", lines.concat()),
        more => format!(":\n{}• and {} more\n", lines.concat(), count(more)),
    }
}

impl<'a> User<'a> {
    /// How many items it is told of.
    pub(super) fn items(&self) -> usize {
        self.told.iter().map(|told| told.items().len()).sum()
    }

    pub(super) fn is_vip(&self) -> bool {
        self.mailbox.is_some_and(Mailbox::is_vip)
    }

    fn has_switched(&self) -> bool {
        self.mailbox.is_some_and(Mailbox::has_switched)
    }

    /// Where the user reads mail today.
    pub(super) fn send_to(&self) -> &'a str {
        let switched = self.mailbox.filter(|mailbox| mailbox.has_switched());
        let target = switched.and_then(|mailbox| mailbox.target.as_deref());
        target.unwrap_or(self.address)
    }

    pub(super) fn greeting(&self) -> String {
        let name = self.name.filter(|name| name.len() <= LONGEST_NAME_BYTES);
        let name = name.map_or_else(|| "colleague".to_owned(), visible);
        // What a directory adds in brackets, such as a role, is no part of a name.
        let called = name.split(" (").next().filter(|called| !called.is_empty());
        format!("Dear {},", called.unwrap_or(&name))
    }

    pub(super) fn what_to_do(&self) -> String {
        let mut all: Vec<String> = self.told.iter().map(Told::what_to_do).collect();
        all.dedup();
        if all.len() > 1 {
            all.retain(|what| what != NOTHING);
        }
        all.join(". ")
    }

    /// Whether the user can do something.
    pub(super) fn can_mend(&self) -> bool {
        self.told
            .iter()
            .any(|told| matches!(told, Told::ToMend(..) | Told::ToActivate))
    }

    /// The day before which the user can do something: that of the switch, where it is ahead.
    fn before_switch(&self, input: ReportInput<'_>) -> Option<NaiveDate> {
        let mailbox = self.mailbox?;
        let is_ahead = self.can_mend() && !mailbox.has_switched();
        let date = mailbox.switch_date.filter(|_| is_ahead);
        date.filter(|date| *date > input.report_date.day())
    }

    /// The last day on which the account can be activated, where that is before the switch.
    fn activate_by(&self, input: ReportInput<'_>) -> Option<NaiveDate> {
        self.told
            .iter()
            .find(|told| matches!(told, Told::ToActivate))?;
        let standing = self.mailbox?.account_standing(input.report_date)?;
        let AccountStanding::ActivateBy(last) = standing else {
            return None;
        };
        let switch = self.before_switch(input);
        switch.is_none_or(|switch| last < switch).then_some(last)
    }

    /// The last day on which the user can do what is the most pressing.
    pub(super) fn last_day(&self, input: ReportInput<'_>) -> Option<NaiveDate> {
        let before_switch = self.before_switch(input).and_then(|date| date.pred_opt());
        self.activate_by(input).or(before_switch)
    }

    /// Until when the user can do something, for a list.
    pub(super) fn by_when(&self, input: ReportInput<'_>) -> String {
        let today = input.report_date.day();
        match (self.activate_by(input), self.before_switch(input)) {
            (Some(last), _) if last == today => "Today".to_owned(),
            (Some(last), _) => format!("By {}", day(last)),
            (None, Some(date)) => format!("Before {}", day(date)),
            (None, None) if self.can_mend() => "As soon as you can".to_owned(),
            (None, None) => "–".to_owned(),
        }
    }

    /// All that the user is told; `quotes` is whether it may say subject lines and folders.
    pub(super) fn letter(&self, input: ReportInput<'_>, quotes: bool) -> String {
        let by = match self.before_switch(input) {
            Some(date) if self.told.iter().any(Told::is_delay) => {
                format!("before {}", coming_day(date))
            }
            Some(date) => format!("before {}, when you move", coming_day(date)),
            None => "as soon as you can".to_owned(),
        };
        let activate_by = match self.activate_by(input) {
            Some(last) if last == input.report_date.day() => "today".to_owned(),
            Some(last) => format!("by {}", coming_day(last)),
            None => by.clone(),
        };
        let causes = self.told.iter().filter(|told| !told.is_of_switch()).count();
        let most = (NAMED_ITEMS / causes.max(1)).max(NAMED_OF_CAUSE);
        let told = self.told.iter().map(|told| {
            let named = all_named(told.items(), most, quotes);
            let by = match told {
                Told::ToActivate => &activate_by,
                _ => &by,
            };
            told.paragraph(by, &named)
        });
        let stays = match self.has_switched() {
            _ if causes == 0 => "",
            true => {
                "What is not copied is still in your old mailbox, until that mailbox is closed. Your \
                 IT service desk can tell you how to open it, and until when. "
            }
            false => {
                "What is not copied stays in your old mailbox when you move, until that mailbox is \
                 closed. Your IT service desk can tell you until when. "
            }
        };
        let nothing_else = match self.told.iter().all(Told::is_delay) {
            true => "No message is lost, and there is nothing else for you to do. ",
            false => "",
        };
        let ending =
            format!("{nothing_else}If you have questions, please ask your IT service desk.");
        let paragraphs = told.chain([format!("{stays}{ending}")]);
        paragraphs.collect::<Vec<_>>().join("\n\n")
    }
}

/// The items of a mailbox by their causes, in the order of names.
pub(super) fn by_cause(items: Vec<&FailedItem>) -> Vec<(&Cause, Vec<&FailedItem>)> {
    let mut causes: BTreeMap<&str, (&Cause, Vec<&FailedItem>)> = BTreeMap::new();
    for item in items {
        let cause = causes.entry(&item.cause.name);
        let (_, items) = cause.or_insert_with(|| (&*item.cause, Vec::new()));
        items.push(item);
    }
    causes.into_values().collect()
}
