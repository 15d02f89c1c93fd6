use chrono::NaiveDate;

use super::axes::{DATES_LINE, DayAxis, LABEL, LINE, STRONG, short_day};
use super::canvas::{Align, Area, Canvas, Drawn};
use crate::domain::plural::count as in_words;
use crate::render::palette::{BLUE, GRID, SECONDARY};
use crate::report::CauseDays;

/// Draws a row of bars for each cause, one a day, all to one scale, under its name and its highest
/// day.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    top: f64,
    dates: &[NaiveDate],
    causes: &[CauseDays],
) -> Drawn {
    let (Some(first), Some(last), false) = (dates.first(), dates.last(), causes.is_empty()) else {
        return canvas.say_instead("No new failed items", top);
    };
    let days = DayAxis::new(*first, *last, 0.0, canvas.width);
    let pitch = ((canvas.height - DATES_LINE - 4.0 - top) / causes.len() as f64).max(8.0);
    let counts = causes.iter().flat_map(|cause| &cause.new_failed).flatten();
    let most = counts.fold(1, |most, count| most.max(*count));
    let half = (days.pitch() * 0.4).clamp(0.5, 12.0);
    let mut row_top = top;
    for cause in causes {
        let bottom = row_top + pitch - 8.0;
        let highest = highest(dates, &cause.new_failed);
        let room = canvas.width - canvas.fonts.width(&highest, LABEL) - 16.0;
        let name = canvas.fonts.shorten(&cause.label, STRONG, room.max(0.0));
        let middle = row_top + LINE / 2.0;
        canvas.write(&name, (0.0, middle), Align::Left, STRONG)?;
        canvas.write(&highest, (canvas.width, middle), Align::Right, LABEL)?;
        canvas.line((0.0, bottom), (canvas.width, bottom), 1.0, GRID)?;
        let height = (pitch - LINE - 10.0).max(2.0);
        for (date, count) in dates.iter().zip(&cause.new_failed) {
            let x = days.at(*date);
            match count {
                Some(0) => {}
                // One item can be seen too.
                Some(count) => {
                    let bar = (*count as f64 / most as f64 * height).max(1.5);
                    canvas.fill(Area::new(x - half, bottom - bar, x + half, bottom), BLUE)?;
                }
                None => canvas.line((x, bottom - 3.0), (x, bottom + 3.0), 1.0, SECONDARY)?,
            }
        }
        row_top += pitch;
    }
    days.draw(canvas, row_top - 8.0)
}

/// “most 204 on 18 Nov”
fn highest(dates: &[NaiveDate], counts: &[Option<u64>]) -> String {
    let days = counts.iter().zip(dates);
    // Of equals the latest.
    match days
        .filter_map(|(count, date)| Some(((*count)?, *date)))
        .max()
    {
        Some((count, date)) if count > 0 => {
            format!("most {} on {}", in_words(count), short_day(date))
        }
        _ => "none".to_owned(),
    }
}
