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

/// Whether a text is nothing but printable ASCII, as nearly all are. It is looked at whole: many bytes
/// at a time, and faster than to its first other one.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let is_printable = |byte| matches!(byte, b' '..=b'~');
    text.bytes()
        .fold(true, |so_far, byte| so_far & is_printable(byte))
}

/// A text for a terminal or a log, in lines and columns of its own, with all else that is invisible as
/// its number: nothing hides in it, moves the cursor or reorders what is read.
#[must_use]
pub fn for_terminal(text: &str) -> String {
    let is_shown = |c: char| matches!(c, '\n' | '\t') || !is_invisible(c);
    if text.chars().all(is_shown) {
        return text.to_owned();
    }
    let shown = |c: char| match is_shown(c) {
        true => c.to_string(),
        false => format!("[U+{:04X}]", u32::from(c)),
    };
    text.chars().map(shown).collect()
}

/// A text of JSON with all that is invisible in its strings as the escapes of JSON.
#[must_use]
pub fn escaped_in_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || !is_invisible(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    escaped
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
    fn only_printable_letters_of_ascii_are_plain() {
        let plain: String = (b' '..=b'~').map(char::from).collect();
        assert!(is_plain(&plain) && is_plain(""));
        for other in all().chain("éż王".chars()) {
            assert!(!is_plain(&format!("{plain}{other}")), "{other:?}");
        }
    }

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
    fn nothing_invisible_reaches_a_terminal_and_json_keeps_it() {
        assert_eq!(for_terminal("a\tZoë\nb"), "a\tZoë\nb");
        assert_eq!(
            for_terminal("\u{1b}]0;x\u{7}\u{202E}"),
            "[U+001B]]0;x[U+0007][U+202E]"
        );
        for c in all().filter(|c| !matches!(c, '\n' | '\t')) {
            assert!(!for_terminal(&format!("a{c}b")).contains(c), "{c:?}");
            let escaped = escaped_in_json(&serde_json::json!(c.to_string()).to_string());
            assert!(!escaped.contains(c), "{escaped}");
            let read: String = serde_json::from_str(&escaped).unwrap();
            assert_eq!(read, c.to_string());
        }
    }

    #[test]
    fn an_excerpt_is_short_and_holds_nothing_hidden() {
        assert_eq!(excerpt("a\u{202E}b\tcd", 3), "abc");
        assert!(all().all(|c| excerpt(&c.to_string(), 9).is_empty()));
    }
}
