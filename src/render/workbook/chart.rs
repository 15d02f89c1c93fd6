//! Charts beside a table, which Excel draws from its cells (ECMA-376, part 1, 20.5 and 21.2). What
//! the cells say stands in a chart too, for programs that draw it without them.

use super::super::palette::{self, Colour};
use super::namespaces::{DECLARATION, RELATIONS};
use super::rows::{column_name, day_number};
use super::sheet::{CHART_ROWS, SheetPart};
use super::texts::escaped;
use crate::report::{Cell, SheetChart, SheetChartKind};

/// In English Metric Units, of which a pixel has 9,525.
const WIDTH: usize = 570 * 9_525;
const HEIGHT: usize = 310 * 9_525;

const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const CHART: &str = "http://schemas.openxmlformats.org/drawingml/2006/chart";
const ON_SHEET: &str = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing";

/// Colours of the first columns of numbers; those after them begin again.
const COLOURS: [Colour; 2] = [palette::BLUE, palette::SECONDARY];

/// A column of a table, as far as a chart draws it.
struct Points<'a> {
    /// `'By day'!$A$5:$A$9`
    cells: String,
    heading_cell: String,
    heading: &'static str,
    values: Vec<&'a Cell<'a>>,
}

impl<'a> Points<'a> {
    fn of(chart: &SheetChart, heading: &str, sheet: &'a SheetPart<'a>) -> Option<Self> {
        let (place, heading) = sheet.column(heading)?;
        let drawn = chart.rows.clone().unwrap_or(0..sheet.rows.len());
        let rows = sheet.rows.get(drawn.clone())?;
        let quoted = sheet.name.replace('\'', "''");
        let column = column_name(place);
        let first = sheet.heading_line + 1 + drawn.start;
        let last = first + rows.len().checked_sub(1)?;
        let heading_line = sheet.heading_line;
        Some(Self {
            cells: format!("'{quoted}'!${column}${first}:${column}${last}"),
            heading_cell: format!("'{quoted}'!${column}${heading_line}"),
            heading,
            values: rows.iter().filter_map(|row| row.get(place)).collect(),
        })
    }

    fn heading(&self) -> String {
        let (cell, heading) = (escaped(&self.heading_cell), escaped(self.heading));
        format!(
            r#"<c:strRef><c:f>{cell}</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>{heading}</c:v></c:pt></c:strCache></c:strRef>"#
        )
    }

    fn words(&self) -> String {
        self.reference("str", "", |cell| cell.text().map(escaped))
    }

    fn numbers(&self) -> String {
        let format = match self.values.first() {
            Some(Cell::Share(_)) => "0%",
            Some(Cell::Day(_)) => "d\\ mmm",
            _ => "#,##0",
        };
        let format = format!("<c:formatCode>{format}</c:formatCode>");
        self.reference("num", &format, |cell| match cell {
            Cell::Count(count) => Some(count.to_string()),
            Cell::Share(share) => Some(share.to_string()),
            Cell::Day(day) => Some(day_number(*day).to_string()),
            _ => None,
        })
    }

    fn reference(
        &self,
        kind: &str,
        format: &str,
        value: impl Fn(&Cell<'_>) -> Option<String>,
    ) -> String {
        let points: String = self.values.iter().enumerate().fold(
            String::new(),
            |points, (place, cell)| match value(cell) {
                Some(value) => {
                    points + &format!(r#"<c:pt idx="{place}"><c:v>{value}</c:v></c:pt>"#)
                }
                None => points,
            },
        );
        let (cells, count) = (escaped(&self.cells), self.values.len());
        format!(
            r#"<c:{kind}Ref><c:f>{cells}</c:f><c:{kind}Cache>{format}<c:ptCount val="{count}"/>{points}</c:{kind}Cache></c:{kind}Ref>"#
        )
    }
}

/// The title and the part of each chart beside a sheet.
pub(super) fn parts_beside(
    sheet: &SheetPart<'_>,
    sheets: &[SheetPart<'_>],
) -> Vec<(&'static str, String)> {
    let charts = sheet.charts().iter();
    charts
        .filter_map(|chart| Some((chart.title, part(chart, sheets)?)))
        .collect()
}

/// The part of a chart; `None` where its sheet or a column of it is not
/// there, or has no rows, or other cells than numbers.
fn part(chart: &SheetChart, sheets: &[SheetPart<'_>]) -> Option<String> {
    let sheet = sheets.iter().find(|sheet| sheet.name == chart.sheet)?;
    let names = Points::of(chart, chart.names, sheet)?;
    let columns = chart.values.iter();
    let values: Option<Vec<Points<'_>>> = columns
        .map(|heading| Points::of(chart, heading, sheet))
        .collect();
    // A word among numbers would be drawn as nothing.
    let is_drawn = |points: &Points<'_>| points.values.iter().all(|cell| cell.text().is_none());
    let values = values.filter(|values| values.iter().all(is_drawn))?;
    let plot = match chart.kind {
        SheetChartKind::Bars => bars(&names, &values),
        SheetChartKind::Line => line(&names, &values),
    };
    let legend = match values.len() {
        0 | 1 => "",
        _ => r#"<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>"#,
    };
    let (title, ink) = (escaped(chart.title), rgb(palette::TEXT));
    Some(format!(
        r#"{DECLARATION}<c:chartSpace xmlns:c="{CHART}" xmlns:a="{DRAWING}"><c:roundedCorners val="0"/><c:chart><c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r><a:rPr lang="en-GB" sz="1200" b="1"/><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>{plot}</c:plotArea>{legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1000"><a:solidFill>{ink}</a:solidFill><a:latin typeface="Arial"/></a:defRPr></a:pPr><a:endParaRPr lang="en-GB"/></a:p></c:txPr></c:chartSpace>"#
    ))
}

fn rgb(colour: Colour) -> String {
    format!(r#"<a:srgbClr val="{:06X}"/>"#, colour.rgb())
}

/// The columns of numbers, each drawn as `look` says, with what stands behind its values.
fn series(
    names: &str,
    values: &[Points<'_>],
    look: impl Fn(&str) -> String,
    behind: &str,
) -> String {
    let one = |(place, (points, colour)): (usize, (&Points<'_>, &Colour))| {
        let (heading, look) = (points.heading(), look(&rgb(*colour)));
        let numbers = points.numbers();
        format!(
            r#"<c:ser><c:idx val="{place}"/><c:order val="{place}"/><c:tx>{heading}</c:tx>{look}<c:cat>{names}</c:cat><c:val>{numbers}</c:val>{behind}</c:ser>"#
        )
    };
    let coloured = values.iter().zip(COLOURS.iter().cycle());
    coloured.enumerate().map(one).collect()
}

fn bars(names: &Points<'_>, values: &[Points<'_>]) -> String {
    let look = |colour: &str| {
        format!(
            r#"<c:spPr><a:solidFill>{colour}</a:solidFill></c:spPr><c:invertIfNegative val="0"/><c:dLbls><c:dLblPos val="outEnd"/><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>"#
        )
    };
    let series = series(&names.words(), values, look, "");
    format!(
        r#"<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}<c:gapWidth val="40"/><c:axId val="1"/><c:axId val="2"/></c:barChart><c:catAx><c:axId val="1"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="1"/><c:axPos val="t"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx>"#
    )
}

fn line(names: &Points<'_>, values: &[Points<'_>]) -> String {
    let look = |colour: &str| {
        format!(
            r#"<c:spPr><a:ln w="28575"><a:solidFill>{colour}</a:solidFill></a:ln></c:spPr><c:marker><c:symbol val="circle"/><c:size val="6"/><c:spPr><a:solidFill>{colour}</a:solidFill></c:spPr></c:marker>"#
        )
    };
    let series = series(&names.numbers(), values, look, r#"<c:smooth val="0"/>"#);
    let grid = rgb(palette::GRID);
    let (most, format) = match values.first().and_then(|points| points.values.first()) {
        Some(Cell::Share(_)) => (r#"<c:max val="1"/>"#, "0%"),
        _ => ("", "#,##0"),
    };
    format!(
        r#"<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>{series}<c:marker val="1"/><c:axId val="1"/><c:axId val="2"/></c:lineChart><c:dateAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/><c:numFmt formatCode="d\ mmm" sourceLinked="0"/><c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:crossAx val="2"/><c:crosses val="autoZero"/><c:auto val="1"/><c:lblOffset val="100"/><c:baseTimeUnit val="days"/></c:dateAx><c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/>{most}<c:min val="0"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:majorGridlines><c:spPr><a:ln w="9525"><a:solidFill>{grid}</a:solidFill></a:ln></c:spPr></c:majorGridlines><c:numFmt formatCode="{format}" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx>"#
    )
}

/// The part that places charts with these titles to the right of a sheet's table, one below the
/// other, from its headings on.
pub(super) fn drawing(titles: &[&str], sheet: &SheetPart<'_>) -> String {
    let (column, row) = (sheet.first_beside(), sheet.heading_line - 1);
    let frame = |(number, title): (usize, &&str)| {
        let (title, row) = (escaped(title), row + (number - 1) * CHART_ROWS);
        format!(
            r#"<xdr:oneCellAnchor><xdr:from><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="{WIDTH}" cy="{HEIGHT}"/><xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{id}" name="Chart {number}" descr="{title}"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="{CHART}"><c:chart xmlns:c="{CHART}" r:id="rId{number}"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:oneCellAnchor>"#,
            id = number + 1
        )
    };
    let frames: String = (1..).zip(titles).map(frame).collect();
    format!(
        r#"{DECLARATION}<xdr:wsDr xmlns:xdr="{ON_SHEET}" xmlns:a="{DRAWING}" xmlns:r="{RELATIONS}">{frames}</xdr:wsDr>"#
    )
}
