use std::io::{Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use crate::domain::invisible::is_invisible;
use crate::sheets::Format;

/// A table's bytes, and where they come from: `sync-state.csv`, or `exports.zip/sync-state.csv`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unpacked {
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
}

/// How the names of tables end. What a table is, its bytes say: tools write text and web pages under
/// the names of workbooks, and people rename what they save.
const TABLES: [&str; 6] = ["csv", "tsv", "txt", "xls", "xlsm", "xlsx"];

fn is_table(file: &str) -> bool {
    TABLES.contains(&extension(file).as_str())
}

/// Why a file holds no table that can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error(
        "A file ending in .{0} cannot be read: save the export as .csv, .tsv, .txt or .xlsx, \
         packed as .gz or .zip or not."
    )]
    Extension(String),
    #[error(
        "The file is larger than {0} MiB, packed or unpacked, the limit of max_unpacked_mib in the \
         settings. If that is right, raise the limit."
    )]
    TooLarge(u64),
    #[error("The packed file is protected by a password. Pack the export without one.")]
    Protected,
    #[error("The packed file is damaged: {0}. Pack it again.")]
    Damaged(String),
    #[error("The packed file holds no .csv, .tsv, .txt or .xlsx file. Pack the export again.")]
    NoTable,
    #[error(
        "The packed file holds more than {MOST_ENTRIES} files: it is not an export. Pack the \
         export again."
    )]
    TooManyEntries,
    #[error(
        "The packed file holds, as number {0}, another packed file. Pack the export once, and by \
         itself."
    )]
    PackedTwice(usize),
    #[error(
        "The packed file holds, as number {0}, a file that is no table. Pack the export by itself."
    )]
    OtherEntry(usize),
}

/// More files than an organisation's export has parts.
const MOST_ENTRIES: usize = 1_000;

/// The tables in a file: itself, or what is packed in it. Never unpacks more than `max_mebibytes`
/// in all, whatever the file says of its size.
pub(super) fn unpack(
    file: &str,
    bytes: Vec<u8>,
    max_mebibytes: u64,
) -> Result<Vec<Unpacked>, UnpackError> {
    let mut room = UnpackingRoom {
        left: max_mebibytes * 1024 * 1024,
        max_mebibytes,
    };
    let (own, packing) = match extension(file).as_str() {
        "zip" => return unpack_zip(file, bytes, room),
        "gz" => (file.get(..file.len() - ".gz".len()).unwrap_or(file), ".gz"),
        _ => (file, ""),
    };
    let bytes = match packing {
        "" => bytes,
        _ => room.read(MultiGzDecoder::new(bytes.as_slice()))?,
    };
    // What is of another form is told what it is when it is opened, whatever its name.
    if !is_table(own) && Format::of(&bytes).is_none_or(|format| format == Format::Workbook) {
        return Err(UnpackError::Extension(extension(own) + packing));
    }
    let file = own.to_owned();
    Ok(vec![Unpacked { file, bytes }])
}

fn unpack_zip(
    file: &str,
    bytes: Vec<u8>,
    mut room: UnpackingRoom,
) -> Result<Vec<Unpacked>, UnpackError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| explained(&error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(UnpackError::TooManyEntries);
    }
    let mut tables = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(|error| explained(&error))?;
        // Nothing is written by this name; it is only shown, in a line of its own.
        let name = entry.name().map_err(|error| explained(&error))?;
        let name: String = name
            .chars()
            .map(|c| if is_invisible(c) { '?' } else { c })
            .collect();
        let own_name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        if entry.is_dir() || own_name.starts_with('.') || name.starts_with("__MACOSX/") {
            continue;
        }
        let is_packed = matches!(extension(own_name).as_str(), "gz" | "zip");
        let other = if is_packed {
            UnpackError::PackedTwice
        } else {
            UnpackError::OtherEntry
        };
        if !is_table(own_name) {
            return Err(other(place + 1));
        }
        let bytes = room.read(entry)?;
        tables.push(Unpacked {
            file: format!("{file}/{name}"),
            bytes,
        });
    }
    if tables.is_empty() {
        Err(UnpackError::NoTable)
    } else {
        Ok(tables)
    }
}

/// An error of the archive, without the name of an entry that it may quote.
fn explained(error: &ZipError) -> UnpackError {
    match error {
        ZipError::UnsupportedArchive(what) if *what == ZipError::PASSWORD_REQUIRED => {
            UnpackError::Protected
        }
        ZipError::UnsupportedArchive(what) => UnpackError::Damaged((*what).to_owned()),
        _ => UnpackError::Damaged("it is no archive, or a part of one".to_owned()),
    }
}

/// How much may still be unpacked.
#[derive(Debug, Clone, Copy)]
struct UnpackingRoom {
    left: u64,
    max_mebibytes: u64,
}

impl UnpackingRoom {
    fn read(&mut self, packed: impl Read) -> Result<Vec<u8>, UnpackError> {
        let mut bytes = Vec::new();
        let read = packed
            .take(self.left.saturating_add(1))
            .read_to_end(&mut bytes);
        let length = read.map_err(|error| UnpackError::Damaged(error.to_string()))? as u64;
        self.left = self
            .left
            .checked_sub(length)
            .ok_or(UnpackError::TooLarge(self.max_mebibytes))?;
        Ok(bytes)
    }
}

fn extension(file: &str) -> String {
    Path::new(file)
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const CSV: &[u8] = b"A,B\n1,2\n";

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn told(file: &str, bytes: Vec<u8>) -> String {
        unpack(file, bytes, 1).unwrap_err().to_string()
    }

    #[test]
    fn a_table_is_itself_or_what_is_packed() {
        let table = |file: &str| Unpacked {
            file: file.to_owned(),
            bytes: CSV.to_vec(),
        };
        assert_eq!(
            unpack("x/a.TXT", CSV.to_vec(), 1).unwrap(),
            [table("x/a.TXT")]
        );
        assert_eq!(
            unpack("x/a.csv.gz", gzipped(CSV), 1).unwrap(),
            [table("x/a.csv")]
        );
        assert_eq!(
            unpack(
                "x/a.csv.gz",
                [gzipped(b"A,B\n"), gzipped(b"1,2\n")].concat(),
                1
            )
            .unwrap(),
            [table("x/a.csv")]
        );
        let packed = zipped(&[
            ("one.csv", CSV),
            ("part/two.tsv", CSV),
            ("__MACOSX/._one.csv", b"x"),
            (".hidden", b"x"),
        ]);
        assert_eq!(
            unpack("x/a.zip", packed, 1).unwrap(),
            [table("x/a.zip/one.csv"), table("x/a.zip/part/two.tsv")]
        );
    }

    #[test]
    fn a_bomb_is_told_by_its_size_and_not_by_what_it_says() {
        let bomb = vec![b'x'; 3 * 1024 * 1024];
        assert!(told("a.csv.gz", gzipped(&bomb)).contains("larger than 1 MiB"));
        assert!(told("a.zip", zipped(&[("a.csv", &bomb)])).contains("larger than 1 MiB"));
        assert!(
            told(
                "a.zip",
                zipped(&[("a.csv", &bomb[..700_000]), ("b.csv", &bomb[..700_000])])
            )
            .contains("larger than 1 MiB")
        );
    }

    #[test]
    fn what_is_no_table_is_explained() {
        assert!(told("a.pdf", Vec::new()).contains("ending in .pdf"));
        assert!(told("a.pdf.gz", gzipped(CSV)).contains("ending in .pdf.gz"));
        assert!(told("a.csv.gz", b"no gzip".to_vec()).contains("damaged"));
        assert!(told("a.csv.gz", gzipped(CSV)[..12].to_vec()).contains("damaged"));
        assert!(told("a.zip", b"no zip".to_vec()).contains("damaged"));
        assert!(told("a.zip", zipped(&[])).contains("holds no .csv"));
        assert!(
            told(
                "a.zip",
                zipped(&[("a.csv", CSV), ("b.zip", &zipped(&[("c.csv", CSV)]))])
            )
            .contains("as number 2, another packed file")
        );
        assert!(
            told("a.zip", zipped(&[("a.csv", CSV), ("b.docx", CSV)]))
                .contains("as number 2, a file that is no table")
        );
    }

    /// The places of a field of four bytes in the local header and in the directory of an archive
    /// with one entry.
    fn both_headers(archive: &[u8], in_local: usize, in_directory: usize) -> [usize; 2] {
        let directory = archive
            .windows(4)
            .position(|bytes| bytes == b"PK\x01\x02")
            .unwrap();
        [in_local, directory + in_directory]
    }

    #[test]
    fn an_entry_that_lies_about_its_size_or_is_encrypted_is_refused() {
        let bomb = vec![b'x'; 3 * 1024 * 1024];
        let mut lying = zipped(&[("a.csv", &bomb)]);
        for at in both_headers(&lying, 22, 24) {
            assert_eq!(lying[at..at + 4], 3_145_728_u32.to_le_bytes());
            lying[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        let told_of_lie = told("a.zip", lying);
        assert!(
            told_of_lie.contains("larger than 1 MiB") || told_of_lie.contains("damaged"),
            "{told_of_lie}"
        );

        let mut encrypted = zipped(&[("a.csv", CSV)]);
        for at in both_headers(&encrypted, 6, 8) {
            encrypted[at] |= 1;
        }
        assert!(
            told("a.zip", encrypted)
                .contains("protected by a password. Pack the export without one")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_unpacked_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "a\\.(csv|gz|csv\\.gz|zip|xlsx|)") {
            let _ = unpack(&name, bytes, 1);
        }

        #[test]
        fn an_archive_with_another_byte_is_unpacked_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), rows in 0..50_usize) {
            let table = "A,B\n".repeat(rows);
            for (name, mut bytes) in [("a.csv.gz", gzipped(table.as_bytes())), ("a.zip", zipped(&[("a.csv", table.as_bytes())]))] {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                let _ = unpack(name, bytes, 1);
            }
        }
    }
}
