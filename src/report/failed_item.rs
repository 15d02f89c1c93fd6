//! The Failed Item Report: user and subject line of every item that did not migrate, why, and who
//! acts.

mod sheets;
mod tables;

use std::cmp::Reverse;

use tables::both_counts;
pub(super) use tables::by_item;

use super::actions::is_yours_to_do;
use super::cause_table::by_cause;
use super::complete_sheet::CompleteSheet;
use super::definition::{ReportDefinition, opening, subject};
use super::drawing::{CauseBar, Chart, Drawing};
use super::input::ReportInput;
use super::model::{Headline, KeyFigure, Page, Section, Tone};
use super::outstanding::{self, Outstanding};
use super::tabulation::Tabulation;
use super::verdict::{failures, for_how_long, most_frequent};
use super::wording::{
    NOT_REPORTED, count_or_not_reported, expected_count, expected_one_in, one_in, percentage, share,
};
use super::{actions, changes, decisions, findings, people, settings, trends};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{ReportKind, SubjectLines, Verdict};
use crate::metrics::{FailedItem, Mailbox, OrganisationMetrics};

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    is_due: |_, _| true,
    absence: |_, _, _| None,
    actions: |input| actions::verdict(input).and(actions::failed_items(input)),
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

fn complete_sheets(input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    let items = || items_and_settings(input.metrics);
    vec![CompleteSheet {
        sheet: "Failed items".to_owned(),
        mailboxes: items().map(|item| &*item.mailbox).collect(),
        quotes_subject_lines: input.organisation.subject_lines != SubjectLines::Withheld
            && items().any(|item| item.subject.is_some()),
        bytes_a_row: 245,
    }]
}

/// What the failed-item export lists: mail, and then settings.
pub(super) fn items_and_settings(
    metrics: &OrganisationMetrics,
) -> impl Iterator<Item = &FailedItem> + Clone {
    metrics.failed_items.iter().chain(&metrics.failed_settings)
}

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 10;
/// VIPs that the email lists; the workbook has all.
const LISTED_VIPS: usize = 5;
/// Items that the email lists where the organisation wants subject lines in it; the workbook has
/// all.
const LISTED_ITEMS: usize = 100;
/// The most characters of all that rows of the list print; with their markup they stay within what
/// Gmail shows (102 KB).
const LISTED_CHARACTERS: usize = 8_000;

fn page(input: ReportInput<'_>) -> Page {
    let is_mop_up = input.is_mop_up();
    let (headline, key_figures) = if is_mop_up {
        let mut headline = outstanding::item_headline(input);
        headline.sentences.extend(changes::open_for_long(input));
        (headline, outstanding::item_figures(input))
    } else {
        (headline(input), key_figures(input))
    };
    let mut page = opening(ReportKind::FailedItem, input, headline, key_figures);
    if !is_mop_up {
        page.subject = subject(ReportKind::FailedItem, input, &result(input));
    }
    page.sections.push(causes(input));
    page.sections.extend(decisions::section(input));
    page.sections.extend(settings::section(input));
    page.sections.extend(changes::items_section(input));
    if !is_mop_up {
        page.sections.extend(trends::failures(input));
    }
    page.sections.extend(vips(input));
    page.sections.extend(users(input));
    page.sections.push(items(input));
    page.sections.extend(findings::section(input.findings));
    if is_mop_up {
        page.sections.push(outstanding::how_to_read());
    }
    page
}

fn headline(input: ReportInput<'_>) -> Headline {
    let metrics = input.metrics;
    let judgement = metrics.whole.judgement;
    let mut sentences = failures(metrics, input.programme.expected_failure_rate);
    if let Some(first) = sentences.first_mut()
        && people::is_pilot_going_on(metrics)
        && judgement.rate.attempted > 0
    {
        let rates = metrics.phases.iter().map(|of| {
            let phase = people::phase(of.phase).to_lowercase();
            format!("{phase} {}", one_in(of.metrics.judgement.rate))
        });
        *first += &format!(" By phase: {}.", rates.collect::<Vec<_>>().join(", "));
    }
    let tone = match judgement.verdict {
        Verdict::High => Tone::Attention,
        Verdict::AsExpected | Verdict::LowerThanExpected => Tone::Good,
        Verdict::Concentrated | Verdict::Raised => Tone::Watch,
        Verdict::TooFewItems => Tone::Plain,
    };
    let label = match (judgement.verdict, &metrics.concentration) {
        (Verdict::High, _) => "Failures well above what is expected".to_owned(),
        (Verdict::Raised, _) => "Failures somewhat above what is expected".to_owned(),
        (_, Some(_)) => format!("Failures {}", concentrated(metrics)),
        (Verdict::AsExpected, None) => "Failures as expected".to_owned(),
        (Verdict::LowerThanExpected, None) => "Fewer failures than expected".to_owned(),
        (verdict, None) => verdict.label().to_owned(),
    };
    let label = label + &for_how_long(metrics.whole.judgement.verdict, metrics.verdict_lasts);
    // No reader is told that all is well who has something to do.
    let yours = Outstanding::of(input).yours;
    let (label, tone) = match tone {
        Tone::Good if yours > 0 => (format!("{label}; {}", for_you(yours)), Tone::Plain),
        tone => (label, tone),
    };
    Headline {
        label,
        tone,
        sentences,
    }
}

/// “concentrated in 2 mailboxes”.
fn concentrated(metrics: &OrganisationMetrics) -> String {
    let places = metrics.concentration.iter().map(|of| of.places.len());
    let mailboxes = counted(places.sum::<usize>(), "mailbox", "mailboxes");
    format!("concentrated in {mailboxes}")
}

/// The result in a few words, for a subject line.
fn result(input: ReportInput<'_>) -> String {
    let failed = match input.metrics.whole.items_failed {
        None => return "failed items not reported".to_owned(),
        Some(0) => return "no failed items".to_owned(),
        Some(failed) => count_of(failed, "failed item"),
    };
    let how_many = match input.metrics.whole.judgement.verdict {
        Verdict::High => "well above what is expected".to_owned(),
        Verdict::Raised => "somewhat above what is expected".to_owned(),
        Verdict::Concentrated => concentrated(input.metrics),
        Verdict::AsExpected => "as expected".to_owned(),
        Verdict::LowerThanExpected => "fewer than expected".to_owned(),
        Verdict::TooFewItems => "too few items to judge".to_owned(),
    };
    match Outstanding::of(input).yours {
        0 => format!("{failed}, {how_many}"),
        yours => format!("{failed}, {how_many}; {}", for_you(yours)),
    }
}

/// “415 items for you to act on”.
fn for_you(items: u64) -> String {
    format!("{} for you to act on", count_of(items, "item"))
}

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let metrics = input.metrics;
    let rate = metrics.whole.judgement.rate;
    let users = input
        .mailboxes(|mailbox| mailbox.items_failed > Some(0))
        .len() as u64;
    let expected = input.programme.expected_failure_rate;
    #[allow(clippy::cast_precision_loss)]
    let expected_items = expected.fraction() * rate.attempted as f64;
    let is_judged = metrics.whole.judgement.verdict != Verdict::TooFewItems;
    let failed_note = match rate.attempted {
        0 => "the export does not say of how many".to_owned(),
        tried if !is_judged => format!("of {} tried", count_of(tried, "item")),
        _ => format!("{} would be normal", expected_count(expected_items)),
    };
    let beside = [decisions::beside(input), settings::beside(&metrics.whole)];
    let beside: String = beside.into_iter().flatten().collect();
    let outstanding = Outstanding::of(input);
    let about = format!("about {} is normal", expected_one_in(expected));
    let (rate_value, rate_note) = match (rate.attempted, rate.failed) {
        (0, _) => (
            NOT_REPORTED.to_owned(),
            "the export does not say of how many".to_owned(),
        ),
        _ if !is_judged => (one_in(rate), "too few items to judge".to_owned()),
        (_, 0) => ("None".to_owned(), about),
        _ => (one_in(rate), percentage(rate)),
    };
    let mailboxes = counted(metrics.whole.mailboxes, "mailbox", "mailboxes");
    let of_users = format!("{} of {mailboxes}", share(users, metrics.whole.mailboxes));
    vec![
        KeyFigure::new(
            "Items failed",
            count_or_not_reported(metrics.whole.items_failed),
            failed_note + &beside,
        )
        .with_change(changes::new_and_cleared(input)),
        KeyFigure::new("Failure rate", rate_value, rate_note),
        KeyFigure::new("Users with failed items", count(users), of_users),
        KeyFigure::new(
            "For you to act on",
            count(outstanding.yours),
            outstanding.of_whose(),
        ),
    ]
}

fn causes(input: ReportInput<'_>) -> Section {
    let causes = &input.metrics.causes;
    let heading = "Why items failed";
    let most_first: Vec<(&str, u64)> = causes
        .iter()
        .map(|cause| (cause.cause.name.as_str(), cause.items))
        .collect();
    let items: u64 = most_first.iter().map(|(_, items)| items).sum();
    let Some(title) = most_frequent(&most_first) else {
        return Section::of_text(heading, &["No failed item is listed."]);
    };
    // Of a few items no share says anything.
    let title = match items {
        few if few < 5 => format!("{} failed, by cause", count_of(few, "item")),
        _ => title,
    };
    #[allow(clippy::cast_precision_loss)]
    let expected = input.programme.expected_failure_rate.fraction()
        * input.metrics.whole.judgement.rate.attempted as f64;
    let bars = causes.iter().map(|cause| CauseBar {
        label: cause.cause.name.clone(),
        count: cause.items,
    });
    let chart = Chart::new(
        "failed-items-by-cause",
        title,
        78 + 56 * u32::try_from(causes.len()).unwrap_or(0),
        Drawing::Causes {
            causes: bars.collect(),
            total: causes.iter().map(|cause| cause.items).sum(),
            expected,
        },
    );
    let table = by_cause(causes).table("Failed items by cause");
    Section::new(heading, Vec::new(), table).with_chart(chart)
}

fn users_with_failures<'a>(input: ReportInput<'a>) -> Vec<&'a Mailbox> {
    let mut users =
        input.mailboxes(|mailbox| mailbox.items_listed > 0 || mailbox.items_failed > Some(0));
    // Those of equal numbers stay in the order of addresses.
    users.sort_by_key(|mailbox| Reverse(mailbox.items_failed));
    users
}

/// VIPs of whom more items failed than chance explains, apart from the others: among them they would
/// be hidden by those who have more.
fn vips(input: ReportInput<'_>) -> Option<Section> {
    let mut vips = users_with_failures(input);
    vips.retain(|mailbox| mailbox.is_vip() && mailbox.is_flagged);
    let table = Tabulation::of(vips)
        .user_beside_category()
        .vip()
        .headed("Category")
        .number("Failed items", both_counts)
        .list(
            "More than chance explains, most first",
            LISTED_VIPS,
            "; all: workbook, sheet By user, where VIPs come first.",
        );
    let is_none = table.rows.is_empty();
    (!is_none).then(|| Section::new("VIPs with many failed items", Vec::new(), table))
}

/// Who has more failed items than chance explains; nothing where nobody does.
fn users(input: ReportInput<'_>) -> Option<Section> {
    let users = users_with_failures(input);
    let tested = counted(input.metrics.mailboxes_tested, "mailbox", "mailboxes");
    let flagged = users.iter().filter(|mailbox| mailbox.is_flagged).count();
    if flagged == 0 {
        return None;
    }
    let text = format!(
        "Of {tested} tested, {} more failed items than chance explains.",
        counted(flagged, "has", "have")
    );
    let table = Tabulation::of(users)
        .user()
        .number("Failed items", both_counts)
        .failure_rate()
        .compared_with_chance()
        .list(
            "Users with failed items, most first",
            LISTED_USERS,
            "; all: workbook, sheet By user.",
        );
    Some(Section::new(
        "Users with most failed items",
        vec![text],
        table,
    ))
}

/// For who reads such a report for the first time.
const WHAT_FAILS: &str = "The sheet Guide explains each word.";

fn items(input: ReportInput<'_>) -> Section {
    let heading = "Every failed item";
    let policy = input.organisation.subject_lines;
    if input.metrics.failed_items.is_empty() {
        return Section::of_text(heading, &["No failed item is listed."]);
    }
    // Of those that we repair, nobody needs to read whom they are about.
    let items = input.metrics.failed_items.iter();
    let mut items: Vec<&FailedItem> = items.filter(|item| is_yours_to_do(item)).collect();
    let kept = match policy {
        SubjectLines::Withheld => {
            "Your organisation has subject lines withheld. The workbook, sheet Failed items, has a \
             reference for each item instead: quote it to us, and we will look the item up."
        }
        SubjectLines::Email if !items.is_empty() => {
            "User and subject line of each: workbook, sheet Failed items; below, of those for you to act \
             on. Keep this message where patient information is kept."
        }
        SubjectLines::Workbook | SubjectLines::Email => {
            "User and subject line: workbook, sheet Failed items. Keep it where patient information is \
             kept."
        }
    };
    let is_mop_up = input.is_mop_up();
    let what = (!is_mop_up).then_some(WHAT_FAILS).into_iter();
    let text: Vec<&str> = std::iter::once(kept).chain(what).collect();
    if policy != SubjectLines::Email || items.is_empty() {
        return Section::of_text(heading, &text);
    }
    items.sort_by_key(|item| !item.listing.as_ref().is_some_and(|of| of.is_new));
    let mut table = by_item(input, items, |cause| &cause.action).list(
        "Failed items for you to act on, the new ones first",
        LISTED_ITEMS,
        "; all: workbook, sheet Failed items.",
    );
    let mut characters = 0;
    let has_room = |row: &&Vec<String>| {
        characters += row.iter().map(|cell| cell.chars().count()).sum::<usize>();
        characters <= LISTED_CHARACTERS
    };
    let rows = table.rows.iter().take_while(has_room).count();
    table.shorten(rows);
    let text = text.into_iter().map(str::to_owned).collect();
    Section::new(heading, text, table)
}
