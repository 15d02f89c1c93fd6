use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::json;

use super::acceptance::decision;
use super::context::Context;
use super::error::DayError;
use super::neighbours::Overlap;
use super::note::Note;
use super::prepare::PreparedEdition;
use crate::archive::EditionPlace;
use crate::delivery::{
    AuditAction, AuditEntry, DeliveryFilter, Ledger, LedgerErrorKind, StateNote,
};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, OrganisationCode};
use crate::report::OrganisationOutcome;

/// What came of the organisations of a day, before anything was sent.
#[derive(Debug, Default)]
pub(crate) struct DayOutcome {
    pub(crate) organisations: BTreeMap<OrganisationCode, OrganisationOutcome>,
    /// How many reports were prepared.
    pub(crate) prepared: usize,
}

impl DayOutcome {
    /// Records the editions of an organisation, all or none, and says what came of it. Only what is
    /// recorded is sent.
    pub(crate) fn record(
        &mut self,
        context: &Context,
        ledger: &mut Ledger,
        code: &OrganisationCode,
        editions: &[PreparedEdition],
    ) -> Result<Vec<Note>, DayError> {
        let records: Vec<_> = editions
            .iter()
            .map(|edition| (&edition.record, edition.deliveries.as_slice()))
            .collect();
        match ledger.record_prepared(&records) {
            // Another machine was a moment faster, with other exports, another register or another
            // history.
            Err(error)
                if matches!(error.kind, LedgerErrorKind::OtherInputs(_)) && ledger.is_shared() =>
            {
                drop_editions(context, code, editions)?;
                let reason = "another machine prepared this day's reports at the same time, from \
                              other inputs";
                let outcome = self.organisations.entry(code.clone()).or_default();
                outcome.changed.push(reason.to_owned());
                return Ok(vec![Note::Warning(format!(
                    "{code}: {reason}; this one sends nothing of its own"
                ))]);
            }
            recorded => recorded?,
        };
        for edition in editions.iter().filter(|edition| edition.is_new) {
            let record = &edition.record;
            ledger.note_decision(&AuditEntry {
                report_date: Some(record.report_date),
                organisation: Some(code.clone()),
                detail: Some(json!({
                    "report": record.report.name(),
                    "edition": record.edition,
                    "files": edition.contents,
                })),
                ..decision(AuditAction::Archive)
            })?;
        }
        self.prepared += editions.len();
        let prepared = |PreparedEdition {
                            record, deliveries, ..
                        }: &PreparedEdition| {
            let (report, edition) = (record.report, record.edition);
            let messages = count_of(deliveries.len(), "message");
            Note::Detail(format!(
                "{code} {report}, edition {edition}: {messages} prepared"
            ))
        };
        Ok(editions.iter().map(prepared).collect())
    }

    /// Notes mailboxes that an organisation and others have in common: to be seen to, or so many that
    /// none of both gets anything. What was recorded of another before is set aside. Says all of it.
    pub(crate) fn keep_apart(
        &mut self,
        context: &Context,
        ledger: &mut Ledger,
        code: &OrganisationCode,
        overlaps: &[Overlap],
    ) -> Result<Vec<Note>, DayError> {
        let mut notes = Vec::new();
        for overlap in overlaps {
            for (of, other) in [(code, &overlap.with), (&overlap.with, code)] {
                let sentence = overlap.in_words(other);
                let outcome = self.organisations.entry(of.clone()).or_default();
                if !overlap.holds {
                    notes.push(Note::Warning(format!("{of}: {sentence}.")));
                    outcome.history_faults.push(format!("{sentence}."));
                    continue;
                }
                notes.push(Note::Warning(format!("{of} is held: {sentence}.")));
                outcome.held.push(format!("{sentence}."));
                let filter = DeliveryFilter {
                    organisations: Some(vec![of.clone()]),
                    ..DeliveryFilter::of_date(context.report_date)
                };
                let reason = StateNote::reason(&sentence);
                for delivery in ledger.deliveries(&filter)? {
                    if delivery.state.is_due(true) {
                        ledger.set_aside(&delivery, DeliveryState::Held, &reason, Utc::now())?;
                    }
                }
            }
        }
        Ok(notes)
    }

    /// Whether an organisation's reports would say something else than those that are out.
    pub(crate) fn is_changed(&self, code: &OrganisationCode) -> bool {
        let outcome = self.organisations.get(code);
        outcome.is_some_and(|outcome| !outcome.changed.is_empty())
    }

    /// How many organisations get nothing.
    pub(crate) fn held(&self) -> usize {
        let outcomes = self.organisations.values();
        outcomes.filter(|outcome| !outcome.held.is_empty()).count()
    }

    /// The codes of those, in their order.
    pub(crate) fn codes_held(&self) -> Vec<OrganisationCode> {
        let outcomes = self.organisations.iter();
        outcomes
            .filter(|(_, outcome)| !outcome.held.is_empty())
            .map(|(code, _)| code.clone())
            .collect()
    }

    /// The organisations of which something may be sent.
    pub(crate) fn to_send(&self) -> Vec<OrganisationCode> {
        self.organisations
            .iter()
            .filter(|(_, outcome)| outcome.held.is_empty() && outcome.changed.is_empty())
            .map(|(code, _)| code.clone())
            .collect()
    }
}

/// Removes from the archive what was made and is not to be recorded.
pub(crate) fn drop_editions(
    context: &Context,
    code: &OrganisationCode,
    editions: &[PreparedEdition],
) -> Result<(), DayError> {
    for edition in editions.iter().filter(|edition| edition.is_new) {
        context.archive.remove_edition(&EditionPlace {
            report_date: edition.record.report_date,
            organisation: code,
            report: edition.record.report,
            edition: edition.record.edition,
        })?;
    }
    Ok(())
}
