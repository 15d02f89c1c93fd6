//! The file that says how the history is kept, and the key beside it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fingerprint::Key;
use super::{HistoryError, write};
use crate::private_files;

/// The format of this version: which tables there are, their columns, and how fingerprints are
/// made.
pub(super) const VERSION: u32 = 5;
const FORMAT: &str = "format.json";
const KEY: &str = "key";

/// What every format says.
#[derive(Deserialize)]
struct AnyFormat {
    version: u32,
}

/// What this format says.
#[derive(Deserialize, Serialize)]
struct HistoryFormat {
    version: u32,
    /// Tells the key from others.
    key_check: String,
}

/// The key of the history in `folder`, and whether the history is of this format and no earlier
/// one; `None` where nothing is there.
pub(super) fn read_key(folder: &Path) -> Result<Option<(Key, bool)>, HistoryError> {
    let (format_path, key_path) = (folder.join(FORMAT), folder.join(KEY));
    let Some(format) = read(&format_path)? else {
        // The key is written first: alone it is a beginning that was broken off, and nothing was
        // kept yet.
        if !super::mark::is_any_below(folder) {
            return Ok(None);
        }
        return Err(HistoryError::Format {
            path: format_path,
            because: "it is missing".to_owned(),
        });
    };
    let broken = |error: serde_json::Error| HistoryError::Format {
        path: format_path.clone(),
        because: error.to_string(),
    };
    let AnyFormat { version } = serde_json::from_str(&format).map_err(broken)?;
    if version > VERSION {
        return Err(HistoryError::NewerFormat {
            path: format_path,
            found: version,
            known: VERSION,
        });
    }
    let HistoryFormat { key_check, .. } = serde_json::from_str(&format).map_err(broken)?;
    let Some(key) = read(&key_path)? else {
        return Err(HistoryError::KeyLost(key_path));
    };
    match Key::parse(&key).filter(|key| key.check() == key_check) {
        Some(key) => Ok(Some((key, version == VERSION))),
        None => Err(HistoryError::KeyChanged(key_path)),
    }
}

/// Makes the key of a history in which nothing was kept yet, or takes the one that a beginning
/// which was broken off left behind.
pub(super) fn begin(folder: &Path) -> Result<Key, HistoryError> {
    let key_path = folder.join(KEY);
    let text = match read(&key_path)? {
        Some(text) => text,
        None => {
            let text =
                Key::random_text().map_err(|error| HistoryError::NoKey(error.to_string()))?;
            write(&key_path, text.as_bytes())?;
            text
        }
    };
    let Some(key) = Key::parse(&text) else {
        return Err(HistoryError::KeyChanged(key_path));
    };
    state(folder, &key)?;
    Ok(key)
}

/// States that the history in `folder` is of this format.
pub(super) fn state(folder: &Path, key: &Key) -> Result<(), HistoryError> {
    let path = folder.join(FORMAT);
    let format = HistoryFormat {
        version: VERSION,
        key_check: key.check(),
    };
    let format = serde_json::to_string(&format)
        .map_err(|error| HistoryError::file(&path, "written", error.into()))?;
    write(&path, format!("{format}\n").as_bytes())
}

/// A text file; `None` where there is none.
fn read(path: &Path) -> Result<Option<String>, HistoryError> {
    let bytes = private_files::if_there(std::fs::read(path))
        .map_err(|source| HistoryError::file(path, "read", source))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
