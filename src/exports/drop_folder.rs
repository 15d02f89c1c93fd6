use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::FindingCode;
use crate::domain::invisible::excerpt;
use crate::private_files;

/// Why the drop folder cannot be searched.
#[derive(Debug, thiserror::Error)]
pub(super) enum DropFolderError {
    #[error("The exports folder {} cannot be opened: {source}. Check the path and its permissions, \
     and run this day again.", path.display())]
    Unopened { path: PathBuf, source: io::Error },
    #[error(
        "{folder} in the exports folder cannot be opened: {source}. Give this user rights to it, and run \
         this day again."
    )]
    Closed { folder: String, source: io::Error },
    #[error(
        "{file} is a link that leads out of the exports folder and was not followed. Put the file \
         itself there."
    )]
    LeadsOut { file: String },
    #[error("{file} {what}: what it would hold is not known to be missing. {advice}")]
    Unread {
        file: String,
        what: &'static str,
        advice: &'static str,
    },
}

impl DropFolderError {
    /// What it is to an organisation.
    pub(super) fn code(&self) -> FindingCode {
        match self {
            // Of nobody there is any.
            Self::Unopened { .. } => FindingCode::FileMissing,
            Self::Closed { .. } | Self::LeadsOut { .. } | Self::Unread { .. } => {
                FindingCode::FileUnreadable
            }
        }
    }
}

/// How far a path with stars leads where nothing matches it.
pub(super) struct NearestFolder {
    /// The last folder on the way that is there, below the drop folder.
    folder: String,
    names: Vec<String>,
}

impl NearestFolder {
    /// What lies in it, in order, the last first: of days the newest.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().rev().map(String::as_str)
    }

    /// The folder, for a person.
    pub(super) fn place(&self) -> &str {
        match self.folder.as_str() {
            "" => "the exports folder",
            folder => folder,
        }
    }

    /// Whether all in it is of the organisation with this code, in small letters.
    pub(super) fn is_of(&self, code: &str) -> bool {
        self.folder.to_ascii_lowercase().contains(code)
    }
}

/// How far `pattern` leads; `None` where a folder on the way cannot be read.
pub(super) fn nearest(folder: &Path, pattern: &str) -> Option<NearestFolder> {
    let (folders, _) = pattern.rsplit_once('/').unwrap_or_default();
    let mut reached = String::new();
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        let deeper = format!("{reached}{part}/");
        if part.contains('*') || !folder.join(&deeper).is_dir() {
            break;
        }
        reached = deeper;
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.join(&reached)).ok()? {
        let name = entry.ok()?.file_name().to_string_lossy().into_owned();
        if !is_aside(&name) {
            names.push(excerpt(&name, LONGEST_NAME));
        }
    }
    names.sort();
    Some(NearestFolder {
        folder: reached.trim_end_matches('/').to_owned(),
        names,
    })
}

/// So much of a name is told.
const LONGEST_NAME: usize = 60;

/// The files below `folder` that match `pattern`, a path with `*` for any part of a name; sorted,
/// with `/` between folders. Names that begin with a dot or a tilde, and those of safety copies (`~` at
/// the end), are none.
///
/// # Errors
/// Also where something matches that cannot be read as a file: a part of an export would be missing.
pub(super) fn find(folder: &Path, pattern: &str) -> Result<Vec<String>, DropFolderError> {
    let unopened = |source| DropFolderError::Unopened {
        path: folder.to_owned(),
        source,
    };
    let root = folder.canonicalize().map_err(unopened)?;
    std::fs::read_dir(&root).map_err(unopened)?;
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let mut found = vec![String::new()];
    for (depth, part) in parts.iter().enumerate() {
        let is_last = depth + 1 == parts.len();
        let mut deeper = Vec::new();
        for parent in &found {
            let names =
                names_in(&root.join(parent), part).map_err(|source| match parent.as_str() {
                    "" => unopened(source),
                    folder => DropFolderError::Closed {
                        folder: folder.to_owned(),
                        source,
                    },
                });
            for name in names? {
                let path = match parent.as_str() {
                    "" => name.to_string_lossy().into_owned(),
                    parent => format!("{parent}/{}", name.to_string_lossy()),
                };
                let there = root.join(parent).join(&name);
                if is_last {
                    check_is_read(&there, &path)?;
                }
                if is_last || there.is_dir() {
                    deeper.push(path);
                }
            }
        }
        found = deeper;
    }
    found.sort();
    let leads_out = |file: &&String| {
        let path = root.join(file).canonicalize();
        !path.is_ok_and(|path| path.starts_with(&root))
    };
    match found.iter().find(leads_out) {
        Some(file) => Err(DropFolderError::LeadsOut { file: file.clone() }),
        None => Ok(found),
    }
}

/// Says why what matches as a file cannot be read as one.
fn check_is_read(there: &Path, file: &str) -> Result<(), DropFolderError> {
    let name = there.file_name().and_then(|name| name.to_str());
    let (what, advice) = match name {
        None => (
            "has a name that is not UTF-8, and was not read",
            "Give it another name, and run this day again.",
        ),
        Some(name) if is_in_progress(name) => (
            "is still being copied, by its name",
            "Wait until it is complete, or remove it, and run this day again.",
        ),
        Some(_) if there.is_file() => return Ok(()),
        Some(_) if there.is_symlink() && !there.exists() => (
            "is a link to a file that is not there",
            "Put the file itself there, or remove the link, and run this day again.",
        ),
        Some(_) => (
            "is a folder, or no usual file, under the name of an export",
            "Move it elsewhere, and run this day again.",
        ),
    };
    let file = file.to_owned();
    Err(DropFolderError::Unread { file, what, advice })
}

/// The names in `folder` that match. A folder that is not there holds none.
fn names_in(folder: &Path, pattern: &str) -> io::Result<Vec<OsString>> {
    // Without a star there is one name to look for, however many there are.
    if !pattern.contains('*') {
        let is_there = private_files::if_there(folder.join(pattern).symlink_metadata())?;
        return Ok(is_there.map(|_| pattern.into()).into_iter().collect());
    }
    let entries = private_files::if_there(std::fs::read_dir(folder))?;
    let mut names = Vec::new();
    for entry in entries.into_iter().flatten() {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if matches(&text, pattern) && !is_aside(&text) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether a name is one that programs give to what is no file of a person's.
fn is_aside(name: &str) -> bool {
    name.starts_with(['.', '~']) || name.ends_with('~')
}

/// Whether a name is one that programs give to a copy that is not complete.
fn is_in_progress(name: &str) -> bool {
    let endings = [".tmp", ".part", ".partial", ".filepart", ".crdownload"];
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether `name` is `pattern`, in which each `*` stands for any characters.
pub(crate) fn matches(name: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return name == pattern;
    };
    let Some(rest) = name.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| rest.get(at..).is_some_and(|rest| matches(rest, tail)))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_star_stands_for_any_part_of_a_name() {
        for (name, pattern, is_match) in [
            ("sync-state.csv", "sync-state*", true),
            ("sync-state", "sync-state*", true),
            ("unsync-state", "sync-state*", false),
            ("a-b-c.csv", "a*c*v", true),
            ("é.csv", "*.csv", true),
            ("a.csvx", "*.csv", false),
        ] {
            assert_eq!(matches(name, pattern), is_match, "{name} {pattern}");
        }
    }

    #[test]
    fn where_nothing_matches_it_is_known_what_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("ZNM/20-11-2026");
        std::fs::create_dir_all(&day).unwrap();
        std::fs::create_dir_all(folder.path().join("ZNM/2026-11-19")).unwrap();
        for name in [
            "SyncState.csv",
            "failed-items.csv",
            ".hidden",
            "~$open.xlsx",
        ] {
            std::fs::write(day.join(name), "x").unwrap();
        }
        for (pattern, place, names) in [
            (
                "ZNM/20-11-2026/sync*",
                "ZNM/20-11-2026",
                ["failed-items.csv", "SyncState.csv"].as_slice(),
            ),
            (
                "ZNM/2026-11-20/sync*",
                "ZNM",
                ["2026-11-19", "20-11-2026"].as_slice(),
            ),
            (
                "ZTP/2026-11-20/sync*",
                "the exports folder",
                ["ZNM"].as_slice(),
            ),
            (
                "ZNM/*/2026-11-20/sync*",
                "ZNM",
                ["2026-11-19", "20-11-2026"].as_slice(),
            ),
            ("sync*", "the exports folder", ["ZNM"].as_slice()),
        ] {
            let nearest = nearest(folder.path(), pattern).unwrap();
            assert_eq!(nearest.place(), place, "{pattern}");
            assert_eq!(nearest.names().collect::<Vec<_>>(), names, "{pattern}");
        }
        assert!(nearest(&folder.path().join("none"), "a/b").is_none());
    }

    #[test]
    fn files_are_found_below_the_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("ZNM/2026-11-20")).unwrap();
        for name in [
            "sync-state-2.csv",
            "sync-state-1.csv",
            ".sync-state.csv",
            "sync-state.csv~",
            "other.csv",
        ] {
            std::fs::write(folder.path().join("ZNM/2026-11-20").join(name), "x").unwrap();
        }
        let found = find(folder.path(), "ZNM/2026-11-20/sync-state*").unwrap();
        assert_eq!(
            found,
            [
                "ZNM/2026-11-20/sync-state-1.csv",
                "ZNM/2026-11-20/sync-state-2.csv"
            ]
        );
        assert_eq!(
            find(folder.path(), "ZXX/2026-11-20/sync-state*").unwrap(),
            Vec::<String>::new()
        );

        let exports = folder.path().join("ZNM/2026-11-20");
        let unread = |name: &OsStr, words: &str| {
            let said = find(folder.path(), "ZNM/2026-11-20/sync-state*")
                .unwrap_err()
                .to_string();
            assert!(
                said.contains(words) && said.contains("run this day again"),
                "{said}"
            );
            let path = exports.join(name);
            match path.is_dir() {
                true => std::fs::remove_dir(path).unwrap(),
                false => std::fs::remove_file(path).unwrap(),
            }
        };
        std::fs::write(exports.join("sync-state.csv.part"), "x").unwrap();
        unread(OsStr::new("sync-state.csv.part"), "still being copied");
        std::fs::create_dir(exports.join("sync-state-old")).unwrap();
        unread(OsStr::new("sync-state-old"), "is a folder");
        std::os::unix::fs::symlink("nowhere", exports.join("sync-state-4.csv")).unwrap();
        unread(
            OsStr::new("sync-state-4.csv"),
            "a link to a file that is not there",
        );
        let latin = OsStr::from_bytes(b"sync-state-\xe9.csv");
        std::fs::write(exports.join(latin), "x").unwrap();
        unread(latin, "not UTF-8");

        std::fs::write(outside.path().join("secret.csv"), "x").unwrap();
        std::os::unix::fs::symlink(
            outside.path().join("secret.csv"),
            folder.path().join("ZNM/2026-11-20/sync-state-3.csv"),
        )
        .unwrap();
        assert!(matches!(
            find(folder.path(), "ZNM/2026-11-20/sync-state*"),
            Err(DropFolderError::LeadsOut { .. })
        ));
        assert!(matches!(
            find(&folder.path().join("none"), "a"),
            Err(DropFolderError::Unopened { .. })
        ));
    }
}
