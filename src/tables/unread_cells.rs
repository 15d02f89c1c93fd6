//! Cells that cannot be read, and without which their rows can do.

use std::collections::BTreeMap;

use super::column::{CellKind, ColumnDeclaration};
use super::sizes::is_bare;
use super::values::{percentage, shape, size_bytes};
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode};
use crate::exports::{Export, SizeUnit};

/// One such cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnreadCell<'a> {
    pub(super) declared: &'static str,
    pub(super) kind: CellKind,
    /// The column of the sheet, from 0.
    pub(super) column: usize,
    pub(super) cell: &'a str,
    /// Whether the cell says “none” in a column without which the row says little.
    pub(super) is_none: bool,
}

/// Those of one file, by column.
#[derive(Debug, Default)]
pub(super) struct UnreadCells<'a>(BTreeMap<(&'static str, usize), UnreadColumn<'a>>);

#[derive(Debug)]
struct UnreadColumn<'a> {
    cells: usize,
    first_line: u32,
    first: UnreadCell<'a>,
}

impl<'a> UnreadCells<'a> {
    pub(super) fn add(&mut self, line: u32, cell: UnreadCell<'a>) {
        let unread = self
            .0
            .entry((cell.declared, cell.column))
            .or_insert(UnreadColumn {
                cells: 0,
                first_line: line,
                first: cell,
            });
        unread.cells += 1;
        if line < unread.first_line {
            (unread.first_line, unread.first) = (line, cell);
        }
    }

    /// One finding a column. What a cell says is nobody's business: only what it looks like is
    /// told.
    pub(super) fn findings(&self, export: &Export) -> impl Iterator<Item = Finding> {
        self.0.values().map(|unread| {
            let column = unread.first.column;
            let heading = export.quoted_heading(column);
            let message = format!("Under {heading}, {}", unread.what());
            let code = match unread.first.kind {
                CellKind::Phase => FindingCode::PhaseUnrecognised,
                CellKind::Decision => FindingCode::DecisionUnclear,
                _ => FindingCode::CellsUnread,
            };
            Finding::new(code, message)
                .in_file(&export.file)
                .at_line(unread.first_line)
                .at_column(column + 1)
        })
    }
}

impl UnreadColumn<'_> {
    /// What its cells hold, and what to do.
    fn what(&self) -> String {
        let UnreadCell {
            kind,
            cell,
            is_none,
            ..
        } = self.first;
        let cells = counted(self.cells, "cell holds", "cells hold");
        let first = format!(
            "the first of them here, which looks like “{}” (with a for A to Z, 9 for 0 to 9)",
            shape(cell)
        );
        if kind == CellKind::Phase {
            return format!(
                "{cells} something else than Pilot or Live, {first}. Correct the schedule."
            );
        }
        if kind == CellKind::Decision {
            return format!(
                "{cells} something else than accept, done or keep, {first}. Such a row decides \
                 nothing: write one of the three words alone, and the rest under Note."
            );
        }
        if is_none {
            return format!(
                "{cells} a word and no number, {first}. They count as “Not reported”, and not 0: \
                 export it again with the numbers."
            );
        }
        if kind == CellKind::Size && is_bare(cell) && size_bytes(cell, SizeUnit::Bytes).is_ok() {
            return format!(
                "{cells} a number without a unit, {first}. As bytes they are too small for mailboxes, \
                 so that they count as “Not reported”: write the unit into the heading, as in \
                 “Mailbox Size (MB)”."
            );
        }
        if kind == CellKind::Percentage && percentage(cell).is_ok() {
            return format!(
                "{cells} a part of 1, and no cell more than 1: whether 0.5 is half of all or half a \
                 percent cannot be told. They count as “Not reported”: write them with %, or “share” \
                 into the heading."
            );
        }
        format!(
            "{cells} something else than {}, {first}. They count as “Not reported”: correct them \
             where they come from.",
            kind.name()
        )
    }
}

impl<'a> UnreadCell<'a> {
    pub(super) fn of(
        declared: &ColumnDeclaration,
        column: usize,
        cell: &'a str,
        is_none: bool,
    ) -> Self {
        Self {
            declared: declared.name,
            kind: declared.kind,
            column,
            cell,
            is_none,
        }
    }
}
