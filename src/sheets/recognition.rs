//! Tells what a file is by what is in it, whatever its name says.

use memchr::memmem;

use super::{Format, encoding};

impl Format {
    /// What a file is, by its bytes, where that is no delimited text.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let start = bytes.get(..4096).unwrap_or(bytes);
        Self::of_bytes(bytes).or_else(|| Self::of_text(&encoding::start_of(start)))
    }

    /// The format that the first bytes of a file tell, where it is not text.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let holds = |name: &[u8]| memmem::find(bytes, name).is_some();
        match bytes {
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
                let holds = |name: &str| holds(&utf_16(name));
                Some(if holds("EncryptedPackage") {
                    Self::Protected
                } else if holds("WordDocument") {
                    Self::Document
                } else if holds("__properties_version1.0") {
                    Self::Email
                } else {
                    Self::OldWorkbook
                })
            }
            // Excel 2 to 4, which wrote the stream of cells by itself.
            [9, 0 | 2 | 4 | 8, 4 | 6 | 8, 0, ..] => Some(Self::OldWorkbook),
            [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => {
                let is_workbook = holds(b"[Content_Types].xml") && holds(b"xl/");
                Some(if is_workbook {
                    Self::Workbook
                } else {
                    Self::Zip
                })
            }
            [0x1F, 0x8B, 8, ..] => Some(Self::Gzip),
            _ if bytes.starts_with(b"7z\xBC\xAF\x27\x1C") => Some(Self::OtherArchive),
            _ if bytes.starts_with(b"Rar!\x1A\x07") => Some(Self::OtherArchive),
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some(Self::Utf32),
            _ if bytes.starts_with(b"%PDF-") => Some(Self::Pdf),
            _ if bytes.starts_with(b"{\\rtf") => Some(Self::Document),
            _ if bytes.starts_with(b"\x89PNG\r\n") => Some(Self::Picture),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Picture),
            _ => None,
        }
    }

    /// What a text is, by how it begins, that is no table.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
        let start: String = text.chars().take(4096).collect();
        let start = start.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| start.starts_with(word));
        if begins(&["#< clixml", "<objs"]) || (begins(&["<?xml"]) && start.contains("<objs ")) {
            Some(Self::CliXml)
        } else if begins(&[
            "<!doctype html",
            "<html",
            "<head",
            "<body",
            "<table",
            "<meta",
            "<style",
        ]) {
            Some(Self::WebPage)
        } else if begins(&["<?xml", "<workbook"]) || (begins(&["<"]) && start.contains("</")) {
            Some(Self::Xml)
        } else if begins(&["{", "["]) && is_json(&start) {
            Some(Self::Json)
        } else if is_letter_head(&start) {
            // Excel saves a page by itself in the form of an email.
            let is_page = start.contains("multipart/related") || start.contains("text/html");
            Some(if is_page && begins(&["mime-version:"]) {
                Self::WebPage
            } else {
                Self::Email
            })
        } else {
            None
        }
    }

    /// What a text is of which no row holds the headings of a table, by its first lines.
    pub(super) fn of_lines(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim_end);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).take(LINES).collect();
        // As Format-Table draws under the headings; under a title there is one dash after the other.
        let dashes = |line: &&str| {
            let is_rule = line.contains("--") && line.chars().all(|c| c == '-' || c == ' ');
            if is_rule {
                line.split_whitespace().count()
            } else {
                0
            }
        };
        let has_cells = |line: &&str| line.contains([',', ';', '\t', '|']);
        let rule = lines.iter().skip(1).map(dashes).max().unwrap_or_default();
        // As Format-List prints a property: its name, blanks, a colon, a blank.
        let is_property = |line: &&&str| {
            let named = line.split_once(" :");
            named.is_some_and(|(name, value)| {
                let is_of_name = |c: char| c.is_alphanumeric() || c == ' ' || c == '_';
                name.chars().all(is_of_name) && (value.is_empty() || value.starts_with(' '))
            })
        };
        let properties = lines.iter().filter(is_property).count();
        if rule > 1 || (rule == 1 && !lines.iter().any(has_cells)) {
            Some(Self::ScreenTable)
        } else if properties > 1 && properties * 2 >= lines.len() {
            Some(Self::ScreenList)
        } else if !lines
            .iter()
            .any(|line| line.contains([',', ';', '\t', '|']))
        {
            Some(Self::Prose)
        } else {
            None
        }
    }

    /// What a package of the kind of a workbook is, that is none that can be read, by the name of a
    /// file in it.
    pub(super) fn of_part(name: &str) -> Option<Self> {
        match name {
            "xl/workbook.bin" => Some(Self::BinaryWorkbook),
            "content.xml" => Some(Self::OpenDocument),
            "word/document.xml" => Some(Self::Document),
            _ => None,
        }
    }
}

/// Lines that are looked at to tell what a text is.
const LINES: usize = 20;

/// Whether a text that begins with a bracket goes on as JSON does. A heading in brackets does not.
fn is_json(start: &str) -> bool {
    let mut characters = start.chars().filter(|c| !c.is_whitespace());
    let (first, second) = (characters.next(), characters.next());
    match (first, second) {
        (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '"' | '[')) => true,
        (Some('['), Some(']')) => characters.next().is_none(),
        _ => false,
    }
}

/// Whether a text in lower case begins with the lines above an email: two at least, each of a name
/// that they have.
fn is_letter_head(start: &str) -> bool {
    const NAMES: [&str; 12] = [
        "received",
        "return-path",
        "delivered-to",
        "mime-version",
        "from",
        "to",
        "cc",
        "date",
        "sent",
        "subject",
        "message-id",
        "content-type",
    ];
    let is_head = |line: &str| {
        let named = line.split_once(": ");
        named.is_some_and(|(name, _)| NAMES.contains(&name) || name.starts_with("x-"))
    };
    // Long ones go on in lines that are set in.
    let lines = start.lines().filter(|line| !line.starts_with([' ', '\t']));
    let mut first = lines.take(3).filter(|line| !line.is_empty());
    first.next().is_some_and(is_head) && first.next().is_some_and(is_head)
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
