use std::borrow::Cow;
use std::collections::HashMap;

use super::compose::{RehearsalCopy, needs_secure_prefix};
use super::forbidden_text::ForbiddenTexts;
use super::message::Message;
use super::roster::Roster;
use super::verify::{Expectation, verify};
use super::violation::Violation;
use super::workbook::{ExpectedSheet, Letter, OwnItem};
use crate::domain::{ReportKind, SubjectLines};
use crate::render::{self, Templates};
use crate::report::{self, Cell, Report, ReportInput, TELL_USERS, shown};
use crate::settings::MailSettings;

/// What the messages of one report are held against: the register, and the organisation's own tables
/// as they were measured, not as they were written.
#[derive(Clone, Copy)]
pub struct ReportProof<'a> {
    /// The report that the messages carry.
    pub report: &'a Report<'a>,
    /// What it was made from.
    pub input: ReportInput<'a>,
    /// Where its messages go instead, in a rehearsal.
    pub rehearsal: Option<RehearsalCopy<'a>>,
    /// Whom and how mail may be sent.
    pub settings: &'a MailSettings,
    /// What the pages were rendered with.
    pub templates: &'a Templates,
}

/// What holds of all messages of an organisation, made once for all of its reports.
#[derive(Debug)]
pub struct Bounds {
    /// Who and what they may name.
    roster: Roster,
    /// The subject lines that the organisation's policy keeps out of the email.
    must_not_appear: ForbiddenTexts,
}

impl ReportProof<'_> {
    /// What the messages of the organisation may say, and what not.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Bounds {
            roster: self.roster(),
            must_not_appear: match self.input.organisation.subject_lines {
                SubjectLines::Email => ForbiddenTexts::default(),
                _ => ForbiddenTexts::new(self.subject_lines()),
            },
        }
    }

    fn roster(&self) -> Roster {
        let (organisation, metrics) = (self.input.organisation, self.input.metrics);
        let programme = self.input.programme;
        let mut roster = Roster::new(&organisation.mail_domains);
        let differences = || metrics.schedule_differences.iter().flatten();
        let mut add = |mailbox: &str, name: Option<&str>, collection: Option<&str>| {
            roster.add_user(&shown(mailbox), name.map(shown).as_deref());
            if let Some(collection) = collection {
                roster.add_collection(&shown(collection));
            }
        };
        for row in &metrics.mailboxes {
            add(&row.address, row.name.as_deref(), row.collection.as_deref());
        }
        for row in metrics.failed_items.iter().chain(&metrics.failed_settings) {
            add(&row.mailbox, row.user.as_deref(), row.collection.as_deref());
        }
        for row in differences() {
            add(&row.address, row.name.as_deref(), row.collection.as_deref());
        }
        // Who left the schedule and the export may still be on the schedule as it was agreed.
        let changes = [
            &metrics.schedule_since_report,
            &metrics.schedule_since_frozen,
        ];
        let changes = changes
            .into_iter()
            .flatten()
            .flat_map(|since| &since.changes);
        for row in changes.clone() {
            let Some(address) = &row.address else {
                continue;
            };
            for collection in [&row.collection_before, &row.collection_now] {
                add(address, row.name.as_deref(), collection.as_deref());
            }
        }
        let mut allow = |text: &str| roster.allow(text);
        for mailbox in &metrics.mailboxes {
            allow(&mailbox.state_word);
        }
        let categories = metrics.mailboxes.iter().map(|row| &row.vip_category);
        let categories = categories.chain(differences().map(|row| &row.vip_category));
        let categories = categories.chain(changes.map(|row| &row.vip_category));
        for category in categories.flatten() {
            allow(&shown(category));
        }
        // Rules of causes are the central team's words: an action may say whom to write to.
        for cause in metrics.causes.iter().map(|of| &of.cause) {
            allow(&cause.name);
            allow(&cause.action);
            let others = [&cause.action_at_closing, &cause.told].into_iter();
            others.flatten().for_each(|text| allow(text));
        }
        if organisation.subject_lines == SubjectLines::Email {
            self.subject_lines().for_each(|subject| allow(&subject));
        }
        let kinds = ReportKind::ALL.into_iter();
        let recipients = kinds.flat_map(|kind| organisation.recipients(kind));
        let others = [&programme.contact, &self.settings.from].into_iter();
        let others = others.chain(self.rehearsal.map(|rehearsal| rehearsal.to));
        for address in recipients.chain(others) {
            allow(address.reveal());
        }
        allow(&organisation.name);
        allow(&programme.name);
        self.templates.own_texts().for_each(allow);
        roster
    }

    /// Proves the finished messages.
    ///
    /// # Errors
    /// Everything found, each once; never empty.
    pub fn verify(&self, messages: &[Message], bounds: &Bounds) -> Result<(), Vec<Violation>> {
        let (settings, input) = (self.settings, self.input);
        let (organisation, kind) = (input.organisation, self.report.model.report);
        // A rehearsal goes to the address that was given, and to nobody of the organisation.
        let recipients = match &self.rehearsal {
            Some(rehearsal) => std::slice::from_ref(rehearsal.to),
            None => organisation.recipients(kind),
        };
        let (sheets, forbidden) = (self.expected_sheets(), &bounds.must_not_appear);
        let trusted = &settings.trusted_domains;
        let expectation = Expectation {
            recipients_of_organisation: recipients,
            allowed_domains: &settings.allowed_domains,
            organisation: &organisation.code,
            report: kind,
            report_date: input.report_date,
            max_message_mib: settings.max_message_mib,
            secure_prefix_required: needs_secure_prefix(recipients, trusted, true),
            must_not_appear: forbidden,
            roster: &bounds.roster,
            sheets: &sheets,
            subject_lines: organisation.subject_lines,
            may_quote_subject_lines: settings.may_be_confidential(),
        };
        let Err(violations) = verify(messages, &expectation) else {
            return Ok(());
        };
        let is_of_a_text = |found: &Violation| {
            use Violation::{ForbiddenText, SubjectLineInWorkbook};
            matches!(found, ForbiddenText(_) | SubjectLineInWorkbook)
        };
        if !violations.iter().any(is_of_a_text) {
            return Err(violations);
        }
        // Seldom: only now is the report made that quotes no subject line, to tell whether it says
        // the same.
        let Ok(must_not_appear) = self.less_those_said_anyhow(forbidden.clone()) else {
            return Err(violations);
        };
        let must_not_appear = &must_not_appear;
        let expectation = Expectation {
            must_not_appear,
            ..expectation
        };
        verify(messages, &expectation)
    }

    /// Of every failed item that has one, as reports print it.
    fn subject_lines(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let metrics = self.input.metrics;
        let items = metrics.failed_items.iter().chain(&metrics.failed_settings);
        let subjects = items.filter_map(|item| item.subject.as_deref());
        subjects.map(shown)
    }

    /// The sheets that the workbook must have; those that must be complete by what was measured, and
    /// not by what was written.
    fn expected_sheets(&self) -> Vec<ExpectedSheet<'_>> {
        let kind = self.report.model.report;
        let complete = report::complete_sheets(kind, self.input);
        let lists = &self.report.lists_to_work;
        let complete = complete.iter().chain(lists).map(|sheet| {
            let mailboxes = sheet.mailboxes.iter().copied().map(shown);
            let mailboxes: Vec<_> = mailboxes.collect();
            ExpectedSheet {
                letters: (sheet.sheet == TELL_USERS).then(|| self.letters(&sheet.mailboxes)),
                name: sheet.sheet.clone(),
                rows: mailboxes.len(),
                mailboxes: Some(mailboxes),
                ..ExpectedSheet::default()
            }
        });
        let mut expected: Vec<ExpectedSheet<'_>> = complete.collect();
        for sheet in &self.report.workbook.sheets {
            if expected.iter().all(|complete| complete.name != sheet.name) {
                expected.push(ExpectedSheet {
                    name: sheet.name.clone(),
                    rows: sheet.rows.len(),
                    ..ExpectedSheet::default()
                });
            }
            let mut known = expected.iter_mut();
            if let Some(known) = known.find(|known| known.name == sheet.name) {
                known.chart_titles = sheet.charts.iter().map(|chart| chart.title).collect();
            }
        }
        expected
    }

    /// What may stand in a letter to the user of each of these mailboxes. The tables are sorted by
    /// mailbox.
    fn letters<'a>(&'a self, addresses: &[&'a str]) -> HashMap<Cow<'a, str>, Letter<'a>> {
        let (mailboxes, items) = (
            &self.input.metrics.mailboxes,
            &self.input.metrics.failed_items,
        );
        let letter = |address: &&'a str| {
            let (own, address) = (shown(address), *address);
            let place = mailboxes.partition_point(|mailbox| mailbox.address.as_str() < address);
            let mailbox = mailboxes
                .get(place)
                .filter(|mailbox| mailbox.address == address);
            let target = mailbox.and_then(|mailbox| mailbox.target.as_deref());
            let first = items.partition_point(|item| &*item.mailbox < address);
            let own_items = items.iter().skip(first);
            let own_items = own_items.take_while(|item| &*item.mailbox == address);
            let letter = Letter {
                addresses: target.map(shown).into_iter().chain([own.clone()]).collect(),
                items: own_items
                    .map(|item| OwnItem {
                        subject: item.subject.as_deref().map(shown),
                        folder: item.folder.as_deref().map(shown),
                    })
                    .collect(),
            };
            (own, letter)
        };
        addresses.iter().map(letter).collect()
    }

    /// Those of `forbidden` that the report would not say without any subject line: somebody's
    /// message may be called “Failed Item Report”.
    fn less_those_said_anyhow(
        &self,
        forbidden: ForbiddenTexts,
    ) -> Result<ForbiddenTexts, render::RenderError> {
        let mut metrics = self.input.metrics.clone();
        let items = metrics.failed_items.iter_mut();
        for item in items.chain(&mut metrics.failed_settings) {
            (item.subject, item.folder, item.error_text) = (None, None, None);
            (item.kind, item.error_code) = (None, None);
        }
        for mailbox in &mut metrics.mailboxes {
            mailbox.last_error = None;
        }
        // A person's reason is not what a report says anyhow: it may quote a subject line.
        let input = ReportInput {
            metrics: &metrics,
            replacement: None,
            ..self.input
        };
        let said = report::write(self.report.model.report, input);
        let (page, text) = render::words(&said.model, self.templates)?;
        let forbidden = forbidden.less_those_said_anyhow(&page, &text);
        if input.organisation.subject_lines != SubjectLines::Withheld {
            return Ok(forbidden);
        }
        let sheets = said.workbook.sheets.iter();
        let cells = sheets.flat_map(|sheet| {
            let headings = sheet.columns().iter().map(|column| column.heading);
            let above = sheet.introduction.iter().map(|line| line.text.as_str());
            let cells = sheet.rows.iter().flatten().filter_map(Cell::text);
            headings.chain(above).chain(cells)
        });
        Ok(forbidden.less_those_in(cells))
    }
}
