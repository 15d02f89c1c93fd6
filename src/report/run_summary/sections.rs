//! The sections of the email: organisations, funnel, progress, switches, what was not sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::super::wording::{
    coming_day, count, counted, expected_one_in, large_count, list, one_in, percentage, share,
};
use super::super::{
    Chart, Column, Cut, Drawing, FunnelLimit, FunnelPoint, Mark, ProgressDay, Section, Table,
    Tabulation,
};
use super::{OrganisationLine, SummaryInput, SwitchDay};
use crate::domain::{DeliveryCounts, DeliveryState, ExpectedRate, Stage};
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
    if open.is_empty() {
        return words(
            "Organisations, worst first",
            "The register lists no organisation that is not closed.",
        );
    }
    let row = |line: &&OrganisationLine| {
        let (accepted, all) = line.accepted_of();
        let (verdict, rate, in_sync, not_ready) = match &line.figures {
            Some(figures) => (
                figures.verdict.label().to_owned(),
                one_in(figures.rate),
                share(figures.in_sync_or_beyond, figures.mailboxes),
                if figures.due == 0 {
                    "None due".to_owned()
                } else {
                    format!(
                        "{} of {}",
                        count(figures.due - figures.ready),
                        count(figures.due)
                    )
                },
            ),
            None => ["Not known"; 4].map(str::to_owned).into(),
        };
        vec![
            format!("{} {}", line.code_text(), line.name),
            line.state.label().to_owned(),
            if all == 0 {
                "None".to_owned()
            } else {
                format!("{} of {}", count(accepted), count(all))
            },
            verdict,
            rate,
            in_sync,
            not_ready,
        ]
    };
    let shown = open.len().min(LISTED);
    let cut = Cut::of_list(
        shown,
        open.len(),
        "; all are in the workbook, sheet Organisations, and in the archive's page of the day.",
    );
    Section {
        heading: "Organisations, worst first".to_owned(),
        text: Vec::new(),
        chart: None,
        table: Some(Table {
            caption:
                "Those with deliveries to see to, then by verdict, then by mailboxes that are \
             not ready"
                    .to_owned(),
            columns: vec![
                Column::text("Organisation"),
                Column::text("Reports"),
                Column::number("Accepted"),
                Column::text("Verdict"),
                Column::number("Failures"),
                Column::number("In sync"),
                Column::number("Not ready, 7 days"),
            ],
            rows: open.iter().take(LISTED).map(row).collect(),
            cut,
        }),
    }
}

/// Failure rates by attempted items, round the expected rate: Spiegelhalter 2005.
fn funnel(organisations: &[OrganisationLine], expected: ExpectedRate) -> Section {
    let heading = "Failure rates of all organisations";
    let mut points: Vec<(FunnelPoint, &OrganisationLine)> = organisations
        .iter()
        .filter_map(|line| {
            let rate = line.figures.as_ref()?.rate;
            let mark = match beyond_the_funnel(rate, expected) {
                Some(Side::Above) => Mark::Above,
                Some(Side::Below) => Mark::Below,
                None => Mark::Usual,
            };
            Some((
                FunnelPoint {
                    label: line.code_text().to_owned(),
                    attempted: rate.attempted,
                    rate: rate.fraction()?,
                    mark,
                },
                line,
            ))
        })
        .collect();
    if points.is_empty() {
        return words(heading, "No organisation reports attempted items yet.");
    }
    let of = |mark: Mark| {
        points
            .iter()
            .filter(|(point, _)| point.mark == mark)
            .count() as u64
    };
    let (above, below, all) = (of(Mark::Above), of(Mark::Below), points.len() as u64);
    let title = match (above, below) {
        (0, 0) => format!(
            "All {} are within what chance explains",
            counted(all, "organisation", "organisations")
        ),
        (0, below) => {
            format!(
                "{} of {} below what chance explains, none above",
                count(below),
                counted(all, "organisation", "organisations")
            )
        }
        (above, _) => format!(
            "{} of {} above what chance explains",
            count(above),
            counted(all, "organisation", "organisations")
        ),
    };
    let mut listed: Vec<&(FunnelPoint, &OrganisationLine)> = points.iter().collect();
    let is_usual = |(point, _): &(FunnelPoint, &OrganisationLine)| point.mark == Mark::Usual;
    listed.sort_by(|one, other| {
        is_usual(one)
            .cmp(&is_usual(other))
            .then(other.0.rate.total_cmp(&one.0.rate))
    });
    let rows: Vec<Vec<String>> = listed
        .iter()
        .filter_map(|(point, line)| {
            let figures = line.figures.as_ref()?;
            let limits = funnel_limits(point.attempted, expected);
            let percent = |fraction: f64| format!("{:.4}%", fraction * 100.0);
            Some(vec![
                point.label.clone(),
                match point.mark {
                    Mark::Above => "Above",
                    Mark::Below => "Below",
                    Mark::Usual => "Within",
                }
                .to_owned(),
                count(figures.rate.failed),
                count(figures.rate.attempted),
                percentage(figures.rate),
                format!(
                    "{} to {}",
                    percent(limits.lower_outer),
                    percent(limits.upper_outer)
                ),
                figures.verdict.label().to_owned(),
            ])
        })
        .collect();
    let cut = Cut::of_list(
        rows.len().min(LISTED_RATES),
        rows.len(),
        "; all are in the workbook, sheet Organisations.",
    );
    let table = (!rows.is_empty()).then(|| Table {
        caption: "Organisations by failure rate, those beyond the outer limits first".to_owned(),
        columns: vec![
            Column::text("Organisation"),
            Column::text("Side"),
            Column::number("Failed"),
            Column::number("Attempted"),
            Column::number("Rate"),
            Column::number("99.8% limits"),
            Column::text("Verdict"),
        ],
        rows: rows.into_iter().take(LISTED_RATES).collect(),
        cut,
    });
    let (fewest, most) = points
        .iter()
        .fold((u64::MAX, 1), |(fewest, most), (point, _)| {
            (fewest.min(point.attempted), most.max(point.attempted))
        });
    // Those that stand out are drawn over the others.
    points.sort_by_key(|(point, _)| point.mark != Mark::Usual);
    Section {
        heading: heading.to_owned(),
        text: vec![format!(
            "Each point is an organisation. Where about {} fail, chance alone leaves 95% of \
             organisations within the inner limits and 99.8% within the outer ones.",
            expected_one_in(expected)
        )],
        chart: Some(Chart::new(
            "failure-rates",
            title,
            380,
            Drawing::Funnel {
                points: points.into_iter().map(|(point, _)| point).collect(),
                limits: limits(fewest, most, expected),
                expected: expected.fraction(),
            },
        )),
        table,
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
        counted(figures.len() as u64, "organisation", "organisations")
    )];
    if last.reported < last.counted || last.progress.date != today {
        text.push(format!(
            "Of {}, the last figures before stand in for those of the last day.",
            counted(
                last.counted - last.reported,
                "organisation",
                "organisations"
            )
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
    let row = |(date, switches): (&NaiveDate, &Vec<(&OrganisationLine, SwitchDay)>)| {
        let (collections, due, ready) =
            switches
                .iter()
                .fold((0, 0, 0), |(collections, due, ready), (_, switch)| {
                    (
                        collections + switch.collections,
                        due + switch.due,
                        ready + switch.ready,
                    )
                });
        let mut codes: Vec<String> = switches
            .iter()
            .take(NAMED)
            .map(|(line, _)| line.code_text().to_owned())
            .collect();
        if switches.len() > NAMED {
            codes.push(format!("{} more", count((switches.len() - NAMED) as u64)));
        }
        vec![
            coming_day(*date),
            list(&codes),
            count(collections),
            count(due),
            format!("{} ({})", count(ready), share(ready, due)),
            count(due - ready),
        ]
    };
    let cut = Cut::of_list(
        days.len().min(LISTED_DAYS),
        days.len(),
        " days; all are in the workbook, sheet Switches.",
    );
    Section {
        heading: heading.to_owned(),
        text: Vec::new(),
        chart: None,
        table: Some(Table {
            caption:
                "Mailboxes to switch, by day; organisations with most that are not ready first"
                    .to_owned(),
            columns: vec![
                Column::text("Switch date"),
                Column::text("Organisations"),
                Column::number("Collections"),
                Column::number("Due"),
                Column::number("Ready"),
                Column::number("Not ready"),
            ],
            rows: days.iter().take(LISTED_DAYS).map(row).collect(),
            cut,
        }),
    }
}

fn messages_by_state(messages: &DeliveryCounts, organisations: &[OrganisationLine]) -> Section {
    let mut states: Vec<(DeliveryState, u64)> = messages.iter().collect();
    states.sort_by_key(|(state, _)| state.urgency());
    let mut rows: Vec<Vec<String>> = states
        .into_iter()
        .map(|(state, number)| {
            vec![
                state.label().to_owned(),
                state.meaning().to_owned(),
                count(number),
            ]
        })
        .collect();
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
    for (why, lines) in skipped {
        rows.push(vec![
            "Skipped".to_owned(),
            format!("{why} ({})", super::actions::named(&lines)),
            count(lines.len() as u64),
        ]);
    }
    if rows.is_empty() {
        return words(
            "What was sent, and what was not",
            "Nothing was sent, and nothing was skipped.",
        );
    }
    Section {
        heading: "What was sent, and what was not".to_owned(),
        text: Vec::new(),
        chart: None,
        table: Some(Table {
            caption: "Messages by the state of their delivery, and reports that were skipped"
                .to_owned(),
            columns: vec![
                Column::text("State"),
                Column::text("What it means"),
                Column::number("Number"),
            ],
            rows,
            cut: None,
        }),
    }
}

fn how_to_read(expected: ExpectedRate) -> Section {
    Section {
        heading: "How to read this".to_owned(),
        text: vec![
            "“Accepted” means that the mail server took the message over, or that it lies in the \
             outbox."
                .to_owned(),
            format!(
                "Failures are failed of attempted items, where about {} is expected. The verdict \
                 allows for failures that cluster in a few mailboxes; the funnel does not.",
                expected_one_in(expected)
            ),
            "Commands are for the programme's folder; elsewhere add --settings FILE. Closed \
             organisations are in the workbook only."
                .to_owned(),
        ],
        chart: None,
        table: None,
    }
}
