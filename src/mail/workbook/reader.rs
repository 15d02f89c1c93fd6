//! Reads a finished workbook: what a cell says, where it stands, and nothing else. It knows what a
//! report's workbook is made of (ECMA-376, part 1, 18.3 and 18.4) and refuses what it does not
//! know, so that nothing in a workbook stays unread: a verification must not be more lenient than
//! Excel.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

/// What a workbook may be made of: worksheets with tables and charts, their looks, and what the
/// document is called.
const PARTS: [&str; 13] = [
    "[Content_Types].xml",
    "_rels/.rels",
    "docProps/app.xml",
    "docProps/core.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/charts/",
    "xl/drawings/",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/tables/",
    "xl/theme/theme1.xml",
    "xl/workbook.xml",
    "xl/worksheets/",
];

/// Why a workbook cannot be read, in words that quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) &'static str);

impl From<quick_xml::Error> for Unreadable {
    fn from(_: quick_xml::Error) -> Self {
        Self("a part is no XML")
    }
}

/// A workbook that was read.
pub(super) struct Book {
    /// In the order of their tabs.
    pub(super) worksheets: Vec<WrittenWorksheet>,
    texts: Texts,
}

/// The texts of a workbook by their numbers: one behind the other, and where each ends.
#[derive(Debug, Default)]
struct Texts {
    all: String,
    ends: Vec<usize>,
}

/// A worksheet: its rows that hold a cell.
#[derive(Debug)]
pub(super) struct WrittenWorksheet {
    /// The name on its tab.
    pub(super) name: String,
    rows: Vec<Row>,
    /// The cells of all rows: the number of a text, or one of the two below.
    cells: Vec<u32>,
    /// What the part says behind its rows.
    pub(super) behind_rows: String,
}

/// Stands where a cell holds nothing.
const BLANK: u32 = u32::MAX;
/// Stands where a cell holds a number or a date, which names nobody.
const NUMBER: u32 = u32::MAX - 1;

#[derive(Debug)]
struct Row {
    line: u32,
    start: usize,
}

impl Book {
    /// Reads the bytes of an `.xlsx`.
    pub(super) fn read(xlsx: &[u8]) -> Result<Self, Unreadable> {
        let mut archive = ZipArchive::new(Cursor::new(xlsx))
            .map_err(|_| Unreadable("it is not packed as a workbook is"))?;
        let is_known = |name: &str| {
            PARTS
                .iter()
                .any(|part| name == *part || (part.ends_with('/') && name.starts_with(part)))
        };
        if archive
            .file_names()
            .any(|name| !name.is_ok_and(|name| is_known(&name)))
        {
            return Err(Unreadable("it has a part that no report's workbook has"));
        }
        let texts = Texts::read(&unpacked(&mut archive, "xl/sharedStrings.xml")?)?;
        let targets = targets(&unpacked(&mut archive, "xl/_rels/workbook.xml.rels")?)?;
        let sheets = sheets(&unpacked(&mut archive, "xl/workbook.xml")?)?;
        let (mut worksheets, mut xml) = (Vec::new(), String::new());
        for (name, relation) in sheets {
            let target = targets.get(&relation).ok_or(MISSING)?;
            unpack(&mut archive, &format!("xl/{target}"), &mut xml)?;
            let worksheet = WrittenWorksheet::read(name, &xml)?;
            let is_known = |cell: &u32| *cell >= NUMBER || (*cell as usize) < texts.ends.len();
            if !worksheet.cells.iter().all(is_known) {
                return Err(Unreadable("a cell refers to a text that there is not"));
            }
            worksheets.push(worksheet);
        }
        Ok(Self { worksheets, texts })
    }

    /// What a cell says: nothing where it is blank or a number.
    pub(super) fn text(&self, cell: u32) -> &str {
        self.texts.get(cell).unwrap_or_default()
    }

    /// Every text of it, each once however many cells say it.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..).map_while(|number| self.texts.get(number))
    }

    /// Whether a cell holds nothing.
    pub(super) fn is_blank(&self, cell: u32) -> bool {
        cell == BLANK || (cell != NUMBER && self.text(cell).trim().is_empty())
    }
}

/// As many bytes a part may have before room for it is made by and by.
const LARGE_PART: u64 = 64 << 20;

const MISSING: Unreadable = Unreadable("a part is missing");

/// A part, whole.
pub(super) fn unpacked(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
) -> Result<String, Unreadable> {
    let mut xml = String::new();
    unpack(archive, name, &mut xml)?;
    Ok(xml)
}

/// Puts a part in place of what was unpacked before: as long as the file says, and of the checksum
/// that it says, which is the packer's to prove.
fn unpack(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    xml: &mut String,
) -> Result<(), Unreadable> {
    let mut part = archive.by_name(name).map_err(|_| MISSING)?;
    xml.clear();
    // What it says of itself is believed so far only.
    xml.reserve(usize::try_from(part.size().min(LARGE_PART)).unwrap_or_default());
    match part.read_to_string(xml) {
        Ok(length) if length as u64 == part.size() => Ok(()),
        _ => Err(Unreadable("a part cannot be unpacked")),
    }
}

/// What to do with each tag that opens an element of a part.
pub(super) fn for_each_tag(
    xml: &str,
    mut act: impl FnMut(&BytesStart<'_>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) => act(&tag)?,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<String, Unreadable> {
    let attribute = tag.try_get_attribute(name).ok().flatten();
    let value = attribute.and_then(|attribute| unescape(&attribute.value).ok().map(Into::into));
    value.ok_or(Unreadable("a part does not say what it should"))
}

/// The targets of the workbook's relations, by their names.
fn targets(xml: &str) -> Result<HashMap<String, String>, Unreadable> {
    let mut targets = HashMap::new();
    for_each_tag(xml, |tag| {
        if tag.name().as_ref() == "Relationship" {
            targets.insert(attribute(tag, "Id")?, attribute(tag, "Target")?);
        }
        Ok(())
    })?;
    Ok(targets)
}

/// The name of each worksheet, and of the relation that leads to it.
fn sheets(xml: &str) -> Result<Vec<(String, String)>, Unreadable> {
    let mut sheets = Vec::new();
    for_each_tag(xml, |tag| {
        if tag.name().as_ref() == "sheet" {
            sheets.push((attribute(tag, "name")?, attribute(tag, "r:id")?));
        }
        Ok(())
    })?;
    Ok(sheets)
}

impl Texts {
    fn read(xml: &str) -> Result<Self, Unreadable> {
        const OTHERWISE: Unreadable = Unreadable("a text is written as no report's text is");
        let mut texts = Self::default();
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event()? {
                Event::Start(tag) if tag.name().as_ref() == "t" => {
                    let text = reader.read_text(tag.name())?;
                    let plain = unescape(&text).map_err(|_| OTHERWISE)?;
                    if text.contains('<') {
                        return Err(OTHERWISE);
                    }
                    texts.all.push_str(&excel_unescaped(&plain));
                }
                Event::End(tag) if tag.name().as_ref() == "si" => texts.ends.push(texts.all.len()),
                Event::Start(tag) if matches!(tag.name().as_ref(), "sst" | "si") => {}
                Event::Text(between) if between.trim().is_empty() => {}
                Event::Decl(_) | Event::End(_) => {}
                Event::Eof => return Ok(texts),
                _ => return Err(OTHERWISE),
            }
        }
    }

    fn get(&self, number: u32) -> Option<&str> {
        let number = usize::try_from(number).ok()?;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.all.get(start..*self.ends.get(number)?)
    }
}

/// A text as Excel shows it, which writes what XML cannot as `_x000D_` (ECMA-376, part 1,
/// 22.9.2.19).
pub(super) fn excel_unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let sign = |digits: &str| {
        let is_escape = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_escape)?;
        char::from_u32(number)
    };
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("_x") {
        plain.push_str(before);
        let escape = behind.split_once('_');
        match escape.and_then(|(digits, after)| Some((sign(digits)?, after))) {
            Some((sign, after)) => {
                plain.push(sign);
                rest = after;
            }
            None => {
                plain.push_str("_x");
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

impl WrittenWorksheet {
    /// The rows that hold a cell.
    pub(super) fn height(&self) -> usize {
        self.rows.len()
    }

    /// The line of a row, from 1.
    pub(super) fn line(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |row| row.line)
    }

    /// The cells of a row, from its first column to its last that is written.
    pub(super) fn cells(&self, row: usize) -> &[u32] {
        let start = |row: usize| self.rows.get(row).map_or(self.cells.len(), |row| row.start);
        self.cells
            .get(start(row)..start(row + 1))
            .unwrap_or_default()
    }

    /// A cell of a row.
    pub(super) fn cell(&self, row: usize, column: usize) -> u32 {
        self.cells(row).get(column).copied().unwrap_or(BLANK)
    }

    fn read(name: String, xml: &str) -> Result<Self, Unreadable> {
        let mut worksheet = Self {
            name,
            rows: Vec::new(),
            cells: Vec::new(),
            behind_rows: String::new(),
        };
        let (_, rows) = xml
            .split_once("<sheetData>")
            .ok_or(Unreadable("a worksheet has no rows"))?;
        let mut cells = CellReader(rows.as_bytes());
        let mut line = 0;
        while !cells.passes(b"</sheetData>") {
            let after = line;
            line = cells
                .row()
                .ok_or(Unreadable("a row is not one of a report"))?;
            if line <= after {
                return Err(Unreadable("its rows are not in order"));
            }
            let start = worksheet.cells.len();
            while !cells.passes(b"</row>") {
                let (column, cell) = cells.cell(line).ok_or(Unreadable(
                    "a cell is elsewhere than it says, or holds what no report's cell holds",
                ))?;
                if start + column < worksheet.cells.len() {
                    return Err(Unreadable("its cells are not in order"));
                }
                worksheet.cells.resize(start + column, BLANK);
                worksheet.cells.push(cell);
            }
            if worksheet.cells.len() > start {
                worksheet.rows.push(Row { line, start });
            }
        }
        let behind_rows = std::str::from_utf8(cells.0);
        let behind_rows = behind_rows.map_err(|_| Unreadable("a part is no XML"))?;
        behind_rows.clone_into(&mut worksheet.behind_rows);
        Ok(worksheet)
    }
}

/// Excel's last column is XFD.
const MOST_COLUMNS: usize = 16_384;

/// Reads cells in the one way in which a report's are written. For the hundred million cells of a
/// nation's day quick-xml takes 25 seconds of a processor, and this 2.
struct CellReader<'a>(&'a [u8]);

impl CellReader<'_> {
    /// Whether these bytes come next; if so, goes on behind them. How many they are is known when the
    /// program is built, so that they are compared as one number.
    fn passes<const LENGTH: usize>(&mut self, bytes: &[u8; LENGTH]) -> bool {
        let next = self.0.split_first_chunk();
        let rest = next.filter(|(next, _)| *next == bytes);
        self.0 = rest.map_or(self.0, |(_, rest)| rest);
        rest.is_some()
    }

    /// The line of `<row r="5" ht="28" customHeight="1">`, of which the height says nothing.
    fn row(&mut self) -> Option<u32> {
        let line = self.passes(b"<row r=\"").then(|| self.number())??;
        if self.passes(b"\" ht=\"") {
            self.pass_decimal();
            self.passes(b"\" customHeight=\"1").then_some(())?;
        }
        self.passes(b"\">").then_some(line)
    }

    /// The column of a cell, from 0, and what it holds: the number of a text in `<c r="B5" s="7"
    /// t="s"><v>12</v></c>`, a number in the same without `t`, or nothing in `<c r="B5" s="7"/>`.
    fn cell(&mut self, line: u32) -> Option<(usize, u32)> {
        let column = self.passes(b"<c r=\"").then(|| self.column())??;
        self.number().filter(|found| *found == line)?;
        self.passes(b"\" s=\"").then(|| self.number())??;
        if self.passes(b"\"/>") {
            return Some((column, BLANK));
        }
        let cell = if self.passes(b"\" t=\"s\"><v>") {
            self.number().filter(|number| *number < NUMBER)?
        } else {
            self.passes(b"\"><v>").then(|| self.pass_decimal())?;
            NUMBER
        };
        self.passes(b"</v></c>").then_some((column, cell))
    }

    fn column(&mut self) -> Option<usize> {
        let mut column = 0;
        while let [letter @ b'A'..=b'Z', rest @ ..] = self.0
            && column <= MOST_COLUMNS
        {
            column = column * 26 + usize::from(letter - b'A') + 1;
            self.0 = rest;
        }
        (1..=MOST_COLUMNS).contains(&column).then(|| column - 1)
    }

    fn number(&mut self) -> Option<u32> {
        let (before, mut number) = (self.0.len(), 0_u32);
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            number = number
                .checked_mul(10)?
                .checked_add(u32::from(digit - b'0'))?;
            self.0 = rest;
        }
        (self.0.len() < before).then_some(number)
    }

    fn pass_decimal(&mut self) {
        while let [b'0'..=b'9' | b'.' | b'-' | b'+' | b'E' | b'e', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn texts(xml: &str) -> Result<Vec<String>, Unreadable> {
        let texts = Texts::read(xml)?;
        let number_of_texts = u32::try_from(texts.ends.len()).unwrap();
        assert_eq!(texts.get(number_of_texts), None);
        Ok((0..number_of_texts)
            .map(|number| texts.get(number).unwrap().to_owned())
            .collect())
    }

    #[test]
    fn texts_are_read_as_excel_shows_them() {
        let xml = "<?xml version=\"1.0\"?>\n<sst count=\"5\"><si><t>A &amp; B</t></si>\
                   <si><t xml:space=\"preserve\"> x </t></si>\
                   <si><t>&lt;&#65;&#x42;&quot;&apos;&gt;</t></si><si><t>a_b</t></si>\
                   <si><t>a_x000A_b_x005F_x0041__xZZZZ__x12_</t></si><si><t></t></si>\
                   <si><t>Zoë\n</t></si></sst>";
        assert_eq!(
            texts(xml).unwrap(),
            [
                "A & B",
                " x ",
                "<AB\"'>",
                "a_b",
                "a\nb_x0041__xZZZZ__x12_",
                "",
                "Zoë\n"
            ]
        );
        for wrong in [
            "<sst><si><r><t>x</t></r></si></sst>",
            "<sst><si><t>x<b>y</b></t></si></sst>",
            "<sst><si>x</si></sst>",
            "<sst><si><t><![CDATA[x]]></t></si></sst>",
            "<sst><si><t>x</t></sst>",
            "<sst><si><t>&nbsp;</t></si></sst>",
            "<sst><si><t>a & b</t></si></sst>",
        ] {
            assert!(texts(wrong).is_err(), "{wrong}");
        }
    }

    fn worksheet(rows: &str) -> Result<Vec<(u32, Vec<u32>)>, Unreadable> {
        let xml = format!("<worksheet><cols/><sheetData>{rows}</sheetData><x/></worksheet>");
        let worksheet = WrittenWorksheet::read(String::new(), &xml)?;
        Ok((0..worksheet.height())
            .map(|row| (worksheet.line(row), worksheet.cells(row).to_vec()))
            .collect())
    }

    #[test]
    fn cells_are_where_they_say() {
        let rows = "<row r=\"2\"><c r=\"B2\" s=\"1\" t=\"s\"><v>7</v></c><c r=\"C2\" \
                    s=\"1\"><v>1.5E-7</v></c></row><row r=\"5\"></row><row r=\"6\" ht=\"27.75\" \
                    customHeight=\"1\"><c r=\"A6\" s=\"0\" t=\"s\"><v>0</v></c><c r=\"AB6\" \
                    s=\"31\"/></row>";
        let read = worksheet(rows).unwrap();
        assert_eq!(read[0], (2, vec![BLANK, 7, NUMBER]));
        assert_eq!(
            (read[1].0, read[1].1.len(), read[1].1[0], read[1].1[27]),
            (6, 28, 0, BLANK)
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let row = |cells: &str| format!("<row r=\"2\">{cells}</row>");
        assert!(worksheet(&row("<c r=\"A2\" s=\"1\" t=\"s\"><v>1</v></c>")).is_ok());
        for wrong in [
            "<c r=\"A3\" s=\"1\"/>",
            "<c r=\"A3\" s=\"1\"><v>1</v></c>",
            "<c r=\"2\" s=\"1\"><v>1</v></c>",
            "<c r=\"XFE2\" s=\"1\"><v>1</v></c>",
            "<c r=\"B2\" s=\"1\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>1</v></c>",
            "<c r=\"B2\" s=\"1\"/><c r=\"A2\" s=\"1\"/>",
            "<c r=\"A2\" s=\"1\"><v>1<f>A1</f></v></c>",
            "<c r=\"A2\" s=\"1\"><f>A2</f><v>1</v></c>",
            "<c r=\"A2\" s=\"1\" t=\"str\"><f>A2</f><v>x</v></c>",
            "<c r=\"A2\" s=\"1\" t=\"e\"><v>#N/A</v></c>",
            "<c r=\"A2\" s=\"1\" t=\"inlineStr\"><is><t>Ann</t></is></c>",
            "<c r=\"A2\" s=\"1\" t=\"s\"><v></v></c>",
            "<c r=\"A2\" s=\"1\" t=\"s\"><v>x</v></c>",
            "<c r=\"A2\" s=\"1\" t=\"s\"><v>4294967295</v></c>",
            "<c r=\"A2\" s=\"1\"><v>Ann</v></c>",
            "<c r=\"A2\" s=\"1\"><v>1</v>Ann</c>",
            "Ann",
            "<x/>",
        ] {
            assert!(worksheet(&row(wrong)).is_err(), "{wrong}");
        }
        for wrong in [
            "<row r=\"2\"></row><row r=\"2\"></row>",
            "<row r=\"2\" hidden=\"1\"></row>",
            "<row r=\"2\">",
            "<c r=\"A1\" s=\"1\"/>",
            "Ann",
        ] {
            assert!(worksheet(wrong).is_err(), "{wrong}");
        }
        let error = |bytes| Book::read(bytes).err();
        assert_eq!(
            error(b"PK"),
            Some(Unreadable("it is not packed as a workbook is"))
        );
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        writer.start_file("part", options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn part(bytes: &[u8]) -> Result<String, Unreadable> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| MISSING)?;
        unpacked(&mut archive, "part")
    }

    #[test]
    fn a_part_that_is_not_what_it_says_is_refused() {
        let text: String = (0..30_000_u64)
            .map(|row| format!("<row>{}", row.pow(3)))
            .collect();
        let good = packed(&text);
        assert_eq!(part(&good).unwrap(), text);
        let mut signatures = good.windows(4).enumerate().rev();
        let directory = signatures
            .find(|(_, bytes)| *bytes == b"PK\x01\x02")
            .unwrap()
            .0;
        // In the directory: how it is packed, its checksum, how long it is.
        for (field, bytes) in [(10, 2), (16, 4), (24, 4)] {
            for change in [1_u8, u8::MAX] {
                let mut wrong = good.clone();
                wrong[directory + field] = wrong[directory + field].wrapping_add(change);
                assert!(part(&wrong).is_err(), "{field} {change}");
                wrong[directory + field..directory + field + bytes].fill(0);
                assert!(part(&wrong).is_err(), "{field}");
            }
        }
        for at in (100..directory).step_by(999) {
            let mut wrong = good.clone();
            wrong[at] ^= 0x10;
            // The same text may stand in two places, of which one is as good as the other.
            assert!(
                part(&wrong).is_err() || part(&wrong).unwrap() == text,
                "{at}"
            );
        }
    }
}
