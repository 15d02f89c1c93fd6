//! The formats of a workbook's cells (ECMA-376, part 1, 18.8).

use super::super::palette::{self, Colour};
use super::namespaces::{DECLARATION, SPREADSHEET};

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellFormat {
    /// Of a cell that nobody wrote.
    General,
    /// The first line above a table.
    Title,
    /// Another line above a table.
    Line,
    /// One that leads to another sheet.
    Link,
    Heading,
    HeadingOfNumbers,
    Text,
    TextAmongNumbers,
    /// Text that goes on in another line where it is longer than its column is wide.
    WrappedText,
    Count,
    Share,
    Rate,
    Decimal,
    Day,
    Moment,
    Quiet,
    QuietAmongNumbers,
}

// What is above the first line of a cell stays there beside a text of several lines; the indents
// keep a number and the text to the right of it apart, and a heading from the button of the filter.
const TOP: &str = r#"horizontal="left" vertical="top" indent="1""#;
const TOP_WRAPPED: &str = r#"horizontal="left" vertical="top" indent="1" wrapText="1""#;
const ABOVE: &str = r#"vertical="top" wrapText="1""#;
const RIGHT: &str = r#"horizontal="right" vertical="top" indent="1""#;
const HEADING: &str = r#"horizontal="left" vertical="center" indent="1" wrapText="1""#;
const HEADING_RIGHT: &str = r#"horizontal="right" vertical="center" indent="2" wrapText="1""#;

/// A rate with four decimals of a percent; one too small for them says “under 0.0001%”.
const RATE: &str = "[=0]0.0000%;[&lt;0.0000005]&quot;under 0.0001%&quot;;0.0000%";

/// Each format at the place of its number, with what a number is written like (nothing where it may
/// be any, or is none), its font, fill and border (their places in [`xml`]), and its alignment.
const FORMATS: [(CellFormat, &str, u8, u8, u8, &str); 17] = [
    (CellFormat::General, "", 0, 0, 0, ""),
    (CellFormat::Title, "", 1, 0, 0, r#"wrapText="1""#),
    (CellFormat::Line, "", 0, 0, 0, ABOVE),
    (CellFormat::Link, "", 4, 0, 0, ABOVE),
    (CellFormat::Heading, "", 2, 2, 0, HEADING),
    (CellFormat::HeadingOfNumbers, "", 2, 2, 0, HEADING_RIGHT),
    (CellFormat::Text, "", 0, 0, 1, TOP),
    (CellFormat::TextAmongNumbers, "", 0, 0, 1, RIGHT),
    (CellFormat::WrappedText, "", 0, 0, 1, TOP_WRAPPED),
    (CellFormat::Count, "#,##0", 0, 0, 1, RIGHT),
    (CellFormat::Share, "0.0%", 0, 0, 1, RIGHT),
    (CellFormat::Rate, RATE, 0, 0, 1, RIGHT),
    (CellFormat::Decimal, "#,##0.0", 0, 0, 1, RIGHT),
    (CellFormat::Day, "dd/mm/yyyy", 0, 0, 1, RIGHT),
    (CellFormat::Moment, "dd/mm/yyyy hh:mm", 0, 0, 1, RIGHT),
    (CellFormat::Quiet, "", 3, 0, 1, TOP),
    (CellFormat::QuietAmongNumbers, "", 3, 0, 1, RIGHT),
];

/// The number of a code of our own; those below are Excel's.
const FIRST_CODE: usize = 164;

/// A colour as a workbook writes it: `FF005EB8`.
pub(super) fn argb(colour: Colour) -> String {
    format!("FF{:06X}", colour.rgb())
}

/// The part that says what each format is.
pub(super) fn xml() -> String {
    let (mut codes, mut formats) = (Vec::new(), String::new());
    for (_, code, font, fill, border, alignment) in FORMATS {
        let mut number = 0;
        if !code.is_empty() {
            number = FIRST_CODE + codes.len();
            codes.push(format!(
                r#"<numFmt numFmtId="{number}" formatCode="{code}"/>"#
            ));
        }
        formats += &format!(
            r#"<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment {alignment}/></xf>"#
        );
    }
    let font = |weight: &str, size: u8, colour: &str| {
        format!(
            r#"<font>{weight}<sz val="{size}"/><color {colour}/><name val="Arial"/><family val="2"/></font>"#
        )
    };
    let rgb = |colour| format!(r#"rgb="{}""#, argb(colour));
    let (blue, grid) = (rgb(palette::BLUE), rgb(palette::GRID));
    let fonts = [
        font("", 10, r#"theme="1""#),
        font("<b/>", 14, &blue),
        font("<b/>", 10, &rgb(palette::WHITE)),
        font("", 10, &rgb(palette::SECONDARY)),
        font("<u/>", 10, &blue),
    ];
    let fill = |pattern| format!("<fill><patternFill {pattern}</patternFill></fill>");
    let fills = [
        fill(r#"patternType="none">"#.to_owned()), // Excel keeps the first two for itself
        fill(r#"patternType="gray125">"#.to_owned()),
        fill(format!(r#"patternType="solid"><fgColor {blue}/>"#)),
    ];
    let border = |bottom| format!("<border><left/><right/><top/>{bottom}<diagonal/></border>");
    let borders = [
        border("<bottom/>".to_owned()),
        // For programs that know nothing of the looks of tables.
        border(format!(r#"<bottom style="thin"><color {grid}/></bottom>"#)),
    ];
    format!(
        r#"{DECLARATION}<styleSheet xmlns="{SPREADSHEET}"><numFmts count="{}">{}</numFmts><fonts count="{}">{}</fonts><fills count="{}">{}</fills><borders count="{}">{}</borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="{}">{formats}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#,
        codes.len(),
        codes.concat(),
        fonts.len(),
        fonts.concat(),
        fills.len(),
        fills.concat(),
        borders.len(),
        borders.concat(),
        FORMATS.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_stands_at_the_place_of_its_number() {
        for (place, format) in FORMATS.iter().enumerate() {
            assert_eq!(format.0 as usize, place);
        }
    }
}
