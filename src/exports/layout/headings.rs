//! The headings that a layout knows, and those that a file has.

use std::cell::OnceCell;

use serde::Deserialize;

use super::Field;
use super::cells::{Look, is_address, look};
use super::pattern::Pattern;
use super::unit::Unit;
use super::words::words_of;
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

    /// Every heading, for a sentence.
    pub(super) fn listed(&self) -> String {
        let exact = self.exact.iter().map(|one| one.text.clone());
        let patterns = self.patterns.iter().map(Pattern::to_string);
        exact.chain(patterns).collect::<Vec<_>>().join(", ")
    }
}

/// The headings of a file as they are compared: a wide file is held against hundreds of headings
/// that layouts know, and what its columns look like does not depend on the layout.
pub(super) struct FileHeadings<'a> {
    sheet: &'a Sheet,
    texts: &'a [String],
    folded: Vec<String>,
    /// Whether each column holds addresses, once somebody has asked.
    addresses: Vec<OnceCell<Look>>,
}

impl<'a> FileHeadings<'a> {
    pub(super) fn of(sheet: &'a Sheet) -> Self {
        let texts = sheet.headings();
        Self {
            sheet,
            texts,
            folded: texts.iter().map(|heading| fold_heading(heading)).collect(),
            addresses: vec![OnceCell::new(); texts.len()],
        }
    }

    /// Whether the cells of a column look like addresses.
    pub(super) fn addresses(&self, column: usize) -> Look {
        let looks = || look(self.sheet, column, is_address);
        self.addresses
            .get(column)
            .map_or(Look::Unknown, |known| *known.get_or_init(looks))
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The column of each of `spellings` that the file has, patterns apart.
    pub(super) fn exact(&self, spellings: &Spellings) -> Vec<usize> {
        let wanted = spellings.exact.iter();
        wanted
            .filter_map(|wanted| self.position(&wanted.folded))
            .collect()
    }

    /// The same for a field, some of whose headings may end in a unit that no layout lists.
    pub(super) fn of_field(&self, field: Field, spellings: &Spellings) -> Vec<usize> {
        let mut columns = self.exact(spellings);
        let measure: fn(&str) -> bool = match field {
            Field::SizeBytes => |word| Unit::of_word(word).is_some(),
            Field::ProgressPercent => is_percent,
            _ => return columns,
        };
        let named =
            |text: &str| without_measure(text, measure).unwrap_or_else(|| fold_heading(text));
        for wanted in &spellings.exact {
            let wanted = Some(named(&wanted.text));
            let fits = |heading: &String| without_measure(heading, measure) == wanted;
            let found = self.texts.iter().position(fits);
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
        let columns = (0..).zip(self.texts);
        columns
            .filter(|(_, text)| pattern.fits(text))
            .map(|(column, _)| column)
    }

    /// The column of a heading.
    pub(super) fn column(&self, heading: &str) -> Option<usize> {
        self.position(&fold_heading(heading))
    }

    /// The other columns that have the heading of `column`.
    pub(super) fn named_as(&self, column: usize) -> impl Iterator<Item = usize> + '_ {
        let own = self.folded.get(column).filter(|own| !own.is_empty());
        let columns = (0..).zip(&self.folded);
        columns
            .filter(move |(other, folded)| *other != column && own == Some(folded))
            .map(|(other, _)| other)
    }

    /// A heading of symbols only is none.
    fn position(&self, folded: &str) -> Option<usize> {
        let is_it = |own: &String| !folded.is_empty() && own == folded;
        self.folded.iter().position(is_it)
    }
}

fn is_percent(word: &str) -> bool {
    matches!(word, "%" | "percent" | "percentage" | "pct")
}

/// A heading without the unit that it says; `None` where it says none, or nothing else.
fn without_measure(heading: &str, is_measure: fn(&str) -> bool) -> Option<String> {
    let mut words = words_of(heading);
    let length = words.len();
    words.retain(|word| !is_measure(word));
    if words.len() == length || words.is_empty() {
        return None;
    }
    if words.last().is_some_and(|word| word == "in") {
        words.pop();
    }
    Some(words.concat())
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
