use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::Utc;

use super::clock::due_at;
use super::context::Context;
use super::decide::{EditionRequest, Mode, ReportDecision, decide};
use super::files::{contents, json_file, message_file, message_file_name, rendered_files};
use super::ledger_view::LedgerView;
use super::measure::{MeasuredOrganisation, export_bytes, measure_organisation};
use super::neighbours::marks_of;
use super::note::Note;
use super::parallel::in_order;
use super::snapshot::{keep_snapshot, mend_history};
use crate::archive::{self, ArchiveError, ArchivedFile, EditionPlace};
use crate::delivery::{EditionRecord, PreparedDelivery};
use crate::domain::plural::count_of;
use crate::domain::{EmailAddress, OrganisationCode, ReportKind};
use crate::history::Loss;
use crate::mail::{self, Bounds, DeliveryKey, Envelope, Message, ReportProof};
use crate::render::{self, Rendered};
use crate::report::{self, OrganisationOutcome, ReportInput};
use crate::settings::Organisation;

/// All that is done for one organisation before the ledger knows of it.
pub(crate) struct PreparedOrganisation {
    /// What the Run Summary tells of it; it gets nothing where it is held or changed.
    pub(crate) outcome: OrganisationOutcome,
    pub(crate) notes: Vec<Note>,
    /// Its mailboxes, as they are compared with those of others.
    pub(crate) mailboxes: Vec<u64>,
    /// A loss of mailboxes that a person accepted, and that is not written down yet.
    pub(crate) newly_accepted: Option<Loss>,
    /// The editions that were made; or that one could not be written, which ends the command.
    pub(crate) editions: Result<Vec<PreparedEdition>, ArchiveError>,
}

/// An edition of a report whose messages are verified.
pub(crate) struct PreparedEdition {
    pub(crate) record: EditionRecord,
    pub(crate) deliveries: Vec<PreparedDelivery>,
    /// Its folder: below the data folder, and in a preview whole.
    pub(crate) folder: PathBuf,
    /// Whether the archive did not have its folder before.
    pub(crate) is_new: bool,
    /// The names of the files beside its messages, and their digests.
    pub(super) contents: BTreeMap<String, String>,
    /// Its messages, in a rehearsal only: else they lie in the folder.
    pub(crate) messages: Vec<Message>,
}

/// Prepares several organisations at once, and hands each over when its turn comes.
pub(crate) fn prepare_each<E>(
    context: &Context,
    organisations: &[(&Organisation, LedgerView)],
    mode: Mode<'_>,
    mut hand_over: impl FnMut(&Organisation, PreparedOrganisation) -> Result<(), E>,
) -> Result<(), E> {
    // The messages of a rehearsal stay in memory until their turn: no large one is made early.
    let weight = |(organisation, _): &(&Organisation, LedgerView)| match mode {
        Mode::Rehearse(_) => 0,
        _ => export_bytes(context, organisation),
    };
    in_order(
        organisations,
        weight,
        |(organisation, view)| prepare_organisation(context, organisation, view, mode),
        |(organisation, _), prepared| {
            let prepared =
                prepared.unwrap_or_else(|| PreparedOrganisation::panicked(&organisation.code));
            hand_over(organisation, prepared)
        },
    )
}

/// Reads, measures, judges, renders and verifies one organisation, and keeps what was made where the
/// mode says: in the archive, in the folder of a preview, or as the messages of a rehearsal.
pub(crate) fn prepare_organisation(
    context: &Context,
    organisation: &Organisation,
    view: &LedgerView,
    mode: Mode<'_>,
) -> PreparedOrganisation {
    let code = &organisation.code;
    let mut notes = Vec::new();
    if matches!(mode, Mode::Run | Mode::Record | Mode::Reissue { .. }) {
        mend_history(context, code, &mut notes);
    }
    let measured = measure_organisation(context, organisation, view);
    if !matches!(mode, Mode::Rehearse(_)) {
        let warning = |fault| Note::Warning(format!("{code}: {fault}"));
        notes.extend(measured.history_faults.iter().map(warning));
    }
    if context.loss_acceptance.is_some() && measured.accepted_loss.is_none() {
        notes.push(Note::Info(format!(
            "{code}: there is no loss of mailboxes to accept"
        )));
    }
    let mut prepared = PreparedOrganisation {
        outcome: measured.outcome(context, organisation),
        notes,
        mailboxes: measured.metrics().map(marks_of).unwrap_or_default(),
        newly_accepted: measured.accepted_loss.filter(|loss| !view.knows_of(*loss)),
        editions: Ok(Vec::new()),
    };
    match decide(context, organisation, &measured, view, mode) {
        Ok(decisions) => {
            let maker = EditionMaker {
                context,
                organisation,
                measured: &measured,
                mode,
                bounds: OnceCell::new(),
            };
            maker.carry_out(decisions, view, &mut prepared);
        }
        Err(reasons) => prepared.outcome.held = reasons,
    }
    prepared.note_what_stands_in_the_way(code);
    prepared
}

impl PreparedOrganisation {
    /// Of an organisation at which the program failed.
    fn panicked(code: &OrganisationCode) -> Self {
        let reason =
            "The program failed while it made these reports. Tell its makers, with the export.";
        let mut prepared = Self {
            outcome: OrganisationOutcome::default(),
            notes: Vec::new(),
            mailboxes: Vec::new(),
            newly_accepted: None,
            editions: Ok(Vec::new()),
        };
        prepared.outcome.held.push(reason.to_owned());
        prepared.note_what_stands_in_the_way(code);
        prepared
    }

    fn note_what_stands_in_the_way(&mut self, organisation: &OrganisationCode) {
        if !self.outcome.changed.is_empty() {
            self.notes.push(Note::Warning(format!(
                "{organisation}: {}. The reports of this day were made before that and stand as they are; \
                 nothing is sent.",
                self.outcome.changed.join("; ")
            )));
        }
        let finding = |reason: &String| {
            let mut findings = self.outcome.findings.iter();
            findings.find(|finding| finding.to_string() == *reason)
        };
        let note = |reason| {
            let code = finding(reason).map(|finding| finding.code);
            Note::Held(format!("{organisation} is held: {reason}"), code)
        };
        self.notes.extend(self.outcome.held.iter().map(note));
    }
}

/// What an edition of a report is made from; or why the organisation is held, one sentence each.
pub(crate) fn report_input<'a>(
    context: &'a Context,
    organisation: &'a Organisation,
    measured: &'a MeasuredOrganisation,
    request: &'a EditionRequest<'_>,
) -> Result<ReportInput<'a>, Vec<String>> {
    Ok(ReportInput {
        organisation,
        programme: &context.settings.programme,
        report_date: context.report_date,
        edition: request.edition,
        replacement: request.replacement.as_ref(),
        is_rehearsal: request.rehearsal.is_some(),
        calendar: &context.settings.calendar,
        continues: measured.continues.as_ref(),
        metrics: measured.metrics()?,
        findings: &measured.findings,
    })
}

/// An edition that is rendered and verified, and lies nowhere yet.
struct VerifiedEdition<'a> {
    request: EditionRequest<'a>,
    messages: Vec<Message>,
    /// What lies beside the messages.
    files: Vec<ArchivedFile>,
}

impl VerifiedEdition<'_> {
    fn into_files(self) -> Vec<ArchivedFile> {
        let messages = self.messages.into_iter();
        let messages =
            messages.map(|message| message_file(&message.key.recipient_digest(), message.bytes));
        self.files.into_iter().chain(messages).collect()
    }
}

/// Which reports are not made, and why: one line where that is the same of all.
fn of_absent(
    code: &OrganisationCode,
    absent: &[(ReportKind, &str)],
    level: fn(String) -> Note,
) -> Vec<Note> {
    let note = |what: String, reason: &str| level(format!("{code}: no {what}, for {reason}"));
    match absent {
        [(_, reason), rest @ ..] if !rest.is_empty() && rest.iter().all(|(_, of)| of == reason) => {
            vec![note("reports".to_owned(), reason)]
        }
        some => some
            .iter()
            .map(|(report, reason)| note(format!("{report} report"), reason))
            .collect(),
    }
}

struct EditionMaker<'a> {
    context: &'a Context,
    organisation: &'a Organisation,
    measured: &'a MeasuredOrganisation,
    mode: Mode<'a>,
    /// Of all reports, made when the first of them is verified.
    bounds: OnceCell<Bounds>,
}

impl<'a> EditionMaker<'a> {
    /// Makes what was decided, all or nothing; in a preview as much as can be.
    fn carry_out(
        &self,
        decisions: Vec<(ReportKind, ReportDecision<'a>)>,
        view: &LedgerView,
        prepared: &mut PreparedOrganisation,
    ) {
        let (context, measured, code) = (self.context, self.measured, &self.organisation.code);
        let (mut requests, mut absent, mut changes) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (report, decision) in decisions {
            match decision {
                ReportDecision::Ready | ReportDecision::NotDue => {}
                ReportDecision::Absent(reason) => absent.push((report, reason)),
                ReportDecision::Changed(of_report) => changes.extend(of_report),
                ReportDecision::Stands(why) => prepared
                    .notes
                    .push(Note::Result(format!("{code} {report}: {why}"))),
                ReportDecision::Make(request) => requests.push(request),
            }
        }
        if !changes.is_empty() {
            prepared.outcome.changed = changes.into_iter().collect();
            return;
        }
        let unsent = requests.iter().flat_map(|request| &request.in_place_for);
        let unsent: BTreeSet<String> = unsent.cloned().collect();
        let mut editions = Vec::new();
        for request in requests {
            match self.make(request) {
                Ok(edition) => editions.push(edition),
                Err(reasons) => prepared.outcome.held.extend(reasons),
            }
            if !prepared.outcome.held.is_empty() && !matches!(self.mode, Mode::Preview(_)) {
                return;
            }
        }
        let notes = &mut prepared.notes;
        let made = count_of(editions.len(), "report");
        let highest = editions.iter().map(|edition| edition.request.edition).max();
        // The snapshot is kept before the ledger is written to: a day whose reports are recorded is
        // never without it, and one that is not recorded yet is made anew.
        match self.mode {
            Mode::Run => {
                let highest = highest.unwrap_or(1).max(view.highest_edition());
                keep_snapshot(context, measured, highest, notes);
                if !unsent.is_empty() {
                    notes.push(Note::Info(format!(
                        "{code}: {made} made anew, since nobody was sent those before: {}",
                        Vec::from_iter(unsent).join("; ")
                    )));
                } else if !editions.is_empty() {
                    notes.push(Note::Info(format!("{code}: {made} prepared")));
                } else if !measured.is_excused(context) {
                    let before = "nothing new, its reports were prepared before";
                    notes.push(Note::Info(format!("{code}: {before}")));
                }
            }
            Mode::Record => keep_snapshot(context, measured, view.highest_edition(), notes),
            Mode::Reissue { .. } => {
                if let Some(highest) = highest {
                    notes.push(Note::Info(format!("{code}: {made} reissued")));
                    keep_snapshot(context, measured, highest, notes);
                }
            }
            Mode::Rehearse(_) | Mode::Preview(_) => {}
        }
        // Of a day off the run says it of all organisations, at its end.
        let level = match measured.is_excused(context) {
            true => Note::Detail,
            false => Note::Info,
        };
        notes.extend(of_absent(code, &absent, level));
        let kept = editions.into_iter().map(|edition| self.keep(edition));
        prepared.editions = kept.collect();
    }

    /// Writes, renders, packs and verifies one edition; or why it holds the organisation, in
    /// sentences.
    fn make(&self, request: EditionRequest<'a>) -> Result<VerifiedEdition<'a>, Vec<String>> {
        let context = self.context;
        let input = report_input(context, self.organisation, self.measured, &request)?;
        let mut report = report::write(request.report, input);
        let mut rendered = render::render(&report, &context.templates).map_err(one_sentence)?;
        let mut messages = self.compose(&rendered, &request)?;
        let limit = u64::from(context.settings.mail.max_message_mib) * 1_048_576;
        let is_too_large = |message: &Message| message.bytes.len() as u64 > limit;
        if messages.iter().any(is_too_large) {
            let workbook = mail::zipped(&rendered.workbook).map_err(one_sentence)?;
            report.model.page.workbook.clone_from(&workbook.file_name);
            rendered = render::with_workbook(rendered, &report.model, workbook, &context.templates)
                .map_err(one_sentence)?;
            messages = self.compose(&rendered, &request)?;
        }
        let proof = ReportProof {
            report: &report,
            input,
            rehearsal: request.rehearsal,
            settings: &context.settings.mail,
            templates: &context.templates,
        };
        let bounds = self.bounds.get_or_init(|| proof.bounds());
        proof.verify(&messages, bounds).map_err(|violations| {
            let reasons = violations.iter().map(mail::Violation::reason_to_hold);
            reasons.collect::<Vec<_>>()
        })?;
        let model = json_file("model.json", &report.model)
            .map_err(|error| vec![format!("the model cannot be written as JSON: {error}")])?;
        let mut files = vec![model];
        files.extend(rendered_files(rendered));
        Ok(VerifiedEdition {
            request,
            messages,
            files,
        })
    }

    fn compose(
        &self,
        rendered: &Rendered,
        request: &EditionRequest<'_>,
    ) -> Result<Vec<Message>, Vec<String>> {
        let (organisation, date) = (self.organisation, self.context.report_date);
        let settings = &self.context.settings;
        let (mail, programme) = (&settings.mail, &settings.programme);
        let recipients = organisation.recipients(request.report);
        let message = |recipient: &EmailAddress| {
            let key = DeliveryKey {
                report_date: date,
                organisation: organisation.code.clone(),
                report: request.report,
                edition: request.edition,
                recipient: recipient.clone(),
            };
            let envelope = Envelope {
                key: &key,
                organisation_name: &organisation.name,
                from: mail.sender_of(&organisation.code),
                from_name: &programme.name,
                reply_to: &programme.contact,
                date: due_at(date, programme.time_zone).fixed_offset(),
                trusted_domains: &mail.trusted_domains,
                // Every report names users.
                holds_personal_data: true,
                all_recipients: recipients,
                rehearsal: request.rehearsal,
            };
            mail::compose(rendered, &envelope)
        };
        let messages = recipients.iter().map(message).collect::<Result<_, _>>();
        messages.map_err(one_sentence)
    }

    /// Puts an edition where the mode says: what the ledger will refer to is there before it does.
    fn keep(&self, mut edition: VerifiedEdition<'_>) -> Result<PreparedEdition, ArchiveError> {
        let request = &edition.request;
        let (archive, is_recorded) = (&self.context.archive, request.is_recorded);
        let place = EditionPlace {
            report_date: self.context.report_date,
            organisation: &self.organisation.code,
            report: request.report,
            edition: request.edition,
        };
        let below_data = place.below_data();
        let delivery = |message: &Message| {
            let file = message_file_name(&message.key.recipient_digest());
            PreparedDelivery::of(message, below_data.join(file))
        };
        let mut prepared = PreparedEdition {
            record: EditionRecord {
                report_date: place.report_date,
                organisation: place.organisation.clone(),
                report: place.report,
                edition: place.edition,
                inputs_digest: self.measured.inputs.to_text(),
                prepared_at: Utc::now(),
            },
            deliveries: edition.messages.iter().map(delivery).collect(),
            is_new: !is_recorded || !archive.holds(&below_data),
            contents: contents(&edition.files),
            folder: below_data,
            messages: Vec::new(),
        };
        match self.mode {
            Mode::Rehearse(_) => prepared.messages = std::mem::take(&mut edition.messages),
            Mode::Preview(out) => {
                prepared.folder = out.join(place.below_dates());
                archive::write_beside(&prepared.folder, &edition.into_files())?;
            }
            Mode::Run | Mode::Record | Mode::Reissue { .. } if prepared.is_new => {
                archive.write_edition(&place, &edition.into_files())?;
            }
            Mode::Run | Mode::Record | Mode::Reissue { .. } => {
                archive.add_to_edition(&place, &edition.into_files())?;
            }
        }
        Ok(prepared)
    }
}

fn one_sentence(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}
