use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use ab_glyph::{Font, GlyphId, OutlinedGlyph, PxScaleFactor, point};
use foldhash::fast::RandomState;
use harfrust::{
    Direction, ShapeOptions, ShapePlan, ShapePlanKey, ShaperData, UnicodeBuffer, script,
};

use super::ChartProblem;

/// Horizontal places of a glyph within a pixel: a quarter of a pixel aside is not seen.
pub(super) const PHASES: u8 = 4;

/// Shades of a glyph's edge, its ground and its ink among them: more are not seen, and are a
/// quarter more to send.
const SHADES: f32 = 16.0;

/// A size in CSS pixels and a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    pub(super) size: f64,
    pub(super) bold: bool,
}

impl Face {
    pub(super) const fn regular(size: f64) -> Self {
        Self { size, bold: false }
    }

    pub(super) const fn bold(size: f64) -> Self {
        Self { size, bold: true }
    }

    /// From the baseline to the top of a capital letter.
    pub(super) fn cap_height(self) -> f64 {
        self.size * 0.714
    }
}

/// Words of 18 are as large as those of an email, and read as 11 on a phone of 360, which shows a
/// chart of 520 on 336, or on 320 in the dark.
pub(super) const LABEL: Face = Face::regular(18.0);
pub(super) const STRONG: Face = Face::bold(18.0);

/// How much of each pixel a glyph covers, 0 to 255, line by line.
pub(super) struct Mask {
    /// Pixels from the pen to its first column.
    pub(super) left: i32,
    /// Pixels from the baseline down to its first line.
    pub(super) top: i32,
    /// How many columns it has.
    pub(super) width: usize,
    pub(super) coverage: Vec<u8>,
}

/// A letter, or several that are one, of a text: where its pen is, in ems from the start of the
/// text and above the baseline.
pub(super) struct Glyph {
    number: u16,
    pub(super) right: f64,
    pub(super) up: f64,
}

/// A weight of the embedded font: what places glyphs beside each other, and what knows their
/// shapes.
struct Typeface {
    shapes: ab_glyph::FontRef<'static>,
    font: harfrust::FontRef<'static>,
    placing: ShaperData,
    /// For Latin letters, which nearly all texts are.
    latin: ShapePlan,
    units_per_em: f64,
}

impl Typeface {
    fn read(file: &'static [u8]) -> Option<Self> {
        let font = harfrust::FontRef::from_index(file, 0).ok()?;
        let placing = ShaperData::new(&font);
        let shaper = placing.shaper(&font).build();
        let units_per_em = f64::from(shaper.units_per_em());
        let latin = ShapePlan::new(
            &shaper,
            Direction::LeftToRight,
            Some(script::LATIN),
            None,
            &[],
        );
        Some(Self {
            shapes: ab_glyph::FontRef::try_from_slice(file).ok()?,
            font,
            placing,
            latin,
            units_per_em,
        })
    }

    /// Places the glyphs of a text beside each other, with kerning; gives the width too, in ems.
    fn place(&self, text: &str) -> (Vec<Glyph>, f64) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        // A text without a letter, as a figure is, has no script.
        if buffer.script() == script::UNKNOWN || buffer.script() == script::COMMON {
            buffer.set_script(script::LATIN);
            buffer.set_direction(Direction::LeftToRight);
        }
        let plan = ShapePlanKey::new(Some(buffer.script()), buffer.direction())
            .matches(&self.latin)
            .then_some(&self.latin);
        let placed = self
            .placing
            .shaper(&self.font)
            .build()
            .shape(buffer, ShapeOptions::new().plan(plan));
        let (mut pen, ems) = (0, |units: i32| f64::from(units) / self.units_per_em);
        let mut glyphs = Vec::with_capacity(placed.len());
        for (info, at) in placed.glyph_infos().iter().zip(placed.glyph_positions()) {
            // A font has no more glyphs than 16 bits number.
            glyphs.push(Glyph {
                number: u16::try_from(info.glyph_id).unwrap_or_default(),
                right: ems(pen + at.x_offset),
                up: ems(at.y_offset),
            });
            pen += at.x_advance;
        }
        (glyphs, ems(pen))
    }

    /// Paints a glyph with its pen at a quarter of a pixel.
    fn paint(&self, number: u16, pixels_per_em: f64, phase: u8) -> Option<Mask> {
        let scale = (pixels_per_em / self.units_per_em) as f32;
        let pen = ab_glyph::Glyph {
            id: GlyphId(number),
            scale: scale.into(),
            position: point(f32::from(phase) / f32::from(PHASES), 0.0),
        };
        let factor = PxScaleFactor {
            horizontal: scale,
            vertical: scale,
        };
        let outline = OutlinedGlyph::new(pen, self.shapes.outline(GlyphId(number))?, factor);
        let bounds = outline.px_bounds();
        // whole numbers, far smaller than 2^24
        let (width, height) = (bounds.width() as usize, bounds.height() as usize);
        let mut coverage = vec![0; width * height];
        outline.draw(|x, y, covered| {
            if let Some(pixel) = coverage.get_mut(y as usize * width + x as usize) {
                *pixel = (covered * (SHADES - 1.0)).round() as u8 * (255.0 / (SHADES - 1.0)) as u8;
            }
        });
        Some(Mask {
            left: bounds.min.x as i32,
            top: bounds.min.y as i32,
            width,
            coverage,
        })
    }
}

/// The embedded font, regular and bold, and nothing of the machine's.
static TYPEFACES: LazyLock<Option<[Typeface; 2]>> = LazyLock::new(|| {
    Some([
        Typeface::read(notosans::REGULAR_TTF)?,
        Typeface::read(notosans::BOLD_TTF)?,
    ])
});

/// Weight, pixels per em (its bits), glyph, phase.
type GlyphKey = (bool, u64, u16, u8);

/// Glyphs by what they are painted with; `None` for one without ink.
type Painted = HashMap<GlyphKey, Option<Arc<Mask>>, RandomState>;

/// Glyphs that were painted already: the charts of a morning are written with a few hundred.
static PAINTED: LazyLock<RwLock<Painted>> = LazyLock::new(RwLock::default);

/// The embedded font, ready to measure and to write with.
#[derive(Clone, Copy)]
pub(super) struct Fonts(&'static [Typeface; 2]);

impl Fonts {
    /// Reads the embedded font, once.
    pub(super) fn load() -> Result<Self, ChartProblem> {
        TYPEFACES.as_ref().map(Self).ok_or(ChartProblem::Font)
    }

    fn typeface(self, bold: bool) -> &'static Typeface {
        let [regular, strong] = self.0;
        if bold { strong } else { regular }
    }

    /// The glyphs of a text, and its width in ems.
    pub(super) fn place(self, text: &str, bold: bool) -> (Vec<Glyph>, f64) {
        self.typeface(bold).place(text)
    }

    /// A glyph with its pen so many quarters right of a pixel's edge; `None` for one without ink.
    pub(super) fn paint(
        self,
        glyph: &Glyph,
        bold: bool,
        pixels_per_em: f64,
        phase: u8,
    ) -> Option<Arc<Mask>> {
        let key = (bold, pixels_per_em.to_bits(), glyph.number, phase);
        let known = PAINTED
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        known.unwrap_or_else(|| {
            let mask = self
                .typeface(bold)
                .paint(glyph.number, pixels_per_em, phase)
                .map(Arc::new);
            PAINTED
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key, mask.clone());
            mask
        })
    }

    /// The width of a text in CSS pixels.
    pub(super) fn width(self, text: &str, face: Face) -> f64 {
        self.place(text, face.bold).1 * face.size
    }

    /// The width of the widest text.
    pub(super) fn widest<'t>(self, texts: impl IntoIterator<Item = &'t str>, face: Face) -> f64 {
        let widths = texts.into_iter().map(|text| self.width(text, face));
        widths.fold(0.0, f64::max)
    }

    /// The text, or as much of its beginning as fits, with an ellipsis.
    pub(super) fn shorten(self, text: &str, face: Face, width: f64) -> String {
        if self.width(text, face) <= width {
            return text.to_owned();
        }
        let beginnings = text.char_indices().rev();
        beginnings
            .map(|(end, _)| format!("{}…", text.get(..end).unwrap_or_default().trim_end()))
            .find(|candidate| self.width(candidate, face) <= width)
            .unwrap_or_else(|| "…".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shortened_to_the_width() {
        let (fonts, face) = (Fonts::load().unwrap(), Face::regular(13.0));
        let text = "Community and Mental Health Services, Élan Valley";
        let short = fonts.shorten(text, face, 150.0);
        assert!(
            short.ends_with('…') && fonts.width(&short, face) <= 150.0,
            "{short}"
        );
        assert_eq!(fonts.shorten("Wards", face, 150.0), "Wards");
        assert_eq!(fonts.shorten("Wards", face, 1.0), "…");
    }

    /// The sums of the advances that HarfBuzz 15.0.0 gives (uharfbuzz 0.57.0, `hb.shape` of the
    /// whole text), in 2,048ths of an em. Without kerning “To” is 1,139 and 1,239 wide (`hmtx`,
    /// read with fontTools 4.68.0).
    #[test]
    fn letters_stand_beside_each_other_as_harfbuzz_places_them() {
        let fonts = Fonts::load().unwrap();
        let units = |text: &str, bold| {
            (fonts.width(
                text,
                Face {
                    size: 2_048.0,
                    bold,
                },
            ))
            .round() as i64
        };
        for (text, regular, bold) in [
            ("d", 1_260, 1_296),
            ("To", 2_308, 2_384),
            ("Ta", 2_208, 2_343),
            ("AV", 2_498, 2_704),
            ("Wards", 6_101, 6_421),
            ("4,312 of 5,020", 13_474, 13_661),
        ] {
            assert_eq!(
                (units(text, false), units(text, true)),
                (regular, bold),
                "{text}"
            );
        }
        assert_eq!(units("T", false) + units("o", false), 1_139 + 1_239);
    }

    /// The ink of “H” is two stems and a bar; of a space there is none.
    #[test]
    fn letters_are_painted_where_their_pen_is() {
        let fonts = Fonts::load().unwrap();
        let mask =
            |text: &str, phase| fonts.paint(&fonts.place(text, false).0[0], false, 40.0, phase);
        assert!(mask(" ", 0).is_none());
        let (upright, aside) = (mask("H", 0).unwrap(), mask("H", 2).unwrap());
        assert_eq!(upright.top, -29); // capitals are 0.714 of an em high
        let ink = |mask: &Mask| {
            mask.coverage
                .iter()
                .map(|pixel| f64::from(*pixel) / 255.0)
                .sum::<f64>()
        };
        assert!(
            (ink(&upright) - ink(&aside)).abs() < 0.02 * ink(&upright),
            "as much ink half a pixel aside"
        );
        let centre = |mask: &Mask| {
            let columns = mask
                .coverage
                .iter()
                .enumerate()
                .map(|(place, pixel)| (place % mask.width) as f64 * f64::from(*pixel) / 255.0);
            f64::from(mask.left) + columns.sum::<f64>() / ink(mask)
        };
        assert!((centre(&aside) - centre(&upright) - 0.5).abs() < 0.05);
    }
}
