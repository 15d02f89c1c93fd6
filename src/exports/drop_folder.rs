use std::path::{Path, PathBuf};

/// Why the drop folder cannot be searched.
#[derive(Debug, thiserror::Error)]
pub(super) enum DropFolderError {
    #[error("The exports folder {} cannot be opened: {source}. Check the path and its permissions, \
     and run this day again.", path.display())]
    Unopened {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{file} is a link that leads out of the exports folder and was not followed. Put the file \
         itself there."
    )]
    LeadsOut { file: String },
}

/// The files below `folder` that match `pattern`, a path with `*` for any part of a name; sorted,
/// with `/` between folders. Names that begin with a dot, and files that a copy in progress leaves
/// (`~`, `.tmp`, `.part`), are none.
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
            for name in names_in(&root.join(parent), part) {
                let path = match parent.as_str() {
                    "" => name,
                    parent => format!("{parent}/{name}"),
                };
                let there = root.join(&path);
                if (is_last && there.is_file()) || (!is_last && there.is_dir()) {
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

/// The names in `folder` that match. A folder that is not there holds none.
fn names_in(folder: &Path, pattern: &str) -> Vec<String> {
    // Without a star there is one name to look for, however many there are.
    if !pattern.contains('*') {
        let is_there = !is_in_progress(pattern) && folder.join(pattern).exists();
        return is_there.then(|| pattern.to_owned()).into_iter().collect();
    }
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| matches(name, pattern) && !is_in_progress(name))
        .collect()
}

fn is_in_progress(name: &str) -> bool {
    name.starts_with('.')
        || name.starts_with('~')
        || [".tmp", ".part", "~"]
            .iter()
            .any(|ending| name.ends_with(ending))
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
    fn files_are_found_below_the_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("ZNM/2026-11-20")).unwrap();
        for name in [
            "sync-state-2.csv",
            "sync-state-1.csv",
            ".sync-state.csv",
            "sync-state.csv.part",
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
