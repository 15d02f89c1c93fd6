use std::collections::HashMap;

use foldhash::fast::RandomState;
use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::canvas::UNITS_PER_PIXEL;
use super::{ChartProblem, fonts};

/// Pixels of the picture in a CSS pixel, for screens of twice the density.
pub(super) const PIXELS_PER_CSS_PIXEL: u32 = 2;

/// As many colours as a palette of eight bits holds.
const PALETTE: usize = 256;

/// How far a channel of a rare colour may move to one of the palette: an edge a twentieth softer or harder is not seen.
const UNSEEN: u8 = 12;

/// Of 9. An eighth larger than at 6, in half the time; png's own fast ones are no faster here, and two thirds larger.
const COMPRESSION: u8 = 3;

type Rgb = [u8; 3];

/// Lines of a picture that are the same, one below the other: most of a chart's are, the ground and the bars.
struct Lines {
    /// Neighbours of one colour, and how many they are.
    runs: Vec<(Rgb, usize)>,
    /// How many lines.
    number: usize,
}

/// Reads a drawing, with the embedded font only.
pub(super) fn read(svg: &str) -> Result<Tree, ChartProblem> {
    let options = Options { font_family: fonts::FAMILY.to_owned(), fontdb: fonts::DATABASE.clone(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(ChartProblem::Svg)
}

/// Paints a drawing on white, as a PNG of twice `width` × `height`.
pub(super) fn png(drawing: &Tree, width: u32, height: u32) -> Result<Vec<u8>, ChartProblem> {
    let (columns, rows) = (width.saturating_mul(PIXELS_PER_CSS_PIXEL), height.saturating_mul(PIXELS_PER_CSS_PIXEL));
    let mut pixmap = Pixmap::new(columns, rows).ok_or(ChartProblem::Size { width, height })?;
    pixmap.fill(Color::WHITE);
    // small whole numbers
    let scale = PIXELS_PER_CSS_PIXEL as f32 / UNITS_PER_PIXEL as f32;
    resvg::render(drawing, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    // On a solid ground every pixel is opaque, and the premultiplied colour is the colour.
    let (pixels, _) = pixmap.data().as_chunks();
    let lines = lines(pixels, columns as usize);

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, columns, rows);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(COMPRESSION));
    let data = if let Some((palette, indices)) = with_palette(&lines) {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(palette.concat());
        encoder.set_filter(Filter::NoFilter); // neighbours in a palette are not neighbours in colour
        indices
    } else {
        encoder.set_color(ColorType::Rgb);
        pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect()
    };
    let mut writer = encoder.write_header().map_err(ChartProblem::Png)?;
    writer.write_image_data(&data).map_err(ChartProblem::Png)?;
    writer.finish().map_err(ChartProblem::Png)?;
    Ok(bytes)
}

/// The lines of a picture of so many columns; its pixels are red, green, blue and opaque.
fn lines(pixels: &[[u8; 4]], columns: usize) -> Vec<Lines> {
    let lines: Vec<&[[u8; 4]]> = pixels.chunks_exact(columns.max(1)).collect();
    let same = lines.chunk_by(|one, next| one == next).filter_map(|same| Some((*same.first()?, same.len())));
    let runs = |line: &[[u8; 4]]| {
        let runs = line.chunk_by(|one, next| one == next).filter_map(|run| Some((*run.first()?, run.len())));
        runs.map(|([red, green, blue, _], length)| ([red, green, blue], length)).collect()
    };
    same.map(|(line, number)| Lines { runs: runs(line), number }).collect()
}

/// The picture as a palette and an index for each pixel. Frequent colours are kept as they are; the rare shades at the
/// edges of letters and stripes take a frequent one that is as near as the palette's size demands. `None` where that
/// could be seen.
fn with_palette(lines: &[Lines]) -> Option<(Vec<Rgb>, Vec<u8>)> {
    let mut counts: HashMap<Rgb, usize, RandomState> = HashMap::default();
    for Lines { runs, number } in lines {
        for (colour, length) in runs {
            *counts.entry(*colour).or_default() += length * number;
        }
    }
    let mut colours: Vec<(Rgb, usize)> = counts.into_iter().collect();
    colours.sort_unstable_by(|(one, often), (other, more)| more.cmp(often).then(one.cmp(other)));

    let palette = (0..=UNSEEN).find_map(|apart| Palette::of(&colours, apart))?;
    let places: HashMap<Rgb, u8, RandomState> = colours.iter().map(|(colour, _)| (*colour, palette.nearest(*colour))).collect();
    let mut indices = Vec::with_capacity(colours.iter().map(|(_, often)| often).sum());
    for Lines { runs, number } in lines {
        let start = indices.len();
        for (colour, length) in runs {
            indices.resize(indices.len() + length, *places.get(colour)?);
        }
        let line = start..indices.len();
        for _ in 1..*number {
            indices.extend_from_within(line.clone());
        }
    }
    Some((palette.colours(), indices))
}

/// Colours of a picture, by channel: so that one is held against all of them at once.
struct Palette {
    channels: [[u8; PALETTE]; 3],
    length: usize,
}

impl Palette {
    /// The most frequent colours that differ from each other by more than `apart`, if a palette holds them. Every other
    /// colour is then no further than `apart` from one of them.
    fn of(colours: &[(Rgb, usize)], apart: u8) -> Option<Self> {
        let mut palette = Self { channels: [[0; PALETTE]; 3], length: 0 };
        for (colour, _) in colours {
            let distances = palette.distances(*colour);
            if distances.iter().take(palette.length).all(|distance| *distance > apart) {
                for (channel, value) in palette.channels.iter_mut().zip(colour) {
                    *channel.get_mut(palette.length)? = *value;
                }
                palette.length += 1;
            }
        }
        Some(palette)
    }

    /// Of each colour, the largest difference of a channel.
    fn distances(&self, colour: Rgb) -> [u8; PALETTE] {
        let ([reds, greens, blues], [red, green, blue]) = (&self.channels, colour);
        let mut distances = [0; PALETTE];
        for (((distance, r), g), b) in distances.iter_mut().zip(reds).zip(greens).zip(blues) {
            *distance = red.abs_diff(*r).max(green.abs_diff(*g)).max(blue.abs_diff(*b));
        }
        distances
    }

    /// The place of the first of those that are nearest.
    fn nearest(&self, colour: Rgb) -> u8 {
        let distances = self.distances(colour);
        (0..=u8::MAX).zip(distances.iter().take(self.length)).min_by_key(|(_, distance)| **distance).map_or(0, |(place, _)| place)
    }

    fn colours(&self) -> Vec<Rgb> {
        let [reds, greens, blues] = &self.channels;
        reds.iter().zip(greens).zip(blues).map(|((red, green), blue)| [*red, *green, *blue]).take(self.length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As lines of 50 pixels.
    fn as_lines(pixels: &[Rgb]) -> Vec<Lines> {
        lines(&pixels.iter().map(|[r, g, b]| [*r, *g, *b, 255]).collect::<Vec<_>>(), 50)
    }

    fn distance([r, g, b]: Rgb, [s, h, c]: Rgb) -> u8 {
        r.abs_diff(s).max(g.abs_diff(h)).max(b.abs_diff(c))
    }

    #[test]
    fn few_colours_are_kept_exactly() {
        let pixels: Vec<Rgb> = (0..1_000_u32).map(|place| [(place % 200) as u8, 7, 9]).collect();
        let (palette, indices) = with_palette(&as_lines(&pixels)).unwrap();
        let restored: Vec<Rgb> = indices.iter().map(|place| palette[usize::from(*place)]).collect();
        assert_eq!(restored, pixels);
    }

    #[test]
    fn many_shades_move_less_than_is_seen() {
        let pixels: Vec<Rgb> = (0..1_000_u32).map(|place| [(place % 250) as u8, (place / 20) as u8, 0]).collect();
        let (palette, indices) = with_palette(&as_lines(&pixels)).unwrap();
        assert!(palette.len() <= PALETTE);
        let moved = indices.iter().zip(&pixels).map(|(place, pixel)| distance(palette[usize::from(*place)], *pixel)).max().unwrap();
        assert!(moved > 0 && moved <= UNSEEN, "{moved}");
    }

    #[test]
    fn a_photograph_is_left_alone() {
        let pixels: Vec<Rgb> = (0..32_750_u32).map(|n| [(n % 32 * 8) as u8, (n / 32 % 32 * 8) as u8, (n / 1_024 * 8) as u8]).collect();
        assert!(with_palette(&as_lines(&pixels)).is_none());
    }
}
