use std::f64::consts::TAU;

use super::ChartProblem;
use super::axes::{
    DATES_LINE, DayAxis, FigureAxis, LABEL, LINE, items_of_a_rate, rate_figure, write_beside,
};
use super::canvas::{Align, Area, Canvas, Drawn, Point};
use crate::domain::plural::count;
use crate::render::palette::{BLUE, Colour, RED, SECONDARY, TEXT, WHITE};
use crate::report::{ControlPoint, Mark};

/// A limit is drawn up to this many times the middle one, so that a day with few items does not
/// flatten the others.
const TALLEST_LIMIT: f64 = 2.0;

/// Draws a point for each day, the line of what is expected, and the limits of each day as steps.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    points: &[ControlPoint],
    target: f64,
    is_trial: bool,
) -> Drawn {
    if !target.is_finite() || target <= 0.0 {
        return Err(ChartProblem::Expected(target));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return canvas.say_instead("No days yet", top);
    };
    let items = items_of_a_rate(target);
    let plot_top = write_captions(canvas, top, items, is_trial)? + 8.0;
    let plot_bottom = canvas.height - DATES_LINE - 6.0;
    let largest = largest(points, target) * items * 1.05;
    let figures = FigureAxis::new(largest, plot_top, plot_bottom);
    let names = ["upper limit", "expected", "lower limit"];
    let area = figures.draw(canvas, 8.0 + canvas.fonts.widest(names, LABEL), rate_figure)?;
    let days = DayAxis::new(first.date, last.date, area.left, area.right);
    days.draw(canvas, area.bottom)?;

    let plot = ControlPlot {
        area,
        days,
        figures,
        items,
    };
    // A gap in the days is a gap in the lines.
    for run in points.chunk_by(|one, next| one.date.succ_opt() == Some(next.date)) {
        plot.draw_limit(canvas, run, |point| point.upper)?;
        plot.draw_limit(canvas, run, |point| point.lower)?;
        if run.len() > 1 {
            let line: Vec<_> = run.iter().map(|point| plot.at(point, point.rate)).collect();
            canvas.path(&line, 1.25, SECONDARY)?;
        }
    }
    let expected = plot.height(target);
    canvas.line((area.left, expected), (area.right, expected), 2.0, TEXT)?;
    let radius = (plot.days.pitch() / 2.0 * 0.8).clamp(2.5, 5.0);
    for point in points {
        draw_mark(canvas, plot.at(point, point.rate), point.mark, radius)?;
    }
    let [upper, middle, lower] = names;
    let names = [
        (upper, LABEL, plot.height(last.upper)),
        (middle, LABEL, expected),
        (lower, LABEL, plot.height(last.lower)),
    ];
    write_beside(canvas, area, &names)
}

/// Says what is counted, and that limits are on trial: beside it where there is room, or below.
/// Gives what is below both.
fn write_captions(
    canvas: &Canvas<'_>,
    top: f64,
    items: f64,
    is_trial: bool,
) -> Result<f64, ChartProblem> {
    let (items, middle) = (count(items as u64), top + LINE / 2.0);
    let caption = format!("Failed of {items} newly attempted, each day");
    canvas.write(&caption, (0.0, middle), Align::Left, LABEL)?;
    if !is_trial {
        return Ok(top + LINE);
    }
    let trial = "Limits are provisional until day 12";
    let width = canvas.fonts.width(&caption, LABEL) + canvas.fonts.width(trial, LABEL) + 16.0;
    if width <= canvas.width {
        canvas.write(trial, (canvas.width, middle), Align::Right, LABEL)?;
        Ok(top + LINE)
    } else {
        canvas.write(trial, (0.0, top + LINE * 1.5), Align::Left, LABEL)?;
        Ok(top + 2.0 * LINE)
    }
}

/// Where rates stand on days.
struct ControlPlot {
    area: Area,
    days: DayAxis,
    figures: FigureAxis,
    /// The items of which failures are counted.
    items: f64,
}

impl ControlPlot {
    fn height(&self, rate: f64) -> f64 {
        self.figures.at(rate * self.items)
    }

    fn at(&self, point: &ControlPoint, rate: f64) -> Point {
        (self.days.at(point.date), self.height(rate))
    }

    /// Draws a limit as steps in dashes.
    fn draw_limit(
        &self,
        canvas: &Canvas<'_>,
        run: &[ControlPoint],
        limit: impl Fn(&ControlPoint) -> f64,
    ) -> Drawn {
        let half = self.days.pitch() / 2.0;
        let step = |point: &ControlPoint| {
            let (x, y) = self.at(point, limit(point));
            [(x - half, y), (x + half, y)]
        };
        let steps: Vec<Point> = run.iter().flat_map(step).collect();
        for (from, to) in steps.iter().zip(steps.iter().skip(1)) {
            // A limit beyond the plot has no line along its edge.
            if from.1 > self.area.top || to.1 > self.area.top {
                canvas.dashes(&[*from, *to], 1.25, SECONDARY)?;
            }
        }
        Ok(())
    }
}

/// The highest that is drawn, as a fraction: every point, and limits as far as they tell something.
fn largest(points: &[ControlPoint], target: f64) -> f64 {
    let mut limits: Vec<f64> = points.iter().map(|point| point.upper).collect();
    limits.sort_by(f64::total_cmp);
    let middle = limits.get(limits.len() / 2).unwrap_or(&target);
    let tallest = limits.last().unwrap_or(&target).min(TALLEST_LIMIT * middle);
    let rates = points.iter().map(|point| point.rate);
    rates.fold(tallest.max(target), f64::max)
}

/// A dot, a triangle that points up, or one that points down.
pub(super) fn draw_mark(canvas: &Canvas<'_>, (x, y): Point, mark: Mark, radius: f64) -> Drawn {
    const UP: [Point; 3] = [(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)];
    const DOWN: [Point; 3] = [(0.0, 1.2), (1.15, -0.85), (-1.15, -0.85)];
    let shape = |colour: Colour, corners: &[Point], size: f64| {
        let corners = corners
            .iter()
            .map(|(across, down)| (x + across * size, y + down * size));
        canvas.polygon(&corners.collect::<Vec<_>>(), colour)
    };
    let angles: [f64; 24] = std::array::from_fn(|corner| corner as f64 * TAU / 24.0);
    let (colour, corners, size): (Colour, &[Point], f64) = match mark {
        Mark::Usual => (SECONDARY, &angles.map(f64::sin_cos), radius * 0.8),
        Mark::Above => (RED, &UP, radius * 1.35),
        Mark::Below => (BLUE, &DOWN, radius * 1.35),
    };
    // A white edge keeps points apart from lines, and from each other, in grey too.
    shape(WHITE, corners, size + 1.5)?;
    shape(colour, corners, size)
}
