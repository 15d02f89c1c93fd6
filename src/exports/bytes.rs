use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::domain::hexadecimal;

/// A file as it lies there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileBytes {
    pub(super) bytes: Vec<u8>,
    /// Their SHA-256, in hexadecimal.
    pub(super) digest: String,
    /// When it was last changed, where the file system knows that.
    pub(super) changed_at: Option<SystemTime>,
    pub(super) stamp: FileStamp,
}

/// Reads a file; `None` where it holds more than `most` bytes, also where it grows so far while it
/// is read.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Option<FileBytes>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let (size, changed_at) = (metadata.len(), metadata.modified().ok());
    if size > most {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    (&file)
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Ok(None);
    }
    let stamp = FileStamp::of(path)?;
    let is_whole = stamp.size == bytes.len() as u64;
    if !is_whole || stamp.size != size || stamp.changed_at != changed_at {
        return Err(io::Error::other(
            "it changed while it was read, and may not be complete",
        ));
    }
    let digest = hexadecimal::encode(&Sha256::digest(&bytes));
    Ok(Some(FileBytes {
        bytes,
        digest,
        changed_at,
        stamp,
    }))
}

/// What changes where a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileStamp {
    size: u64,
    changed_at: Option<SystemTime>,
}

impl FileStamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        Ok(Self {
            size: metadata.len(),
            changed_at: metadata.modified().ok(),
        })
    }
}

/// Whether a file has the bytes of which `digest` is the SHA-256, in hexadecimal.
pub(super) fn has_digest(path: &Path, digest: &str) -> bool {
    matches!(read(path, u64::MAX), Ok(Some(file)) if file.digest == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_length_is_read_with_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.csv");
        for length in [0, 1, 100_000] {
            let bytes = vec![b'x'; length];
            std::fs::write(&path, &bytes).unwrap();
            let file = read(&path, length as u64).unwrap().unwrap();
            assert_eq!(file.digest, hexadecimal::encode(&Sha256::digest(&bytes)));
            assert!(has_digest(&path, &file.digest) && !has_digest(folder.path(), &file.digest));
            assert_eq!(file.bytes, bytes);
        }
        assert_eq!(read(&path, 99_999).unwrap(), None);
    }
}
