use super::ChartProblem;
use super::axes::{LABEL, LINE, STRONG};
use super::canvas::{Align, Area, Canvas, Drawn};
use crate::domain::plural::count;
use crate::render::palette::{BLUE, Colour, PALE_BLUE, SECONDARY, TEXT, WHITE};
use crate::report::{CauseBar, expected_count};

/// Between a bar and the figure behind it, and below a bar.
const BESIDE: f64 = 8.0;
const BELOW: f64 = 10.0;

/// Draws a bar for all failed items, with a mark where the baseline would be, and one for each
/// cause: all to one scale, each under its name and with its figure behind it.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    causes: &[CauseBar],
    total: u64,
    expected: f64,
) -> Drawn {
    if !expected.is_finite() || expected < 0.0 {
        return Err(ChartProblem::Expected(expected));
    }
    let scale = Scale::new(canvas, causes, total, expected);
    let top = top + 6.0;
    let bars = causes.len() as f64 + 1.0;
    // What is left for bars when every line of words has its height.
    let thickness = ((canvas.height - top - LINE - bars * (LINE + BELOW)) / bars).clamp(4.0, 22.0);
    let bottom = scale.draw_bar(canvas, ("All failed items", total, BLUE), top, thickness)?;
    // Where nobody says how much was attempted, nothing can be expected of it.
    if expected > 0.0 {
        let mark = scale.baseline;
        let (from, to) = (bottom - thickness - 4.0, bottom + 6.0);
        canvas.line((mark, from), (mark, to), 6.0, WHITE)?;
        canvas.line((mark, from), (mark, to), 2.0, TEXT)?;
        let words = format!("{} expected", expected_count(expected));
        let width = canvas.fonts.width(&words, LABEL);
        let left = (mark - width / 2.0).min(canvas.width - width).max(0.0);
        let middle = bottom + 4.0 + LINE / 2.0;
        canvas.write(&words, (left, middle), Align::Left, LABEL)?;
    }

    let mut row_top = bottom + LINE + BELOW;
    for cause in causes {
        let bar = (cause.label.as_str(), cause.count, PALE_BLUE);
        row_top = scale.draw_bar(canvas, bar, row_top, thickness)? + BELOW;
    }
    Ok(())
}

/// One scale for all bars.
struct Scale {
    pixels_per_item: f64,
    baseline: f64,
}

impl Scale {
    // a count beyond 2^53 loses nothing one could see
    fn new(canvas: &Canvas<'_>, causes: &[CauseBar], total: u64, expected: f64) -> Self {
        let largest = causes.iter().map(|cause| cause.count).fold(total, u64::max);
        let figure = canvas.fonts.width(&count(largest), STRONG) + 2.0 * BESIDE;
        let length = (canvas.width - figure).max(canvas.width * 0.1);
        let pixels_per_item = length / (largest as f64).max(expected).max(1.0);
        Self {
            pixels_per_item,
            baseline: expected * pixels_per_item,
        }
    }

    /// Draws a name, below it the bar and its figure; gives the lower edge. One item can be seen
    /// too.
    fn draw_bar(
        &self,
        canvas: &Canvas<'_>,
        (label, items, fill): (&str, u64, Colour),
        top: f64,
        thickness: f64,
    ) -> Result<f64, ChartProblem> {
        let face = if fill == BLUE { STRONG } else { LABEL };
        let name = canvas.fonts.shorten(label, face, canvas.width);
        canvas.write(&name, (0.0, top + LINE / 2.0), Align::Left, face)?;
        let right = (items as f64 * self.pixels_per_item).max(2.0);
        let bar = Area::new(0.0, top + LINE, right, top + LINE + thickness);
        if items > 0 {
            canvas.fill_outlined(bar, fill, BLUE)?;
        } else {
            canvas.line((0.0, bar.top), (0.0, bar.bottom), 2.0, SECONDARY)?;
        }
        let figure = count(items);
        let mut left = bar.right + BESIDE;
        // Where the mark of the baseline would cross the figure, it stands behind the mark.
        let beside = left - BESIDE..=left + canvas.fonts.width(&figure, STRONG) + 4.0;
        if fill == BLUE && beside.contains(&self.baseline) {
            left = self.baseline + BESIDE;
        }
        canvas.write(&figure, (left, bar.middle()), Align::Left, STRONG)?;
        Ok(bar.bottom)
    }
}
