use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::domain::SyncState;
use crate::sheets::{Sheet, fold_heading};

/// The built-in layouts.
const BUILT_IN: [(&str, &str); 2] =
    [("qmm-sync-state", include_str!("layouts/qmm-sync-state.toml")), ("qmm-failed-items", include_str!("layouts/qmm-failed-items.toml"))];

/// What an export is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A row is a mailbox.
    SyncState,
    /// A row is an item that did not migrate.
    FailedItems,
}

impl Input {
    /// As a sentence names it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SyncState => "sync-state",
            Self::FailedItems => "failed-item",
        }
    }

    /// Without one field of each group an export is of no use.
    fn required(self) -> &'static [&'static [Field]] {
        match self {
            Self::SyncState => &[&[Field::SourceMailbox], &[Field::SyncState], &[Field::ItemsFailed]],
            Self::FailedItems => &[&[Field::SourceMailbox], &[Field::ErrorText, Field::ErrorCode]],
        }
    }
}

/// A canonical field: what a column of an export can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // each is the field of its name in the design of exports
pub enum Field {
    Organisation,
    Collection,
    DisplayName,
    SourceMailbox,
    TargetMailbox,
    SyncState,
    ProgressPercent,
    ItemsTotal,
    ItemsSynchronised,
    ItemsFailed,
    ItemsSkipped,
    SizeBytes,
    LastSynchronisedAt,
    SwitchDate,
    SwitchedAt,
    LastError,
    User,
    Folder,
    Subject,
    ItemKind,
    ItemDate,
    ErrorCode,
    ErrorText,
    FailedAt,
}

/// The order of day and month in the dates of an export. Dates as 2026-11-20 are understood in any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// 20/11/2026
    DayMonthYear,
    /// 11/20/2026
    MonthDayYear,
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
    /// The headings that hold each field, the preferred one first.
    fields: BTreeMap<Field, Vec<String>>,
    /// The unit of the sizes under a heading.
    #[serde(default)]
    units: BTreeMap<String, Unit>,
    /// What each state word means.
    #[serde(default)]
    states: BTreeMap<String, SyncState>,
}

impl Layout {
    /// The state of a word, compared without case, blanks and punctuation; `None` for a word it does not know.
    #[must_use]
    pub fn state(&self, word: &str) -> Option<SyncState> {
        let word = fold_heading(word);
        self.states.iter().find(|(known, _)| fold_heading(known) == word).map(|(_, state)| *state)
    }

    /// The unit of sizes under `heading`.
    #[must_use]
    pub fn unit(&self, heading: &str) -> Unit {
        let heading = fold_heading(heading);
        self.units.iter().find(|(known, _)| fold_heading(known) == heading).map_or(Unit::Bytes, |(_, unit)| *unit)
    }

    fn fit(self: &Arc<Self>, sheet: &Sheet) -> Fit {
        let columns: BTreeMap<Field, usize> = self
            .fields
            .iter()
            .filter_map(|(field, headings)| Some((*field, headings.iter().find_map(|heading| sheet.column(heading))?)))
            .collect();
        let missing = self.input.required().iter().filter(|group| !group.iter().any(|field| columns.contains_key(field)));
        let missing = missing.filter_map(|group| self.fields.get(group.first()?)?.first().cloned()).collect();
        let unused = (0..sheet.headings().len()).filter(|column| !columns.values().any(|used| used == column)).collect();
        Fit { layout: Arc::clone(self), columns, missing, unused }
    }
}

/// How a layout fits a file.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub(super) layout: Arc<Layout>,
    /// Which column, from 0, holds each field that the file has.
    pub(super) columns: BTreeMap<Field, usize>,
    /// The preferred headings of required fields that the file lacks.
    missing: Vec<String>,
    /// Columns that hold no field.
    pub(super) unused: Vec<usize>,
}

/// Every layout the program knows.
#[derive(Debug, Clone)]
pub struct Layouts(Vec<Arc<Layout>>);

/// Why a layout is of no use, or a file has none.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum LayoutError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{file}: {message}")]
    Invalid { file: String, message: String },
    #[error("There is no layout “{name}” for a {} export; there are {known}. Correct the name in the settings.", input.label())]
    NoSuchLayout { name: String, input: Input, known: String },
    #[error("This is a {} export, not a {} export: the two files may have been exchanged.", is.label(), wanted.label())]
    OtherInput { is: Input, wanted: Input },
    #[error(
        "The headings fit no known layout of a {} export; for {nearest}, this is missing: {missing}. Export the columns again, or add a layout.",
        input.label()
    )]
    NoneFits { input: Input, nearest: String, missing: String },
    #[error("The headings fit {first} and {second} equally well: name the right one in the settings.")]
    Tie { first: String, second: String },
}

impl Layouts {
    /// The built-in layouts, and those in `folder`, of which one with a built-in name takes its place.
    ///
    /// # Errors
    /// [`LayoutError`] where a file cannot be read or is not a layout.
    pub fn load(folder: Option<&Path>) -> Result<Self, LayoutError> {
        let mut layouts = BTreeMap::new();
        for (name, text) in BUILT_IN {
            let layout = parse(name, text)?;
            layouts.insert(layout.name.clone(), Arc::new(layout));
        }
        if let Some(folder) = folder {
            let unreadable = |source| LayoutError::Unreadable { path: folder.to_owned(), source };
            let entries = std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
            paths.sort();
            for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
                let text = std::fs::read_to_string(path).map_err(|source| LayoutError::Unreadable { path: path.clone(), source })?;
                let layout = parse(&path.display().to_string(), &text)?;
                layouts.insert(layout.name.clone(), Arc::new(layout));
            }
        }
        Ok(Self(layouts.into_values().collect()))
    }

    /// The layout of `sheet`: the one named, or the one with the required headings and most of its other headings.
    pub(super) fn detect(&self, sheet: &Sheet, input: Input, name: Option<&str>) -> Result<Fit, LayoutError> {
        let of_input = |wanted: Input| self.0.iter().filter(move |layout| layout.input == wanted);
        if let Some(name) = name
            && !of_input(input).any(|layout| layout.name == name)
        {
            let known = of_input(input).map(|layout| layout.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(LayoutError::NoSuchLayout { name: name.to_owned(), input, known });
        }
        let mut fits: Vec<Fit> =
            of_input(input).filter(|layout| name.is_none_or(|name| layout.name == name)).map(|layout| layout.fit(sheet)).collect();
        fits.sort_by_key(|fit| (fit.missing.len(), std::cmp::Reverse(fit.columns.len())));
        let (complete, incomplete): (Vec<Fit>, Vec<Fit>) = fits.into_iter().partition(|fit| fit.missing.is_empty());
        let other = if input == Input::SyncState { Input::FailedItems } else { Input::SyncState };
        let of_other = of_input(other).map(|layout| layout.fit(sheet)).filter(|fit| fit.missing.is_empty());
        let columns_of_other = of_other.map(|fit| fit.columns.len()).max();
        // An export of the other input may happen to have the required headings of this one; it has more of its own.
        if name.is_none() && columns_of_other > complete.first().map(|fit| fit.columns.len()) {
            return Err(LayoutError::OtherInput { is: other, wanted: input });
        }
        match complete.as_slice() {
            [first, second, ..] if first.columns.len() == second.columns.len() => {
                Err(LayoutError::Tie { first: first.layout.name.clone(), second: second.layout.name.clone() })
            }
            [first, ..] => Ok(first.clone()),
            [] => {
                let nearest = incomplete.first().map_or_else(|| "any".to_owned(), |fit| fit.layout.name.clone());
                let missing = incomplete.first().map(|fit| fit.missing.join(", ")).unwrap_or_default();
                Err(LayoutError::NoneFits { input, nearest, missing })
            }
        }
    }
}

fn parse(file: &str, text: &str) -> Result<Layout, LayoutError> {
    toml::from_str(text).map_err(|error| LayoutError::Invalid { file: file.to_owned(), message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(headings: &str) -> Sheet {
        Sheet::from_delimited(format!("{headings}\n").into_bytes()).unwrap()
    }

    fn detect(headings: &str, input: Input) -> Result<Fit, LayoutError> {
        Layouts::load(None).unwrap().detect(&sheet(headings), input, None)
    }

    #[test]
    fn spellings_case_order_and_punctuation_do_not_matter() {
        for headings in [
            "Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress (%),Items Total,Items Synchronized,Failed Items",
            "FAILED ITEM COUNT;sync status;progress;items synchronised;source-mailbox;ItemsTotal",
        ] {
            let fit = detect(headings, Input::SyncState).unwrap();
            assert_eq!(fit.layout.name, "qmm-sync-state");
            assert!(fit.unused.is_empty(), "{headings}: {:?}", fit.unused);
        }
    }

    #[test]
    fn what_does_not_fit_is_explained() {
        let told = |headings: &str, input| detect(headings, input).unwrap_err().to_string();
        assert!(told("Source Mailbox,Sync State", Input::SyncState).contains("this is missing: Failed Items"));
        assert!(told("Source Mailbox,Subject,Error", Input::SyncState).contains("This is a failed-item export, not a sync-state export"));
        assert!(told("a,b", Input::FailedItems).contains("qmm-failed-items"));
    }

    #[test]
    fn states_are_those_of_the_tool() {
        let layouts = Layouts::load(None).unwrap();
        let layout = layouts.0.iter().find(|layout| layout.name == "qmm-sync-state").unwrap();
        assert_eq!(layout.state("in sync"), Some(SyncState::InSync));
        assert_eq!(layout.state("Ready To Switch"), Some(SyncState::ReadyToSwitch));
        assert_eq!(layout.state("Fettled"), None);
        assert_eq!(layout.state(""), None);
    }

    #[test]
    fn a_folder_adds_and_overrides_and_a_tie_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let text = "name = \"twin\"\ninput = \"sync-state\"\ndescription = \"x\"\ndate_order = \"day-month-year\"\n[fields]\nsource_mailbox = [\"Who\"]\nsync_state = [\"State\"]\nitems_failed = [\"Bad\"]\n";
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
        let layouts = Layouts::load(Some(folder.path())).unwrap();
        assert_eq!(layouts.detect(&sheet("who,state,bad"), Input::SyncState, None).unwrap().layout.name, "twin");

        std::fs::write(folder.path().join("b.toml"), text.replace("twin", "twin-two")).unwrap();
        let layouts = Layouts::load(Some(folder.path())).unwrap();
        let tie = layouts.detect(&sheet("who,state,bad"), Input::SyncState, None).unwrap_err();
        assert!(tie.to_string().contains("twin and twin-two"), "{tie}");
        assert_eq!(layouts.detect(&sheet("who,state,bad"), Input::SyncState, Some("twin-two")).unwrap().layout.name, "twin-two");
        assert!(layouts.detect(&sheet("a"), Input::SyncState, Some("none")).unwrap_err().to_string().contains("There is no layout “none”"));
    }
}
