use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::private_files;

const LOCK: &str = "run.lock";
const WAITING: &str = "waiting.lock";

/// The names of the files in a data folder whose locks are taken: by whoever writes there, and by a
/// run that waits for exports.
pub const LOCKS: [&str; 2] = [LOCK, WAITING];

/// The right to write to a data folder, for as long as the value lives. The operating system takes
/// it back when the program ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    /// Names the holder while there is one: whoever finds a name in it and gets the lock comes
    /// after a crash.
    file: File,
    follows_a_crash: bool,
    path: PathBuf,
    holder: String,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error(
        "another run is at work in this data folder ({holder}): wait for it to end, then run again"
    )]
    Held {
        /// What it says of itself.
        holder: String,
    },
    /// The folder belongs to another user, who could not change what this user writes there.
    #[error(
        "{} belongs to the user {owner}, who could not change what you write there: run this as \
         that user, as in sudo -u {owner} migration-monitor …", folder.display()
    )]
    OtherUser {
        /// The data folder.
        folder: PathBuf,
        /// The user's name, or number where there is no name.
        owner: String,
    },
    /// The lock's file cannot be had.
    #[error("{} cannot be locked: {source}. Check that the disk has space, and that the \
     folder belongs to the user who runs this", path.display())]
    File {
        /// The file of the lock.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Lock {
    /// Who has the lock of `data_folder`, in its own words; `None` where nobody has it. Changes
    /// nothing.
    ///
    /// # Errors
    /// [`LockError::File`] where the lock's file cannot be read.
    pub fn holder(data_folder: &Path) -> Result<Option<String>, LockError> {
        Self::holder_of(&data_folder.join(LOCK))
    }

    /// Who waits for exports with [`Lock::wait`], in its own words. Changes nothing.
    ///
    /// # Errors
    /// [`LockError::File`] where the lock's file cannot be read.
    pub fn waiting(data_folder: &Path) -> Result<Option<String>, LockError> {
        Self::holder_of(&data_folder.join(WAITING))
    }

    fn holder_of(path: &Path) -> Result<Option<String>, LockError> {
        let last = Self::last(path)?;
        Ok(last.and_then(|(holder, is_held)| is_held.then_some(holder)))
    }

    /// What the last run said of itself, where it did not end by itself and none came after it; `None`
    /// also where one is at work. Changes nothing.
    ///
    /// # Errors
    /// [`LockError::File`] where the lock's file cannot be read.
    pub fn left_by(data_folder: &Path) -> Result<Option<String>, LockError> {
        let last = Self::last(&data_folder.join(LOCK))?;
        let last = last.filter(|(holder, is_held)| !is_held && holder != UNKNOWN);
        Ok(last.map(|(holder, _)| holder))
    }

    /// What the file of the lock says of whoever wrote it last, and whether he has the lock; `None`
    /// where there is no file.
    fn last(path: &Path) -> Result<Option<(String, bool)>, LockError> {
        let failed = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        let Some(mut file) = private_files::if_there(File::open(path)).map_err(failed)? else {
            return Ok(None);
        };
        let is_held = match file.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        };
        Ok(Some((read_holder(&mut file), is_held)))
    }

    /// Takes the lock of `data_folder`, making the folder where it is missing. `holder` is what
    /// another run will be told of this one, in one line.
    ///
    /// # Errors
    /// [`LockError::Held`] where another run has it; it does not wait.
    pub fn take(data_folder: &Path, holder: &str) -> Result<Self, LockError> {
        Self::take_file(data_folder, data_folder.join(LOCK), holder)
    }

    /// Lets others know, for as long as the value lives, that a run waits for exports; it takes the
    /// lock whenever some are there. `holder` is as for [`Lock::take`].
    ///
    /// # Errors
    /// [`LockError::Held`] where another waits.
    pub fn wait(data_folder: &Path, holder: &str) -> Result<Self, LockError> {
        Self::take_file(data_folder, data_folder.join(WAITING), holder)
    }

    fn take_file(data_folder: &Path, path: PathBuf, holder: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::File {
            path: path.clone(),
            source,
        };
        if let Some(owner) = private_files::other_owner(data_folder) {
            let folder = data_folder.to_owned();
            return Err(LockError::OtherUser { folder, owner });
        }
        private_files::create_folder(data_folder).map_err(failed)?;
        private_files::create_file(&path).map_err(failed)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    holder: read_holder(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let follows_a_crash = file.metadata().map_err(failed)?.len() > 0;
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{holder}").map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(Self {
            file,
            follows_a_crash,
            path,
            holder: holder.to_owned(),
        })
    }

    /// Makes sure that the lock is still the folder's. Where somebody removed its file it is taken
    /// anew.
    ///
    /// # Errors
    /// [`LockError::Held`] where another run has taken it since.
    pub fn hold_on(&mut self) -> Result<(), LockError> {
        if !is_file_at(&self.file, &self.path) {
            let folder = self.path.parent().unwrap_or(Path::new(""));
            *self = Self::take(folder, &self.holder)?;
        }
        Ok(())
    }

    /// Whether the run before this one was killed, or the machine lost its power: what it was
    /// writing is still there.
    #[must_use]
    pub fn follows_a_crash(&self) -> bool {
        self.follows_a_crash
    }
}

/// Whether an open file is the one that is found at a path.
#[cfg(unix)]
fn is_file_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let found = std::fs::metadata(path).and_then(|found| Ok((found, file.metadata()?)));
    found.is_ok_and(|(one, other)| (one.dev(), one.ino()) == (other.dev(), other.ino()))
}

/// Other systems do not remove a file that is open.
#[cfg(not(unix))]
fn is_file_at(_: &File, _: &Path) -> bool {
    true
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Where it fails, the next run looks for what was left behind and finds nothing.
        let _ = self.file.set_len(0);
    }
}

/// What a holder is called that says nothing of itself.
const UNKNOWN: &str = "unknown";

/// What the holder says of itself. One that cannot be read is still one.
fn read_holder(file: &mut File) -> String {
    let mut holder = String::new();
    let _ = file.read_to_string(&mut holder);
    holder.lines().next().unwrap_or(UNKNOWN).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_lock_whose_file_is_removed_is_taken_anew_or_lost_to_another_run() {
        let data = tempfile::tempdir().unwrap();
        let mut first = Lock::take(data.path(), "process 12").unwrap();
        first.hold_on().unwrap();
        std::fs::remove_file(data.path().join(LOCK)).unwrap();
        first.hold_on().unwrap();
        let told = Lock::take(data.path(), "process 13").unwrap_err();
        assert!(told.to_string().contains("(process 12)"), "{told}");
        std::fs::remove_file(data.path().join(LOCK)).unwrap();
        let second = Lock::take(data.path(), "process 13").unwrap();
        let told = first.hold_on().unwrap_err();
        assert!(told.to_string().contains("(process 13)"), "{told}");
        drop(second);
    }

    #[test]
    fn a_second_run_is_told_who_holds_the_lock() {
        let data = tempfile::tempdir().unwrap();
        let first = Lock::take(data.path(), "process 12 since 07:00").unwrap();
        let told = Lock::take(data.path(), "process 13")
            .unwrap_err()
            .to_string();
        assert!(told.contains("(process 12 since 07:00)"), "{told}");
        assert_eq!(
            Lock::holder(data.path()).unwrap().as_deref(),
            Some("process 12 since 07:00")
        );
        drop(first);
        assert_eq!(Lock::holder(data.path()).unwrap(), None);
        assert!(
            !Lock::take(data.path(), "process 13")
                .unwrap()
                .follows_a_crash()
        );
    }

    #[test]
    fn a_run_that_comes_after_a_crash_knows_it() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(LOCK), "process 12 since 07:00\n").unwrap();
        assert_eq!(
            Lock::left_by(data.path()).unwrap().as_deref(),
            Some("process 12 since 07:00")
        );
        let after = Lock::take(data.path(), "process 13").unwrap();
        assert!(after.follows_a_crash());
        assert_eq!(Lock::left_by(data.path()).unwrap(), None, "one is at work");
        drop(after);
        assert_eq!(Lock::left_by(data.path()).unwrap(), None);
        assert!(
            !Lock::take(data.path(), "process 14")
                .unwrap()
                .follows_a_crash()
        );
    }
}
