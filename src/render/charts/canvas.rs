use std::f64::consts::TAU;

use plotters::coord::CoordTranslate;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle};
use plotters_backend::BackendCoord;

use super::ChartProblem;
pub(super) use super::area::{Area, Point};
use super::bitmap::{Bitmap, Pen, UNITS_PER_CSS_PIXEL};
use super::fonts::{Face, Fonts, LABEL};
use crate::render::palette::{Colour, Hatch, TEXT};

/// Plotters wants a name; the picture has one font.
const FAMILY: &str = "Noto Sans";

/// Where a text stands on its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// A bitmap to draw on in CSS pixels.
pub(super) struct Canvas<'a> {
    area: DrawingArea<Pen<'a>, CssPixels>,
    pub(super) fonts: Fonts,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Places in CSS pixels, which plotters rounds to units of the bitmap.
struct CssPixels;

impl CoordTranslate for CssPixels {
    type From = (f64, f64);

    fn translate(&self, (x, y): &(f64, f64)) -> BackendCoord {
        (units(*x), units(*y))
    }
}

// a picture is far smaller than i32 reaches; `as` saturates
fn units(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS_PER_CSS_PIXEL)).round() as i32
}

/// What drawing gives.
pub(super) type Drawn = Result<(), ChartProblem>;

impl<'a> Canvas<'a> {
    pub(super) fn new(bitmap: &'a mut Bitmap) -> Self {
        let (fonts, (width, height)) = (bitmap.fonts(), bitmap.size());
        Self {
            area: Pen(bitmap).into_drawing_area().apply_coord_spec(CssPixels),
            fonts,
            width,
            height,
        }
    }

    fn draw<E>(&self, element: &E) -> Drawn
    where
        for<'e> &'e E: PointCollection<'e, (f64, f64)>,
        E: Drawable<Pen<'a>>,
    {
        let drawn = self.area.draw(element);
        drawn.map_err(|error| ChartProblem::Drawing(error.to_string()))
    }

    pub(super) fn fill(&self, area: Area, colour: Colour) -> Drawn {
        let corners = [(area.left, area.top), (area.right, area.bottom)];
        self.draw(&Rectangle::new(corners, rgb(colour).filled()))
    }

    /// An area with an edge of one pixel inside its bounds.
    pub(super) fn fill_outlined(&self, area: Area, fill: Colour, outline: Colour) -> Drawn {
        self.fill(area, outline)?;
        if fill != outline {
            self.fill(area.inset(1.0), fill)
        } else {
            Ok(())
        }
    }

    /// Stripes over an area, leaving its edge free.
    pub(super) fn stripe(&self, area: Area, hatch: Hatch, colour: Colour) -> Drawn {
        const PITCH: f64 = 6.0;
        const STRIPE: f64 = 2.0;
        let inner = area.inset(1.0);
        // The direction across the stripes.
        let (x, y) = match hatch {
            Hatch::Rising => (1.0, 1.0),
            Hatch::Falling => (1.0, -1.0),
            Hatch::Upright => (1.0, 0.0),
        };
        let length = f64::hypot(x, y);
        let across = |(px, py): (f64, f64)| (px * x + py * y) / length;
        let corners = inner.corners();
        let places = corners.map(across);
        let end = places.into_iter().fold(f64::MIN, f64::max);
        let mut at = places.into_iter().fold(f64::MAX, f64::min) + ((PITCH - STRIPE) / 2.0 - 0.5);
        while at < end {
            let above = cut(&corners, |p| across(p) - at);
            let stripe = cut(&above, |p| at + STRIPE - across(p));
            if stripe.len() > 2 {
                self.polygon(&stripe, colour)?;
            }
            at += PITCH;
        }
        Ok(())
    }

    pub(super) fn line(&self, from: Point, to: Point, width: f64, colour: Colour) -> Drawn {
        self.path(&[from, to], width, colour)
    }

    /// A line of several parts.
    pub(super) fn path(&self, points: &[Point], width: f64, colour: Colour) -> Drawn {
        let style = rgb(colour).stroke_width(units(width).unsigned_abs());
        self.draw(&PathElement::new(points.to_vec(), style))
    }

    /// A line of several parts in dashes, which go on from part to part.
    pub(super) fn dashes(&self, points: &[Point], width: f64, colour: Colour) -> Drawn {
        const DASH: f64 = 5.0;
        const PITCH: f64 = 8.0;
        // How far before the part its first dash begins.
        let mut before = 0.0;
        for (from, to) in points.iter().zip(points.iter().skip(1)) {
            let length = f64::hypot(to.0 - from.0, to.1 - from.1);
            let at = |along: f64| between(*from, *to, (along / length).clamp(0.0, 1.0));
            let mut start = -before;
            while start < length {
                if start + DASH > 0.0 {
                    self.line(at(start), at(start + DASH), width, colour)?;
                }
                start += PITCH;
            }
            before = length - (start - PITCH);
        }
        Ok(())
    }

    pub(super) fn polygon(&self, corners: &[Point], colour: Colour) -> Drawn {
        self.draw(&Polygon::new(corners.to_vec(), rgb(colour).filled()))
    }

    pub(super) fn dot(&self, (x, y): Point, radius: f64, colour: Colour) -> Drawn {
        let corners: [Point; 24] = std::array::from_fn(|corner| {
            let (down, across) = (corner as f64 * TAU / 24.0).sin_cos();
            (x + across * radius, y + down * radius)
        });
        self.polygon(&corners, colour)
    }

    /// Writes in the colour of text, so that capitals stand in the middle of a height.
    pub(super) fn write(&self, text: &str, at: Point, align: Align, face: Face) -> Drawn {
        self.write_in(text, at, align, face, TEXT)
    }

    pub(super) fn write_in(
        &self,
        text: &str,
        (x, middle): Point,
        align: Align,
        face: Face,
        colour: Colour,
    ) -> Drawn {
        let line = middle + face.cap_height() / 2.0;
        self.write_on_line(text, (x, line), align, face, colour)
    }

    /// Says in place of a plot that there is nothing to draw.
    pub(super) fn say_instead(&self, text: &str, top: f64) -> Drawn {
        self.write_on_line(text, (0.0, top + 20.0), Align::Left, LABEL, TEXT)
    }

    fn write_on_line(
        &self,
        text: &str,
        at: Point,
        align: Align,
        face: Face,
        colour: Colour,
    ) -> Drawn {
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let weight = if face.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        let ink = rgb(colour);
        let style = TextStyle::from((FAMILY, face.size, weight).into_font())
            .color(&ink)
            .pos(Pos::new(horizontal, VPos::Bottom));
        self.draw(&Text::new(text.to_owned(), at, style))
    }
}

/// The part of a convex polygon where a distance is not negative (Sutherland and Hodgman 1974).
fn cut(polygon: &[Point], distance: impl Fn(Point) -> f64) -> Vec<Point> {
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    let before = polygon.iter().cycle().skip(polygon.len().saturating_sub(1));
    for (from, to) in before.zip(polygon) {
        let (start, end) = (distance(*from), distance(*to));
        if (start < 0.0) != (end < 0.0) {
            kept.push(between(*from, *to, start / (start - end)));
        }
        if end >= 0.0 {
            kept.push(*to);
        }
    }
    kept
}

/// The point at a share of the way.
fn between(from: Point, to: Point, share: f64) -> Point {
    let on_the_way = |from: f64, to: f64| from + (to - from) * share;
    (on_the_way(from.0, to.0), on_the_way(from.1, to.1))
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polygons_are_cut_along_a_line() {
        let square = Area::new(0.0, 0.0, 2.0, 2.0).corners();
        let half = cut(&square, |(x, _)| x - 1.0);
        assert_eq!(half.len(), 4);
        assert!(half.iter().all(|(x, _)| *x >= 1.0));
        assert!(cut(&square, |(x, _)| x - 3.0).is_empty());
        assert_eq!(cut(&square, |(x, _)| x + 3.0).len(), 4);
    }
}
