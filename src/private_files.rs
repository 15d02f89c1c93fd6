//! Files and folders for their owner only, each complete or absent: they hold addresses and, in
//! messages, names.
//!
//! Takes: paths and bytes. Gives: files and folders that nobody else can read.
//! Touches: the folders that it is told, and what a crash of this process would write.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes `folder` and what is missing above it, for the owner only (0700). Leaves what is there as
/// it is.
///
/// # Errors
/// As the operating system has them; so do all functions here.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Has the system leave the memory of this process, which will hold passwords, tokens and names, out
/// of a core (core(5): the filter of a process is what of it is written). Where there is no such
/// file, there is nothing to be done.
pub fn keep_out_of_cores() {
    let _ = std::fs::write("/proc/self/coredump_filter", "0");
}

/// How the names of unfinished files and folders begin. Six letters and digits follow, and nothing
/// else.
const UNFINISHED: &str = ".unfinished-";

/// What was found; `None` where nothing is there.
pub fn if_there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Makes a folder of its own name in `parent`, for the owner only, that goes when the value goes.
pub fn unfinished_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Makes a file of its own name in `folder`, for the owner only (0600), that goes when the value
/// goes.
pub fn unfinished_file(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
}

/// Removes the unfinished files and folders in `folder` and below it, which a crash left behind,
/// and says how many there were. Whoever calls this knows that nobody else is at work there. What
/// has another name, and every link, is left.
pub fn remove_unfinished(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in if_there(std::fs::read_dir(folder))?.into_iter().flatten() {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        // Of a link the kind is that of the link.
        if !is_unfinished(&entry.file_name()) {
            if kind.is_dir() {
                removed += remove_unfinished(&path)?;
            }
        } else if kind.is_dir() {
            std::fs::remove_dir_all(path)?;
            removed += 1;
        } else if kind.is_file() {
            std::fs::remove_file(path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether a file or folder of this name is one that nobody has finished.
#[must_use]
pub fn is_unfinished(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
    random.is_some_and(|random| {
        random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Makes `file`, empty, where it is missing, and takes everyone else's rights from it (0600).
pub fn create_file(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    restrict(file)
}

#[cfg(unix)]
fn restrict(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    // A file that is private already is left alone: it need not be ours to change.
    if std::fs::metadata(file)?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the names in `folder` durable: a rename is on the disk only when its folder is.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Writes a file (0600) in a folder that is there: complete or absent, in place of what was there.
/// A crash may undo it until [`sync_folder`] returns.
pub fn write_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    fill(unfinished_file(folder_of(file))?, file, bytes)
}

/// Writes a file as [`write_file`] does that everyone may read (0644): figures, and nothing that
/// names a person.
pub fn write_open_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = unfinished_file(folder_of(file))?;
    #[cfg(unix)]
    temporary
        .as_file()
        .set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    fill(temporary, file, bytes)
}

fn fill(mut temporary: NamedTempFile, file: &Path, bytes: &[u8]) -> io::Result<()> {
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

/// Writes a file as [`write_file`] does, for good: it and the folders that were missing above it
/// are on the disk when this returns.
pub fn write_durably(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write_together(&[(file, bytes)])
}

/// Writes several files as [`write_durably`] does each. They are all written before any is waited
/// for: the disk takes them together, in about the time of one.
pub fn write_together<B: AsRef<[u8]>>(files: &[(impl AsRef<Path>, B)]) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for some in files.chunks(FILES_AT_ONCE) {
        let mut written = Vec::new();
        for (file, bytes) in some {
            let folder = folder_of(file.as_ref());
            // An empty path is the working folder.
            let above = || {
                folder
                    .ancestors()
                    .filter(|folder| !folder.as_os_str().is_empty())
            };
            let missing = above().take_while(|folder| !folder.is_dir()).count();
            folders.extend(above().take(missing + 1));
            create_folder(folder)?;
            let mut temporary = unfinished_file(folder)?;
            temporary.write_all(bytes.as_ref())?;
            written.push((temporary, file));
        }
        written
            .iter()
            .try_for_each(|(temporary, _)| temporary.as_file().sync_all())?;
        for (temporary, file) in written {
            temporary.persist(file)?;
        }
    }
    // The deepest first: a folder is on the disk before the one that names it.
    folders.into_iter().rev().try_for_each(sync_folder)
}

/// Files that are open at the same time.
const FILES_AT_ONCE: usize = 128;

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

/// Whose a file or folder is, where it is not the user's who runs this: by name, or by number where
/// there is no name. `None` also where it is not there, or a system does not tell.
#[cfg(unix)]
#[must_use]
pub fn other_owner(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let owner = path.metadata().ok()?.uid();
    let own = Path::new("/proc/self").metadata().ok()?.uid();
    let name = || {
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let mut users = users.lines().map(|line| line.split(':'));
        users.find_map(|mut fields| {
            let name = fields.next()?;
            let is_owner = fields.nth(1)?.parse() == Ok(owner);
            is_owner.then(|| name.to_owned())
        })
    };
    (owner != own).then(|| name().unwrap_or_else(|| owner.to_string()))
}

/// Other systems keep users apart in other ways.
#[cfg(not(unix))]
#[must_use]
pub fn other_owner(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_behind_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        create_folder(&path("a/.hidden/b")).unwrap();
        let kept = [
            ".unfinished-work",
            ".unfinished-",
            "x.unfinished-aB3dE6",
            ".unfinished-aB3dE6.txt",
            ".unfinished-aB-dE6",
            "a/report.txt",
        ];
        for name in kept {
            write_file(&path(name), b"x").unwrap();
        }
        std::mem::forget(unfinished_file(folder.path()).unwrap());
        std::mem::forget(unfinished_file(&path("a/.hidden/b")).unwrap());
        let unfinished = unfinished_folder(&path("a")).unwrap().keep();
        write_file(&unfinished.join("report.txt"), b"x").unwrap();
        assert_eq!(remove_unfinished(folder.path()).unwrap(), 3);
        assert_eq!(remove_unfinished(folder.path()).unwrap(), 0);
        assert!(!unfinished.exists() && kept.iter().all(|name| path(name).exists()));
        assert_eq!(remove_unfinished(&path("none")).unwrap(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_neither_removed_nor_followed() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::mem::forget(unfinished_file(elsewhere.path()).unwrap());
        for name in ["link", ".unfinished-aB3dE6"] {
            std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(name)).unwrap();
        }
        assert_eq!(remove_unfinished(folder.path()).unwrap(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn files_and_new_folders_are_for_their_owner_only_and_nothing_is_left_beside() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b/report.txt");
        for text in ["one", "another"] {
            write_durably(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (
                mode(&folder.path().join("a")),
                mode(folder_of(&file)),
                mode(&file)
            ),
            (0o700, 0o700, 0o600)
        );
        assert_eq!(std::fs::read_dir(folder_of(&file)).unwrap().count(), 1);
        let many: Vec<_> = (0..300)
            .map(|number| {
                (
                    folder.path().join(format!("c/{}/{number}", number % 7)),
                    number.to_string(),
                )
            })
            .collect();
        write_together(&many).unwrap();
        write_together(&[(&file, "a third")]).unwrap();
        assert!(many.iter().all(
            |(file, text)| std::fs::read_to_string(file).unwrap() == *text && mode(file) == 0o600
        ));
        assert_eq!(
            (
                std::fs::read_to_string(&file).unwrap().as_str(),
                mode(&folder.path().join("c/3"))
            ),
            ("a third", 0o700)
        );
        assert_eq!(
            std::fs::read_dir(folder.path().join("c/0"))
                .unwrap()
                .count(),
            43,
            "nothing is left beside"
        );
    }
}
