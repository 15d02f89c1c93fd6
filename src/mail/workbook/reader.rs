//! Reads a finished workbook: what a cell says, where it stands, and nothing else. It knows what a
//! report's workbook is made of (ECMA-376, part 1, 18.3 and 18.4) and refuses what it does not
//! know, so that nothing in a workbook stays unread: a verification must not be more lenient than
//! Excel. A reader of any workbook takes nearly three times as long.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::Range;

use memchr::{memchr, memchr3, memmem};
use zip::ZipArchive;

use super::unpacking::{Part, Pieces};

/// What a workbook may be made of: worksheets with tables, their looks, and what the document is
/// called.
const PARTS: [&str; 11] = [
    "[Content_Types].xml",
    "_rels/.rels",
    "docProps/app.xml",
    "docProps/core.xml",
    "xl/_rels/workbook.xml.rels",
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

/// A workbook that is open.
pub(super) struct Book<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The name and the part of each worksheet, in the order of their tabs.
    worksheets: Vec<(String, String)>,
    texts: Texts,
}

/// The texts of a workbook by their numbers.
#[derive(Default)]
struct Texts {
    /// The part that they stand in, and behind it those that are written otherwise than they are
    /// read.
    all: String,
    places: Vec<Range<usize>>,
}

impl Texts {
    fn get(&self, number: u32) -> Option<&str> {
        self.all
            .get(self.places.get(usize::try_from(number).ok()?)?.clone())
    }
}

/// A worksheet: its rows that hold a cell.
pub(super) struct Worksheet {
    /// The name on its tab.
    pub(super) name: String,
    rows: Vec<Row>,
    /// The cells of all rows: the number of a text, or one of the two below.
    cells: Vec<u32>,
}

/// Stands where a cell holds nothing.
const BLANK: u32 = u32::MAX;
/// Stands where a cell holds a number or a date, which names nobody.
const NUMBER: u32 = u32::MAX - 1;

struct Row {
    line: u32,
    start: usize,
}

impl<'a> Book<'a> {
    /// Opens the bytes of an `.xlsx`.
    pub(super) fn open(xlsx: &'a [u8]) -> Result<Self, Unreadable> {
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
        let has_texts = archive.index_for_name("xl/sharedStrings.xml").is_some();
        let texts = if has_texts {
            shared_texts(Part::open(&mut archive, "xl/sharedStrings.xml")?.whole()?)?
        } else {
            Texts::default()
        };
        let targets = relations(&Part::open(&mut archive, "xl/_rels/workbook.xml.rels")?.whole()?)?;
        let workbook = Part::open(&mut archive, "xl/workbook.xml")?.whole()?;
        let mut worksheets = Vec::new();
        for tag in Tags::of(&workbook).filter(|tag| tag.name() == b"sheet") {
            let (Some(name), Some(id)) = (tag.attribute(b"name"), tag.attribute(b"r:id")) else {
                return Err(Unreadable("a sheet has no name"));
            };
            let target = targets.get(id).ok_or(Unreadable("a part is missing"))?;
            worksheets.push((unescaped(name)?, format!("xl/{target}")));
        }
        Ok(Self {
            archive,
            worksheets,
            texts,
        })
    }

    /// How many worksheets it has.
    pub(super) fn worksheets(&self) -> usize {
        self.worksheets.len()
    }

    /// Reads a worksheet; `None` where there is none at this place.
    pub(super) fn worksheet(&mut self, place: usize) -> Result<Option<Worksheet>, Unreadable> {
        let Some((name, target)) = self.worksheets.get(place).cloned() else {
            return Ok(None);
        };
        let mut worksheet = Worksheet {
            name,
            rows: Vec::new(),
            cells: Vec::new(),
        };
        let mut place = Place::Before;
        let mut pieces = Pieces::of(Part::open(&mut self.archive, &target)?);
        while let Some(piece) = pieces.next_piece()? {
            place = worksheet.read(piece, place, &mut self.texts)?;
        }
        place.is_behind()?;
        Ok(Some(worksheet))
    }

    /// What a cell says: nothing where it is blank or a number.
    pub(super) fn text(&self, cell: u32) -> &str {
        self.texts.get(cell).unwrap_or_default()
    }

    /// Whether a cell holds something.
    pub(super) fn is_blank(&self, cell: u32) -> bool {
        cell == BLANK || (cell != NUMBER && self.text(cell).trim().is_empty())
    }
}

/// Where in a worksheet: before, among or behind its rows.
#[derive(Clone, Copy)]
enum Place {
    Before,
    /// In or behind the row of this line, the cells of which start at this one.
    Among {
        line: u32,
        start: usize,
    },
    Behind,
}

impl Place {
    fn is_behind(self) -> Result<(), Unreadable> {
        match self {
            Self::Before => Err(Unreadable("a worksheet has no rows")),
            Self::Among { .. } => Err(Unreadable("a worksheet ends too soon")),
            Self::Behind => Ok(()),
        }
    }
}

impl Worksheet {
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

    /// Reads a piece of whole rows, and says where it ends.
    fn read(&mut self, piece: &[u8], place: Place, texts: &mut Texts) -> Result<Place, Unreadable> {
        let mut tags = Tags::of(piece);
        let (mut line, mut start) = match place {
            Place::Before if !tags.by_ref().any(|tag| tag.name() == b"sheetData") => {
                return Ok(place);
            }
            Place::Before => (0, 0),
            Place::Among { line, start } => (line, start),
            Place::Behind => return Ok(place),
        };
        loop {
            while let Some((column, cell, rest)) = usual_cell(tags.bytes, line) {
                let passed = (start + column)
                    .checked_sub(self.cells.len())
                    .filter(|_| !self.rows.is_empty());
                match passed.ok_or(Unreadable("its cells are not in order"))? {
                    0 => {}
                    _ => self.cells.resize(start + column, BLANK),
                }
                self.cells.push(cell);
                tags.bytes = rest;
            }
            let Some(tag) = tags.next() else {
                return Ok(Place::Among { line, start });
            };
            match tag.name() {
                b"/sheetData" => return Ok(Place::Behind),
                b"row" => {
                    let after = line;
                    line = match tag.attribute(b"r") {
                        Some(number) => whole_number(number)?,
                        None => after + 1,
                    };
                    if line <= after {
                        return Err(Unreadable("its rows are not in order"));
                    }
                    start = self.cells.len();
                    if !tag.is_empty() {
                        self.rows.push(Row { line, start });
                    }
                }
                b"/row" => {
                    if self.cells.len() == start {
                        self.rows.pop();
                    }
                }
                b"c" => {
                    let column = match tag.attribute(b"r") {
                        Some(reference) => column_of(reference, line)?,
                        None => self.cells.len() - start,
                    };
                    let passed = (self.cells.len() - start)..=column;
                    if passed.is_empty() || self.rows.is_empty() {
                        return Err(Unreadable("its cells are not in order"));
                    }
                    self.cells.resize(start + column, BLANK);
                    let cell = if tag.is_empty() {
                        BLANK
                    } else {
                        read_cell(tag.attribute(b"t"), &mut tags, texts)?
                    };
                    self.cells.push(cell);
                }
                _ => return Err(Unreadable("something stands among its cells")),
            }
        }
    }
}

/// A cell written as nearly all are, `<c r="B5" s="7" t="s"><v>12</v></c>` or the same without `t`,
/// read at one go: its column, what it holds, and what comes behind it. `None` for any other, which
/// is read tag by tag.
fn usual_cell(bytes: &[u8], line: u32) -> Option<(usize, u32, &[u8])> {
    let mut rest = after(bytes, b"<c r=\"")?;
    let mut column = 0;
    while let [letter @ b'A'..=b'Z', behind @ ..] = rest
        && column <= MOST_COLUMNS
    {
        column = column * 26 + usize::from(letter - b'A') + 1;
        rest = behind;
    }
    let (found, rest) = leading_number(rest).filter(|_| (1..=MOST_COLUMNS).contains(&column))?;
    let (_, rest) = leading_number(after(rest, b"\" s=\"").filter(|_| found == line)?)?;
    let (cell, rest) = match after(rest, b"\" t=\"s\"><v>") {
        Some(rest) => leading_number(rest).filter(|(number, _)| *number < NUMBER)?,
        None => (NUMBER, after_number(after(rest, b"\"><v>")?)),
    };
    Some((column - 1, cell, after(rest, b"</v></c>")?))
}

/// What comes behind these bytes.
fn after<'a, const LENGTH: usize>(bytes: &'a [u8], start: &[u8; LENGTH]) -> Option<&'a [u8]> {
    bytes
        .split_first_chunk::<LENGTH>()
        .filter(|(found, _)| *found == start)
        .map(|(_, rest)| rest)
}

/// The whole number at the beginning, and what comes behind it.
fn leading_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (mut number, mut rest) = (0_u32, bytes);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number
            .checked_mul(10)?
            .checked_add(u32::from(digit - b'0'))?;
        rest = behind;
    }
    (rest.len() < bytes.len()).then_some((number, rest))
}

/// What comes behind a number or a date.
fn after_number(mut bytes: &[u8]) -> &[u8] {
    while let [sign, behind @ ..] = bytes
        && is_of_number(sign)
    {
        bytes = behind;
    }
    bytes
}

/// Excel's last column is XFD.
const MOST_COLUMNS: usize = 16_384;

/// Whether a number or a date is written with this sign.
fn is_of_number(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'E' | b'e')
}

/// Reads what stands in a cell, to its end.
fn read_cell(
    kind: Option<&[u8]>,
    tags: &mut Tags<'_>,
    texts: &mut Texts,
) -> Result<u32, Unreadable> {
    let what = Unreadable("a cell holds what no report's cell holds");
    let mut cell = BLANK;
    loop {
        let tag = tags.next().ok_or(what)?;
        match (tag.name(), kind) {
            (b"/c", _) => return Ok(cell),
            (b"v", Some(b"s")) => cell = whole_number(tags.text())?,
            (b"v", None | Some(b"n")) if tags.text().iter().all(is_of_number) => cell = NUMBER,
            (b"is", Some(b"inlineStr")) => {
                let start = texts.all.len();
                while let Some(inner) = tags.next().filter(|inner| inner.name() != b"/is") {
                    match inner.name() {
                        b"t" => unescape(tags.text(), &mut texts.all)?,
                        b"/t" => {}
                        _ => return Err(what),
                    }
                }
                cell = u32::try_from(texts.places.len()).map_err(|_| what)?;
                texts.places.push(start..texts.all.len());
            }
            (b"/v", _) => {}
            _ => return Err(what),
        }
    }
}

/// The targets of a part's relations, by their names.
fn relations(bytes: &[u8]) -> Result<HashMap<Vec<u8>, String>, Unreadable> {
    let mut targets = HashMap::new();
    for tag in Tags::of(bytes).filter(|tag| tag.name() == b"Relationship") {
        if let (Some(id), Some(target)) = (tag.attribute(b"Id"), tag.attribute(b"Target")) {
            targets.insert(id.to_vec(), unescaped(target)?);
        }
    }
    Ok(targets)
}

/// The texts that cells refer to by number. What is written as it is read stays where it is.
fn shared_texts(part: Vec<u8>) -> Result<Texts, Unreadable> {
    let mut all = String::from_utf8(part).map_err(|_| Unreadable("a text is not UTF-8"))?;
    let (mut others, mut places) = (String::new(), Vec::new());
    let end = all.len();
    let mut tags = Tags::of(all.as_bytes());
    let mut start = end;
    loop {
        while let Some((length, rest)) = usual_text(tags.bytes) {
            let place = end - tags.bytes.len() + TEXT_BEGINS.len();
            places.push(place..place + length);
            tags.bytes = rest;
        }
        let Some(tag) = tags.next() else { break };
        match tag.name() {
            b"?xml" | b"sst" | b"/sst" | b"/t" => {}
            b"si" if !tag.is_empty() => {}
            b"si" | b"/si" => {
                places.push(start..end + others.len());
                start = end + others.len();
            }
            b"t" => unescape(tags.text(), &mut others)?,
            _ => return Err(Unreadable("a text is written in several looks")),
        }
    }
    all.push_str(&others);
    Ok(Texts { all, places })
}

const TEXT_BEGINS: &[u8; 7] = b"<si><t>";

/// The length of a text written as nearly all are, `<si><t>Ward 1</t></si>`, and what comes behind
/// it. `None` for any other, which is read tag by tag.
fn usual_text(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let text = after(bytes, TEXT_BEGINS)?;
    // An ampersand or an underscore may stand for another sign.
    let length = memchr3(b'<', b'&', b'_', text)?;
    Some((length, after(text.get(length..)?, b"</t></si>")?))
}

/// The tags of a part, one after the other.
struct Tags<'a> {
    bytes: &'a [u8],
}

/// What stands between `<` and `>`.
#[derive(Clone, Copy)]
struct Tag<'a>(&'a [u8]);

impl<'a> Tags<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The text behind the tag that was read last.
    fn text(&self) -> &'a [u8] {
        let end = memchr(b'<', self.bytes).unwrap_or(self.bytes.len());
        self.bytes.get(..end).unwrap_or_default()
    }
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        let start = memchr(b'<', self.bytes)? + 1;
        // No attribute of a workbook holds this sign unescaped: what would be cut there has no end
        // that fits.
        let length = memchr(b'>', self.bytes.get(start..)?)?;
        let tag = self.bytes.get(start..start + length)?;
        self.bytes = self.bytes.get(start + length + 1..)?;
        Some(Tag(tag))
    }
}

impl<'a> Tag<'a> {
    fn name(self) -> &'a [u8] {
        let inside = self.0.strip_suffix(b"/").unwrap_or(self.0);
        let end = inside
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(inside.len());
        inside.get(..end).unwrap_or_default()
    }

    /// Whether it is its own end.
    fn is_empty(self) -> bool {
        self.0.ends_with(b"/")
    }

    fn attribute(self, name: &[u8]) -> Option<&'a [u8]> {
        let mut rest = self.0.get(self.name().len()..)?;
        loop {
            rest = rest.trim_ascii_start();
            let equals = memchr(b'=', rest)?;
            let found = rest.get(..equals)?;
            let quote = *rest.get(equals + 1)?;
            let value = rest.get(equals + 2..)?;
            let end = memchr(quote, value).filter(|_| quote == b'"' || quote == b'\'')?;
            if found == name {
                return value.get(..end);
            }
            rest = value.get(end + 1..)?;
        }
    }
}

fn whole_number(digits: &[u8]) -> Result<u32, Unreadable> {
    let add = |number: u32, digit: &u8| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(digit - b'0')),
        _ => None,
    };
    let number = digits
        .iter()
        .try_fold(0, add)
        .filter(|number| !digits.is_empty() && *number < NUMBER);
    number.ok_or(Unreadable("a number is none"))
}

/// The column, from 0, of a reference such as `AB12`, which must be of this line.
fn column_of(reference: &[u8], line: u32) -> Result<usize, Unreadable> {
    let letters = reference
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let (letters, digits) = reference.split_at_checked(letters).unwrap_or_default();
    // Excel's last column is XFD.
    if letters.is_empty() || letters.len() > 3 || whole_number(digits)? != line {
        return Err(Unreadable("a cell says that it is elsewhere"));
    }
    Ok(column_number(letters))
}

/// The column, from 0, that letters name.
fn column_number(letters: &[u8]) -> usize {
    letters.iter().fold(0, |column, letter| {
        column * 26 + usize::from(letter - b'A') + 1
    }) - 1
}

fn unescaped(text: &[u8]) -> Result<String, Unreadable> {
    let mut plain = String::new();
    unescape(text, &mut plain)?;
    Ok(plain)
}

/// Adds a text as XML writes it (XML 1.0, 4.6) and as Excel writes what XML cannot: `_x000D_`
/// (ECMA-376, part 1, 22.9.2.19).
fn unescape(text: &[u8], plain: &mut String) -> Result<(), Unreadable> {
    let mut text = std::str::from_utf8(text).map_err(|_| Unreadable("a text is not UTF-8"))?;
    let start = plain.len();
    while let Some((before, behind)) = text.split_once('&') {
        let (name, rest) = behind
            .split_once(';')
            .ok_or(Unreadable("a text is escaped wrongly"))?;
        let number = |digits: &str, radix| {
            u32::from_str_radix(digits, radix)
                .ok()
                .and_then(char::from_u32)
        };
        let sign = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match name.strip_prefix('#') {
                Some(digits) => digits
                    .strip_prefix('x')
                    .map_or_else(|| number(digits, 10), |digits| number(digits, 16)),
                None => None,
            },
        };
        plain.push_str(before);
        plain.push(sign.ok_or(Unreadable("a text is escaped wrongly"))?);
        text = rest;
    }
    plain.push_str(text);
    if memmem::find(plain.as_bytes().get(start..).unwrap_or_default(), b"_x").is_some() {
        let decoded = excel_unescaped(plain.get(start..).unwrap_or_default());
        plain.truncate(start);
        plain.push_str(&decoded);
    }
    Ok(())
}

fn excel_unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let digits = escape.get(2..6).filter(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && escape.get(6..7) == Some("_")
        });
        let sign = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        match sign {
            Some(sign) => {
                plain.push(sign);
                rest = escape.get(7..).unwrap_or_default();
            }
            None => {
                plain.push_str("_x");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(part: &str) -> Result<Vec<String>, Unreadable> {
        let texts = shared_texts(part.as_bytes().to_vec())?;
        Ok((0..texts.places.len())
            .map(|number| {
                texts
                    .get(u32::try_from(number).unwrap())
                    .unwrap()
                    .to_owned()
            })
            .collect())
    }

    #[test]
    fn texts_are_read_as_excel_shows_them() {
        let part = "<?xml version=\"1.0\"?>\n<sst count=\"5\"><si><t>A &amp; B</t></si><si/><si><t \
         xml:space=\"preserve\"> x </t></si>\
                    <si><t>&lt;&#65;&#x42;&quot;&apos;&gt;</t></si><si><t>Ward \
                    1</t></si><si><t>a_b</t></si>\
                    <si><t>a_x000A_b_x005F_x0041__xZZZZ__x12_</t></si><si><t></t></si><si><t>Zoë</t></si></sst>";
        assert_eq!(
            texts(part).unwrap(),
            [
                "A & B",
                "",
                " x ",
                "<AB\"'>",
                "Ward 1",
                "a_b",
                "a\nb_x0041__xZZZZ__x12_",
                "",
                "Zoë"
            ]
        );
        for wrong in [
            "<sst><si><r><t>x</t></r></si></sst>",
            "<sst><si><t>&nbsp;</t></si></sst>",
            "<sst><si><t>a & b</t></si></sst>",
        ] {
            assert!(texts(wrong).is_err(), "{wrong}");
        }
    }

    fn worksheet(rows: &str) -> Result<Vec<(u32, Vec<u32>)>, Unreadable> {
        let mut worksheet = Worksheet {
            name: String::new(),
            rows: Vec::new(),
            cells: Vec::new(),
        };
        let bytes = format!("<worksheet><cols/><sheetData>{rows}</sheetData><x/></worksheet>");
        worksheet
            .read(bytes.as_bytes(), Place::Before, &mut Texts::default())?
            .is_behind()?;
        Ok((0..worksheet.height())
            .map(|row| (worksheet.line(row), worksheet.cells(row).to_vec()))
            .collect())
    }

    #[test]
    fn cells_are_where_they_say() {
        let rows = "<row r=\"2\" spans=\"1:3\"><c r=\"B2\" s=\"1\" t=\"s\"><v>7</v></c><c \
         r=\"C2\"><v>1.5</v></c></row><row r=\"4\"/>\
                    <row r=\"5\"></row><row><c t=\"inlineStr\"><is><t>x</t></is></c><c \
                    s=\"1\"/></row>";
        assert_eq!(
            worksheet(rows).unwrap(),
            [(2, vec![BLANK, 7, NUMBER]), (6, vec![0, BLANK])]
        );
    }

    /// The second way to write each is read tag by tag.
    #[test]
    fn usual_cells_are_read_as_all_others() {
        let usual = "<row r=\"12\"><c r=\"A12\" s=\"0\" t=\"s\"><v>3</v></c><c r=\"C12\" \
         s=\"31\"><v>4.5</v></c><c r=\"AB12\" s=\"1\" t=\"s\"><v>0</v></c></row>";
        let read = worksheet(usual).unwrap();
        assert_eq!(
            (read[0].0, read[0].1.len(), &read[0].1[..3], read[0].1[27]),
            (12, 28, &[3, BLANK, NUMBER][..], 0)
        );
        assert!(usual_cell(&usual.as_bytes()[12..], 12).is_some());
        let other = usual.replace(" s=", "  s=");
        assert!(usual_cell(&other.as_bytes()[12..], 12).is_none());
        assert_eq!(worksheet(&other).unwrap(), read);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in [
            "<row r=\"2\"><c r=\"A3\"/></row>",
            "<row r=\"2\"><c r=\"A3\" s=\"1\"><v>1</v></c></row>",
            "<row r=\"2\"><c r=\"2\" s=\"1\"><v>1</v></c></row>",
            "<row r=\"2\"><c r=\"B2\" s=\"1\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>1</v></c></row>",
            "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>1<f>A1</f></v></c></row>",
            "<row r=\"2\"><c r=\"A2\" s=\"1\" t=\"s\"><v></v></c></row>",
            "<row r=\"2\"><c r=\"A2\" s=\"1\" t=\"s\"><v>4294967295</v></c></row>",
            "<c r=\"A\" s=\"1\"><v>1</v></c>",
            "<row r=\"2\"><c r=\"B2\"/><c r=\"A2\"/></row>",
            "<row r=\"2\"/><row r=\"2\"/>",
            "<row r=\"1\"><c r=\"A1\" t=\"str\"><f>A2</f><v>x</v></c></row>",
            "<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#N/A</v></c></row>",
            "<row r=\"1\"><c r=\"A1\"><f>A2</f><v>1</v></c></row>",
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>x</v></c></row>",
            "<row r=\"1\"><c r=\"A1\"><v>Ann</v></c></row>",
            "<row r=\"1\"><c r=\"A1\" s=\"1\"><v>Ann</v></c></row>",
            "<row r=\"1\"><x/></row>",
            "<c r=\"A1\"/>",
        ] {
            assert!(worksheet(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            Book::open(b"PK").err(),
            Some(Unreadable("it is not packed as a workbook is"))
        );
    }
}
