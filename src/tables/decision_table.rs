use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::column::{CellKind, ColumnDeclaration};
use super::reference::Reference;
use super::rows::TableRows;
use super::{Rules, columns};
use crate::domain::plural::counted;
use crate::domain::{Decision, Finding, FindingCode};
use crate::exports::{Export, Field};

/// What is read of a log of decisions.
const COLUMNS: &[ColumnDeclaration] = &[
    // The mailbox of the item, where the log names it.
    CellKind::Mailbox.column(columns::MAILBOX, Field::SourceMailbox),
    CellKind::Text.column(columns::REFERENCE, Field::Reference),
    CellKind::Decision.column(columns::DECISION, Field::Decision),
    CellKind::SignedBy.column(columns::SIGNED_BY, Field::Decision),
    CellKind::SignedOn.column(columns::SIGNED_ON, Field::Decision),
    CellKind::Text.column(columns::NOTE, Field::Note),
    CellKind::Text.column(columns::DECIDED_BY, Field::DecidedBy),
    CellKind::Day.column(columns::DECIDED_ON, Field::DecidedOn),
];

/// What an organisation decided on one failed item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What the item is called, less the organisation's code: `7F3K-29QD`.
    pub reference: String,
    /// What was decided.
    pub decision: Decision,
    /// What people wrote beside it: hostile text, and personal.
    pub note: Option<String>,
    /// Who decided, as the log has it: hostile text, and personal.
    pub decided_by: Option<String>,
    /// When, as the log has it.
    pub decided_on: Option<NaiveDate>,
}

impl Decided {
    /// Which of two decisions on one item counts: the later one where both say when; else the one
    /// that gives less up.
    fn counts_before(&self, other: &Self) -> bool {
        match (self.decided_on, other.decided_on) {
            (Some(one), Some(two)) if one != two => one > two,
            _ => self.decision < other.decision,
        }
    }

    /// Adds what another row with the same decision says more.
    fn complete(&mut self, other: Self) {
        self.note = self.note.take().or(other.note);
        self.decided_by = self.decided_by.take().or(other.decided_by);
        self.decided_on = self.decided_on.max(other.decided_on);
    }
}

/// Reads the decisions of one organisation, by the references of items. A row on which nothing was
/// decided says nothing.
pub(super) fn read(
    exports: &[Export],
    rules: Rules<'_>,
    findings: &mut Vec<Finding>,
) -> PolarsResult<Vec<Decided>> {
    let rows = TableRows::read(exports, COLUMNS, rules, findings)?;
    let text = |name| rows.column(name)?.str();
    let (references, decisions) = (text(columns::REFERENCE)?, text(columns::DECISION)?);
    let notes = text(columns::NOTE)?;
    // In columns of their own, or signed behind the word.
    let people = [text(columns::DECIDED_BY)?, text(columns::SIGNED_BY)?];
    let days = |name| Ok::<_, PolarsError>(rows.column(name)?.date()?.physical());
    let days = [days(columns::DECIDED_ON)?, days(columns::SIGNED_ON)?];
    let mut log = DecisionLog::default();
    for (_, row) in rows.by_mailbox()? {
        let place = row as usize;
        let written = references.get(place).unwrap_or_default();
        let decision = decisions.get(place).and_then(Decision::from_name);
        match (Reference::read(written, rules.organisation), decision) {
            (Reference::OfAnother, _) => log.of_another.push(row),
            (_, None) => {}
            (Reference::None, Some(_)) => log.unclear.push(row),
            (Reference::Own(reference), Some(decision)) => log.add(
                row,
                Decided {
                    reference,
                    decision,
                    note: notes.get(place).map(str::to_owned),
                    decided_by: people
                        .iter()
                        .find_map(|people| people.get(place))
                        .map(str::to_owned),
                    decided_on: days
                        .iter()
                        .find_map(|days| days.get(place))
                        .and_then(NaiveDate::from_epoch_days),
                },
            ),
        }
    }
    findings.extend(log.findings(&rows));
    Ok(log.decided.into_values().collect())
}

/// The decisions on each item, and the rows of which something is to be told.
#[derive(Default)]
struct DecisionLog {
    decided: BTreeMap<String, Decided>,
    differ: Vec<IdxSize>,
    unclear: Vec<IdxSize>,
    of_another: Vec<IdxSize>,
}

impl DecisionLog {
    fn add(&mut self, row: IdxSize, new: Decided) {
        match self.decided.get_mut(&new.reference) {
            None => {
                self.decided.insert(new.reference.clone(), new);
            }
            Some(known) if known.decision == new.decision => known.complete(new),
            Some(known) => {
                self.differ.push(row);
                if new.counts_before(known) {
                    *known = new;
                }
            }
        }
    }

    /// One finding a kind, at the first of its rows.
    fn findings(&self, rows: &TableRows<'_>) -> impl Iterator<Item = Finding> {
        let told = [
            (
                &self.of_another,
                FindingCode::OtherOrganisation,
                "row has",
                "rows have",
                "the reference of another organisation's failed item: its log lies here. Take it \
                 away, and tell the central team",
            ),
            (
                &self.differ,
                FindingCode::DecisionsDiffer,
                "row decides",
                "rows decide",
                "otherwise on an item than another row of the log. The later decision counts where \
                 both say when; else keep before done, and done before accept",
            ),
            (
                &self.unclear,
                FindingCode::DecisionUnclear,
                "row has",
                "rows have",
                "a decision and no reference that can be read: it counts for nothing",
            ),
        ];
        told.into_iter()
            .filter_map(|(of_kind, code, one, several, what)| {
                let origin = of_kind.iter().min().and_then(|row| rows.origin(*row))?;
                let number = counted(of_kind.len(), one, several);
                Some(origin.finding(code, format!("{number} {what}. The first is here.")))
            })
    }
}
