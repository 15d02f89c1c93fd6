mod detection;
mod pattern;
mod states;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use detection::{Fit, LayoutError, Layouts};
use states::StateRule;
pub use states::{StateOfRow, StateReader};

use crate::domain::{DateOrder, Phase, SyncState};
use crate::sheets::{MisshapenRow, RowFault, Sheet, fold_heading};

/// The built-in layouts.
const BUILT_IN: [&str; 9] = [
    include_str!("layouts/exchange-migration-user-statistics.toml"),
    include_str!("layouts/exchange-move-request-statistics.toml"),
    include_str!("layouts/exchange-skipped-items.toml"),
    include_str!("layouts/migration-schedule.toml"),
    include_str!("layouts/migrationwiz-errors.toml"),
    include_str!("layouts/migrationwiz-statistics.toml"),
    include_str!("layouts/on-demand-migration.toml"),
    include_str!("layouts/qmm-failed-items.toml"),
    include_str!("layouts/qmm-sync-state.toml"),
];

/// The headings of a column of organisation codes, where a layout names none: no tool exports such
/// a column, it is put there by whoever makes one file of the exports of many organisations.
const ORGANISATION_HEADINGS: [&str; 3] = ["Organisation Code", "Organization Code", "ODS Code"];

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A row is a mailbox.
    SyncState,
    /// A row is an item that did not migrate.
    FailedItems,
    /// A row is a mailbox and the day on which it is to switch.
    Schedule,
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 3] = [Self::SyncState, Self::FailedItems, Self::Schedule];

    /// As a sentence names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SyncState => "sync-state export",
            Self::FailedItems => "failed-item export",
            Self::Schedule => "migration schedule",
        }
    }

    /// Without one field of each group an export is of no use.
    fn required(self) -> &'static [&'static [Field]] {
        match self {
            Self::SyncState => &[
                &[Field::SourceMailbox],
                &[Field::SyncState],
                &[Field::ItemsFailed],
            ],
            Self::FailedItems => &[
                &[Field::SourceMailbox],
                &[Field::ErrorText, Field::ErrorCode],
            ],
            Self::Schedule => &[&[Field::SourceMailbox], &[Field::SwitchDate]],
        }
    }
}

macro_rules! fields {
    ($($variant:ident = $name:literal,)+) => {
        /// A canonical field: what a column of an export can mean.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[allow(missing_docs)] // each is the field of its name in the design of exports
        pub enum Field {
            $(#[serde(rename = $name)] $variant,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name by which a layout calls it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

fields! {
    Organisation = "organisation",
    Collection = "collection",
    DisplayName = "display_name",
    SourceMailbox = "source_mailbox",
    TargetMailbox = "target_mailbox",
    SyncState = "sync_state",
    ProgressPercent = "progress_percent",
    ItemsTotal = "items_total",
    ItemsSynchronised = "items_synchronised",
    ItemsFailed = "items_failed",
    ItemsSkipped = "items_skipped",
    SizeBytes = "size_bytes",
    LastSynchronisedAt = "last_synchronised_at",
    SwitchDate = "switch_date",
    SwitchedAt = "switched_at",
    LastError = "last_error",
    User = "user",
    Folder = "folder",
    Subject = "subject",
    ItemKind = "item_kind",
    ItemDate = "item_date",
    ErrorCode = "error_code",
    ErrorText = "error_text",
    FailedAt = "failed_at",
    Phase = "phase",
    VipCategory = "vip_category",
}

impl Field {
    /// Whether it is a whole number, of which several can be added.
    fn is_count(self) -> bool {
        matches!(
            self,
            Self::ItemsTotal | Self::ItemsSynchronised | Self::ItemsFailed | Self::ItemsSkipped
        )
    }
}

/// The unit of a size that comes without one. Powers of 1,024, as Windows and Exchange print them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Unit {
    Bytes,
    Kibibytes,
    Mebibytes,
    Gibibytes,
}

impl Unit {
    /// How many bytes one is.
    #[must_use]
    pub fn bytes(self) -> f64 {
        match self {
            Self::Bytes => 1.0,
            Self::Kibibytes => 1024.0,
            Self::Mebibytes => 1024.0 * 1024.0,
            Self::Gibibytes => 1024.0 * 1024.0 * 1024.0,
        }
    }
}

/// What stands in a cell of a short row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum ShortCell {
    Blank,
    /// Something that is not read.
    Any,
    /// This field, and never a blank.
    Holds(Field),
}

impl TryFrom<String> for ShortCell {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "" => Ok(Self::Blank),
            "*" => Ok(Self::Any),
            name => {
                let field = Field::ALL.iter().find(|field| field.name() == name);
                field.map(|field| Self::Holds(*field)).ok_or_else(|| {
                    format!("a cell of a short row is \"\", \"*\" or a field, not {name:?}")
                })
            }
        }
    }
}

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
    told_by: Vec<String>,
    /// Headings of the tool that hold no field: known, and not read.
    #[serde(default)]
    ignored: Vec<String>,
    /// Rows that the tool writes with fewer cells than headings: what stands in each of their
    /// cells.
    #[serde(default)]
    short_rows: Vec<Vec<ShortCell>>,
    /// The headings that hold each field, the preferred one first.
    fields: BTreeMap<Field, Vec<String>>,
    /// Headings whose cell counts where the field's own cell is blank.
    #[serde(default)]
    where_blank: BTreeMap<Field, Vec<String>>,
    /// Counts that are the sum of several columns, each with the headings it may have; for files in
    /// which no heading of `fields` holds the count.
    #[serde(default)]
    sums: BTreeMap<Field, Vec<Vec<String>>>,
    /// The unit of the sizes under a heading.
    #[serde(default)]
    units: BTreeMap<String, Unit>,
    /// What each state word means. Words are folded as headings are.
    #[serde(default)]
    states: BTreeMap<String, SyncState>,
    /// States that rest on several columns; the first that applies counts.
    #[serde(default)]
    state_when: Vec<StateRule>,
    /// What each word for a phase means. Words are folded as headings are.
    #[serde(default)]
    phases: BTreeMap<String, Phase>,
    /// Words in the column of VIP categories that stand for none. Words are folded as headings are.
    #[serde(default)]
    no_vip: Vec<String>,
    /// The file's text, comments and all.
    #[serde(skip)]
    text: String,
}

impl Layout {
    /// Reads the text of a layout file, which `file` names in errors.
    fn parse(file: &str, text: &str) -> Result<Self, LayoutError> {
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
            .or_insert_with(|| ORGANISATION_HEADINGS.map(str::to_owned).to_vec());
        if let Some(field) = layout.sums.keys().find(|field| !field.is_count()) {
            return Err(invalid(format!(
                "[sums] {}: only numbers of items can be added",
                field.name()
            )));
        }
        layout.states = folded("states", std::mem::take(&mut layout.states)).map_err(invalid)?;
        layout.phases = folded("phases", std::mem::take(&mut layout.phases)).map_err(invalid)?;
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
        self.states.get(&fold_heading(word)).copied()
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

    /// Whether `word`, in the column of VIP categories, says that the user is none.
    #[must_use]
    pub fn stands_for_no_vip(&self, word: &str) -> bool {
        self.no_vip
            .iter()
            .any(|known| fold_heading(known) == fold_heading(word))
    }

    /// The unit of sizes under `heading`.
    #[must_use]
    pub fn unit(&self, heading: &str) -> Unit {
        let heading = fold_heading(heading);
        self.units
            .iter()
            .find(|(known, _)| fold_heading(known) == heading)
            .map_or(Unit::Bytes, |(_, unit)| *unit)
    }

    /// The heading that people are told to export for a field.
    fn preferred_heading(&self, field: Field) -> Option<&str> {
        let sum = self.sums.get(&field).and_then(|terms| terms.first());
        self.fields.get(&field).or(sum)?.first().map(String::as_str)
    }

    /// The field in each cell of a row that has fewer cells than there are headings; `None` where
    /// the tool writes no such row, so that it is a bad one.
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
