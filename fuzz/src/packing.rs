//! Packed files whose checksums are right, so that a fuzzer gets past them.

use std::io::{Cursor, Write};

use arbitrary::Arbitrary;
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What is packed, and how.
#[derive(Debug, Arbitrary)]
pub enum Packed {
    /// The bytes of a `.csv.gz` as they are, damaged or not.
    Gz(Vec<u8>),
    /// The bytes of a `.zip` as they are.
    Zip(Vec<u8>),
    /// The bytes of a `.xlsx.gz` as they are.
    WorkbookGz(Vec<u8>),
    /// Text of a `.csv.gz` of these members.
    Gzipped(Vec<Vec<u8>>),
    /// Entries of a `.zip`: their names and bytes.
    Zipped(Vec<(String, Vec<u8>)>),
    /// A workbook in a `.zip`, its parts as in [`workbook_of_parts`].
    ZippedWorkbook(Vec<u8>),
}

impl Packed {
    /// The extension and the bytes of the file.
    #[must_use]
    pub fn file(self) -> (&'static str, Vec<u8>) {
        match self {
            Self::Gz(bytes) => ("csv.gz", bytes),
            Self::Zip(bytes) => ("zip", bytes),
            Self::WorkbookGz(bytes) => ("xlsx.gz", bytes),
            Self::Gzipped(members) => (
                "csv.gz",
                members.iter().flat_map(|member| gzipped(member)).collect(),
            ),
            Self::Zipped(entries) => (
                "zip",
                zipped(
                    entries
                        .iter()
                        .map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
                ),
            ),
            Self::ZippedWorkbook(parts) => (
                "zip",
                zipped([("sync-state.xlsx", workbook_of_parts(&parts).as_slice())]),
            ),
        }
    }
}

/// One member of a `.gz`.
#[must_use]
pub fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A `.zip` of these entries, not compressed. An entry whose name no `.zip` can have is left out.
pub fn zipped<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in entries {
        if writer.start_file(name, options).is_ok() {
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// What stands between the parts in a seed.
const BETWEEN_PARTS: &[u8] = b"\n%%\n";

/// A workbook of one worksheet. Lines of `%%` stand between its parts: the worksheet, the shared
/// strings, the styles, the workbook. Parts that are not there are a usual workbook's.
#[must_use]
pub fn workbook_of_parts(bytes: &[u8]) -> Vec<u8> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest
        .windows(BETWEEN_PARTS.len())
        .position(|window| window == BETWEEN_PARTS)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + BETWEEN_PARTS.len()..];
    }
    parts.push(rest);
    let part =
        |place: usize, usual: &'static str| parts.get(place).copied().unwrap_or(usual.as_bytes());
    zipped([
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            RELATIONS_OF_WORKBOOK.as_bytes(),
        ),
        ("xl/worksheets/sheet1.xml", part(0, "")),
        (
            "xl/sharedStrings.xml",
            part(
                1,
                "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>",
            ),
        ),
        (
            "xl/styles.xml",
            part(
                2,
                "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>",
            ),
        ),
        ("xl/workbook.xml", part(3, WORKBOOK)),
    ])
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const RELATIONS_OF_WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
