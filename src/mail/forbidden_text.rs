use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::parsed_page::ParsedPage;

/// Shorter texts than this occur in a report by chance. Also the bytes by which a text is looked
/// up.
const SHORTEST: usize = 12;

/// Texts that policy keeps out of subject, text and page. They are compared without regard to case
/// and spacing; those shorter than 12 characters are not looked for, since they occur by chance.
///
/// A hundred thousand are looked for at a time: by their first bytes, so that each place of a page
/// is looked at once.
#[derive(Clone, Default)]
pub struct ForbiddenTexts {
    by_start: HashMap<[u8; SHORTEST], BTreeSet<Box<[u8]>>, RandomState>,
    /// What some text begins with, by [`mark_of`]: at nearly all places it tells that none does.
    marks: Vec<bool>,
}

/// How many marks there are.
const MARKS: usize = 1 << 16;

/// A number below [`MARKS`] for the first four bytes of a text.
fn mark_of([first, second, third, fourth, ..]: &[u8; SHORTEST]) -> usize {
    // A multiplicative hash: Knuth, The Art of Computer Programming, volume 3, 6.4.
    let start = u32::from_le_bytes([*first, *second, *third, *fourth]);
    (start.wrapping_mul(2_654_435_769) >> 16) as usize
}

impl ForbiddenTexts {
    /// Takes those of `texts` that are long enough to mean something.
    #[must_use]
    pub fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut by_start: HashMap<[u8; SHORTEST], BTreeSet<Box<[u8]>>, RandomState> =
            HashMap::default();
        let texts = texts.into_iter().map(|text| folded(text.as_ref()));
        for text in texts.filter(|text| text.chars().count() >= SHORTEST) {
            if let Some(start) = text.as_bytes().first_chunk::<SHORTEST>() {
                let texts = by_start.entry(*start).or_default();
                texts.insert(text.into_bytes().into_boxed_slice());
            }
        }
        let mut marks = vec![false; if by_start.is_empty() { 0 } else { MARKS }];
        for start in by_start.keys() {
            if let Some(mark) = marks.get_mut(mark_of(start)) {
                *mark = true;
            }
        }
        Self { by_start, marks }
    }

    /// The same without the texts that a report says of itself: given the page and the text form of
    /// a report that quotes none of them. A message may well have the subject “Failed Item Report”.
    #[must_use]
    pub fn less_those_said_anyhow(self, page: &str, text: &str) -> Self {
        self.less_those_in([ParsedPage::read(page).all_text().as_str(), text])
    }

    /// The same without what one of `texts` says.
    #[must_use]
    pub(super) fn less_those_in<'a>(mut self, texts: impl IntoIterator<Item = &'a str>) -> Self {
        for words in texts {
            let found: Vec<Box<[u8]>> = self.found_in(&folded(words)).map(Box::from).collect();
            for text in found {
                let start = text.first_chunk::<SHORTEST>();
                if let Some(texts) = start.and_then(|start| self.by_start.get_mut(start)) {
                    texts.remove(&text);
                }
            }
        }
        self
    }

    /// Whether one of the texts occurs in `text`.
    pub(super) fn occur_in(&self, text: &str) -> bool {
        !self.by_start.is_empty() && self.found_in(&folded(text)).next().is_some()
    }

    /// Every text at every place where it begins, in a text that is folded.
    fn found_in<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let bytes = folded.as_bytes();
        let places = bytes.array_windows::<SHORTEST>().enumerate();
        places
            .filter(|(_, start)| self.marks.get(mark_of(start)) == Some(&true))
            .filter_map(|(at, start)| Some((bytes.get(at..)?, self.by_start.get(start)?)))
            .flat_map(|(place, texts)| {
                let texts = texts.iter().map(AsRef::as_ref);
                texts.filter(move |text: &&[u8]| place.starts_with(text))
            })
    }
}

impl std::fmt::Debug for ForbiddenTexts {
    /// Counts: the texts themselves are what must not be seen.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count: usize = self.by_start.values().map(BTreeSet::len).sum();
        write!(f, "ForbiddenTexts({count})")
    }
}

/// Lower case with single spaces: as near as a page may come to a text without showing it.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    if folded.is_ascii() {
        folded.make_ascii_lowercase();
        return folded;
    }
    // As a whole: a letter may be written in another way at the end of a word.
    folded.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occurs(text: &str, page: &str) -> bool {
        ForbiddenTexts::new([text, "another one altogether"]).occur_in(page)
    }

    #[test]
    fn a_text_is_found_whatever_its_case_and_spacing() {
        for page in [
            "Results of Mr Żak",
            "x results\r\n of  MR\u{A0}żak.",
            "Results of Results of Mr Żak",
        ] {
            assert!(occurs("Results of Mr Żak", page), "{page}");
        }
        for page in ["", "Results of Mr Ża", "Results of", "Zak"] {
            assert!(!occurs("Results of Mr Żak", page), "{page}");
        }
    }

    #[test]
    fn texts_below_twelve_characters_are_not_looked_for() {
        assert!(occurs("twelve chars", "of twelve chars or"));
        assert!(!occurs("eleven char", "of eleven char or"));
        assert!(!occurs("żżżżżżżżżżż", "żżżżżżżżżżż"));
        assert!(!occurs("   short    ", "   short    "));
    }

    #[test]
    fn what_a_report_says_anyhow_is_not_forbidden() {
        let texts =
            ForbiddenTexts::new(["Failed Item Report", "Results of Mr Żak", "failed items at"]);
        let less = texts.less_those_said_anyhow(
            "<h1>Failed <b>Item</b> Report</h1>",
            "12 failed items at most",
        );
        assert!(!less.occur_in("Failed item report: 12 failed items at most"));
        assert!(less.occur_in("Failed item report: results of Mr Żak"));
    }
}
