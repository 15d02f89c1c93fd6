use std::collections::HashMap;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
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

type Rgb = [u8; 3];

/// Reads a drawing, with the embedded font only.
pub(super) fn read(svg: &str) -> Result<Tree, ChartProblem> {
    let options = Options { font_family: fonts::FAMILY.to_owned(), fontdb: fonts::DATABASE.clone(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(ChartProblem::Svg)
}

/// Paints a drawing on white, as a PNG of twice `width` × `height`.
pub(super) fn png(drawing: &Tree, width: u32, height: u32) -> Result<Vec<u8>, ChartProblem> {
    let (columns, lines) = (width.saturating_mul(PIXELS_PER_CSS_PIXEL), height.saturating_mul(PIXELS_PER_CSS_PIXEL));
    let mut pixmap = Pixmap::new(columns, lines).ok_or(ChartProblem::Size { width, height })?;
    pixmap.fill(Color::WHITE);
    // small whole numbers
    let scale = PIXELS_PER_CSS_PIXEL as f32 / UNITS_PER_PIXEL as f32;
    resvg::render(drawing, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    // On a solid ground every pixel is opaque, and the premultiplied colour is the colour.
    let pixels: Vec<Rgb> = pixmap.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, columns, lines);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced); // as fast as the fast ones here, and a third smaller
    let data = if let Some((palette, indices)) = with_palette(&pixels) {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(palette.concat());
        encoder.set_filter(Filter::NoFilter); // neighbours in a palette are not neighbours in colour
        indices
    } else {
        encoder.set_color(ColorType::Rgb);
        pixels.concat()
    };
    let mut writer = encoder.write_header().map_err(ChartProblem::Png)?;
    writer.write_image_data(&data).map_err(ChartProblem::Png)?;
    writer.finish().map_err(ChartProblem::Png)?;
    Ok(bytes)
}

/// The picture as a palette and an index for each pixel. Frequent colours are kept as they are; the rare shades at the
/// edges of letters and stripes take a frequent one that is as near as the palette's size demands. `None` where that
/// could be seen.
fn with_palette(pixels: &[Rgb]) -> Option<(Vec<Rgb>, Vec<u8>)> {
    let runs: Vec<(Rgb, usize)> = pixels.chunk_by(|one, next| one == next).filter_map(|run| Some((*run.first()?, run.len()))).collect();
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for (colour, length) in &runs {
        *counts.entry(*colour).or_default() += length;
    }
    let mut colours: Vec<(Rgb, usize)> = counts.into_iter().collect();
    colours.sort_unstable_by(|(one, often), (other, more)| more.cmp(often).then(one.cmp(other)));

    let palette = (0..=UNSEEN).find_map(|apart| palette_of(&colours, apart))?;
    let places: HashMap<Rgb, u8> = colours
        .iter()
        .filter_map(|(colour, _)| {
            let (place, _) = (0..=u8::MAX).zip(&palette).min_by_key(|(_, kept)| distance(*colour, **kept))?;
            Some((*colour, place))
        })
        .collect();
    let mut indices = Vec::with_capacity(pixels.len());
    for (colour, length) in runs {
        indices.resize(indices.len() + length, *places.get(&colour)?);
    }
    Some((palette, indices))
}

/// The most frequent colours that differ from each other by more than `apart`, if a palette holds them. Every other
/// colour is then no further than `apart` from one of them.
fn palette_of(colours: &[(Rgb, usize)], apart: u8) -> Option<Vec<Rgb>> {
    let mut palette: Vec<Rgb> = Vec::with_capacity(PALETTE);
    for (colour, _) in colours {
        if palette.iter().all(|kept| distance(*colour, *kept) > apart) {
            if palette.len() == PALETTE {
                return None;
            }
            palette.push(*colour);
        }
    }
    Some(palette)
}

/// The largest difference of a channel.
fn distance(one: Rgb, other: Rgb) -> u8 {
    let ([r, g, b], [s, h, c]) = (one, other);
    r.abs_diff(s).max(g.abs_diff(h)).max(b.abs_diff(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_kept_exactly() {
        let pixels: Vec<Rgb> = (0..1_000_u32).map(|place| [(place % 200) as u8, 7, 9]).collect();
        let (palette, indices) = with_palette(&pixels).unwrap();
        let restored: Vec<Rgb> = indices.iter().map(|place| palette[usize::from(*place)]).collect();
        assert_eq!(restored, pixels);
    }

    #[test]
    fn many_shades_move_less_than_is_seen() {
        let pixels: Vec<Rgb> = (0..1_000_u32).map(|place| [(place % 250) as u8, (place / 20) as u8, 0]).collect();
        let (palette, indices) = with_palette(&pixels).unwrap();
        assert!(palette.len() <= PALETTE);
        let moved = indices.iter().zip(&pixels).map(|(place, pixel)| distance(palette[usize::from(*place)], *pixel)).max().unwrap();
        assert!(moved > 0 && moved <= UNSEEN, "{moved}");
    }

    #[test]
    fn a_photograph_is_left_alone() {
        let pixels: Vec<Rgb> = (0..32_768_u32).map(|n| [(n % 32 * 8) as u8, (n / 32 % 32 * 8) as u8, (n / 1_024 * 8) as u8]).collect();
        assert!(with_palette(&pixels).is_none());
    }
}
