use crate::domain::invisible::is_invisible;

/// `text` as a header can carry it: one line, single spaces, nothing that ends a header or reorders
/// a line.
///
/// Invisible characters (CR, LF and marks that change the direction of text among them) become
/// spaces, and `=?` is pulled apart, since a mail client would decode it as an encoded word (RFC
/// 2047 section 2) and show another text.
pub(super) fn one_line(text: &str) -> String {
    let spaced = text.replace(is_invisible, " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").replace("=?", "= ?")
}

/// `text` as the words in front of a list's identifier (RFC 2919 section 3): what is no part of an
/// atom (RFC 5322 section 3.2.3) becomes a space, so that no comma, bracket or quote can end the
/// phrase.
pub(super) fn phrase(text: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "&'+-_".contains(c) || !c.is_ascii();
    one_line(&one_line(text).replace(|c| !is_kept(c), " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::invisible;

    #[test]
    fn a_header_text_stays_on_its_line() {
        assert_eq!(
            one_line(" A\r\nBcc: x@evil.example\u{85}\u{2028}\u{202E}b\u{0}  c "),
            "A Bcc: x@evil.example b c"
        );
        assert_eq!(one_line("=?utf-8?q?=0D=0A?="), "= ?utf-8?q?=0D=0A?=");
        assert_eq!(one_line("Zoë – Łódź 王"), "Zoë – Łódź 王");
    }

    #[test]
    fn a_phrase_holds_atoms_only() {
        assert_eq!(
            phrase("St Mary's (North), \"A\" <a@b.example>; Barts & Co"),
            "St Mary's North A a b example Barts & Co"
        );
    }

    #[test]
    fn no_invisible_character_reaches_a_header() {
        for c in invisible::all() {
            assert_eq!(one_line(&format!("a{c}b")), "a b", "{c:?}");
        }
    }
}
