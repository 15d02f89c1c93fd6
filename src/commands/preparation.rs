use super::reading::{Reading, due_at};
use super::setup::Setup;
use crate::archive::{ArchivedFile, EditionPlace};
use crate::domain::{EmailAddress, ReportKind, SubjectLines};
use crate::mail::{
    self, DeliveryKey, Envelope, Expectation, ExpectedSheet, ForbiddenTexts, Message,
    RehearsalCopy, Roster, Violation,
};
use crate::metrics::OrganisationMetrics;
use crate::render::{self, Rendered};
use crate::report::{self, Replacement, Report, ReportInput, visible};
use crate::settings::Organisation;

/// One edition of one report: rendered, put into messages, and every message verified.
pub(super) struct Preparation {
    pub(super) report: ReportKind,
    pub(super) edition: u32,
    /// Whether the ledger knows this edition already, and deliveries may refer to its folder.
    pub(super) is_recorded: bool,
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
        let messages = messages.map(|message| ArchivedFile {
            name: Self::message_file(&message),
            bytes: message.bytes,
        });
        self.files.into_iter().chain(messages).collect()
    }

    /// Where the edition's folder is.
    pub(super) fn place<'a>(
        &self,
        setup: &Setup,
        organisation: &'a Organisation,
    ) -> EditionPlace<'a> {
        EditionPlace {
            report_date: setup.report_date,
            organisation: &organisation.code,
            report: self.report,
            edition: self.edition,
        }
    }
}

/// Which edition of a report is to be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its number, from 1.
    pub(super) edition: u32,
    /// Whether the ledger knows it already.
    pub(super) is_recorded: bool,
    /// What an edition after the first replaces, and why.
    pub(super) replacement: Option<&'a Replacement>,
    /// Where its messages go instead, to be looked at.
    pub(super) rehearsal: Option<RehearsalCopy<'a>>,
}

impl Wanted<'_> {
    /// The first edition of a day.
    pub(super) const FIRST: Wanted<'static> = Wanted {
        edition: 1,
        is_recorded: false,
        replacement: None,
        rehearsal: None,
    };
}

/// Writes, renders, packs and verifies one edition of one report. What stands in the way is told in
/// sentences; it holds the organisation.
pub(super) fn prepare(
    setup: &Setup,
    organisation: &Organisation,
    reading: &Reading,
    metrics: &OrganisationMetrics,
    kind: ReportKind,
    wanted: Wanted<'_>,
) -> Result<Preparation, Vec<String>> {
    let subject = subject(setup, organisation, reading, metrics, wanted);
    let mut report = report::write(kind, subject);
    let mut rendered = render::render(&report, &setup.templates).map_err(told)?;
    let mut messages = compose(setup, organisation, &rendered, kind, wanted)?;
    let limit = u64::from(setup.settings.mail.max_message_mib) * 1_048_576;
    if messages
        .iter()
        .any(|message| message.bytes.len() as u64 > limit)
    {
        let workbook = mail::zipped(&rendered.workbook).map_err(told)?;
        report.model.page.workbook.clone_from(&workbook.file_name);
        rendered = render::with_workbook(rendered, &report.model, workbook, &setup.templates)
            .map_err(told)?;
        messages = compose(setup, organisation, &rendered, kind, wanted)?;
    }
    let roster = reading
        .roster
        .get_or_init(|| roster(setup, subject, wanted.rehearsal));
    verify(setup, subject, &report, wanted.rehearsal, roster, &messages)?;
    Ok(Preparation {
        report: kind,
        edition: wanted.edition,
        is_recorded: wanted.is_recorded,
        messages,
        files: files(&report, rendered)?,
    })
}

/// What an edition of a report is about.
pub(super) fn subject<'a>(
    setup: &'a Setup,
    organisation: &'a Organisation,
    reading: &'a Reading,
    metrics: &'a OrganisationMetrics,
    wanted: Wanted<'a>,
) -> ReportInput<'a> {
    ReportInput {
        organisation,
        programme: &setup.settings.programme,
        report_date: setup.report_date,
        edition: wanted.edition,
        replacement: wanted.replacement,
        is_rehearsal: wanted.rehearsal.is_some(),
        metrics,
        findings: &reading.findings,
    }
}

fn told(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}

/// The subject lines that the organisation's policy keeps out of the email.
fn forbidden_texts(subject: ReportInput<'_>) -> ForbiddenTexts {
    if subject.organisation.subject_lines == SubjectLines::Email {
        return ForbiddenTexts::default();
    }
    ForbiddenTexts::new(
        subject
            .metrics
            .failed_items
            .iter()
            .filter_map(|item| item.subject.as_deref())
            .map(visible),
    )
}

/// Those of `forbidden` that the report would not say without any subject line: somebody's message
/// may be called “Failed Item Report”.
fn less_those_said_anyhow(
    setup: &Setup,
    kind: ReportKind,
    subject: ReportInput<'_>,
    forbidden: ForbiddenTexts,
) -> Result<ForbiddenTexts, Vec<String>> {
    let mut metrics = subject.metrics.clone();
    for item in &mut metrics.failed_items {
        item.subject = None;
    }
    // A person's reason is not what a report says anyhow: it may quote a subject line.
    let model = report::model(
        kind,
        ReportInput {
            metrics: &metrics,
            replacement: None,
            ..subject
        },
    );
    let (page, text) = render::words(&model, &setup.templates).map_err(told)?;
    Ok(forbidden.less_those_said_anyhow(&page, &text))
}

/// A message for each recipient.
fn compose(
    setup: &Setup,
    organisation: &Organisation,
    rendered: &Rendered,
    kind: ReportKind,
    wanted: Wanted<'_>,
) -> Result<Vec<Message>, Vec<String>> {
    let settings = &setup.settings.mail;
    let recipients = organisation.recipients(kind);
    let message = |recipient: &EmailAddress| {
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
        mail::compose(rendered, &envelope)
    };
    recipients
        .iter()
        .map(message)
        .collect::<Result<_, _>>()
        .map_err(told)
}

/// Holds every finished message against the register, and against the organisation's own tables.
fn verify(
    setup: &Setup,
    subject: ReportInput<'_>,
    report: &Report,
    rehearsal: Option<RehearsalCopy<'_>>,
    roster: &Roster,
    messages: &[Message],
) -> Result<(), Vec<String>> {
    let settings = &setup.settings.mail;
    let kind = report.model.report;
    let organisation = subject.organisation;
    // A rehearsal goes to the address that was given, and to nobody of the organisation.
    let recipients = rehearsal.map_or(organisation.recipients(kind), |rehearsal| {
        std::slice::from_ref(rehearsal.to)
    });
    let (sheets, forbidden) = (sheets(report, subject), forbidden_texts(subject));
    let expectation = Expectation {
        recipients_of_organisation: recipients,
        allowed_domains: &settings.allowed_domains,
        organisation: &organisation.code,
        report: kind,
        report_date: setup.report_date,
        max_message_mib: settings.max_message_mib,
        secure_prefix_required: mail::needs_secure_prefix(
            recipients,
            &settings.trusted_domains,
            true,
        ),
        must_not_appear: &forbidden,
        roster,
        sheets: &sheets,
        subject_lines: organisation.subject_lines,
        may_quote_subject_lines: settings.may_be_confidential(),
    };
    let mut verified = mail::verify(messages, &expectation);
    // Seldom: only now is the report made that quotes no subject line, to tell whether it says the
    // same.
    if verified.as_ref().is_err_and(|violations| {
        violations
            .iter()
            .any(|found| matches!(found, Violation::ForbiddenText(_)))
    }) {
        let must_not_appear = less_those_said_anyhow(setup, kind, subject, forbidden.clone())?;
        verified = mail::verify(
            messages,
            &Expectation {
                must_not_appear: &must_not_appear,
                ..expectation
            },
        );
    }
    verified.map_err(|violations| violations.iter().map(because).collect())
}

/// Why a message that was not verified holds its organisation, and what to do.
pub(super) fn because(violation: &Violation) -> String {
    match violation {
        Violation::TooLarge { .. } | Violation::SubjectLinesUnprotected => {
            format!("A report cannot be sent: {violation}")
        }
        _ => format!(
            "A message failed its verification, and nothing is sent: {violation}. Look at your own \
             templates and at the reason of a reissue, if there \
             are any; else this is a fault of the program: tell its makers"
        ),
    }
}

/// Who and what belongs to an organisation: by its register entry, and by its tables.
fn roster(setup: &Setup, subject: ReportInput<'_>, rehearsal: Option<RehearsalCopy<'_>>) -> Roster {
    let ReportInput {
        organisation,
        metrics,
        programme,
        ..
    } = subject;
    let mut roster = Roster::new(&organisation.mail_domains);
    let users = metrics.mailboxes.iter().map(|row| {
        (
            row.address.as_str(),
            row.name.as_deref(),
            row.collection.as_deref(),
        )
    });
    let items = metrics.failed_items.iter().map(|row| {
        (
            &*row.mailbox,
            row.user.as_deref(),
            row.collection.as_deref(),
        )
    });
    let differences = metrics.schedule_differences.iter().flatten();
    let differences = differences.map(|row| {
        (
            row.address.as_str(),
            row.name.as_deref(),
            row.collection.as_deref(),
        )
    });
    for (mailbox, name, collection) in users.chain(items).chain(differences) {
        roster.add_user(&visible(mailbox), name.map(visible).as_deref());
        if let Some(collection) = collection {
            roster.add_collection(&visible(collection));
        }
    }
    for mailbox in &metrics.mailboxes {
        roster.allow(&mailbox.state_word);
    }
    let categories = metrics
        .mailboxes
        .iter()
        .filter_map(|mailbox| mailbox.vip_category.as_deref());
    let categories = categories.chain(
        metrics
            .schedule_differences
            .iter()
            .flatten()
            .filter_map(|row| row.vip_category.as_deref()),
    );
    categories.for_each(|category| roster.allow(&visible(category)));
    // Rules of causes are the central team's words: an action may say whom to write to.
    for cause in &metrics.causes {
        roster.allow(&cause.cause.name);
        roster.allow(&cause.cause.action);
    }
    if organisation.subject_lines == SubjectLines::Email {
        for subject in metrics
            .failed_items
            .iter()
            .filter_map(|item| item.subject.as_deref())
        {
            roster.allow(&visible(subject));
        }
    }
    let recipients = ReportKind::ALL
        .into_iter()
        .flat_map(|kind| organisation.recipients(kind));
    let known = recipients
        .chain([&programme.contact, &setup.settings.mail.from])
        .chain(rehearsal.map(|rehearsal| rehearsal.to));
    known.for_each(|address| roster.allow(address.reveal()));
    roster.allow(&organisation.name);
    roster.allow(&programme.name);
    setup
        .templates
        .own_texts()
        .for_each(|text| roster.allow(text));
    roster
}

/// The sheets that a report's workbook must have; those that must be complete by what was measured,
/// and not by what was written.
fn sheets(report: &Report, subject: ReportInput<'_>) -> Vec<ExpectedSheet> {
    let complete_sheets = report::complete_sheets(report.model.report, subject)
        .into_iter()
        .map(|sheet| {
            let mailboxes: Vec<String> = sheet
                .mailboxes
                .iter()
                .map(|mailbox| visible(mailbox))
                .collect();
            ExpectedSheet {
                name: sheet.sheet.to_owned(),
                rows: mailboxes.len(),
                mailboxes: Some(mailboxes),
            }
        });
    let mut expected: Vec<ExpectedSheet> = complete_sheets.collect();
    for sheet in &report.workbook.sheets {
        if expected.iter().all(|known| known.name != sheet.name) {
            expected.push(ExpectedSheet {
                name: sheet.name.clone(),
                rows: sheet.rows.len(),
                mailboxes: None,
            });
        }
    }
    expected
}

fn files(report: &Report, rendered: Rendered) -> Result<Vec<ArchivedFile>, Vec<String>> {
    let mut model = serde_json::to_vec_pretty(&report.model)
        .map_err(|error| vec![format!("the model cannot be written as JSON: {error}")])?;
    model.push(b'\n');
    let mut files = vec![
        ArchivedFile {
            name: "model.json".to_owned(),
            bytes: model,
        },
        ArchivedFile {
            name: "report.html".to_owned(),
            bytes: render::page_beside_pictures(&rendered).into_bytes(),
        },
        ArchivedFile {
            name: "report.txt".to_owned(),
            bytes: rendered.text.into_bytes(),
        },
    ];
    files.extend(rendered.pictures.into_iter().map(|picture| ArchivedFile {
        name: picture.file_name,
        bytes: picture.png,
    }));
    files.push(ArchivedFile {
        name: rendered.workbook.file_name,
        bytes: rendered.workbook.bytes,
    });
    Ok(files)
}
