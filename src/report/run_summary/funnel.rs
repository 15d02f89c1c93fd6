//! Failure rates of all organisations round the expected one.

use super::super::drawing::{Chart, Drawing, FunnelPoint, Mark};
use super::super::model::{Section, Table};
use super::super::tabulation::Tabulation;
use super::super::wording::{expected_one_in, percentage};
use super::{OrganisationFigures, OrganisationLine};
use crate::domain::ExpectedRate;
use crate::domain::plural::{count, count_of};
use crate::metrics::{FunnelLimits, beyond_the_funnel, funnel_limits};

/// Organisations that are listed by their figures, those that stand out first.
const LISTED_RATES: usize = 12;
/// Places between the fewest and the most attempted items at which limits are drawn.
const LIMIT_PLACES: u32 = 120;

/// An organisation as the funnel shows it, and its figures.
type PlacedOrganisation<'a> = (FunnelPoint, &'a OrganisationFigures);

/// Failure rates by attempted items, round the expected rate: Spiegelhalter 2005.
pub(super) fn funnel(organisations: &[OrganisationLine], expected: ExpectedRate) -> Section {
    let heading = "Failure rates of all organisations";
    let points: Vec<PlacedOrganisation<'_>> = organisations
        .iter()
        .filter_map(|line| funnel_point(line, expected))
        .collect();
    if points.is_empty() {
        return Section::of_text(heading, &["No organisation reports attempted items yet."]);
    }
    let text = format!(
        "Each point is an organisation. Where about {} fail, chance alone leaves 95% of \
         organisations within the inner limits and 99.8% within the outer ones.",
        expected_one_in(expected)
    );
    Section::new(heading, vec![text], by_rate(&points, expected))
        .with_chart(funnel_chart(points, expected))
}

fn funnel_point(line: &OrganisationLine, expected: ExpectedRate) -> Option<PlacedOrganisation<'_>> {
    let figures = line.figures.as_ref()?;
    let point = FunnelPoint {
        label: line.code_text().to_owned(),
        attempted: figures.rate.attempted,
        rate: figures.rate.fraction()?,
        mark: beyond_the_funnel(figures.rate, expected).into(),
    };
    Some((point, figures))
}

/// Those beyond the limits first, then by rate, the highest first.
fn by_rate(points: &[PlacedOrganisation<'_>], expected: ExpectedRate) -> Table {
    let mut listed: Vec<&PlacedOrganisation<'_>> = points.iter().collect();
    let is_usual = |(point, _): &PlacedOrganisation<'_>| point.mark == Mark::Usual;
    listed.sort_by(|one, other| {
        is_usual(one)
            .cmp(&is_usual(other))
            .then(other.0.rate.total_cmp(&one.0.rate))
    });
    Tabulation::of(listed)
        .text("Organisation", |(point, _)| point.label.clone())
        .number("Failed", |(_, figures)| figures.rate.failed)
        .number("Attempted", |(_, figures)| figures.rate.attempted)
        .number("Rate", |(_, figures)| percentage(figures.rate))
        .number("99.8% limits", move |(point, _)| {
            let limits = funnel_limits(point.attempted, expected);
            let (lower, upper) = (limits.lower_outer * 100.0, limits.upper_outer * 100.0);
            format!("{lower:.4}% to {upper:.4}%")
        })
        .text("Verdict", |(_, figures)| figures.verdict_in_words())
        .list(
            "Organisations by failure rate, those beyond the outer limits first",
            LISTED_RATES,
            "; all: workbook, sheet Organisations.",
        )
}

fn funnel_chart(points: Vec<PlacedOrganisation<'_>>, expected: ExpectedRate) -> Chart {
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
        (0, 0) if points.len() == 1 => "The organisation is within what chance explains".to_owned(),
        (0, 0) => format!("All {all} are within what chance explains"),
        (0, below) => format!(
            "{} of {all} below what chance explains, none above",
            count(below)
        ),
        (above, _) => format!("{} of {all} above what chance explains", count(above)),
    }
}

/// Limits at places that are equally far apart on a logarithmic scale, a little beyond both ends.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)] // positive, below 2^53
fn limits(fewest: u64, most: u64, expected: ExpectedRate) -> Vec<FunnelLimits> {
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
    let limits = places
        .into_iter()
        .map(|attempted| funnel_limits(attempted, expected));
    limits.collect()
}
