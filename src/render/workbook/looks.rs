use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use super::super::palette;

/// How a cell of a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Text,
    /// Words in a column of numbers.
    TextAmongNumbers,
    /// Text that goes on in another line where it is longer than its column is wide.
    Wrapped,
    Count,
    Share,
    Rate,
    Decimal,
    Day,
    Moment,
    Quiet,
    QuietNumber,
}

impl Look {
    /// Each at the place of its number.
    pub(super) const ALL: [Self; 11] = [
        Self::Text,
        Self::TextAmongNumbers,
        Self::Wrapped,
        Self::Count,
        Self::Share,
        Self::Rate,
        Self::Decimal,
        Self::Day,
        Self::Moment,
        Self::Quiet,
        Self::QuietNumber,
    ];

    pub(super) fn format(self) -> Format {
        // The line below each row is there for programs that know nothing of the looks of tables.
        let line = plain()
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(Color::RGB(palette::GRID.rgb()));
        // What stands beside a text of several lines stands at its first.
        let text = line.set_align(FormatAlign::Top);
        // The indent keeps a number from the text to the right of it.
        let right = |format: Format| format.set_align(FormatAlign::Right).set_indent(1);
        let number = |format: &str| right(text.clone().set_num_format(format));
        let quiet = text
            .clone()
            .set_font_color(Color::RGB(palette::SECONDARY.rgb()));
        match self {
            Self::Text => text,
            Self::TextAmongNumbers => right(text),
            Self::Wrapped => text.set_text_wrap(),
            Self::Count => number("#,##0"),
            Self::Share => number("0.0%"),
            Self::Rate => number("0.0000%"),
            Self::Decimal => number("#,##0.0"),
            Self::Day => number("dd/mm/yyyy"),
            Self::Moment => number("dd/mm/yyyy hh:mm"),
            Self::Quiet => quiet,
            Self::QuietNumber => right(quiet),
        }
    }
}

/// The looks of what stands above the rows of a table.
pub(super) struct Headings {
    pub(super) title: Format,
    /// Text between the title and the table.
    pub(super) line: Format,
    pub(super) column: Format,
    pub(super) number_column: Format,
}

impl Headings {
    pub(super) fn new() -> Self {
        let column = plain()
            .set_bold()
            .set_font_color(Color::White)
            .set_background_color(Color::RGB(palette::BLUE.rgb()))
            .set_align(FormatAlign::VerticalCenter)
            .set_text_wrap();
        Self {
            title: plain()
                .set_text_wrap()
                .set_bold()
                .set_font_size(14)
                .set_font_color(Color::RGB(palette::BLUE.rgb())),
            line: plain().set_text_wrap().set_align(FormatAlign::Top),
            // The indent leaves room for the button of the filter.
            number_column: column.clone().set_align(FormatAlign::Right).set_indent(2),
            column,
        }
    }
}

fn plain() -> Format {
    Format::new().set_font_name("Arial").set_font_size(10)
}
