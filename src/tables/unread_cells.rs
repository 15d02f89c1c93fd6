//! Cells that cannot be read, and without which their rows can do.

use std::collections::BTreeMap;

use super::column::{CellKind, ColumnDeclaration};
use super::values::shape;
use crate::domain::plural::counted;
use crate::domain::{Finding, FindingCode};
use crate::exports::Export;

/// One such cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnreadCell<'a> {
    pub(super) declared: &'static str,
    pub(super) kind: CellKind,
    /// From 0.
    pub(super) column: usize,
    pub(super) cell: &'a str,
    /// Whether it says that there is no value, where one is needed.
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
            let UnreadCell { kind, column, cell, is_none, .. } = unread.first;
            let heading = export.sheet.headings().get(column).map_or("", String::as_str);
            let cells = counted(unread.cells, "cell holds", "cells hold");
            let shape = shape(cell);
            let (code, message) = match kind {
                CellKind::Phase => (FindingCode::PhaseUnrecognised, format!(
                    "Under “{heading}”, {cells} something else than Pilot or Live, the first of them here, which looks like “{shape}”. Correct the schedule.")),
                _ if is_none => (FindingCode::CellsUnread, format!(
                    "Under “{heading}”, {cells} a word and no number, the first of them here, which looks like “{shape}”. They count as “Not reported”, and not 0: export it again with the numbers.")),
                kind => (FindingCode::CellsUnread, format!(
                    "Under “{heading}”, {cells} something else than {}, the first of them here, which looks like “{shape}” (with a for A to Z, 9 for 0 to 9). They count as “Not reported”: correct them where they come from.", kind.name())),
            };
            Finding::new(code, message).in_file(&export.file).at_line(unread.first_line).at_column(column + 1)
        })
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
