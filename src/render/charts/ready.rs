use chrono::NaiveDate;

use super::axes::{DATES_LINE, DayAxis, FigureAxis, LABEL, LINE, STRONG, apart, short_day};
use super::canvas::{Align, Area, Canvas, Drawn, Point};
use crate::render::palette::{BLUE, SECONDARY, TEXT};
use crate::report::ReadyCurve;
use crate::report::rounding::share;

/// Days ahead for which a switch is drawn.
const DAYS_TO_A_SWITCH: i64 = 14;
/// Between a curve and the words behind it.
const BESIDE: f64 = 8.0;

/// Draws which share of each collection was ready by day, the first one in blue, its switch date as
/// an upright line, and on that what is expected.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    days: &[NaiveDate],
    curves: &[ReadyCurve],
) -> Drawn {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return canvas.say_instead("No days yet", top);
    };
    let soon = curves.iter().filter_map(|curve| curve.switch_date);
    let soon = soon.filter(|date| (0..=DAYS_TO_A_SWITCH).contains(&(*date - *last).num_days()));
    let end = soon.fold(*last, NaiveDate::max);
    let caption = "Share of mailboxes that are ready";
    canvas.write(caption, (0.0, top + LINE / 2.0), Align::Left, LABEL)?;

    let words: Vec<String> = curves.iter().map(|curve| words(canvas, curve)).collect();
    let room = canvas
        .fonts
        .widest(words.iter().map(String::as_str), STRONG)
        + BESIDE
        + 4.0;
    let top = top + LINE;
    let figures = FigureAxis::new(100.0, top + LINE + 8.0, canvas.height - DATES_LINE - 6.0);
    let area = figures.draw(canvas, room, |tick| format!("{tick}%"))?;
    let plot = ReadyPlot {
        days: DayAxis::new(*first, end, area.left, area.right),
        figures,
        area,
    };
    plot.days.draw(canvas, area.bottom)?;
    draw_switches(canvas, &plot, top, curves)?;
    // The first one lies on top.
    for curve in curves.iter().skip(1).rev() {
        draw_curve(canvas, &plot, days, curve, false)?;
    }
    if let Some(curve) = curves.first() {
        draw_curve(canvas, &plot, days, curve, true)?;
    }
    write_beside(canvas, &plot, curves, &words)
}

/// Where shares stand on days.
struct ReadyPlot {
    days: DayAxis,
    figures: FigureAxis,
    area: Area,
}

impl ReadyPlot {
    fn at(&self, date: NaiveDate, part: u64, all: u64) -> Point {
        (self.days.at(date), self.height(part, all))
    }

    // counts of mailboxes stay below 2^53
    fn height(&self, part: u64, all: u64) -> f64 {
        self.figures.at(100.0 * part as f64 / all.max(1) as f64)
    }

    fn has(&self, date: NaiveDate) -> bool {
        (self.area.left..=self.area.right).contains(&self.days.at(date))
    }
}

/// The share of the last day, and which collection it is of.
fn words(canvas: &Canvas<'_>, curve: &ReadyCurve) -> String {
    let label = canvas
        .fonts
        .shorten(&curve.label, STRONG, canvas.width * 0.22);
    format!("{label} {}", share(curve.now(), curve.mailboxes))
}

fn draw_curve(
    canvas: &Canvas<'_>,
    plot: &ReadyPlot,
    days: &[NaiveDate],
    curve: &ReadyCurve,
    is_first: bool,
) -> Drawn {
    let (colour, width) = if is_first {
        (BLUE, 3.0)
    } else {
        (SECONDARY, 2.0)
    };
    let all = curve.mailboxes;
    let known = days.iter().zip(&curve.ready);
    let known: Vec<(NaiveDate, u64)> = known
        .filter_map(|(day, ready)| Some((*day, (*ready)?)))
        .collect();
    for run in known.chunk_by(|(one, _), (next, _)| one.succ_opt() == Some(*next)) {
        let points = run.iter().map(|(day, ready)| plot.at(*day, *ready, all));
        let points: Vec<Point> = points.collect();
        canvas.path(&points, width, colour)?;
        // A day alone has no line.
        if let [(x, y)] = *points {
            canvas.line((x - 2.0, y), (x + 2.0, y), width, colour)?;
        }
    }
    // What is between two known days is dashed.
    for ((day, ready), (next, then)) in known.iter().zip(known.iter().skip(1)) {
        if day.succ_opt() != Some(*next) {
            let ends = [plot.at(*day, *ready, all), plot.at(*next, *then, all)];
            canvas.dashes(&ends, 1.5, colour)?;
        }
    }
    let Some((last, ready)) = known.last() else {
        return Ok(());
    };
    let end = plot.at(*last, *ready, all);
    // A dot says that nothing is known beyond.
    canvas.dot(end, 4.0, colour)?;
    let ahead = curve
        .switch_date
        .filter(|date| date > last && plot.has(*date));
    if let (Some(date), Some((least, most))) = (ahead, curve.expected) {
        let (x, low) = plot.at(date, least, all);
        let high = plot.height(most, all);
        let middle = f64::midpoint(low, high);
        canvas.dashes(&[end, (x, middle)], 1.5, colour)?;
        // However narrow the range is, it is there to see.
        let half = ((low - high) / 2.0).max(2.5);
        canvas.fill(
            Area::new(x - 4.0, middle - half, x + 4.0, middle + half),
            colour,
        )?;
    }
    Ok(())
}

/// Upright lines on switch dates, each under its date as far as there is room.
fn draw_switches(canvas: &Canvas<'_>, plot: &ReadyPlot, top: f64, curves: &[ReadyCurve]) -> Drawn {
    let mut dates: Vec<NaiveDate> = curves
        .iter()
        .filter_map(|curve| curve.switch_date)
        .collect();
    dates.retain(|date| plot.has(*date));
    dates.sort_unstable();
    dates.dedup();
    let mut free = 0.0;
    for (place, date) in dates.iter().enumerate() {
        let x = plot.days.at(*date);
        let ends = [(x, plot.area.top - 4.0), (x, plot.area.bottom)];
        canvas.dashes(&ends, 1.5, TEXT)?;
        let words = match place {
            0 => format!("Switch {}", short_day(*date)),
            _ => short_day(*date),
        };
        let width = canvas.fonts.width(&words, LABEL);
        // The date stands over its line, and what it is of before it.
        let half = canvas.fonts.width(&short_day(*date), LABEL) / 2.0;
        let left = (x + half - width).clamp(0.0, (canvas.width - width).max(0.0));
        if left >= free {
            canvas.write(&words, (left, top + LINE / 2.0), Align::Left, LABEL)?;
            free = left + width + 12.0;
        }
    }
    Ok(())
}

fn write_beside(
    canvas: &Canvas<'_>,
    plot: &ReadyPlot,
    curves: &[ReadyCurve],
    words: &[String],
) -> Drawn {
    let heights = curves
        .iter()
        .map(|curve| plot.height(curve.now(), curve.mailboxes));
    let heights: Vec<f64> = heights.collect();
    let middles = apart(&heights, 24.0, plot.area.top - 12.0, plot.area.bottom + 2.0);
    for (place, (words, middle)) in words.iter().zip(middles).enumerate() {
        let face = if place == 0 { STRONG } else { LABEL };
        canvas.write(words, (plot.area.right + BESIDE, middle), Align::Left, face)?;
    }
    Ok(())
}
