//! The sample's exports read by another road than the program's: a few lines of plain Rust, no
//! polars, no layouts.

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

/// A row, by heading.
pub(crate) type Row = Vec<(String, String)>;

/// A cell of a row, under the first of the headings that the file has; empty where it has none of
/// them.
pub(crate) fn cell<'a>(row: &'a Row, headings: &[&str]) -> &'a str {
    headings
        .iter()
        .find_map(|heading| row.iter().find(|(name, _)| name == heading))
        .map_or("", |(_, text)| text.trim())
}

/// A cell as a number; `None` where it is blank.
pub(crate) fn number(row: &Row, headings: &[&str]) -> Option<u64> {
    let text = cell(row, headings);
    if text.is_empty() {
        None
    } else {
        Some(text.parse().unwrap())
    }
}

/// Reads one file of the sample, packed or not.
pub(crate) fn read(path: &Path) -> Vec<Row> {
    let mut bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let packed = std::mem::take(&mut bytes);
        GzDecoder::new(packed.as_slice())
            .read_to_end(&mut bytes)
            .unwrap();
    }
    let text = decode(&bytes);
    let body = text.trim_start_matches('\u{FEFF}');
    let body = if body.starts_with("#TYPE") || body.starts_with("sep=") {
        body.split_once('\n').unwrap().1
    } else {
        body
    };
    let heading = body.lines().next().unwrap();
    let delimiter = [',', ';', '\t']
        .into_iter()
        .max_by_key(|delimiter| heading.matches(*delimiter).count())
        .unwrap();
    let mut rows = split(body, delimiter).into_iter();
    let headings = rows.next().unwrap();
    rows.map(|row| headings.iter().cloned().zip(row).collect())
        .collect()
}

fn decode(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        let units: Vec<u16> = rest
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16(&units).unwrap();
    }
    String::from_utf8(bytes.to_vec())
        .unwrap_or_else(|_| bytes.iter().map(|byte| windows_1252(*byte)).collect())
}

/// Latin-1 but for the 32 places where it has control characters.
fn windows_1252(byte: u8) -> char {
    const PLACES: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";
    match byte {
        0x80..=0x9F => PLACES.chars().nth(usize::from(byte - 0x80)).unwrap(),
        _ => char::from(byte),
    }
}

fn split(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) =
        (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' => is_quoted = !is_quoted,
            c if is_quoted => cell.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c if c == delimiter => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    rows
}
