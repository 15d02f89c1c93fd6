use std::path::Path;

use super::context::Context;
use super::ledger_view::{KnownEdition, LedgerView};
use super::measure::MeasuredOrganisation;
use crate::domain::{ReportKind, Stage};
use crate::mail::RehearsalCopy;
use crate::metrics::OrganisationMetrics;
use crate::report::{Replacement, absence, is_due};
use crate::settings::Organisation;

/// What reports are made for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode<'a> {
    /// To be sent: what nobody was sent yet.
    Run,
    /// Nothing: only the figures are kept, for later days to be compared with.
    Record,
    /// To replace reports that are out.
    Reissue { reason: &'a str, anyway: bool },
    /// To be sent to one address, which looks at them.
    Rehearse(RehearsalCopy<'a>),
    /// To be looked at in a folder, which is here.
    Preview(&'a Path),
}

/// Which edition of a report is to be made.
#[derive(Debug, Clone)]
pub(crate) struct EditionRequest<'a> {
    pub(crate) report: ReportKind,
    pub(crate) edition: u32,
    /// Whether the ledger knows it already, and deliveries may refer to its folder.
    pub(crate) is_recorded: bool,
    /// What an edition after the first replaces, and why.
    pub(crate) replacement: Option<Replacement>,
    /// What changed since an edition that nobody was sent, and in whose place it is.
    pub(crate) in_place_for: Vec<String>,
    /// Where its messages go instead, to be looked at.
    pub(crate) rehearsal: Option<RehearsalCopy<'a>>,
}

/// What is to be done with one report of an organisation.
#[derive(Debug, Clone)]
pub(crate) enum ReportDecision<'a> {
    /// Nothing: nobody gets it, or it is made already for all who get it.
    Ready,
    /// It does not go out daily, and its day is another.
    NotDue,
    /// The organisation gets no such report, and why, as the end of a sentence.
    Absent(&'static str),
    /// Its inputs are no longer those of the edition that is out, and what changed.
    Changed(Vec<String>),
    /// It is not reissued, and why, as a sentence.
    Stands(String),
    Make(EditionRequest<'a>),
}

/// Decides what is to be done with each report of an organisation, or why it is held, one sentence
/// each. Writes nothing.
pub(crate) fn decide<'a>(
    context: &Context,
    organisation: &Organisation,
    measured: &MeasuredOrganisation,
    view: &LedgerView,
    mode: Mode<'a>,
) -> Result<Vec<(ReportKind, ReportDecision<'a>)>, Vec<String>> {
    if measured.is_excused(context) {
        let reason = "there are no exports, and none are expected: it is no working day";
        let none = |report: ReportKind| match report.is_occasional() {
            true => (report, ReportDecision::NotDue),
            false => (report, ReportDecision::Absent(reason)),
        };
        return Ok(ReportKind::ALL.into_iter().map(none).collect());
    }
    let metrics = measured.metrics()?;
    let decide = |report| {
        let question = ReportInQuestion {
            context,
            organisation,
            measured,
            metrics,
            report,
            known: view.edition(report),
            is_out_before: view.is_out_before(report),
        };
        if !question.is_of_the_day(mode, view) {
            return Ok((report, ReportDecision::NotDue));
        }
        let decision = match mode {
            Mode::Run => question.in_a_run(),
            Mode::Record => Ok(question.in_a_record()),
            Mode::Reissue { reason, anyway } => Ok(question.in_a_reissue(reason, anyway)),
            Mode::Rehearse(copy) => question.in_a_rehearsal(copy),
            Mode::Preview(_) => Ok(question.in_a_preview()),
        };
        decision
            .map(|decision| (report, decision))
            .map_err(|reason| vec![reason])
    };
    ReportKind::ALL.into_iter().map(decide).collect()
}

/// One report of one organisation, and the newest edition of it that the ledger knows.
struct ReportInQuestion<'a> {
    context: &'a Context,
    organisation: &'a Organisation,
    measured: &'a MeasuredOrganisation,
    metrics: &'a OrganisationMetrics,
    report: ReportKind,
    known: Option<&'a KnownEdition>,
    is_out_before: bool,
}

impl ReportInQuestion<'_> {
    /// Whether the report is one of this day: it goes out daily, was made of this day already, is
    /// asked for, or is due.
    fn is_of_the_day(&self, mode: Mode<'_>, view: &LedgerView) -> bool {
        let report = self.report;
        if self.organisation.stage == Stage::Closed && !report.belongs_to(Stage::Closed) {
            return false;
        }
        !report.is_occasional()
            || self.known.is_some()
            || self.is_asked_for()
            || (!matches!(mode, Mode::Preview(_))
                && view.may_be_due(report, self.organisation)
                && is_due(report, self.organisation, self.metrics))
    }

    fn is_asked_for(&self) -> bool {
        self.context.also.contains(&self.report)
    }

    fn in_a_run<'r>(&self) -> Result<ReportDecision<'r>, String> {
        let recipients = self.organisation.recipients(self.report);
        if recipients.is_empty() {
            return Ok(match self.is_asked_for() {
                true => ReportDecision::Absent("nobody in the register gets it"),
                false => ReportDecision::Ready,
            });
        }
        let changes = self.changes();
        if !changes.is_empty() {
            let unsent = self.known.filter(|known| known.is_unsent());
            return Ok(match unsent.filter(|_| self.absence().is_none()) {
                // To whoever gets it, it is the first.
                Some(known) => ReportDecision::Make(EditionRequest {
                    edition: known.number + 1,
                    in_place_for: changes,
                    ..self.first()
                }),
                None => ReportDecision::Changed(changes),
            });
        }
        if self
            .known
            .is_some_and(|known| known.is_ready_for(recipients))
        {
            return Ok(ReportDecision::Ready);
        }
        match self.absence() {
            Some(reason) => Ok(ReportDecision::Absent(reason)),
            None if self.known.is_none() && self.is_out_before => Ok(ReportDecision::Absent(
                "that of this day went out under the code which it had before",
            )),
            None => Ok(ReportDecision::Make(self.known_or_first()?)),
        }
    }

    /// What is out stands, and its figures with it.
    fn in_a_record<'r>(&self) -> ReportDecision<'r> {
        match self.changes() {
            changes if changes.is_empty() => ReportDecision::Ready,
            _ if self.known.is_some_and(KnownEdition::is_unsent) => ReportDecision::Ready,
            changes => ReportDecision::Changed(changes),
        }
    }

    fn in_a_reissue<'r>(&self, reason: &str, anyway: bool) -> ReportDecision<'r> {
        if let Some(reason) = self.absence() {
            return ReportDecision::Stands(format!("none is made, for {reason}."));
        }
        let Some(known) = self.known else {
            return ReportDecision::Stands(format!(
                "there is no edition of {} to replace; run the day.",
                self.context.report_date
            ));
        };
        if self.organisation.recipients(self.report).is_empty() {
            return ReportDecision::Stands("nobody in the register gets it.".to_owned());
        }
        let changed = self.changes();
        if changed.is_empty() && !known.is_stuck() && !anyway {
            return ReportDecision::Stands(format!(
                "nothing changed since edition {}, and no delivery of it is held, refused, \
                 bounced or expired. With --anyway it is reissued all the same.",
                known.number
            ));
        }
        let taken = known
            .deliveries
            .iter()
            .filter(|delivery| delivery.state.was_taken());
        let sent_at = taken
            .map(|delivery| delivery.accepted_at.unwrap_or(delivery.updated_at))
            .min();
        let time_zone = self.context.settings.programme.time_zone;
        ReportDecision::Make(EditionRequest {
            edition: known.number + 1,
            replacement: Some(Replacement {
                replaces: known.number,
                sent_at: sent_at.map(|at| at.with_timezone(&time_zone).naive_local()),
                reason: reason.to_owned(),
                changed,
            }),
            ..self.first()
        })
    }

    fn in_a_rehearsal<'r>(&self, copy: RehearsalCopy<'r>) -> Result<ReportDecision<'r>, String> {
        if self.organisation.recipients(self.report).is_empty() || self.absence().is_some() {
            return Ok(ReportDecision::Ready);
        }
        Ok(ReportDecision::Make(EditionRequest {
            rehearsal: Some(copy),
            ..self.known_or_first()?
        }))
    }

    fn in_a_preview<'r>(&self) -> ReportDecision<'r> {
        match self.absence() {
            Some(reason) => ReportDecision::Absent(reason),
            None => ReportDecision::Make(self.first()),
        }
    }

    fn absence(&self) -> Option<&'static str> {
        absence(
            self.report,
            self.organisation,
            self.metrics,
            self.context.report_date,
        )
    }

    /// What changed since the edition that is out.
    fn changes(&self) -> Vec<String> {
        let was_purged = |day| !self.context.archive.has_day(day);
        let inputs = &self.measured.inputs;
        let known = self.known.into_iter();
        known
            .flat_map(|known| inputs.changed_since(&known.inputs, was_purged))
            .collect()
    }

    fn first<'r>(&self) -> EditionRequest<'r> {
        EditionRequest {
            report: self.report,
            edition: 1,
            is_recorded: false,
            replacement: None,
            in_place_for: Vec::new(),
            rehearsal: None,
        }
    }

    /// The edition that is known, to be made once more and the same to the last byte: whoever is
    /// added gets the report that the others got, and another machine may have made what it has not
    /// sent. Where none is known, the first; or why the known one cannot be made.
    fn known_or_first<'r>(&self) -> Result<EditionRequest<'r>, String> {
        let Some(known) = self.known else {
            return Ok(self.first());
        };
        Ok(EditionRequest {
            edition: known.number,
            is_recorded: true,
            replacement: known.replacement.clone()?,
            ..self.first()
        })
    }
}
