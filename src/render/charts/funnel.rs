use super::ChartProblem;
use super::axes::{DATES_LINE, Figures, LABEL, LINE, STRONG, apart};
use super::canvas::{Align, Area, Canvas};
use super::control_chart::draw_mark;
use crate::render::palette::{SECONDARY, TEXT};
use crate::report::{FunnelLimit, FunnelPoint, Mark, count};

/// The highest rate that is drawn, as a multiple of the expected one: what is beyond stands at the
/// edge, with its figure.
const TALLEST: f64 = 8.0;
/// The least that is drawn, so that a funnel without outliers has room.
const LEAST: f64 = 2.5;
/// Between two labels.
const BETWEEN: f64 = 4.0;
/// The height of a label at a point.
const LABEL_HEIGHT: f64 = 20.0;

/// Draws a point for each organisation by its attempted items, on a logarithmic axis, with limits
/// and expected rate.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    points: &[FunnelPoint],
    limits: &[FunnelLimit],
    expected: f64,
) -> Result<(), ChartProblem> {
    if !expected.is_finite() || expected <= 0.0 {
        return Err(ChartProblem::Expected(expected));
    }
    let (Some(first), Some(last)) = (limits.first(), limits.last()) else {
        return canvas.text(
            "No attempted items yet",
            (0.0, top + 20.0),
            Align::Left,
            LABEL,
            TEXT,
        );
    };
    // Of as many items that the expected rate is a whole figure: of 10,000 at 0.01%.
    let unit = 10_f64.powf((-expected.log10() - 1e-9).ceil());
    let caption = format!("Failed of {} attempted items", count(unit as u64));
    canvas.text_at_middle(&caption, (0.0, top + LINE / 2.0), Align::Left, LABEL, TEXT)?;

    let names = ["99.8%", "95%", "expected", "95%", "99.8%"];
    let beside = names
        .iter()
        .map(|name| canvas.fonts.width(name, STRONG))
        .fold(0.0, f64::max)
        + 8.0;
    let plot_bottom = canvas.height - 2.0 * DATES_LINE - 4.0;
    let plot_top = top + LINE + 12.0;
    let highest = points
        .iter()
        .map(|point| point.rate / expected)
        .fold(LEAST, f64::max)
        .min(TALLEST)
        * expected;
    let figures = Figures::new(highest * unit * 1.06, plot_top, plot_bottom);
    let written = |tick: f64| format!("{}", (tick * 1e6).round() / 1e6);
    let plot = Area {
        left: figures.label_width(canvas, written),
        top: plot_top,
        right: canvas.width - beside,
        bottom: plot_bottom,
    };
    figures.draw(canvas, plot, written)?;
    let items = Items {
        low: first.attempted as f64,
        high: last.attempted as f64,
        plot,
    };
    items.draw(canvas)?;

    let at = |attempted: u64, rate: f64| (items.at(attempted as f64), figures.at(rate * unit));
    let edge = highest * 1.06;
    let line = |of: fn(&FunnelLimit) -> f64| -> Vec<(f64, f64)> {
        limits
            .iter()
            .filter(|limit| of(limit) <= edge)
            .map(|limit| at(limit.attempted, of(limit)))
            .collect()
    };
    for inner in [
        line(|limit| limit.upper_inner),
        line(|limit| limit.lower_inner),
    ] {
        dashed(canvas, &inner)?;
    }
    for outer in [
        line(|limit| limit.upper_outer),
        line(|limit| limit.lower_outer),
    ]
    .iter()
    .filter(|outer| outer.len() > 1)
    {
        canvas.path(outer, 1.5, SECONDARY)?;
    }
    let expected_at = figures.at(expected * unit);
    canvas.line(
        (plot.left, expected_at),
        (plot.right, expected_at),
        2.0,
        TEXT,
    )?;
    for point in points {
        draw_mark(
            canvas,
            at(point.attempted, point.rate),
            point.mark,
            if point.mark == Mark::Usual { 4.0 } else { 5.5 },
        )?;
    }
    draw_labels(canvas, plot, points, &at, edge)?;
    let heights = [
        last.upper_outer,
        last.upper_inner,
        expected,
        last.lower_inner,
        last.lower_outer,
    ]
    .map(|rate| figures.at(rate * unit));
    for (name, middle) in names
        .iter()
        .zip(apart(&heights, 22.0, plot.top - 8.0, plot.bottom + 2.0))
    {
        let face = if *name == "expected" { STRONG } else { LABEL };
        canvas.text_at_middle(name, (plot.right + 6.0, middle), Align::Left, face, TEXT)?;
    }
    Ok(())
}

/// A line of several parts in dashes: of the parts, every other pair is left out.
fn dashed(canvas: &Canvas<'_>, line: &[(f64, f64)]) -> Result<(), ChartProblem> {
    line.chunks(4)
        .filter(|part| part.len() > 2)
        .try_for_each(|part| canvas.path(part.get(..3).unwrap_or(part), 1.25, SECONDARY))
}

/// Writes codes beside the points that stand out, the highest first, where there is room.
fn draw_labels(
    canvas: &Canvas<'_>,
    plot: Area,
    points: &[FunnelPoint],
    at: &impl Fn(u64, f64) -> (f64, f64),
    edge: f64,
) -> Result<(), ChartProblem> {
    let mut outliers: Vec<&FunnelPoint> = points
        .iter()
        .filter(|point| point.mark != Mark::Usual)
        .collect();
    outliers.sort_by(|one, other| {
        (other.mark == Mark::Above, other.rate)
            .partial_cmp(&(one.mark == Mark::Above, one.rate))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut taken: Vec<Area> = outliers
        .iter()
        .map(|point| {
            let (x, y) = at(point.attempted, point.rate);
            Area {
                left: x - 5.5,
                top: y - 5.5,
                right: x + 5.5,
                bottom: y + 5.5,
            }
        })
        .collect();
    for point in outliers {
        let (x, y) = at(point.attempted, point.rate);
        let text = if point.rate > edge {
            format!(
                "{}: 1 in {}",
                point.label,
                count((1.0 / point.rate).round() as u64)
            )
        } else {
            point.label.clone()
        };
        let width = canvas.fonts.width(&text, STRONG);
        let area = |left: f64, middle: f64| Area {
            left,
            top: middle - LABEL_HEIGHT / 2.0,
            right: left + width,
            bottom: middle + LABEL_HEIGHT / 2.0,
        };
        let places = [
            area(x + 11.0, y),
            area(x - 11.0 - width, y),
            area(x - width / 2.0, y - 19.0),
            area(x - width / 2.0, y + 19.0),
        ];
        let is_free = |place: &&Area| {
            place.left >= plot.left
                && place.right <= plot.right
                && place.top >= plot.top - LABEL_HEIGHT
                && place.bottom <= plot.bottom
                && taken.iter().all(|other| {
                    other.right + BETWEEN <= place.left
                        || other.left >= place.right + BETWEEN
                        || other.bottom <= place.top
                        || other.top >= place.bottom
                })
        };
        // Without room it stands in the table.
        let Some(place) = places.iter().find(is_free).copied() else {
            continue;
        };
        canvas.text_at_middle(
            &text,
            (place.left, f64::midpoint(place.top, place.bottom)),
            Align::Left,
            STRONG,
            TEXT,
        )?;
        taken.push(place);
    }
    Ok(())
}

/// Attempted items from left to right, on a logarithmic scale.
struct Items {
    low: f64,
    high: f64,
    plot: Area,
}

impl Items {
    fn at(&self, attempted: f64) -> f64 {
        let span = (self.high / self.low).ln().max(f64::MIN_POSITIVE);
        self.plot.left
            + ((attempted / self.low).ln() / span).clamp(0.0, 1.0)
                * (self.plot.right - self.plot.left)
    }

    /// Writes powers of ten below the plot; where fewer than two are within it, twice and five
    /// times them too.
    fn draw(&self, canvas: &Canvas<'_>) -> Result<(), ChartProblem> {
        let Area {
            left,
            right,
            bottom,
            ..
        } = self.plot;
        canvas.line((left, bottom), (right, bottom), 1.0, SECONDARY)?;
        let powers = |steps: &[f64]| -> Vec<f64> {
            let all =
                (0..16).flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
            all.filter(|figure| (self.low..=self.high).contains(figure))
                .collect()
        };
        let whole = powers(&[1.0]);
        let ticks = if whole.len() >= 2 {
            whole
        } else {
            powers(&[1.0, 2.0, 5.0])
        };
        let mut free = 0.0;
        for tick in ticks {
            let (x, text) = (self.at(tick), figure(tick));
            let width = canvas.fonts.width(&text, LABEL);
            canvas.line((x, bottom), (x, bottom + 4.0), 1.0, SECONDARY)?;
            let start = (x - width / 2.0).clamp(0.0, (canvas.width - width).max(0.0));
            if start < free {
                continue;
            }
            free = start + width + 12.0;
            canvas.text_at_middle(
                &text,
                (start, bottom + DATES_LINE / 2.0 + 2.0),
                Align::Left,
                LABEL,
                TEXT,
            )?;
        }
        let caption = "Attempted items, logarithmic scale";
        canvas.text_at_middle(
            caption,
            (right, bottom + DATES_LINE * 1.5 + 2.0),
            Align::Right,
            LABEL,
            TEXT,
        )
    }
}

/// “10,000”, “10 million”
fn figure(number: f64) -> String {
    if number >= 1e6 {
        format!("{} million", count((number / 1e6).round() as u64))
    } else {
        count(number.round() as u64)
    }
}
