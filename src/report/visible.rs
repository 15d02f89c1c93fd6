use std::borrow::Cow;

use crate::domain::invisible::{is_invisible, is_plain};

/// Text from an export with everything invisible made visible: line ends as `[line break]`, tabs as
/// `[tab]`, other control characters, marks that change the direction of text, zero-width and other
/// formatting characters as their numbers (`[U+202E]`). What is left can be read in the order it
/// stands, in any font.
#[must_use]
pub fn visible(text: &str) -> String {
    shown(text).into_owned()
}

/// The same, which is the text itself where it hides nothing.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => shown.push_str("[line break]"),
            '\t' => shown.push_str("[tab]"),
            c if is_invisible(c) => shown.push_str(&format!("[U+{:04X}]", c as u32)),
            c => shown.push(c),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::invisible;

    #[test]
    fn nothing_stays_hidden_and_nothing_is_reordered() {
        assert_eq!(
            visible("Re: \u{202E}txt.exe\r\nBcc: x"),
            "Re: [U+202E]txt.exe[line break]Bcc: x"
        );
        assert_eq!(
            visible("a\u{200B}b\u{FEFF}\u{0}"),
            "a[U+200B]b[U+FEFF][U+0000]"
        );
        assert_eq!(visible("Zoë 王 🙂 – “x”"), "Zoë 王 🙂 – “x”");
    }

    #[test]
    fn no_invisible_character_reaches_a_page() {
        for c in invisible::all() {
            assert!(!visible(&format!("a{c}b")).contains(c), "{c:?}");
        }
    }
}
