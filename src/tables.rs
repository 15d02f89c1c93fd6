//! Turns the text of exports into typed tables, and says what is wrong with them.
//!
//! Takes: an `ExportSet`, and what the register and the settings say of the organisation. Gives: a [`Validation`]: the
//! findings, and [`Tables`] where none of them holds the organisation.
//! Touches: nothing.

pub mod columns;

mod column;
mod consistency;
mod failed_item_table;
mod figures;
mod mailbox_table;
mod row_reader;

use chrono::NaiveDateTime;

pub use failed_item_table::FailedItemTable;
pub use mailbox_table::MailboxTable;

use crate::domain::{Domain, Finding, FindingCode, OrganisationCode, Severity};
use crate::exports::ExportSet;

/// What the tables of one organisation are held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The organisation's code: rows that name another one hold it.
    pub organisation: &'a OrganisationCode,
    /// The organisation's mail domains: a source mailbox of another one holds it.
    pub mail_domains: &'a [Domain],
    /// The share of unreadable rows above which the organisation is held.
    pub max_bad_rows: f64,
    /// The moment before which the newest time-stamp of the sync-state export is too old; `None` for no limit.
    pub not_before: Option<NaiveDateTime>,
}

/// The tables of one organisation and day: schema, keys and states are valid.
#[derive(Debug, Clone)]
pub struct Tables {
    /// A row a mailbox.
    pub mailboxes: MailboxTable,
    /// A row an item that did not migrate.
    pub failed_items: FailedItemTable,
}

/// What came of an `ExportSet`.
#[derive(Debug)]
pub struct Validation {
    /// In the order of severity, then of files and lines.
    pub findings: Vec<Finding>,
    /// `None` where a finding holds the organisation.
    pub tables: Option<Tables>,
}

/// Checks exports and makes tables of them.
#[must_use]
pub fn validate(exports: &ExportSet, rules: Rules<'_>) -> Validation {
    let mut findings = exports.findings.clone();
    let mut tables = None;
    let is_held = |findings: &[Finding]| findings.iter().any(|finding| finding.severity == Severity::Hold);
    if !is_held(&findings) {
        let mailboxes = mailbox_table::read(&exports.sync_state, rules, &mut findings);
        let failed_items = failed_item_table::read(&exports.failed_items, rules, &mut findings);
        match (mailboxes, failed_items) {
            (Ok(mailboxes), Ok(failed_items)) => {
                if let Err(error) = consistency::check(&mailboxes, &failed_items, rules, &mut findings) {
                    findings.push(broken_table(&error));
                }
                tables = Some(Tables { mailboxes, failed_items });
            }
            (Err(error), _) | (_, Err(error)) => findings.push(broken_table(&error)),
        }
    }
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column))));
    let tables = tables.filter(|_| !is_held(&findings));
    Validation { findings, tables }
}

/// A fault of the program, not of the export; it holds the organisation all the same.
pub(crate) fn broken_table(error: &polars::prelude::PolarsError) -> Finding {
    Finding::new(
        FindingCode::FileUnreadable,
        format!("The export could not be made into a table: {error}. Tell the makers of this program."),
    )
}
