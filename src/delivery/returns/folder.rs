//! Where reports lie: a folder of messages, or a Maildir.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A larger file is no report.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The files of a folder, of both parts of a Maildir, in the order of their names: not what another
/// program is writing, nor tables, which lie beside the messages.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let parts = ["new", "cur"].map(|part| folder.join(part));
    let folders = if parts.iter().all(|part| part.is_dir()) {
        parts.to_vec()
    } else {
        vec![folder.to_owned()]
    };
    let mut files = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_file() && !is_other(&name.to_string_lossy().to_lowercase()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_other(name: &str) -> bool {
    name.starts_with(['.', '~'])
        || [".tmp", ".part", "~", ".csv", ".tsv", ".xlsx"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

/// The bytes of a file; no more of it than a report may have.
pub(super) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 64 MiB"));
    }
    Ok(bytes)
}

/// Marks a message of a Maildir as seen, as its other readers do: moves it from `new` to `cur`. A
/// file of another folder is left as it is, and one that another reader has moved is seen.
pub(super) fn mark_as_seen(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let current = folder.with_file_name("cur");
    if folder.ends_with("new") && current.is_dir() {
        let name = name.to_string_lossy();
        let name = name.split(":2,").next().unwrap_or_default();
        match std::fs::rename(path, current.join(format!("{name}:2,S"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maildir_is_read_and_what_was_seen_is_moved_in_it() {
        let folder = tempfile::tempdir().unwrap();
        for part in ["new", "cur", "tmp"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
        }
        for name in [
            "new/1.a.host",
            "cur/2.b.host:2,",
            "tmp/3.c.host",
            "new/.hidden",
            "stray",
        ] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let names = || -> Vec<String> {
            let files = files(folder.path()).unwrap().into_iter();
            files
                .map(|file| {
                    file.strip_prefix(folder.path())
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned()
                })
                .collect()
        };
        assert_eq!(names(), ["cur/2.b.host:2,", "new/1.a.host"]);
        // The second time as another machine finds it, which read the folder before.
        mark_as_seen(&folder.path().join("new/1.a.host")).unwrap();
        mark_as_seen(&folder.path().join("new/1.a.host")).unwrap();
        mark_as_seen(&folder.path().join("cur/2.b.host:2,")).unwrap();
        assert_eq!(names(), ["cur/1.a.host:2,S", "cur/2.b.host:2,"]);
    }

    #[test]
    fn a_folder_of_messages_is_read_without_what_is_no_message() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("new")).unwrap();
        for name in ["b.eml", "a", "trace.CSV", "c.eml.part", "new/d.eml", "~e"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let found = files(folder.path()).unwrap();
        let expected = ["a", "b.eml"].map(|name| folder.path().join(name));
        assert_eq!(found, expected);
        assert_eq!(bytes(&found[0]).unwrap(), b"a");
        mark_as_seen(&found[0]).unwrap();
        assert!(found[0].exists(), "other people's files are left");
        assert!(files(&folder.path().join("none")).is_err());
    }
}
