//! Unpacks the parts of a workbook, by another library than packed them, and proves that each is
//! whole.

use std::io::{Cursor, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use memchr::memmem;
use zip::{CompressionMethod, ZipArchive};

use super::reader::Unreadable;

/// Deflate packs a byte of 1,032 (RFC 1951): what says that it is larger says nothing true.
const MOST_TIMES: usize = 1_032;

/// The bytes of a worksheet that are unpacked at a time: few enough for a processor to have them
/// still when they are read.
const PIECE_BYTES: usize = 128 * 1024;

const ROW_ENDS: &[u8] = b"</row>";

const CANNOT: Unreadable = Unreadable("a part cannot be unpacked");

/// A part of a workbook, packed.
pub(super) struct Part {
    packed: Vec<u8>,
    size: u64,
    checksum: u32,
    inflation: Decompress,
    hasher: Hasher,
    /// Whether all of it was read, and is what the workbook says that it is.
    is_proved: bool,
}

impl Part {
    pub(super) fn open(
        archive: &mut ZipArchive<Cursor<&[u8]>>,
        name: &str,
    ) -> Result<Self, Unreadable> {
        let place = archive
            .index_for_name(name)
            .ok_or(Unreadable("a part is missing"))?;
        let mut file = archive.by_index_raw(place).map_err(|_| CANNOT)?;
        let mut packed = Vec::new();
        file.read_to_end(&mut packed).map_err(|_| CANNOT)?;
        if file.compression() != CompressionMethod::Deflated || file.encrypted() {
            return Err(CANNOT);
        }
        let (size, checksum) = (file.size(), file.crc32());
        Ok(Self {
            packed,
            size,
            checksum,
            inflation: Decompress::new(false),
            hasher: Hasher::new(),
            is_proved: false,
        })
    }

    /// All of it.
    pub(super) fn whole(mut self) -> Result<Vec<u8>, Unreadable> {
        let size = usize::try_from(self.size)
            .ok()
            .filter(|size| size / MOST_TIMES <= self.packed.len())
            .ok_or(CANNOT)?;
        let mut bytes = vec![0; size];
        // What is behind the last byte is its end.
        if self.read(&mut bytes)? == size && self.read(&mut [0])? == 0 {
            Ok(bytes)
        } else {
            Err(CANNOT)
        }
    }

    /// Unpacks as many bytes more as there is room for, or all that are left; none at its end.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Unreadable> {
        if self.is_proved {
            return Ok(0);
        }
        let before = self.inflation.total_out();
        let packed = usize::try_from(self.inflation.total_in())
            .ok()
            .and_then(|read| self.packed.get(read..))
            .ok_or(CANNOT)?;
        let status = self
            .inflation
            .decompress(packed, bytes, FlushDecompress::None)
            .map_err(|_| CANNOT)?;
        let size = self.inflation.total_out();
        let read = usize::try_from(size - before)
            .ok()
            .and_then(|length| bytes.get(..length))
            .ok_or(CANNOT)?;
        self.hasher.update(read);
        let is_at_end = status == Status::StreamEnd;
        self.is_proved = is_at_end
            && size == self.size
            && self.inflation.total_in() == self.packed.len() as u64
            && self.hasher.clone().finalize() == self.checksum;
        let goes_on = !is_at_end && size <= self.size && read.len() == bytes.len();
        if self.is_proved || goes_on {
            Ok(read.len())
        } else {
            Err(CANNOT)
        }
    }
}

/// A worksheet in pieces, each of whole rows; what is before the first row is in the first, what is
/// behind the last row in the last.
pub(super) struct Pieces {
    part: Part,
    bytes: Vec<u8>,
    /// So many bytes at the beginning were given.
    given: usize,
    /// So many bytes at the beginning are unpacked.
    unpacked: usize,
}

impl Pieces {
    pub(super) fn of(part: Part) -> Self {
        let size = usize::try_from(part.size)
            .unwrap_or(PIECE_BYTES)
            .clamp(1, PIECE_BYTES);
        Self {
            part,
            bytes: vec![0; size],
            given: 0,
            unpacked: 0,
        }
    }

    /// The next piece; `None` behind the last, when the whole part is proved.
    pub(super) fn next_piece(&mut self) -> Result<Option<&[u8]>, Unreadable> {
        self.bytes.copy_within(self.given..self.unpacked, 0);
        self.unpacked -= self.given;
        self.given = loop {
            if self.unpacked == self.bytes.len() {
                self.bytes.resize(2 * self.unpacked, 0);
            }
            let length = self
                .part
                .read(self.bytes.get_mut(self.unpacked..).unwrap_or_default())?;
            self.unpacked += length;
            let unpacked = self.bytes.get(..self.unpacked).unwrap_or_default();
            match memmem::rfind(unpacked, ROW_ENDS) {
                _ if length == 0 => break self.unpacked,
                Some(at) => break at + ROW_ENDS.len(),
                None => {}
            }
        };
        Ok(self
            .bytes
            .get(..self.given)
            .filter(|piece| !piece.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file("part", SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn part(bytes: &[u8]) -> Result<Part, Unreadable> {
        Part::open(
            &mut ZipArchive::new(Cursor::new(bytes)).map_err(|_| CANNOT)?,
            "part",
        )
    }

    fn pieces(bytes: &[u8]) -> Result<Vec<String>, Unreadable> {
        let mut pieces = Pieces::of(part(bytes)?);
        let mut found = Vec::new();
        while let Some(piece) = pieces.next_piece()? {
            found.push(String::from_utf8(piece.to_vec()).unwrap());
        }
        Ok(found)
    }

    /// Rows enough for several pieces, of lengths that are none's divisor.
    fn rows(number: u32) -> String {
        (0..number)
            .map(|row| format!("<row>{}</row>", u64::from(row).pow(3)))
            .collect()
    }

    #[test]
    fn a_worksheet_comes_in_pieces_of_whole_rows() {
        let text = format!("<head>{}<tail>", rows(30_000));
        let found = pieces(&packed(&text)).unwrap();
        assert!(found.len() > 4, "{}", found.len());
        assert!(
            found[..found.len() - 1]
                .iter()
                .all(|piece| piece.ends_with("</row>"))
        );
        assert_eq!(found.concat(), text);
        assert_eq!(
            part(&packed(&text)).unwrap().whole().unwrap(),
            text.as_bytes()
        );
        for text in [
            "",
            "x",
            "<row></row>",
            &"x".repeat(3 * PIECE_BYTES),
            &"x".repeat(PIECE_BYTES),
        ] {
            assert_eq!(pieces(&packed(text)).unwrap().concat(), text);
            assert_eq!(
                part(&packed(text)).unwrap().whole().unwrap(),
                text.as_bytes()
            );
        }
    }

    #[test]
    fn a_part_that_is_not_what_it_says_is_refused() {
        let text = rows(30_000);
        let good = packed(&text);
        let is_refused =
            |bytes: &[u8]| pieces(bytes).is_err() && part(bytes).and_then(Part::whole).is_err();
        assert!(!is_refused(&good));
        let directory = memmem::rfind(&good, b"PK\x01\x02").unwrap();
        // In the directory: how it is packed, its checksum, how long it is packed, how long it is.
        for (field, bytes) in [(10, 2), (16, 4), (20, 4), (24, 4)] {
            for change in [1_u8, u8::MAX] {
                let mut wrong = good.clone();
                wrong[directory + field] = wrong[directory + field].wrapping_add(change);
                assert!(is_refused(&wrong), "{field} {change}");
                wrong[directory + field..directory + field + bytes].fill(0);
                assert!(is_refused(&wrong), "{field}");
            }
        }
        for at in (100..directory).step_by(999) {
            let mut wrong = good.clone();
            wrong[at] ^= 0x10;
            // The same text may stand in two places, of which one is as good as the other.
            assert!(
                is_refused(&wrong) || pieces(&wrong).unwrap().concat() == text,
                "{at}"
            );
        }
    }
}
