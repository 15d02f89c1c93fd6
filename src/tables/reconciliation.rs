//! The migration schedule beside the sync-state export: what each knows that the other does not.

use polars::prelude::*;

use super::{ValidTable, columns};
use crate::domain::{Finding, FindingCode, SyncState};

/// What the schedule and the export say differently of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Difference {
    /// It is on the schedule, and the export does not list it.
    NotInExport,
    /// The export lists it, it has not switched, and it is not on the schedule.
    NotOnSchedule,
    /// It has not switched, and is to switch on different days.
    SwitchDate,
}

impl Difference {
    /// Every difference, in the order reports list them.
    pub const ALL: [Self; 3] = [Self::NotInExport, Self::NotOnSchedule, Self::SwitchDate];

    /// The difference as a number, for a table's column; its place in [`Difference::ALL`].
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The difference of a [`Difference::code`].
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The finding that tells of it.
    #[must_use]
    pub fn finding_code(self) -> FindingCode {
        match self {
            Self::NotInExport => FindingCode::NotInExport,
            Self::NotOnSchedule => FindingCode::NotOnSchedule,
            Self::SwitchDate => FindingCode::SwitchDatesDiffer,
        }
    }

    fn sentence(self, mailboxes: usize) -> String {
        let (they, are, them, whose) = match mailboxes {
            1 => ("1 mailbox".to_owned(), "is", "it", "its"),
            _ => (format!("{mailboxes} mailboxes"), "are", "them", "their"),
        };
        let told = match self {
            Self::NotInExport => {
                format!(
                    "on the migration schedule {are} not in the sync-state export: nothing is \
                     copied for {them}. Add {them} to a collection, or take {them} off the \
                     schedule."
                )
            }
            Self::NotOnSchedule => {
                format!(
                    "in the sync-state export {are} not on the migration schedule: nobody planned \
                     {whose} switch. Add {them} to the schedule, or take {them} out of the \
                     migration."
                )
            }
            Self::SwitchDate => {
                format!(
                    "{are} to switch on another day than the migration schedule says. Reports use \
                     the export's date. Correct the schedule, or the date in the migration tool."
                )
            }
        };
        format!(
            "{they} {told} The workbook of the Overall Migration Report lists {them}, sheet \
             Schedule."
        )
    }
}

/// A mailbox of which the two say different things: its row in the export and its row in the
/// schedule.
type Differing = (Difference, Option<usize>, Option<usize>);

/// Holds the schedule against the export, and adds a finding for each kind of difference.
pub(super) fn reconcile(
    mailboxes: &ValidTable,
    schedule: &ValidTable,
    findings: &mut Vec<Finding>,
) -> PolarsResult<ValidTable> {
    let (export, schedule) = (mailboxes.frame(), schedule.frame());
    let mut differing = differing(export, schedule)?;
    // In the order of addresses already.
    differing.sort_by_key(|(difference, ..)| *difference);
    for difference in Difference::ALL {
        let mailboxes = differing
            .iter()
            .filter(|(found, ..)| *found == difference)
            .count();
        if mailboxes > 0 {
            findings.push(Finding::new(
                difference.finding_code(),
                difference.sentence(mailboxes),
            ));
        }
    }
    let codes = differing.iter().map(|(difference, ..)| difference.code());
    // As the export says, and else as the schedule says.
    let text = |name: &str| -> PolarsResult<Column> {
        let (exported, scheduled) = (export.column(name)?.str()?, schedule.column(name)?.str()?);
        let of_row = |(_, row, planned): &Differing| {
            row.and_then(|row| exported.get(row))
                .or(planned.and_then(|row| scheduled.get(row)))
        };
        Ok(Column::new(
            name.into(),
            differing.iter().map(of_row).collect::<Vec<_>>(),
        ))
    };
    let days = |frame: &DataFrame,
                name: &str,
                row: fn(&Differing) -> Option<usize>|
     -> PolarsResult<Column> {
        let days = frame.column(columns::SWITCH_DATE)?.date()?.physical();
        let days: Vec<Option<i32>> = differing
            .iter()
            .map(|found| row(found).and_then(|row| days.get(row)))
            .collect();
        Column::new(name.into(), days).cast(&DataType::Date)
    };
    let categories = schedule.column(columns::VIP_CATEGORY)?.str()?;
    let categories: Vec<Option<&str>> = differing
        .iter()
        .map(|(_, _, planned)| categories.get((*planned)?))
        .collect();
    let columns = vec![
        Column::new(columns::DIFFERENCE.into(), codes.collect::<Vec<u8>>()),
        text(columns::MAILBOX)?,
        text(columns::DISPLAY_NAME)?,
        text(columns::COLLECTION)?,
        days(export, columns::SWITCH_DATE, |(_, row, _)| *row)?,
        days(schedule, columns::SCHEDULED_DATE, |(_, _, planned)| {
            *planned
        })?,
        Column::new(columns::VIP_CATEGORY.into(), categories),
    ];
    DataFrame::new(differing.len(), columns).map(ValidTable)
}

/// What differs, by address. Both tables are in the order of addresses, and have each once.
fn differing(export: &DataFrame, schedule: &DataFrame) -> PolarsResult<Vec<Differing>> {
    let (listed, planned) = (
        export.column(columns::MAILBOX)?.str()?,
        schedule.column(columns::MAILBOX)?.str()?,
    );
    let states = export.column(columns::SYNC_STATE)?.u8()?;
    let dates = export.column(columns::SWITCH_DATE)?.date()?.physical();
    let planned_dates = schedule.column(columns::SWITCH_DATE)?.date()?.physical();
    let has_switched = |row: usize| states.get(row) == Some(SyncState::Switched.code());
    let mut differing = Vec::new();
    let mut planned = planned.iter().flatten().enumerate().peekable();
    for (row, address) in listed.iter().flatten().enumerate() {
        while let Some((place, _)) = planned.next_if(|(_, planned)| *planned < address) {
            differing.push((Difference::NotInExport, None, Some(place)));
        }
        match planned.next_if(|(_, planned)| *planned == address) {
            None if !has_switched(row) => {
                differing.push((Difference::NotOnSchedule, Some(row), None))
            }
            Some((place, _)) if !has_switched(row) => {
                if let (Some(date), Some(planned_date)) = (dates.get(row), planned_dates.get(place))
                    && date != planned_date
                {
                    differing.push((Difference::SwitchDate, Some(row), Some(place)));
                }
            }
            _ => {}
        }
    }
    differing.extend(planned.map(|(place, _)| (Difference::NotInExport, None, Some(place))));
    Ok(differing)
}

/// The mailboxes with what the schedule knows of them and the export does not: name, collection,
/// switch date.
pub(super) fn complete(mailboxes: ValidTable, schedule: &ValidTable) -> PolarsResult<ValidTable> {
    const KNOWN: [&str; 3] = [
        columns::DISPLAY_NAME,
        columns::COLLECTION,
        columns::SWITCH_DATE,
    ];
    let unknown = KNOWN
        .into_iter()
        .map(|name| mailboxes.frame().column(name).map(Column::null_count))
        .sum::<PolarsResult<usize>>()?;
    if unknown == 0 {
        return Ok(mailboxes);
    }
    let rows = rows_of_schedule(&mailboxes, schedule)?;
    let mut frame = mailboxes.0;
    for name in KNOWN {
        let scheduled = schedule.frame().column(name)?.take(&rows)?;
        let column = frame.column(name)?;
        let column = column.zip_with(&column.is_not_null(), &scheduled)?;
        frame.with_column(column)?;
    }
    Ok(ValidTable(frame))
}

/// For each mailbox its row of the schedule: both are in the order of the addresses.
fn rows_of_schedule(mailboxes: &ValidTable, schedule: &ValidTable) -> PolarsResult<IdxCa> {
    let planned = schedule.frame().column(columns::MAILBOX)?.str()?;
    let mut planned = planned.iter().flatten().zip(0..).peekable();
    let listed = mailboxes.frame().column(columns::MAILBOX)?.str()?;
    Ok(listed
        .iter()
        .flatten()
        .map(|address| {
            while planned.next_if(|(planned, _)| *planned < address).is_some() {}
            planned
                .next_if(|(planned, _)| *planned == address)
                .map(|(_, row)| row)
        })
        .collect())
}
