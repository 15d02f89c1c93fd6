use serde::Deserialize;

use super::words::spaced;
use crate::sheets::fold_heading;

/// A text with `*` for any letters or none, compared without case, blanks and punctuation. Where a
/// `*` stands beside a blank, it stands for whole words: `* Date` is “Cutover Date” and
/// “CutoverDate”, and not “Update”.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    /// As the layout writes it.
    text: String,
    /// What stands between the `*`, in the form in which it is compared.
    parts: Vec<String>,
    is_of_words: bool,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let is_of_words = text.contains("* ") || text.contains(" *");
        let compared = |part: &str| match is_of_words {
            true => spaced(part, |c| c == '*'),
            false => fold_heading(part),
        };
        let parts = match is_of_words {
            true => compared(&text).split('*').map(str::to_owned).collect(),
            false => text.split('*').map(compared).collect(),
        };
        Self {
            text,
            parts,
            is_of_words,
        }
    }
}

/// A text in the two forms in which patterns are compared with it.
#[derive(Debug, Clone)]
pub(super) struct ComparedText {
    pub(super) folded: String,
    pub(super) spaced: String,
}

impl From<&str> for ComparedText {
    fn from(text: &str) -> Self {
        Self {
            folded: fold_heading(text),
            spaced: spaced(text, |_| false),
        }
    }
}

impl Pattern {
    /// Whether a text is a pattern, and not to be taken letter by letter.
    pub(super) fn is_one(text: &str) -> bool {
        text.contains('*')
    }

    /// Whether the pattern matches `text`. Only a blank pattern matches a blank.
    pub(super) fn fits(&self, text: &ComparedText) -> bool {
        let text = match self.is_of_words {
            true => text.spaced.as_str(),
            false => text.folded.as_str(),
        };
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, between)) = others.split_last() else {
            return *first == text;
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in between {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        !text.is_empty() && rest.ends_with(last.as_str())
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_beside_a_blank_stands_for_words() {
        let fits = |pattern: &str, text: &str| Pattern::from(pattern.to_owned()).fits(&text.into());
        for date in [
            "Cutover Date",
            "CutoverDate",
            "cut-over_date",
            "PLANNED DATE",
        ] {
            assert!(fits("* Date", date), "{date}");
        }
        for other in ["Update", "Date", "Date of birth", "Mandate", ""] {
            assert!(!fits("* Date", other), "{other}");
        }
        assert!(fits("*mail*", "Work E-Mail Address") && fits("*mail*", "Email"));
        assert!(fits("Verification*", "Verification/MSU") && fits("Verification*", "verification"));
        assert!(!fits("Verification*", "Full") && !fits("*", "") && fits("*", "x"));
        assert!(fits("", "") && fits("In Sync", "InSync") && !fits("In Sync", "In Sync now"));
        assert!(fits("Last * Date", "Last Logon Date") && !fits("Last * Date", "Last Date"));
    }
}
