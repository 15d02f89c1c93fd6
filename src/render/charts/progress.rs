use chrono::NaiveDate;

use super::axes::{DATES_LINE, DayAxis, FigureAxis, LABEL, LINE, STRONG, apart};
use super::canvas::{Align, Area, Canvas, Drawn, Point};
use crate::domain::plural::count;
use crate::render::palette::{BLUE, SECONDARY};
use crate::report::ProgressDay;
use crate::report::rounding::decimals_of_millions;

/// A line of the words behind a curve: what it is under how many.
const NAMES_LINE: f64 = 21.0;
/// Draws attempted items of all items by day.
pub(super) fn draw(canvas: &Canvas<'_>, top: f64, days: &[ProgressDay]) -> Drawn {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return canvas.say_instead("No days yet", top);
    };
    let items = days.iter().map(|day| day.total.max(day.attempted));
    let most = items.max().unwrap_or(0);
    let unit = AxisUnit::of(most);
    canvas.write(unit.caption, (0.0, top + LINE / 2.0), Align::Left, LABEL)?;

    let plot_top = top + LINE + 10.0;
    let plot_bottom = canvas.height - DATES_LINE - 6.0;
    let figures = FigureAxis::new(most as f64 * 1.04, plot_top, plot_bottom);
    let curves = Curves::of(last, &unit);
    let area = figures.draw(canvas, curves.width(canvas), |tick| unit.tick(tick))?;
    let plot = ProgressPlot {
        days: DayAxis::new(first.date, last.date, area.left, area.right),
        figures,
        area,
    };
    plot.days.draw(canvas, area.bottom)?;
    draw_days(canvas, &plot, days)?;
    draw_missed_days(canvas, &plot, days)?;
    curves.write_beside(canvas, &plot)
}

/// Where items stand on days.
struct ProgressPlot {
    days: DayAxis,
    figures: FigureAxis,
    area: Area,
}

impl ProgressPlot {
    fn at(&self, date: NaiveDate, items: u64) -> Point {
        (self.days.at(date), self.figures.at(items as f64))
    }
}

/// Days in a row: all items, and those that were attempted.
fn draw_days(canvas: &Canvas<'_>, plot: &ProgressPlot, days: &[ProgressDay]) -> Drawn {
    for run in days.chunk_by(|one, next| one.date.succ_opt() == Some(next.date)) {
        let all = run.iter().map(|day| plot.at(day.date, day.total));
        canvas.path(&all.collect::<Vec<_>>(), 1.5, SECONDARY)?;
        let attempted = run.iter().map(|day| plot.at(day.date, day.attempted));
        let attempted: Vec<_> = attempted.collect();
        canvas.path(&attempted, 3.0, BLUE)?;
        // A day alone has no line.
        if let [(x, y)] = *attempted {
            canvas.line((x - 2.0, y), (x + 2.0, y), 3.0, BLUE)?;
        }
    }
    Ok(())
}

/// What is between two known days is dashed.
fn draw_missed_days(canvas: &Canvas<'_>, plot: &ProgressPlot, days: &[ProgressDay]) -> Drawn {
    for (from, to) in days.iter().zip(days.iter().skip(1)) {
        if from.date.succ_opt() != Some(to.date) {
            let ends = [from, to].map(|day| plot.at(day.date, day.attempted));
            canvas.dashes(&ends, 1.5, BLUE)?;
        }
    }
    Ok(())
}

/// What stands behind the curves: how many items of the last day, and which they are. One where
/// both are as many.
struct Curves {
    items: Vec<u64>,
    words: Vec<String>,
}

impl Curves {
    const NAMES: [&str; 2] = ["all items", "attempted"];

    fn of(last: &ProgressDay, unit: &AxisUnit) -> Self {
        let mut items = vec![last.total, last.attempted];
        items.dedup();
        Self {
            words: unit.words(&items),
            items,
        }
    }

    fn width(&self, canvas: &Canvas<'_>) -> f64 {
        let names = Self::NAMES.into_iter().take(self.items.len());
        let words = self.words.iter().map(String::as_str);
        let words = canvas.fonts.widest(words, STRONG);
        canvas.fonts.widest(names, LABEL).max(words) + 8.0
    }

    fn write_beside(&self, canvas: &Canvas<'_>, plot: &ProgressPlot) -> Drawn {
        let ProgressPlot { figures, area, .. } = plot;
        let heights = self.items.iter().map(|items| figures.at(*items as f64));
        let heights: Vec<f64> = heights.collect();
        let height = 2.0 * NAMES_LINE + 4.0;
        let middles = apart(&heights, height, area.top - 8.0, area.bottom);
        for ((name, words), middle) in Self::NAMES.into_iter().zip(&self.words).zip(middles) {
            let (x, half) = (area.right + 6.0, NAMES_LINE / 2.0);
            canvas.write(words, (x, middle - half), Align::Left, STRONG)?;
            canvas.write(name, (x, middle + half), Align::Left, LABEL)?;
        }
        Ok(())
    }
}

/// How counts are written along the axis, so that they are short.
struct AxisUnit {
    size: f64,
    caption: &'static str,
}

impl AxisUnit {
    fn of(most: u64) -> Self {
        let (size, caption) = match most {
            2_000_000.. => (1e6, "Items, in millions"),
            20_000.. => (1e3, "Items, in thousands"),
            _ => (1.0, "Items"),
        };
        Self { size, caption }
    }

    fn tick(&self, items: f64) -> String {
        let figure = items / self.size;
        if (figure - figure.round()).abs() < 1e-6 {
            count(figure.round() as u64)
        } else {
            format!("{figure:.1}")
        }
    }

    /// Figures of the last day, as exact as it takes to tell them apart.
    fn words(&self, items: &[u64]) -> Vec<String> {
        let decimals = match items {
            _ if self.size < 1e6 => None,
            [whole, part] => decimals_of_millions(*part, *whole),
            _ => Some(1),
        };
        let words = items.iter().map(|items| match decimals {
            Some(decimals) => format!("{:.decimals$} million", *items as f64 / self.size),
            None => count(*items),
        });
        words.collect()
    }
}
