//! The sections of the email: organisations, funnel, progress, switches, what was not sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::super::wording::{
    coming_day, expected_one_in, first_of, large_count, one_in, percentage, share,
};
use super::super::{
    Cell, Chart, Drawing, FunnelLimit, FunnelPoint, Mark, ProgressDay, Section, Table, Tabulation,
};
use super::{NOT_KNOWN, OrganisationFigures, OrganisationLine, SummaryInput, SwitchDay};
use crate::domain::plural::{count, count_of, counted};
use crate::domain::{DeliveryCounts, DeliveryState, ExpectedRate, Stage, Verdict};
use crate::metrics::{Side, beyond_the_funnel, funnel_limits};

/// Organisations that the email lists; workbook and page have all.
const LISTED: usize = 25;
/// Organisations beside the funnel that are listed by their figures, those that stand out first.
const LISTED_RATES: usize = 12;
/// Days that the tables of progress and of switches have.
const LISTED_DAYS: usize = 10;
/// Organisations that a cell names; the others are counted.
const NAMED: usize = 6;
/// Places between the fewest and the most attempted items at which limits are drawn.
const LIMIT_PLACES: u32 = 120;

pub(super) fn sections(
    input: &SummaryInput<'_>,
    organisations: &[OrganisationLine],
    messages: &DeliveryCounts,
    expected: ExpectedRate,
) -> Vec<Section> {
    vec![
        worst_first(organisations),
        funnel(organisations, expected),
        progress(input.report_date.day(), input, organisations),
        switches(organisations),
        messages_by_state(messages, organisations),
        how_to_read(expected),
    ]
}

fn words(heading: &str, text: &str) -> Section {
    Section::of_text(heading, &[text])
}

fn worst_first(organisations: &[OrganisationLine]) -> Section {
    let open: Vec<&OrganisationLine> = organisations
        .iter()
        .filter(|line| line.stage != Some(Stage::Closed))
        .collect();
    let heading = "Organisations, worst first";
    if open.is_empty() {
        return words(
            heading,
            "The register lists no organisation that is not closed.",
        );
    }
    let table = by_organisation(open).list(
        "Those with deliveries to see to, then by verdict, then by mailboxes that are not ready",
        LISTED,
        "; all are in the workbook, sheet Organisations, and in the archive's page of the day.",
    );
    Section::new(heading, Vec::new(), table)
}

/// Organisations, for the email and the workbook.
pub(super) fn by_organisation<'a>(
    lines: impl IntoIterator<Item = &'a OrganisationLine>,
) -> Tabulation<'a, &'a OrganisationLine> {
    Tabulation::of(lines)
        .column("Code", 11.0, |line| Cell::Text(line.code_text().into()))
        .text("Organisation", |line| Cell::Text((&line.name).into()))
        .wide(34.0)
        .naming_rows()
        .printed(|line| format!("{} {}", line.code_text(), line.name))
        .column("Stage", 16.0, |line| {
            line.stage
                .map_or(Cell::NotReported, |stage| stage.label().into())
        })
        .text("Reports", |line| line.state.label())
        .wide(22.0)
        .number("Accepted", accepted)
        .column("Messages accepted", 13.0, |line| line.accepted_of().0)
        .column("Messages", 12.0, |line| line.accepted_of().1)
        .text("Verdict", |line| {
            line.verdict()
                .map_or(Cell::NotReported, |verdict| verdict.label().into())
        })
        .wide(22.0)
        .printed(|line| line.verdict().map_or(NOT_KNOWN, Verdict::label).to_owned())
        .number("Failures", |line| {
            known(line, |figures| one_in(figures.rate))
        })
        .figure("Items failed", 12.0, |figures| figures.rate.failed)
        .figure("Items attempted", 13.0, |figures| figures.rate.attempted)
        .column("Failure rate", 12.0, |line| {
            Cell::rate(line.figures.as_ref().map(|figures| figures.rate))
        })
        .figure("Mailboxes", 12.0, |figures| figures.mailboxes)
        .figure("In sync or switched", 13.0, |figures| {
            figures.in_sync_or_beyond
        })
        .number("In sync", |line| known(line, in_sync))
        .figure("Stopped or failed", 13.0, |figures| figures.halted)
        .figure("Due in 7 days", 12.0, |figures| figures.due)
        .figure("Not ready", 12.0, |figures| figures.due - figures.ready)
        .number("Not ready, 7 days", |line| known(line, not_ready))
        .figure("Past the switch date", 13.0, |figures| figures.waiting)
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
        self.column(heading, width, move |line| line.figures.as_ref().map(of))
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

/// An organisation as the funnel shows it, and its figures.
type Point<'a> = (FunnelPoint, &'a OrganisationFigures);

/// Failure rates by attempted items, round the expected rate: Spiegelhalter 2005.
fn funnel(organisations: &[OrganisationLine], expected: ExpectedRate) -> Section {
    let heading = "Failure rates of all organisations";
    let points: Vec<Point<'_>> = organisations
        .iter()
        .filter_map(|line| funnel_point(line, expected))
        .collect();
    if points.is_empty() {
        return words(heading, "No organisation reports attempted items yet.");
    }
    let text = format!(
        "Each point is an organisation. Where about {} fail, chance alone leaves 95% of \
         organisations within the inner limits and 99.8% within the outer ones.",
        expected_one_in(expected)
    );
    Section::new(heading, vec![text], by_rate(&points, expected))
        .with_chart(funnel_chart(points, expected))
}

fn funnel_point(line: &OrganisationLine, expected: ExpectedRate) -> Option<Point<'_>> {
    let figures = line.figures.as_ref()?;
    let point = FunnelPoint {
        label: line.code_text().to_owned(),
        attempted: figures.rate.attempted,
        rate: figures.rate.fraction()?,
        mark: match beyond_the_funnel(figures.rate, expected) {
            Some(Side::Above) => Mark::Above,
            Some(Side::Below) => Mark::Below,
            None => Mark::Usual,
        },
    };
    Some((point, figures))
}

/// Those beyond the limits first, then by rate, the highest first.
fn by_rate(points: &[Point<'_>], expected: ExpectedRate) -> Table {
    let mut listed: Vec<&Point<'_>> = points.iter().collect();
    let is_usual = |(point, _): &Point<'_>| point.mark == Mark::Usual;
    listed.sort_by(|one, other| {
        is_usual(one)
            .cmp(&is_usual(other))
            .then(other.0.rate.total_cmp(&one.0.rate))
    });
    Tabulation::of(listed)
        .text("Organisation", |(point, _)| point.label.clone())
        .text("Side", |(point, _)| match point.mark {
            Mark::Above => "Above",
            Mark::Below => "Below",
            Mark::Usual => "Within",
        })
        .number("Failed", |(_, figures)| figures.rate.failed)
        .number("Attempted", |(_, figures)| figures.rate.attempted)
        .number("Rate", |(_, figures)| percentage(figures.rate))
        .number("99.8% limits", move |(point, _)| {
            let limits = funnel_limits(point.attempted, expected);
            let (lower, upper) = (limits.lower_outer * 100.0, limits.upper_outer * 100.0);
            format!("{lower:.4}% to {upper:.4}%")
        })
        .text("Verdict", |(_, figures)| figures.verdict.label())
        .list(
            "Organisations by failure rate, those beyond the outer limits first",
            LISTED_RATES,
            "; all are in the workbook, sheet Organisations.",
        )
}

fn funnel_chart(points: Vec<Point<'_>>, expected: ExpectedRate) -> Chart {
    let mut points: Vec<FunnelPoint> = points.into_iter().map(|(point, _)| point).collect();
    let title = funnel_title(&points);
    let attempted = || points.iter().map(|point| point.attempted);
    let (fewest, most) = (attempted().min(), attempted().max());
    let limits = limits(fewest.unwrap_or(1), most.unwrap_or(1), expected);
    // Those that stand out are drawn over the others.
    points.sort_by_key(|point| point.mark != Mark::Usual);
    let drawing = Drawing::Funnel {
        points,
        limits,
        expected: expected.fraction(),
    };
    Chart::new("failure-rates", title, 380, drawing)
}

fn funnel_title(points: &[FunnelPoint]) -> String {
    let of = |mark: Mark| points.iter().filter(|point| point.mark == mark).count() as u64;
    let all = count_of(points.len(), "organisation");
    match (of(Mark::Above), of(Mark::Below)) {
        (0, 0) => format!("All {all} are within what chance explains"),
        (0, below) => {
            format!(
                "{} of {all} below what chance explains, none above",
                count(below)
            )
        }
        (above, _) => format!("{} of {all} above what chance explains", count(above)),
    }
}

/// Limits at places that are equally far apart on a logarithmic scale, a little beyond both ends.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)] // positive, below 2^53
fn limits(fewest: u64, most: u64, expected: ExpectedRate) -> Vec<FunnelLimit> {
    let (low, high) = (
        (fewest as f64 / 1.3).max(1.0).ln(),
        (most as f64 * 1.3).max(10.0).ln(),
    );
    let mut places: Vec<u64> = (0..=LIMIT_PLACES)
        .map(|place| {
            (low + (high - low) * f64::from(place) / f64::from(LIMIT_PLACES))
                .exp()
                .round() as u64
        })
        .filter(|attempted| *attempted > 0)
        .collect();
    places.dedup();
    let limit = |attempted| {
        let limits = funnel_limits(attempted, expected);
        FunnelLimit {
            attempted,
            lower_outer: limits.lower_outer,
            lower_inner: limits.lower_inner,
            upper_inner: limits.upper_inner,
            upper_outer: limits.upper_outer,
        }
    };
    places.into_iter().map(limit).collect()
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
    let mut places = vec![0_usize; histories.len()];
    let mut programme = Vec::with_capacity(dates.len());
    for date in dates {
        let mut sum = ProgrammeDay {
            progress: ProgressDay {
                date,
                attempted: 0,
                total: 0,
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
            sum.counted += 1;
            sum.reported += u64::from(last.date == date);
        }
        programme.push(sum);
    }
    programme
}

fn progress(
    today: NaiveDate,
    input: &SummaryInput<'_>,
    organisations: &[OrganisationLine],
) -> Section {
    let heading = "The programme so far";
    let days = programme_days(input);
    let Some(last) = days.last() else {
        return words(
            heading,
            "No organisation reports items attempted and in total yet.",
        );
    };
    let figures: Vec<_> = organisations
        .iter()
        .filter_map(|line| line.figures.as_ref())
        .collect();
    let (mailboxes, in_sync) = figures.iter().fold((0, 0), |(all, done), one| {
        (all + one.mailboxes, done + one.in_sync_or_beyond)
    });
    let mut text = vec![format!(
        "{} of {} ({}) are in sync or switched, of {} with figures of this day.",
        count(in_sync),
        counted(mailboxes, "mailbox", "mailboxes"),
        share(in_sync, mailboxes),
        count_of(figures.len(), "organisation")
    )];
    if last.reported < last.counted || last.progress.date != today {
        text.push(format!(
            "Of {}, the last figures before stand in for those of the last day.",
            count_of(last.counted - last.reported, "organisation")
        ));
    }
    let title = format!(
        "{} of {} items attempted ({})",
        large_count(last.progress.attempted),
        large_count(last.progress.total),
        share(last.progress.attempted, last.progress.total)
    );
    let chart = (days.len() > 1).then(|| {
        let days = days.iter().map(|day| day.progress).collect();
        let drawing = Drawing::Progress {
            days,
            forecast: Vec::new(),
            switches: Vec::new(),
        };
        Chart::new("programme-progress", title, 260, drawing)
    });
    let table = Tabulation::of(days.iter().rev())
        .text("Day", |day| day.progress.date)
        .number("Organisations", |day| day.reported)
        .number("Attempted", |day| day.progress.attempted)
        .number("In total", |day| day.progress.total)
        .number("Share", |day| {
            share(day.progress.attempted, day.progress.total)
        })
        .latest_days(
            "Items of all organisations by day, the latest first",
            LISTED_DAYS,
            " days.",
        );
    Section::new(heading, text, table).with_chart(chart)
}

/// Switches of all organisations by day.
pub(super) fn calendar(
    organisations: &[OrganisationLine],
) -> BTreeMap<NaiveDate, Vec<(&OrganisationLine, SwitchDay)>> {
    let mut days: BTreeMap<NaiveDate, Vec<(&OrganisationLine, SwitchDay)>> = BTreeMap::new();
    for line in organisations {
        for switch in line.figures.iter().flat_map(|figures| &figures.switches) {
            days.entry(switch.date).or_default().push((line, *switch));
        }
    }
    // Whoever has most that is not ready comes first.
    for switches in days.values_mut() {
        switches.sort_by_key(|(line, switch)| {
            (
                std::cmp::Reverse(switch.due - switch.ready),
                line.code_text().to_owned(),
            )
        });
    }
    days
}

fn switches(organisations: &[OrganisationLine]) -> Section {
    let heading = "Switches of the coming four weeks";
    let days = calendar(organisations);
    if days.is_empty() {
        return words(
            heading,
            "No mailbox is to switch in these weeks, as far as exports and schedules say.",
        );
    }
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
            " days; all are in the workbook, sheet Switches.",
        );
    Section::new(heading, Vec::new(), table)
}

fn codes(switches: &[(&OrganisationLine, SwitchDay)]) -> String {
    let codes = switches.iter().map(|(line, _)| line.code_text().to_owned());
    first_of(&codes.collect::<Vec<_>>(), NAMED)
}

fn sum(switches: &[(&OrganisationLine, SwitchDay)], of: fn(&SwitchDay) -> u64) -> u64 {
    switches.iter().map(|(_, switch)| of(switch)).sum()
}

fn messages_by_state(messages: &DeliveryCounts, organisations: &[OrganisationLine]) -> Section {
    let mut states: Vec<(DeliveryState, u64)> = messages.iter().collect();
    states.sort_by_key(|(state, _)| state.urgency());
    let rows = states.into_iter().map(|(state, number)| {
        let meaning = state.meaning().to_owned();
        (state.label(), meaning, number)
    });
    let mut rows: Vec<(&'static str, String, u64)> = rows.collect();
    let mut skipped: BTreeMap<String, Vec<&OrganisationLine>> = BTreeMap::new();
    for line in organisations {
        for not_made in line.figures.iter().flat_map(|figures| &figures.not_made) {
            skipped
                .entry(format!("{}: {}", not_made.report.title(), not_made.reason))
                .or_default()
                .push(line);
        }
        if line.stage == Some(Stage::Closed) {
            skipped
                .entry("All reports: the organisation is closed".to_owned())
                .or_default()
                .push(line);
        }
    }
    rows.extend(skipped.into_iter().map(|(why, lines)| {
        let meaning = format!("{why} ({})", super::actions::named(&lines));
        ("Skipped", meaning, lines.len() as u64)
    }));
    let heading = "What was sent, and what was not";
    if rows.is_empty() {
        return words(heading, "Nothing was sent, and nothing was skipped.");
    }
    let table = Tabulation::of(&rows)
        .text("State", |(state, ..)| *state)
        .text("What it means", |(_, meaning, _)| meaning.clone())
        .number("Number", |(.., number)| *number)
        .table("Messages by the state of their delivery, and reports that were skipped");
    Section::new(heading, Vec::new(), table)
}

fn how_to_read(expected: ExpectedRate) -> Section {
    Section::of_text(
        "How to read this",
        &[
            "“Accepted” means that the mail server took the message over, or that it lies in the \
             outbox.",
            &format!(
                "Failures are failed of attempted items, where about {} is expected. The verdict \
                 allows for failures that cluster in a few mailboxes; the funnel does not.",
                expected_one_in(expected)
            ),
            "Commands are for the programme's folder; elsewhere add --settings FILE. Closed \
             organisations are in the workbook only.",
        ],
    )
}
