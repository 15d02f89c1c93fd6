use std::borrow::Cow;

/// Text from an export with everything invisible made visible: line ends as `[line break]`, tabs as
/// `[tab]`, other control characters, marks that change the direction of text, zero-width and other
/// formatting characters as their numbers (`[U+202E]`). What is left can be read in the order it
/// stands, in any font.
#[must_use]
pub fn visible(text: &str) -> String {
    shown(text).into_owned()
}

/// The same, which is the text itself where it hides nothing.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    // Nearly every text.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
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

/// Controls, and the format characters (Unicode category Cf), separators and unassigned marks that
/// hide or reorder text. Joiners and variation selectors of emoji are among them: they hide as well
/// as the others.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00}'..='\u{1F}'
        | '\u{7F}'..='\u{9F}'
        | '\u{AD}'
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
        | '\u{E0000}'..='\u{E0FFF}'
    ) || ('\u{FDD0}'..='\u{FDEF}').contains(&c)
        || (c as u32 & 0xFFFE) == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
