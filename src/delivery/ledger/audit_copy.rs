//! A copy of the audit log outside the ledger: files of one entry a line, one for each month. What it
//! knows, a ledger that was lost, emptied or put back from before can be told by and made anew from.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::audit::{Anchor, COLUMNS, Entry};
use super::database::Database;
use super::error::{LedgerError, LedgerErrorKind};
use crate::private_files;

/// How the names of its files end; `2026-11` stands before it.
const ENDING: &str = "jsonl";
/// No line is longer by far: what of a file's end is read to find the last.
const LONGEST_LINE: u64 = 1 << 20;

/// The copy, for whoever holds the lock of its folder.
pub(super) struct AuditCopy {
    folder: PathBuf,
    newest: RefCell<Option<Entry>>,
    /// Whether the ledger was found to have the copy's newest entry.
    is_of_ledger: RefCell<bool>,
}

impl AuditCopy {
    /// Opens the copy in `folder`, which is made where it is missing. What a crash left of a line is
    /// taken away.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        private_files::create_folder(folder)?;
        if let Some(last) = files(folder)?.pop() {
            let whole = whole_lines(&last)?;
            let mut file = OpenOptions::new().write(true).open(&last)?;
            if file.metadata()?.len() != whole {
                file.set_len(whole)?;
                file.flush()?;
                file.sync_all()?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            newest: RefCell::new(newest(folder)?),
            is_of_ledger: RefCell::new(false),
        })
    }

    /// Adds what the ledger has more, durably. A copy of another ledger, which a person has given up,
    /// goes on with all of this one.
    pub(super) fn complete(&self, database: &Database) -> Result<(), LedgerError> {
        if !self.is_of_ledger.replace(true) {
            let anchor = self.newest.borrow().as_ref().map(Entry::anchor);
            let is_known = match &anchor {
                Some(anchor) => entry(database, anchor.entry)?
                    .is_some_and(|found| found.digest == anchor.digest),
                None => true,
            };
            if !is_known {
                self.newest.replace(None);
            }
        }
        let after = self
            .newest
            .borrow()
            .as_ref()
            .map_or(0, |entry| entry.number);
        let statement =
            format!("SELECT {COLUMNS} FROM audit_log WHERE number > ?1 ORDER BY number");
        let entries = database.select(&statement, &[&after], Entry::read)?;
        if let Some(last) = entries.last() {
            self.append(&entries).map_err(LedgerErrorKind::Copy)?;
            self.newest.replace(Some(last.clone()));
        }
        Ok(())
    }

    fn append(&self, entries: &[Entry]) -> io::Result<()> {
        let month = entries.last().and_then(|entry| entry.at.get(..7));
        let name = format!("{}.{ENDING}", month.unwrap_or("undated"));
        // The files are in the order of their names, also where a clock was ahead.
        let path = files(&self.folder)?
            .pop()
            .filter(|last| last.file_name().is_some_and(|last| *last >= *name))
            .unwrap_or_else(|| self.folder.join(name));
        let is_new = !path.exists();
        private_files::create_file(&path)?;
        let mut file = OpenOptions::new().append(true).open(&path)?;
        let lines: String = entries.iter().map(line).collect();
        let whole = file.metadata()?.len();
        if let Err(error) = file
            .write_all(lines.as_bytes())
            .and_then(|()| file.sync_data())
        {
            // Half a line would make one of this and the next.
            let _ = file.set_len(whole);
            return Err(error);
        }
        if is_new {
            private_files::sync_folder(&self.folder)?;
        }
        Ok(())
    }
}

/// An entry of a ledger by its number.
pub(super) fn entry(database: &Database, number: i64) -> Result<Option<Entry>, LedgerError> {
    let statement = format!("SELECT {COLUMNS} FROM audit_log WHERE number = ?1");
    Ok(database.select(&statement, &[&number], Entry::read)?.pop())
}

/// The newest entry of a copy, with the number and digest that a ledger is asked for, and when it was
/// made; `None` where there is no copy.
///
/// # Errors
/// As the operating system has them.
pub fn newest_copied(folder: &Path) -> io::Result<Option<(Anchor, String)>> {
    Ok(newest(folder)?.map(|entry| (entry.anchor(), entry.at)))
}

/// Every entry of a copy in the order in which they were written, and how many lines are none, or
/// not as they were written.
pub(super) fn entries(folder: &Path) -> io::Result<(Vec<Entry>, usize)> {
    let (mut entries, mut spoilt) = (Vec::<Entry>::new(), 0);
    let mut before = Anchor {
        entry: 0,
        digest: String::new(),
    };
    for file in files(folder)? {
        for line in std::fs::read_to_string(file)?.lines() {
            let Some(entry) = read(line) else {
                spoilt += 1;
                continue;
            };
            // A copy goes on with the next entry, or with the first of another ledger.
            if entry.number == 1 {
                before.digest.clear();
            }
            if entry.digest_after(&before.digest) == entry.digest {
                before = entry.anchor();
                entries.push(entry);
            } else {
                before = entry.anchor();
                spoilt += 1;
            }
        }
    }
    Ok((entries, spoilt))
}

fn newest(folder: &Path) -> io::Result<Option<Entry>> {
    for path in files(folder)?.into_iter().rev() {
        let mut file = File::open(&path)?;
        let length = file.metadata()?.len();
        let begins = length.saturating_sub(LONGEST_LINE);
        file.seek(SeekFrom::Start(begins))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.rfind('\n').and_then(|end| text.get(..end));
        let last = whole.and_then(|whole| whole.lines().rev().find_map(read));
        if last.is_some() {
            return Ok(last);
        }
    }
    Ok(None)
}

/// How many bytes of a file are whole lines.
fn whole_lines(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let begins = length.saturating_sub(LONGEST_LINE);
    file.seek(SeekFrom::Start(begins))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let torn = bytes
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count();
    Ok(length - torn as u64)
}

/// The files of a copy, the oldest first; none where there is no folder.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in private_files::if_there(std::fs::read_dir(folder))?
        .into_iter()
        .flatten()
    {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn line(entry: &Entry) -> String {
    let detail = entry.detail.as_deref().map(serde_json::from_str::<Value>);
    let line = json!({
        "number": entry.number,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "report_date": entry.report_date,
        "organisation": entry.organisation,
        "amount": entry.amount,
        "why": entry.why,
        "delivery": entry.delivery,
        "row_digest": entry.row_digest,
        "detail": detail.and_then(Result::ok),
        "digest": entry.digest,
    });
    format!("{line}\n")
}

fn read(line: &str) -> Option<Entry> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| Some(line.get(name)?.as_str()?.to_owned());
    let number = |name: &str| line.get(name)?.as_i64();
    let detail = line.get("detail").filter(|detail| !detail.is_null());
    Some(Entry {
        number: number("number")?,
        at: text("at")?,
        who: text("who")?,
        action: text("action")?,
        report_date: text("report_date"),
        organisation: text("organisation"),
        amount: number("amount"),
        why: text("why"),
        delivery: number("delivery"),
        row_digest: text("row_digest"),
        detail: detail.map(Value::to_string),
        digest: text("digest")?,
    })
}
