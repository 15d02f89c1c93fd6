use std::collections::BTreeMap;

use serde::Deserialize;

use super::pattern::{ComparedText, Pattern};
use super::{Field, Fit, Layout};
use crate::domain::SyncState;
use crate::domain::invisible::excerpt;
use crate::sheets::Sheet;

/// Combinations of words that are remembered; exports have about ten.
const REMEMBERED: usize = 64;

/// What a row says of the state of its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateOfRow {
    /// The state that its word stands for.
    pub state: SyncState,
    /// Whether the mailbox cannot be completed until somebody approves what was lost.
    pub awaits_approval: bool,
}

/// A state that rests on several columns.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateRule {
    /// What must stand under each of these headings: one of the words, of which a blank is one. A
    /// heading that the file has not is blank.
    columns: BTreeMap<String, Vec<Pattern>>,
    /// The states that the word alone would have, where it applies to these only.
    #[serde(default)]
    of: Vec<SyncState>,
    /// The state; that of the word alone where it is not said.
    state: Option<SyncState>,
    #[serde(default)]
    awaits_approval: bool,
}

impl StateRule {
    /// The headings that it looks at.
    pub(super) fn headings(&self) -> impl Iterator<Item = &String> {
        self.columns.keys()
    }
}

/// Reads the state of each row of one export. Columns are looked for once, and what the same words
/// mean is remembered.
#[derive(Debug)]
pub struct StateReader<'a> {
    layout: &'a Layout,
    /// The columns that rules look at, from 0.
    columns: Vec<usize>,
    /// Of each rule what must stand in each of `columns`; `None` for what it does not look at.
    rules: Vec<(&'a StateRule, Vec<Option<&'a [Pattern]>>)>,
    /// A state's word, what stands beside it in `columns`, and what they mean.
    known: Vec<(&'a str, Vec<&'a str>, StateOfRow)>,
}

impl<'a> StateReader<'a> {
    /// `column` is where a heading stands in the file.
    pub(in crate::exports) fn new(
        layout: &'a Layout,
        column: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        let mut columns: Vec<usize> = layout.state_headings().filter_map(|h| column(h)).collect();
        columns.sort_unstable();
        columns.dedup();
        let may_apply = |rule: &&StateRule| {
            let mut wanted = rule.columns.iter();
            let blank = ComparedText::from("");
            wanted.all(|(heading, words)| {
                column(heading).is_some() || words.iter().any(|word| word.fits(&blank))
            })
        };
        let rules = layout.state_when.iter().filter(may_apply).map(|rule| {
            let wanted = |own: &usize| {
                let mut of_rule = rule.columns.iter();
                let found = of_rule.find(|(heading, _)| column(heading) == Some(*own));
                found.map(|(_, words)| words.as_slice())
            };
            (rule, columns.iter().map(wanted).collect())
        });
        Self {
            layout,
            rules: rules.collect(),
            columns,
            known: Vec::new(),
        }
    }

    /// The state of a row whose state's word is `word` and whose other cells are `cell`, by column.
    pub fn state(&mut self, word: &'a str, cell: impl Fn(usize) -> &'a str) -> StateOfRow {
        let is_same = |(known, beside, _): &&(&str, Vec<&str>, StateOfRow)| {
            *known == word
                && self
                    .columns
                    .iter()
                    .zip(beside)
                    .all(|(column, words)| cell(*column) == *words)
        };
        if let Some((_, _, state)) = self.known.iter().find(is_same) {
            return *state;
        }
        let beside: Vec<&str> = self.columns.iter().map(|column| cell(*column)).collect();
        let state = self.state_of(word, &beside);
        if self.known.len() < REMEMBERED {
            self.known.push((word, beside, state));
        }
        state
    }

    fn state_of(&self, word: &str, beside: &[&str]) -> StateOfRow {
        let own = self.layout.state(word).unwrap_or(SyncState::Unrecognised);
        let beside: Vec<ComparedText> = beside.iter().map(|cell| (*cell).into()).collect();
        let applies = |rule: &StateRule, wanted: &[Option<&[Pattern]>]| {
            let fits = |(wanted, cell): (&Option<&[Pattern]>, &ComparedText)| {
                wanted.is_none_or(|words| words.iter().any(|word| word.fits(cell)))
            };
            (rule.of.is_empty() || rule.of.contains(&own)) && wanted.iter().zip(&beside).all(fits)
        };
        let mut rules = self.rules.iter();
        let rule = rules.find(|(rule, wanted)| applies(rule, wanted));
        StateOfRow {
            state: rule.and_then(|(rule, _)| rule.state).unwrap_or(own),
            awaits_approval: rule.is_some_and(|(rule, _)| rule.awaits_approval),
        }
    }
}

/// The words that a layout has no state for, with how many mailboxes have each, in the order of the
/// words; none where the file is no sync-state export.
#[must_use]
pub fn unknown_states<'a>(fit: &'a Fit, sheet: &'a Sheet) -> BTreeMap<&'a str, usize> {
    let mut unknown = BTreeMap::new();
    let Some(own) = fit.columns.get(&Field::SyncState) else {
        return unknown;
    };
    let mailbox = fit.columns.get(&Field::SourceMailbox);
    let where_blank = fit.where_blank.get(&Field::SyncState).into_iter().flatten();
    let columns: Vec<usize> = std::iter::once(own).chain(where_blank).copied().collect();
    let mut reader = StateReader::new(&fit.layout, |heading| sheet.column(heading));
    for row in 0..sheet.height() {
        let cells: Vec<&str> = sheet.cells(row).map(str::trim).collect();
        let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
        let is_mailbox = mailbox.is_none_or(|mailbox| !cell(*mailbox).is_empty());
        if !is_mailbox || fit.other_thing(cell).is_some() {
            continue;
        }
        let mut words = columns.iter().map(|column| cell(*column));
        let word = words.find(|word| !word.is_empty()).unwrap_or_default();
        if reader.state(word, cell).state == SyncState::Unrecognised {
            *unknown.entry(word).or_default() += 1;
        }
    }
    unknown
}

/// Unknown words that are named at the most, unless there are more rows with them than twice as
/// many.
const NAMED_WORDS: usize = 2;

/// Whether so many different words of so many mailboxes can be states: nearly as many words as
/// mailboxes are something else that slipped into the column, perhaps names, and are not told.
#[must_use]
pub fn may_be_states(words: usize, mailboxes: usize) -> bool {
    words <= NAMED_WORDS.max(mailboxes / 2)
}

/// Words that a state has at the most: what is longer was written by somebody, about somebody.
const WORDS_OF_STATE: usize = 4;

/// A word for a state from an export, fit for a sentence: not an address that slipped into the
/// column, and not what people write behind a state.
#[must_use]
pub fn printable_state(word: &str) -> String {
    let may_stand = |c: char| c.is_alphanumeric() || " _()".contains(c);
    let is_state = |word: &str| {
        // A hyphen joins words; with a blank beside it, it begins a remark.
        let joined = word.replace(" - ", "\0");
        let letters = joined.replace('-', "");
        letters.chars().all(may_stand) && word.split_whitespace().count() <= WORDS_OF_STATE
    };
    match word {
        "" => "(blank)".to_owned(),
        word if word.contains('@') => "(an address)".to_owned(),
        word if is_state(word) => excerpt(word, 40),
        word => format!("(a text of {} characters)", word.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::Layouts;

    #[test]
    fn what_people_write_behind_a_state_is_not_printed() {
        for state in [
            "Fettled",
            "Completed with warnings",
            "Re-queued",
            "Migrated (trial)",
            "5",
        ] {
            assert_eq!(printable_state(state), state);
        }
        let remark = "In Sync - spoke to Ada";
        assert_eq!(printable_state(remark), "(a text of 22 characters)");
        for remark in [
            "Failed: item too large",
            "In Sync, Ada away",
            "Failed item is too large here",
        ] {
            assert!(
                printable_state(remark).starts_with("(a text of"),
                "{remark}"
            );
        }
    }

    #[test]
    fn words_without_a_state_are_counted() {
        let text = "Source Mailbox,Sync State,Failed Items\n\
                    a@wharfe.example,In Sync,0\nb@wharfe.example,Fettled,0\n\
                    c@wharfe.example,fettled,0\nd@wharfe.example,Fettled,0\n\
                    e@wharfe.example,,0\n,Total,0\n";
        let sheet = Sheet::from_delimited(text.as_bytes().to_vec()).unwrap();
        let fit = Layouts::load(None).unwrap().explain(&sheet).unwrap();
        let unknown: Vec<_> = unknown_states(&fit, &sheet).into_iter().collect();
        assert_eq!(unknown, [("", 1), ("Fettled", 2), ("fettled", 1)]);
    }

    /// The states of rows of a layout, each a word and the cells of its headings.
    fn states(layout: &str, headings: &[&str], rows: &[&[&'static str]]) -> Vec<(SyncState, bool)> {
        let layouts = Layouts::load(None).unwrap();
        let column = |heading: &str| headings.iter().position(|own| *own == heading);
        let mut reader = StateReader::new(layouts.named(layout).unwrap(), column);
        let state = |row: &&[&'static str]| {
            let state = reader.state(row[0], |column| row[column]);
            (state.state, state.awaits_approval)
        };
        rows.iter().map(state).collect()
    }

    #[test]
    fn a_verification_copies_nothing_and_a_pre_stage_not_all() {
        use SyncState::{Failed, InSync, NotStarted, Stopped, Synchronising};
        let rows: [&[&str]; 9] = [
            &["Completed", "Full/MSU"],
            &["Completed", "Verification/"],
            &["Processing", "Verification/MSU"],
            &["Failed", "Verification/"],
            &["Completed", "Trial/"],
            &["Completed", "Repair/MSU"],
            &["Completed", "Pre-Stage/MSU"],
            &["MaximumTransferReached", "Full/MSU"],
            &["Completed", ""],
        ];
        let wanted = [
            InSync,
            NotStarted,
            NotStarted,
            Failed,
            NotStarted,
            InSync,
            Synchronising,
            Stopped,
            InSync,
        ];
        assert_eq!(
            states(
                "migrationwiz-statistics",
                &["Last Status", "Last Migration Type"],
                &rows
            ),
            wanted.map(|state| (state, false))
        );
    }

    #[test]
    fn what_nobody_approved_is_in_sync_and_waits() {
        use SyncState::{InSync, Switched, Synchronising};
        let headings = [
            "Status",
            "DataConsistencyScore",
            "HasUnapprovedSkippedItems",
        ];
        let rows: [&[&str]; 6] = [
            &["Synced", "Good", "False"],
            &["Synced", "Investigate", ""],
            &["Synced", "Good", "True"],
            &["Synced", "Poor", "False"],
            &["Completed", "Investigate", "True"],
            &["Syncing", "Poor", "True"],
        ];
        assert_eq!(
            states("exchange-migration-user-statistics", &headings, &rows),
            [
                (InSync, false),
                (InSync, true),
                (InSync, true),
                (InSync, false),
                (Switched, false),
                (Synchronising, false),
            ]
        );
        let rows: [&[&str]; 2] = [&["Synced", "Perfect"], &["AutoSuspended", "POOR"]];
        assert_eq!(
            states("exchange-move-request-statistics", &headings[..2], &rows),
            [(InSync, false), (InSync, true)],
            "a heading that the file has not is blank"
        );
    }
}
