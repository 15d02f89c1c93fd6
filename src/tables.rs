//! Turns the text of exports into typed tables, and says what is wrong with them.
//!
//! Takes: an `ExportSet`, and what the register and the settings say of the organisation. Gives: a
//! [`Validation`]: the findings, and [`Tables`] where none of them holds the organisation. Touches:
//! nothing.

pub mod columns;

mod account_table;
mod bad_rows;
mod column;
mod consistency;
mod cut_rows;
mod date_columns;
mod decision_table;
mod failed_item_table;
mod mailbox_reader;
mod mailbox_table;
mod origin;
mod other_rows;
mod reconciliation;
mod reference;
mod row_reader;
mod rows;
mod schedule_table;
mod sections;
mod settings;
mod shares;
mod side_by_side;
mod sizes;
mod switch_weeks;
mod twice;
mod unread_cells;
mod values;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use polars::prelude::{DataFrame, PolarsResult};

pub use account_table::{Account, AccountReport};
pub use decision_table::Decided;
pub use reconciliation::Difference;
use settings::ListedItems;
pub use switch_weeks::overfull_weeks;

use crate::domain::{Domain, Finding, FindingCode, OrganisationCode, Severity};
use crate::exports::{ExportSet, Input};

/// What the tables of one organisation are held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The organisation's code: rows that name another one hold it.
    pub organisation: &'a OrganisationCode,
    /// The organisation's mail domains: a source mailbox of another one holds it.
    pub mail_domains: &'a [Domain],
    /// The share of unreadable rows above which the organisation is held.
    pub max_bad_rows: f64,
    /// The moment before which the newest time-stamp of the sync-state export is too old; `None`
    /// for no limit.
    pub not_before: Option<NaiveDateTime>,
    /// The moment after which nothing can have happened yet; `None` for no limit.
    pub not_after: Option<NaiveDateTime>,
    /// Where the organisation is: times of other zones are converted.
    pub time_zone: Tz,
}

/// A table that only validation makes: each row is of a mailbox of the organisation. [`columns`]
/// says what a row holds.
#[derive(Debug, Clone)]
pub struct ValidTable(DataFrame);

impl ValidTable {
    /// The table, for questions to be asked of it.
    #[must_use]
    pub fn frame(&self) -> &DataFrame {
        &self.0
    }
}

/// The tables of one organisation and day: schema, keys and states are valid.
#[derive(Debug, Clone)]
pub struct Tables {
    /// A row a mailbox, sorted by its address; each stands on one row and has a known state code.
    pub mailboxes: ValidTable,
    /// A row an item that did not migrate, sorted by mailbox, then as exported.
    pub failed_items: ValidTable,
    /// Who is to switch when; `None` where there is no migration schedule that can be used.
    pub schedule: Option<Schedule>,
    /// The schedule as it was agreed, as the schedule is; `None` where there is none that can be
    /// used.
    pub frozen_schedule: Option<ValidTable>,
    /// The accounts to which mailboxes go; `None` where no report of them can be used.
    pub accounts: Option<AccountReport>,
    /// What the organisation decided on failed items, by reference.
    pub decisions: Vec<Decided>,
}

/// A migration schedule, held against the sync-state export.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// A row a mailbox that is to move, sorted by its address; each stands on one row.
    pub table: ValidTable,
    /// A row a mailbox of which the export says something else, by difference, then by address.
    pub reconciliation: ValidTable,
}

/// What came of an `ExportSet`.
#[derive(Debug)]
pub struct Validation {
    /// In the order of severity, then of files and lines.
    pub findings: Vec<Finding>,
    /// `None` where a finding holds the organisation.
    pub tables: Option<Tables>,
}

impl Validation {
    /// Adds what was found by holding the tables against something else. A finding that holds the
    /// organisation takes the tables away.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
        self.findings.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)))
        });
        if is_held(&self.findings) {
            self.tables = None;
        }
    }
}

/// Checks exports and makes tables of them.
#[must_use]
pub fn validate(exports: &ExportSet, rules: Rules<'_>) -> Validation {
    let mut findings = exports.findings.clone();
    let mut tables = None;
    if !is_held(&findings) {
        match read(exports, rules, &mut findings) {
            Ok(read) => tables = Some(read),
            Err(error) => findings.push(broken_table(&error)),
        }
    }
    let mut validation = Validation {
        findings: Vec::new(),
        tables,
    };
    validation.add(findings);
    validation
}

fn is_held(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Hold)
}

fn read(
    exports: &ExportSet,
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<Tables> {
    let mut mailboxes = mailbox_table::read(&exports.sync_state, rules, findings)?;
    let failed_items = failed_item_table::read(&exports.failed_items, rules, findings)?;
    let listed = ListedItems::of(&mailboxes, &failed_items)?;
    consistency::check(&mailboxes, &listed, rules, findings)?;
    mailboxes = listed.take_settings_out_of(mailboxes)?;
    let mut schedule = None;
    let is_table = |table: &ValidTable| table.frame().height() > 0;
    let read_schedule = |input, findings: &mut Vec<Finding>| {
        let read = |found: &mut Vec<Finding>| schedule_table::read(exports.of(input), rules, found);
        read_optional(exports, input, findings, read, is_table)
    };
    if let Some(table) = read_schedule(Input::Schedule, findings)? {
        let reconciliation = reconciliation::reconcile(&mailboxes, &table, findings)?;
        mailboxes = reconciliation::complete(mailboxes, &table)?;
        schedule = Some(Schedule {
            table,
            reconciliation,
        });
    }
    let frozen_schedule = read_schedule(Input::FrozenSchedule, findings)?;
    let read_accounts = |found: &mut Vec<Finding>| {
        account_table::read(exports.of(Input::Accounts), &mailboxes, rules, found)
    };
    let is_list = |report: &AccountReport| !report.accounts.is_empty();
    let accounts = read_optional(exports, Input::Accounts, findings, read_accounts, is_list)?;
    let read_decisions =
        |found: &mut Vec<Finding>| decision_table::read(exports.of(Input::Decisions), rules, found);
    // A log in which nothing is decided yet is one.
    let decisions = read_optional(exports, Input::Decisions, findings, read_decisions, |_| {
        true
    })?;
    Ok(Tables {
        mailboxes,
        failed_items,
        schedule,
        frozen_schedule,
        accounts,
        decisions: decisions.unwrap_or_default(),
    })
}

/// What `read` makes of an input without which the reports go; `None` where there is none, or what
/// is wrong with it makes it of no use.
fn read_optional<T>(
    exports: &ExportSet,
    input: Input,
    findings: &mut Vec<Finding>,
    read: impl Fn(&mut Vec<Finding>) -> PolarsResult<T>,
    has_rows: impl Fn(&T) -> bool,
) -> PolarsResult<Option<T>> {
    if exports.of(input).is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let table = read(&mut found)?;
    if !has_rows(&table) && !is_held(&found) {
        let message = format!(
            "It has no row that can be read. Check the {}.",
            input.label()
        );
        found.push(Finding::new(FindingCode::NoRows, message));
    }
    let is_usable = !is_held(&found);
    findings.extend(found.into_iter().map(|finding| input.unusable(finding)));
    Ok(is_usable.then_some(table))
}

/// A fault of the program, not of the export; it holds the organisation all the same.
pub(crate) fn broken_table(error: &polars::prelude::PolarsError) -> Finding {
    Finding::new(
        FindingCode::FileUnreadable,
        format!(
            "The export could not be made into a table: {error}. Tell the makers of this program."
        ),
    )
}
