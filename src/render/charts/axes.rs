//! Days from left to right, figures from bottom to top.

use chrono::{Datelike, NaiveDate};

use super::ChartProblem;
use super::canvas::{Align, Area, Canvas, Drawn};
use super::fonts::Face;
pub(super) use super::fonts::{LABEL, STRONG};
use crate::domain::ExpectedRate;
use crate::render::palette::{GRID, SECONDARY};

/// A line of words.
pub(super) const LINE: f64 = 26.0;
/// The line of dates below a plot.
pub(super) const DATES_LINE: f64 = 30.0;
/// Between the dates of two labels, at least.
const BETWEEN_DATES: f64 = 14.0;

/// Days on a width.
pub(super) struct DayAxis {
    first: NaiveDate,
    last: NaiveDate,
    left: f64,
    right: f64,
}

impl DayAxis {
    pub(super) fn new(first: NaiveDate, last: NaiveDate, left: f64, right: f64) -> Self {
        Self {
            first,
            last: last.max(first),
            left,
            right: right.max(left + 1.0),
        }
    }

    /// The width of a day.
    pub(super) fn pitch(&self) -> f64 {
        (self.right - self.left) / (days_between(self.first, self.last) + 1.0)
    }

    /// The middle of a day.
    pub(super) fn at(&self, date: NaiveDate) -> f64 {
        self.left + (days_between(self.first, date) + 0.5) * self.pitch()
    }

    /// Writes dates below a plot, as many as have room; Mondays where not every other day has.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, bottom: f64) -> Drawn {
        canvas.line((self.left, bottom), (self.right, bottom), 1.0, SECONDARY)?;
        let widest = canvas.fonts.width("30 Nov", LABEL) + BETWEEN_DATES;
        let step = [1, 2, 3, 4, 7, 14, 28, 56, 112]
            .into_iter()
            .find(|step| *step as f64 * self.pitch() >= widest)
            .unwrap_or(224);
        let is_tick = |date: NaiveDate| {
            let from = if step >= 7 {
                i64::from(date.num_days_from_ce()) - 1
            } else {
                (self.last - date).num_days()
            };
            from.rem_euclid(step) == 0
        };
        let days = self.first.iter_days().take_while(|date| *date <= self.last);
        for date in days.filter(|date| is_tick(*date)) {
            draw_tick(canvas, (self.at(date), bottom), &short_day(date), 0.0)?;
        }
        Ok(())
    }
}

/// Marks a place below a plot, and writes what it is under it, unless that began left of what is
/// still `free`. Gives the end of the words.
pub(super) fn draw_tick(
    canvas: &Canvas<'_>,
    (x, bottom): (f64, f64),
    text: &str,
    free: f64,
) -> Result<f64, ChartProblem> {
    let width = canvas.fonts.width(text, LABEL);
    canvas.line((x, bottom), (x, bottom + 4.0), 1.0, SECONDARY)?;
    let left = (x - width / 2.0).clamp(0.0, (canvas.width - width).max(0.0));
    if left < free {
        return Ok(free);
    }
    let middle = bottom + DATES_LINE / 2.0 + 2.0;
    canvas.write(text, (left, middle), Align::Left, LABEL)?;
    Ok(left + width + 12.0)
}

/// “20 Nov”
pub(super) fn short_day(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

fn days_between(from: NaiveDate, to: NaiveDate) -> f64 {
    (to - from).num_days() as f64
}

/// Figures from 0 to a largest, on a height.
pub(super) struct FigureAxis {
    largest: f64,
    top: f64,
    bottom: f64,
}

impl FigureAxis {
    pub(super) fn new(largest: f64, top: f64, bottom: f64) -> Self {
        let is_usable = largest > 0.0 && largest.is_finite();
        Self {
            largest: if is_usable { largest } else { 1.0 },
            top,
            bottom: bottom.max(top + 1.0),
        }
    }

    /// The height of a figure; what is beyond the plot is at its edge.
    pub(super) fn at(&self, figure: f64) -> f64 {
        self.bottom - (figure / self.largest).clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    /// Round figures for lines across, from 0, about one in 50 pixels.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let wanted = ((self.bottom - self.top) / 50.0).clamp(1.0, 6.0);
        let rough = self.largest / wanted;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0]
            .into_iter()
            .map(|figure| figure * power)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * power);
        (0_i32..)
            .map(|number| f64::from(number) * step)
            .take_while(|tick| *tick <= self.largest * 1.000_001)
            .collect()
    }

    /// Draws lines across with their figures to the left, and gives the plot between those and what
    /// is to be written `beside` it.
    pub(super) fn draw(
        &self,
        canvas: &Canvas<'_>,
        beside: f64,
        written: impl Fn(f64) -> String,
    ) -> Result<Area, ChartProblem> {
        let ticks = self.ticks().into_iter();
        let ticks: Vec<_> = ticks.map(|tick| (self.at(tick), written(tick))).collect();
        let words = ticks.iter().map(|(_, words)| words.as_str());
        let left = 6.0 + canvas.fonts.widest(words, LABEL);
        let plot = Area::new(left, self.top, canvas.width - beside, self.bottom);
        for (y, words) in ticks {
            canvas.line((plot.left, y), (plot.right, y), 1.0, GRID)?;
            canvas.write(&words, (plot.left - 6.0, y), Align::Right, LABEL)?;
        }
        Ok(plot)
    }
}

/// The attempted items of which failures are counted: 10,000 at 0.01%.
pub(super) fn items_of_a_rate(expected: f64) -> f64 {
    ExpectedRate::try_from(expected).map_or(1.0, |rate| rate.counted_in() as f64)
}

/// The figure of a line across where failures are counted.
pub(super) fn rate_figure(figure: f64) -> String {
    format!("{}", (figure * 1e6).round() / 1e6)
}

/// Writes names to the right of a plot, each as near to its height as the others allow.
pub(super) fn write_beside(canvas: &Canvas<'_>, plot: Area, names: &[(&str, Face, f64)]) -> Drawn {
    let heights: Vec<f64> = names.iter().map(|(_, _, height)| *height).collect();
    let middles = apart(&heights, 22.0, plot.top - 8.0, plot.bottom + 2.0);
    for ((name, face, _), middle) in names.iter().zip(middles) {
        canvas.write(name, (plot.right + 6.0, middle), Align::Left, *face)?;
    }
    Ok(())
}

/// The middles of labels, each as near to its height as the others allow, in the order given.
pub(super) fn apart(wanted: &[f64], line: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut middles: Vec<(usize, f64)> = wanted.iter().copied().enumerate().collect();
    middles.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let mut free = top + line / 2.0;
    for (_, middle) in &mut middles {
        *middle = middle.max(free);
        free = *middle + line;
    }
    let mut end = bottom - line / 2.0;
    for (_, middle) in middles.iter_mut().rev() {
        *middle = middle.min(end);
        end = *middle - line;
    }
    middles.sort_by_key(|(place, _)| *place);
    middles.into_iter().map(|(_, middle)| middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_across_stand_at_round_figures() {
        assert_eq!(
            FigureAxis::new(7.3, 0.0, 200.0).ticks(),
            [0.0, 2.0, 4.0, 6.0]
        );
        assert_eq!(
            FigureAxis::new(1_000_000.0, 0.0, 100.0).ticks(),
            [0.0, 500_000.0, 1_000_000.0]
        );
        assert_eq!(FigureAxis::new(0.0, 0.0, 60.0).ticks(), [0.0, 1.0]);
    }

    #[test]
    fn labels_keep_apart_and_inside() {
        assert_eq!(
            apart(&[50.0, 52.0, 10.0], 14.0, 0.0, 100.0),
            [50.0, 64.0, 10.0]
        );
        assert_eq!(apart(&[99.0, 98.0], 14.0, 0.0, 100.0), [93.0, 79.0]);
        assert!(apart(&[], 14.0, 0.0, 100.0).is_empty());
    }
}
