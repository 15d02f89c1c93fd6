use std::borrow::Cow;
use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::frame::Part;
use super::looks::Look;
use super::rows::{RowWriter, Styles};
use super::texts::Texts;

/// Of 9: half the time of the usual 6, for an eighth more bytes.
pub(super) const COMPRESSION: u8 = 3;

/// As many bytes of rows are compressed at a time: a large sheet is never in memory as a whole.
const AT_A_TIME: usize = 256 * 1024;

const UNKNOWN_FRAME: ZipError = ZipError::InvalidArchive(Cow::Borrowed("its frame is not written as it is expected"));

const SHARED_TEXTS: &str = "xl/sharedStrings.xml";

/// Puts the rows of all tables into a document that has everything but them: `parts` are its worksheets, in order.
pub(super) fn fill(frame: &[u8], parts: &[Part<'_>]) -> Result<Vec<u8>, ZipError> {
    let mut frame = ZipArchive::new(Cursor::new(frame))?;
    let shared = text_of(&mut frame, SHARED_TEXTS)?;
    let mut texts = Texts::after(number_of(&shared, "uniqueCount")?);
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    // The time is that of no clock: 1980, where zip files begin.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(i64::from(COMPRESSION)))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o600);
    let names: Vec<String> = frame.file_names().map(|name| name.map(Cow::into_owned)).collect::<Result<_, _>>()?;
    for (place, name) in names.iter().enumerate().filter(|(_, name)| *name != SHARED_TEXTS) {
        if let Some(part) = numbered(name, "xl/worksheets/sheet").and_then(|place| parts.get(place)) {
            let sheet = text_of(&mut frame, name)?;
            file.start_file(name.as_str(), options)?;
            write_sheet(&sheet, part, &mut texts, &mut file)?;
        } else if let Some(part) = numbered(name, "xl/tables/table").and_then(|place| parts.get(place)) {
            let table = text_of(&mut frame, name)?;
            file.start_file(name.as_str(), options)?;
            file.write_all(table.replace(&part.range_in_frame(), &part.range()).as_bytes())?;
        } else {
            file.raw_copy_file(frame.by_index_raw(place)?)?;
        }
    }
    // Last: only now are all of them known.
    file.start_file(SHARED_TEXTS, options)?;
    write_texts(&shared, &texts, &mut file)?;
    Ok(file.finish()?.into_inner())
}

/// Writes a worksheet: what the frame has before its rows, the rows, and what it has behind them.
fn write_sheet<'a>(sheet: &str, part: &Part<'a>, texts: &mut Texts<'a>, file: &mut impl Write) -> Result<(), ZipError> {
    let first = sheet.find(&format!("<row r=\"{}\"", part.first_line())).ok_or(UNKNOWN_FRAME)?;
    let (before, rest) = sheet.split_at(first);
    let (specimens, behind) = rest.split_once("</row>").ok_or(UNKNOWN_FRAME)?;
    let (start, above) = before.split_once("<dimension ref=\"").ok_or(UNKNOWN_FRAME)?;
    let (_, above) = above.split_once('"').ok_or(UNKNOWN_FRAME)?;
    let mut xml = format!("{start}<dimension ref=\"A1:{}\"{above}", part.last_cell()).into_bytes();
    let rows = RowWriter::new(&part.looks, &styles(specimens)?);
    for (line, cells) in (part.first_line()..).zip(part.rows) {
        rows.write(line, part.points(cells), cells, texts, &mut xml);
        if xml.len() >= AT_A_TIME {
            file.write_all(&xml)?;
            xml.clear();
        }
    }
    xml.extend_from_slice(behind.as_bytes());
    Ok(file.write_all(&xml)?)
}

/// The numbers of the looks, of the row of specimens in the frame.
fn styles(specimens: &str) -> Result<Styles, ZipError> {
    let mut styles = [0; Look::ALL.len()];
    let mut found = specimens.split(" s=\"").skip(1).map(|rest| rest.split('"').next().and_then(|digits| digits.parse().ok()));
    for style in &mut styles {
        *style = found.next().flatten().ok_or(UNKNOWN_FRAME)?;
    }
    Ok(styles)
}

/// Writes the texts of the frame, and those of the tables behind them.
fn write_texts(shared: &str, texts: &Texts<'_>, file: &mut impl Write) -> Result<(), ZipError> {
    let mut head = shared.to_owned();
    for (name, more) in [("count", texts.references()), ("uniqueCount", texts.len())] {
        let known = number_of(shared, name)?;
        head = head.replacen(&format!(" {name}=\"{known}\""), &format!(" {name}=\"{}\"", known + more), 1);
    }
    let (before, end) = head.rsplit_once("</sst>").ok_or(UNKNOWN_FRAME)?;
    file.write_all(before.as_bytes())?;
    file.write_all(texts.xml())?;
    file.write_all(b"</sst>")?;
    Ok(file.write_all(end.as_bytes())?)
}

/// The value of the first attribute of this name.
fn number_of(xml: &str, attribute: &str) -> Result<usize, ZipError> {
    let (_, behind) = xml.split_once(&format!(" {attribute}=\"")).ok_or(UNKNOWN_FRAME)?;
    behind.split('"').next().and_then(|digits| digits.parse().ok()).ok_or(UNKNOWN_FRAME)
}

/// The place, from 0, of the worksheet or table that a part is named for: `xl/worksheets/sheet1.xml` is the first.
fn numbered(name: &str, stem: &str) -> Option<usize> {
    name.strip_prefix(stem)?.strip_suffix(".xml")?.parse::<usize>().ok()?.checked_sub(1)
}

fn text_of(frame: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, ZipError> {
    let mut text = String::new();
    frame.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}
