use std::collections::HashMap;

use foldhash::fast::RandomState;
use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};

use super::ChartProblem;
use super::bitmap::Bitmap;

/// As many colours as a palette of eight bits holds.
const PALETTE: usize = 256;

/// How far a channel of a rare colour may move to one of the palette: an edge a twentieth softer or
/// harder is not seen.
const UNSEEN: u8 = 12;

/// The level, of 9. Pictures are an eighth larger than at level 6, and packed in half the time.
/// libdeflate is no faster here, and png's own fast levels make them two thirds larger.
const COMPRESSION: u8 = 3;

type Rgb = [u8; 3];
type Pixel = [u8; 4];

/// A picture as its colours and where they are.
struct Colours {
    /// Each colour that occurs, and how often.
    occurring: Vec<(Rgb, usize)>,
    lines: Vec<Lines>,
}

/// Lines of a picture that are the same, one below the other: most of a chart's are, the ground and
/// the bars.
struct Lines {
    /// Neighbours of one colour: which of the picture's colours, and how many they are.
    runs: Vec<(usize, usize)>,
    /// How many lines.
    number: usize,
}

/// A bitmap as a PNG.
pub(super) fn png(bitmap: &Bitmap) -> Result<Vec<u8>, ChartProblem> {
    let (columns, rows, pixels) = (bitmap.columns(), bitmap.rows(), bitmap.pixels());
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, columns, rows);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(COMPRESSION));
    let data = if let Some((palette, indices)) = with_palette(&colours(pixels, columns as usize)) {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(palette.concat());
        encoder.set_filter(Filter::NoFilter); // neighbours in a palette are not neighbours in colour
        indices
    } else {
        encoder.set_color(ColorType::Rgb);
        pixels
            .iter()
            .flat_map(|[red, green, blue, _]| [*red, *green, *blue])
            .collect()
    };
    let mut writer = encoder.write_header().map_err(ChartProblem::Png)?;
    writer.write_image_data(&data).map_err(ChartProblem::Png)?;
    writer.finish().map_err(ChartProblem::Png)?;
    Ok(bytes)
}

/// The colours of a picture of so many columns; its pixels are red, green, blue and opaque.
fn colours(pixels: &[Pixel], columns: usize) -> Colours {
    let mut places: HashMap<Pixel, usize, RandomState> = HashMap::default();
    let mut occurring = Vec::new();
    let lines: Vec<&[Pixel]> = pixels.chunks_exact(columns.max(1)).collect();
    let same = lines
        .chunk_by(|one, next| one == next)
        .filter_map(|same| Some((*same.first()?, same.len())));
    let lines = same.map(|(mut line, number)| {
        let mut runs = Vec::new();
        while let Some((colour @ [red, green, blue, _], _)) = line.split_first() {
            let length = run(line, *colour);
            let place = *places.entry(*colour).or_insert(occurring.len());
            match occurring.get_mut(place) {
                Some((_, often)) => *often += length * number,
                None => occurring.push(([*red, *green, *blue], length * number)),
            }
            runs.push((place, length));
            line = line.get(length..).unwrap_or_default();
        }
        Lines { runs, number }
    });
    let lines = lines.collect();
    Colours { occurring, lines }
}

/// How many pixels at the beginning of a line are of a colour.
fn run(line: &[Pixel], colour: Pixel) -> usize {
    const BLOCK: usize = 16;
    let same = |pixels: &[Pixel]| pixels.iter().take_while(|pixel| **pixel == colour).count();
    // Runs are short where there are words, and long elsewhere.
    let (start, rest) = line.split_at(BLOCK.min(line.len()));
    let short = same(start);
    if short < BLOCK {
        return short;
    }
    let blocks = rest
        .chunks_exact(BLOCK)
        .take_while(|block| **block == [colour; BLOCK])
        .count()
        * BLOCK;
    short + blocks + same(rest.get(blocks..).unwrap_or_default())
}

/// The picture as a palette and an index for each pixel. Frequent colours are kept as they are; the
/// rare shades at the edges of glyphs and stripes take a frequent one that is as near as the
/// palette's size demands. `None` where that could be seen.
fn with_palette(Colours { occurring, lines }: &Colours) -> Option<(Vec<Rgb>, Vec<u8>)> {
    let mut frequent = occurring.clone();
    frequent.sort_unstable_by(|(one, often), (other, more)| more.cmp(often).then(one.cmp(other)));
    let palette = (0..=UNSEEN).find_map(|apart| Palette::of(&frequent, apart))?;
    let places: Vec<u8> = occurring
        .iter()
        .map(|(colour, _)| palette.nearest(*colour))
        .collect();
    let mut indices = Vec::with_capacity(occurring.iter().map(|(_, often)| often).sum());
    for Lines { runs, number } in lines {
        let start = indices.len();
        for (place, length) in runs {
            indices.resize(indices.len() + length, *places.get(*place)?);
        }
        let line = start..indices.len();
        for _ in 1..*number {
            indices.extend_from_within(line.clone());
        }
    }
    Some((palette.colours(), indices))
}

/// Colours of a picture, channel by channel, so that a pixel is compared with all of them at once.
struct Palette {
    channels: [[u8; PALETTE]; 3],
    length: usize,
}

impl Palette {
    /// The most frequent colours that differ from each other by more than `apart`, if a palette
    /// holds them. Every other colour is then no further than `apart` from one of them.
    fn of(colours: &[(Rgb, usize)], apart: u8) -> Option<Self> {
        let mut palette = Self {
            channels: [[0; PALETTE]; 3],
            length: 0,
        };
        for (colour, _) in colours {
            let distances = palette.distances(*colour);
            if distances
                .iter()
                .take(palette.length)
                .all(|distance| *distance > apart)
            {
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
            *distance = red
                .abs_diff(*r)
                .max(green.abs_diff(*g))
                .max(blue.abs_diff(*b));
        }
        distances
    }

    /// The place of the first of those that are nearest.
    fn nearest(&self, colour: Rgb) -> u8 {
        let distances = self.distances(colour);
        (0..=u8::MAX)
            .zip(distances.iter().take(self.length))
            .min_by_key(|(_, distance)| **distance)
            .map_or(0, |(place, _)| place)
    }

    fn colours(&self) -> Vec<Rgb> {
        let [reds, greens, blues] = &self.channels;
        reds.iter()
            .zip(greens)
            .zip(blues)
            .map(|((red, green), blue)| [*red, *green, *blue])
            .take(self.length)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The palette and the places of a picture of 50 columns.
    fn indexed(pixels: &[Rgb]) -> Option<(Vec<Rgb>, Vec<u8>)> {
        let pixels: Vec<Pixel> = pixels.iter().map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        with_palette(&colours(&pixels, 50))
    }

    #[test]
    fn runs_end_where_another_colour_begins() {
        let (white, ink) = ([255; 4], [0, 0, 0, 255]);
        for length in 1..70 {
            let mut line = vec![white; length];
            assert_eq!(run(&line, white), length);
            line.extend([ink, white, white]);
            assert_eq!(run(&line, white), length);
        }
    }

    fn distance([r, g, b]: Rgb, [s, h, c]: Rgb) -> u8 {
        r.abs_diff(s).max(g.abs_diff(h)).max(b.abs_diff(c))
    }

    #[test]
    fn few_colours_are_kept_exactly() {
        let pixels: Vec<Rgb> = (0..1_000_u32)
            .map(|place| [(place % 200) as u8, 7, 9])
            .collect();
        let (palette, indices) = indexed(&pixels).unwrap();
        let restored: Vec<Rgb> = indices
            .iter()
            .map(|place| palette[usize::from(*place)])
            .collect();
        assert_eq!(restored, pixels);
    }

    #[test]
    fn many_shades_move_less_than_is_seen() {
        let pixels: Vec<Rgb> = (0..1_000_u32)
            .map(|place| [(place % 250) as u8, (place / 20) as u8, 0])
            .collect();
        let (palette, indices) = indexed(&pixels).unwrap();
        assert!(palette.len() <= PALETTE);
        let moved = indices
            .iter()
            .zip(&pixels)
            .map(|(place, pixel)| distance(palette[usize::from(*place)], *pixel))
            .max()
            .unwrap();
        assert!(moved > 0 && moved <= UNSEEN, "{moved}");
    }

    #[test]
    fn a_photograph_is_left_alone() {
        let pixels: Vec<Rgb> = (0..32_750_u32)
            .map(|n| {
                [
                    (n % 32 * 8) as u8,
                    (n / 32 % 32 * 8) as u8,
                    (n / 1_024 * 8) as u8,
                ]
            })
            .collect();
        assert!(indexed(&pixels).is_none());
    }
}
