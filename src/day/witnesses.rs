//! What others than the ledger know of it: the copy of its audit log, the heartbeat, and the archive.
//! Each holds the number and the digest of an entry that was in it; a ledger that does not know that
//! entry would send again what was sent.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::DayError;
use crate::archive::{self, Archive};
use crate::delivery::{Anchor, DeliveryFilter, Ignorance, Ledger, newest_copied};
use crate::domain::{DeliveryState, ReportDate};
use crate::private_files;
use crate::settings::Settings;

/// The name of the file that says which run finished last.
const HEARTBEAT: &str = "heartbeat.json";
/// The folder of the copy of the audit log.
const AUDIT_LOG: &str = "audit-log";

/// Where the heartbeat lies.
pub(crate) fn heartbeat_path(settings: &Settings) -> PathBuf {
    settings.data.folder.join(HEARTBEAT)
}

/// Where the copy of the audit log lies.
pub(super) fn audit_copy(settings: &Settings) -> PathBuf {
    settings.data.folder.join(AUDIT_LOG)
}

/// Whether a file below the data folder is one of those that a ledger is held against.
pub(super) fn is_witness(path: &str) -> bool {
    let name = path.rsplit('/').next();
    path == HEARTBEAT
        || Path::new(path).starts_with(AUDIT_LOG)
        || (path.starts_with("archive") && name == Some(archive::ANCHOR))
}

/// Whether the heartbeat knows of a run of this day that came to its end.
pub(super) fn has_finished(settings: &Settings, report_date: ReportDate) -> bool {
    let heartbeat = std::fs::read(heartbeat_path(settings)).ok();
    let heartbeat: Option<Value> = heartbeat.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let date = heartbeat
        .as_ref()
        .and_then(|beat| beat.get("report_date")?.as_str());
    date.and_then(ReportDate::parse_iso) == Some(report_date)
}

/// An entry of the ledger as others keep it: `{"entry": 63, "digest": "…"}`; null where there is none.
pub(crate) fn anchor_as_json(ledger: &Ledger) -> Result<Value, DayError> {
    let anchor = ledger.anchor()?;
    let anchor = anchor.map(|anchor| json!({"entry": anchor.entry, "digest": anchor.digest}));
    Ok(anchor.unwrap_or_default())
}

/// Writes down in the archive of a day, once something of it is recorded, how far the ledger is.
pub(crate) fn anchor_in_archive(
    archive: &Archive,
    report_date: ReportDate,
    ledger: &Ledger,
) -> Result<(), DayError> {
    if archive.has_day(report_date) {
        let anchor = format!("{:#}\n", anchor_as_json(ledger)?);
        archive.write_anchor(report_date, &anchor)?;
    }
    Ok(())
}

/// Makes heartbeat and archive know this ledger in place of another, by a person's word.
pub(super) fn anchor_anew(settings: &Settings, ledger: &Ledger) -> Result<(), DayError> {
    Archive::new(&settings.data.folder).remove_anchors()?;
    let path = heartbeat_path(settings);
    let heartbeat = private_files::if_there(std::fs::read(&path))
        .map_err(|error| unreadable("the heartbeat", &path, &error))?;
    let heartbeat = heartbeat.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    if let Some(Value::Object(mut heartbeat)) = heartbeat {
        heartbeat.insert("ledger".to_owned(), anchor_as_json(ledger)?);
        let heartbeat = format!("{:#}\n", Value::Object(heartbeat));
        archive::replace_file(&path, heartbeat.as_bytes())?;
    }
    Ok(())
}

/// That the copy of the audit log is gone, though the ledger has entries; it is made anew by whoever
/// writes. A machine that begins to share a ledger has none yet.
pub(crate) fn copy_is_gone(
    settings: &Settings,
    ledger: &Ledger,
) -> Result<Option<String>, DayError> {
    let copy = audit_copy(settings);
    let copied = newest_copied(&copy)
        .map_err(|error| unreadable("the copy of the audit log", &copy, &error))?;
    let is_gone = copied.is_none() && !ledger.is_shared() && ledger.anchor()?.is_some();
    Ok(is_gone.then(|| {
        format!(
            "The copy of the audit log in {} is gone: somebody removed it, or an older ledger was put \
             here by hand. Whatever writes to the ledger makes it anew. Find out who can write there",
            copy.display()
        )
    }))
}

/// Something that knows of the ledger, and what it knows.
struct Witness {
    /// “the heartbeat data/heartbeat.json”
    name: String,
    knows: Knowledge,
}

enum Knowledge {
    Entry(Anchor),
    /// A heartbeat from before there were entries: a day of which messages were accepted.
    Accepted(ReportDate, u64),
}

/// What others know of a ledger. They are asked before it is opened, since it may be written to
/// meanwhile.
pub(super) struct Witnesses {
    witnesses: Vec<Witness>,
}

impl Witnesses {
    pub(super) fn of(settings: &Settings) -> Result<Self, DayError> {
        let mut witnesses = Vec::new();
        let copy = audit_copy(settings);
        let copied = newest_copied(&copy)
            .map_err(|error| unreadable("the copy of the audit log", &copy, &error))?;
        if let Some((anchor, at)) = copied {
            witnesses.push(Witness {
                name: format!(
                    "the copy of its audit log in {}, written {at},",
                    copy.display()
                ),
                knows: Knowledge::Entry(anchor),
            });
        }
        let path = heartbeat_path(settings);
        let heartbeat = private_files::if_there(std::fs::read(&path))
            .map_err(|error| unreadable("the heartbeat", &path, &error))?;
        // One that is damaged is a matter for `status`.
        if let Some(heartbeat) = heartbeat.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            witnesses.extend(heard(&heartbeat).map(|knows| Witness {
                name: format!("the heartbeat {}", path.display()),
                knows,
            }));
        }
        for (path, text) in Archive::new(&settings.data.folder).newest_anchors()? {
            let anchor = serde_json::from_str(&text).ok();
            witnesses.extend(anchor.as_ref().and_then(anchor_of).map(|anchor| Witness {
                name: format!("the archive, {},", path.display()),
                knows: Knowledge::Entry(anchor),
            }));
        }
        Ok(Self { witnesses })
    }

    /// What a witness knows that the ledger does not, in words; `None` where it knows it all.
    pub(super) fn against(&self, ledger: &Ledger) -> Result<Option<String>, DayError> {
        for witness in &self.witnesses {
            let name = &witness.name;
            match &witness.knows {
                Knowledge::Entry(anchor) => match ledger.ignorance_of(anchor)? {
                    None => {}
                    Some(Ignorance::Fewer { newest }) => {
                        let has = match newest {
                            0 => "has no entries".to_owned(),
                            newest => format!("ends with entry {newest}"),
                        };
                        return Ok(Some(format!(
                            "it {has}, and {name} knows entry {}",
                            anchor.entry
                        )));
                    }
                    Some(Ignorance::Other) => {
                        return Ok(Some(format!(
                            "its entry {} is another than the one that {name} knows",
                            anchor.entry
                        )));
                    }
                },
                Knowledge::Accepted(date, accepted) => {
                    if ledger
                        .deliveries(&DeliveryFilter::of_date(*date))?
                        .is_empty()
                    {
                        return Ok(Some(format!(
                            "it has no delivery of {date}, and {name} knows of {accepted} that were \
                             accepted"
                        )));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// What a heartbeat knows.
fn heard(heartbeat: &Value) -> Option<Knowledge> {
    if let Some(anchor) = heartbeat.get("ledger") {
        return anchor_of(anchor).map(Knowledge::Entry);
    }
    let date = ReportDate::parse_iso(heartbeat.get("report_date")?.as_str()?)?;
    let accepted = heartbeat
        .get("deliveries")?
        .get(DeliveryState::Accepted.name())?;
    let accepted = accepted.as_u64().filter(|accepted| *accepted > 0)?;
    Some(Knowledge::Accepted(date, accepted))
}

fn anchor_of(value: &Value) -> Option<Anchor> {
    Some(Anchor {
        entry: value.get("entry")?.as_i64()?,
        digest: value.get("digest")?.as_str()?.to_owned(),
    })
}

fn unreadable(what: &str, path: &Path, error: &std::io::Error) -> DayError {
    DayError::Unusable(format!(
        "{what} {} cannot be read: {error}. Check that the data folder belongs to the user who runs \
         this",
        path.display()
    ))
}
