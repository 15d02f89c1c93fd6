use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use polars::prelude::*;

use super::column::{CellKind, ColumnDeclaration};
use super::rows::TableRows;
use super::{Rules, ValidTable, columns};
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode, ReportDate};
use crate::exports::{Export, Field};

/// What is read of a report of accounts.
const COLUMNS: &[ColumnDeclaration] = &[
    CellKind::Mailbox.column(columns::MAILBOX, Field::SourceMailbox),
    CellKind::Day.column(columns::CREATED_ON, Field::CreatedAt),
    CellKind::WasDone.column(columns::IS_ACTIVATED, Field::ActivatedAt),
    CellKind::DoneOn.column(columns::ACTIVATED_ON, Field::ActivatedAt),
    CellKind::WasDone.column(columns::POLICY_ACCEPTED, Field::PolicyAccepted),
    CellKind::DoneOn.column(columns::ACCEPTED_ON, Field::PolicyAccepted),
];

/// A report of the accounts of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReport {
    /// Those to which its mailboxes go, by mailbox.
    pub accounts: Vec<Account>,
    /// The day of which it is at the latest: that on which its oldest file was written.
    pub is_of: Option<NaiveDate>,
    /// The first of the days before on which a file of it was the same, and ever since.
    pub same_since: Option<NaiveDate>,
    /// The latest day on which it has somebody activate an account or log in.
    pub last_activation: Option<NaiveDate>,
}

/// The account to which a mailbox of the organisation goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The address of the source mailbox, in lower case.
    pub mailbox: String,
    /// When it was created.
    pub created_on: Option<NaiveDate>,
    /// Whether its user has activated it; `None` where the report does not say.
    pub is_activated: Option<bool>,
}

impl Account {
    /// One account of what two rows say of it: the one that leaves more to be done counts.
    fn and(&mut self, other: &Self) {
        self.created_on = [self.created_on, other.created_on]
            .into_iter()
            .flatten()
            .min();
        self.is_activated = match (self.is_activated, other.is_activated) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
    }
}

/// Reads the report of accounts of one organisation: those to which its `mailboxes` go, by the
/// address of the target or of the source, in the order of mailboxes. Of any other account nothing
/// is kept: it may be another organisation's.
pub(super) fn read(
    exports: &[Export],
    mailboxes: &ValidTable,
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<AccountReport> {
    let rows = TableRows::read(exports, COLUMNS, rules, findings)?;
    let has_policy = |export: &Export| export.column(Field::PolicyAccepted).is_some();
    let says_policy = exports.iter().any(has_policy);
    let owners = owners(mailboxes.frame())?;
    let created = rows.column(columns::CREATED_ON)?.date()?.physical();
    let activated = rows.column(columns::IS_ACTIVATED)?.bool()?;
    let policy = rows.column(columns::POLICY_ACCEPTED)?.bool()?;
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    let (mut of_nobody, mut first) = (0_usize, None);
    for (address, row) in rows.by_mailbox()? {
        let Some(mailboxes) = owners.get(address) else {
            of_nobody += 1;
            first = first.or(Some(row)).map(|first: IdxSize| first.min(row));
            continue;
        };
        let row = row as usize;
        // Who only logged in may not have accepted the policy, which is what counts.
        let is_activated = policy.get(row).or(match activated.get(row) {
            Some(true) if says_policy => None,
            said => said,
        });
        for mailbox in mailboxes {
            let account = Account {
                mailbox: (*mailbox).to_owned(),
                created_on: created.get(row).and_then(NaiveDate::from_epoch_days),
                is_activated,
            };
            accounts
                .entry(mailbox)
                .and_modify(|known| known.and(&account))
                .or_insert(account);
        }
    }
    if let Some(origin) = first.and_then(|row| rows.origin(row)) {
        let message = format!(
            "{} to no mailbox of the sync-state export by the address, the first of them here: \
             nothing is said of them.",
            counted(of_nobody, "account belongs", "accounts belong"),
        );
        findings.push(origin.finding(FindingCode::AccountUnknown, message));
    }
    if accounts.is_empty() && of_nobody > 0 {
        findings.push(Finding::new(
            FindingCode::NoRows,
            "No account in it is that of a mailbox in the sync-state export. Check whose report it \
             is, and that it has the new addresses.",
        ));
    }
    let latest = |name| -> PolarsResult<Option<NaiveDate>> {
        let days = rows.column(name)?.date()?.physical();
        Ok(days.max().and_then(NaiveDate::from_epoch_days))
    };
    let last_activation = latest(columns::ACTIVATED_ON)?.max(latest(columns::ACCEPTED_ON)?);
    let newest = last_activation.max(latest(columns::CREATED_ON)?);
    let is_of = |export| is_of(export, newest, rules);
    Ok(AccountReport {
        accounts: accounts.into_values().collect(),
        is_of: exports.iter().filter_map(is_of).min(),
        same_since: exports
            .iter()
            .filter_map(|export| export.same_since)
            .map(ReportDate::day)
            .min(),
        last_activation,
    })
}

/// The day on which a file was written; none where that is before the `newest` day in it, and so is the
/// time of something else.
fn is_of(export: &Export, newest: Option<NaiveDate>, rules: Rules<'_>) -> Option<NaiveDate> {
    let changed_at = export.changed_at.map(DateTime::<Utc>::from);
    let written_on = changed_at.map(|at| at.with_timezone(&rules.time_zone).date_naive());
    written_on.filter(|written_on| newest.is_none_or(|newest| newest <= *written_on))
}

/// The source mailboxes that go to an account, by each address that an account may have.
fn owners(mailboxes: &DataFrame) -> PolarsResult<HashMap<&str, Vec<&str>>> {
    let sources = mailboxes.column(columns::MAILBOX)?.str()?.iter();
    let targets = mailboxes.column(columns::TARGET_MAILBOX)?.str()?.iter();
    let mut owners: HashMap<&str, Vec<&str>> = HashMap::new();
    for (source, target) in sources.zip(targets) {
        let Some(source) = source else { continue };
        for address in [Some(source), target].into_iter().flatten() {
            let of_address = owners.entry(address).or_default();
            if !of_address.contains(&source) {
                of_address.push(source);
            }
        }
    }
    Ok(owners)
}
