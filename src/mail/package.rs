//! Workbooks that are zipped, where they would make a message too large.

use std::io::{Cursor, Read, Write};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::render::WorkbookFile;

/// What a zipped workbook's name ends in.
pub(super) const ZIP: &str = ".zip";

/// The workbook in a zip file of its name and `.zip`. The same workbook gives the same bytes.
///
/// # Errors
/// [`ZipError`] where it is larger than a zip file holds.
pub fn zipped(workbook: &WorkbookFile) -> Result<WorkbookFile, ZipError> {
    // The time is that of no clock: 1980, where zip files begin.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(workbook.file_name.as_str(), options)?;
    writer.write_all(&workbook.bytes)?;
    Ok(WorkbookFile {
        file_name: format!("{}{ZIP}", workbook.file_name),
        bytes: writer.finish()?.into_inner(),
    })
}

/// The bytes of the one file in a zip file, if it has this name and at most `max_bytes`.
pub(super) fn unzipped(bytes: &[u8], file_name: &str, max_bytes: u64) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let is_alone = archive.len() == 1;
    let file = archive.by_index(0).ok()?;
    if !is_alone || file.name().ok()? != file_name {
        return None;
    }
    let (mut file, mut unpacked) = (file.take(max_bytes.saturating_add(1)), Vec::new());
    file.read_to_end(&mut unpacked).ok()?;
    (unpacked.len() as u64 <= max_bytes).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_comes_out_of_its_zip_file_as_it_was() {
        let workbook = WorkbookFile {
            file_name: "ZNM.xlsx".to_owned(),
            bytes: b"workbook ".repeat(50),
        };
        let packed = zipped(&workbook).unwrap();
        assert_eq!(
            (packed.file_name.as_str(), &packed),
            ("ZNM.xlsx.zip", &zipped(&workbook).unwrap())
        );
        assert!(packed.bytes.len() < workbook.bytes.len());
        assert_eq!(
            unzipped(&packed.bytes, "ZNM.xlsx", 450),
            Some(workbook.bytes)
        );
        assert_eq!(unzipped(&packed.bytes, "ZNM.xlsx", 449), None);
        assert_eq!(unzipped(&packed.bytes, "ZTP.xlsx", 450), None);
        assert_eq!(unzipped(b"PK", "ZNM.xlsx", 450), None);
    }
}
