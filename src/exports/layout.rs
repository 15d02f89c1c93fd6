mod cells;
mod detection;
mod error;
mod field;
mod fit;
mod headings;
mod other_headings;
mod other_table;
mod pattern;
mod short_rows;
mod states;
mod unit;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

pub use detection::{Layouts, NearLayout};
pub use error::LayoutError;
pub use field::{Field, Input};
pub use fit::Fit;
use headings::Spellings;
use other_table::OtherTable;
use pattern::{ComparedText, Pattern};
use short_rows::ShortCell;
use states::StateRule;
pub use states::{StateOfRow, StateReader, may_be_states, printable_state, unknown_states};
pub use unit::SizeUnit;
pub(super) use words::words_of;

use crate::domain::{DateOrder, Decision, Phase, SyncState};
use crate::sheets::{MisshapenRow, RowFault, Sheet, fold_heading};

/// The built-in layouts.
const BUILT_IN: [&str; 12] = [
    include_str!("layouts/exchange-migration-user-statistics.toml"),
    include_str!("layouts/exchange-move-request-statistics.toml"),
    include_str!("layouts/exchange-skipped-items.toml"),
    include_str!("layouts/failed-item-decisions.toml"),
    include_str!("layouts/microsoft-cross-tenant.toml"),
    include_str!("layouts/migration-schedule.toml"),
    include_str!("layouts/migrationwiz-errors.toml"),
    include_str!("layouts/migrationwiz-statistics.toml"),
    include_str!("layouts/on-demand-migration.toml"),
    include_str!("layouts/qmm-failed-items.toml"),
    include_str!("layouts/qmm-sync-state.toml"),
    include_str!("layouts/user-accounts.toml"),
];

/// The headings of a column of organisation codes, where a layout names none: no tool exports such
/// a column, it is put there by whoever makes one file of the exports of many organisations.
const ORGANISATION_HEADINGS: [&str; 3] = ["Organisation Code", "Organization Code", "ODS Code"];

/// How the export of one tool says what we want to know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Its name: tool and input.
    pub name: String,
    /// What it is an export of.
    pub input: Input,
    /// One sentence for a person.
    pub description: String,
    /// The order of day and month.
    pub date_order: DateOrder,
    /// Headings of which one must be there, where the required fields do not tell this layout from
    /// others.
    #[serde(default)]
    told_by: Spellings,
    /// Headings that make the file a table of something else, beside those that every layout knows.
    #[serde(default, rename = "other_table")]
    other_tables: Vec<OtherTable>,
    /// Headings of the tool that hold no field: known, and not read.
    #[serde(default)]
    ignored: Spellings,
    /// Rows that the tool writes with fewer cells than headings: what stands in each of their
    /// cells.
    #[serde(default)]
    short_rows: Vec<Vec<ShortCell>>,
    /// The headings that hold each field, the preferred one first.
    fields: BTreeMap<Field, Spellings>,
    /// Headings whose cell counts where the field's own cell is blank.
    #[serde(default)]
    where_blank: BTreeMap<Field, Spellings>,
    /// Headings whose cell counts in place of the field's own cell, unless it is blank: a date that
    /// was put off.
    #[serde(default)]
    revised: BTreeMap<Field, Spellings>,
    /// Counts that are the sum of several columns, each with the headings it may have; for files in
    /// which no heading of `fields` holds the count.
    #[serde(default)]
    sums: BTreeMap<Field, Vec<Spellings>>,
    /// The unit of the sizes under a heading that does not end in it.
    #[serde(default)]
    units: BTreeMap<String, SizeUnit>,
    /// What each state word means. Words are folded as headings are; those with a `*` are patterns.
    #[serde(default)]
    states: BTreeMap<String, SyncState>,
    #[serde(skip)]
    state_patterns: Vec<(Pattern, SyncState)>,
    /// States that rest on several columns; the first that applies counts.
    #[serde(default)]
    state_when: Vec<StateRule>,
    /// What each word for a phase means. Words are folded as headings are.
    #[serde(default)]
    phases: BTreeMap<String, Phase>,
    /// What each word for yes or no means, beside those that are the same in every layout. Words are
    /// folded as headings are.
    #[serde(default)]
    answers: BTreeMap<String, bool>,
    /// What each word for a decision means. Words are folded as headings are.
    #[serde(default)]
    decisions: BTreeMap<String, Decision>,
    /// Words in the column of VIP categories that stand for none. Words are folded as headings are.
    #[serde(default)]
    no_vip: BTreeSet<String>,
    /// The file's text, comments and all.
    #[serde(skip)]
    text: String,
}

impl Layout {
    /// Reads the text of a layout file, which `file` names in errors.
    fn parse(file: &str, text: &str, known: &[OtherTable]) -> Result<Self, LayoutError> {
        let invalid = |message: String| LayoutError::Invalid {
            file: file.to_owned(),
            message,
        };
        let mut layout: Self = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let has = |field: &Field| layout.preferred_heading(*field).is_some();
        let mut required = layout.input.required().iter();
        if let Some(group) = required.find(|group| !group.iter().any(has)) {
            let names: Vec<&str> = group.iter().map(|field| field.name()).collect();
            return Err(invalid(format!(
                "[fields] names no heading of {}: a {} needs it",
                names.join(" or "),
                layout.input.label()
            )));
        }
        layout
            .fields
            .entry(Field::Organisation)
            .or_insert_with(|| ORGANISATION_HEADINGS.map(str::to_owned).to_vec().into());
        layout.other_tables.extend_from_slice(known);
        if let Some(field) = layout.sums.keys().find(|field| !field.is_count()) {
            return Err(invalid(format!(
                "[sums] {}: only numbers of items can be added",
                field.name()
            )));
        }
        let states = std::mem::take(&mut layout.states).into_iter();
        let (patterns, states) = states.partition(|(word, _)| Pattern::is_one(word));
        let patterns: BTreeMap<String, SyncState> = patterns;
        layout.state_patterns = patterns
            .into_iter()
            .map(|(word, state)| (Pattern::from(word), state))
            .collect();
        layout.states = folded("states", states).map_err(invalid)?;
        layout.phases = folded("phases", std::mem::take(&mut layout.phases)).map_err(invalid)?;
        layout.answers = folded("answers", std::mem::take(&mut layout.answers)).map_err(invalid)?;
        layout.decisions =
            folded("decisions", std::mem::take(&mut layout.decisions)).map_err(invalid)?;
        layout.no_vip = layout
            .no_vip
            .iter()
            .map(|word| fold_heading(word))
            .collect();
        text.clone_into(&mut layout.text);
        Ok(layout)
    }

    /// The file it was read from, word for word.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The state of a word, compared without case, blanks and punctuation; `None` for a word it
    /// does not know.
    #[must_use]
    pub fn state(&self, word: &str) -> Option<SyncState> {
        let word = ComparedText::from(word);
        let own = self.states.get(&word.folded).copied();
        own.or_else(|| {
            let mut patterns = self.state_patterns.iter();
            let known = patterns.find(|(known, _)| known.fits(&word));
            known.map(|(_, state)| *state)
        })
    }

    /// The headings beside that of the state itself that a state rests on.
    fn state_headings(&self) -> impl Iterator<Item = &String> {
        self.state_when.iter().flat_map(StateRule::headings)
    }

    /// The phase of a word, compared without case, blanks and punctuation; `None` for a word it
    /// does not know.
    #[must_use]
    pub fn phase(&self, word: &str) -> Option<Phase> {
        self.phases.get(&fold_heading(word)).copied()
    }

    /// Whether a word says yes, where only this layout knows it, compared as phases are.
    #[must_use]
    pub fn answer(&self, word: &str) -> Option<bool> {
        self.answers.get(&fold_heading(word)).copied()
    }

    /// The decision of a word, compared as phases are.
    #[must_use]
    pub fn decision(&self, word: &str) -> Option<Decision> {
        self.decisions.get(&fold_heading(word)).copied()
    }

    /// Whether `word`, in the column of VIP categories, says that the user is none.
    #[must_use]
    pub fn stands_for_no_vip(&self, word: &str) -> bool {
        self.no_vip.contains(&fold_heading(word))
    }

    /// The unit of sizes under `heading`: as the layout says, or as the heading ends; `None` where
    /// neither says any.
    #[must_use]
    pub fn unit(&self, heading: &str) -> Option<SizeUnit> {
        let folded = fold_heading(heading);
        self.units
            .iter()
            .find(|(known, _)| fold_heading(known) == folded)
            .map(|(_, unit)| *unit)
            .or_else(|| {
                words_of(heading)
                    .iter()
                    .rev()
                    .find_map(|word| SizeUnit::of_word(word))
            })
    }

    /// The heading that people are told to export for a field.
    pub(super) fn preferred_heading(&self, field: Field) -> Option<&str> {
        let sum = self.sums.get(&field).and_then(|terms| terms.first());
        self.fields.get(&field).or(sum)?.preferred()
    }

    /// The field in each cell of a row that has fewer cells than there are headings; `None` where
    /// the tool writes no such row: it is a bad one.
    pub(super) fn short_row(
        &self,
        sheet: &Sheet,
        row: &MisshapenRow,
    ) -> Option<Vec<Option<Field>>> {
        let RowFault::Cells(cells) = row.fault else {
            return None;
        };
        let may_hold = |(cell, expected): (usize, &ShortCell)| {
            let is_blank = sheet.misshapen_cell(row, cell).is_empty();
            match expected {
                ShortCell::Blank => is_blank,
                ShortCell::Any => true,
                ShortCell::Holds(_) => !is_blank,
            }
        };
        let fits =
            |form: &&Vec<ShortCell>| form.len() == cells && form.iter().enumerate().all(may_hold);
        let field = |cell: &ShortCell| match cell {
            ShortCell::Holds(field) => Some(*field),
            ShortCell::Blank | ShortCell::Any => None,
        };
        let form = self.short_rows.iter().find(fits)?;
        Some(form.iter().map(field).collect())
    }
}

/// Words in the form in which they are compared, with their meanings; `section` is where the layout
/// has them.
fn folded<T: Copy + PartialEq>(
    section: &str,
    words: BTreeMap<String, T>,
) -> Result<BTreeMap<String, T>, String> {
    let mut folded = BTreeMap::new();
    for (word, meaning) in words {
        if folded
            .insert(fold_heading(&word), meaning)
            .is_some_and(|other| other != meaning)
        {
            return Err(format!(
                "[{section}] {word}: the word has two meanings, since case, blanks and punctuation \
                 do not count"
            ));
        }
    }
    Ok(folded)
}
