//! Files and folders for their owner only, each complete or absent: they hold addresses and, in messages, names.
//!
//! Takes: paths and bytes. Gives: files and folders that nobody else can read.
//! Touches: the folders that it is told.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes `folder` and what is missing above it, for the owner only (0700). Leaves what is there as it is.
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

/// Makes a folder of its own name in `parent`, for the owner only, that goes when the value goes.
///
/// # Errors
/// As in [`create_folder`].
pub fn unfinished_folder(parent: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unfinished-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

/// Makes `file`, empty, where it is missing, and takes everyone else's rights from it (0600).
///
/// # Errors
/// As in [`create_folder`].
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
///
/// # Errors
/// As in [`create_folder`].
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Writes a file (0600) in a folder that is there: complete or absent, in place of what was there. A crash may undo it
/// until [`sync_folder`] returns.
///
/// # Errors
/// As in [`create_folder`].
pub fn write_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Made for its owner only by the library.
    let mut temporary = NamedTempFile::new_in(folder_of(file))?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file as [`write_file`] does that everyone may read (0644): figures, and nothing that names a person.
///
/// # Errors
/// As in [`create_folder`].
pub fn write_open_file(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = NamedTempFile::new_in(folder_of(file))?;
    temporary.write_all(bytes)?;
    #[cfg(unix)]
    temporary.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file as [`write_file`] does, for good: it and the folders that were missing above it are on the disk when
/// this returns.
///
/// # Errors
/// As in [`create_folder`].
pub fn write_durably(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(file);
    // An empty path is the working folder.
    let above = || folder.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    let missing = above().take_while(|folder| !folder.is_dir()).count();
    create_folder(folder)?;
    write_file(file, bytes)?;
    above().take(missing + 1).try_for_each(sync_folder)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((mode(&folder.path().join("a")), mode(folder_of(&file)), mode(&file)), (0o700, 0o700, 0o600));
        assert_eq!(std::fs::read_dir(folder_of(&file)).unwrap().count(), 1);
    }
}
