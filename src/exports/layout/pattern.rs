use serde::Deserialize;

/// A text with `*` for any letters or none, compared without case and punctuation. Beside a blank
/// it stands for whole words: `* Date` is “Cutover Date” and “CutoverDate”, and not “Update”.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    /// As the layout writes it.
    text: String,
    /// What stands between the `*`, in the form in which it is compared.
    parts: Vec<String>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let spaced = spaced(&text, |c| c == '*');
        let parts = spaced.split('*').map(str::to_owned).collect();
        Self { text, parts }
    }
}

impl Pattern {
    /// Whether `text` is one of those that it stands for. A blank is so for a blank pattern only.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text = spaced(text, |_| false);
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some((last, between)) = others.split_last() else {
            return without_blanks(first) == without_blanks(&text);
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

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| *c != ' ').collect()
}

/// The words of a text in lower case with one blank between them: `LastSyncTime` and `last_sync-time`
/// are `last sync time`. Characters that are `kept` stay, with the blanks beside them.
fn spaced(text: &str, kept: impl Fn(char) -> bool) -> String {
    let mut words = String::with_capacity(text.len() + 4);
    let mut before = ' ';
    for c in text.trim().chars() {
        let is_letter = c.is_alphanumeric() || c == '%' || kept(c);
        let begins_word = c.is_uppercase() && before.is_lowercase();
        if (!is_letter || begins_word) && !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
        if is_letter {
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_beside_a_blank_stands_for_words() {
        let fits = |pattern: &str, text: &str| Pattern::from(pattern.to_owned()).fits(text);
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
