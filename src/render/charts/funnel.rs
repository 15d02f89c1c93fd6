use super::ChartProblem;
use super::axes::{
    DATES_LINE, FigureAxis, LABEL, LINE, STRONG, draw_tick, items_of_a_rate, rate_figure,
    write_beside,
};
use super::canvas::{Align, Area, Canvas, Drawn, Point};
use super::control_chart::draw_mark;
use crate::domain::plural::count;
use crate::metrics::FunnelLimits;
use crate::render::palette::{SECONDARY, TEXT, WHITE};
use crate::report::{FunnelPoint, Mark};

/// The highest rate that is drawn, as a multiple of the expected one: what is beyond stands at the
/// edge, with its figure.
const TALLEST: f64 = 8.0;
/// The least that is drawn, so that a funnel without outliers has room.
const LEAST: f64 = 2.5;
/// Between two labels.
const BETWEEN: f64 = 4.0;
/// Where there are no more points, all are named.
const ALL_NAMED: usize = 12;
/// The height of a label at a point.
const LABEL_HEIGHT: f64 = 20.0;
/// What the line in the middle is called.
const EXPECTED: &str = "expected";
/// The widths of the inner limits and of the outer ones.
const INNER: f64 = 1.25;
const OUTER: f64 = 1.5;
/// What the limits are called, from the right, and whether they are dashed.
const KEYS: [(&str, bool); 2] = [("95% limits", true), ("99.8% limits", false)];
/// How long a piece of a line is beside its name.
const KEY: f64 = 29.0;

/// Draws a point for each organisation by its attempted items, on a logarithmic axis, with limits
/// and expected rate.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    points: &[FunnelPoint],
    limits: &[FunnelLimits],
    expected: f64,
) -> Drawn {
    if !expected.is_finite() || expected <= 0.0 {
        return Err(ChartProblem::Expected(expected));
    }
    let (Some(first), Some(last)) = (limits.first(), limits.last()) else {
        return canvas.say_instead("No attempted items yet", top);
    };
    let per = items_of_a_rate(expected);
    let caption = format!("Failed of {} attempted items", count(per as u64));
    canvas.write(&caption, (0.0, top + LINE / 2.0), Align::Left, LABEL)?;
    // Beside the caption where there is room for both, or below it.
    let is_beside = canvas.fonts.width(&caption, LABEL) + 16.0 <= key_left(canvas);
    let top = if is_beside { top } else { top + LINE };
    write_key(canvas, top + LINE / 2.0)?;

    let edge = highest(points, expected) * 1.06;
    let plot_bottom = canvas.height - 2.0 * DATES_LINE - 4.0;
    let figures = FigureAxis::new(edge * per, top + LINE + 12.0, plot_bottom);
    let beside = 8.0 + canvas.fonts.width(EXPECTED, STRONG);
    let area = figures.draw(canvas, beside, rate_figure)?;
    let plot = FunnelPlot {
        area,
        low: first.attempted as f64,
        high: last.attempted as f64,
        figures,
        per,
        edge,
    };
    plot.draw_items(canvas)?;
    for inner in [
        plot.line(limits, |limit| limit.upper_inner),
        plot.line(limits, |limit| limit.lower_inner),
    ] {
        canvas.dashes(&inner, INNER, SECONDARY)?;
    }
    for outer in [
        plot.line(limits, |limit| limit.upper_outer),
        plot.line(limits, |limit| limit.lower_outer),
    ] {
        if outer.len() > 1 {
            canvas.path(&outer, OUTER, SECONDARY)?;
        }
    }
    let middle = plot.height(expected);
    canvas.line((area.left, middle), (area.right, middle), 2.0, TEXT)?;
    for point in points {
        let radius = if point.mark == Mark::Usual { 4.0 } else { 5.5 };
        let at = plot.at(point.attempted, point.rate);
        draw_mark(canvas, at, point.mark, radius)?;
    }
    write_codes(canvas, &plot, points)?;
    write_beside(canvas, area, &[(EXPECTED, STRONG, middle)])
}

/// Where the key begins.
fn key_left(canvas: &Canvas<'_>) -> f64 {
    let widths = KEYS.map(|(name, _)| canvas.fonts.width(name, LABEL) + 6.0 + KEY + 16.0);
    canvas.width + 16.0 - widths.iter().sum::<f64>()
}

/// Says at the right, beside a piece of each, which limits are which: where many items were
/// attempted they lie too close for words at their ends.
fn write_key(canvas: &Canvas<'_>, y: f64) -> Drawn {
    let mut right = canvas.width;
    for (name, is_dashed) in KEYS {
        canvas.write(name, (right, y), Align::Right, LABEL)?;
        right -= canvas.fonts.width(name, LABEL) + 6.0;
        let piece = [(right - KEY, y), (right, y)];
        match is_dashed {
            true => canvas.dashes(&piece, INNER, SECONDARY)?,
            false => canvas.path(&piece, OUTER, SECONDARY)?,
        }
        right -= KEY + 16.0;
    }
    Ok(())
}

/// The highest rate that is drawn.
fn highest(points: &[FunnelPoint], expected: f64) -> f64 {
    let multiples = points.iter().map(|point| point.rate / expected);
    multiples.fold(LEAST, f64::max).min(TALLEST) * expected
}

/// Where rates stand by attempted items, which go from left to right on a logarithmic scale.
struct FunnelPlot {
    area: Area,
    /// The attempted items at its left edge, and at its right.
    low: f64,
    high: f64,
    figures: FigureAxis,
    /// The items of which failures are counted.
    per: f64,
    /// The rate at the upper edge.
    edge: f64,
}

impl FunnelPlot {
    fn height(&self, rate: f64) -> f64 {
        self.figures.at(rate * self.per)
    }

    fn across(&self, attempted: f64) -> f64 {
        let span = (self.high / self.low).ln().max(f64::MIN_POSITIVE);
        let share = ((attempted / self.low).ln() / span).clamp(0.0, 1.0);
        self.area.left + share * (self.area.right - self.area.left)
    }

    fn at(&self, attempted: u64, rate: f64) -> Point {
        (self.across(attempted as f64), self.height(rate))
    }

    /// A limit, as far as it is within the plot: what comes down from beyond it begins at its edge.
    fn line(&self, limits: &[FunnelLimits], rate: impl Fn(&FunnelLimits) -> f64) -> Vec<Point> {
        let pairs = limits.iter().zip(limits.iter().skip(1));
        let edge = pairs.filter_map(|(one, next)| {
            let (above, below) = (rate(one) - self.edge, self.edge - rate(next));
            let share = (above > 0.0 && below >= 0.0).then_some(above / (above + below))?;
            let [from, to] = [one, next].map(|limit| self.across(limit.attempted as f64));
            Some((from + share * (to - from), self.height(self.edge)))
        });
        let within = limits.iter().filter(|limit| rate(limit) <= self.edge);
        let within = within.map(|limit| self.at(limit.attempted, rate(limit)));
        edge.take(1).chain(within).collect()
    }

    /// Writes powers of ten below the plot; where fewer than two are within it, twice and five
    /// times them too.
    fn draw_items(&self, canvas: &Canvas<'_>) -> Drawn {
        let (right, bottom) = (self.area.right, self.area.bottom);
        canvas.line((self.area.left, bottom), (right, bottom), 1.0, SECONDARY)?;
        let powers = |steps: &[f64]| -> Vec<f64> {
            let powers = (0..16).map(|power| 10_f64.powi(power));
            let all = powers.flat_map(|power| steps.iter().map(move |step| step * power));
            all.filter(|figure| (self.low..=self.high).contains(figure))
                .collect()
        };
        let mut ticks = powers(&[1.0]);
        if ticks.len() < 2 {
            ticks = powers(&[1.0, 2.0, 5.0]);
        }
        let mut free = 0.0;
        for tick in ticks {
            free = draw_tick(canvas, (self.across(tick), bottom), &figure(tick), free)?;
        }
        let caption = "Attempted items, logarithmic scale";
        let middle = bottom + DATES_LINE * 1.5 + 2.0;
        canvas.write(caption, (right, middle), Align::Right, LABEL)
    }
}

/// Writes codes beside the points that stand out, the highest first, where there is room; where there
/// are few, beside the others too. One without room stands in the table.
fn write_codes(canvas: &Canvas<'_>, plot: &FunnelPlot, points: &[FunnelPoint]) -> Drawn {
    let is_usual = |point: &FunnelPoint| point.mark == Mark::Usual;
    let named = points.iter();
    let named = named.filter(|point| points.len() <= ALL_NAMED || !is_usual(point));
    let mut named: Vec<_> = named
        .map(|point| (point, plot.at(point.attempted, point.rate)))
        .collect();
    named.sort_by(|(one, _), (other, _)| {
        let is_above = |point: &FunnelPoint| point.mark == Mark::Above;
        let by_mark = is_above(other).cmp(&is_above(one));
        let by_mark = is_usual(one).cmp(&is_usual(other)).then(by_mark);
        by_mark.then(other.rate.total_cmp(&one.rate))
    });
    let marks = named.iter().map(|(_, at)| Area::around(*at, 11.0, 11.0));
    let mut taken: Vec<Area> = marks.collect();
    for (point, at) in named {
        let words = if point.rate > plot.edge {
            let items = count((1.0 / point.rate).round() as u64);
            format!("{}: 1 in {items}", point.label)
        } else {
            point.label.clone()
        };
        let kind = if is_usual(point) { LABEL } else { STRONG };
        let width = canvas.fonts.width(&words, kind);
        // Beside a usual point runs the line of what is expected.
        let places = places_round(at, width, is_usual(point));
        let mut places = places.into_iter();
        if let Some(place) = places.find(|place| is_free(*place, plot.area, &taken)) {
            // Limits stop before a code; points without one do not.
            if points.len() <= ALL_NAMED {
                canvas.fill(place, WHITE)?;
            }
            canvas.write(&words, (place.left, place.middle()), Align::Left, kind)?;
            taken.push(place);
        }
    }
    Ok(())
}

/// Where a code may stand: right or left of its point, above or below it; first of all below, or above,
/// where it `is_below`.
fn places_round((x, y): Point, width: f64, is_below: bool) -> [Area; 8] {
    let half = width / 2.0;
    let (down, up) = (y + 19.0, y - 19.0);
    let mut places = [
        (x + 11.0 + half, y),
        (x - 11.0 - half, y),
        (x, up),
        (x, down),
        (x - half, up),
        (x + half, up),
        (x + half, down),
        (x - half, down),
    ];
    if is_below {
        places.rotate_left(2);
        places.swap(0, 1);
    }
    places.map(|middle| Area::around(middle, width, LABEL_HEIGHT - 4.0))
}

fn is_free(place: Area, plot: Area, taken: &[Area]) -> bool {
    let is_apart = |other: &Area| {
        other.right + BETWEEN <= place.left
            || other.left >= place.right + BETWEEN
            || other.bottom <= place.top
            || other.top >= place.bottom
    };
    place.left >= plot.left
        && place.right <= plot.right
        && place.top >= plot.top - LABEL_HEIGHT
        && place.bottom <= plot.bottom
        && taken.iter().all(is_apart)
}

/// “10,000”, “10 million”
fn figure(number: f64) -> String {
    if number >= 1e6 {
        format!("{} million", count((number / 1e6).round() as u64))
    } else {
        count(number.round() as u64)
    }
}
