//! Mornings that several tests begin with, made once for all that want one at the same time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::morning::Morning;

/// A morning that lasts as long as a test has it.
pub(crate) struct Prepared(Mutex<Weak<Morning>>);

impl Prepared {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// The morning that another test has, or a new one: to be read, and not to be changed.
    pub(crate) fn or(&self, make: impl FnOnce() -> Morning) -> Arc<Morning> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.upgrade().unwrap_or_else(|| {
            let morning = Arc::new(make());
            *known = Arc::downgrade(&morning);
            morning
        })
    }
}

/// The sample after its day was run.
pub(crate) fn sample_after_its_day() -> Arc<Morning> {
    static DAY: Prepared = Prepared::new();
    DAY.or(|| {
        let morning = Morning::of_the_sample();
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        morning
    })
}

/// Three organisations on Friday: Thursday was sent and kept.
pub(crate) fn friday() -> Morning {
    static FRIDAY: Prepared = Prepared::new();
    FRIDAY.or(another_friday).copy()
}

/// The same with a history and a ledger of its own.
pub(crate) fn another_friday() -> Morning {
    const THURSDAY: &str = "2026-11-19";
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    let said = morning.say_of(THURSDAY, &["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    morning
}

impl Morning {
    /// Another that is all that this one is, in a folder of its own.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.folder.path(), folder.path());
        Self { folder }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    let permissions = std::fs::metadata(from).unwrap().permissions();
    std::fs::set_permissions(to, permissions).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
