//! The migration schedule beside the sync-state export: what each knows that the other does not.

use polars::prelude::*;

use super::{MailboxTable, ScheduleTable, columns};
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

    fn finding_code(self) -> FindingCode {
        match self {
            Self::NotInExport => FindingCode::NotInExport,
            Self::NotOnSchedule => FindingCode::NotOnSchedule,
            Self::SwitchDate => FindingCode::SwitchDatesDiffer,
        }
    }

    fn sentence(self, mailboxes: usize) -> String {
        let (they, are, them) = match mailboxes {
            1 => ("1 mailbox".to_owned(), "is", "it"),
            _ => (format!("{mailboxes} mailboxes"), "are", "them"),
        };
        let whose = if mailboxes == 1 { "its switch" } else { "their switch" };
        let told = match self {
            Self::NotInExport => {
                format!(
                    "on the migration schedule {are} not in the sync-state export: nothing is copied for {them}. Add {them} to a collection, or take {them} off the schedule."
                )
            }
            Self::NotOnSchedule => {
                format!(
                    "in the sync-state export {are} not on the migration schedule: nobody planned {whose}. Add {them} to the schedule, or take {them} out of the migration."
                )
            }
            Self::SwitchDate => {
                format!(
                    "{are} to switch on another day than the migration schedule says. Reports use the export's date. Correct the schedule, or the date in the migration tool."
                )
            }
        };
        format!("{they} {told} The workbook of the Overall Migration Report lists {them}, sheet Schedule.")
    }
}

/// A row a mailbox of which the schedule and the export say different things, by difference, then by address; see
/// [`columns`] for what a row holds.
#[derive(Debug, Clone)]
pub struct Reconciliation(DataFrame);

impl Reconciliation {
    /// The table, for questions to be asked of it.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.0
    }
}

/// A column as the export has it, in a table that has the schedule's too.
const EXPORTED: &str = "_exported";

fn exported(column: &str) -> Expr {
    col(format!("{column}{EXPORTED}"))
}

/// Holds the schedule against the export, and adds a finding for each kind of difference.
pub(super) fn reconcile(mailboxes: &MailboxTable, schedule: &ScheduleTable, findings: &mut Vec<Finding>) -> PolarsResult<Reconciliation> {
    let of_export = mailboxes.frame().clone().lazy().select([
        col(columns::MAILBOX),
        col(columns::DISPLAY_NAME),
        col(columns::COLLECTION),
        col(columns::SWITCH_DATE),
        col(columns::SYNC_STATE),
    ]);
    let on_schedule = schedule.frame().clone().lazy().with_column(lit(true).alias("on_schedule"));
    let has_not_switched = col(columns::SYNC_STATE).neq(lit(SyncState::Switched.code()));
    let is = |difference: Difference| lit(difference.code());
    let difference = when(col(columns::SYNC_STATE).is_null())
        .then(is(Difference::NotInExport))
        .when(col("on_schedule").is_null().and(has_not_switched.clone()))
        .then(is(Difference::NotOnSchedule))
        .when(exported(columns::SWITCH_DATE).neq(col(columns::SWITCH_DATE)).and(has_not_switched))
        .then(is(Difference::SwitchDate))
        .otherwise(lit(NULL).cast(DataType::UInt8));
    let joined = JoinBuilder::new(on_schedule)
        .with(of_export)
        .on([col(columns::MAILBOX)])
        .how(JoinType::Full)
        .coalesce(JoinCoalesce::CoalesceColumns)
        .suffix(EXPORTED)
        .finish();
    let frame = joined
        .with_column(difference.alias(columns::DIFFERENCE))
        .filter(col(columns::DIFFERENCE).is_not_null())
        .select([
            col(columns::DIFFERENCE),
            col(columns::MAILBOX),
            coalesce(&[exported(columns::DISPLAY_NAME), col(columns::DISPLAY_NAME)]).alias(columns::DISPLAY_NAME),
            coalesce(&[exported(columns::COLLECTION), col(columns::COLLECTION)]).alias(columns::COLLECTION),
            exported(columns::SWITCH_DATE).alias(columns::SWITCH_DATE),
            col(columns::SWITCH_DATE).alias(columns::SCHEDULED_DATE),
            col(columns::VIP_CATEGORY),
        ])
        .sort([columns::DIFFERENCE, columns::MAILBOX], SortMultipleOptions::default())
        .collect()?;
    let codes = frame.column(columns::DIFFERENCE)?.u8()?;
    for difference in Difference::ALL {
        let mailboxes = codes.iter().filter(|code| *code == Some(difference.code())).count();
        if mailboxes > 0 {
            findings.push(Finding::new(difference.finding_code(), difference.sentence(mailboxes)));
        }
    }
    Ok(Reconciliation(frame))
}

/// The mailboxes with what the schedule knows of them and the export does not: name, collection, switch date.
pub(super) fn complete(mailboxes: &MailboxTable, schedule: &ScheduleTable) -> PolarsResult<DataFrame> {
    const KNOWN: [&str; 3] = [columns::DISPLAY_NAME, columns::COLLECTION, columns::SWITCH_DATE];
    let of_schedule = schedule.frame().clone().lazy();
    let suffix = "_scheduled";
    let scheduled = of_schedule.select([col(columns::MAILBOX)].into_iter().chain(KNOWN.map(col)).collect::<Vec<_>>());
    let order: Vec<Expr> = mailboxes.frame().get_column_names().iter().map(|name| col((*name).clone())).collect();
    JoinBuilder::new(mailboxes.frame().clone().lazy())
        .with(scheduled)
        .on([col(columns::MAILBOX)])
        .how(JoinType::Left)
        .suffix(suffix)
        .maintain_order(MaintainOrderJoin::Left)
        .finish()
        .with_columns(KNOWN.map(|column| coalesce(&[col(column), col(format!("{column}{suffix}"))]).alias(column)))
        .select(order)
        .collect()
}
