use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::sent::{json, was_sent};
use crate::archive::{Archive, ArchivedFile, SummaryPlace};
use crate::day::clock::{day_and_time, due_at, time_of_day};
use crate::day::context::Context;
use crate::day::error::DayError;
use crate::day::files::{message_file, rendered_files};
use crate::domain::{ReportDate, hexadecimal};
use crate::mail::{self, SummaryEnvelope, SummaryKey, SummaryMessage};
use crate::render;
use crate::report::{self, DayRecord, SummaryModel};

/// What the archive notes of an edition.
pub(super) const RECORD: &str = "record.json";

/// An edition of the day's Run Summary.
pub(super) struct SummaryEdition {
    pub(super) place: SummaryPlace,
    record: DayRecord,
    /// Whether it is not in the archive yet.
    pub(super) is_new: bool,
}

impl SummaryEdition {
    /// The first edition of a day.
    pub(super) fn first(report_date: ReportDate, model: &SummaryModel) -> Result<Self, DayError> {
        Ok(Self {
            place: SummaryPlace {
                report_date,
                edition: 1,
            },
            record: DayRecord::of(model, fingerprint(model)?, None),
            is_new: true,
        })
    }

    /// The newest edition of the archive, where it says the same as `model`; else the next. With the
    /// model as that edition says it.
    pub(super) fn next(
        context: &Context,
        model: SummaryModel,
    ) -> Result<(Self, SummaryModel), DayError> {
        let mut edition = Self::first(context.report_date, &model)?;
        if let Some(newest) = context.archive.newest_summary(context.report_date)? {
            match record_of(&context.archive, newest) {
                Some(record) if record.content == edition.record.content => {
                    edition = Self {
                        place: newest,
                        record,
                        is_new: false,
                    };
                }
                _ => {
                    edition.place.edition = newest.edition + 1;
                    edition.record =
                        DayRecord::of(&model, edition.record.content, Some(Utc::now()));
                }
            }
        }
        let made_at = edition.record.made_at.map(|at| made_at(context, at));
        let replaces = (1..edition.place.edition).any(|earlier| {
            let place = SummaryPlace {
                edition: earlier,
                ..edition.place
            };
            was_sent(&context.archive, place)
        });
        let model = model.as_edition(edition.place.edition, made_at, replaces);
        Ok((edition, model))
    }

    /// A key for each recipient of the settings.
    pub(super) fn deliveries(&self, context: &Context) -> Vec<SummaryKey> {
        let key = |recipient: &crate::domain::EmailAddress| SummaryKey {
            report_date: self.place.report_date,
            edition: self.place.edition,
            recipient: recipient.clone(),
        };
        let recipients = &context.settings.programme.summary_to;
        recipients.iter().map(key).collect()
    }

    /// Everything that the edition's folder holds, and its messages to `recipients`, in their order.
    pub(super) fn files(
        &self,
        context: &Context,
        model: &SummaryModel,
        recipients: &[SummaryKey],
    ) -> Result<(Vec<ArchivedFile>, Vec<SummaryMessage>), DayError> {
        let (mail, programme) = (&context.settings.mail, &context.settings.programme);
        let workbook = report::summary_workbook(model);
        let rendered = render::run_summary(model, &workbook, &context.templates).map_err(unmade)?;
        // The first edition is due with the reports; the clock has no part in it.
        let date = match self.record.made_at {
            Some(at) => at.with_timezone(&programme.time_zone),
            None => due_at(context.report_date, programme.time_zone),
        };
        let message = |key: &SummaryKey| {
            let envelope = SummaryEnvelope {
                key,
                from: &mail.from,
                from_name: &programme.name,
                reply_to: &programme.contact,
                date: date.fixed_offset(),
            };
            mail::compose_summary(&rendered, &envelope).map_err(unmade)
        };
        let messages: Vec<SummaryMessage> =
            recipients.iter().map(message).collect::<Result<_, _>>()?;
        let mut files = vec![json("model.json", model)?, json(RECORD, &self.record)?];
        files.extend(rendered_files(rendered));
        for SummaryMessage { key, bytes, .. } in &messages {
            files.push(message_file(&key.recipient_digest(), bytes.clone()));
        }
        Ok((files, messages))
    }
}

/// What the archive notes of an edition; `None` where it is not there or damaged.
pub(super) fn record_of(archive: &Archive, place: SummaryPlace) -> Option<DayRecord> {
    serde_json::from_slice(&archive.read_summary(place, RECORD).ok()?).ok()
}

/// A fingerprint of a first edition: of all that it says, and of nothing that differs from run to
/// run.
fn fingerprint(model: &SummaryModel) -> Result<String, DayError> {
    let written = json("model.json", model)?.bytes;
    Ok(hexadecimal::encode(&Sha256::digest(written)))
}

/// “08:14”, with the day where it is not the report date.
fn made_at(context: &Context, at: DateTime<Utc>) -> String {
    let time_zone = context.settings.programme.time_zone;
    if at.with_timezone(&time_zone).date_naive() == context.report_date.day() {
        time_of_day(at, time_zone)
    } else {
        day_and_time(at, time_zone)
    }
}

fn unmade(error: impl std::fmt::Display) -> DayError {
    DayError::Summary(format!("the Run Summary could not be made: {error}"))
}
