//! Tables of items and users, for the page and the workbook.

use super::super::input::ReportInput;
use super::super::people::vip_cell;
use super::super::tabulation::Tabulation;
use super::super::wording::{count_or_not_reported, name_or_address, shown};
use super::super::workbook::Cell;
use super::super::{changes, decisions, settings};
use crate::domain::SubjectLines;
use crate::domain::error_code::is_code;
use crate::domain::plural::count;
use crate::metrics::{Cause, FailedItem, Listing, Mailbox};

/// The most characters of a subject line that the email prints.
const SUBJECT_LINE: usize = 150;

/// Stands in place of what may quote a subject line.
const WITHHELD: &str = "Withheld";

/// Failed items, as the organisation's policy lets them be printed; beside each what is done about
/// its cause.
pub(in crate::report) fn by_item<'a>(
    input: ReportInput<'a>,
    items: impl IntoIterator<Item = &'a FailedItem>,
    action: fn(&Cause) -> &str,
) -> Tabulation<'a, &'a FailedItem> {
    let policy = input.organisation.subject_lines;
    let known = Tabulation::of(items)
        .text("User", |item| item.user.as_deref())
        .wide(24.0)
        .naming_rows()
        .printed(|item| name_or_address(item.user.as_deref(), &item.mailbox))
        .column("Source mailbox", 30.0, |item| Cell::shown(&item.mailbox))
        .text("Subject line", move |item| subject_line(item, policy))
        .wide(38.0)
        .printed(move |item| shown(&subject_line(item, policy).printed(), SUBJECT_LINE))
        .column("Folder", 18.0, move |item| {
            unless_withheld(item.folder.as_deref(), policy)
        })
        .column("Item date", 12.0, |item| item.date)
        .column("Size (KB)", 11.0, |item| Cell::kibibytes(item.size_bytes))
        .text("Cause", |item| Cell::Text(item.cause.name.as_str().into()))
        .wide(16.0)
        .column("Setting", 22.0, settings::setting)
        .only_if(!input.metrics.failed_settings.is_empty())
        .column("Who acts", 14.0, |item| item.cause.owner.label())
        .column("Next action", 26.0, move |item| {
            Cell::Text(action(&item.cause).into())
        })
        .column("First seen", 12.0, |item| {
            if_kept(item, |listing| listing.first_seen.into())
        })
        .column("Days open", 11.0, move |item| {
            if_kept(item, |listing| changes::days_open(input, listing))
        })
        .column("Reference", 18.0, move |item| {
            if_kept(item, |listing| {
                changes::reference(input, &listing.reference).into()
            })
        });
    decisions::columns(known, policy)
        .column("VIP", 14.0, move |item| vip_of(input, item))
        .column("Collection", 22.0, |item| item.collection.as_deref())
        .column("Kind", 24.0, move |item| {
            code_unless_withheld(item.kind.as_deref(), policy)
        })
        .column("Error code", 14.0, move |item| {
            code_unless_withheld(item.error_code.as_deref(), policy)
        })
        .column("Error", 50.0, move |item| {
            unless_withheld(item.error_text.as_deref(), policy)
        })
        .column("Failed at", 17.0, |item| item.failed_at)
}

/// Free text of an export, which may quote a subject line.
fn unless_withheld(text: Option<&str>, policy: SubjectLines) -> Cell<'_> {
    match policy {
        SubjectLines::Withheld if text.is_some() => Cell::Word(WITHHELD),
        _ => text.into(),
    }
}

/// A code or a class of message; where subject lines are withheld, only if it is one and no sentence.
fn code_unless_withheld(code: Option<&str>, policy: SubjectLines) -> Cell<'_> {
    match code {
        Some(word) if is_code(word) => code.into(),
        _ => unless_withheld(code, policy),
    }
}

fn subject_line(item: &FailedItem, policy: SubjectLines) -> Cell<'_> {
    match (policy, item.subject.as_deref()) {
        (SubjectLines::Withheld, _) => Cell::Word(WITHHELD),
        (_, Some(subject)) => Cell::shown(subject),
        (_, None) => Cell::Word("No subject"),
    }
}

/// A cell of what the history says of an item; “Not kept” where it has none of it.
fn if_kept<'a>(item: &'a FailedItem, cell: impl Fn(&'a Listing) -> Cell<'a>) -> Cell<'a> {
    item.listing.as_ref().map_or(Cell::Word("Not kept"), cell)
}

/// Whether the item's user is a VIP. Of a mailbox that only the failed-item export knows, the
/// schedule says nothing here.
fn vip_of<'a>(input: ReportInput<'a>, item: &FailedItem) -> Cell<'a> {
    input.mailbox_of(item).map_or(Cell::NotReported, vip_cell)
}

/// Users by their failed items.
pub(super) fn by_user(users: Vec<&Mailbox>) -> Tabulation<'_, &Mailbox> {
    Tabulation::of(users)
        .vip()
        .only_in_workbook()
        .user()
        .wide(28.0)
        .source_mailbox()
        .wide(38.0)
        .collection()
        .wide(20.0)
        .only_in_workbook()
        .number("Failed items", |mailbox| mailbox.items_failed)
        .wide(13.0)
        .printed(both_counts)
        .failed_items_listed()
        .number("Attempted items", |mailbox| {
            mailbox.failure_rate().map(|rate| rate.attempted)
        })
        .wide(16.0)
        .failure_rate()
        .wide(13.0)
        .compared_with_chance()
}

/// The failed items of a mailbox, as counted; and as listed, where that differs.
pub(super) fn both_counts(mailbox: &Mailbox) -> String {
    let counted = count_or_not_reported(mailbox.items_failed);
    if mailbox.items_failed.unwrap_or(0) == mailbox.items_listed {
        return counted;
    }
    format!("{counted} ({} listed)", count(mailbox.items_listed))
}
