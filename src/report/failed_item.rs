//! The Failed Item Report: user and subject line of every item that did not migrate, why, and who
//! acts.

mod sheets;

use super::verdict::{failures, most_frequent, rule};
use super::wording::{
    NOT_REPORTED, count, count_or_not_reported, counted, expected_count, expected_one_in, name,
    one_in, percentage, share, shown, user,
};
use super::{
    CauseBar, Chart, Column, CompleteSheet, Cut, Drawing, Headline, KeyFigure, Page,
    ReportDefinition, ReportInput, Section, Table, Tone, actions, changes, findings, opening,
    outstanding::{self, Outstanding},
    people, trends, visible,
};
use crate::domain::{ReportKind, Stage, SubjectLines, Verdict};
use crate::metrics::{FailedItem, Mailbox};

pub(super) const DEFINITION: ReportDefinition = ReportDefinition {
    absence: |_, _, _| None,
    page,
    sheets: sheets::sheets,
    complete_sheets,
};

fn complete_sheets(input: ReportInput<'_>) -> Vec<CompleteSheet<'_>> {
    let items = &input.metrics.failed_items;
    vec![CompleteSheet {
        sheet: "Failed items",
        mailboxes: items.iter().map(|item| &*item.mailbox).collect(),
        quotes_subject_lines: input.organisation.subject_lines != SubjectLines::Withheld
            && items.iter().any(|item| item.subject.is_some()),
        bytes_a_row: 212,
    }]
}

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 10;
/// VIPs that the email lists; the workbook has all.
const LISTED_VIPS: usize = 5;
/// Items that the email lists where the organisation wants subject lines in it; the workbook has
/// all.
const LISTED_ITEMS: usize = 100;
/// The most characters of a subject line that the email prints.
const SUBJECT_LINE: usize = 150;
/// The most characters of all that rows of the list print; with their markup they stay within what
/// Gmail shows (102 KB).
const LISTED_CHARACTERS: usize = 8_000;

fn page(input: ReportInput<'_>) -> Page {
    let is_mop_up = input.organisation.stage == Stage::MopUp;
    let (headline, key_figures) = if is_mop_up {
        let mut headline = outstanding::item_headline(input);
        headline.sentences.extend(changes::items_since(input));
        (headline, outstanding::item_figures(input))
    } else {
        (headline(input), key_figures(input))
    };
    let mut page = opening(ReportKind::FailedItem, input, headline, key_figures);
    // What mop-up reports is outstanding, not judged.
    let of_verdict = if is_mop_up {
        actions::Actions::default()
    } else {
        actions::verdict(input)
    };
    let todo = of_verdict.and(actions::failed_items(
        input,
        "the workbook, sheet Failed items",
    ));
    page.your_actions = todo.yours;
    page.our_actions = todo.ours;
    page.sections.push(causes(input));
    page.sections.extend(changes::items_section(input));
    if !is_mop_up {
        page.sections.extend(trends::failures(input));
    }
    // Its shares are of all mailboxes, of which mop-up does not speak.
    page.sections
        .extend(people::phases(input).filter(|_| !is_mop_up));
    page.sections.extend(vips(input));
    page.sections.push(users(input));
    page.sections.push(items(input));
    page.sections.push(findings::section(input.findings));
    page.sections.push(if is_mop_up {
        outstanding::how_to_read()
    } else {
        how_to_read(input)
    });
    page
}

fn headline(input: ReportInput<'_>) -> Headline {
    let metrics = input.metrics;
    let judgement = metrics.whole.judgement;
    let mut sentences = failures(metrics, input.programme.expected_failure_rate);
    if !metrics.phases.is_empty() {
        let rates = metrics.phases.iter().map(|of| {
            format!(
                "{} {}",
                people::phase(of.phase).to_lowercase(),
                one_in(of.metrics.judgement.rate)
            )
        });
        let by_phase = format!(" By phase: {}.", rates.collect::<Vec<_>>().join(", "));
        sentences
            .first_mut()
            .into_iter()
            .for_each(|first| first.push_str(&by_phase));
    }
    sentences.extend(changes::items_since(input));
    let tone = match judgement.verdict {
        Verdict::High => Tone::Attention,
        Verdict::AsExpected | Verdict::LowerThanExpected => Tone::Good,
        Verdict::Concentrated | Verdict::Raised | Verdict::TooFewItems => Tone::Plain,
    };
    let label = match (judgement.verdict, &metrics.concentration) {
        (Verdict::High, _) => "High failure rate".to_owned(),
        (Verdict::Raised, _) => "Raised failure rate".to_owned(),
        (_, Some(concentration)) => format!(
            "Concentrated in {}",
            counted(concentration.places.len() as u64, "mailbox", "mailboxes")
        ),
        (verdict, None) => verdict.label().to_owned(),
    };
    Headline {
        label,
        tone,
        sentences,
    }
}

fn key_figures(input: ReportInput<'_>) -> Vec<KeyFigure> {
    let metrics = input.metrics;
    let rate = metrics.whole.judgement.rate;
    let users = metrics
        .mailboxes
        .iter()
        .filter(|mailbox| mailbox.items_failed.is_some_and(|failed| failed > 0))
        .count() as u64;
    let expected = input.programme.expected_failure_rate;
    #[allow(clippy::cast_precision_loss)]
    let expected_items = expected.fraction() * rate.attempted as f64;
    let failed_note = match rate.attempted {
        0 => "attempted items are not reported".to_owned(),
        _ => format!("{} would be expected", expected_count(expected_items)),
    };
    let outstanding = Outstanding::of(input);
    let (rate_value, rate_note) = match rate.attempted {
        0 => (
            NOT_REPORTED.to_owned(),
            "no attempted items reported".to_owned(),
        ),
        _ if rate.failed == 0 => (
            "None".to_owned(),
            format!("about {} is expected", expected_one_in(expected)),
        ),
        _ => (
            one_in(rate),
            format!(
                "{}; about {} is expected",
                percentage(rate),
                expected_one_in(expected)
            ),
        ),
    };
    vec![
        KeyFigure {
            change: changes::new_and_cleared(input),
            ..KeyFigure::new(
                "Items failed",
                count_or_not_reported(metrics.whole.items_failed),
                failed_note,
            )
        },
        KeyFigure::new("Failure rate", rate_value, rate_note),
        KeyFigure::new(
            "Users with failed items",
            count(users),
            format!(
                "{} of {}",
                share(users, metrics.whole.mailboxes),
                counted(metrics.whole.mailboxes, "mailbox", "mailboxes")
            ),
        ),
        KeyFigure::new(
            "For you to act on",
            count(outstanding.yours),
            outstanding.of_whose(),
        ),
    ]
}

fn causes(input: ReportInput<'_>) -> Section {
    let causes = &input.metrics.causes;
    let heading = "Why items failed".to_owned();
    let most_first: Vec<(&str, u64)> = causes
        .iter()
        .map(|cause| (cause.cause.name.as_str(), cause.items))
        .collect();
    let Some(title) = most_frequent(&most_first, "failed items") else {
        return Section {
            heading,
            text: vec!["No item is listed as failed.".to_owned()],
            chart: None,
            table: None,
        };
    };
    let total: u64 = causes.iter().map(|cause| cause.items).sum();
    #[allow(clippy::cast_precision_loss)]
    let expected = input.programme.expected_failure_rate.fraction()
        * input.metrics.whole.judgement.rate.attempted as f64;
    let rows = causes.iter().map(|cause| {
        vec![
            cause.cause.name.clone(),
            count(cause.items),
            count(cause.mailboxes),
            cause.cause.owner.label().to_owned(),
            cause.cause.action.clone(),
        ]
    });
    Section {
        heading,
        text: Vec::new(),
        chart: Some(Chart::new(
            "failed-items-by-cause",
            title,
            104 + 56 * u32::try_from(causes.len()).unwrap_or(0),
            Drawing::Causes {
                causes: causes
                    .iter()
                    .map(|cause| CauseBar {
                        label: cause.cause.name.clone(),
                        count: cause.items,
                    })
                    .collect(),
                total,
                expected,
            },
        )),
        table: Some(Table {
            caption: "Failed items by cause".to_owned(),
            columns: vec![
                Column::text("Cause"),
                Column::number("Items"),
                Column::number("Users"),
                Column::text("Who acts"),
                Column::text("Next action"),
            ],
            rows: rows.collect(),
            cut: None,
        }),
    }
}

fn users_with_failures<'a>(input: ReportInput<'a>) -> Vec<&'a Mailbox> {
    let has_failures = |mailbox: &&Mailbox| {
        mailbox.items_listed > 0 || mailbox.items_failed.is_some_and(|failed| failed > 0)
    };
    let mut users: Vec<&Mailbox> = input
        .metrics
        .mailboxes
        .iter()
        .filter(has_failures)
        .collect();
    users.sort_by(|a, b| {
        b.items_failed
            .cmp(&a.items_failed)
            .then(a.address.cmp(&b.address))
    });
    users
}

/// The failed items of a mailbox, as counted; and as listed, where that differs.
fn both_counts(mailbox: &Mailbox) -> String {
    let counted = count_or_not_reported(mailbox.items_failed);
    if mailbox.items_failed.unwrap_or(0) == mailbox.items_listed {
        return counted;
    }
    format!("{counted} ({} listed)", count(mailbox.items_listed))
}

fn standing_out(mailbox: &Mailbox) -> &'static str {
    if mailbox.is_flagged {
        "Stands out"
    } else {
        "Within chance"
    }
}

/// VIPs with failed items, apart from the others: among them they would be hidden by those who have
/// more.
fn vips(input: ReportInput<'_>) -> Option<Section> {
    if !people::has_vips(input.metrics) {
        return None;
    }
    let heading = "VIPs with failed items".to_owned();
    let vips: Vec<&Mailbox> = users_with_failures(input)
        .into_iter()
        .filter(|mailbox| mailbox.is_vip())
        .collect();
    if vips.is_empty() {
        return Some(Section {
            heading,
            text: vec!["None.".to_owned()],
            chart: None,
            table: None,
        });
    }
    let rows = vips.iter().take(LISTED_VIPS).map(|mailbox| {
        vec![
            user(mailbox),
            people::vip(mailbox),
            both_counts(mailbox),
            standing_out(mailbox).to_owned(),
        ]
    });
    let beyond = "; all are in the workbook, sheet By user, where VIPs come first.";
    let cut = Cut::of_list(vips.len().min(LISTED_VIPS), vips.len(), beyond);
    Some(Section {
        heading,
        text: Vec::new(),
        chart: None,
        table: Some(Table {
            caption: "VIPs by failed items, most first".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::text("Category"),
                Column::number("Failed items"),
                Column::text("Compared with chance"),
            ],
            rows: rows.collect(),
            cut,
        }),
    })
}

fn users(input: ReportInput<'_>) -> Section {
    let users = users_with_failures(input);
    let heading = "Users with most failed items".to_owned();
    if users.is_empty() {
        return Section {
            heading,
            text: vec!["None.".to_owned()],
            chart: None,
            table: None,
        };
    }
    let tested = counted(input.metrics.mailboxes_tested, "mailbox", "mailboxes");
    let text = match users.iter().filter(|mailbox| mailbox.is_flagged).count() as u64 {
        0 => format!("Of {tested} tested, none has more failed items than chance explains."),
        flagged => format!(
            "Of {tested} tested, {} out with more failed items than chance explains; at most 1 in \
             20 of such flags is itself chance.",
            counted(flagged, "stands", "stand")
        ),
    };
    let rows = users.iter().take(LISTED_USERS).map(|mailbox| {
        let attempted = mailbox.failure_rate();
        vec![
            user(mailbox),
            both_counts(mailbox),
            attempted.map_or_else(|| NOT_REPORTED.to_owned(), |rate| count(rate.attempted)),
            attempted.map_or_else(|| NOT_REPORTED.to_owned(), one_in),
            standing_out(mailbox).to_owned(),
        ]
    });
    let cut = Cut::of_list(
        users.len().min(LISTED_USERS),
        users.len(),
        "; all are in the workbook, sheet By user.",
    );
    Section {
        heading,
        text: vec![text],
        chart: None,
        table: Some(Table {
            caption: "Users with failed items, most first".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::number("Failed items"),
                Column::number("Attempted items"),
                Column::number("Failure rate"),
                Column::text("Compared with chance"),
            ],
            rows: rows.collect(),
            cut,
        }),
    }
}

/// The subject line as the organisation's policy lets it be printed.
fn subject_line(item: &FailedItem, policy: SubjectLines) -> String {
    match (policy, item.subject.as_deref()) {
        (SubjectLines::Withheld, _) => "Withheld".to_owned(),
        (_, Some(input)) => visible(input),
        (_, None) => "No subject".to_owned(),
    }
}

fn items(input: ReportInput<'_>) -> Section {
    let heading = "Every failed item".to_owned();
    let items = &input.metrics.failed_items;
    let policy = input.organisation.subject_lines;
    let kept = match policy {
        SubjectLines::Withheld => {
            "Your organisation has asked for subject lines to be withheld: the attached workbook, \
             sheet Failed items, has a reference for each item instead. It stays the same from day \
             to day: quote it to us, and we look the item up."
        }
        SubjectLines::Workbook => {
            "The user and subject line of every item are in the attached workbook, sheet Failed \
             items. Subject lines are confidential: keep the workbook where patient information is \
             kept."
        }
        SubjectLines::Email => {
            "The user and subject line of every item are in the attached workbook, sheet Failed \
             items, and here. Subject lines are confidential: keep this message where patient \
             information is kept."
        }
    };
    let text = vec![if items.is_empty() {
        "No item is listed as failed.".to_owned()
    } else {
        kept.to_owned()
    }];
    if policy != SubjectLines::Email || items.is_empty() {
        return Section {
            heading,
            text,
            chart: None,
            table: None,
        };
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut characters = 0;
    for item in items.iter().take(LISTED_ITEMS) {
        let row = vec![
            item_user(item),
            shown(&subject_line(item, policy), SUBJECT_LINE),
            item.cause.name.clone(),
        ];
        characters += row.iter().map(|cell| cell.chars().count()).sum::<usize>();
        if characters > LISTED_CHARACTERS {
            break;
        }
        rows.push(row);
    }
    let cut = Cut::of_list(
        rows.len(),
        items.len(),
        "; all are in the workbook, sheet Failed items.",
    );
    Section {
        heading,
        text,
        chart: None,
        table: Some(Table {
            caption: "Failed items by user".to_owned(),
            columns: vec![
                Column::text("User"),
                Column::text("Subject line"),
                Column::text("Cause"),
            ],
            rows,
            cut,
        }),
    }
}

fn item_user(item: &FailedItem) -> String {
    name(Some(item.user.as_deref().unwrap_or(&item.mailbox)))
}

fn how_to_read(input: ReportInput<'_>) -> Section {
    let expected = input.programme.expected_failure_rate;
    Section {
        heading: "How to read this".to_owned(),
        text: vec![
            "A failed item is a message, appointment or contact that could not be copied. It stays \
             in the old mailbox; nothing is lost."
                .to_owned(),
            format!("In an ordinary migration about {} fails, because it is damaged or too \
             large.", expected_one_in(expected)),
            rule(input.metrics, expected),
        ],
        chart: None,
        table: None,
    }
}
