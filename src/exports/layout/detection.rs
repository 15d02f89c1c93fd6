use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BUILT_IN, Field, Input, Layout};
use crate::sheets::{Sheet, fold_heading};

/// How a heading begins of a table that PowerShell formatted for the screen before it was exported.
const FORMATTED_TABLE: &str = "ClassId2e4f51ef";

/// How a layout fits a file. Columns are counted from 0.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The layout.
    pub layout: Arc<Layout>,
    /// Which column holds each field that the file has.
    pub columns: BTreeMap<Field, usize>,
    /// Which columns count, in this order, where a field's own cell is blank.
    pub where_blank: BTreeMap<Field, Vec<usize>>,
    /// Which columns are added to make a field.
    pub sums: BTreeMap<Field, Vec<usize>>,
    /// Columns that a state rests on, beside its own.
    pub beside_state: Vec<usize>,
    /// Columns that the layout knows and does not read.
    pub ignored: Vec<usize>,
    /// Columns that hold nothing the layout knows.
    pub unused: Vec<usize>,
    /// The preferred headings of what the layout requires and the file lacks.
    missing: Vec<String>,
}

impl Fit {
    fn new(layout: &Arc<Layout>, sheet: &Sheet) -> Self {
        let headings = FoldedHeadings::of(sheet);
        let columns: BTreeMap<Field, usize> = layout
            .fields
            .iter()
            .filter_map(|(field, spellings)| Some((*field, headings.first(spellings)?)))
            .collect();
        let where_blank = layout
            .where_blank
            .iter()
            .filter_map(|(field, others)| {
                let mut others = headings.each(others);
                let own = columns.get(field)?;
                others.retain(|column| column != own);
                Some((*field, others))
            })
            .collect();
        let sums = layout
            .sums
            .iter()
            .filter(|(field, _)| !columns.contains_key(field))
            .map(|(field, terms)| {
                let terms = terms.iter().filter_map(|term| headings.first(term));
                (*field, terms.collect::<Vec<_>>())
            })
            .filter(|(_, terms)| !terms.is_empty())
            .collect();
        let mut fit = Self {
            layout: Arc::clone(layout),
            columns,
            where_blank,
            sums,
            ignored: headings.each(&layout.ignored),
            beside_state: headings.each(layout.state_headings()),
            unused: Vec::new(),
            missing: Vec::new(),
        };
        let used = fit.used();
        fit.ignored.retain(|column| !used.contains(column));
        fit.unused = (0..sheet.headings().len()).collect();
        fit.unused
            .retain(|column| !used.contains(column) && !fit.ignored.contains(column));
        fit.missing = fit.missing(&headings);
        fit
    }

    /// The columns that hold something.
    fn used(&self) -> BTreeSet<usize> {
        let others = self.where_blank.values().chain(self.sums.values());
        self.columns
            .values()
            .chain(others.flatten())
            .chain(&self.beside_state)
            .copied()
            .collect()
    }

    /// The preferred headings of what the layout requires and the file lacks.
    fn missing(&self, headings: &FoldedHeadings) -> Vec<String> {
        let Layout { input, told_by, .. } = &*self.layout;
        let has = |field: &Field| self.columns.contains_key(field) || self.sums.contains_key(field);
        let preferred = |field: &Field| self.layout.preferred_heading(*field);
        let lacking = input.required().iter();
        let lacking = lacking.filter(|group| !group.iter().any(has));
        let mut missing: Vec<String> = lacking
            .filter_map(|group| group.iter().find_map(preferred).map(str::to_owned))
            .collect();
        if !told_by.is_empty() && headings.first(told_by).is_none() {
            missing.push(format!("one of {}", told_by.join(", ")));
        }
        missing
    }

    /// How many headings of the file the layout knows.
    fn known(&self, sheet: &Sheet) -> usize {
        sheet.headings().len() - self.unused.len()
    }
}

/// The headings of a file as they are compared, folded once: a wide file is held against hundreds
/// of headings that layouts know.
struct FoldedHeadings(Vec<String>);

impl FoldedHeadings {
    fn of(sheet: &Sheet) -> Self {
        let headings = sheet.headings().iter();
        Self(headings.map(|heading| fold_heading(heading)).collect())
    }

    /// The column of each of `headings` that the file has.
    fn columns<'a>(
        &'a self,
        headings: impl IntoIterator<Item = &'a String> + 'a,
    ) -> impl Iterator<Item = usize> + 'a {
        headings.into_iter().filter_map(|heading| {
            let wanted = fold_heading(heading);
            self.0.iter().position(|heading| *heading == wanted)
        })
    }

    fn each<'a>(&'a self, headings: impl IntoIterator<Item = &'a String> + 'a) -> Vec<usize> {
        self.columns(headings).collect()
    }

    /// The column of the first of `headings` that the file has.
    fn first(&self, headings: &[String]) -> Option<usize> {
        self.columns(headings).next()
    }
}

/// Every layout the program knows.
#[derive(Debug, Clone)]
pub struct Layouts(Vec<Arc<Layout>>);

/// Why a layout is of no use, or a file has none.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum LayoutError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{file}: {message}")]
    Invalid { file: String, message: String },
    #[error("There is no layout “{name}” for a {}; there are {known}. Correct the name in the \
     settings.", input.label())]
    NoSuchLayout {
        name: String,
        input: Input,
        known: String,
    },
    #[error("This is a {}, not a {}: the two files may have been \
     exchanged.", is.label(), wanted.label())]
    OtherInput { is: Input, wanted: Input },
    #[error(
        "The headings fit no known layout{of}; for {nearest}, this is missing: {missing}. Export \
         the columns again, or add a layout."
    )]
    NearlyFits {
        of: String,
        nearest: String,
        missing: String,
    },
    #[error(
        "The headings fit no known layout{of}, and none of them is known; there are {known}. \
         Export the table again, or add a layout."
    )]
    NothingKnown { of: String, known: String },
    #[error(
        "The headings fit {first} and {second} equally well: name the right one in the settings."
    )]
    Tie { first: String, second: String },
    #[error(
        "This is a table as PowerShell draws it on the screen, not its data: Format-Table or \
         Format-List came before Export-Csv. Leave that out, and export again."
    )]
    FormattedTable,
}

impl Layouts {
    /// The built-in layouts, and those in `folder`, of which one with a built-in name takes its
    /// place.
    ///
    /// # Errors
    /// [`LayoutError`] where a file cannot be read or is not a layout.
    pub fn load(folder: Option<&Path>) -> Result<Self, LayoutError> {
        let mut layouts = BTreeMap::new();
        for text in BUILT_IN {
            let layout = Layout::parse("a built-in layout", text)?;
            layouts.insert(layout.name.clone(), Arc::new(layout));
        }
        if let Some(folder) = folder {
            let unreadable = |path: &Path, source| LayoutError::Unreadable {
                path: path.to_owned(),
                source,
            };
            let entries = std::fs::read_dir(folder).and_then(|entries| entries.collect());
            let entries: Vec<DirEntry> = entries.map_err(|error| unreadable(folder, error))?;
            let mut paths: Vec<PathBuf> = entries.iter().map(DirEntry::path).collect();
            paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
            paths.sort();
            for path in paths {
                let text = std::fs::read_to_string(&path);
                let text = text.map_err(|error| unreadable(&path, error))?;
                let layout = Layout::parse(&path.display().to_string(), &text)?;
                layouts.insert(layout.name.clone(), Arc::new(layout));
            }
        }
        Ok(Self(layouts.into_values().collect()))
    }

    /// Each layout, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Layout> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The layout of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Layout> {
        self.iter().find(|layout| layout.name == name)
    }

    /// The layout of `sheet`, whatever it is an export of: which heading holds which field, and
    /// which hold none.
    ///
    /// # Errors
    /// [`LayoutError`] says why no layout fits, or which two fit equally well.
    pub fn explain(&self, sheet: &Sheet) -> Result<Fit, LayoutError> {
        choose(sheet, self.fits(sheet, None), "")
    }

    /// The layout of `sheet`: the one named, or the one with the required headings and most of its
    /// other headings.
    ///
    /// # Errors
    /// [`LayoutError`] says why no layout of `input` fits, or which two fit equally well.
    pub fn detect(
        &self,
        sheet: &Sheet,
        input: Input,
        name: Option<&str>,
    ) -> Result<Fit, LayoutError> {
        let mut fits = self.fits(sheet, Some(input));
        if let Some(name) = name {
            if !fits.iter().any(|fit| fit.layout.name == name) {
                return Err(LayoutError::NoSuchLayout {
                    name: name.to_owned(),
                    input,
                    known: names(&fits),
                });
            }
            fits.retain(|fit| fit.layout.name == name);
        } else if let Some(other) = self.other_input(sheet, input, &fits) {
            return Err(LayoutError::OtherInput {
                is: other,
                wanted: input,
            });
        }
        choose(sheet, fits, &format!(" of a {}", input.label()))
    }

    /// How each layout fits, or each one of `input`.
    fn fits(&self, sheet: &Sheet, input: Option<Input>) -> Vec<Fit> {
        let is_wanted = |layout: &&Arc<Layout>| input.is_none_or(|input| layout.input == input);
        let layouts = self.0.iter().filter(is_wanted);
        layouts.map(|layout| Fit::new(layout, sheet)).collect()
    }

    /// What a file rather is than `input`, which `fits`: a file of another input may happen to have
    /// the required headings of this one, and has more of its own.
    fn other_input(&self, sheet: &Sheet, input: Input, fits: &[Fit]) -> Option<Input> {
        let known = |fit: &Fit| fit.known(sheet);
        let most_known = fits.iter().map(known).max();
        Input::ALL.into_iter().find(|other| {
            let others = self.fits(sheet, Some(*other));
            let whole = others.iter().filter(|fit| fit.missing.is_empty());
            *other != input && whole.map(known).max() > most_known
        })
    }

    /// How near the headings of `sheet` come to a layout, of `input` or of any: the more of them
    /// one layout knows, the nearer.
    #[must_use]
    pub fn nearness(&self, sheet: &Sheet, input: Option<Input>) -> usize {
        let fits = self.fits(sheet, input);
        let known = fits.iter().map(|fit| fit.known(sheet));
        known.max().unwrap_or_default()
    }
}

/// Of several fits the one that lacks nothing and knows most headings of `sheet`; `of` is what an
/// error adds.
fn choose(sheet: &Sheet, mut fits: Vec<Fit>, of: &str) -> Result<Fit, LayoutError> {
    let is_drawn = |heading: &String| heading.starts_with(FORMATTED_TABLE);
    if sheet.headings().iter().any(is_drawn) {
        return Err(LayoutError::FormattedTable);
    }
    fits.sort_by_key(|fit| (fit.missing.len(), Reverse(fit.known(sheet))));
    let of = of.to_owned();
    match fits.as_slice() {
        [first, second, ..]
            if second.missing.is_empty() && first.known(sheet) == second.known(sheet) =>
        {
            Err(LayoutError::Tie {
                first: first.layout.name.clone(),
                second: second.layout.name.clone(),
            })
        }
        [first, ..] if first.missing.is_empty() => Ok(first.clone()),
        _ => match fits.iter().find(|fit| fit.known(sheet) > 0) {
            Some(nearest) => Err(LayoutError::NearlyFits {
                of,
                nearest: nearest.layout.name.clone(),
                missing: nearest.missing.join(", "),
            }),
            None => Err(LayoutError::NothingKnown {
                of,
                known: names(&fits),
            }),
        },
    }
}

fn names(fits: &[Fit]) -> String {
    let mut names: Vec<&str> = fits.iter().map(|fit| fit.layout.name.as_str()).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::SyncState;

    fn sheet(headings: &str) -> Sheet {
        Sheet::from_delimited(format!("{headings}\n").into_bytes()).unwrap()
    }

    fn detect(headings: &str, input: Input) -> Result<Fit, LayoutError> {
        Layouts::load(None)
            .unwrap()
            .detect(&sheet(headings), input, None)
    }

    #[test]
    fn spellings_case_order_and_punctuation_do_not_matter() {
        for headings in [
            "Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,Progress (%),Items \
             Total,Items Synchronized,Failed Items",
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
        assert!(
            told("Source Mailbox,Sync State", Input::SyncState)
                .contains("this is missing: Failed Items")
        );
        assert!(
            told("Source Mailbox,Subject,Error", Input::SyncState)
                .contains("This is a failed-item export, not a sync-state export")
        );
        assert!(told("a,b", Input::FailedItems).contains(
            "none of them is known; there are exchange-skipped-items, migrationwiz-errors, qmm"
        ));
        assert_eq!(
            told(
                "ClassId2e4f51ef21dd47e99d3c952918aff9cd,shapeInfo",
                Input::SyncState
            ),
            LayoutError::FormattedTable.to_string()
        );
    }

    #[test]
    fn states_are_those_of_the_tool() {
        let layouts = Layouts::load(None).unwrap();
        let layout = layouts.named("qmm-sync-state").unwrap();
        assert_eq!(layout.state("in sync"), Some(SyncState::InSync));
        assert_eq!(
            layout.state("Ready To Switch"),
            Some(SyncState::ReadyToSwitch)
        );
        assert_eq!(layout.state("Fettled"), None);
        assert_eq!(layout.state(""), None);
    }

    #[test]
    fn a_folder_adds_and_overrides_and_a_tie_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let text = "name = \"twin\"\ninput = \"sync-state\"\ndescription = \"x\"\ndate_order \
         = \"day-month-year\"\n[fields]\nsource_mailbox = [\"Who\"]\nsync_state = \
         [\"State\"]\nitems_failed = [\"Bad\"]\n";
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
        let layouts = Layouts::load(Some(folder.path())).unwrap();
        assert_eq!(
            layouts
                .detect(&sheet("who,state,bad"), Input::SyncState, None)
                .unwrap()
                .layout
                .name,
            "twin"
        );

        std::fs::write(
            folder.path().join("b.toml"),
            text.replace("twin", "twin-two"),
        )
        .unwrap();
        let layouts = Layouts::load(Some(folder.path())).unwrap();
        let tie = layouts
            .detect(&sheet("who,state,bad"), Input::SyncState, None)
            .unwrap_err();
        assert!(tie.to_string().contains("twin and twin-two"), "{tie}");
        assert_eq!(
            layouts
                .detect(&sheet("who,state,bad"), Input::SyncState, Some("twin-two"))
                .unwrap()
                .layout
                .name,
            "twin-two"
        );
        assert!(
            layouts
                .detect(&sheet("a"), Input::SyncState, Some("none"))
                .unwrap_err()
                .to_string()
                .contains("There is no layout “none”")
        );
    }
}
