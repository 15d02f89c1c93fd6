//! What changed in the migration schedule since an earlier one.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use polars::prelude::*;

use super::cells::{days, texts};
use super::readiness::DAYS_AHEAD;
use super::{Mailbox, OrganisationMetrics};
use crate::domain::ReportDate;
use crate::history::Snapshot;
use crate::tables::{Tables, columns};

/// What happened to a mailbox on the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScheduleChangeKind {
    /// Its date or its collection is another one.
    Moved,
    /// It is new on the schedule.
    Added,
    /// It is no longer on the schedule.
    Removed,
}

/// A mailbox of which two schedules say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleChange {
    /// What became of the mailbox in the schedule.
    pub kind: ScheduleChangeKind,
    /// The address of the source mailbox; `None` where it is only known by its fingerprint.
    pub address: Option<String>,
    /// The user's name.
    pub name: Option<String>,
    /// Which sort of important person the user is.
    pub vip_category: Option<String>,
    /// Its switch date on the earlier schedule.
    pub date_before: Option<NaiveDate>,
    /// Its switch date now.
    pub date_now: Option<NaiveDate>,
    /// Its collection on the earlier schedule.
    pub collection_before: Option<String>,
    /// Its collection now.
    pub collection_now: Option<String>,
}

impl ScheduleChange {
    /// Whether it is within a week of a switch that it is about, on or after the report date.
    #[must_use]
    pub fn is_late(&self, report_date: ReportDate) -> bool {
        let ahead = |date: NaiveDate| (date - report_date.day()).num_days();
        let mut dates = [self.date_before, self.date_now].into_iter().flatten();
        dates.any(|date| (0..=DAYS_AHEAD).contains(&ahead(date)))
    }
}

/// What changed between two schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleChanges {
    /// The report date on which the earlier schedule was read; `None` for the frozen schedule.
    pub since: Option<ReportDate>,
    /// Mailboxes, the nearest switch first.
    pub changes: Vec<ScheduleChange>,
}

impl ScheduleChanges {
    /// How many mailboxes did this.
    #[must_use]
    pub fn count(&self, kind: ScheduleChangeKind) -> u64 {
        let of_kind = self.changes.iter().filter(|change| change.kind == kind);
        of_kind.count() as u64
    }
}

/// A mailbox on a schedule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ScheduledMailbox<'a> {
    address: Option<&'a str>,
    name: Option<&'a str>,
    vip_category: Option<&'a str>,
    date: Option<NaiveDate>,
    collection: Option<&'a str>,
}

/// The rows of a schedule by what tells mailboxes apart.
type Rows<'a> = BTreeMap<&'a str, ScheduledMailbox<'a>>;

impl OrganisationMetrics {
    /// Adds what changed in the schedule: since the frozen one, and since the last snapshot that has
    /// one. `today` is the snapshot of these tables.
    ///
    /// # Errors
    /// Only where a table lacks a column: a fault of the program.
    pub fn compare_schedules(
        &mut self,
        tables: &Tables,
        today: Option<&Snapshot>,
        before: Option<&Snapshot>,
    ) -> PolarsResult<()> {
        let Some(schedule) = &tables.schedule else {
            return Ok(());
        };
        let schedule = schedule.table.frame();
        if let Some(frozen) = &tables.frozen_schedule {
            let mut changes = changes(&of_table(frozen.frame())?, &of_table(schedule)?);
            add_names(&mut changes, &self.mailboxes);
            let since = None;
            self.schedule_since_frozen = Some(ScheduleChanges { since, changes });
        }
        let (Some(today), Some(before)) = (today, before) else {
            return Ok(());
        };
        let Some(since) = before.schedule_read_on()? else {
            return Ok(());
        };
        // Rows are in the order of the schedule.
        let fingerprints = texts(&today.schedule, columns::MAILBOX)?;
        let rows = of_table(schedule)?.into_values().enumerate();
        let now: Rows<'_> = rows
            .filter_map(|(place, row)| Some((fingerprints(place)?, row)))
            .collect();
        // Whoever left the schedule may still be in the export.
        let exported = texts(&today.mailboxes, columns::MAILBOX)?;
        let exported = self
            .mailboxes
            .iter()
            .enumerate()
            .filter_map(|(place, mailbox)| Some((exported(place)?, mailbox)));
        let exported: HashMap<&str, &Mailbox> = exported.collect();
        let mut then = of_snapshot(&before.schedule)?;
        for (mailbox, row) in &mut then {
            if let Some(mailbox) = exported.get(mailbox) {
                row.address = Some(&mailbox.address);
                row.name = mailbox.name.as_deref();
            }
        }
        let mut changes = changes(&then, &now);
        add_names(&mut changes, &self.mailboxes);
        self.schedule_since_report = Some(ScheduleChanges {
            since: Some(since),
            changes,
        });
        Ok(())
    }
}

/// By address, which is unique on a schedule and the order of its rows.
fn of_table(frame: &DataFrame) -> PolarsResult<Rows<'_>> {
    let address = texts(frame, columns::MAILBOX)?;
    let name = texts(frame, columns::DISPLAY_NAME)?;
    let collection = texts(frame, columns::COLLECTION)?;
    let category = texts(frame, columns::VIP_CATEGORY)?;
    let date = days(frame, columns::SWITCH_DATE)?;
    let rows = (0..frame.height()).filter_map(|row| {
        let of_row = ScheduledMailbox {
            address: address(row),
            name: name(row),
            vip_category: category(row),
            date: date(row),
            collection: collection(row),
        };
        Some((address(row)?, of_row))
    });
    Ok(rows.collect())
}

/// By fingerprint.
fn of_snapshot(frame: &DataFrame) -> PolarsResult<Rows<'_>> {
    let mailbox = texts(frame, columns::MAILBOX)?;
    let collection = texts(frame, columns::COLLECTION)?;
    let date = days(frame, columns::SWITCH_DATE)?;
    let rows = (0..frame.height()).filter_map(|row| {
        let of_row = ScheduledMailbox {
            date: date(row),
            collection: collection(row),
            ..ScheduledMailbox::default()
        };
        Some((mailbox(row)?, of_row))
    });
    Ok(rows.collect())
}

/// What differs, those that were removed in the order of their keys.
fn changes(then: &Rows<'_>, now: &Rows<'_>) -> Vec<ScheduleChange> {
    let change = |kind, then: ScheduledMailbox<'_>, now: ScheduledMailbox<'_>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        ScheduleChange {
            kind,
            address: text(now.address.or(then.address)),
            name: text(now.name.or(then.name)),
            vip_category: text(now.vip_category.or(then.vip_category)),
            date_before: then.date,
            date_now: now.date,
            collection_before: text(then.collection),
            collection_now: text(now.collection),
        }
    };
    let of_now = now.iter().filter_map(|(key, row)| match then.get(key) {
        None => Some(change(
            ScheduleChangeKind::Added,
            ScheduledMailbox::default(),
            *row,
        )),
        Some(then) if (then.date, then.collection) != (row.date, row.collection) => {
            Some(change(ScheduleChangeKind::Moved, *then, *row))
        }
        Some(_) => None,
    });
    let gone = then.iter().filter(|(key, _)| !now.contains_key(*key));
    let gone = gone.map(|(_, row)| {
        change(
            ScheduleChangeKind::Removed,
            *row,
            ScheduledMailbox::default(),
        )
    });
    let mut changes: Vec<ScheduleChange> = of_now.chain(gone).collect();
    sort(&mut changes);
    changes
}

/// Adds the names that the export has, where the schedule has none; mailboxes are sorted by address.
fn add_names(changes: &mut [ScheduleChange], mailboxes: &[Mailbox]) {
    for change in changes.iter_mut().filter(|change| change.name.is_none()) {
        let Some(address) = change.address.as_deref() else {
            continue;
        };
        let place = mailboxes.binary_search_by(|mailbox| mailbox.address.as_str().cmp(address));
        let mailbox = place.ok().and_then(|place| mailboxes.get(place));
        change.name = mailbox.and_then(|mailbox| mailbox.name.clone());
    }
}

/// The nearest switch first; those without a date last.
fn sort(changes: &mut [ScheduleChange]) {
    let date = |change: &ScheduleChange| {
        let dates = [change.date_before, change.date_now].into_iter().flatten();
        dates.min().unwrap_or(NaiveDate::MAX)
    };
    changes.sort_by(|one, other| {
        let key = |change: &ScheduleChange| (date(change), change.kind);
        key(one)
            .cmp(&key(other))
            .then_with(|| one.address.cmp(&other.address))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, day)
    }

    fn row<'a>(
        address: &'a str,
        date: Option<NaiveDate>,
        collection: &'a str,
    ) -> (&'a str, ScheduledMailbox<'a>) {
        let collection = Some(collection);
        let address_of = Some(address);
        let row = ScheduledMailbox {
            address: address_of,
            date,
            collection,
            ..ScheduledMailbox::default()
        };
        (address, row)
    }

    #[test]
    fn five_that_moved_overnight_are_five_changes_and_no_more() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let then: Rows<'_> = names
            .iter()
            .map(|name| row(name, day(23), "Week 1"))
            .collect();
        let now: Rows<'_> = names
            .iter()
            .map(|name| match *name {
                "f" => row(name, day(23), "Week 1"),
                _ => row(name, day(30), "Week 1"),
            })
            .collect();
        let moved = changes(&then, &now);
        assert_eq!(moved.len(), 5);
        for change in &moved {
            assert_eq!(change.kind, ScheduleChangeKind::Moved);
            assert_eq!((change.date_before, change.date_now), (day(23), day(30)));
        }
        assert_eq!(changes(&now, &now), []);
    }

    #[test]
    fn who_is_added_taken_off_or_put_into_another_collection_is_told() {
        let then: Rows<'_> = [
            row("a", day(23), "1"),
            row("b", day(24), "1"),
            row("c", None, "1"),
        ]
        .into();
        let now: Rows<'_> = [
            row("a", day(23), "2"),
            row("c", day(25), "1"),
            row("d", None, "2"),
        ]
        .into();
        let told: Vec<_> = changes(&then, &now)
            .into_iter()
            .map(|change| (change.address.unwrap(), change.kind))
            .collect();
        assert_eq!(
            told,
            [
                ("a".to_owned(), ScheduleChangeKind::Moved),
                ("b".to_owned(), ScheduleChangeKind::Removed),
                ("c".to_owned(), ScheduleChangeKind::Moved),
                ("d".to_owned(), ScheduleChangeKind::Added),
            ]
        );
    }

    #[test]
    fn a_change_is_late_from_today_to_a_week_ahead_of_either_date() {
        let report_date = ReportDate::of(day(20).unwrap());
        let is_late = |before, now| {
            let then: Rows<'_> = [row("a", before, "1")].into();
            let now: Rows<'_> = [row("a", now, "1")].into();
            changes(&then, &now)[0].is_late(report_date)
        };
        for (before, now, late) in [
            (day(20), None, true),
            (None, day(27), true),
            (day(28), day(29), false),
            (day(19), day(28), false),
            (day(29), day(21), true),
        ] {
            assert_eq!(is_late(before, now), late, "{before:?} {now:?}");
        }
    }
}
