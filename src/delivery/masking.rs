//! A server's words made fit to keep and to show: they may quote the recipient, and may be hostile.

use crate::domain::EmailAddress;
use crate::domain::invisible::is_invisible;

/// Longer replies are cut: what matters stands at the start.
const MAX_CHARACTERS: usize = 500;

/// The text on one line without invisible characters. Masked are the part of every address before
/// its `@`, and that part of the recipient's address also where it stands by itself.
pub(super) fn fit_to_keep(text: &str, recipient: Option<&EmailAddress>) -> String {
    // Other invisible characters are left out and not replaced: a name that one of them stands in
    // is masked as a whole. White space is folded below.
    let visible: String = text
        .chars()
        .filter(|c| c.is_whitespace() || !is_invisible(*c))
        .collect();
    let mut masked = mask_addresses(&visible);
    if let Some((name, _)) = recipient.and_then(|recipient| recipient.reveal().rsplit_once('@')) {
        masked = mask_word(&masked, name);
    }
    let words: Vec<&str> = masked.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() > MAX_CHARACTERS {
        line.chars().take(MAX_CHARACTERS).chain(['…']).collect()
    } else {
        line
    }
}

/// `550 <amina.okafor@nhs.example> unknown` becomes `550 <…@nhs.example> unknown`.
fn mask_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut parts = text.split('@').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_some() {
            masked.push_str(without_name(part));
            masked.push_str("…@");
        } else {
            masked.push_str(part);
        }
    }
    masked
}

/// The text without the name at its end: `550 <amina.okafor` becomes `550 <`.
fn without_name(text: &str) -> &str {
    match text.strip_suffix('"') {
        // "amina okafor"@nhs.example: the quotes may hold spaces (RFC 5321 4.1.2).
        Some(quoted) => quoted.rsplit_once('"').map_or("", |(before, _)| before),
        None => {
            let ends_name = |c: char| c.is_whitespace() || "<>()[],;:\"".contains(c);
            let name = text.rsplit(ends_name).next().unwrap_or_default();
            text.strip_suffix(name).unwrap_or_default()
        }
    }
}

/// Masks `word` where no letter or digit touches it, in upper and lower case.
fn mask_word(text: &str, word: &str) -> String {
    // A shorter word is often not the name.
    if word.len() < 3 {
        return text.to_owned();
    }
    // In lower case ASCII letters keep their places: what is found there is cut out of `text`.
    let (folded, word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let mut masked = String::with_capacity(text.len());
    let mut end_before = 0;
    for (start, _) in folded.match_indices(&word) {
        let end = start + word.len();
        let stands_alone = !folded
            .get(..start)
            .is_some_and(|before| before.ends_with(char::is_alphanumeric))
            && !folded
                .get(end..)
                .is_some_and(|after| after.starts_with(char::is_alphanumeric));
        if stands_alone {
            masked.push_str(text.get(end_before..start).unwrap_or_default());
            masked.push('…');
            end_before = end;
        }
    }
    masked.push_str(text.get(end_before..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::invisible;

    #[test]
    fn an_address_in_a_reply_is_masked_in_every_form() {
        for (reply, kept) in [
            (
                "5.1.1 <amina.okafor@nhs.example> unknown",
                "5.1.1 <…@nhs.example> unknown",
            ),
            (
                "rcpt=amina.okafor+x@nhs.example; zoë.o'neill@nhs.example",
                "…@nhs.example; …@nhs.example",
            ),
            ("user \"amina okafor\"@nhs.example", "user …@nhs.example"),
            (
                "SRS0=x=y=nhs.example=amina@relay.example:",
                "…@relay.example:",
            ),
            ("a@b@c.example", "…@…@c.example"),
            ("at @ nothing", "at …@ nothing"),
            ("2.0.0 Ok: queued as 4F2C1", "2.0.0 Ok: queued as 4F2C1"),
        ] {
            assert_eq!(fit_to_keep(reply, None), kept);
        }
    }

    #[test]
    fn the_recipients_name_is_masked_where_it_stands_alone() {
        let recipient = EmailAddress::parse("amina.okafor@nhs.example").unwrap();
        assert_eq!(
            fit_to_keep(
                "Mailbox Amina.Okafor is full, not amina.okafors",
                Some(&recipient)
            ),
            "Mailbox … is full, not amina.okafors"
        );
        let short = EmailAddress::parse("ok@nhs.example").unwrap();
        assert_eq!(
            fit_to_keep("ok <ok@nhs.example>", Some(&short)),
            "ok <…@nhs.example>"
        );
    }

    #[test]
    fn what_is_kept_is_one_short_line_of_visible_characters() {
        assert_eq!(
            fit_to_keep("a\r\n\u{1b}[31mred \u{202e}b", None),
            "a [31mred b"
        );
        assert_eq!(
            fit_to_keep(&"é".repeat(600), None).chars().count(),
            MAX_CHARACTERS + 1
        );
    }

    #[test]
    fn no_invisible_character_is_kept_or_parts_a_name_from_its_address() {
        for c in invisible::all() {
            assert!(!fit_to_keep(&format!("a{c}b"), None).contains(c), "{c:?}");
            if !c.is_whitespace() {
                let reply = format!("amina{c}.okafor@nhs.example is full");
                assert_eq!(fit_to_keep(&reply, None), "…@nhs.example is full", "{c:?}");
            }
        }
    }
}
