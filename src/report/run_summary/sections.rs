//! The sections of the email: organisations, progress, switches, what was not sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::super::drawing::{Chart, Drawing, ProgressDay};
use super::super::model::Section;
use super::super::tabulation::Tabulation;
use super::super::wording::{coming_day, expected_one_in, first_of, part_of, share};
use super::super::workbook::Cell;
use super::funnel::funnel;
use super::{
    NOT_KNOWN, OrganisationFigures, OrganisationLine, OrganisationStatus, SummaryInput, SwitchDay,
    calendar, open,
};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{DeliveryCounts, DeliveryState, ExpectedRate};

/// Organisations that the email lists; workbook and page have all.
const LISTED: usize = 25;
/// Days that the tables of progress and of switches have.
const LISTED_DAYS: usize = 10;
/// Organisations that a cell names; the others are counted.
const NAMED: usize = 6;

pub(super) fn sections(
    input: &SummaryInput<'_>,
    organisations: &[OrganisationLine],
    messages: &DeliveryCounts,
    expected: ExpectedRate,
) -> Vec<Section> {
    vec![
        worst_first(input.report_date.day(), organisations),
        funnel(organisations, expected),
        progress(input.report_date.day(), input, organisations),
        switches(organisations),
        super::promises::section(input.report_date.day(), organisations),
        messages_by_state(messages, organisations),
        how_to_read(expected),
    ]
}

pub(super) fn worst_first(today: NaiveDate, organisations: &[OrganisationLine]) -> Section {
    let table = by_organisation(today, open(organisations)).list(
        "First what was not sent, then switches at risk, high failures and what is overdue",
        LISTED,
        "; all: workbook, sheet Organisations, and in the archive's page of the day.",
    );
    Section::new("Organisations, worst first", Vec::new(), table)
        .or_alone("The register lists no organisation that is not closed.")
}

/// Organisations, for the email and the workbook.
pub(super) fn by_organisation<'a>(
    today: NaiveDate,
    lines: impl IntoIterator<Item = &'a OrganisationLine>,
) -> Tabulation<'a, &'a OrganisationLine> {
    let lines: Vec<&OrganisationLine> = lines.into_iter().collect();
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    let are_alike = pairs.all(|(one, next)| one.state == next.state);
    Tabulation::of(lines)
        .column("Code", 11.0, |line| Cell::Text(line.code_text().into()))
        .text("Organisation", |line| Cell::Text((&line.name).into()))
        .wide(34.0)
        .naming_rows()
        .printed(|line| format!("{} {}", line.code_and_day(), line.name))
        .column("Stage", 16.0, |line| {
            line.stage
                .map_or(Cell::NotReported, |stage| stage.label().into())
        })
        .column("Figures of", 13.0, move |line| line.figures_of(today))
        .text("Reports", |line| line.state.label())
        .wide(22.0)
        .printed(reports)
        // What is the same of all, the headline says.
        .only_in_workbook_if(are_alike)
        .column("Messages accepted", 13.0, |line| line.accepted_of().0)
        .column("Messages", 12.0, |line| line.accepted_of().1)
        .text("Verdict", |line| {
            line.told(|figures| figures.verdict.label().into())
        })
        .wide(22.0)
        .printed(|line| known(line, OrganisationFigures::verdict_in_words))
        .figure("Reports with this verdict in a row", 17.0, |figures| {
            figures.verdict_lasts
        })
        .figure("Items failed", 12.0, |figures| figures.rate.failed)
        .figure("Items attempted", 13.0, |figures| figures.rate.attempted)
        .column("Failure rate", 12.0, |line| {
            line.told(|figures| Cell::rate(Some(figures.rate)))
        })
        .figure("Mailboxes", 12.0, |figures| figures.mailboxes)
        .figure("In sync or switched", 13.0, |figures| {
            figures.in_sync_or_beyond
        })
        .number("In sync", |line| known(line, in_sync))
        .figure("Stopped or failed", 13.0, |figures| figures.halted)
        .number("Stopped", |line| {
            known(line, |figures| count(figures.halted))
        })
        .figure("Losses to be approved", 13.0, |figures| {
            figures.awaiting_approval
        })
        .figure("Without a total", 13.0, |figures| {
            figures.mailboxes_without_total
        })
        .column("Settings failed", 12.0, |line| {
            line.told(|figures| figures.settings_failed.into())
        })
        .figure("Due in 7 days", 12.0, |figures| figures.due)
        .figure("Not ready", 12.0, |figures| figures.due - figures.ready)
        .number("Not ready, 7 days", |line| known(line, not_ready))
        .figure("Past the switch date", 13.0, |figures| figures.waiting)
        .number("Past date", |line| {
            known(line, |figures| count(figures.waiting))
        })
        .column("Why", 60.0, |line| match line.reasons.as_slice() {
            [] => Cell::Word("None"),
            reasons => reasons.join(" ").into(),
        })
}

impl<'a> Tabulation<'a, &'a OrganisationLine> {
    fn figure(
        self,
        heading: &'static str,
        width: f64,
        of: fn(&OrganisationFigures) -> u64,
    ) -> Self {
        self.column(heading, width, move |line| {
            line.told(|figures| of(figures).into())
        })
    }
}

impl OrganisationLine {
    /// What a workbook says of its figures: of one that is closed nobody waits for any.
    fn told(&self, of: impl Fn(&OrganisationFigures) -> Cell<'static>) -> Cell<'static> {
        match &self.figures {
            Some(figures) => of(figures),
            None if self.is_open() => Cell::NotReported,
            None => Cell::Word("–"),
        }
    }

    /// The day that its figures are of.
    pub(super) fn figures_of(&self, today: NaiveDate) -> Cell<'static> {
        self.told(|_| self.as_of.unwrap_or(today).into())
    }
}

/// What a page prints of an organisation's figures; “Not known” where it has none.
pub(super) fn known(line: &OrganisationLine, of: fn(&OrganisationFigures) -> String) -> String {
    line.figures
        .as_ref()
        .map_or_else(|| NOT_KNOWN.to_owned(), of)
}

/// “3 of 4” messages, or “None”.
pub(super) fn accepted(line: &OrganisationLine) -> String {
    match line.accepted_of() {
        (_, 0) => "None".to_owned(),
        (accepted, all) => format!("{} of {}", count(accepted), count(all)),
    }
}

/// “4 in the outbox”, “4 sent”, “Refused, 2 of 3 sent”, “Held”.
fn reports(line: &OrganisationLine) -> String {
    let (sent, all) = line.accepted_of();
    let label = line.state.label();
    match line.state {
        OrganisationStatus::Outbox => {
            let kept = count(line.messages.of(DeliveryState::Outbox));
            format!("{kept} in the outbox")
        }
        OrganisationStatus::Sent => format!("{} sent", count(sent)),
        _ if all == 0 => label.to_owned(),
        OrganisationStatus::Changed if sent == all => label.to_owned(),
        _ => format!("{label}, {} of {} sent", count(sent), count(all)),
    }
}

pub(super) fn in_sync(figures: &OrganisationFigures) -> String {
    share(figures.in_sync_or_beyond, figures.mailboxes)
}

/// “37 of 1,204” that are due.
pub(super) fn not_ready(figures: &OrganisationFigures) -> String {
    if figures.due == 0 {
        return "None due".to_owned();
    }
    let missing = figures.due - figures.ready;
    format!("{} of {}", count(missing), count(figures.due))
}

/// A day of the whole programme.
struct ProgrammeDay {
    progress: ProgressDay,
    /// Organisations whose exports of this very day are known.
    reported: u64,
    /// Organisations that are in the sums.
    counted: u64,
}

/// Sums over organisations. Where one has no report of a day, its last one before stands in; before
/// its first it is not counted.
fn programme_days(input: &SummaryInput<'_>) -> Vec<ProgrammeDay> {
    let histories: Vec<&[ProgressDay]> = input
        .organisations
        .iter()
        .map(|one| one.days.as_slice())
        .filter(|days| !days.is_empty())
        .collect();
    let dates: BTreeSet<NaiveDate> = histories
        .iter()
        .flat_map(|days| days.iter().map(|day| day.date))
        .collect();
    let organisations = input.organisations.iter();
    let without_days = organisations.filter(|one| one.days.is_empty());
    let silent = without_days
        .filter_map(|one| one.figures.as_ref())
        .map(|figures| figures.mailboxes_without_total)
        .sum();
    let mut places = vec![0_usize; histories.len()];
    let mut programme = Vec::with_capacity(dates.len());
    for date in dates {
        let mut sum = ProgrammeDay {
            progress: ProgressDay {
                date,
                attempted: 0,
                total: 0,
                mailboxes: 0,
                // Those of organisations whose tool reports no totals at all.
                mailboxes_without_total: silent,
            },
            reported: 0,
            counted: 0,
        };
        for (days, place) in histories.iter().zip(&mut places) {
            while days.get(*place).is_some_and(|day| day.date <= date) {
                *place += 1;
            }
            let Some(last) = place.checked_sub(1).and_then(|last| days.get(last)) else {
                continue;
            };
            sum.progress.attempted += last.attempted;
            sum.progress.total += last.total;
            sum.progress.mailboxes += last.mailboxes;
            sum.progress.mailboxes_without_total += last.mailboxes_without_total;
            sum.counted += 1;
            sum.reported += u64::from(last.date == date);
        }
        programme.push(sum);
    }
    programme
}

/// How many mailboxes of all organisations are in sync; `None` where no figures are known.
pub(super) fn in_sync_of_all(organisations: &[OrganisationLine]) -> Option<String> {
    let figures = organisations
        .iter()
        .filter_map(|line| line.figures.as_ref());
    let figures: Vec<_> = figures.collect();
    let (mailboxes, in_sync) = figures.iter().fold((0, 0), |(all, done), one| {
        (all + one.mailboxes, done + one.in_sync_or_beyond)
    });
    (!figures.is_empty()).then(|| {
        format!(
            "{} of {} of {} ({}) are in sync or switched.",
            count(in_sync),
            counted(mailboxes, "mailbox", "mailboxes"),
            count_of(figures.len(), "organisation"),
            share(in_sync, mailboxes)
        )
    })
}

fn progress(
    today: NaiveDate,
    input: &SummaryInput<'_>,
    organisations: &[OrganisationLine],
) -> Section {
    let heading = "The programme so far";
    let days = programme_days(input);
    let Some(last) = days.last() else {
        let nobody = "No organisation reports items attempted and in total yet.";
        return Section::of_text(heading, &[nobody]);
    };
    let mut text: Vec<String> = in_sync_of_all(organisations).into_iter().collect();
    let (attempted, total) = (last.progress.attempted, last.progress.total);
    let without_total = last.progress.mailboxes_without_total;
    if without_total > 0 {
        text.push(format!(
            "{} not been counted yet and {} left out of the figures of items.",
            counted(without_total, "mailbox has", "mailboxes have"),
            if without_total == 1 { "is" } else { "are" }
        ));
    }
    if last.progress.date != today {
        text.push(format!(
            "The last day with exports was {}.",
            coming_day(last.progress.date)
        ));
    }
    let items = if without_total > 0 {
        "counted items"
    } else {
        "items"
    };
    // All of what was counted is not all.
    let of_all = match without_total > 0 && attempted == total {
        true => String::new(),
        false => format!(" ({})", share(attempted, total)),
    };
    let title = format!("{} {items} attempted{of_all}", part_of(attempted, total));
    let chart = (days.len() > 1).then(|| {
        let days = days.iter().map(|day| day.progress).collect();
        let drawing = Drawing::Progress { days };
        Chart::new("programme-progress", title, 260, drawing)
    });
    let table = Tabulation::of(days.iter().rev())
        .text("Day", |day| day.progress.date)
        .number("With exports", |day| {
            format!("{} of {}", count(day.reported), count(day.counted))
        })
        .number("Not counted", |day| day.progress.mailboxes_without_total)
        .headed("Mailboxes not counted")
        .only_if(days.iter().any(|day| day.progress.mailboxes_without_total > 0))
        .number("Attempted", |day| day.progress.attempted)
        .number("In total", |day| day.progress.total)
        .number("Share", |day| share(day.progress.attempted, day.progress.total))
        .latest_days(
            "Items by day, the latest first; where an organisation has no export of a day, its last one before stands in",
            LISTED_DAYS,
            " days.",
        );
    Section::new(heading, text, table).with_chart(chart)
}

fn switches(organisations: &[OrganisationLine]) -> Section {
    let days = calendar::coming(organisations);
    let table = Tabulation::of(&days)
        .text("Switch date", |(date, _)| coming_day(*date))
        .text("Organisations", |(_, switches)| codes(switches))
        .number("Collections", |(_, switches)| {
            sum(switches, |switch| switch.collections)
        })
        .number("Due", |(_, switches)| sum(switches, |switch| switch.due))
        .number("Ready", |(_, switches)| {
            let ready = sum(switches, |switch| switch.ready);
            let share = share(ready, sum(switches, |switch| switch.due));
            format!("{} ({share})", count(ready))
        })
        .number("Not ready", |(_, switches)| {
            sum(switches, |switch| switch.due - switch.ready)
        })
        .list(
            "Mailboxes to switch, by day; organisations with most that are not ready first",
            LISTED_DAYS,
            " days; all: workbook, sheet Switches.",
        );
    Section::new("Switches of the coming four weeks", Vec::new(), table)
        .or_alone("No mailbox is to switch in these weeks, as far as exports and schedules say.")
}

fn codes(switches: &[(&OrganisationLine, SwitchDay)]) -> String {
    let codes = switches.iter().map(|(line, _)| line.code_and_day());
    first_of(&codes.collect::<Vec<_>>(), NAMED)
}

fn sum(switches: &[(&OrganisationLine, SwitchDay)], of: fn(&SwitchDay) -> u64) -> u64 {
    switches.iter().map(|(_, switch)| of(switch)).sum()
}

pub(super) fn messages_by_state(
    messages: &DeliveryCounts,
    organisations: &[OrganisationLine],
) -> Section {
    let mut states: Vec<(DeliveryState, u64)> = messages.iter().collect();
    states.sort_by_key(|(state, _)| state.urgency());
    let sent = states.into_iter();
    let mut rows: Vec<(&str, String, u64)> = sent
        .map(|(state, number)| (state.label(), state.meaning().to_owned(), number))
        .collect();
    let mut skipped: BTreeMap<String, Vec<&OrganisationLine>> = BTreeMap::new();
    for line in organisations {
        let not_made = line.figures.iter().flat_map(|figures| &figures.not_made);
        let why = not_made.map(|one| format!("{}: {}", one.report.title(), one.reason));
        let closed =
            (!line.is_open()).then(|| "All reports: the organisation is closed".to_owned());
        for why in why.chain(closed) {
            skipped.entry(why).or_default().push(line);
        }
    }
    rows.extend(skipped.into_iter().map(|(why, lines)| {
        let meaning = format!("{why} ({})", super::summary_action::named(&lines));
        ("Skipped", meaning, lines.len() as u64)
    }));
    let table = Tabulation::of(&rows)
        .text("State", |(state, ..)| *state)
        .text("What it means", |(_, meaning, _)| meaning.clone())
        .number("Number", |(.., number)| *number)
        .table("Messages by the state of their delivery, and reports that were skipped");
    Section::new("What was sent, and what was not", Vec::new(), table)
        .or_alone("Nothing was sent, and nothing was skipped.")
}

fn how_to_read(expected: ExpectedRate) -> Section {
    Section::of_text(
        "How to read this",
        &[
            "“Accepted” means that the mail server took the message over, and that it is not known \
             to have come back.",
            &format!(
                "Failures are failed of attempted items, where about {} is expected. The verdict \
                 allows for failures that cluster in a few mailboxes; the funnel does not.",
                expected_one_in(expected)
            ),
            "Commands are run in the programme's folder; elsewhere add --settings FILE. Closed \
             organisations are in the workbook only.",
        ],
    )
}
