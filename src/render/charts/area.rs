//! Places and rectangles of a drawing.

/// A place in CSS pixels, from the top left.
pub(super) type Point = (f64, f64);

/// A rectangle in CSS pixels, from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self {
            left,
            top,
            right,
            bottom,
        }
    }

    /// The area of so much width and height round its middle.
    pub(super) fn around((x, y): Point, width: f64, height: f64) -> Self {
        let (across, down) = (width / 2.0, height / 2.0);
        Self::new(x - across, y - down, x + across, y + down)
    }

    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(super) fn middle(self) -> f64 {
        f64::midpoint(self.top, self.bottom)
    }

    pub(super) fn inset(self, by: f64) -> Self {
        let x = by.min(self.width() / 2.0);
        let y = by.min((self.bottom - self.top) / 2.0);
        Self::new(self.left + x, self.top + y, self.right - x, self.bottom - y)
    }

    pub(super) fn corners(self) -> [Point; 4] {
        let (left, top, right, bottom) = (self.left, self.top, self.right, self.bottom);
        [(left, top), (right, top), (right, bottom), (left, bottom)]
    }
}
