use super::reading::{Reading, due_at};
use super::setup::Setup;
use crate::archive::{ArchivedFile, EditionPlace};
use crate::domain::{EmailAddress, ReportKind, SubjectLines};
use crate::mail::{self, DeliveryKey, Envelope, Expectation, ForbiddenTexts, Message, RehearsalCopy};
use crate::metrics::OrganisationMetrics;
use crate::render::{self, Rendered};
use crate::report::{self, Replacement, Report, Subject, visible};
use crate::settings::Organisation;

/// One edition of one report: rendered, put into messages, and every message verified.
pub(super) struct Preparation {
    pub(super) report: ReportKind,
    pub(super) edition: u32,
    /// One for each recipient.
    pub(super) messages: Vec<Message>,
    /// What lies in the archive beside the messages.
    files: Vec<ArchivedFile>,
}

impl Preparation {
    /// The file of a message in the edition's folder.
    pub(super) fn message_file(message: &Message) -> String {
        format!("message-{}.eml", message.key.recipient_digest())
    }

    /// Every file of the edition's folder.
    pub(super) fn into_files(self) -> Vec<ArchivedFile> {
        let messages = self.messages.into_iter();
        let messages = messages.map(|message| ArchivedFile { name: Self::message_file(&message), bytes: message.bytes });
        self.files.into_iter().chain(messages).collect()
    }

    /// Where the edition's folder is.
    pub(super) fn place<'a>(&self, setup: &Setup, organisation: &'a Organisation) -> EditionPlace<'a> {
        EditionPlace { report_date: setup.report_date, organisation: &organisation.code, report: self.report, edition: self.edition }
    }
}

/// Which edition of a report is to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its number, from 1.
    pub(super) edition: u32,
    /// What an edition after the first replaces, and why.
    pub(super) replacement: Option<&'a Replacement>,
    /// Where its messages go instead, to be looked at.
    pub(super) rehearsal: Option<RehearsalCopy<'a>>,
}

impl Wanted<'_> {
    /// The first edition of a day.
    pub(super) const FIRST: Wanted<'static> = Wanted { edition: 1, replacement: None, rehearsal: None };
}

/// Writes, renders, packs and verifies one edition of one report. What stands in the way is told in sentences; it holds
/// the organisation.
pub(super) fn prepare(
    setup: &Setup,
    organisation: &Organisation,
    reading: &Reading,
    metrics: &OrganisationMetrics,
    kind: ReportKind,
    wanted: Wanted<'_>,
) -> Result<Preparation, Vec<String>> {
    let subject = Subject {
        organisation,
        programme: &setup.settings.programme,
        report_date: setup.report_date,
        edition: wanted.edition,
        replacement: wanted.replacement,
        is_rehearsal: wanted.rehearsal.is_some(),
        metrics,
        findings: &reading.findings,
    };
    let report = report::write(kind, subject);
    let rendered = render::render(&report, &setup.templates).map_err(|error| vec![error.to_string()])?;
    let recipients = organisation.recipients(kind);
    let forbidden = forbidden_texts(setup, kind, subject)?;
    let mut messages = Vec::with_capacity(recipients.len());
    for recipient in recipients {
        messages.push(message(setup, organisation, &rendered, kind, wanted, recipient, &forbidden)?);
    }
    Ok(Preparation { report: kind, edition: wanted.edition, messages, files: files(&report, rendered)? })
}

/// The subject lines that the organisation's policy keeps out of the email, less those that the report would say
/// without any subject line: somebody's message may be called “Failed Item Report”.
fn forbidden_texts(setup: &Setup, kind: ReportKind, subject: Subject<'_>) -> Result<ForbiddenTexts, Vec<String>> {
    if subject.organisation.subject_lines == SubjectLines::Email {
        return Ok(ForbiddenTexts::default());
    }
    let subjects = subject.metrics.failed_items.iter().filter_map(|item| item.subject.as_deref());
    let forbidden = ForbiddenTexts::new(subjects.map(visible));
    let mut metrics = subject.metrics.clone();
    for item in &mut metrics.failed_items {
        item.subject = None;
    }
    // A person's reason is not what a report says anyhow: it may quote a subject line.
    let model = report::model(kind, Subject { metrics: &metrics, replacement: None, ..subject });
    let (page, text) = render::words(&model, &setup.templates).map_err(|error| vec![error.to_string()])?;
    Ok(forbidden.less_those_said_anyhow(&page, &text))
}

fn message(
    setup: &Setup,
    organisation: &Organisation,
    rendered: &Rendered,
    kind: ReportKind,
    wanted: Wanted<'_>,
    recipient: &EmailAddress,
    forbidden: &ForbiddenTexts,
) -> Result<Message, Vec<String>> {
    let settings = &setup.settings.mail;
    let recipients = organisation.recipients(kind);
    let key = DeliveryKey {
        report_date: setup.report_date,
        organisation: organisation.code.clone(),
        report: kind,
        edition: wanted.edition,
        recipient: recipient.clone(),
    };
    let envelope = Envelope {
        key: &key,
        organisation_name: &organisation.name,
        from: &settings.from,
        from_name: &setup.settings.programme.name,
        reply_to: &setup.settings.programme.contact,
        date: due_at(setup.report_date, setup.settings.programme.time_zone).fixed_offset(),
        trusted_domains: &settings.trusted_domains,
        // Every report names users.
        holds_personal_data: true,
        all_recipients: recipients,
        rehearsal: wanted.rehearsal,
    };
    let message = mail::compose(rendered, &envelope).map_err(|error| vec![error.to_string()])?;
    // A rehearsal goes to the address that was given, and to nobody of the organisation.
    let recipients = wanted.rehearsal.map_or(recipients, |rehearsal| std::slice::from_ref(rehearsal.to));
    let expectation = Expectation {
        recipients_of_organisation: recipients,
        allowed_domains: &settings.allowed_domains,
        organisation: &organisation.code,
        report: kind,
        report_date: setup.report_date,
        max_message_mib: settings.max_message_mib,
        secure_prefix_required: mail::needs_secure_prefix(recipients, &settings.trusted_domains, true),
        must_not_appear: forbidden,
    };
    mail::verify(&message, &expectation).map_err(|violations| {
        violations.iter().map(|violation| format!("A message failed its verification: {violation}")).collect::<Vec<_>>()
    })?;
    Ok(message)
}

fn files(report: &Report, rendered: Rendered) -> Result<Vec<ArchivedFile>, Vec<String>> {
    let mut model =
        serde_json::to_vec_pretty(&report.model).map_err(|error| vec![format!("the model cannot be written as JSON: {error}")])?;
    model.push(b'\n');
    let mut files = vec![
        ArchivedFile { name: "model.json".to_owned(), bytes: model },
        ArchivedFile { name: "report.html".to_owned(), bytes: render::page_beside_pictures(&rendered).into_bytes() },
        ArchivedFile { name: "report.txt".to_owned(), bytes: rendered.text.into_bytes() },
    ];
    files.extend(rendered.pictures.into_iter().map(|picture| ArchivedFile { name: picture.file_name, bytes: picture.png }));
    files.push(ArchivedFile { name: rendered.workbook.file_name, bytes: rendered.workbook.xlsx });
    Ok(files)
}
