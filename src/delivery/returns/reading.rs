//! Reads what was returned, and settles in the ledger what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::super::ledger::{Evidence, Ledger, LedgerError};
use super::super::record::{DeliveryRecord, message_digest};
use super::bounce::{self, DeliveryReport, Returned};
use super::settling::{self, Meaning};
use super::{folder, message_trace};
use crate::domain::DeliveryState;
use crate::mail::DeliveryKey;

/// Messages that are in hand at once.
const AT_ONCE: usize = 100;

/// Where reports lie.
#[derive(Debug, Clone, Default)]
pub struct ReturnPlaces {
    /// A folder of messages, or a Maildir.
    pub folder: Option<PathBuf>,
    /// Tables of message traces.
    pub message_traces: Vec<PathBuf>,
}

/// A delivery that a report brought to another state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledByReport {
    /// Which delivery was settled.
    pub key: DeliveryKey,
    /// Where it was.
    pub before: DeliveryState,
    /// Where it is; the same as before for a note.
    pub state: DeliveryState,
    /// Why, in words.
    pub reason: String,
}

/// What came of reading what was returned. What was read before is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReturnsSummary {
    /// Messages that were understood: they are not read again.
    pub understood: usize,
    /// Those of them that are automatic replies and receipts.
    pub automatic_replies: usize,
    /// Messages that are no report, or none that is understood for certain.
    pub not_understood: usize,
    /// Reports about no delivery of this ledger, or about another recipient than its.
    pub of_others: usize,
    /// Reports about deliveries that are still to be sent.
    pub early: usize,
    /// Rows of traces that were not understood.
    pub trace_rows_not_understood: usize,
    /// What reports say of deliveries that was not known.
    pub settled: Vec<SettledByReport>,
    /// What could not be read, as sentences without a full stop.
    pub faults: Vec<String>,
}

impl ReturnsSummary {
    /// How many messages stay where they are, to be read again.
    pub fn left(&self) -> usize {
        self.not_understood + self.of_others + self.early
    }

    /// How many deliveries came to `state`.
    pub fn count(&self, state: DeliveryState) -> usize {
        let settled = self.settled.iter();
        settled
            .filter(|one| one.state == state && one.before != state)
            .count()
    }
}

/// Reads every report that was not read before, and notes in the ledger what it says: each with the
/// fact that it was read, in one stroke.
///
/// # Errors
/// [`LedgerError`]: what was not noted is read again.
pub fn read_returns(
    ledger: &mut Ledger,
    places: &ReturnPlaces,
    now: DateTime<Utc>,
) -> Result<ReturnsSummary, LedgerError> {
    let mut reading = Reading {
        ledger,
        now,
        summary: ReturnsSummary::default(),
    };
    if let Some(folder) = &places.folder {
        match folder::files(folder) {
            Ok(files) => {
                for files in files.chunks(AT_ONCE) {
                    reading.read_messages(files)?;
                }
            }
            Err(error) => reading.summary.faults.push(format!(
                "cannot read the folder of returned messages {}: {error}; check folder under \
                 [mail.returns]",
                folder.display()
            )),
        }
    }
    for trace in &places.message_traces {
        reading.read_trace(trace)?;
    }
    Ok(reading.summary)
}

struct Reading<'a> {
    ledger: &'a mut Ledger,
    now: DateTime<Utc>,
    summary: ReturnsSummary,
}

/// What a returned message says, and the digest by which it is known when it is read again.
struct Understood<'a> {
    path: &'a Path,
    digest: String,
    returned: Returned,
}

impl Reading<'_> {
    fn read_messages(&mut self, files: &[PathBuf]) -> Result<(), LedgerError> {
        let mut read = Vec::new();
        for path in files {
            match folder::bytes(path) {
                Ok(bytes) => read.push((path, message_digest(&bytes), bytes)),
                // Another program may have taken it away meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => self
                    .summary
                    .faults
                    .push(format!("cannot read {}: {error}", path.display())),
            }
        }
        let digests = read.iter().map(|(_, digest, _)| digest.as_str()).collect();
        let known = self.ledger.read_before(&digests)?;
        let (before, new): (Vec<_>, Vec<_>) = read
            .into_iter()
            .partition(|(_, digest, _)| known.contains(digest));
        // A run that was killed had noted what they say, and not come to this.
        before.iter().for_each(|(path, ..)| self.mark_as_seen(path));
        let messages: Vec<Understood<'_>> = new
            .into_iter()
            .map(|(path, digest, bytes)| Understood {
                path,
                digest,
                returned: bounce::read(&bytes),
            })
            .collect();
        let mut deliveries = self.deliveries_of(&messages)?;
        let mut done = Vec::new();
        let mut evidence = Vec::new();
        for message in &messages {
            let is_done = match &message.returned {
                Returned::NotUnderstood => {
                    self.summary.not_understood += 1;
                    false
                }
                Returned::AutomaticReply => {
                    self.summary.automatic_replies += 1;
                    true
                }
                Returned::Report(report) => self.judge(report, &mut deliveries, &mut evidence),
            };
            if is_done {
                done.push(message);
            }
        }
        self.summary.understood += done.len();
        let digests = done.iter().map(|message| message.digest.as_str()).collect();
        self.note(evidence, &digests)?;
        // After it is in the ledger that they were read.
        done.iter()
            .for_each(|message| self.mark_as_seen(message.path));
        Ok(())
    }

    fn mark_as_seen(&mut self, path: &Path) {
        if let Err(error) = folder::mark_as_seen(path) {
            self.summary.faults.push(format!(
                "cannot mark {} as seen: {error}; it was read, and is not read again",
                path.display()
            ));
        }
    }

    /// The deliveries that reports may be about, by Message-ID.
    fn deliveries_of(
        &self,
        messages: &[Understood<'_>],
    ) -> Result<BTreeMap<String, DeliveryRecord>, LedgerError> {
        let reports = messages
            .iter()
            .filter_map(|message| match &message.returned {
                Returned::Report(report) => Some(report),
                _ => None,
            });
        let ids = reports.flat_map(|report| report.message_ids.iter().flatten());
        let ids: BTreeSet<&str> = ids.map(String::as_str).collect();
        let deliveries = self.ledger.of_message_ids(&ids)?.into_iter();
        Ok(deliveries
            .map(|delivery| (delivery.message_id.clone(), delivery))
            .collect())
    }

    /// Whether a report was understood. What it says of deliveries joins `evidence`.
    fn judge(
        &mut self,
        report: &DeliveryReport,
        deliveries: &mut BTreeMap<String, DeliveryRecord>,
        evidence: &mut Vec<Evidence>,
    ) -> bool {
        let known = report.message_ids.iter().map(|ids| {
            let known = ids.iter().filter_map(|id| deliveries.get(id));
            known.collect::<Vec<_>>()
        });
        let about = known.into_iter().find(|known| !known.is_empty());
        let meanings: Vec<Meaning> = about
            .unwrap_or_default()
            .into_iter()
            .filter_map(|delivery| settling::of_report(delivery, &report.recipients))
            .collect();
        if meanings.is_empty() {
            self.summary.of_others += 1;
            return false;
        }
        if meanings.contains(&Meaning::Early) {
            self.summary.early += 1;
            return false;
        }
        for said in meanings.into_iter().filter_map(evidence_of) {
            // The next report about it finds it so.
            if let Some(delivery) = deliveries.get_mut(&said.of.message_id) {
                (delivery.state, delivery.reason) = (said.state, Some(said.reason.clone()));
            }
            evidence.push(said);
        }
        true
    }

    fn read_trace(&mut self, path: &Path) -> Result<(), LedgerError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let fault = format!("cannot read {}: {error}", path.display());
                self.summary.faults.push(fault);
                return Ok(());
            }
        };
        let digest = message_digest(&bytes);
        let digests = BTreeSet::from([digest.as_str()]);
        if !self.ledger.read_before(&digests)?.is_empty() {
            return Ok(());
        }
        let trace = match message_trace::read(bytes) {
            Ok(trace) => trace,
            Err(error) => {
                let fault = format!("{} is no message trace: {error}", path.display());
                self.summary.faults.push(fault);
                return Ok(());
            }
        };
        self.summary.trace_rows_not_understood += trace.rows_not_understood;
        let ids = trace.outcomes.keys().map(|(id, _)| id.as_str()).collect();
        let meanings = self
            .ledger
            .of_message_ids(&ids)?
            .into_iter()
            .filter_map(|delivery| {
                let key = (delivery.message_id.clone(), delivery.key.recipient.folded());
                let outcome = trace.outcomes.get(&key)?;
                Some(settling::of_trace(&delivery, *outcome))
            });
        let meanings: Vec<Meaning> = meanings.collect();
        // A trace that tells of what is still to be sent is read again.
        let is_done = trace.rows_not_understood == 0 && !meanings.contains(&Meaning::Early);
        let digests = if is_done { digests } else { BTreeSet::new() };
        self.note(
            meanings.into_iter().filter_map(evidence_of).collect(),
            &digests,
        )
    }

    fn note(&mut self, evidence: Vec<Evidence>, read: &BTreeSet<&str>) -> Result<(), LedgerError> {
        if evidence.is_empty() && read.is_empty() {
            return Ok(());
        }
        let noted = self.ledger.note_evidence(&evidence, read, self.now)?;
        for (evidence, is_noted) in evidence.into_iter().zip(noted) {
            if is_noted {
                self.summary.settled.push(SettledByReport {
                    key: evidence.of.key,
                    before: evidence.of.state,
                    state: evidence.state,
                    reason: evidence.reason,
                });
            }
        }
        Ok(())
    }
}

fn evidence_of(meaning: Meaning) -> Option<Evidence> {
    match meaning {
        Meaning::Evidence(evidence) => Some(*evidence),
        Meaning::Nothing | Meaning::Early => None,
    }
}
