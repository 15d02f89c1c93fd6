//! A server's words made fit to keep and to show: they may quote the recipient, and may be hostile.

use crate::domain::EmailAddress;
use crate::domain::invisible::is_invisible;

/// Longer replies are cut: what matters stands at the start.
const MAX_CHARACTERS: usize = 500;

/// How an at sign is written where it must not stand as itself: in addresses of the web, in HTML, in
/// forms of other widths.
const AT_SIGNS: [&str; 6] = ["%2540", "%40", "&#64;", "&#x40;", "＠", "﹫"];

/// The text on one line without invisible characters. Masked are the part of every address before
/// its `@`, the name that stands before an address, and of the recipient's address that part and
/// its words also where they stand by themselves.
pub(super) fn fit_to_keep(text: &str, recipient: Option<&EmailAddress>) -> String {
    // Other invisible characters are left out and not replaced: a name that one of them stands in
    // is masked as a whole. White space is folded below.
    let plain = AT_SIGNS
        .iter()
        .fold(visible(text), |text, at| text.replace(at, "@"));
    let mut masked = mask_names(&mask_addresses(&plain));
    if let Some((name, _)) = recipient.and_then(|recipient| recipient.reveal().rsplit_once('@')) {
        let words = name.split(|c: char| !c.is_alphanumeric());
        for word in std::iter::once(name).chain(words) {
            masked = mask_word(&masked, word);
        }
    }
    let words: Vec<&str> = masked.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() > MAX_CHARACTERS {
        line.chars().take(MAX_CHARACTERS).chain(['…']).collect()
    } else {
        line
    }
}

/// The text without invisible characters and without these secrets: what hides between the letters of
/// one is left out first, since a secret without it would be one again.
pub(super) fn without_secrets<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a String>,
) -> String {
    let secrets = secrets.into_iter().map(|secret| visible(secret));
    secrets
        .filter(|secret| !secret.is_empty())
        .fold(visible(text), |text, secret| text.replace(&secret, "…"))
}

/// The text without invisible characters. White space stays.
fn visible(text: &str) -> String {
    let is_seen = |c: &char| c.is_whitespace() || !is_invisible(*c);
    text.chars().filter(is_seen).collect()
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

/// `user Amina Okafor <…@nhs.example>` becomes `user … <…@nhs.example>`, with quotes or without.
fn mask_names(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut parts = text.split("<…@").peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            masked.push_str(part);
            break;
        }
        let before = part.trim_end();
        let quote = before.chars().last().filter(|c| "\"'”’".contains(*c));
        let rest = match quote {
            Some(quote) => {
                let opened = before.trim_end_matches(quote);
                let opens = |c: char| c == quote || "“‘".contains(c);
                opened.rfind(opens).and_then(|start| opened.get(..start))
            }
            None => without_capitalised(before),
        };
        match rest {
            Some(rest) => {
                masked.push_str(rest);
                masked.push_str("… ");
            }
            None => masked.push_str(part),
        }
        masked.push_str("<…@");
    }
    masked
}

/// The text without the words at its end that begin with a capital; `None` where there are none.
fn without_capitalised(text: &str) -> Option<&str> {
    let is_name = |word: &str| {
        let word = word.trim_end_matches(',');
        word.starts_with(char::is_uppercase)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || "-'’.".contains(c))
    };
    let mut rest = text;
    loop {
        let word = rest.rsplit(char::is_whitespace).next().unwrap_or_default();
        if !is_name(word) {
            break;
        }
        rest = rest.strip_suffix(word).unwrap_or_default().trim_end();
    }
    let kept = text.get(..rest.len() + 1).unwrap_or(rest);
    let kept = if rest.is_empty() { "" } else { kept };
    (rest.len() < text.len()).then_some(kept)
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
            (
                "see https://x.example/?m=amina.okafor%40nhs.example or amina.okafor＠nhs.example",
                "see https:…@nhs.example or …@nhs.example",
            ),
            (
                "no mailbox for Amina Okafor-Price <amina@nhs.example>",
                "no mailbox for … <…@nhs.example>",
            ),
            (
                "to \"Okafor, Amina (Dr)\" <amina@nhs.example>; 'amina o' <a@nhs.example>",
                "to … <…@nhs.example>; … <…@nhs.example>",
            ),
            ("Amina <amina@nhs.example>", "… <…@nhs.example>"),
            ("RCPT TO:<amina@nhs.example>", "RCPT TO:<…@nhs.example>"),
            ("at @ nothing", "at …@ nothing"),
            ("2.0.0 Ok: queued as 4F2C1", "2.0.0 Ok: queued as 4F2C1"),
        ] {
            assert_eq!(fit_to_keep(reply, None), kept);
        }
    }

    #[test]
    fn a_secret_is_left_out_whatever_hides_between_its_letters() {
        let secrets = ["open-sesame-4711".to_owned(), String::new()];
        for hidden in invisible::all().filter(|c| !c.is_whitespace()) {
            let said = format!("535 open-{hidden}{hidden}sesame-47{hidden}11 is wrong");
            assert_eq!(
                without_secrets(&said, &secrets),
                "535 … is wrong",
                "{hidden:?}"
            );
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
            "Mailbox … is full, not ….okafors"
        );
        assert_eq!(
            fit_to_keep(
                "Mailbox 'OKAFOR, Amina (Northmoor)' is full",
                Some(&recipient)
            ),
            "Mailbox '…, … (Northmoor)' is full"
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
