use super::axes::{LABEL, LINE, STRONG};
use super::canvas::{Align, Area, Canvas, Drawn};
use super::fonts::{Face, Fonts};
use crate::domain::{SyncState, plural::count};
use crate::render::palette::{SECONDARY, state_look};
use crate::report::StateRow;

/// White between segments, so that neighbours are apart in grey too.
const GAP: f64 = 2.0;
/// No segment is narrower: a single mailbox of thousands is still there to see.
const SLIVER: f64 = 4.0;

const COUNT: Face = Face::bold(22.0);
const KEY_LINE: f64 = 28.0;
const SWATCH: f64 = 18.0;

/// Draws one bar with everything beside it, or one bar for each collection under a key.
pub(super) fn draw(canvas: &Canvas<'_>, top: f64, rows: &[StateRow]) -> Drawn {
    match rows {
        [] => no_mailboxes(canvas, Area::new(0.0, top + 8.0, canvas.width, top + 40.0)),
        [row] if row.label.is_empty() => draw_one(canvas, top + 8.0, row),
        _ => draw_several(canvas, top + 5.0, rows),
    }
}

/// One bar: name and count inside where there is room, else below it.
fn draw_one(canvas: &Canvas<'_>, top: f64, row: &StateRow) -> Drawn {
    let edges = Area::new(0.0, top, canvas.width, (top + 64.0).min(canvas.height));
    let segments = divide(row, edges);
    if segments.is_empty() {
        return no_mailboxes(canvas, edges);
    }
    let narrow = segments
        .iter()
        .filter(|segment| !segment.has_room(canvas.fonts));
    let labels = narrow.map(|segment| StateLabel::counted(canvas.fonts, segment));
    let mut below: Vec<StateLabel> = labels.collect();
    let lines = place(&mut below, canvas.width);
    // A line to a label far aside tells less than its swatch does.
    let leads = lines == 1 && below.iter().all(|label| label.aside().abs() <= 40.0);
    let space = if leads { 14.0 } else { 10.0 };
    let bottom = (canvas.height - space - KEY_LINE * f64::from(lines) - 2.0)
        .min(top + 68.0)
        .max(top + 16.0);
    for mut segment in segments {
        segment.area.bottom = bottom;
        draw_area(canvas, segment.area, segment.state)?;
        if segment.has_room(canvas.fonts) {
            write_inside(canvas, &segment)?;
        }
    }
    for label in &below {
        label.draw(canvas, bottom + space)?;
        if leads {
            let from = (label.wanted, bottom + 2.0);
            let to = (label.wanted + label.aside(), bottom + space + 2.0);
            canvas.line(from, to, 1.0, SECONDARY)?;
        }
    }
    Ok(())
}

/// Writes a segment's count and the name of its state into it.
fn write_inside(canvas: &Canvas<'_>, segment: &Segment) -> Drawn {
    let (middle, centre) = (segment.area.middle(), segment.centre());
    let ink = state_look(segment.state).ink;
    draw_plate(canvas, segment, segment.words_width(canvas.fonts), 54.0)?;
    let (above, below) = ((centre, middle - 13.0), (centre, middle + 14.0));
    canvas.write_in(&count(segment.count), above, Align::Centre, COUNT, ink)?;
    canvas.write_in(segment.state.label(), below, Align::Centre, LABEL, ink)
}

/// Several bars, each under the name of its group and its value, and one key above all.
fn draw_several(canvas: &Canvas<'_>, top: f64, rows: &[StateRow]) -> Drawn {
    let mut key: Vec<StateLabel> = SyncState::ALL
        .into_iter()
        .filter(|state| {
            let mut segments = rows.iter().flat_map(|row| &row.segments);
            segments.any(|(occurs, count)| occurs == state && *count > 0)
        })
        .map(|state| StateLabel::named(canvas.fonts, state))
        .collect();
    let lines = set_in_lines(&mut key, canvas.width);
    for label in &key {
        label.draw(canvas, top)?;
    }

    let first = top + KEY_LINE * f64::from(lines) + 6.0;
    let pitch = ((canvas.height - first) / rows.len() as f64).clamp(LINE + 14.0, LINE + 38.0);
    let thickness = pitch - LINE - 10.0;
    let mut row_top = first;
    for row in rows {
        let line = row_top + LINE / 2.0;
        let value = canvas.fonts.shorten(&row.value, STRONG, canvas.width / 2.0);
        let room = canvas.width - canvas.fonts.width(&value, STRONG) - 14.0;
        let name = canvas.fonts.shorten(&row.label, LABEL, room);
        canvas.write(&name, (0.0, line), Align::Left, LABEL)?;
        canvas.write(&value, (canvas.width, line), Align::Right, STRONG)?;
        let top = half_pixel(row_top + LINE);
        let bar = Area::new(0.0, top, canvas.width, half_pixel(top + thickness));
        let segments = divide(row, bar);
        if segments.is_empty() {
            no_mailboxes(canvas, bar)?;
        }
        for segment in &segments {
            draw_area(canvas, segment.area, segment.state)?;
            let words = count(segment.count);
            let width = canvas.fonts.width(&words, LABEL);
            if width + 10.0 <= segment.area.width() && thickness >= LABEL.size {
                draw_plate(canvas, segment, width, LABEL.size)?;
                let ink = state_look(segment.state).ink;
                let at = (segment.centre(), bar.middle());
                canvas.write_in(&words, at, Align::Centre, LABEL, ink)?;
            }
        }
        row_top += pitch;
    }
    Ok(())
}

fn no_mailboxes(canvas: &Canvas<'_>, area: Area) -> Drawn {
    let look = state_look(SyncState::NotStarted);
    canvas.fill_outlined(area, look.fill, look.outline)?;
    let centre = f64::midpoint(area.left, area.right);
    canvas.write(
        "No mailboxes",
        (centre, area.middle()),
        Align::Centre,
        LABEL,
    )
}

/// A part of a bar.
struct Segment {
    state: SyncState,
    count: u64,
    area: Area,
}

impl Segment {
    fn centre(&self) -> f64 {
        f64::midpoint(self.area.left, self.area.right)
    }

    /// Of its count and the name of its state, one above the other.
    fn words_width(&self, fonts: Fonts) -> f64 {
        let name = fonts.width(self.state.label(), LABEL);
        name.max(fonts.width(&count(self.count), COUNT))
    }

    fn has_room(&self, fonts: Fonts) -> bool {
        self.words_width(fonts) + 8.0 <= self.area.width()
    }
}

fn draw_area(canvas: &Canvas<'_>, area: Area, state: SyncState) -> Drawn {
    let look = state_look(state);
    canvas.fill_outlined(area, look.fill, look.outline)?;
    match look.hatch {
        Some((hatch, colour)) => canvas.stripe(area, hatch, colour),
        None => Ok(()),
    }
}

/// Leaves the stripes of a segment out where words go.
fn draw_plate(canvas: &Canvas<'_>, segment: &Segment, width: f64, height: f64) -> Drawn {
    let (look, area) = (state_look(segment.state), segment.area);
    if look.hatch.is_none() {
        return Ok(());
    }
    let plate = Area::around((segment.centre(), area.middle()), width + 6.0, height);
    let within = Area::new(
        plate.left.max(area.left + 1.0),
        plate.top.max(area.top + 1.0),
        plate.right.min(area.right - 1.0),
        plate.bottom.min(area.bottom - 1.0),
    );
    canvas.fill(within, look.fill)
}

/// Divides a bar by the states of its mailboxes.
fn divide(row: &StateRow, bar: Area) -> Vec<Segment> {
    let occurring = row.segments.iter().copied().filter(|(_, count)| *count > 0);
    let counts: Vec<u64> = occurring.clone().map(|(_, count)| count).collect();
    let mut left = bar.left;
    let segments = occurring.zip(shares(&counts, bar.width()));
    let segments = segments.map(|((state, count), width)| {
        let (from, to) = (half_pixel(left), half_pixel(left + width));
        left += width + GAP;
        let area = Area::new(from, bar.top, to, bar.bottom);
        Segment { state, count, area }
    });
    segments.collect()
}

/// Widths in proportion to counts, none below [`SLIVER`], that fill a width together with the gaps
/// between them.
// a count beyond 2^53 loses nothing one could see
fn shares(counts: &[u64], width: f64) -> Vec<f64> {
    let number = counts.len() as f64;
    let available = (width - GAP * (number - 1.0)).max(0.0);
    let sliver = SLIVER.min(available / number);
    // Each count, until its width turns out to be a sliver's.
    let mut others: Vec<Option<f64>> = counts.iter().map(|count| Some(*count as f64)).collect();
    loop {
        let slivers = others.iter().filter(|count| count.is_none()).count();
        let room = available - sliver * slivers as f64;
        let sum: f64 = others.iter().flatten().sum();
        let width = |count: f64| count / sum * room;
        let narrow = |count: &f64| width(*count) < sliver;
        if !others.iter().flatten().any(narrow) {
            let widths = others.iter().map(|count| count.map_or(sliver, width));
            return widths.collect();
        }
        others
            .iter_mut()
            .for_each(|count| *count = count.filter(|count| !narrow(count)));
    }
}

/// The nearest edge between two pixels of the picture, where an edge is sharp.
fn half_pixel(at: f64) -> f64 {
    (at * 2.0).round() / 2.0
}

/// A swatch with a name, and a count where it stands for a segment.
struct StateLabel {
    state: SyncState,
    count: String,
    name_width: f64,
    width: f64,
    /// The middle of the segment it stands for.
    wanted: f64,
    left: f64,
    line: u32,
}

impl StateLabel {
    const BETWEEN: f64 = 14.0;

    fn named(fonts: Fonts, state: SyncState) -> Self {
        let name_width = fonts.width(state.label(), LABEL);
        Self {
            state,
            count: String::new(),
            name_width,
            width: SWATCH + 6.0 + name_width,
            wanted: 0.0,
            left: 0.0,
            line: 0,
        }
    }

    fn counted(fonts: Fonts, segment: &Segment) -> Self {
        let mut label = Self::named(fonts, segment.state);
        label.count = count(segment.count);
        label.width += 5.0 + fonts.width(&label.count, STRONG);
        label.wanted = segment.centre();
        label
    }

    /// How far the swatch is from below its segment.
    fn aside(&self) -> f64 {
        self.left + SWATCH / 2.0 - self.wanted
    }

    fn draw(&self, canvas: &Canvas<'_>, top: f64) -> Drawn {
        let middle = half_pixel(top + KEY_LINE * (f64::from(self.line) + 0.5));
        let left = half_pixel(self.left);
        let swatch = Area::around((left + SWATCH / 2.0, middle), SWATCH, SWATCH);
        draw_area(canvas, swatch, self.state)?;
        let name = swatch.right + 6.0;
        canvas.write(self.state.label(), (name, middle), Align::Left, LABEL)?;
        let behind = (name + self.name_width + 5.0, middle);
        canvas.write(&self.count, behind, Align::Left, STRONG)
    }
}

/// Sets labels in one line, each as near below its segment as its neighbours allow, or else in
/// lines from the left. Gives the number of lines.
fn place(labels: &mut [StateLabel], width: f64) -> u32 {
    let widths = labels.iter().map(|label| label.width + StateLabel::BETWEEN);
    let together: f64 = widths.sum();
    if together - StateLabel::BETWEEN > width {
        return set_in_lines(labels, width);
    }
    let mut free = 0.0;
    for label in labels.iter_mut() {
        label.left = (label.wanted - SWATCH / 2.0).max(free);
        free = label.left + label.width + StateLabel::BETWEEN;
    }
    let mut end = width;
    for label in labels.iter_mut().rev() {
        label.left = label.left.min(end - label.width).max(0.0);
        end = label.left - StateLabel::BETWEEN;
    }
    u32::from(!labels.is_empty())
}

/// Sets labels in lines from the left, about as long as each other; gives the number of lines.
fn set_in_lines(labels: &mut [StateLabel], width: f64) -> u32 {
    let lines = fill_lines(labels, width);
    let mut narrower = width;
    while narrower > width / 2.0 {
        narrower -= 8.0;
        if fill_lines(labels, narrower) > lines {
            return fill_lines(labels, narrower + 8.0);
        }
    }
    lines
}

/// Sets as many labels in each line as it holds; gives the number of lines.
fn fill_lines(labels: &mut [StateLabel], width: f64) -> u32 {
    let (mut left, mut line) = (0.0, 0);
    for label in labels.iter_mut() {
        if left > 0.0 && left + label.width > width {
            (left, line) = (0.0, line + 1);
        }
        (label.left, label.line) = (left, line);
        left += label.width + StateLabel::BETWEEN;
    }
    if labels.is_empty() { 0 } else { line + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_width_and_none_vanishes() {
        let widths = shares(&[1, 4_999, 1, 0, 12_000, 3], 640.0);
        assert!((widths.iter().sum::<f64>() + GAP * 5.0 - 640.0).abs() < 1e-6);
        assert!(widths.iter().all(|width| *width >= SLIVER));
        assert_eq!(shares(&[7], 640.0), [640.0]);
        assert!(shares(&[], 640.0).is_empty());
    }

    #[test]
    fn shares_keep_proportions() {
        let widths = shares(&[100, 300], 400.0 + GAP);
        assert_eq!(widths, [100.0, 300.0]);
    }
}
