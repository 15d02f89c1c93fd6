use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc;

use sha2::{Digest, Sha256};

use crate::domain::hexadecimal;

/// Bytes that are read at once. The digest of one part is made while the next is read.
const READ_AT_ONCE: usize = 2 * 1024 * 1024;

/// A file as it lies there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileBytes {
    pub(super) bytes: Vec<u8>,
    /// Their SHA-256, in hexadecimal.
    pub(super) digest: String,
}

/// Reads a file; `None` where it holds more than `most` bytes.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Option<FileBytes>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > most {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    let (mut digest, length) = if bytes.len() > READ_AT_ONCE {
        read_in_parts(&mut file, &mut bytes)?
    } else {
        read_at_once(&mut file, &mut bytes)?
    };
    bytes.truncate(length);
    // It may grow while it is read.
    if length as u64 == size {
        let read = file.take(most + 1 - size).read_to_end(&mut bytes)?;
        digest.update(bytes.get(length..).unwrap_or_default());
        if size + read as u64 > most {
            return Ok(None);
        }
    }
    Ok(Some(FileBytes {
        bytes,
        digest: hexadecimal::encode(&digest.finalize()),
    }))
}

fn read_at_once(file: &mut File, bytes: &mut [u8]) -> io::Result<(Sha256, usize)> {
    let length = fill(file, bytes)?;
    Ok((
        Sha256::new_with_prefix(bytes.get(..length).unwrap_or_default()),
        length,
    ))
}

fn read_in_parts(file: &mut File, bytes: &mut [u8]) -> io::Result<(Sha256, usize)> {
    std::thread::scope(|scope| {
        let (sender, parts) = mpsc::channel::<&[u8]>();
        let digest =
            scope.spawn(move || parts.into_iter().fold(Sha256::new(), Sha256::chain_update));
        let mut length = 0;
        for part in bytes.chunks_mut(READ_AT_ONCE) {
            let wanted = part.len();
            let read = fill(file, part)?;
            length += read;
            // It is received, unless the other thread has panicked.
            let _ = sender.send(part.get(..read).unwrap_or_default());
            if read < wanted {
                break;
            }
        }
        drop(sender);
        Ok((
            digest
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            length,
        ))
    })
}

/// Reads until `bytes` are full or the file ends, and gives how many were read.
fn fill(file: &mut File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Whether a file has the bytes of which `digest` is the SHA-256, in hexadecimal.
pub(super) fn has_digest(path: &Path, digest: &str) -> bool {
    let of_file = || {
        let mut file = File::open(path)?;
        let mut digest = Sha256::new();
        let mut part = vec![0; READ_AT_ONCE];
        loop {
            let length = fill(&mut file, &mut part)?;
            if length == 0 {
                return io::Result::Ok(hexadecimal::encode(&digest.finalize()));
            }
            digest.update(part.get(..length).unwrap_or_default());
        }
    };
    of_file().is_ok_and(|other| other == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_length_is_read_with_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.csv");
        for length in [
            0,
            1,
            READ_AT_ONCE,
            READ_AT_ONCE + 1,
            3 * READ_AT_ONCE,
            3 * READ_AT_ONCE + 7,
        ] {
            let bytes: Vec<u8> = (0..length)
                .map(|place| u8::try_from(place % 251).unwrap())
                .collect();
            std::fs::write(&path, &bytes).unwrap();
            let read = read(&path, length as u64).unwrap().unwrap();
            assert_eq!(read.digest, hexadecimal::encode(&Sha256::digest(&bytes)));
            assert!(has_digest(&path, &read.digest) && !has_digest(folder.path(), &read.digest));
            assert_eq!(read.bytes, bytes);
            assert_eq!(
                super::read(&path, (length as u64).saturating_sub(1))
                    .unwrap()
                    .is_none(),
                length > 0
            );
        }
    }
}
