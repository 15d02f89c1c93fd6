use std::sync::{Arc, LazyLock};

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use resvg::usvg::fontdb;

use super::ChartProblem;

/// The family of the embedded font, as its files name it. A style that names another draws nothing.
pub(super) const FAMILY: &str = "Noto Sans";

/// Ascent and descent of Noto Sans together, in ems: plotters measures by this height, SVG draws by the em.
const HEIGHT_OF_AN_EM: f64 = 1.362;
/// Plotters measures in whole units; at this many units an em the rounding does not show.
const MEASURED_EM: f64 = 200.0;

/// What the rasteriser may draw with: the embedded font and nothing of the machine's.
pub(super) static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for file in [notosans::REGULAR_TTF, notosans::BOLD_TTF] {
        database.load_font_source(fontdb::Source::Binary(Arc::new(file)));
    }
    Arc::new(database)
});

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    register_font(FAMILY, FontStyle::Normal, notosans::REGULAR_TTF).is_ok()
        && register_font(FAMILY, FontStyle::Bold, notosans::BOLD_TTF).is_ok()
});

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

    pub(super) fn style(self) -> FontStyle {
        if self.bold { FontStyle::Bold } else { FontStyle::Normal }
    }

    /// From the baseline to the top of a capital letter.
    pub(super) fn cap_height(self) -> f64 {
        self.size * 0.714
    }
}

/// The embedded font, ready to measure with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fonts(());

impl Fonts {
    /// Makes the embedded font known to plotters, once.
    pub(super) fn load() -> Result<Self, ChartProblem> {
        if *REGISTERED { Ok(Self(())) } else { Err(ChartProblem::Font) }
    }

    /// The width of a text in CSS pixels.
    pub(super) fn width(self, text: &str, face: Face) -> f64 {
        let font = FontDesc::new(FontFamily::Name(FAMILY), MEASURED_EM * HEIGHT_OF_AN_EM, face.style());
        // A font that is registered always measures; an em for each letter is a width that surely holds the text.
        let units =
            font.layout_box(text).map_or_else(|_| MEASURED_EM * text.chars().count() as f64, |(_, (right, _))| f64::from(right) + 1.0);
        units / MEASURED_EM * face.size
    }

    /// The text, or as much of its beginning as fits, with an ellipsis.
    pub(super) fn shorten(self, text: &str, face: Face, width: f64) -> String {
        if self.width(text, face) <= width {
            return text.to_owned();
        }
        let mut kept: String = text.to_owned();
        while kept.pop().is_some() {
            let candidate = format!("{}…", kept.trim_end());
            if self.width(&candidate, face) <= width {
                return candidate;
            }
        }
        "…".to_owned()
    }

    /// The text in at most three lines, about as long as each other; what does not fit is cut with an ellipsis.
    pub(super) fn wrap(self, text: &str, face: Face, width: f64) -> Vec<String> {
        let lines = self.fill_lines(text, face, width);
        let narrower = (1..=20).map(|step| width * (1.0 - f64::from(step) * 0.025)).take_while(|narrower| {
            let narrow = self.fill_lines(text, face, *narrower);
            narrow.len() == lines.len() && narrow.iter().all(|line| self.width(line, face) <= width)
        });
        let balanced = narrower.last().map_or_else(|| lines.clone(), |narrowest| self.fill_lines(text, face, narrowest));
        balanced.iter().map(|line| self.shorten(line, face, width)).collect()
    }

    fn fill_lines(self, text: &str, face: Face, width: f64) -> Vec<String> {
        const LINES: usize = 3;
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split_whitespace() {
            let is_last = lines.len() == LINES;
            let Some(line) = lines.last_mut() else { break };
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || is_last || self.width(&longer, face) <= width {
                *line = longer;
            } else {
                lines.push(word.to_owned());
            }
        }
        lines
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
        assert!(short.ends_with('…') && fonts.width(&short, face) <= 150.0, "{short}");
        assert_eq!(fonts.shorten("Wards", face, 150.0), "Wards");
        assert_eq!(fonts.shorten("Wards", face, 1.0), "…");
    }

    #[test]
    fn titles_take_three_lines_at_most() {
        let (fonts, face) = (Fonts::load().unwrap(), Face::bold(16.0));
        let sentence = "86% of mailboxes are in sync or switched ".repeat(5);
        let lines = fonts.wrap(&sentence, face, 400.0);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| fonts.width(line, face) <= 400.0));
        assert!(lines.last().unwrap().ends_with('…'));
        assert_eq!(fonts.wrap("Short", face, 400.0), ["Short"]);
        assert_eq!(fonts.wrap("", face, 400.0), [""]);
    }
}
