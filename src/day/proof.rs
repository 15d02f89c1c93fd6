//! Holds ledger, audit log and archive against each other: what an auditor asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::error::DayError;
use super::session::open_ledger_as_it_is;
use chrono::{DateTime, Utc};

use crate::archive::{Archive, EditionPlace};
use crate::delivery::{
    Anchor, AuditAction, AuditedDecision, DeliveryFilter, DeliveryRecord, Ledger, message_digest,
};
use crate::domain::{OrganisationCode, ReportDate, ReportKind};
use crate::settings::Settings;

/// What was found when all was held against all.
pub(crate) struct Proof {
    /// What the ledger has of the days that were asked for.
    pub(crate) deliveries: Vec<DeliveryRecord>,
    /// What persons decided about them, and what was archived.
    pub(crate) decisions: Vec<AuditedDecision>,
    /// The newest entry of the audit log.
    pub(crate) newest: Option<Anchor>,
    /// How many files of the archive are what was written.
    pub(crate) files: usize,
    /// Days that were purged by a person's word, and the time of the last entry that says so.
    pub(crate) purged: BTreeMap<ReportDate, String>,
    /// Editions in the archive that were never recorded, and so never sent.
    pub(crate) unrecorded: Vec<PathBuf>,
    /// What is not as it was written, a sentence each.
    pub(crate) faults: Vec<String>,
}

/// An edition by its day, organisation, report and number.
type EditionKey = (ReportDate, OrganisationCode, String, u32);

impl Proof {
    /// Of a day, or of all.
    pub(crate) fn of(settings: &Settings, date: Option<ReportDate>) -> Result<Self, DayError> {
        let (ledger, doubt) = open_ledger_as_it_is(settings, date)?;
        let mut faults = ledger.all_alterations()?;
        if faults.is_empty() {
            faults.extend(doubt);
        }
        let deliveries = ledger.deliveries(&DeliveryFilter {
            report_date: date,
            ..DeliveryFilter::default()
        })?;
        let decisions = ledger.decisions(date)?;
        let purged = decisions
            .iter()
            .filter(|decision| decision.action == AuditAction::Purge.name())
            .filter_map(|decision| Some((decision.report_date?, decision.at.clone())));
        let mut proof = Self {
            deliveries,
            purged: purged.collect(),
            newest: ledger.anchor()?,
            decisions,
            files: 0,
            unrecorded: Vec::new(),
            faults,
        };
        let archive = Archive::new(&settings.data.folder);
        proof.hold_messages(&ledger, &archive);
        proof.hold_contents(&archive);
        proof.find_strangers(&ledger, &archive, date)?;
        Ok(proof)
    }

    /// When the message of a delivery was purged with its day; `None` where it was not.
    pub(crate) fn purged_since(&self, record: &DeliveryRecord) -> Option<&str> {
        let day = record.key.report_date;
        let purged = self.purged.get(&day).map(String::as_str);
        purged.filter(|_| self.was_purged(day, record.prepared_at))
    }

    /// Whether a day was purged after something of it was written.
    fn was_purged(&self, date: ReportDate, written: DateTime<Utc>) -> bool {
        let purged = self.purged.get(&date);
        let purged = purged.and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        purged.is_some_and(|purged| written <= purged)
    }

    /// Each message is there, and is the one that was verified.
    fn hold_messages(&mut self, ledger: &Ledger, archive: &Archive) {
        for record in &self.deliveries {
            let (id, path) = (record.id, record.message_path.display());
            match archive.read(&record.message_path) {
                Ok(bytes) if message_digest(&bytes) == record.message_digest => self.files += 1,
                Ok(_) => self.faults.push(format!(
                    "the message of delivery {id} is not the one that was verified: {path}"
                )),
                Err(_) if self.was_purged(record.key.report_date, record.prepared_at) => {}
                // What another machine prepared lies there.
                Err(_) if ledger.is_shared() && !archive.has_day(record.key.report_date) => {}
                Err(error) => self.faults.push(format!(
                    "the message of delivery {id} cannot be read: {error}"
                )),
            }
        }
    }

    /// Each file beside the messages is what was written.
    fn hold_contents(&mut self, archive: &Archive) {
        for decision in &self.decisions {
            let Some((place, files)) = archived(decision) else {
                continue;
            };
            let at = DateTime::parse_from_rfc3339(&decision.at).unwrap_or_default();
            if self.was_purged(place.0, at.to_utc()) {
                continue;
            }
            let folder = folder_of(&place);
            for (name, digest) in files {
                let path = folder.join(&name);
                match archive.read(&path) {
                    Ok(bytes) if message_digest(&bytes) == digest => self.files += 1,
                    Ok(_) => {
                        let path = path.display();
                        self.faults
                            .push(format!("{path} is not what was written there"));
                    }
                    Err(error) => self.faults.push(error.to_string()),
                }
            }
        }
    }

    /// Nothing lies in an edition that nobody wrote there.
    fn find_strangers(
        &mut self,
        ledger: &Ledger,
        archive: &Archive,
        date: Option<ReportDate>,
    ) -> Result<(), DayError> {
        let mut known: BTreeSet<PathBuf> = BTreeSet::new();
        known.extend(
            self.deliveries
                .iter()
                .map(|record| record.message_path.clone()),
        );
        let mut contents: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for (place, files) in self.decisions.iter().filter_map(archived) {
            let names = contents.entry(folder_of(&place)).or_default();
            names.extend(files.into_keys());
        }
        let days = date.map_or_else(|| archive.days(), |date| Ok(vec![date]))?;
        for day in days {
            for (organisation, report, edition) in archive.editions(day)? {
                let folder = folder_of(&(day, organisation.clone(), report.name().into(), edition));
                let newest = ledger.edition(day, &organisation, report)?;
                if newest.is_none_or(|newest| newest.edition < edition) {
                    self.unrecorded.push(folder);
                    continue;
                }
                let names = contents.get(&folder);
                for name in archive.names_in(&folder)? {
                    let path = folder.join(&name);
                    let is_message = name.starts_with("message-");
                    let is_known = match names {
                        _ if is_message => known.contains(&path),
                        Some(names) => names.contains(&name),
                        // An edition of before its files were written down.
                        None => true,
                    };
                    if !is_known {
                        let path = path.display();
                        self.faults
                            .push(format!("{path} was not written by this program"));
                    }
                }
            }
        }
        Ok(())
    }
}

fn folder_of((date, organisation, report, edition): &EditionKey) -> PathBuf {
    let report = ReportKind::from_name(report).unwrap_or(ReportKind::OverallMigration);
    EditionPlace {
        report_date: *date,
        organisation,
        report,
        edition: *edition,
    }
    .below_data()
}

/// Which files an edition was archived with, and their digests.
fn archived(decision: &AuditedDecision) -> Option<(EditionKey, BTreeMap<String, String>)> {
    if decision.action != AuditAction::Archive.name() {
        return None;
    }
    let detail = decision.detail.as_ref()?;
    let report = detail.get("report")?.as_str()?.to_owned();
    let edition = u32::try_from(detail.get("edition")?.as_u64()?).ok()?;
    let files = serde_json::from_value(detail.get("files")?.clone()).ok()?;
    let key = (
        decision.report_date?,
        decision.organisation.clone()?,
        report,
        edition,
    );
    Some((key, files))
}
