//! Tells the central team what came of a day: an email, and pages in the archive. The reports are
//! out by then: what fails here is said, and stops nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::console::Console;
use super::day::Day;
use super::failure::{ExitCode, Failure};
use super::reading::{Reading, due_at};
use super::session::Session;
use super::setup::{Setup, templates};
use super::standing::Standing;
use super::transport::messages_per_minute;
use super::wording::{day_and_time, time_of_day};
use crate::archive::{self, Archive, ArchivedFile, Readers, SummaryPlace};
use crate::delivery::{DeliverySummary, Letter, Pace, Rehearsal, Transport};
use crate::domain::hexadecimal;
use crate::domain::plural::count_of;
use crate::domain::{DeliveryCounts, DeliveryState, OrganisationCode, ReportDate, ReportKind};
use crate::history::OrganisationDay;
use crate::mail::{self, SummaryEnvelope, SummaryKey, SummaryMessage};
use crate::render;
use crate::report::{
    self, ArchivedDay, DayRecord, EarlierDays, EditionLink, NotMade, OrganisationFigures,
    OrganisationOutcome, ProgressDay, SummaryInput, SummaryModel, absence,
};
use crate::settings::{Mistake, Organisation, Settings};

/// So many days before are looked at for deliveries that a person must see to.
const EARLIER_DAYS: u64 = 7;
/// What the archive notes of an edition.
const RECORD: &str = "record.json";
/// To whom an edition went: by the digits that stand for a recipient, what became of it.
const SENT: &str = "sent.json";

/// What was measured of an organisation.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    /// `None` where its exports could not be used.
    pub(super) figures: Option<OrganisationFigures>,
    days: Vec<ProgressDay>,
}

impl Measured {
    pub(super) fn of(setup: &Setup, organisation: &Organisation, reading: &Reading) -> Self {
        let date = setup.report_date;
        let Some(metrics) = &reading.metrics else {
            let window = setup
                .history
                .as_ref()
                .ok()
                .map(|history| history.organisation_days(&organisation.code, date));
            let days = window.map(|window| window.days).unwrap_or_default();
            return Self {
                figures: None,
                days: days.iter().filter_map(progress).collect(),
            };
        };
        let not_made = ReportKind::ALL
            .into_iter()
            .filter(|report| !organisation.recipients(*report).is_empty())
            .filter_map(|report| {
                let reason = absence(report, organisation, metrics, date)?;
                Some(NotMade {
                    report,
                    reason: reason.to_owned(),
                })
            });
        let today = || {
            let whole = &metrics.whole;
            Some(ProgressDay {
                date: date.day(),
                attempted: whole.items_attempted?,
                total: whole.items_total?,
            })
        };
        Self {
            figures: Some(OrganisationFigures::of(
                metrics,
                organisation.stage,
                date,
                not_made.collect(),
            )),
            days: metrics
                .days
                .iter()
                .filter(|day| day.date != date)
                .filter_map(progress)
                .chain(today())
                .collect(),
        }
    }
}

/// How far an organisation was on a day of its history, where its exports said so.
fn progress(day: &OrganisationDay) -> Option<ProgressDay> {
    Some(ProgressDay {
        date: day.date.day(),
        attempted: day.figures.items_attempted?,
        total: day.figures.items_total?,
    })
}

/// What a day brought, by organisation.
#[derive(Debug, Default)]
pub(super) struct Mornings {
    /// What was measured.
    pub(super) measured: BTreeMap<OrganisationCode, Measured>,
    /// Why organisations get nothing.
    pub(super) held: BTreeMap<OrganisationCode, Vec<String>>,
    changed: BTreeMap<OrganisationCode, Vec<String>>,
    messages: BTreeMap<OrganisationCode, DeliveryCounts>,
    unknown: BTreeMap<OrganisationCode, Vec<i64>>,
    earlier: EarlierDays,
}

/// Writes the Run Summary and the pages of the archive, and sends it, unless it says what was sent
/// before.
pub(super) fn tell_the_central_team(
    day: &Day<'_>,
    session: &Session,
    standing: &Standing,
    sent: &DeliverySummary,
    transport: &mut dyn Transport,
    console: &Console,
) {
    if let Err(failure) = tell(day, session, standing, sent, transport, console) {
        console.warning(&format!(
            "The Run Summary is not as it should be; reports and deliveries are. {failure}"
        ));
    }
}

fn tell(
    day: &Day<'_>,
    session: &Session,
    standing: &Standing,
    sent: &DeliverySummary,
    transport: &mut dyn Transport,
    console: &Console,
) -> Result<(), Failure> {
    let setup = day.setup;
    let mut mornings = Mornings {
        measured: day.measured.clone(),
        held: day.held.clone(),
        changed: day.changed.iter().cloned().collect(),
        ..Mornings::default()
    };
    for delivery in standing.deliveries() {
        let code = &delivery.key.organisation;
        mornings
            .messages
            .entry(code.clone())
            .or_default()
            .add(delivery.state, 1);
        if delivery.state == DeliveryState::Unknown {
            mornings
                .unknown
                .entry(code.clone())
                .or_default()
                .push(delivery.id.number());
        }
    }
    mornings.earlier = earlier(setup, session)?;
    let model = report::run_summary(&morning(setup, &mornings, false));
    let content = fingerprint(&model)?;
    let edition = next_edition(setup, &day.archive, content, &model)?;
    let model = model.as_edition(
        edition.place.edition,
        edition.record.made_at.map(|at| made_at(setup, at)),
    );
    send(
        setup,
        &day.archive,
        &edition,
        &model,
        sent.unreachable.is_some(),
        transport,
        console,
    )?;
    write_pages(setup, &day.archive, &model)?;
    Ok(())
}

/// Deliveries of the week before that a person must see to.
fn earlier(setup: &Setup, session: &Session) -> Result<EarlierDays, Failure> {
    let mut earlier = EarlierDays::default();
    for date in (1..=EARLIER_DAYS).filter_map(|days| setup.report_date.days_before(days)) {
        let standing = Standing::of(&setup.register, &session.ledger, date, &setup.codes())?;
        earlier.unknown += standing.count(DeliveryState::Unknown) as u64;
        earlier.expired += standing.count(DeliveryState::Expired) as u64;
    }
    Ok(earlier)
}

fn morning<'a>(setup: &'a Setup, mornings: &Mornings, is_preview: bool) -> SummaryInput<'a> {
    let of = |organisation: &Organisation| {
        let code = &organisation.code;
        let measured = mornings.measured.get(code).cloned().unwrap_or_default();
        OrganisationOutcome {
            code: Some(code.clone()),
            name: organisation.name.clone(),
            stage: Some(organisation.stage),
            held: mornings.held.get(code).cloned().unwrap_or_default(),
            changed: mornings.changed.get(code).cloned().unwrap_or_default(),
            mistakes: Vec::new(),
            messages: mornings.messages.get(code).cloned().unwrap_or_default(),
            unknown: mornings.unknown.get(code).cloned().unwrap_or_default(),
            figures: measured.figures,
            days: measured.days,
        }
    };
    let mut organisations: Vec<OrganisationOutcome> =
        setup.register.organisations.iter().map(of).collect();
    let mut faulty: BTreeMap<&OrganisationCode, Vec<String>> = BTreeMap::new();
    for row in &setup.register.faulty {
        if let Some(code) = &row.code {
            faulty
                .entry(code)
                .or_default()
                .extend(row.mistakes.iter().map(place_of));
        }
    }
    organisations.extend(
        faulty
            .into_iter()
            .map(|(code, mistakes)| OrganisationOutcome {
                code: Some(code.clone()),
                mistakes,
                ..OrganisationOutcome::default()
            }),
    );
    SummaryInput {
        programme: &setup.settings.programme,
        report_date: setup.report_date,
        is_preview,
        organisations,
        unreadable_rows: setup
            .register
            .faulty
            .iter()
            .filter(|row| row.code.is_none())
            .count() as u64,
        earlier: mornings.earlier,
    }
}

/// Where a mistake is. What it says may quote an address of the register, which an email need not
/// repeat.
fn place_of(mistake: &Mistake) -> String {
    match (mistake.line, &mistake.key) {
        (Some(line), Some(column)) => format!("Line {line}, column {column}."),
        (Some(line), None) => format!("Line {line}."),
        (None, _) => "The register as a whole.".to_owned(),
    }
}

/// An edition of the day's Run Summary, and whether it is new.
struct Edition {
    place: SummaryPlace,
    record: DayRecord,
    is_new: bool,
}

/// The newest edition, where it says the same; else the next.
fn next_edition(
    setup: &Setup,
    archive: &Archive,
    content: String,
    model: &SummaryModel,
) -> Result<Edition, Failure> {
    let Some(newest) = archive.newest_summary(setup.report_date)? else {
        let place = SummaryPlace {
            report_date: setup.report_date,
            edition: 1,
        };
        return Ok(Edition {
            place,
            record: DayRecord::of(model, content, None),
            is_new: true,
        });
    };
    match record_of(archive, newest).filter(|record| record.content == content) {
        Some(record) => Ok(Edition {
            place: newest,
            record,
            is_new: false,
        }),
        None => {
            let place = SummaryPlace {
                edition: newest.edition + 1,
                ..newest
            };
            Ok(Edition {
                place,
                record: DayRecord::of(model, content, Some(Utc::now())),
                is_new: true,
            })
        }
    }
}

fn record_of(archive: &Archive, place: SummaryPlace) -> Option<DayRecord> {
    serde_json::from_slice(&archive.read_summary(place, RECORD).ok()?).ok()
}

/// A fingerprint of a first edition: of all that it says, and of nothing that differs from run to
/// run.
fn fingerprint(model: &SummaryModel) -> Result<String, Failure> {
    let written = json(serde_json::to_vec_pretty(model))?;
    Ok(hexadecimal::encode(&Sha256::digest(written)))
}

/// A file of what was written as JSON.
fn json(written: Result<Vec<u8>, serde_json::Error>) -> Result<Vec<u8>, Failure> {
    let unwritable = |error: serde_json::Error| {
        Failure::new(
            ExitCode::Unexpected,
            format!("the Run Summary cannot be written as JSON: {error}"),
        )
    };
    let mut bytes = written.map_err(unwritable)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// “08:14”, with the day where it is not the report date.
fn made_at(setup: &Setup, at: DateTime<Utc>) -> String {
    let time_zone = setup.settings.programme.time_zone;
    let is_today = at.with_timezone(&time_zone).date_naive() == setup.report_date.day();
    if is_today {
        time_of_day(at, time_zone)
    } else {
        day_and_time(at, time_zone)
    }
}

/// Archives an edition that is new, and sends it to whoever has not got it. Before a message is
/// handed over it is noted that it may arrive: what was interrupted is not repeated.
fn send(
    setup: &Setup,
    archive: &Archive,
    edition: &Edition,
    model: &SummaryModel,
    is_unreachable: bool,
    transport: &mut dyn Transport,
    console: &Console,
) -> Result<(), Failure> {
    let place = edition.place;
    let key = |recipient: &crate::domain::EmailAddress| SummaryKey {
        report_date: place.report_date,
        edition: place.edition,
        recipient: recipient.clone(),
    };
    let mut went: BTreeMap<String, DeliveryState> = if edition.is_new {
        BTreeMap::new()
    } else {
        archive
            .read_summary(place, SENT)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    };
    let is_waiting =
        |state: Option<&DeliveryState>| state.is_none_or(|state| *state == DeliveryState::Deferred);
    let mut waiting: Vec<SummaryKey> = setup
        .settings
        .programme
        .summary_to
        .iter()
        .map(key)
        .collect();
    waiting.retain(|key| is_waiting(went.get(&key.recipient_digest())));
    if !edition.is_new && waiting.is_empty() {
        return Ok(());
    }
    let (files, messages) = edition_files(setup, edition, model, &waiting)?;
    if edition.is_new {
        archive.write_summary(place, &files)?;
    } else {
        // What is there stays: a message of whoever was added joins it.
        for file in files
            .iter()
            .filter(|file| archive.read_summary(place, &file.name).is_err())
        {
            archive.replace_in_summary(place, &file.name, &file.bytes)?;
        }
    }
    if is_unreachable {
        console.warning(
            "The Run Summary is archived and was not sent, since the server was not \
             reached: the next run of the day sends it.",
        );
        return Ok(());
    }
    let pace = Pace {
        messages_per_minute: messages_per_minute(&setup.settings),
        despite_back_off: false,
        clock: &Utc::now,
        sleep: &std::thread::sleep,
    };
    let mut sending = Rehearsal::new(transport, pace);
    for message in &messages {
        let recipient = message.key.recipient_digest();
        went.insert(recipient.clone(), DeliveryState::Sending);
        archive.replace_in_summary(place, SENT, &json(serde_json::to_vec_pretty(&went))?)?;
        let (state, reason) = sending
            .send_letter(&Letter::of_summary(message))
            .unwrap_or((
                DeliveryState::Deferred,
                "the server had failed too often before".to_owned(),
            ));
        went.insert(recipient, state);
        archive.replace_in_summary(place, SENT, &json(serde_json::to_vec_pretty(&went))?)?;
        if state == DeliveryState::Accepted {
            console.detail(&format!(
                "Run Summary to {}: {state}: {reason}",
                message.key.recipient
            ));
        } else {
            console.warning(&format!(
                "Run Summary to {}: {state}: {reason}",
                message.key.recipient
            ));
        }
    }
    let summary = sending.finish();
    let accepted = summary.count(DeliveryState::Accepted);
    if accepted > 0 {
        let number = if place.edition > 1 {
            format!(", edition {},", place.edition)
        } else {
            String::new()
        };
        console.info(&format!(
            "Run Summary{number} sent to {}",
            count_of(accepted, "recipient")
        ));
    }
    Ok(())
}

/// Everything that the folder of an edition holds, and its messages to `recipients`, in their
/// order.
fn edition_files(
    setup: &Setup,
    edition: &Edition,
    model: &SummaryModel,
    recipients: &[SummaryKey],
) -> Result<(Vec<ArchivedFile>, Vec<SummaryMessage>), Failure> {
    let settings = &setup.settings;
    let unmade = |error: String| {
        Failure::new(
            ExitCode::Unexpected,
            format!("the Run Summary could not be made: {error}"),
        )
    };
    let rendered = render::run_summary(model, &report::summary_workbook(model), &setup.templates)
        .map_err(|error| unmade(error.to_string()))?;
    let time_zone = settings.programme.time_zone;
    // The first edition is due with the reports; the clock has no part in it.
    let date = edition
        .record
        .made_at
        .map_or_else(
            || due_at(setup.report_date, time_zone),
            |at| at.with_timezone(&time_zone),
        )
        .fixed_offset();
    let message = |key: &SummaryKey| {
        let envelope = SummaryEnvelope {
            key,
            from: &settings.mail.from,
            from_name: &settings.programme.name,
            reply_to: &settings.programme.contact,
            date,
        };
        mail::compose_summary(&rendered, &envelope).map_err(|error| unmade(error.to_string()))
    };
    let messages = recipients
        .iter()
        .map(message)
        .collect::<Result<Vec<_>, _>>()?;
    let mut files = vec![
        ArchivedFile {
            name: "model.json".to_owned(),
            bytes: json(serde_json::to_vec_pretty(model))?,
        },
        ArchivedFile {
            name: RECORD.to_owned(),
            bytes: json(serde_json::to_vec_pretty(&edition.record))?,
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
    files.extend(messages.iter().map(|message| ArchivedFile {
        name: format!("message-{}.eml", message.key.recipient_digest()),
        bytes: message.bytes.clone(),
    }));
    Ok((files, messages))
}

/// Writes the page of the day, with links to all that the archive has of it, and the page of all
/// days.
fn write_pages(setup: &Setup, archive: &Archive, model: &SummaryModel) -> Result<(), Failure> {
    let editions = archive.editions(setup.report_date)?;
    let html = render::day_page(
        &report::day_page(model, &links(editions), true),
        &setup.templates,
    )?;
    archive.write_day_page(setup.report_date, &html)?;
    write_page_of_all_days(archive, &setup.settings, &setup.templates)
}

fn links(editions: Vec<(OrganisationCode, ReportKind, u32)>) -> Vec<EditionLink> {
    editions
        .into_iter()
        .map(|(organisation, report, edition)| EditionLink {
            organisation,
            report,
            edition,
        })
        .collect()
}

/// Writes the page of a day anew, as its newest Run Summary has it, with links to editions that
/// were made since. Without a Run Summary there is no page.
pub(super) fn refresh_day_page(setup: &Setup, archive: &Archive, console: &Console) {
    let refresh = || -> Result<(), Failure> {
        let Some(newest) = archive.newest_summary(setup.report_date)? else {
            return Ok(());
        };
        let model = archive.read_summary(newest, "model.json")?;
        let damaged = |error: serde_json::Error| {
            Failure::new(
                ExitCode::Unexpected,
                format!(
                    "the model of Run Summary {} is damaged: {error}",
                    newest.edition
                ),
            )
        };
        write_pages(
            setup,
            archive,
            &serde_json::from_slice(&model).map_err(damaged)?,
        )
    };
    if let Err(failure) = refresh() {
        console.warning(&format!(
            "The archive's page of {} is as it was before: {failure}",
            setup.report_date
        ));
    }
}

/// Writes the page of all days, after some were removed; none where nothing was ever archived.
///
/// # Errors
/// [`Failure`] where the archive or own templates cannot be read, or the page cannot be written.
pub(super) fn write_archive_page(archive: &Archive, settings: &Settings) -> Result<(), Failure> {
    if !archive.folder().is_dir() {
        return Ok(());
    }
    write_page_of_all_days(archive, settings, &templates(settings)?)
}

fn write_page_of_all_days(
    archive: &Archive,
    settings: &Settings,
    templates: &render::Templates,
) -> Result<(), Failure> {
    let day = |date: ReportDate| -> Result<ArchivedDay, Failure> {
        let record = archive
            .newest_summary(date)?
            .and_then(|newest| record_of(archive, newest));
        Ok(ArchivedDay { date, record })
    };
    let days = archive
        .days()?
        .into_iter()
        .map(day)
        .collect::<Result<Vec<_>, _>>()?;
    archive.write_page(&render::archive_page(
        &report::archive_page(&settings.programme, &days),
        templates,
    )?)?;
    Ok(())
}

/// Writes the Run Summary of a preview into its folder: what it would say of reports, without
/// deliveries. Gives its page.
///
/// # Errors
/// [`Failure`] where it cannot be made or written.
pub(super) fn preview(setup: &Setup, mornings: &Mornings, out: &Path) -> Result<PathBuf, Failure> {
    let model = report::run_summary(&morning(setup, mornings, true));
    let place = SummaryPlace {
        report_date: setup.report_date,
        edition: 1,
    };
    let edition = Edition {
        place,
        record: DayRecord::of(&model, fingerprint(&model)?, None),
        is_new: true,
    };
    let recipients = setup
        .settings
        .programme
        .summary_to
        .iter()
        .map(|recipient| SummaryKey {
            report_date: setup.report_date,
            edition: 1,
            recipient: recipient.clone(),
        });
    let (files, _) = edition_files(setup, &edition, &model, &recipients.collect::<Vec<_>>())?;
    archive::write_folder(&out.join(place.below_dates()), &files)?;
    let editions = mornings.measured.keys().flat_map(|organisation| {
        ReportKind::ALL.into_iter().map(|report| EditionLink {
            organisation: organisation.clone(),
            report,
            edition: 1,
        })
    });
    let day = out.join(setup.report_date.to_string());
    let is_there = |edition: &EditionLink| {
        let below = format!(
            "{}/{}/edition-1/report.html",
            edition.organisation,
            edition.report.name()
        );
        day.join(below).is_file()
    };
    let page = day.join("index.html");
    let html = render::day_page(
        &report::day_page(
            &model,
            &editions.filter(is_there).collect::<Vec<_>>(),
            false,
        ),
        &setup.templates,
    )?;
    archive::replace_file(&page, html.as_bytes(), Readers::Owner)?;
    Ok(page)
}
