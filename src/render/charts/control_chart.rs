use super::ChartProblem;
use super::axes::{DATES_LINE, Days, Figures, LABEL, LINE, STRONG, apart};
use super::canvas::{Align, Area, Canvas};
use crate::render::palette::{BLUE, Colour, RED, SECONDARY, TEXT, WHITE};
use crate::report::{ControlPoint, Mark, count};

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
) -> Result<(), ChartProblem> {
    if !target.is_finite() || target <= 0.0 {
        return Err(ChartProblem::Expected(target));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return canvas.text("No days yet", (0.0, top + 20.0), Align::Left, LABEL, TEXT);
    };
    // Of as many items that the expected rate is a whole figure: of 10,000 at 0.01%.
    let unit = 10_f64.powf((-target.log10() - 1e-9).ceil());
    let caption = format!("Failed of {} newly attempted, each day", count(unit as u64));
    let trial = if is_trial {
        "Trial limits: fewer than 12 days"
    } else {
        ""
    };
    let (caption_width, trial_width) = (
        canvas.fonts.width(&caption, LABEL),
        canvas.fonts.width(trial, STRONG),
    );
    let is_on_one_line = caption_width + trial_width + 16.0 <= canvas.width;
    canvas.text_at_middle(&caption, (0.0, top + LINE / 2.0), Align::Left, LABEL, TEXT)?;
    let trial_line = if is_on_one_line { top } else { top + LINE };
    if is_trial {
        let (x, align) = if is_on_one_line {
            (canvas.width, Align::Right)
        } else {
            (0.0, Align::Left)
        };
        canvas.text_at_middle(trial, (x, trial_line + LINE / 2.0), align, STRONG, TEXT)?;
    }

    let names = ["upper limit", "expected", "lower limit"];
    let beside = names
        .iter()
        .map(|name| canvas.fonts.width(name, LABEL))
        .fold(0.0, f64::max)
        + 8.0;
    let plot_top = if is_trial { trial_line } else { top } + LINE + 8.0;
    let plot_bottom = canvas.height - DATES_LINE - 6.0;
    let figures = Figures::new(largest(points, target) * unit * 1.05, plot_top, plot_bottom);
    let written = |tick: f64| format!("{}", (tick * 1e6).round() / 1e6);
    let plot = Area {
        left: figures.label_width(canvas, written),
        top: plot_top,
        right: canvas.width - beside,
        bottom: plot_bottom,
    };
    figures.draw(canvas, plot, written)?;
    let days = Days::new(first.date, last.date, plot.left, plot.right);
    days.draw(canvas, plot.bottom)?;

    let half = days.pitch() / 2.0;
    for run in runs(points) {
        for limit in [
            |point: &ControlPoint| point.upper,
            |point: &ControlPoint| point.lower,
        ] {
            let steps: Vec<(f64, f64)> = run
                .iter()
                .flat_map(|point| {
                    let (x, y) = (days.at(point.date), figures.at(limit(point) * unit));
                    [(x - half, y), (x + half, y)]
                })
                .collect();
            for (from, to) in steps.iter().zip(steps.iter().skip(1)) {
                // A limit beyond the plot has no line along its edge.
                if from.1 > plot.top || to.1 > plot.top {
                    canvas.dashes(*from, *to, 1.25, SECONDARY)?;
                }
            }
        }
        let line: Vec<(f64, f64)> = run
            .iter()
            .map(|point| (days.at(point.date), figures.at(point.rate * unit)))
            .collect();
        if line.len() > 1 {
            canvas.path(&line, 1.25, SECONDARY)?;
        }
    }
    let expected = figures.at(target * unit);
    canvas.line((plot.left, expected), (plot.right, expected), 2.0, TEXT)?;
    for point in points {
        draw_mark(
            canvas,
            (days.at(point.date), figures.at(point.rate * unit)),
            point.mark,
            (half * 0.8).clamp(2.5, 5.0),
        )?;
    }
    let heights = [
        figures.at(last.upper * unit),
        expected,
        figures.at(last.lower * unit),
    ];
    for (name, middle) in names
        .iter()
        .zip(apart(&heights, 22.0, plot.top - 8.0, plot.bottom + 2.0))
    {
        canvas.text_at_middle(name, (plot.right + 6.0, middle), Align::Left, LABEL, TEXT)?;
    }
    Ok(())
}

/// The highest that is drawn, as a fraction: every point, and limits as far as they tell something.
fn largest(points: &[ControlPoint], target: f64) -> f64 {
    let mut limits: Vec<f64> = points.iter().map(|point| point.upper).collect();
    limits.sort_by(f64::total_cmp);
    let middle = limits.get(limits.len() / 2).copied().unwrap_or(target);
    let tallest = limits
        .last()
        .copied()
        .unwrap_or(target)
        .min(TALLEST_LIMIT * middle);
    points
        .iter()
        .map(|point| point.rate)
        .fold(tallest.max(target), f64::max)
}

/// Days in a row: a gap is a gap.
fn runs(points: &[ControlPoint]) -> impl Iterator<Item = &[ControlPoint]> {
    points.chunk_by(|one, next| one.date.succ_opt() == Some(next.date))
}

/// A dot, a triangle that points up, or one that points down.
pub(super) fn draw_mark(
    canvas: &Canvas<'_>,
    (x, y): (f64, f64),
    mark: Mark,
    radius: f64,
) -> Result<(), ChartProblem> {
    let shape = |colour: Colour, corners: &[(f64, f64)], size: f64| {
        let corners: Vec<_> = corners
            .iter()
            .map(|(across, down)| (x + across * size, y + down * size))
            .collect();
        canvas.polygon(&corners, colour)
    };
    const UP: [(f64, f64); 3] = [(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)];
    const DOWN: [(f64, f64); 3] = [(0.0, 1.2), (1.15, -0.85), (-1.15, -0.85)];
    let round: Vec<(f64, f64)> = (0..24)
        .map(|corner| (f64::from(corner) * std::f64::consts::TAU / 24.0).sin_cos())
        .collect();
    let (colour, corners, size): (Colour, &[(f64, f64)], f64) = match mark {
        Mark::Usual => (SECONDARY, &round, radius * 0.8),
        Mark::Above => (RED, &UP, radius * 1.35),
        Mark::Below => (BLUE, &DOWN, radius * 1.35),
    };
    // A white edge keeps points apart from lines, and from each other, in grey too.
    shape(WHITE, corners, size + 1.5)?;
    shape(colour, corners, size)
}
