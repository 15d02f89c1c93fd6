use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::answer::VerifyAnswer;
use super::console::Console;
use super::deliveries::{line_of, need_known, nothing_of};
use super::failure::{ExitCode, Failure};
use crate::day::{Proof, read_date};
use crate::delivery::{AuditAction, AuditedDecision, DeliveryRecord};
use crate::domain::plural::{count_of, counted};
use crate::domain::{OrganisationCode, ReportDate};
use crate::settings::Settings;

/// Holds archive, ledger and audit log against each other, and prints what was sent: of a day each
/// message, as a page for an auditor; of all organisations, or of some. Ends with 11 where anything
/// is not as it was written.
pub(crate) fn verify(
    settings: Option<&Path>,
    date: Option<&str>,
    organisations: &[OrganisationCode],
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let read = |date| read_date("--date", date, &settings);
    let date = date.map(read).transpose()?;
    let mut proof = Proof::of(&settings, date)?;
    let programme = &settings.programme;
    let mut of = date.map_or("every day".to_owned(), |date| date.to_string());
    for code in organisations {
        of += &format!(", {code}");
    }
    need_known(organisations, &settings, |code| {
        let mut records = proof.deliveries.iter();
        records.any(|record| record.key.organisation == *code)
    })?;
    console.warnings(never_run(&proof, date));
    console.result(&format!("WHAT WAS SENT: {}, {of}", programme.name))?;
    for line in held_against_each_other(&proof) {
        console.result(&line)?;
    }
    // All is held against all; the page then names what was asked for.
    if !organisations.is_empty() {
        let is_asked_for = |code: &OrganisationCode| organisations.contains(code);
        proof
            .deliveries
            .retain(|record| is_asked_for(&record.key.organisation));
        proof
            .decisions
            .retain(|decision| decision.organisation.as_ref().is_some_and(is_asked_for));
    }
    console.result("\nMESSAGES")?;
    for line in messages(&proof, date) {
        console.result(&line)?;
    }
    console.result("\nDECIDED BY PERSONS")?;
    let decided: Vec<&AuditedDecision> = decisions(&proof).collect();
    for decision in &decided {
        console.result(&decided_in_words(decision))?;
    }
    if decided.is_empty() {
        console.result("nothing")?;
    }
    console.result("\nFOUND")?;
    for folder in &proof.unrecorded {
        let folder = folder.display();
        console.result(&format!(
            "{folder} was prepared by a run that did not end, and was never sent"
        ))?;
    }
    for fault in &proof.faults {
        console.result(fault)?;
    }
    if proof.faults.is_empty() {
        console.result("Everything is as it was written.")?;
    } else {
        console.result(WHAT_TO_DO)?;
    }
    let now = chrono::Utc::now();
    console.answer(&VerifyAnswer {
        report_date: date,
        newest_entry: proof.newest.as_ref().map(|newest| newest.entry),
        newest_digest: proof.newest.as_ref().map(|newest| newest.digest.clone()),
        deliveries: proof
            .deliveries
            .iter()
            .map(|record| line_of(record, now))
            .collect(),
        decisions: decided.iter().map(|one| decided_in_words(one)).collect(),
        faults: proof.faults.clone(),
    })?;
    Ok(match proof.faults.is_empty() {
        true => ExitCode::Done,
        false => ExitCode::Doubtful,
    })
}

/// Of a day each message, else how many each day has.
fn messages(proof: &Proof, date: Option<ReportDate>) -> Vec<String> {
    let words = |record| in_words(record, proof.purged_since(record));
    match date {
        Some(_) => proof.deliveries.iter().flat_map(words).collect(),
        None => by_day(proof),
    }
}

/// What to do where something is not as it was written.
const WHAT_TO_DO: &str = "\nWHAT TO DO\nWhat was sent is not changed by this, and nothing is sent again. \
    Find out who can write there, and put the files back from a backup: the digests above and in the audit log \
    tell which are right. Of a ledger that was changed: “The ledger is lost, older or changed” in \
    docs/operating.md.";

fn held_against_each_other(proof: &Proof) -> Vec<String> {
    let newest = proof.newest.as_ref();
    let entries = newest.map_or(0, |newest| {
        usize::try_from(newest.entry).unwrap_or_default()
    });
    let mut lines = vec![format!(
        "Held against each other: {} of the audit log, {} of the ledger, {} of the archive.",
        counted(entries, "entry", "entries"),
        counted(proof.deliveries.len(), "delivery", "deliveries"),
        count_of(proof.files, "file"),
    )];
    if let Some(newest) = newest {
        lines.push(format!(
            "The newest entry, {}: {}",
            newest.entry, newest.digest
        ));
    }
    lines
}

/// A row of the page: the report and its recipient, the state of the delivery, and what proves it.
fn in_words(record: &DeliveryRecord, purged: Option<&str>) -> [String; 3] {
    let key = &record.key;
    let accepted = record.accepted_at.map_or(String::new(), |at| {
        format!(", taken over {}", at.format("%Y-%m-%d %H:%M:%S UTC"))
    });
    [
        format!(
            "{}  {} {}, edition {}, to {}: {}{accepted}",
            record.id,
            key.organisation,
            key.report,
            key.edition,
            key.recipient.reveal(),
            record.state.words()
        ),
        format!("    sha256 {}", record.message_digest),
        match purged.and_then(|at| at.get(..10)) {
            Some(day) => format!("    its file was purged on {day}"),
            None => format!("    of {}", record.message_path.display()),
        },
    ]
}

/// That nothing is known of a day, which looks as if all were well.
fn never_run(proof: &Proof, date: Option<ReportDate>) -> Option<String> {
    let date = date.filter(|_| proof.deliveries.is_empty() && proof.decisions.is_empty())?;
    Some(nothing_of(date))
}

/// “2026-11-20: 21 accepted”
fn by_day(proof: &Proof) -> Vec<String> {
    let mut days: BTreeMap<_, BTreeMap<&str, usize>> = BTreeMap::new();
    for record in &proof.deliveries {
        let states = days.entry(record.key.report_date).or_default();
        *states.entry(record.state.words()).or_default() += 1;
    }
    let line = |(day, states): (_, BTreeMap<&str, usize>)| {
        let states = states
            .iter()
            .map(|(state, count)| format!("{count} {state}"));
        let states = states.collect::<Vec<_>>().join(", ");
        let purged = match proof.purged.contains_key(&day) {
            true => "; purged since",
            false => "",
        };
        format!("{day}: {states}{purged}")
    };
    days.into_iter().map(line).collect()
}

/// What persons decided: that files were archived, a run notes by itself.
fn decisions(proof: &Proof) -> impl Iterator<Item = &AuditedDecision> {
    let own = AuditAction::Archive.name();
    let all = proof.decisions.iter();
    all.filter(move |decision| decision.action != own)
}

/// “entry 12, 2026-11-20T08:00:00.000Z, jo on reports-1: resend, delivery 7, to …: “asked by phone””
fn decided_in_words(decision: &AuditedDecision) -> String {
    let of = [
        decision.report_date.map(|date| date.to_string()),
        decision.organisation.as_ref().map(ToString::to_string),
    ];
    let details = decision
        .detail
        .iter()
        .filter_map(Value::as_object)
        .flatten();
    let details = details.filter(|(_, value)| !value.is_null());
    let details = details.map(|(name, value)| match value {
        Value::String(text) => format!("{name} {text}"),
        value => format!("{name} {value}"),
    });
    let parts: Vec<String> = of.into_iter().flatten().chain(details).collect();
    let parts = match parts.is_empty() {
        true => String::new(),
        false => format!(" of {}", parts.join(", ")),
    };
    let why = decision
        .why
        .as_ref()
        .map_or(String::new(), |why| format!(": “{why}”"));
    format!(
        "entry {}, {}, {}: {}{parts}{why}",
        decision.number, decision.at, decision.who, decision.action
    )
}
