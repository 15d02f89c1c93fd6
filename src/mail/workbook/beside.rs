//! What a workbook holds beside the cells of its sheets: links, relations and charts. It may lead to
//! nothing but its own parts, and say nothing that no cell says.

use std::io::Cursor;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use zip::ZipArchive;

use super::reader::{Book, Unreadable, attribute, excel_unescaped, for_each_tag, unpacked};

const LINK: Unreadable = Unreadable("a link leads elsewhere than to a sheet of the workbook");
const RELATION: Unreadable = Unreadable("a part leads elsewhere than to another of the workbook");
const CHART: Unreadable = Unreadable("a chart says what no report's chart says");

/// How a chart writes its numbers.
const FORMATS: [&str; 3] = ["#,##0", "0%", "d\\ mmm"];
/// The elements that hold text.
const HAVE_TEXT: [&str; 8] = [
    "a:t",
    "c:f",
    "c:formatCode",
    "c:v",
    "xdr:col",
    "xdr:colOff",
    "xdr:row",
    "xdr:rowOff",
];
const SCHEMAS: &str = "http://schemas.openxmlformats.org/";
/// The most characters of a word of the language of charts.
const LONGEST_WORD: usize = 14;

/// What is known of a workbook when its charts are read.
#[derive(Clone, Copy)]
struct Known<'a> {
    /// The names of its sheets.
    sheets: &'a [String],
    /// The titles of charts.
    titles: &'a [&'static str],
    /// Whether a cell says a text.
    is_said: &'a dyn Fn(&str) -> bool,
}

/// Holds the bytes of a workbook that was read against what it may have beside its cells; `titles`
/// are those of its charts.
pub(super) fn check(xlsx: &[u8], book: &Book, titles: &[&'static str]) -> Result<(), Unreadable> {
    let worksheets = book.worksheets.iter();
    let sheets: Vec<String> = worksheets.map(|sheet| sheet.name.clone()).collect();
    for worksheet in &book.worksheets {
        check_links(&worksheet.behind_rows, &sheets)?;
    }
    let known = Known {
        sheets: &sheets,
        titles,
        is_said: &|text| book.texts().any(|said| said == text),
    };
    let mut archive = ZipArchive::new(Cursor::new(xlsx)).map_err(|_| RELATION)?;
    let names = archive.file_names().flatten();
    let parts: Vec<String> = names.map(|name| name.into_owned()).collect();
    for name in parts.iter().filter(|name| name.starts_with("xl/")) {
        if name.ends_with(".rels") {
            check_relations(&unpacked(&mut archive, name)?)?;
        } else if name.starts_with("xl/charts/") || name.starts_with("xl/drawings/") {
            check_chart(&unpacked(&mut archive, name)?, known)?;
        }
    }
    Ok(())
}

/// Whether a reference is to cells of one of the sheets: `'By day'!$A$5:$A$9`.
fn is_of_a_sheet(reference: &str, sheets: &[String]) -> bool {
    let cells = |sheet: &String| {
        let quoted = format!("'{}'!", sheet.replace('\'', "''"));
        reference.strip_prefix(&quoted).map(str::to_owned)
    };
    let is_cell = |letter: u8| letter.is_ascii_uppercase() || letter.is_ascii_digit();
    sheets.iter().filter_map(cells).any(|cells| {
        cells
            .bytes()
            .all(|letter| is_cell(letter) || matches!(letter, b'$' | b':'))
    })
}

/// What stands behind the rows of a worksheet.
fn check_links(behind_rows: &str, sheets: &[String]) -> Result<(), Unreadable> {
    if !behind_rows.contains("hyperlink") {
        return Ok(());
    }
    // What is left of a worksheet is no whole document.
    for_each_tag(&format!("<worksheet>{behind_rows}"), |tag| {
        if tag.name().as_ref() != "hyperlink" {
            return Ok(());
        }
        let is_known = |name: &str| matches!(name, "ref" | "location");
        let mut names = tag.attributes().flatten();
        if !names.all(|attribute| is_known(attribute.key.as_ref())) {
            return Err(LINK);
        }
        match is_of_a_sheet(&attribute(tag, "location")?, sheets) {
            true => Ok(()),
            false => Err(LINK),
        }
    })
}

/// The part that says where another leads.
fn check_relations(xml: &str) -> Result<(), Unreadable> {
    for_each_tag(xml, |tag| {
        if tag.name().as_ref() != "Relationship" {
            return Ok(());
        }
        let target = attribute(tag, "Target")?;
        let is_outside = target.contains(':') || target.starts_with('/') || target.contains('\\');
        match is_outside || attribute(tag, "TargetMode").is_ok() {
            true => Err(RELATION),
            false => Ok(()),
        }
    })
}

/// The part of a chart, or of a drawing that places some.
fn check_chart(xml: &str, known: Known<'_>) -> Result<(), Unreadable> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Start(tag) if HAVE_TEXT.contains(&tag.name().as_ref()) => {
                check_attributes(&tag, known)?;
                let text = reader.read_text(tag.name())?;
                let plain = unescape(&text).map_err(|_| CHART)?;
                if text.contains('<') || !is_known(&excel_unescaped(&plain), known) {
                    return Err(CHART);
                }
            }
            Event::Start(tag) | Event::Empty(tag) => check_attributes(&tag, known)?,
            Event::Text(between) if between.trim().is_empty() => {}
            Event::Decl(_) | Event::End(_) => {}
            Event::Eof => return Ok(()),
            _ => return Err(CHART),
        }
    }
}

fn is_known(text: &str, known: Known<'_>) -> bool {
    text.parse::<f64>().is_ok()
        || FORMATS.contains(&text)
        || known.titles.contains(&text)
        || is_of_a_sheet(text, known.sheets)
        || (known.is_said)(text)
}

fn check_attributes(tag: &BytesStart<'_>, known: Known<'_>) -> Result<(), Unreadable> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| CHART)?;
        let value = unescape(&attribute.value).map_err(|_| CHART)?;
        let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
        let is_known = match attribute.key.as_ref() {
            "descr" => known.titles.contains(&&*value),
            "name" => value.strip_prefix("Chart ").is_some_and(is_digits),
            "formatCode" => FORMATS.contains(&&*value),
            _ if value.starts_with(SCHEMAS) => true,
            _ => {
                let is_word = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
                value.len() <= LONGEST_WORD && value.bytes().all(is_word)
            }
        };
        if !is_known {
            return Err(CHART);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(sheets: &'a [String], is_said: &'a dyn Fn(&str) -> bool) -> Known<'a> {
        Known {
            sheets,
            titles: &["Mailboxes by state"],
            is_said,
        }
    }

    #[test]
    fn a_link_leads_to_a_sheet_and_says_nothing() {
        let sheets = ["Summary".to_owned(), "Ann's".to_owned()];
        let link = |attributes: &str| {
            let behind = format!("<hyperlinks><hyperlink {attributes}/></hyperlinks></worksheet>");
            check_links(&behind, &sheets)
        };
        assert!(link(r#"ref="A4" location="'Summary'!A1""#).is_ok());
        assert!(link(r#"ref="A4" location="'Ann''s'!A1""#).is_ok());
        for wrong in [
            r#"ref="A4" location="'Other'!A1""#,
            r#"ref="A4" location="'Summary'!A1" display="Ann""#,
            r#"ref="A4" location="'Summary'!A1" tooltip="Ann""#,
            r#"ref="A4" r:id="rId9""#,
        ] {
            assert!(link(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_part_leads_to_parts_only() {
        let relation = |attributes: &str| {
            check_relations(&format!(
                "<Relationships><Relationship {attributes}/></Relationships>"
            ))
        };
        assert!(relation(r#"Target="../charts/chart1.xml""#).is_ok());
        assert!(relation(r#"Target="https://zz.example/x""#).is_err());
        assert!(relation(r#"Target="x" TargetMode="External""#).is_err());
    }

    #[test]
    fn a_chart_says_what_cells_say() {
        let sheets = ["By day".to_owned()];
        let is_said = |text: &str| text == "In sync & more";
        let chart = |xml: &str| check_chart(&format!("<c>{xml}</c>"), known(&sheets, &is_said));
        for right in [
            "<a:t>Mailboxes by state</a:t>",
            "<c:v>In sync &amp; more</c:v>",
            "<c:v>0.25</c:v>",
            "<c:f>'By day'!$A$5:$A$9</c:f>",
            r#"<x val="outEnd" descr="Mailboxes by state"/>"#,
        ] {
            assert!(chart(right).is_ok(), "{right}");
        }
        for wrong in [
            "<a:t>Ann Example</a:t>",
            "<c:v>In sync</c:v>",
            "<c:f>'[1]By day'!$A$5</c:f>",
            "<c:f>HYPERLINK(\"x\")</c:f>",
            r#"<x descr="Ann"/>"#,
            r#"<x val="Ann Example"/>"#,
            r#"<x name="Ann"/>"#,
            "Ann",
            "<c:v><b>1</b></c:v>",
        ] {
            assert!(chart(wrong).is_err(), "{wrong}");
        }
    }
}
