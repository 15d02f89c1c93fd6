use super::ChartProblem;
use super::canvas::{Align, Area, Canvas};
use super::figures::{expected_words, with_commas};
use super::fonts::Face;
use crate::render::palette::{BLUE, PALE_BLUE, SECONDARY, TEXT, WHITE};
use crate::report::CauseBar;

const LABEL: Face = Face::regular(13.0);
const COUNT: Face = Face::bold(13.0);
/// The line that carries the words of the baseline.
const WORDS_LINE: f64 = 22.0;
/// Between a bar or a line and the figure beside it.
const BESIDE: f64 = 6.0;

/// Draws a bar for all failed items, one for each cause, and a line where the baseline would be.
pub(super) fn draw(canvas: &Canvas<'_>, top: f64, causes: &[CauseBar], total: u64, expected: f64) -> Result<(), ChartProblem> {
    if !expected.is_finite() || expected < 0.0 {
        return Err(ChartProblem::Expected(expected));
    }
    let bars: Vec<Bar<'_>> = std::iter::once(Bar { label: "All failed items", count: total, is_total: true })
        .chain(causes.iter().map(|cause| Bar { label: &cause.label, count: cause.count, is_total: false }))
        .collect();
    let plot = Plot::new(canvas, top, &bars, total, expected);

    let mut row_top = plot.top;
    for bar in &bars {
        plot.draw_bar(canvas, bar, row_top + plot.pitch / 2.0)?;
        row_top += plot.pitch;
    }
    canvas.line((plot.zero, plot.top), (plot.zero, row_top), 1.0, SECONDARY)?;
    plot.draw_baseline(canvas, row_top)?;
    // Figures last: a stroke of the baseline never runs through one.
    let mut row_top = plot.top;
    for bar in &bars {
        plot.draw_count(canvas, bar, row_top + plot.pitch / 2.0)?;
        row_top += plot.pitch;
    }
    Ok(())
}

struct Bar<'a> {
    label: &'a str,
    count: u64,
    is_total: bool,
}

impl Bar<'_> {
    fn face(&self) -> Face {
        if self.is_total { COUNT } else { LABEL }
    }
}

/// One scale for all bars.
struct Plot {
    top: f64,
    pitch: f64,
    labels: f64,
    zero: f64,
    pixels_per_item: f64,
    expected: f64,
    baseline: f64,
}

impl Plot {
    // a count beyond 2^53 loses nothing one could see
    fn new(canvas: &Canvas<'_>, top: f64, bars: &[Bar<'_>], total: u64, expected: f64) -> Self {
        let fonts = canvas.fonts;
        let labels = bars.iter().map(|bar| fonts.width(bar.label, bar.face())).fold(0.0, f64::max).min(canvas.width * 0.4);
        let figure = bars.iter().map(|bar| fonts.width(&with_commas(bar.count), bar.face())).fold(0.0, f64::max);
        let zero = (labels + 12.0).round();
        // Room behind the longest bar for its figure, pushed beyond the baseline if that is where it falls.
        let length = (canvas.width - zero - 2.0 * (figure + 2.0 * BESIDE)).max(canvas.width * 0.1);
        let largest = bars.iter().map(|bar| bar.count).fold(total, u64::max) as f64;
        let pixels_per_item = length / largest.max(expected).max(1.0);
        let top = top + 4.0 + WORDS_LINE;
        let pitch = ((canvas.height - top - 4.0) / bars.len() as f64).clamp(10.0, 40.0);
        Self { top, pitch, labels, zero, pixels_per_item, expected, baseline: zero + expected * pixels_per_item }
    }

    /// Where the bar of a count ends; one item can be seen too.
    // see `new`
    fn end(&self, count: u64) -> f64 {
        let length = count as f64 * self.pixels_per_item;
        self.zero + if count > 0 { length.max(2.0) } else { 0.0 }
    }

    fn draw_bar(&self, canvas: &Canvas<'_>, bar: &Bar<'_>, middle: f64) -> Result<(), ChartProblem> {
        let label = canvas.fonts.shorten(bar.label, bar.face(), self.labels);
        canvas.text_at_middle(&label, (0.0, middle), Align::Left, bar.face(), TEXT)?;
        if bar.count == 0 {
            return Ok(());
        }
        let half = (self.pitch * 0.32).min(12.0);
        let area = Area { left: self.zero, top: middle - half, right: self.end(bar.count), bottom: middle + half };
        canvas.fill_outlined(area, if bar.is_total { BLUE } else { PALE_BLUE }, BLUE)
    }

    /// The count behind the end of its bar, or behind the baseline where that would cross it.
    fn draw_count(&self, canvas: &Canvas<'_>, bar: &Bar<'_>, middle: f64) -> Result<(), ChartProblem> {
        let count = with_commas(bar.count);
        let mut left = self.end(bar.count) + BESIDE;
        if (left - BESIDE..=left + canvas.fonts.width(&count, bar.face()) + 4.0).contains(&self.baseline) {
            left = self.baseline + BESIDE;
        }
        canvas.text_at_middle(&count, (left, middle), Align::Left, bar.face(), TEXT)
    }

    /// A dashed line with a white edge, to be seen on the bars as beside them, and its words above.
    fn draw_baseline(&self, canvas: &Canvas<'_>, bottom: f64) -> Result<(), ChartProblem> {
        const DASH: f64 = 6.0;
        const PAUSE: f64 = 4.0;
        canvas.line((self.baseline, self.top), (self.baseline, bottom), 4.0, WHITE)?;
        let mut at = self.top - 6.0;
        while at < bottom {
            let end = (at + DASH).min(bottom);
            canvas.line((self.baseline, at), (self.baseline, end), 2.0, TEXT)?;
            at += DASH + PAUSE;
        }
        let words = expected_words(self.expected);
        let width = canvas.fonts.width(&words, LABEL);
        let left = (self.baseline - width / 2.0).min(canvas.width - width).max(0.0);
        canvas.text_at_middle(&words, (left, self.top - WORDS_LINE / 2.0 - 4.0), Align::Left, LABEL, TEXT)
    }
}
