/// The words of a text in lower case with one blank between them: `LastSyncTime` and
/// `last_sync-time` are `last sync time`. `%` is a word. Characters that are `kept` stay, with the
/// blanks beside them.
pub(super) fn spaced(text: &str, kept: impl Fn(char) -> bool) -> String {
    let mut words = String::with_capacity(text.len() + 4);
    let mut before = ' ';
    for c in text.trim().chars() {
        let is_letter = c.is_alphanumeric() || c == '%' || kept(c);
        let begins_word = (c.is_uppercase() && before.is_lowercase())
            || (c == '%' || before == '%') && !kept(c) && !kept(before);
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

/// The words of a heading, in lower case: `EmailAddress` is two.
pub(in crate::exports) fn words_of(heading: &str) -> Vec<String> {
    let spaced = spaced(heading, |_| false);
    spaced.split_whitespace().map(str::to_owned).collect()
}
