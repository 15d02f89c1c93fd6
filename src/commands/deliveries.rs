use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::answer::{DeliveriesAnswer, DeliveryLine};
use super::console::Console;
use super::failure::{ExitCode, Failure};
use super::open_day::begin_session;
use super::reissue::Reason;
use super::resend::find;
use crate::day::{
    LedgerCheck, day_and_time, decision, doubt_of_listed, expires_at, ledger_place, nothing_there,
    read_date, time_of_day,
};
use crate::delivery::{
    AuditAction, AuditEntry, DeliveryFilter, DeliveryId, DeliveryRecord, Ledger, StateNote,
    WANTED_AGAIN,
};
use crate::domain::plural::counted;
use crate::domain::{DeliveryCounts, DeliveryState, OrganisationCode, ReportDate};
use crate::mail::DeliveryKey;
use crate::render::wrapped;
use crate::settings::{Register, Settings};

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListFormat {
    Table,
    Json,
    Csv,
}

/// What a person found out about a delivery of which it was unknown whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// It arrived, and is not sent again.
    Accepted,
    /// It did not, and is to be sent again.
    Resend,
}

const HEADINGS: [&str; 12] = [
    "id",
    "report_date",
    "organisation",
    "report",
    "edition",
    "recipient",
    "state",
    "attempts",
    "changed_at",
    "due_again_at",
    "because",
    "message_id",
];

/// What is said wherever deliveries lie in the outbox.
pub(super) const NOT_SENT: &str = "What lies in the outbox has not left this machine: once transport \
                                   is smtp or\nsendmail, a run of its day sends it.";

/// Lists deliveries: of the newest day, or those that are asked for. Recipients are shown: they are staff
/// whom the register names, and whoever sees to a delivery must know whose it is.
pub(crate) fn deliveries(
    settings: Option<&Path>,
    date: Option<&str>,
    organisations: &[OrganisationCode],
    states: &[DeliveryState],
    format: ListFormat,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let now = Utc::now();
    let read = |date| read_date("--date", date, &settings);
    let report_date = date.map(read).transpose()?;
    let ledger = Ledger::open_read_only(&ledger_place(&settings)?)?;
    console.warnings(nothing_there(&settings));
    let is_unasked = date.is_none() && organisations.is_empty() && states.is_empty();
    let report_date = if is_unasked {
        ledger.newest_date()?
    } else {
        report_date
    };
    let records = ledger.deliveries(&DeliveryFilter {
        report_date,
        organisations: (!organisations.is_empty())
            .then(|| with_former_codes(organisations, &settings)),
        states: states.to_vec(),
        ..DeliveryFilter::default()
    })?;
    console.warnings(doubt_of_listed(&settings, &ledger, report_date, &records)?);
    need_known(organisations, &settings, |code| {
        let filter = DeliveryFilter {
            organisations: Some(vec![code.clone()]),
            ..DeliveryFilter::default()
        };
        ledger
            .deliveries(&filter)
            .is_ok_and(|known| !known.is_empty())
    })?;
    if let (true, Some(date)) = (records.is_empty(), date.and(report_date)) {
        let all = ledger.deliveries(&DeliveryFilter::of_date(date))?;
        console.warnings(all.is_empty().then(|| nothing_of(date)));
    }
    match format {
        ListFormat::Table => table(&records, settings.programme.time_zone, now, console)?,
        ListFormat::Json => console.answer(&DeliveriesAnswer {
            deliveries: records.iter().map(|record| line_of(record, now)).collect(),
        })?,
        ListFormat::Csv => {
            console.result(&HEADINGS.join(","))?;
            for record in &records {
                let cells = values(record, now).map(|value| csv_cell(&plain(&value)));
                console.result(&cells.join(","))?;
            }
        }
    }
    Ok(ExitCode::Done)
}

/// That the ledger has nothing of a day.
pub(super) fn nothing_of(date: ReportDate) -> String {
    format!("The ledger has nothing of {date}: no run has prepared anything of that day.")
}

/// Refuses a code that nobody has: a slip would look as if nothing had been sent.
pub(super) fn need_known(
    organisations: &[OrganisationCode],
    settings: &Settings,
    has_deliveries: impl Fn(&OrganisationCode) -> bool,
) -> Result<(), Failure> {
    let path = &settings.programme.register;
    // One that cannot be read is told by every run; what was sent can be asked for all the same.
    let Ok(register) = Register::load(path, &settings.mail.allowed_domains) else {
        return Ok(());
    };
    let is_known = |code: &OrganisationCode| {
        let mut rows = register.faulty.iter();
        register.organisation(code).is_some()
            || register.former_codes().any(|(former, _)| former == code)
            || rows.any(|row| row.code.as_ref() == Some(code))
            || has_deliveries(code)
    };
    match organisations.iter().find(|code| !is_known(code)) {
        None => Ok(()),
        Some(code) => Err(Failure::new(
            ExitCode::Usage,
            format!(
                "--organisation {code}: there is no such organisation in {}, and the ledger has \
                 nothing of it",
                path.display()
            ),
        )),
    }
}

/// Organisations, and the codes that the register says they had before, as far as it can be read.
fn with_former_codes(
    organisations: &[OrganisationCode],
    settings: &Settings,
) -> Vec<OrganisationCode> {
    let mut all = organisations.to_vec();
    let register = Register::load(&settings.programme.register, &settings.mail.allowed_domains);
    for code in organisations {
        let known = register.as_ref().ok();
        let organisation = known.and_then(|register| register.organisation(code));
        all.extend(organisation.iter().flat_map(|one| one.formerly.clone()));
    }
    all
}

/// Writes down what a person found out about an unknown delivery, or that what one was refused for
/// is mended. One that is to be sent again is due at once, in the next run of its day, under the
/// same Message-ID.
pub(crate) fn resolve(
    settings: Option<&Path>,
    id: DeliveryId,
    resolution: Resolution,
    why: Option<Reason>,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let mut session = begin_session(&settings, LedgerCheck::default(), console)?;
    let now = Utc::now();
    let usage = |message: String| Failure::new(ExitCode::Usage, message);
    let record = find(&session.ledger, id)?;
    let found = match (record.state, resolution) {
        (DeliveryState::Unknown, _) => "a person found that it did not arrive",
        (DeliveryState::Refused | DeliveryState::Expired, Resolution::Resend) => WANTED_AGAIN,
        (state, _) => {
            return Err(usage(format!(
                "delivery {id} is {state}: only an unknown one waits to be resolved, and a refused or \
                 expired one may be sent again (--resend)"
            )));
        }
    };
    let key = &record.key;
    let (ledger, report) = (&mut session.ledger, key.report);
    let newest = ledger.edition(key.report_date, &key.organisation, report)?;
    let is_newest = newest.is_none_or(|newest| newest.edition == key.edition);
    let expires_at = expires_at(&settings, &record);
    let (state, reason, said) = match resolution {
        Resolution::Accepted => (
            DeliveryState::Accepted,
            "a person found that it arrived".to_owned(),
            "noted as accepted".to_owned(),
        ),
        Resolution::Resend if !is_newest => (
            DeliveryState::Superseded,
            format!("{found}; a newer edition stands in its place"),
            "not sent again, since a newer edition was made; noted as superseded".to_owned(),
        ),
        Resolution::Resend if expires_at <= now && record.state != DeliveryState::Expired => {
            let since = day_and_time(expires_at, settings.programme.time_zone);
            return Err(usage(format!(
                "delivery {id} has been too old to be sent since {since}: reissue the report \
                 instead"
            )));
        }
        Resolution::Resend => (
            DeliveryState::Deferred,
            found.to_owned(),
            format!(
                "sent again, with the same Message-ID, by the next run --date {}",
                key.report_date
            ),
        ),
    };
    // What is overwritten stays in the log.
    ledger.note_decision(&AuditEntry {
        report_date: Some(key.report_date),
        organisation: Some(key.organisation.clone()),
        why: why.map(String::from),
        detail: Some(json!({
            "delivery": id.number(),
            "was": record.state,
            "reply": record.server_reply,
            "reason": record.reason,
            "is": state,
        })),
        ..decision(AuditAction::Resolve)
    })?;
    ledger.record(id, state, &StateNote::reason(reason), now)?;
    console.result(&format!(
        "Delivery {id}, {} {} of {} to {}: {said}.",
        key.organisation,
        key.report,
        key.report_date,
        key.recipient.reveal()
    ))?;
    Ok(ExitCode::Done)
}

/// What a list has of a delivery.
pub(super) fn line_of(record: &DeliveryRecord, now: DateTime<Utc>) -> DeliveryLine {
    let key = &record.key;
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    DeliveryLine {
        id: record.id.number(),
        report_date: key.report_date.to_string(),
        organisation: key.organisation.as_str().to_owned(),
        report: key.report.name().to_owned(),
        edition: key.edition,
        recipient: key.recipient.reveal().to_owned(),
        state: record.state.name().to_owned(),
        attempts: record.attempts,
        changed_at: time(record.updated_at),
        due_again_at: record.waits_until(now).map(time),
        because: record.explanation().map(str::to_owned),
        message_id: record.message_id.clone(),
    }
}

/// The same, in the order of [`HEADINGS`].
fn values(record: &DeliveryRecord, now: DateTime<Utc>) -> [Value; 12] {
    let mut fields = json!(line_of(record, now));
    HEADINGS.map(|heading| fields.get_mut(heading).map(Value::take).unwrap_or_default())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A cell that a spreadsheet takes as text: a server's words may begin like a formula.
fn csv_cell(text: &str) -> String {
    let is_like_a_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_like_a_formula { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// A list for people, within the width of a terminal but for a long address: the deliveries of each
/// report under its day, organisation and edition.
fn table(
    records: &[DeliveryRecord],
    time_zone: Tz,
    now: DateTime<Utc>,
    console: &Console,
) -> std::io::Result<()> {
    let (id, state) = widths(records);
    let mut report = String::new();
    for record in records {
        let of = in_words(&record.key);
        if of != report {
            console.result(&of)?;
            report = of;
        }
        let line = format!(
            "{:>id$}  {:<state$}  {}  {}",
            record.id.number(),
            record.state.name(),
            day_and_time(record.updated_at, time_zone),
            record.key.recipient.reveal()
        );
        console.result(&line)?;
        if let Some(why) = what_happened(record, time_zone, now) {
            let indent = " ".repeat(id + 2);
            console.result(&format!("{indent}{}", wrapped(&why, &indent)))?;
        }
    }
    console.result(&tally(records))?;
    let is_kept = |record: &DeliveryRecord| record.state == DeliveryState::Outbox;
    match records.iter().any(is_kept) {
        true => console.result(NOT_SENT),
        false => Ok(()),
    }
}

/// “2026-11-20  ZNM  overall-migration, edition 1”
fn in_words(key: &DeliveryKey) -> String {
    format!(
        "{}  {}  {}, edition {}",
        key.report_date, key.organisation, key.report, key.edition
    )
}

/// How wide numbers and states are.
fn widths(records: &[DeliveryRecord]) -> (usize, usize) {
    let ids = records.iter().map(|record| record.id.to_string().len());
    let states = records.iter().map(|record| record.state.name().len());
    (ids.max().unwrap_or(0).max(4), states.max().unwrap_or(0))
}

/// When a delivery is due again, how often it was tried, and why it is where it is; `None` where
/// there is nothing to say of it.
fn what_happened(record: &DeliveryRecord, time_zone: Tz, now: DateTime<Utc>) -> Option<String> {
    let tried = (record.attempts > 1).then(|| format!("{} attempts", record.attempts));
    let due = record
        .waits_until(now)
        .map(|until| format!("due again at {}", time_of_day(until, time_zone)));
    // That all is well needs no words of the server; JSON and csv have them.
    let why = match record.state {
        DeliveryState::Outbox => None,
        DeliveryState::Accepted => record.reason.as_deref(),
        _ => record.explanation(),
    };
    let said: Vec<String> = [tried, due, why.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// How many deliveries there are, and how many in each state.
fn tally(records: &[DeliveryRecord]) -> String {
    let counts: DeliveryCounts = records.iter().map(|record| (record.state, 1)).collect();
    let all = counted(records.len(), "delivery", "deliveries");
    let counts = counts.iter();
    let states = counts.map(|(state, number)| format!("{number} {}", state.words()));
    match states.collect::<Vec<_>>().join(", ").as_str() {
        "" => format!("{all}."),
        states => format!("{all}: {states}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_cell_is_text_and_stays_one_cell() {
        assert_eq!(csv_cell("=1+1"), "'=1+1");
        assert_eq!(
            csv_cell("450 later, \"please\""),
            "\"450 later, \"\"please\"\"\""
        );
        assert_eq!(csv_cell("-x,y"), "\"'-x,y\"");
        assert_eq!(csv_cell("plain"), "plain");
    }
}
