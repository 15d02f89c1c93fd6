//! The parts of a workbook that say what the others are, and what the document is called (ECMA-376,
//! part 1, 18.2; part 2).
//!
//! A part more needs its line among the content types, and one among the relations of the part that
//! shows it.

use super::namespaces::{DECLARATION, RELATIONS, SPREADSHEET};
use super::sheet::SheetPart;
use super::texts::escaped;
use crate::report::Workbook;

/// The colours of Office 2007, of which the style of the tables takes its own.
pub(super) const THEME: &str = include_str!("theme.xml");

/// What each part is.
pub(super) fn content_types(sheets: usize, drawings: usize, charts: usize) -> String {
    let formats = "application/vnd.openxmlformats";
    let part = |name: &str, kind: &str| {
        format!(r#"<Override PartName="/{name}" ContentType="{formats}-{kind}+xml"/>"#)
    };
    let mut parts = [
        ("docProps/app.xml", "officedocument.extended-properties"),
        ("docProps/core.xml", "package.core-properties"),
        (
            "xl/sharedStrings.xml",
            "officedocument.spreadsheetml.sharedStrings",
        ),
        ("xl/styles.xml", "officedocument.spreadsheetml.styles"),
        ("xl/theme/theme1.xml", "officedocument.theme"),
        ("xl/workbook.xml", "officedocument.spreadsheetml.sheet.main"),
    ]
    .map(|(name, kind)| part(name, kind))
    .concat();
    for number in 1..=sheets {
        let sheet = format!("xl/worksheets/sheet{number}.xml");
        parts += &part(&sheet, "officedocument.spreadsheetml.worksheet");
        let table = format!("xl/tables/table{number}.xml");
        parts += &part(&table, "officedocument.spreadsheetml.table");
    }
    for number in 1..=drawings {
        let drawing = format!("xl/drawings/drawing{number}.xml");
        parts += &part(&drawing, "officedocument.drawing");
    }
    for number in 1..=charts {
        let chart = format!("xl/charts/chart{number}.xml");
        parts += &part(&chart, "officedocument.drawingml.chart");
    }
    format!(
        r#"{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="{formats}-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{parts}</Types>"#
    )
}

/// What a part leads to: the kind of each other part, and where it is. The first is `rId1`.
fn relations(targets: &[(String, String)]) -> String {
    let relation = |(number, (kind, target)): (usize, &(String, String))| {
        format!(r#"<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>"#)
    };
    let relations: String = (1..).zip(targets).map(relation).collect();
    format!(
        r#"{DECLARATION}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>"#
    )
}

/// What the document leads to.
pub(super) fn document_relations() -> String {
    let core =
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
    relations(&[
        relation("officeDocument", "xl/workbook.xml"),
        (core.to_owned(), "docProps/core.xml".to_owned()),
        relation("extended-properties", "docProps/app.xml"),
    ])
}

/// One of the kinds that the standard has for office documents.
fn relation(kind: &str, target: &str) -> (String, String) {
    (format!("{RELATIONS}/{kind}"), target.to_owned())
}

/// What the workbook leads to: first its sheets, by their numbers.
pub(super) fn workbook_relations(sheets: usize) -> String {
    let sheet = |number| relation("worksheet", &format!("worksheets/sheet{number}.xml"));
    let mut targets: Vec<_> = (1..=sheets).map(sheet).collect();
    targets.extend([
        relation("theme", "theme/theme1.xml"),
        relation("styles", "styles.xml"),
        relation("sharedStrings", "sharedStrings.xml"),
    ]);
    relations(&targets)
}

/// What a sheet leads to: its table, and the drawing with its charts.
pub(super) fn sheet_relations(number: usize, drawing: Option<usize>) -> String {
    let mut targets = vec![relation("table", &format!("../tables/table{number}.xml"))];
    let drawing = drawing.map(|number| format!("../drawings/drawing{number}.xml"));
    targets.extend(drawing.map(|target| relation("drawing", &target)));
    relations(&targets)
}

/// What a drawing leads to: its charts, by their numbers.
pub(super) fn drawing_relations(charts: std::ops::Range<usize>) -> String {
    let chart = |number| relation("chart", &format!("../charts/chart{number}.xml"));
    relations(&charts.map(chart).collect::<Vec<_>>())
}

/// The list of sheets, and what of each is printed.
pub(super) fn workbook(sheets: &[SheetPart<'_>]) -> String {
    let (mut list, mut print_areas, mut print_titles) =
        (String::new(), String::new(), String::new());
    for (place, sheet) in sheets.iter().enumerate() {
        let (name, number) = (escaped(&sheet.name), place + 1);
        list += &format!(r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#);
        let quoted = name.replace('\'', "''");
        let defined = |defined: &str, cells: String| {
            format!(
                r#"<definedName name="_xlnm.{defined}" localSheetId="{place}">'{quoted}'!{cells}</definedName>"#
            )
        };
        print_areas += &defined("Print_Area", sheet.print_area());
        print_titles += &defined("Print_Titles", sheet.print_titles());
    }
    format!(
        r#"{DECLARATION}<workbook xmlns="{SPREADSHEET}" xmlns:r="{RELATIONS}"><bookViews><workbookView xWindow="240" yWindow="15" windowWidth="16095" windowHeight="9660"/></bookViews><sheets>{list}</sheets><definedNames>{print_areas}{print_titles}</definedNames></workbook>"#
    )
}

/// What the document is called, who made it and when.
pub(super) fn core_properties(workbook: &Workbook<'_>) -> String {
    let (title, subject) = (escaped(&workbook.title), escaped(&workbook.subject));
    let author = escaped(&workbook.author);
    // Seven in the morning, when reports are read; the clock would make each file another.
    let time = format!("{}T07:00:00Z", workbook.created.day());
    format!(
        r#"{DECLARATION}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title><dc:subject>{subject}</dc:subject><dc:creator>{author}</dc:creator><cp:lastModifiedBy>{author}</cp:lastModifiedBy><dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">{time}</dcterms:modified></cp:coreProperties>"#
    )
}

/// Which program the document is for, and whose it is.
pub(super) fn extended_properties(workbook: &Workbook<'_>) -> String {
    let company = escaped(&workbook.author);
    format!(
        r#"{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Microsoft Excel</Application><Company>{company}</Company></Properties>"#
    )
}
