use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::LayoutError;
use super::fit::Fit;
use super::headings::FileHeadings;
use super::other_table::OtherTable;
use super::{BUILT_IN, Input, Layout};
use crate::sheets::Sheet;

/// How a heading begins of a table that PowerShell formatted for the screen before it was exported.
const FORMATTED_TABLE: &str = "ClassId2e4f51ef";

/// Every layout the program knows.
#[derive(Debug, Clone)]
pub struct Layouts(Vec<Arc<Layout>>);

impl Layouts {
    /// The built-in layouts, and those in `folder`, of which one with a built-in name takes its
    /// place.
    ///
    /// # Errors
    /// [`LayoutError`] where a file cannot be read or is not a layout.
    pub fn load(folder: Option<&Path>) -> Result<Self, LayoutError> {
        let mut layouts = BTreeMap::new();
        let known = OtherTable::known().map_err(|error| LayoutError::Invalid {
            file: "the built-in list of other tables".to_owned(),
            message: error.to_string(),
        })?;
        for text in BUILT_IN {
            let layout = Layout::parse("a built-in layout", text, &known)?;
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
                let layout = Layout::parse(&path.display().to_string(), &text, &known)?;
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
        let headings = FileHeadings::of(sheet);
        choose(sheet, self.fits(&headings, None), None)
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
        let headings = FileHeadings::of(sheet);
        let mut fits = self.fits(&headings, Some(input));
        if let Some(name) = name {
            if !fits.iter().any(|fit| fit.layout.name == name) {
                return Err(LayoutError::NoSuchLayout {
                    name: name.to_owned(),
                    input,
                    known: names(&fits),
                });
            }
            fits.retain(|fit| fit.layout.name == name);
        } else if let Some(other) = self.other_input(&headings, input, &fits) {
            return Err(LayoutError::OtherInput {
                is: other,
                wanted: input,
            });
        }
        choose(sheet, fits, Some(input))
    }

    /// How each layout fits, or each one of `input`.
    fn fits(&self, headings: &FileHeadings, input: Option<Input>) -> Vec<Fit> {
        let is_wanted =
            |layout: &&Arc<Layout>| input.is_none_or(|input| layout.input == input.form());
        let layouts = self.0.iter().filter(is_wanted);
        layouts.map(|layout| Fit::new(layout, headings)).collect()
    }

    /// What a file rather is than `input`, which `fits`: a file of another input may happen to have
    /// the required headings of this one, and has more of its own.
    fn other_input(&self, headings: &FileHeadings, input: Input, fits: &[Fit]) -> Option<Input> {
        let known = |fit: &Fit| fit.known(headings.sheet);
        let most_known = fits.iter().map(known).max();
        if most_known == Some(headings.len()) {
            return None;
        }
        let mut others = Input::ALL
            .into_iter()
            .filter(|other| other.form() != input.form());
        others.find(|other| {
            let others = self.fits(headings, Some(*other));
            let whole = others
                .iter()
                .filter(|fit| fit.is_whole() && !fit.is_faint());
            whole.map(known).max() > most_known
        })
    }

    /// How near the headings of `sheet` come to a layout, of `input` or of any: the more of them
    /// one layout knows, the nearer.
    #[must_use]
    pub fn nearness(&self, sheet: &Sheet, input: Option<Input>) -> usize {
        let fits = self.fits(&FileHeadings::of(sheet), input);
        let known = fits.iter().map(|fit| fit.known(sheet));
        known.max().unwrap_or_default()
    }
}

/// How near the headings of a file come to a layout that they do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearLayout {
    /// The layout's name.
    pub name: String,
    /// What it is an export of.
    pub input: Input,
    /// How many of the headings it knows.
    pub known: usize,
    /// What it requires and the file lacks.
    pub missing: Vec<String>,
}

impl Layouts {
    /// Of each input the layout that knows most of the headings of `sheet`, the nearest first; none
    /// where one knows none of them.
    #[must_use]
    pub fn nearest(&self, sheet: &Sheet) -> Vec<NearLayout> {
        let headings = FileHeadings::of(sheet);
        let inputs = Input::ALL
            .into_iter()
            .filter(|input| *input == input.form());
        let of_input = |input| {
            let fits = self.fits(&headings, Some(input));
            let fit = nearest_of(&fits, sheet)?;
            Some(NearLayout {
                name: fit.layout.name.clone(),
                input,
                known: fit.known(sheet),
                missing: fit.missing.clone(),
            })
        };
        let mut near: Vec<NearLayout> = inputs.filter_map(of_input).collect();
        near.retain(|layout| layout.known > 0 && !layout.missing.is_empty());
        near.sort_by_key(|layout| (Reverse(layout.known), layout.missing.len()));
        near
    }
}

/// Of fits that all lack something the one that is told.
fn nearest_of<'a>(fits: &'a [Fit], sheet: &Sheet) -> Option<&'a Fit> {
    let known = |fit: &Fit| fit.known(sheet);
    let near = fits
        .iter()
        .filter(|fit| known(fit) > 0 || !fit.ties.is_empty());
    near.min_by_key(|fit| {
        (
            fit.missing.is_empty(),
            Reverse(known(fit)),
            fit.missing.len(),
        )
    })
}

/// Of several fits the one that lacks nothing and knows most headings of `sheet`; `input` is what
/// it is to be an export of.
fn choose(sheet: &Sheet, mut fits: Vec<Fit>, input: Option<Input>) -> Result<Fit, LayoutError> {
    let is_drawn = |heading: &String| heading.starts_with(FORMATTED_TABLE);
    if sheet.headings().iter().any(is_drawn) {
        return Err(LayoutError::FormattedTable);
    }
    let known = |fit: &Fit| fit.known(sheet);
    let most_known = fits.iter().map(known).max().unwrap_or_default();
    let rank = |fit: &Fit| {
        let is_whole = fit.is_whole() && (!fit.is_faint() || known(fit) == most_known);
        (!is_whole, fit.missing.len(), Reverse(known(fit)))
    };
    fits.sort_by_key(rank);
    if let [first, second, ..] = fits.as_slice()
        && !rank(second).0
        && known(first) == known(second)
    {
        return Err(LayoutError::Tie {
            first: first.layout.name.clone(),
            second: second.layout.name.clone(),
        });
    }
    let of = input.map_or_else(String::new, |input| format!(" of {}", input.with_article()));
    if let Some(first) = fits.first().filter(|first| !rank(first).0) {
        return match first.rival(sheet) {
            None => Ok(first.clone()),
            Some((own, other)) => Err(LayoutError::HeadingTwice {
                first: own.min(other) + 1,
                second: own.max(other) + 1,
            }),
        };
    }
    Err(
        match (other_table(&fits, sheet), nearest_of(&fits, sheet)) {
            (Some((of, wanted)), _) => LayoutError::OtherTable { of, wanted },
            (None, Some(nearest)) => LayoutError::NearlyFits {
                of,
                nearest: nearest.layout.name.clone(),
                missing: nearest.missing.join(", "),
            },
            (None, None) if sheet.headings().iter().any(|text| text.contains('@')) => {
                LayoutError::NoHeadings
            }
            (None, None) => LayoutError::NothingKnown {
                of,
                known: names(&fits),
            },
        },
    )
}

/// What a file that no layout fits is a table of, by the layout that knows most of its headings.
fn other_table(fits: &[Fit], sheet: &Sheet) -> Option<(String, Input)> {
    let others = fits.iter().filter(|fit| fit.is_of.is_some());
    let nearest = others.max_by_key(|fit| fit.known(sheet))?;
    Some((nearest.is_of.clone()?, nearest.layout.input))
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
    use crate::exports::Field;

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
    fn the_nearest_layout_is_the_one_that_knows_most() {
        let explain = |text: &str| {
            let sheet = Sheet::from_delimited(text.as_bytes().to_vec()).unwrap();
            Layouts::load(None).unwrap().explain(&sheet)
        };
        let told = |text: &str| explain(text).unwrap_err().to_string();
        let users = told("EmailAddress,BatchId,Status\na@wharfe.example,W1,Synced\n");
        assert!(
            users.contains("exchange-migration-user-statistics, this is missing: SkippedItemCount"),
            "{users}"
        );
        let moves = told(
            "Identity,Status,Alias,BatchName,ExchangeGuid\nx\\a,Synced,a,W1,6f\nx\\b,Synced,b,W1,6f\n",
        );
        assert!(
            moves.contains("SourceMailbox (there are no addresses under “Identity”, “Alias”)"),
            "{moves}"
        );
        let unclear = told("Staff mail,Line mail\na@wharfe.example,b@wharfe.example\n");
        assert!(
            unclear.contains("“Staff mail”, “Line mail” could all be it"),
            "{unclear}"
        );
        let fit = explain("No.,User,Email,Go-Live,No.\n1,Ada Ash,a@wharfe.example,23/11/2026,x\n");
        let fit = fit.unwrap();
        assert_eq!(
            fit.columns[&Field::SourceMailbox],
            2,
            "names are no addresses"
        );
        assert_eq!(fit.columns[&Field::DisplayName], 1);
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
