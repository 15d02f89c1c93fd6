use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cells::{Look, is_date};
use super::headings::{FileHeadings, Spellings};
use super::other_table::{OtherTable, RowsOfOther};
use super::{Field, Input, Layout};
use crate::exports::quoting::listed;
use crate::sheets::Sheet;

/// How a layout fits a file. Columns are counted from 0.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The layout that was tried.
    pub layout: Arc<Layout>,
    /// Which column holds each field that the file has.
    pub columns: BTreeMap<Field, usize>,
    /// Which columns count, in this order, where a field's own cell is blank.
    pub where_blank: BTreeMap<Field, Vec<usize>>,
    /// Which columns are added to make a field.
    pub sums: BTreeMap<Field, Vec<usize>>,
    /// Columns that a state rests on, beside its own.
    pub beside_state: Vec<usize>,
    /// Fields whose column was found by a pattern, which the layout names so.
    pub by_pattern: BTreeMap<Field, String>,
    /// Fields that no column holds, since several fit one pattern.
    pub ties: BTreeMap<Field, Vec<usize>>,
    /// Columns that the layout knows and does not read.
    pub ignored: Vec<usize>,
    /// Columns that would be added, were there not one that holds their sum.
    pub terms_beside_sum: Vec<usize>,
    /// Columns that hold nothing the layout knows.
    pub unused: Vec<usize>,
    /// Rows among those of mailboxes that are something else.
    rows_of_others: Vec<RowsOfOther>,
    /// What the rows are, where the file is a table of something else.
    pub(super) is_of: Option<String>,
    /// The preferred headings of what the layout requires and the file lacks.
    pub(super) missing: Vec<String>,
}

impl Fit {
    pub(super) fn new(layout: &Arc<Layout>, headings: &FileHeadings) -> Self {
        let mut fit = Self {
            layout: Arc::clone(layout),
            columns: BTreeMap::new(),
            where_blank: BTreeMap::new(),
            sums: BTreeMap::new(),
            beside_state: layout
                .state_headings()
                .filter_map(|heading| headings.column(heading))
                .collect(),
            by_pattern: BTreeMap::new(),
            ties: BTreeMap::new(),
            ignored: headings.all(&layout.ignored),
            terms_beside_sum: Vec::new(),
            unused: Vec::new(),
            rows_of_others: Vec::new(),
            is_of: None,
            missing: Vec::new(),
        };
        for (field, spellings) in &layout.fields {
            let columns = headings.of_field(*field, spellings);
            let column = column_of(*field, &columns, headings);
            fit.columns.extend(column.map(|column| (*field, column)));
        }
        fit.part_columns(headings);
        let own = fit.columns.get(&Field::SyncState).copied();
        fit.beside_state.retain(|column| Some(*column) != own);
        fit.beside_state.sort_unstable();
        fit.beside_state.dedup();
        fit.add_columns(headings);
        fit.look_for_patterns(headings);
        fit.sort_the_rest(headings);
        let used = fit.used();
        let mut others = layout.other_tables.iter();
        let other = others.find(|other| other.is(headings, |column| used.contains(&column)));
        fit.is_of = other.map(|other| other.of().to_owned());
        let of_others = |other: &OtherTable| other.rows(headings, |column| used.contains(&column));
        if layout.input != Input::FailedItems {
            fit.rows_of_others = layout.other_tables.iter().flat_map(of_others).collect();
        }
        fit.missing = fit.missing(headings);
        fit
    }

    /// Gives a column that may be two things by its heading to one of them, by what is in it: names
    /// are no addresses, and a phase is pilot or live and else a collection.
    fn part_columns(&mut self, headings: &FileHeadings) {
        let layout = Arc::clone(&self.layout);
        let phase = self.columns.get(&Field::Phase).copied();
        let is_phase = |word: &str| layout.phase(word).is_some();
        let is_none = |column| headings.look(column, is_phase) == Look::Other;
        if self.columns.get(&Field::Collection).copied() == phase && phase.is_some_and(is_none) {
            self.columns.remove(&Field::Phase);
        }
        for (field, owner) in [
            (Field::Collection, Field::Phase),
            (Field::DisplayName, Field::SourceMailbox),
            (Field::User, Field::SourceMailbox),
        ] {
            let taken = self.columns.get(&owner).copied();
            if taken.is_some() && self.columns.get(&field).copied() == taken {
                let spellings = layout.fields.get(&field);
                let others = spellings.map(|spellings| headings.of_field(field, spellings));
                self.columns.remove(&field);
                let next = others
                    .into_iter()
                    .flatten()
                    .find(|other| Some(*other) != taken);
                self.columns.extend(next.map(|column| (field, column)));
            }
        }
    }

    /// Adds the columns of sums, and those that stand in where a field's own cell is blank.
    fn add_columns(&mut self, headings: &FileHeadings) {
        let layout = Arc::clone(&self.layout);
        for (field, others) in &layout.where_blank {
            if let Some(own) = self.columns.get(field) {
                let mut others = headings.all(others);
                others.retain(|column| column != own);
                self.where_blank.insert(*field, others);
            }
        }
        for (field, spellings) in &layout.revised {
            if let Some(own) = self.columns.get(field).copied()
                && let Some(revised) = headings.first(spellings).filter(|column| *column != own)
            {
                self.columns.insert(*field, revised);
                self.where_blank.entry(*field).or_default().insert(0, own);
            }
        }
        for (field, terms) in &layout.sums {
            let terms: Vec<usize> = terms
                .iter()
                .filter_map(|term| headings.first(term))
                .collect();
            if self.columns.contains_key(field) {
                self.terms_beside_sum.extend(terms);
            } else if !terms.is_empty() {
                self.sums.insert(*field, terms);
            }
        }
    }

    /// Looks by the layout's patterns for the columns of fields that have none yet. A column counts
    /// where it alone matches, and its cells are of the field's kind.
    fn look_for_patterns(&mut self, headings: &FileHeadings) {
        let layout = Arc::clone(&self.layout);
        let is_open = |(field, spellings): &(&Field, &Spellings)| {
            !self.columns.contains_key(field)
                && !self.sums.contains_key(field)
                && !spellings.patterns.is_empty()
        };
        let open: Vec<_> = layout.fields.iter().filter(is_open).collect();
        for (field, spellings) in open {
            for pattern in &spellings.patterns {
                let used = self.used();
                let may_be = |column: &usize| {
                    !used.contains(column)
                        && !self.ignored.contains(column)
                        && !self.terms_beside_sum.contains(column)
                        && holds(*field, *column, headings)
                };
                let fitting: Vec<usize> = headings.fitting(pattern).filter(may_be).collect();
                match fitting.as_slice() {
                    [] => continue,
                    [column] => {
                        self.columns.insert(*field, *column);
                        self.by_pattern.insert(*field, pattern.to_string());
                    }
                    _ => {
                        self.ties.insert(*field, fitting);
                    }
                }
                break;
            }
        }
    }

    /// What becomes of the columns that hold no field.
    fn sort_the_rest(&mut self, headings: &FileHeadings) {
        let used = self.used();
        self.terms_beside_sum
            .retain(|column| !used.contains(column));
        // Another column of the same heading is the same, or no layout fits.
        let copies = used.iter().flat_map(|column| headings.named_as(*column));
        self.ignored.extend(copies);
        self.ignored.retain(|column| !used.contains(column));
        let is_unused = |column: &usize| {
            let known = [&self.ignored, &self.terms_beside_sum];
            !used.contains(column) && !known.iter().any(|columns| columns.contains(column))
        };
        self.unused = (0..headings.len()).filter(is_unused).collect();
    }

    /// The columns that hold something.
    pub(super) fn used(&self) -> BTreeSet<usize> {
        let others = self.where_blank.values().chain(self.sums.values());
        self.columns
            .values()
            .chain(others.flatten())
            .chain(&self.beside_state)
            .copied()
            .collect()
    }

    /// A column that is read, and another one of the same heading, which says something else in some
    /// row.
    pub(super) fn rival(&self, sheet: &Sheet) -> Option<(usize, usize)> {
        let headings = FileHeadings::of(sheet);
        let differ = |own: usize, other: usize| {
            (0..sheet.height()).any(|row| sheet.cell(row, own) != sheet.cell(row, other))
        };
        self.used().into_iter().find_map(|own| {
            let mut others = headings.named_as(own);
            let other = others.find(|other| differ(own, *other))?;
            Some((own, other))
        })
    }

    /// The preferred headings of what the layout requires and the file lacks.
    fn missing(&self, headings: &FileHeadings) -> Vec<String> {
        let Layout { input, told_by, .. } = &*self.layout;
        let has = |field: &Field| self.columns.contains_key(field) || self.sums.contains_key(field);
        let lacking = input.required().iter();
        let lacking = lacking.filter(|group| !group.iter().any(has));
        let mut missing: Vec<String> = lacking
            .filter_map(|group| group.iter().find_map(|field| self.lacks(*field, headings)))
            .collect();
        if !told_by.listed().is_empty() && headings.first(told_by).is_none() {
            missing.push(format!("one of {}", told_by.listed()));
        }
        missing
    }

    /// The preferred heading of a field that the file lacks, and why what it has is not it.
    fn lacks(&self, field: Field, headings: &FileHeadings) -> Option<String> {
        let preferred = self.layout.preferred_heading(field)?;
        if let Some(columns) = self.ties.get(&field) {
            let why = format!("{} could all be it", listed(headings.sheet, columns));
            return Some(format!("{preferred} ({why})"));
        }
        let spellings = self.layout.fields.get(&field);
        let refused = spellings.map(|spellings| headings.of_field(field, spellings));
        match refused.as_deref() {
            None | Some([]) => Some(preferred.to_owned()),
            Some(columns) => {
                let columns = listed(headings.sheet, columns);
                Some(format!(
                    "{preferred} (there are no addresses under {columns})"
                ))
            }
        }
    }

    /// What a row is that stands among mailboxes and is none, such as “documents”; `cell` gives its
    /// cells by column.
    pub(in crate::exports) fn other_thing<'c>(
        &self,
        cell: impl Fn(usize) -> &'c str,
    ) -> Option<&str> {
        let mut others = self.rows_of_others.iter();
        let other = others.find(|rows| rows.are(cell(rows.column)))?;
        Some(&other.of)
    }

    /// How many headings of the file the layout knows.
    pub(super) fn known(&self, sheet: &Sheet) -> usize {
        sheet.headings().len() - self.unused.len()
    }

    /// Whether the file has all that the layout requires, and is no table of something else.
    pub(super) fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.is_of.is_none()
    }

    /// Whether little tells the file: a list of mailboxes with collections and without dates may be
    /// part of any table.
    pub(super) fn is_faint(&self) -> bool {
        self.layout.input == Input::Schedule && !self.columns.contains_key(&Field::SwitchDate)
    }
}

/// Whether a field holds addresses.
fn is_of_addresses(field: Field) -> bool {
    matches!(field, Field::SourceMailbox | Field::TargetMailbox)
}

/// Of the columns that may hold a field by their headings the first; of those that may hold
/// addresses the first that does.
fn column_of(field: Field, columns: &[usize], headings: &FileHeadings) -> Option<usize> {
    let (first, others) = columns.split_first()?;
    if !is_of_addresses(field) {
        return Some(*first);
    }
    let looks = |column: &usize| headings.addresses(*column);
    let of_first = looks(first);
    if matches!(of_first, Look::Fits | Look::Unknown)
        && (of_first == Look::Fits || others.is_empty())
    {
        return Some(*first);
    }
    let mut others = others.iter();
    let better = others.find(|column| looks(column) == Look::Fits).copied();
    better.or(match of_first {
        Look::Other if headings.sheet.height() > 1 => None,
        _ => Some(*first),
    })
}

/// Whether the cells of a column are such as a field has; a pattern alone does not tell it.
fn holds(field: Field, column: usize, headings: &FileHeadings) -> bool {
    let is_so = |look: Look| match look {
        Look::Unknown => headings.sheet.height() == 0,
        Look::Fits => true,
        Look::Mixed => !is_of_addresses(field),
        Look::Other => false,
    };
    match field {
        Field::SourceMailbox | Field::TargetMailbox => is_so(headings.addresses(column)),
        Field::SwitchDate
        | Field::SwitchedAt
        | Field::LastSynchronisedAt
        | Field::ItemDate
        | Field::FailedAt => is_so(headings.look(column, is_date)),
        _ => is_so(headings.look(column, |_| true)),
    }
}
