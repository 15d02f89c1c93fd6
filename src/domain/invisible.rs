//! Characters that nobody sees: they hide text from its reader, or show it in another order.

/// Whether a character is a control, or one that hides or reorders text: format characters (Unicode
/// category Cf), line and paragraph separators, fillers, tags and code points that are no character.
/// Joiners and variation selectors of emoji are among them, since they hide as well as the others.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    let is_no_character =
        ('\u{FDD0}'..='\u{FDEF}').contains(&c) || (u32::from(c) & 0xFFFE) == 0xFFFE;
    c.is_control()
        || is_no_character
        || matches!(c,
            '\u{AD}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// The first characters of a text that can be seen, for a message that quotes it.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .take(most)
        .collect()
}

/// Every character that [`is_invisible`].
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = char> {
    (char::MIN..=char::MAX).filter(|c| is_invisible(*c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_signs_and_spaces_are_seen() {
        for c in "Zoë 王 🙂 – “x”\u{A0}\u{202F}".chars() {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn controls_direction_marks_and_tags_are_not() {
        for c in "\0\r\n\t\u{7F}\u{85}\u{AD}\u{61C}\u{200B}\u{202E}\u{2066}\u{FEFF}\u{FFFF}".chars()
        {
            assert!(is_invisible(c), "{c:?}");
        }
        assert!(('\u{E0000}'..='\u{E007F}').all(is_invisible));
    }

    #[test]
    fn an_excerpt_is_short_and_holds_nothing_hidden() {
        assert_eq!(excerpt("a\u{202E}b\tcd", 3), "abc");
        assert!(all().all(|c| excerpt(&c.to_string(), 9).is_empty()));
    }
}
