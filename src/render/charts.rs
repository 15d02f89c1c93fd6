//! Charts: pictures that state a finding and carry their labels.
//!
//! Drawn by plotters in CSS pixels, onto a bitmap of ours that paints them with the embedded font at
//! twice the size. A chart is as wide and as high as the model says: as wide as the text of an
//! email, and high enough for what is drawn. Its finding is the heading above it, in the page.

mod area;
mod axes;
mod bitmap;
mod canvas;
mod causes;
mod causes_over_time;
mod control_chart;
mod fonts;
mod funnel;
mod progress;
mod raster;
mod ready;
mod states;

use crate::report::{Chart, Drawing};

use bitmap::Bitmap;
use canvas::Canvas;
use fonts::Fonts;

/// Why a chart was not drawn.
#[derive(Debug, thiserror::Error)]
#[error("chart {chart} was not drawn: {problem}")]
pub struct ChartError {
    /// The name of the chart.
    pub chart: String,
    /// What is wrong.
    #[source]
    pub problem: ChartProblem,
}

/// What can be wrong with a chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartProblem {
    /// The embedded font is damaged.
    #[error("the embedded font cannot be read")]
    Font,
    /// The drawing did not come about.
    #[error("the drawing failed: {0}")]
    Drawing(String),
    /// No picture has such a size.
    #[error("{width} × {height} pixels is no size for a picture")]
    Size {
        /// CSS pixels across.
        width: u32,
        /// CSS pixels down.
        height: u32,
    },
    /// The baseline is not a count of items.
    #[error("{0} items cannot be expected")]
    Expected(f64),
    /// The picture did not come about.
    #[error("the picture cannot be written as PNG")]
    Png(#[source] png::EncodingError),
}

/// Draws a chart as a PNG of twice its width and height. The same chart gives the same bytes.
///
/// # Errors
/// [`ChartError`] for a chart without extent, too large for memory, or with a baseline that is not
/// a number.
pub(super) fn draw(chart: &Chart) -> Result<Vec<u8>, ChartError> {
    let named = |problem| ChartError {
        chart: chart.name.clone(),
        problem,
    };
    raster::png(&paint(chart).map_err(named)?).map_err(named)
}

fn paint(chart: &Chart) -> Result<Bitmap, ChartProblem> {
    let mut bitmap = Bitmap::new(chart.width, chart.height, Fonts::load()?)?;
    let canvas = Canvas::new(&mut bitmap);
    let top = 0.0;
    match &chart.drawing {
        Drawing::States { rows } => states::draw(&canvas, top, rows)?,
        Drawing::Causes {
            causes,
            total,
            expected,
        } => causes::draw(&canvas, top, causes, *total, *expected)?,
        Drawing::ControlChart {
            points,
            target,
            is_trial,
        } => control_chart::draw(&canvas, top, points, *target, *is_trial)?,
        Drawing::Progress { days } => progress::draw(&canvas, top, days)?,
        Drawing::ReadyOverTime { days, curves } => ready::draw(&canvas, top, days, curves)?,
        Drawing::CausesOverTime { dates, causes } => {
            causes_over_time::draw(&canvas, top, dates, causes)?
        }
        Drawing::Funnel {
            points,
            limits,
            expected,
        } => funnel::draw(&canvas, top, points, limits, *expected)?,
    }
    Ok(bitmap)
}

#[cfg(test)]
mod tests;
