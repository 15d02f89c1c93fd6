//! Numbers, dates and names as the NHS writes them: plain words, a comma in 1,000, “1 in 10,000”
//! beside 0.01%.

use chrono::{Datelike, NaiveDate, Weekday};

pub(crate) use super::rounding::expected_count;
pub(super) use super::rounding::{
    NOT_REPORTED, expected_one_in, large_count, one_in, part_of, percentage, printed_share, share,
    share_in_points, times,
};
use super::visible::visible;
use crate::domain::SyncState;
use crate::domain::plural::count;
use crate::metrics::{GroupMetrics, Mailbox};

/// What stands for the collection of a mailbox that has none.
pub(super) const NO_COLLECTION: &str = "No collection reported";

/// “4,312”, or “Not reported”.
pub(super) fn count_or_not_reported(number: Option<u64>) -> String {
    number.map_or_else(|| NOT_REPORTED.to_owned(), count)
}

/// “22 November 2026”
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// “Sunday 22 November 2026”
pub(super) fn weekday(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}

/// “Monday 23 November”
pub(super) fn coming_day(date: NaiveDate) -> String {
    date.format("%A %-d %B").to_string()
}

/// “Mon 23 Nov”, for narrow tables
pub(super) fn short_day(date: NaiveDate) -> String {
    date.format("%a %-d %b").to_string()
}

/// Until when the figures of a week are: “Sun 15 Nov”, “Fri 20 Nov, so far” of the week of the report
/// date, which is not over yet.
pub(super) fn week_to(last: NaiveDate, today: NaiveDate) -> String {
    let is_over = last.iso_week() != today.iso_week() || today.weekday() == Weekday::Sun;
    match is_over {
        true => short_day(last),
        false => format!("{}, so far", short_day(last)),
    }
}

/// “1.2 TB”, in the powers of 1,024 that Windows prints.
pub(super) fn bytes(number: u64) -> String {
    if number < 1024 {
        return format!("{number} bytes");
    }
    #[allow(clippy::cast_precision_loss)]
    let mut size = number as f64 / 1024.0;
    for unit in ["KB", "MB", "GB"] {
        if size < 1024.0 {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.1} TB")
}

/// “a”, “a and b”, “a, b and c”.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The most characters of a name that a page prints.
const NAME: usize = 80;

/// Text of an export for a page: all of it visible, and cut after `most` characters; the workbook
/// has the whole.
pub(super) fn shown(text: &str, most: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= most {
        text
    } else {
        text.chars().take(most).chain(['…']).collect()
    }
}

/// The states that occur, in the order of the journey, with how many mailboxes each has.
pub(super) fn occurring_states(mailboxes: impl Fn(SyncState) -> u64) -> Vec<(SyncState, u64)> {
    let all = SyncState::ALL.map(|state| (state, mailboxes(state)));
    all.into_iter().filter(|(_, some)| *some > 0).collect()
}

/// The same as charts show them: who is in sync can switch, and is ready.
pub(super) fn journey(mailboxes: impl Fn(SyncState) -> u64) -> Vec<(SyncState, u64)> {
    occurring_states(|state| match state {
        SyncState::InSync => 0,
        SyncState::ReadyToSwitch => mailboxes(state) + mailboxes(SyncState::InSync),
        other => mailboxes(other),
    })
}

/// The same of single mailboxes.
pub(super) fn journey_of(mailboxes: &[&Mailbox]) -> Vec<(SyncState, u64)> {
    journey(|state| {
        let of_state = mailboxes.iter().filter(|mailbox| mailbox.state == state);
        of_state.count() as u64
    })
}

/// A name of an export, or “Not reported”.
pub(super) fn name(text: Option<&str>) -> String {
    text.map_or_else(|| NOT_REPORTED.to_owned(), |text| shown(text, NAME))
}

/// With its first letter large.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A name as a sentence has it, so that it reads as one: “Week 1”.
pub(super) fn quoted(name: &str) -> String {
    format!("“{name}”")
}

/// A day near the report date as people say it: “today”, “Monday”, and with its date from a week
/// ahead on.
pub(super) fn near_day(date: NaiveDate, today: NaiveDate) -> String {
    match date.signed_duration_since(today).num_days() {
        0 => "today".to_owned(),
        1..=6 => date.format("%A").to_string(),
        _ => coming_day(date),
    }
}

/// The same with the date behind the day of the week: “today”, “on Monday 23 November”.
pub(super) fn on_day(date: NaiveDate, today: NaiveDate) -> String {
    match date == today {
        true => "today".to_owned(),
        false => format!("on {}", coming_day(date)),
    }
}

/// A user or item's name, or else its mailbox's address.
pub(super) fn name_or_address(text: Option<&str>, address: &str) -> String {
    shown(text.unwrap_or(address), NAME)
}

/// “71%”, or “Not reported”. What is not complete never reads 100%.
pub(super) fn progress(mailbox: &Mailbox) -> String {
    match mailbox.progress_percent {
        None => NOT_REPORTED.to_owned(),
        Some(percent) if percent < 99.5 => printed_share(percent / 100.0),
        Some(percent) if percent < 100.0 => "99%".to_owned(),
        Some(percent) => format!("{:.0}%", percent.round()),
    }
}

/// “1,204 (86%)”: a group's mailboxes that are in sync or switched.
pub(super) fn in_sync_or_beyond(group: &GroupMetrics) -> String {
    let done = group.in_sync_or_beyond();
    format!("{} ({})", count(done), share(done, group.mailboxes))
}

/// What stands for a share of items while too much of the whole is not reported.
pub(super) const NOT_KNOWN: &str = "Not known";

/// Whether a share of items says something of all of them, of `mailboxes` of which `unknown` do not
/// report how much is left: where they are at most 1 in 20, and never that all is done.
pub(super) fn tells_of_all(part: u64, whole: u64, unknown: u64, mailboxes: u64) -> bool {
    unknown == 0 || (part < whole && unknown.saturating_mul(20) <= mailboxes)
}

/// Whether the share of a group's items that are copied says something of all of them.
pub(super) fn tells_of_all_items(group: &GroupMetrics) -> bool {
    let copied = group.item_progress;
    tells_of_all(
        copied.synchronised,
        copied.total,
        copied.unknown,
        group.mailboxes,
    )
}

/// How many of a group's items are copied: “92%”, “Not known”, or “Not reported”.
pub(super) fn items_copied(group: &GroupMetrics) -> String {
    let copied = group.item_progress;
    match copied.mailboxes {
        0 => NOT_REPORTED.to_owned(),
        _ if tells_of_all_items(group) => share(copied.synchronised, copied.total),
        _ => NOT_KNOWN.to_owned(),
    }
}

/// That the tool reports no totals at all. Where some mailboxes report none, the tile of items says so.
pub(super) fn no_totals(group: &GroupMetrics) -> Option<&'static str> {
    (group.mailboxes_without_total > 0 && group.items_total.is_none()).then_some(
        "The migration tool does not report how many items a mailbox holds, so shares of items and \
         forecasts are left out.",
    )
}

/// The state of a mailbox; one in sync that cannot complete yet says so.
pub(super) fn state(mailbox: &Mailbox) -> &'static str {
    if mailbox.waits_for_approval() && mailbox.state.is_in_sync_or_beyond() {
        "In sync, to be approved"
    } else {
        mailbox.state.label()
    }
}

/// The first of a list and how many more there are: “a, b, c and 4 more”.
pub(super) fn first_of(names: &[String], most: usize) -> String {
    let mut named: Vec<String> = names.iter().take(most).cloned().collect();
    if names.len() > most {
        named.push(format!("{} more", count(names.len() - most)));
    }
    list(&named)
}

/// “1st”, “2nd”, “3rd”, “11th”.
pub(super) fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", count(number))
}

/// A user's name, or else the address of the mailbox.
pub(super) fn user(mailbox: &Mailbox) -> String {
    name_or_address(mailbox.name.as_deref(), &mailbox.address)
}

/// “Alan Armitage” of “Alan Armitage (Medical Secretary)”, who is a VIP as a medical secretary:
/// directories say it in the name too.
pub(super) fn without_category(name: String, category: Option<&str>) -> String {
    let in_brackets = name
        .strip_suffix(')')
        .and_then(|name| name.rsplit_once(" ("));
    let category = category.map(|category| visible(category).to_lowercase());
    match in_brackets {
        Some((called, role)) if !called.is_empty() && category == Some(role.to_lowercase()) => {
            called.to_owned()
        }
        _ => name,
    }
}

/// Users named in a sentence; the others are counted.
pub(super) const NAMED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_not_said_twice() {
        let of = |name: &str, category| without_category(name.to_owned(), category);
        let secretary = "Alan Armitage (Medical Secretary)";
        assert_eq!(of(secretary, Some("Medical secretary")), "Alan Armitage");
        assert_eq!(of(secretary, Some("Consultant")), secretary);
        assert_eq!(of(secretary, None), secretary);
        assert_eq!(of("Alan Armitage", Some("Consultant")), "Alan Armitage");
        assert_eq!(of(" (Consultant)", Some("Consultant")), " (Consultant)");
    }

    #[test]
    fn ordinals_are_as_they_are_said() {
        let numbers = [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 1_003];
        assert_eq!(
            numbers.map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 101st 111th 1,003rd"
        );
    }

    #[test]
    fn a_share_over_an_unknown_is_never_all() {
        for (part, whole, unknown, mailboxes, tells) in [
            (9, 9, 0, 9, true),
            (9, 9, 1, 1_000, false),
            (8, 9, 1, 1_000, true),
            (8, 9, 50, 1_000, true),
            (8, 9, 51, 1_000, false),
            (0, 0, 1, 1, false),
        ] {
            assert_eq!(
                tells_of_all(part, whole, unknown, mailboxes),
                tells,
                "{part} of {whole}, {unknown} of {mailboxes}"
            );
        }
    }

    #[test]
    fn a_text_for_a_page_is_visible_and_short() {
        assert_eq!(shown("a\u{202E}b", 80), "a[U+202E]b");
        assert_eq!(shown("abcdef", 3), "abc…");
        assert_eq!(name(None), NOT_REPORTED);
    }

    #[test]
    fn days_sizes_and_lists_read_aloud() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        assert_eq!(
            (day(date), weekday(date), coming_day(date)),
            (
                "3 November 2026".into(),
                "Tuesday 3 November 2026".into(),
                "Tuesday 3 November".into()
            )
        );
        assert_eq!(
            [500, 1_536, 3_221_225_472, 1_319_413_953_331].map(bytes),
            ["500 bytes", "1.5 KB", "3.0 GB", "1.2 TB"]
        );
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned);
        assert_eq!(
            [1, 3, 5].map(|some| first_of(&names[..some], 3)),
            ["a", "a, b and c", "a, b, c and 2 more"]
        );
    }
}
