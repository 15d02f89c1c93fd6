use std::io::{Cursor, Read, Write};

use libdeflater::{CompressionError, CompressionLvl, Compressor};
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};
use zip::ZipArchive;
use zip::result::ZipError;

use super::frame::Part;
use super::looks::Look;
use super::recall::Recall;
use super::rows::{RowWriter, Styles};
use super::texts::Texts;

/// Of 12. A quarter larger than at 6, in a third of the time: compression is half of what a
/// workbook takes.
const COMPRESSION: i32 = 1;

/// Rows and texts of an invented estate are a fifth as long when they are compressed, or less.
const LIKELY: usize = 2;
const FEW_BYTES: usize = 4_096;

const SHARED_TEXTS: &str = "xl/sharedStrings.xml";

/// Why rows and document were not put together.
#[derive(Debug, thiserror::Error)]
pub enum PackingError {
    /// The document cannot be read back.
    #[error("the document around the rows cannot be read back")]
    Document(#[from] ZipError),
    /// The document is not what it was.
    #[error("the document around the rows is not written as it is expected")]
    Unexpected,
    /// A part cannot be compressed.
    #[error("a part cannot be compressed")]
    Compression(#[from] CompressionError),
    /// The parts do not make a file.
    #[error("the parts cannot be packed")]
    File(#[from] rawzip::Error),
}

impl From<std::io::Error> for PackingError {
    fn from(error: std::io::Error) -> Self {
        Self::Document(error.into())
    }
}

/// Puts the rows of all tables into a document that has everything but them: `parts` are its
/// worksheets, in order.
pub(super) fn fill(document: &[u8], parts: &[Part<'_>]) -> Result<Vec<u8>, PackingError> {
    let mut document = ZipArchive::new(Cursor::new(document))?;
    let shared = part(&mut document, SHARED_TEXTS)?;
    let mut texts = Texts::after(number_of(&shared, "uniqueCount")?);
    let mut file = File::new()?;
    let mut xml = Vec::new();
    let names: Vec<String> = document
        .file_names()
        .map(|name| name.map(Into::into))
        .collect::<Result<_, _>>()?;
    for name in names.iter().filter(|name| *name != SHARED_TEXTS) {
        let written = part(&mut document, name)?;
        if let Some(part) = numbered(name, "xl/worksheets/sheet").and_then(|place| parts.get(place))
        {
            xml.clear();
            write_sheet(&written, part, &mut texts, &mut xml)?;
            file.add(name, &xml)?;
        } else if let Some(part) =
            numbered(name, "xl/tables/table").and_then(|place| parts.get(place))
        {
            file.add(
                name,
                written
                    .replace(&part.range_in_frame(), &part.range())
                    .as_bytes(),
            )?;
        } else {
            file.add(name, written.as_bytes())?;
        }
    }
    // Last: only now are all of them known.
    file.add(SHARED_TEXTS, &all_texts(&shared, &texts)?)?;
    file.finish()
}

/// A zip file of compressed parts. Its time is that of no clock: 1980, where zip files begin.
struct File {
    archive: ZipArchiveWriter<Vec<u8>>,
    compressor: Compressor,
    compressed: Vec<u8>,
}

impl File {
    fn new() -> Result<Self, PackingError> {
        let level = CompressionLvl::new(COMPRESSION).map_err(|_| PackingError::Unexpected)?;
        Ok(Self {
            archive: ZipArchiveWriter::new(Vec::new()),
            compressor: Compressor::new(level),
            compressed: Vec::new(),
        })
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), PackingError> {
        let length = self.compress(bytes)?;
        let builder = self
            .archive
            .new_file(name)
            .compression_method(CompressionMethod::DEFLATE)
            .unix_permissions(0o600);
        let (mut entry, _) = builder.start()?;
        entry.write_all(self.compressed.get(..length).unwrap_or_default())?;
        entry.finish(DataDescriptorOutput::new(
            libdeflater::crc32(bytes),
            bytes.len() as u64,
        ))?;
        Ok(())
    }

    /// Compresses into what is kept for it, and gives the length.
    fn compress(&mut self, bytes: &[u8]) -> Result<usize, CompressionError> {
        let surely = self.compressor.deflate_compress_bound(bytes.len());
        // Rows are far shorter then, and to make room takes time too.
        let likely = surely.min(bytes.len() / LIKELY + FEW_BYTES);
        if self.compressed.len() < likely {
            self.compressed.resize(likely, 0);
        }
        match self
            .compressor
            .deflate_compress(bytes, &mut self.compressed)
        {
            Err(CompressionError::InsufficientSpace) => {
                self.compressed.resize(surely, 0);
                self.compressor
                    .deflate_compress(bytes, &mut self.compressed)
            }
            compressed => compressed,
        }
    }

    fn finish(self) -> Result<Vec<u8>, PackingError> {
        Ok(self.archive.finish()?)
    }
}

/// About as long as `<c r="AB1234" s="7" t="s"><v>12345</v></c>`.
const BYTES_OF_A_CELL: usize = 40;

/// Writes a worksheet: what the document has before its rows, the rows, and what it has behind
/// them.
fn write_sheet<'a>(
    written: &str,
    part: &Part<'a>,
    texts: &mut Texts<'a>,
    xml: &mut Vec<u8>,
) -> Result<(), PackingError> {
    let first = written
        .find(&format!("<row r=\"{}\"", part.first_line()))
        .ok_or(PackingError::Unexpected)?;
    let (before, rest) = written.split_at(first);
    let (specimens, behind) = rest.split_once("</row>").ok_or(PackingError::Unexpected)?;
    let (start, above) = before
        .split_once("<dimension ref=\"")
        .ok_or(PackingError::Unexpected)?;
    let (_, above) = above.split_once('"').ok_or(PackingError::Unexpected)?;
    xml.extend_from_slice(
        format!("{start}<dimension ref=\"A1:{}\"{above}", part.last_cell()).as_bytes(),
    );
    let rows = RowWriter::new(&part.looks, &styles(specimens)?);
    xml.reserve(part.rows.len() * part.looks.len() * BYTES_OF_A_CELL + behind.len());
    let mut lines = Recall::new();
    for (line, cells) in (part.first_line()..).zip(part.rows) {
        rows.write(line, part.points(cells, &mut lines), cells, texts, xml);
    }
    xml.extend_from_slice(behind.as_bytes());
    Ok(())
}

/// The numbers of the looks, of the row of specimens in the document.
fn styles(specimens: &str) -> Result<Styles, PackingError> {
    let mut styles = [0; Look::ALL.len()];
    let mut found = specimens.split(" s=\"").skip(1).map(|rest| {
        rest.split('"')
            .next()
            .and_then(|digits| digits.parse().ok())
    });
    for style in &mut styles {
        *style = found.next().flatten().ok_or(PackingError::Unexpected)?;
    }
    Ok(styles)
}

/// The texts of the document, and those of the tables behind them.
fn all_texts(shared: &str, texts: &Texts<'_>) -> Result<Vec<u8>, PackingError> {
    let mut head = shared.to_owned();
    for (name, more) in [("count", texts.references()), ("uniqueCount", texts.len())] {
        let known = number_of(shared, name)?;
        head = head.replacen(
            &format!(" {name}=\"{known}\""),
            &format!(" {name}=\"{}\"", known + more),
            1,
        );
    }
    let (before, end) = head.rsplit_once("</sst>").ok_or(PackingError::Unexpected)?;
    Ok([before.as_bytes(), texts.xml(), b"</sst>", end.as_bytes()].concat())
}

/// The value of the first attribute of this name.
fn number_of(xml: &str, attribute: &str) -> Result<usize, PackingError> {
    let (_, behind) = xml
        .split_once(&format!(" {attribute}=\""))
        .ok_or(PackingError::Unexpected)?;
    behind
        .split('"')
        .next()
        .and_then(|digits| digits.parse().ok())
        .ok_or(PackingError::Unexpected)
}

/// The place, from 0, of the worksheet or table that a part is named for:
/// `xl/worksheets/sheet1.xml` is the first.
fn numbered(name: &str, stem: &str) -> Option<usize> {
    name.strip_prefix(stem)?
        .strip_suffix(".xml")?
        .parse::<usize>()
        .ok()?
        .checked_sub(1)
}

fn part(document: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, PackingError> {
    let mut text = String::new();
    document.by_name(name)?.read_to_string(&mut text)?;
    Ok(text)
}
