use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use serde_json::json;

use super::console::Console;
use super::days::DayRange;
use super::failure::{ExitCode, Failure};
use super::open_day::begin_session;
use crate::archive::{Archive, Removed};
use crate::day::{self, LedgerCheck};
use crate::delivery::{AuditAction, AuditEntry, DeliveryFilter, Ledger};
use crate::domain::plural::{count_of, counted};
use crate::domain::{DeliveryState, ReportDate};
use crate::settings::Settings;

/// Which days are to be removed.
#[derive(Debug, Clone)]
pub(crate) enum PurgedDates {
    /// Every day before this one.
    Before(String),
    /// Every day that is so many days past.
    OlderThan(u64),
    /// These, but never today.
    Range(DayRange),
}

/// How they are to be removed.
#[derive(Debug, Clone)]
pub(crate) struct PurgeOptions {
    /// Not at all: only said.
    pub(crate) dry_run: bool,
    /// Whether to delete without asking first.
    pub(crate) yes: bool,
    /// Why, in the person's words.
    pub(crate) why: Option<String>,
}

/// Removes archive, history and outbox of past days, and says what and how much. A day stays whose
/// deliveries wait for a run or a person, and today does. The ledger stays whole: it is the proof of
/// what was sent, and holds no user and no subject line.
pub(crate) fn purge(
    settings: Option<&std::path::Path>,
    days: &PurgedDates,
    options: &PurgeOptions,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(settings)?;
    let (from, before) = bounds(days, &settings)?;
    let mut session = begin_session(&settings, LedgerCheck::default(), console)?;
    let archive = Archive::new(&settings.data.folder);
    let mut found = archive.days_before(before)?;
    if let Some(outbox) = &settings.mail.outbox {
        for (day, folders) in archive.days_in(&outbox.folder, before)? {
            found.entry(day).or_default().extend(folders);
        }
    }
    found.retain(|day, _| from.is_none_or(|from| *day >= from));
    let kept = keep_open_days(&mut found, &session.ledger, console)?;
    let kept = match kept {
        0 => String::new(),
        kept => format!(" {} kept.", count_of(kept, "day")),
    };
    let which = match from {
        None => format!("before {before}"),
        Some(from) => format!("from {from} on, before {before}"),
    };
    let of_days = format!("{} {which}", count_of(found.len(), "day"));
    if options.dry_run || !(options.yes || may_remove(&of_days)?) {
        let mut all = Removed::default();
        for (day, folders) in &found {
            let size_of_day = archive.size_of(folders)?;
            console.result(&format!("{day}: would remove {}", size(size_of_day)))?;
            all = all.and(size_of_day);
        }
        let all = size(all);
        console.result(&format!(
            "Would remove archive, history and outbox of {of_days}: {all}.{kept} Nothing was removed."
        ))?;
        return Ok(ExitCode::Done);
    }
    let mut all = Removed::default();
    for (day, folders) in &found {
        let size_of_day = archive.size_of(folders)?;
        session.ledger.note_decision(&AuditEntry {
            report_date: Some(*day),
            detail: Some(json!({ "files": size_of_day.files, "bytes": size_of_day.bytes })),
            why: options.why.clone(),
            ..day::decision(AuditAction::Purge)
        })?;
        let removed = archive.remove(folders)?;
        console.result_of_well(&format!("{day}: removed {}", size(removed)))?;
        all = all.and(removed);
    }
    console.result_of_well(&format!(
        "Removed archive, history and outbox of {of_days}: {}.{kept} The ledger keeps its record of \
         what was sent.",
        size(all)
    ))?;
    day::write_archive_page(&archive, &settings)?;
    Ok(ExitCode::Done)
}

/// The first day to remove, where there is one, and the first to keep.
fn bounds(
    days: &PurgedDates,
    settings: &Settings,
) -> Result<(Option<ReportDate>, ReportDate), Failure> {
    let today = day::read_date("--before", "today", settings)?;
    let (from, before) = match days {
        PurgedDates::Before(before) => (None, day::read_date("--before", before, settings)?),
        PurgedDates::OlderThan(days) => (None, today.days_before(*days).unwrap_or(today)),
        PurgedDates::Range(range) => {
            let (from, to) = range.ends(settings)?;
            let next = to.day().succ_opt().map_or(to, ReportDate::of);
            (Some(from), next)
        }
    };
    Ok((from, before.min(today)))
}

/// Takes out the days whose deliveries are open, and says so. Gives their number.
fn keep_open_days(
    found: &mut BTreeMap<ReportDate, Vec<PathBuf>>,
    ledger: &Ledger,
    console: &Console,
) -> Result<usize, Failure> {
    let mut kept = BTreeSet::new();
    for day in found.keys() {
        let open = ledger.deliveries(&DeliveryFilter {
            states: vec![
                DeliveryState::Prepared,
                DeliveryState::Sending,
                DeliveryState::Deferred,
                DeliveryState::Unknown,
            ],
            ..DeliveryFilter::of_date(*day)
        })?;
        if !open.is_empty() {
            let states: BTreeSet<&str> =
                open.iter().map(|delivery| delivery.state.name()).collect();
            let states = states.into_iter().collect::<Vec<_>>().join(" or ");
            console.result(&format!(
                "{day}: kept, {} {states}: see deliveries --date {day}",
                counted(open.len(), "delivery is", "deliveries are")
            ))?;
            kept.insert(*day);
        }
    }
    found.retain(|day, _| !kept.contains(day));
    Ok(kept.len())
}

/// Asks whoever sits at a terminal; a program that calls this one has decided.
fn may_remove(of_days: &str) -> io::Result<bool> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(true);
    }
    write!(
        io::stderr(),
        "Remove archive, history and outbox of {of_days}? They cannot be had back. [y/N] "
    )?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[allow(clippy::cast_precision_loss)] // for display
fn size(removed: Removed) -> String {
    let files = count_of(removed.files, "file");
    format!("{files}, {:.1} MB", removed.bytes as f64 / 1_048_576.0)
}
