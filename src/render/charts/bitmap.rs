use std::convert::Infallible;

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle,
};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::ChartProblem;
#[cfg(test)]
use super::area::Area;
use super::fonts::{Fonts, Mask, PHASES};

/// Pixels of the picture in a CSS pixel, for screens of twice the density.
pub(super) const PIXELS_PER_CSS_PIXEL: u32 = 2;
/// Units of a drawing in a pixel of the picture. Plotters places points on whole units: quarters of
/// a pixel do not show.
const UNITS_PER_PIXEL: u32 = 4;
/// Units of a drawing in a CSS pixel.
pub(super) const UNITS_PER_CSS_PIXEL: u32 = UNITS_PER_PIXEL * PIXELS_PER_CSS_PIXEL;

/// The most CSS pixels across or down: a mistake in a model must not take the memory of the
/// machine.
const LARGEST: u32 = 4_000;

/// A text as it was written: what the tests hold against its surroundings.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) text: String,
    /// CSS pixels an em.
    pub(super) size: f64,
    /// Round its ink, in CSS pixels.
    pub(super) ink: Area,
}

/// White paper that plotters draws on, with anti-aliasing, which plotters' own bitmaps lack.
pub(super) struct Bitmap {
    pixels: Pixmap,
    fonts: Fonts,
    #[cfg(test)]
    pub(super) written: Vec<Written>,
}

impl Bitmap {
    /// White paper of so many CSS pixels.
    pub(super) fn new(width: u32, height: u32, fonts: Fonts) -> Result<Self, ChartProblem> {
        let mut pixels = (width.max(height) <= LARGEST)
            .then(|| Pixmap::new(width * PIXELS_PER_CSS_PIXEL, height * PIXELS_PER_CSS_PIXEL))
            .flatten()
            .ok_or(ChartProblem::Size { width, height })?;
        pixels.fill(Color::WHITE);
        Ok(Self {
            pixels,
            fonts,
            #[cfg(test)]
            written: Vec::new(),
        })
    }

    /// Its width and height in CSS pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        let css = |pixels: u32| f64::from(pixels / PIXELS_PER_CSS_PIXEL);
        (css(self.columns()), css(self.rows()))
    }

    pub(super) fn fonts(&self) -> Fonts {
        self.fonts
    }

    pub(super) fn columns(&self) -> u32 {
        self.pixels.width()
    }

    pub(super) fn rows(&self) -> u32 {
        self.pixels.height()
    }

    /// Red, green, blue and opaque, line by line.
    pub(super) fn pixels(&self) -> &[[u8; 4]] {
        self.pixels.data().as_chunks().0
    }

    fn fill_rectangle(&mut self, from: (f32, f32), to: (f32, f32), colour: BackendColor) {
        let ((left, right), (top, bottom)) = (ordered(from.0, to.0), ordered(from.1, to.1));
        if let Some(area) = Rect::from_ltrb(left, top, right, bottom) {
            let unmoved = Transform::identity();
            self.pixels.fill_rect(area, &paint(colour), unmoved, None);
        }
    }

    /// Lays a colour over the pixels below a glyph, as much as it covers.
    fn stamp(&mut self, mask: &Mask, (left, top): (i64, i64), (red, green, blue): (u8, u8, u8)) {
        let columns = self.pixels.width() as usize;
        // What is left of the picture, or right of it, is cut off.
        let skipped = usize::try_from(-left).unwrap_or(0);
        let start = usize::try_from(left).unwrap_or(0);
        let (pixels, _) = self.pixels.data_mut().as_chunks_mut::<4>();
        for (line, covered) in (top..).zip(mask.coverage.chunks_exact(mask.width.max(1))) {
            let line = usize::try_from(line).ok();
            let row = line.and_then(|line| pixels.chunks_exact_mut(columns).nth(line));
            let row = row.and_then(|row| row.get_mut(start..)).unwrap_or_default();
            let inked = row
                .iter_mut()
                .zip(covered.get(skipped..).unwrap_or_default());
            for ([r, g, b, _], covered) in inked.filter(|(_, covered)| **covered > 0) {
                for (channel, ink) in [(r, red), (g, green), (b, blue)] {
                    *channel = blend(*channel, ink, *covered);
                }
            }
        }
    }
}

#[cfg(test)]
impl Bitmap {
    /// Notes what was written in glyphs with these left and upper edges.
    fn note(&mut self, text: &str, size: f64, glyphs: &[(i64, i64, std::sync::Arc<Mask>)]) {
        let css = |pixels: i64| pixels as f64 / f64::from(PIXELS_PER_CSS_PIXEL);
        let glyphs = glyphs.iter().map(|(left, top, mask)| {
            let (width, height) = (mask.width as i64, (mask.coverage.len() / mask.width) as i64);
            Area::new(css(*left), css(*top), css(left + width), css(top + height))
        });
        let round = |one: Area, other: Area| Area {
            left: one.left.min(other.left),
            top: one.top.min(other.top),
            right: one.right.max(other.right),
            bottom: one.bottom.max(other.bottom),
        };
        let text = text.to_owned();
        let noted = glyphs.reduce(round).map(|ink| Written { text, size, ink });
        self.written.extend(noted);
    }
}

/// So many 255ths of a colour over another, rounded.
fn blend(ground: u8, ink: u8, covered: u8) -> u8 {
    let (ground, ink, covered) = (u32::from(ground), u32::from(ink), u32::from(covered));
    // at most 255
    ((ink * covered + ground * (255 - covered) + 127) / 255) as u8
}

fn paint(colour: BackendColor) -> Paint<'static> {
    let (red, green, blue) = colour.rgb;
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, u8::MAX);
    paint.anti_alias = true;
    paint
}

// a picture is far smaller than f32 counts
fn pixels((x, y): BackendCoord) -> (f32, f32) {
    let pixels = |units: i32| units as f32 / UNITS_PER_PIXEL as f32;
    (pixels(x), pixels(y))
}

fn ordered(one: f32, other: f32) -> (f32, f32) {
    (one.min(other), one.max(other))
}

/// The pen of plotters.
pub(super) struct Pen<'a>(pub(super) &'a mut Bitmap);

type PenResult = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Pen<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let units = |pixels: u32| pixels * UNITS_PER_PIXEL;
        (units(self.0.columns()), units(self.0.rows()))
    }

    fn ensure_prepared(&mut self) -> PenResult {
        Ok(())
    }

    fn present(&mut self) -> PenResult {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> PenResult {
        self.0
            .fill_rectangle(pixels(at), pixels((at.0 + 1, at.1 + 1)), colour);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> PenResult {
        if !fill {
            return self.draw_path([from, (to.0, from.1), to, (from.0, to.1), from], style);
        }
        self.0
            .fill_rectangle(pixels(from), pixels(to), style.color());
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> PenResult {
        let corners: Vec<(f32, f32)> = path.into_iter().map(pixels).collect();
        let (colour, width) = (
            style.color(),
            style.stroke_width() as f32 / UNITS_PER_PIXEL as f32,
        );
        let half = width / 2.0;
        match *corners {
            // Most lines are upright or level, and those are rectangles.
            [(x, from), (to_x, to)] if x == to_x => {
                self.0
                    .fill_rectangle((x - half, from), (x + half, to), colour);
            }
            [(from, y), (to, to_y)] if y == to_y => {
                self.0
                    .fill_rectangle((from, y - half), (to, y + half), colour);
            }
            _ => {
                let stroke = Stroke {
                    width,
                    ..Stroke::default()
                };
                let (paint, unmoved) = (paint(colour), Transform::identity());
                if let Some(line) = outline(&corners).finish() {
                    self.0
                        .pixels
                        .stroke_path(&line, &paint, &stroke, unmoved, None);
                }
            }
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> PenResult {
        let mut outline = outline(&corners.into_iter().map(pixels).collect::<Vec<_>>());
        outline.close();
        if let Some(outline) = outline.finish() {
            let (paint, unmoved) = (paint(style.color()), Transform::identity());
            self.0
                .pixels
                .fill_path(&outline, &paint, FillRule::Winding, unmoved, None);
        }
        Ok(())
    }

    /// Writes on the line at the anchor's height, whatever its vertical place; size in CSS pixels
    /// an em.
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        at: BackendCoord,
    ) -> PenResult {
        let bold = matches!(style.style(), FontStyle::Bold);
        let pixels_per_em = style.size() * f64::from(PIXELS_PER_CSS_PIXEL);
        let (glyphs, width) = self.0.fonts.place(text, bold);
        let (x, y) = pixels(at);
        let start = f64::from(x)
            - match style.anchor().h_pos {
                HPos::Left => 0.0,
                HPos::Center => width * pixels_per_em / 2.0,
                HPos::Right => width * pixels_per_em,
            };
        // Glyphs stand on an edge between pixels, which is sharp.
        let baseline = f64::from(y).round();
        let mut inked = Vec::with_capacity(glyphs.len());
        for glyph in glyphs {
            // whole numbers; `as` saturates
            let phases = ((start + glyph.right * pixels_per_em) * f64::from(PHASES)).round() as i64;
            let phase = phases.rem_euclid(i64::from(PHASES)) as u8;
            let column = phases.div_euclid(i64::from(PHASES));
            let line = (baseline - glyph.up * pixels_per_em).round() as i64;
            if let Some(mask) = self.0.fonts.paint(&glyph, bold, pixels_per_em, phase) {
                inked.push((
                    column + i64::from(mask.left),
                    line + i64::from(mask.top),
                    mask,
                ));
            }
        }
        for (left, top, mask) in &inked {
            self.0.stamp(mask, (*left, *top), style.color().rgb);
        }
        #[cfg(test)]
        self.0.note(text, style.size(), &inked);
        Ok(())
    }
}

fn outline(corners: &[(f32, f32)]) -> PathBuilder {
    let mut outline = PathBuilder::new();
    if let Some(((x, y), others)) = corners.split_first() {
        outline.move_to(*x, *y);
        others.iter().for_each(|(x, y)| outline.line_to(*x, *y));
    }
    outline
}
