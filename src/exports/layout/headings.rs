//! The headings that a layout knows, and those that a file has.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::Field;
use super::cells::{CellSample, Look, is_address};
use super::pattern::{ComparedText, Pattern};
use super::unit::SizeUnit;
use super::words::spaced;
use crate::sheets::{Sheet, fold_heading};

/// What a column may be called, the preferred heading first. Those with a `*` are patterns, for
/// files that have none of the others.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub(super) struct Spellings {
    exact: Vec<Spelling>,
    pub(super) patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Spelling {
    text: String,
    folded: String,
}

impl From<Vec<String>> for Spellings {
    fn from(texts: Vec<String>) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|text| Pattern::is_one(text));
        let spelling = |text: String| Spelling {
            folded: fold_heading(&text),
            text,
        };
        Self {
            exact: exact.into_iter().map(spelling).collect(),
            patterns: patterns.into_iter().map(Pattern::from).collect(),
        }
    }
}

impl Spellings {
    /// The heading that people are told to export.
    pub(super) fn preferred(&self) -> Option<&str> {
        self.exact.first().map(|spelling| spelling.text.as_str())
    }

    /// Whether a heading is one of them, as headings are compared; patterns apart.
    pub(super) fn have(&self, folded: &str) -> bool {
        self.exact.iter().any(|spelling| spelling.folded == folded)
    }

    /// Every heading, for a sentence.
    pub(super) fn listed(&self) -> String {
        let exact = self.exact.iter().map(|one| one.text.clone());
        let patterns = self.patterns.iter().map(Pattern::to_string);
        exact.chain(patterns).collect::<Vec<_>>().join(", ")
    }
}

/// The headings of a file as they are compared, and what stands below them: a wide file is held
/// against hundreds of headings that layouts know, and what its columns look like does not depend
/// on the layout.
pub(super) struct FileHeadings<'a> {
    pub(super) sheet: &'a Sheet,
    headings: Vec<ComparedText>,
    /// The first column of each heading. One of symbols only is none.
    columns: BTreeMap<String, usize>,
    sample: OnceCell<CellSample<'a>>,
    /// Whether each column holds addresses, once somebody has asked.
    addresses: Vec<OnceCell<Look>>,
}

impl<'a> FileHeadings<'a> {
    pub(super) fn of(sheet: &'a Sheet) -> Self {
        let texts = sheet.headings().iter();
        let headings: Vec<_> = texts.map(|text| text.as_str().into()).collect();
        let mut columns = BTreeMap::new();
        for (column, ComparedText { folded, .. }) in headings.iter().enumerate() {
            if !folded.is_empty() {
                columns.entry(folded.clone()).or_insert(column);
            }
        }
        Self {
            sheet,
            columns,
            sample: OnceCell::new(),
            addresses: vec![OnceCell::new(); headings.len()],
            headings,
        }
    }

    /// How many of the cells of a column are what `is_one` asks for.
    pub(super) fn look(&self, column: usize, is_one: impl Fn(&str) -> bool) -> Look {
        let sample = self.sample.get_or_init(|| CellSample::of(self.sheet));
        sample.look(column, is_one)
    }

    /// Whether the cells of a column look like addresses.
    pub(super) fn addresses(&self, column: usize) -> Look {
        let looks = || self.look(column, is_address);
        self.addresses
            .get(column)
            .map_or(Look::Unknown, |known| *known.get_or_init(looks))
    }

    pub(super) fn len(&self) -> usize {
        self.headings.len()
    }

    /// The column of each of `spellings` that the file has, patterns apart.
    pub(super) fn exact(&self, spellings: &Spellings) -> Vec<usize> {
        let wanted = spellings.exact.iter();
        wanted
            .filter_map(|wanted| self.columns.get(&wanted.folded).copied())
            .collect()
    }

    /// The same for a field, some of whose headings may end in a unit that no layout lists.
    pub(super) fn of_field(&self, field: Field, spellings: &Spellings) -> Vec<usize> {
        let mut columns = self.exact(spellings);
        let measure: fn(&str) -> bool = match field {
            Field::SizeBytes => |word| SizeUnit::of_word(word).is_some(),
            Field::ProgressPercent => is_percent,
            _ => return columns,
        };
        let texts = (0..).zip(&self.headings);
        let open = texts.filter(|(column, _)| !columns.contains(column));
        let measured = open.filter_map(|(column, text)| {
            let named = without_measure(&text.spaced, measure)?;
            Some((column, named))
        });
        let measured: Vec<(usize, String)> = measured.collect();
        for Spelling { text, folded } in &spellings.exact {
            if measured.is_empty() {
                break;
            }
            let wanted = without_measure(&spaced(text, |_| false), measure);
            let wanted = wanted.as_ref().unwrap_or(folded);
            let found = measured.iter().find(|(_, named)| named == wanted);
            let found = found.map(|(column, _)| *column);
            columns.extend(found.filter(|column| !columns.contains(column)));
        }
        columns
    }

    /// The columns of all of `spellings`, patterns and all.
    pub(super) fn all(&self, spellings: &Spellings) -> Vec<usize> {
        let mut columns = self.exact(spellings);
        for pattern in &spellings.patterns {
            columns.extend(self.fitting(pattern));
        }
        columns
    }

    /// The column of the first of `spellings` that the file has.
    pub(super) fn first(&self, spellings: &Spellings) -> Option<usize> {
        self.all(spellings).first().copied()
    }

    /// The columns whose headings a pattern stands for.
    pub(super) fn fitting<'b>(&'b self, pattern: &'b Pattern) -> impl Iterator<Item = usize> + 'b {
        let columns = (0..).zip(&self.headings);
        columns
            .filter(|(_, heading)| pattern.fits(heading))
            .map(|(column, _)| column)
    }

    /// The column of a heading.
    pub(super) fn column(&self, heading: &str) -> Option<usize> {
        self.columns.get(&fold_heading(heading)).copied()
    }

    /// The other columns that have the heading of `column`.
    pub(super) fn named_as(&self, column: usize) -> impl Iterator<Item = usize> + '_ {
        let heading = |column: usize| self.headings.get(column).map(|text| &text.folded);
        let own = heading(column).filter(|own| !own.is_empty());
        (0..self.len())
            .filter(move |other| *other != column && own.is_some() && heading(*other) == own)
    }
}

fn is_percent(word: &str) -> bool {
    matches!(word, "%" | "percent" | "percentage" | "pct")
}

/// A heading, in words, without the unit that it says; `None` where it says none, or nothing else.
fn without_measure(heading: &str, is_measure: fn(&str) -> bool) -> Option<String> {
    let words = || heading.split_whitespace();
    if !words().any(is_measure) {
        return None;
    }
    let mut others: Vec<&str> = words().filter(|word| !is_measure(word)).collect();
    if others.is_empty() {
        return None;
    }
    others.pop_if(|word| *word == "in");
    Some(others.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(headings: &str, field: Field, spellings: &[&str]) -> Vec<usize> {
        let sheet = Sheet::from_delimited(format!("{headings}\n").into_bytes()).unwrap();
        let spellings = spellings
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>();
        FileHeadings::of(&sheet).of_field(field, &spellings.into())
    }

    #[test]
    fn a_size_may_have_any_unit_and_progress_any_sign() {
        for heading in [
            "MailboxSizeGB",
            "Mailbox Size (MB)",
            "Mailbox size in KB",
            "mailbox_size_bytes",
        ] {
            assert_eq!(
                columns(heading, Field::SizeBytes, &["Mailbox Size (MB)"]),
                [0],
                "{heading}"
            );
        }
        for heading in [
            "% Progress",
            "Progress%",
            "Progress Pct",
            "ProgressPercentage",
        ] {
            assert_eq!(
                columns(heading, Field::ProgressPercent, &["Progress (%)"]),
                [0],
                "{heading}"
            );
        }
        assert!(columns("Size,MB", Field::SizeBytes, &["Mailbox Size (MB)"]).is_empty());
        assert!(columns("Complete", Field::ProgressPercent, &["Percent Complete"]).is_empty());
    }

    #[test]
    fn a_heading_of_symbols_is_none() {
        assert!(columns("#,✓", Field::Collection, &["#", "✓"]).is_empty());
    }
}
