use std::borrow::Cow;

use memchr::memchr_iter;

/// Every address in a text, in lower case: letters, digits and the marks of an address round an
/// `@`.
///
/// It is looked for as a mail client does that makes links of addresses, and not only where a blank
/// or a line ends it.
pub(super) fn addresses_in(text: &str) -> impl Iterator<Item = Found<'_>> {
    memchr_iter(b'@', text.as_bytes()).filter_map(|at| {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let local = before.get(before.trim_end_matches(is_of_local).len()..)?;
        let local = local.trim_start_matches(|c: char| !c.is_alphanumeric());
        let rest = after.trim_start_matches(is_of_domain);
        let domain = after.strip_suffix(rest)?.trim_end_matches(['.', '-']);
        let address = text.get(at - local.len()..=at + domain.len())?;
        let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        let is_address = !local.is_empty() && !domain.is_empty();
        is_address.then(|| Found {
            address: match address.bytes().all(is_lower) {
                true => Cow::Borrowed(address),
                false => Cow::Owned(address.to_lowercase()),
            },
            is_cut: rest.starts_with('…'),
        })
    })
}

/// An address that stands in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    pub(super) address: Cow<'a, str>,
    /// Whether an ellipsis stands behind it, so that there may have been more.
    pub(super) is_cut: bool,
}

/// RFC 5322 section 3.2.3, without braces and bars, which style sheets put before an `@`.
fn is_of_local(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '!' | '#'..='\'' | '*' | '+' | '-' | '.' | '/' | '=' | '?' | '^'..='`' | '~')
}

fn is_of_domain(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_whatever_stands_round_them() {
        let text = "Write to Amina.O'Kafor@NHS.example. (żoë@b.example), \
         mailto:c@d.example?subject=x “'e@f'”; g@h-…";
        let found: Vec<_> = addresses_in(text)
            .map(|found| (found.address.into_owned(), found.is_cut))
            .collect();
        let expected = [
            ("amina.o'kafor@nhs.example", false),
            ("żoë@b.example", false),
            ("c@d.example", false),
            ("e@f", false),
            ("g@h", true),
        ];
        assert_eq!(
            found,
            expected.map(|(address, is_cut)| (address.to_owned(), is_cut))
        );
    }

    #[test]
    fn a_sign_alone_is_no_address() {
        assert_eq!(
            addresses_in("@media screen{}@import x; 3 @ 4; a@ b; @SUM(A1); ..@..")
                .collect::<Vec<_>>(),
            []
        );
    }
}
