use super::wording::{
    NOT_REPORTED, bytes, coming_day, count, count_or_not_reported, counted, day, expected_one_in, fraction, large_count, one_in, rule,
    share, user, verdict,
};
use super::{
    Cell, Chart, Column, Drawing, Headline, KeyFigure, Page, Section, StateRow, Subject, Table, Tone, WorkbookColumn, WorkbookSheet,
    findings, opening, visible,
};
use crate::domain::{ReportKind, SyncState, Verdict};
use crate::metrics::{CollectionMetrics, GroupMetrics, Mailbox, Owner};

/// Users that the email lists; the workbook has all.
const LISTED_USERS: usize = 25;
/// Collections that the email lists and draws; the workbook has all.
const LISTED_COLLECTIONS: usize = 20;
/// How far ahead a switch is near enough to be the headline.
const DAYS_AHEAD: i64 = 7;

pub(super) fn page(subject: Subject<'_>) -> Page {
    let mut page = opening(ReportKind::OverallMigration, subject, headline(subject), key_figures(subject));
    page.your_actions = your_actions(subject);
    page.our_actions = our_actions(subject);
    page.sections.push(states(subject));
    page.sections.push(collections(subject));
    page.sections.push(attention(subject));
    page.sections.push(findings::section(subject.findings));
    page.sections.push(how_to_read(subject));
    page
}

/// Mailboxes of the next switch that are not ready, where it is near.
fn not_ready_soon(subject: Subject<'_>) -> Option<(u64, u64, chrono::NaiveDate)> {
    let next = subject.metrics.next_switch?;
    let is_near = next.date.signed_duration_since(subject.report_date.day()).num_days() <= DAYS_AHEAD;
    (is_near && next.ready < next.due).then_some((next.due - next.ready, next.due, next.date))
}

fn halted(group: &GroupMetrics) -> u64 {
    group.by_state.of(SyncState::Stopped) + group.by_state.of(SyncState::Failed)
}

fn headline(subject: Subject<'_>) -> Headline {
    let metrics = subject.metrics;
    let whole = &metrics.whole;
    let (done, all) = (whole.in_sync_or_beyond(), whole.mailboxes);
    let switched = whole.by_state.of(SyncState::Switched);
    let words = match switched {
        0 => "in sync",
        switched if switched == done => "switched",
        _ => "in sync or switched",
    };
    let is_are = if all == 1 { "is" } else { "are" };
    let mut sentences =
        vec![format!("{} of {} ({}) {is_are} {words}.", count(done), counted(all, "mailbox", "mailboxes"), share(done, all))];
    sentences.push(verdict(metrics, subject.programme.expected_failure_rate));
    let near = not_ready_soon(subject);
    if let Some((missing, due, date)) = near {
        sentences.push(format!(
            "{} of the {} that {} on {} {} not ready.",
            count(missing),
            counted(due, "mailbox", "mailboxes"),
            if due == 1 { "switches" } else { "switch" },
            coming_day(date),
            if missing == 1 { "is" } else { "are" }
        ));
    }
    let (label, tone) = match (metrics.whole.judgement.verdict, near) {
        _ if switched == all => ("All switched", Tone::Good),
        (Verdict::High, _) => ("Failures are above what is expected", Tone::Attention),
        (_, Some((missing, due, _))) if missing * 20 > due => ("Not all ready to switch", Tone::Attention),
        (_, Some(_)) => ("Nearly all ready to switch", Tone::Good),
        _ if halted(whole) > 0 => ("Some mailboxes have stopped", Tone::Plain),
        _ => ("No problems found", Tone::Good),
    };
    Headline { label: label.to_owned(), tone, sentences }
}

fn key_figures(subject: Subject<'_>) -> Vec<KeyFigure> {
    let whole = &subject.metrics.whole;
    let (done, all) = (whole.in_sync_or_beyond(), whole.mailboxes);
    let progress = whole.item_progress;
    let items = if progress.mailboxes == 0 {
        KeyFigure { label: "Items copied".to_owned(), value: NOT_REPORTED.to_owned(), note: "by this export".to_owned() }
    } else {
        let silent = all - progress.mailboxes;
        let unknown = if silent == 0 { String::new() } else { format!("; {} not reported", counted(silent, "mailbox", "mailboxes")) };
        KeyFigure {
            label: "Items copied".to_owned(),
            value: of_large(progress.synchronised, progress.total),
            note: format!("{}{unknown}", share(progress.synchronised, progress.total)),
        }
    };
    let rate = whole.judgement.rate;
    let failed = KeyFigure {
        label: "Items failed".to_owned(),
        value: count_or_not_reported(whole.items_failed),
        note: if rate.failed == 0 {
            format!("about {} is expected", expected_one_in(subject.programme.expected_failure_rate))
        } else {
            format!("{}; about {} is expected", one_in(rate), expected_one_in(subject.programme.expected_failure_rate))
        },
    };
    let switch = match subject.metrics.next_switch {
        Some(next) => KeyFigure {
            label: "Next switch".to_owned(),
            value: coming_day(next.date),
            note: format!("{} of {} ready", count(next.ready), count(next.due)),
        },
        None if whole.by_state.of(SyncState::Switched) == all => {
            KeyFigure { label: "Next switch".to_owned(), value: "None".to_owned(), note: "all have switched".to_owned() }
        }
        None => {
            KeyFigure { label: "Next switch".to_owned(), value: NOT_REPORTED.to_owned(), note: "no date ahead in the export".to_owned() }
        }
    };
    vec![
        KeyFigure { label: "In sync or switched".to_owned(), value: format!("{} of {}", count(done), count(all)), note: share(done, all) },
        items,
        failed,
        switch,
    ]
}

/// “41.2 of 44.9 million”, “812 of 1,204”.
fn of_large(part: u64, whole: u64) -> String {
    let whole_words = large_count(whole);
    let part_words = large_count(part);
    match (part_words.strip_suffix(" million"), whole_words.ends_with("million")) {
        (Some(part), true) => format!("{part} of {whole_words}"),
        _ => format!("{part_words} of {whole_words}"),
    }
}

fn your_actions(subject: Subject<'_>) -> Vec<String> {
    let causes = subject.metrics.causes.iter().filter(|cause| cause.cause.owner == Owner::Organisation);
    causes
        .map(|cause| {
            format!(
                "{} of {}: {}. {}. The list is in the Failed Item Report.",
                counted(cause.items, "failed item", "failed items"),
                counted(cause.mailboxes, "user", "users"),
                cause.cause.name.to_lowercase(),
                cause.cause.action
            )
        })
        .collect()
}

fn our_actions(subject: Subject<'_>) -> Vec<String> {
    let metrics = subject.metrics;
    let mut actions = Vec::new();
    let halted = halted(&metrics.whole);
    if halted > 0 {
        actions.push(format!(
            "{} stopped or failed: we find out why and restart {}. {} listed below.",
            if halted == 1 { "1 mailbox has".to_owned() } else { format!("{} mailboxes have", count(halted)) },
            if halted == 1 { "it" } else { "them" },
            if halted == 1 { "It is" } else { "They are" }
        ));
    }
    if metrics.past_switch_date > 0 {
        actions.push(format!(
            "{} past {} switch date and {} not switched. A mailbox that is not in sync on its date switches by itself once it is.",
            if metrics.past_switch_date == 1 {
                "1 mailbox is".to_owned()
            } else {
                format!("{} mailboxes are", count(metrics.past_switch_date))
            },
            if metrics.past_switch_date == 1 { "its" } else { "their" },
            if metrics.past_switch_date == 1 { "has" } else { "have" },
        ));
    }
    let ours: u64 = metrics.causes.iter().filter(|cause| cause.cause.owner == Owner::MigrationTeam).map(|cause| cause.items).sum();
    if ours > 0 {
        let (verb, them) = if ours == 1 { ("is", "it") } else { ("are", "them") };
        actions.push(format!(
            "{} {verb} ours to mend: we repair {them} in bulk or try {them} again.",
            counted(ours, "failed item", "failed items")
        ));
    }
    let unrecognised = metrics.whole.by_state.of(SyncState::Unrecognised);
    if unrecognised > 0 {
        actions.push(format!(
            "{}: we find out what it means.",
            counted(unrecognised, "mailbox has a state we do not recognise", "mailboxes have a state we do not recognise")
        ));
    }
    actions
}

fn segments(group: &GroupMetrics) -> Vec<(SyncState, u64)> {
    SyncState::ALL.into_iter().map(|state| (state, group.by_state.of(state))).filter(|(_, mailboxes)| *mailboxes > 0).collect()
}

fn states(subject: Subject<'_>) -> Section {
    let whole = &subject.metrics.whole;
    let done = whole.in_sync_or_beyond();
    let segments = segments(whole);
    let spoken: Vec<String> =
        segments.iter().map(|(state, mailboxes)| format!("{} {}", count(*mailboxes), state.label().to_lowercase())).collect();
    let title = format!("{} of mailboxes are in sync or switched", share(done, whole.mailboxes));
    let rows =
        segments.iter().map(|(state, mailboxes)| vec![state.label().to_owned(), count(*mailboxes), share(*mailboxes, whole.mailboxes)]);
    let mut text = Vec::new();
    if whole.bytes.mailboxes > 0 {
        let silent = whole.mailboxes - whole.bytes.mailboxes;
        let unknown =
            if silent == 0 { String::new() } else { format!(" The size of {} is not reported.", counted(silent, "mailbox", "mailboxes")) };
        text.push(format!(
            "By size, {} of {} ({}) is in mailboxes that are in sync or switched.{unknown}",
            bytes(whole.bytes.in_sync_or_beyond),
            bytes(whole.bytes.total),
            share(whole.bytes.in_sync_or_beyond, whole.bytes.total)
        ));
    }
    Section {
        heading: "Where the mailboxes are".to_owned(),
        text,
        chart: Some(Chart {
            name: "mailboxes-by-state".to_owned(),
            alternative_text: format!("{title}: {}.", spoken.join(", ")),
            title,
            width: 640,
            // A single state is named inside its bar and needs no key below it.
            height: if segments.len() == 1 { 116 } else { 150 },
            drawing: Drawing::States { rows: vec![StateRow { label: String::new(), value: String::new(), segments: segments.clone() }] },
        }),
        table: Some(Table {
            caption: "Mailboxes by state".to_owned(),
            columns: vec![text_column("State"), number_column("Mailboxes"), number_column("Share")],
            rows: rows.collect(),
            cut: None,
        }),
    }
}

fn text_column(heading: &str) -> Column {
    Column { heading: heading.to_owned(), is_number: false }
}

fn number_column(heading: &str) -> Column {
    Column { heading: heading.to_owned(), is_number: true }
}

fn collection_name(collection: &CollectionMetrics) -> String {
    collection.name.as_deref().map_or_else(|| "No collection reported".to_owned(), visible)
}

fn switch_dates(collection: &CollectionMetrics) -> String {
    match (collection.first_switch_date, collection.last_switch_date) {
        (Some(first), Some(last)) if first == last => day(first),
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        _ => NOT_REPORTED.to_owned(),
    }
}

fn items_copied(group: &GroupMetrics) -> String {
    if group.item_progress.mailboxes == 0 {
        NOT_REPORTED.to_owned()
    } else {
        share(group.item_progress.synchronised, group.item_progress.total)
    }
}

fn collections(subject: Subject<'_>) -> Section {
    let collections = &subject.metrics.collections;
    let shown: Vec<&CollectionMetrics> = collections.iter().take(LISTED_COLLECTIONS).collect();
    let rows = shown.iter().map(|collection| {
        let group = &collection.metrics;
        vec![
            collection_name(collection),
            switch_dates(collection),
            count(group.mailboxes),
            format!("{} ({})", count(group.in_sync_or_beyond()), share(group.in_sync_or_beyond(), group.mailboxes)),
            items_copied(group),
            count_or_not_reported(group.items_failed),
            group.judgement.verdict.label().to_owned(),
        ]
    });
    let cut = (collections.len() > shown.len())
        .then(|| format!("Showing {} of {}; all are in the workbook, sheet Collections.", shown.len(), count(collections.len() as u64)));
    let left = |collection: &CollectionMetrics| collection.metrics.mailboxes - collection.metrics.in_sync_or_beyond();
    // Of equals the one that switches first.
    let title = match collections.iter().rev().max_by_key(|collection| left(collection)) {
        Some(most) if left(most) > 0 => {
            format!(
                "{} has most left: {} of {} not in sync",
                collection_name(most),
                count(left(most)),
                counted(most.metrics.mailboxes, "mailbox", "mailboxes")
            )
        }
        _ => "Every collection is in sync or switched throughout".to_owned(),
    };
    let spoken: Vec<String> = shown
        .iter()
        .map(|collection| {
            format!("{} {}", collection_name(collection), share(collection.metrics.in_sync_or_beyond(), collection.metrics.mailboxes))
        })
        .collect();
    // One collection is the bar above once more.
    let chart = (collections.len() > 1).then(|| Chart {
        name: "progress-by-collection".to_owned(),
        alternative_text: format!("{title}: {}.", spoken.join(", ")),
        title,
        width: 640,
        height: 70 + 34 * u32::try_from(shown.len()).unwrap_or(0),
        drawing: Drawing::States {
            rows: shown
                .iter()
                .map(|collection| StateRow {
                    label: collection_name(collection),
                    value: format!("{} of {}", count(collection.metrics.in_sync_or_beyond()), count(collection.metrics.mailboxes)),
                    segments: segments(&collection.metrics),
                })
                .collect(),
        },
    });
    Section {
        heading: "Progress by collection".to_owned(),
        text: Vec::new(),
        chart,
        table: Some(Table {
            caption: "Collections in the order of their switch dates".to_owned(),
            columns: vec![
                text_column("Collection"),
                text_column("Switch date"),
                number_column("Mailboxes"),
                number_column("In sync or switched"),
                number_column("Items copied"),
                number_column("Failed items"),
                text_column("Failures"),
            ],
            rows: rows.collect(),
            cut,
        }),
    }
}

/// Why a user needs attention, and how much: the lower, the more.
fn reason(mailbox: &Mailbox, subject: Subject<'_>) -> Option<(u8, &'static str)> {
    let switches_next = subject.metrics.next_switch.is_some_and(|next| mailbox.switch_date == Some(next.date));
    match mailbox.state {
        SyncState::Failed => Some((0, "The tool gave up; we restart it")),
        SyncState::Stopped => Some((1, "It was stopped; we restart it")),
        SyncState::Unrecognised => Some((2, "The state is not one we know")),
        _ if mailbox.is_past_switch_date(subject.report_date) => Some((3, "Past its switch date")),
        state if switches_next && !state.is_in_sync_or_beyond() => Some((4, "Switches next and is not in sync")),
        _ if mailbox.is_flagged => Some((5, "Many failed items")),
        _ => None,
    }
}

fn attention(subject: Subject<'_>) -> Section {
    let mailboxes = subject.metrics.mailboxes.iter();
    let mut users: Vec<(u8, &'static str, &Mailbox)> =
        mailboxes.filter_map(|mailbox| reason(mailbox, subject).map(|(rank, reason)| (rank, reason, mailbox))).collect();
    users.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.items_failed.cmp(&a.2.items_failed)).then(a.2.address.cmp(&b.2.address)));
    let heading = "Users who need attention".to_owned();
    if users.is_empty() {
        return Section { heading, text: vec!["None today.".to_owned()], chart: None, table: None };
    }
    let flagged = subject.metrics.mailboxes.iter().filter(|mailbox| mailbox.is_flagged).count() as u64;
    let mut text = Vec::new();
    if flagged > 0 {
        text.push(format!(
            "Of {} tested, {} more failed items than chance explains; at most 1 in 20 of such flags is itself chance.",
            counted(subject.metrics.mailboxes_tested, "mailbox", "mailboxes"),
            counted(flagged, "has", "have")
        ));
    }
    let rows = users.iter().take(LISTED_USERS).map(|(_, reason, mailbox)| {
        vec![
            user(mailbox),
            mailbox.collection.as_deref().map_or_else(|| NOT_REPORTED.to_owned(), visible),
            mailbox.state.label().to_owned(),
            mailbox.progress_percent.map_or_else(|| NOT_REPORTED.to_owned(), |percent| format!("{percent:.0}%")),
            count_or_not_reported(mailbox.items_failed),
            (*reason).to_owned(),
        ]
    });
    let cut = (users.len() > LISTED_USERS).then(|| {
        format!(
            "Showing {LISTED_USERS} of {}; all are in the workbook, sheet Users: filter the column “Needs attention”.",
            count(users.len() as u64)
        )
    });
    Section {
        heading,
        text,
        chart: None,
        table: Some(Table {
            caption: "Users who need attention, the most pressing first".to_owned(),
            columns: vec![
                text_column("User"),
                text_column("Collection"),
                text_column("State"),
                number_column("Progress"),
                number_column("Failed items"),
                text_column("Why"),
            ],
            rows: rows.collect(),
            cut,
        }),
    }
}

fn how_to_read(subject: Subject<'_>) -> Section {
    let expected = subject.programme.expected_failure_rate;
    Section {
        heading: "How to read this".to_owned(),
        text: vec![
            "A mailbox is copied for days (synchronising) until the new one holds all its mail (in sync); then it can switch. Users notice nothing until the switch.".to_owned(),
            format!("Every migration leaves some items behind, about {}: damaged items and very large ones. They stay in the old mailbox and are listed in the Failed Item Report.", expected_one_in(expected)),
            rule(subject.metrics, expected),
            "“Not reported” means that the migration tool's export does not say. It does not mean none.".to_owned(),
        ],
        chart: None,
        table: None,
    }
}

pub(super) fn sheets(subject: Subject<'_>) -> Vec<WorkbookSheet> {
    vec![summary_sheet(subject), users_sheet(subject), collections_sheet(subject), findings::sheet(subject.findings)]
}

fn summary_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let whole = &subject.metrics.whole;
    let mut rows = vec![vec![Cell::Word("Mailboxes"), Cell::Count(whole.mailboxes), Cell::Word("in the sync-state export")]];
    for state in SyncState::ALL {
        rows.push(vec![Cell::Word(state.label()), Cell::Count(whole.by_state.of(state)), Cell::Word("mailboxes in this state")]);
    }
    let judgement = whole.judgement;
    let expected = subject.programme.expected_failure_rate.fraction();
    let probability = |value: Option<f64>| value.map_or(Cell::NotReported, Cell::Rate);
    rows.extend([
        vec![Cell::Word("Items in the source mailboxes"), whole.items_total.into(), Cell::Word("of the mailboxes that report it")],
        vec![Cell::Word("Items copied"), whole.items_synchronised.into(), Cell::Word("of the mailboxes that report it")],
        vec![Cell::Word("Items failed"), whole.items_failed.into(), Cell::Word("of the mailboxes that report it")],
        vec![
            Cell::Word("Items attempted"),
            whole.items_attempted.into(),
            Cell::Word("copied and failed, of the mailboxes that report both"),
        ],
        vec![
            Cell::Word("Failure rate"),
            judgement.rate.fraction().map_or(Cell::NotReported, Cell::Rate),
            Cell::Text(one_in(judgement.rate)),
        ],
        vec![
            Cell::Word("Expected failure rate"),
            Cell::Rate(expected),
            Cell::Text(expected_one_in(subject.programme.expected_failure_rate)),
        ],
        vec![
            Cell::Word("Verdict"),
            Cell::Word(judgement.verdict.label()),
            Cell::Text(verdict(subject.metrics, subject.programme.expected_failure_rate)),
        ],
        vec![
            Cell::Word("Chance of as many failures or more"),
            probability(judgement.probability_above),
            Cell::Word("at the expected rate"),
        ],
        vec![
            Cell::Word("Chance of as few failures or fewer"),
            probability(judgement.probability_below),
            Cell::Word("at the expected rate"),
        ],
        vec![
            Cell::Word("Clustering"),
            Cell::Decimal(judgement.dispersion),
            Cell::Word("1 where failures spread over mailboxes as chance would have it"),
        ],
    ]);
    WorkbookSheet {
        name: "Summary".to_owned(),
        introduction: vec![
            format!("{}: {} ({})", ReportKind::OverallMigration.title(), visible(&subject.organisation.name), subject.organisation.code),
            format!("Report date {}. Questions: {}", day(subject.report_date.day()), subject.programme.contact.reveal()),
        ],
        columns: vec![
            WorkbookColumn { heading: "Figure", width: 38.0 },
            WorkbookColumn { heading: "Value", width: 18.0 },
            WorkbookColumn { heading: "Note", width: 90.0 },
        ],
        rows,
    }
}

fn optional_text(text: Option<&str>) -> Cell {
    text.map_or(Cell::NotReported, |text| Cell::Text(visible(text)))
}

#[allow(clippy::cast_precision_loss)] // for display
fn mebibytes(size: Option<u64>) -> Cell {
    size.map_or(Cell::NotReported, |bytes| Cell::Decimal(bytes as f64 / 1_048_576.0))
}

fn users_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let rows = subject.metrics.mailboxes.iter().map(|mailbox| {
        vec![
            optional_text(mailbox.name.as_deref()),
            Cell::Text(visible(&mailbox.address)),
            optional_text(mailbox.target.as_deref()),
            optional_text(mailbox.collection.as_deref()),
            Cell::Word(mailbox.state.label()),
            Cell::Text(visible(&mailbox.state_word)),
            mailbox.progress_percent.map_or(Cell::NotReported, |percent| Cell::Share(percent / 100.0)),
            mailbox.items_total.into(),
            mailbox.items_synchronised.into(),
            mailbox.items_failed.into(),
            mailbox.failure_rate().and_then(crate::domain::FailureRate::fraction).map_or(Cell::NotReported, Cell::Rate),
            Cell::Word(mailbox.verdict.label()),
            mebibytes(mailbox.size_bytes),
            mailbox.last_synchronised_at.into(),
            mailbox.switch_date.into(),
            Cell::Word(reason(mailbox, subject).map_or("No", |(_, reason)| reason)),
            mailbox.last_error.as_deref().map_or(Cell::Word("None"), |error| Cell::Text(visible(error))),
        ]
    });
    WorkbookSheet {
        name: "Users".to_owned(),
        introduction: vec!["Users".to_owned(), "Every mailbox of the sync-state export, one a row.".to_owned()],
        columns: vec![
            WorkbookColumn { heading: "User", width: 28.0 },
            WorkbookColumn { heading: "Source mailbox", width: 40.0 },
            WorkbookColumn { heading: "Target mailbox", width: 36.0 },
            WorkbookColumn { heading: "Collection", width: 22.0 },
            WorkbookColumn { heading: "State", width: 16.0 },
            WorkbookColumn { heading: "State as exported", width: 18.0 },
            WorkbookColumn { heading: "Progress", width: 11.0 },
            WorkbookColumn { heading: "Items in total", width: 13.0 },
            WorkbookColumn { heading: "Items copied", width: 13.0 },
            WorkbookColumn { heading: "Items failed", width: 12.0 },
            WorkbookColumn { heading: "Failure rate", width: 12.0 },
            WorkbookColumn { heading: "Failures", width: 21.0 },
            WorkbookColumn { heading: "Size (MB)", width: 12.0 },
            WorkbookColumn { heading: "Last synchronised", width: 18.0 },
            WorkbookColumn { heading: "Switch date", width: 13.0 },
            WorkbookColumn { heading: "Needs attention", width: 32.0 },
            WorkbookColumn { heading: "Last error", width: 40.0 },
        ],
        rows: rows.collect(),
    }
}

fn collections_sheet(subject: Subject<'_>) -> WorkbookSheet {
    let rows = subject.metrics.collections.iter().map(|collection| {
        let group = &collection.metrics;
        let copied = group.item_progress;
        vec![
            Cell::Text(collection_name(collection)),
            collection.first_switch_date.into(),
            collection.last_switch_date.into(),
            Cell::Count(group.mailboxes),
            Cell::Count(group.in_sync_or_beyond()),
            Cell::Share(fraction(group.in_sync_or_beyond(), group.mailboxes)),
            Cell::Count(group.by_state.of(SyncState::Switched)),
            Cell::Count(halted(group)),
            group.items_total.into(),
            group.items_synchronised.into(),
            if copied.mailboxes == 0 { Cell::NotReported } else { Cell::Share(fraction(copied.synchronised, copied.total)) },
            group.items_failed.into(),
            group.judgement.rate.fraction().map_or(Cell::NotReported, Cell::Rate),
            Cell::Word(group.judgement.verdict.label()),
        ]
    });
    WorkbookSheet {
        name: "Collections".to_owned(),
        introduction: vec!["Collections".to_owned(), "In the order of their switch dates.".to_owned()],
        columns: vec![
            WorkbookColumn { heading: "Collection", width: 30.0 },
            WorkbookColumn { heading: "First switch date", width: 17.0 },
            WorkbookColumn { heading: "Last switch date", width: 17.0 },
            WorkbookColumn { heading: "Mailboxes", width: 12.0 },
            WorkbookColumn { heading: "In sync or switched", width: 19.0 },
            WorkbookColumn { heading: "Share in sync or switched", width: 24.0 },
            WorkbookColumn { heading: "Switched", width: 11.0 },
            WorkbookColumn { heading: "Stopped or failed", width: 17.0 },
            WorkbookColumn { heading: "Items in total", width: 14.0 },
            WorkbookColumn { heading: "Items copied", width: 14.0 },
            WorkbookColumn { heading: "Share of items copied", width: 21.0 },
            WorkbookColumn { heading: "Items failed", width: 13.0 },
            WorkbookColumn { heading: "Failure rate", width: 13.0 },
            WorkbookColumn { heading: "Failures", width: 22.0 },
        ],
        rows: rows.collect(),
    }
}
