use memchr::memmem;

/// What a file is that is no table that can be read, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum Format {
    #[error("this is an old Excel workbook (.xls): save it as .xlsx")]
    OldWorkbook,
    #[error("this is a binary Excel workbook (.xlsb): save it as .xlsx")]
    BinaryWorkbook,
    #[error("this is an OpenDocument file (.ods): save it as .xlsx")]
    OpenDocument,
    #[error("the workbook is protected by a password: save it without one")]
    Protected,
    #[error("this is a workbook (.xlsx) under another name: let its name end in .xlsx")]
    Workbook,
    #[error("this is a packed file under another name: let its name end in .zip")]
    Zip,
    #[error("this is a packed file under another name: let its name end in .gz")]
    Gzip,
    #[error("this is an archive of another kind (.7z, .rar): pack the export as .zip or .gz")]
    OtherArchive,
    #[error("this is a PDF: export the table itself, as .csv or .xlsx")]
    Pdf,
    #[error("this is a document of a word processor: export the table itself, as .csv or .xlsx")]
    Document,
    #[error(
        "this is a web page, whatever its name says: open it in Excel and save it as .xlsx, or \
         export it as .csv"
    )]
    WebPage,
    #[error(
        "this is XML, whatever its name says: open it in Excel and save it as .xlsx, or export it \
         as .csv"
    )]
    Xml,
    #[error("this is text, not a workbook: let its name end in .csv")]
    Text,
    #[error("this is text in UTF-32, which cannot be read: export it as UTF-8")]
    Utf32,
}

impl Format {
    /// What the first bytes of a file say that it is, where that is no text.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let holds = |name: &[u8]| memmem::find(bytes, name).is_some();
        match bytes {
            [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
                let holds = |name: &str| holds(&utf_16(name));
                Some(if holds("EncryptedPackage") {
                    Self::Protected
                } else if holds("WordDocument") {
                    Self::Document
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
            _ => None,
        }
    }

    /// What a text is, by how it begins, that is no table.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let start: String = text
            .trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n'])
            .chars()
            .take(32)
            .collect();
        let start = start.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| start.starts_with(word));
        if begins(&[
            "<!doctype html",
            "<html",
            "<head",
            "<body",
            "<table",
            "<meta",
            "<style",
            "mime-version:",
        ]) {
            Some(Self::WebPage)
        } else if begins(&["<?xml", "<workbook"]) {
            Some(Self::Xml)
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

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
