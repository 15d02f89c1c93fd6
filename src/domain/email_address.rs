use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// An address as it stands in a settings file or a register.
///
/// Two addresses are equal when they differ in case only. `Display` and `Debug` mask the part
/// before the `@`, so that a log line cannot carry a person's address by accident;
/// [`EmailAddress::reveal`] gives it for use.
///
/// ```
/// let address = EmailAddress::parse("amina.okafor@NHS.example")?;
/// assert_eq!(address.to_string(), "a…@nhs.example");
/// assert_eq!(address.reveal(), "amina.okafor@nhs.example");
/// ```
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct EmailAddress(String);

/// Why a text is not an address. Holds no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an email address: write it as name@organisation.example, without a display name")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// Reads `name@domain`.
    ///
    /// Accepts the dot-atom form of RFC 5321 4.1.2 in ASCII, which is what an SMTP server without
    /// extensions accepts; quoted local parts, display names and control characters are refused.
    ///
    /// # Errors
    /// [`InvalidEmailAddress`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let local_is_valid = (1..=64).contains(&local.len())
            && local.chars().all(atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if !local_is_valid || Domain::parse(domain).is_none() {
            return Err(InvalidEmailAddress);
        }
        // A domain has no case (RFC 4343); a local part may.
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address itself, for a message or the ledger; never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The address in lower case: what keys and comparisons use.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part after the `@`, in lower case.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether the address is in one of `domains` or below it.
    #[must_use]
    pub fn is_within(&self, domains: &[Domain]) -> bool {
        domains.iter().any(|domain| domain.holds(self.domain()))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.chars().next().unwrap_or('?');
        write!(f, "{first}…@{}", self.domain())
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({self})")
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EmailAddress {}

impl PartialOrd for EmailAddress {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EmailAddress {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidEmailAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// A mail domain such as `nhs.example`, in lower case. It stands for itself and every domain below
/// it, but for those that are taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain {
    name: String,
    without: Vec<String>,
}

/// Domains below which everybody may have one: no organisation's own. Of the Public Suffix List
/// (publicsuffix.org) those under which bodies of health and care register names.
const EVERYBODYS: [&str; 12] = [
    "ac.uk",
    "co.uk",
    "gov.uk",
    "ltd.uk",
    "me.uk",
    "net.uk",
    "nhs.uk",
    "org.uk",
    "plc.uk",
    "police.uk",
    "sch.uk",
    "gov.scot",
];

impl Domain {
    /// Reads a domain: letters, digits and hyphens between dots (RFC 1123 2.1). `None` for anything
    /// else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        (text.len() <= 253 && text.split('.').all(label)).then_some(Self {
            name: text,
            without: Vec::new(),
        })
    }

    /// The same without another that is below it, and all below that.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        if self.is_above(other) && !self.without.contains(&other.name) {
            self.without.push(other.name.clone());
        }
        self
    }

    /// Whether another is below it.
    #[must_use]
    pub fn is_above(&self, other: &Self) -> bool {
        self.name != other.name && is_within(&other.name, &self.name)
    }

    /// Whether anybody may have a domain below it, as below `example` and `nhs.uk`.
    #[must_use]
    pub fn is_everybodys(&self) -> bool {
        !self.name.contains('.') || EVERYBODYS.contains(&self.name.as_str())
    }

    /// The domain in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether `domain` is this domain or below it: `example` holds `nhs.example`, `ample` does
    /// not.
    #[must_use]
    pub fn holds(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        let is_taken_out = |other: &String| is_within(&domain, other);
        is_within(&domain, &self.name) && !self.without.iter().any(is_taken_out)
    }
}

/// Whether a domain is another or below it.
fn is_within(domain: &str, other: &str) -> bool {
    let above = domain.strip_suffix(other);
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.name
    }
}

impl TryFrom<String> for Domain {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a mail domain: write it as nhs.example, without @")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_plain_ascii_name_at_a_domain() {
        for text in [
            "siobhan.o'neill@nhs.example",
            " a@b.example ",
            "x+y@sub.nhs.example",
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "a",
            "@b.example",
            "a@",
            "a b@c.example",
            "A <a@b.example>",
            "a@b..example",
            "a\r\n@b.example",
            ".a@b.example",
            "zoë@b.example",
        ] {
            assert_eq!(
                EmailAddress::parse(text),
                Err(InvalidEmailAddress),
                "{text}"
            );
        }
    }

    #[test]
    fn printing_an_address_masks_it() {
        let address = EmailAddress::parse("amina.okafor@nhs.example").unwrap();
        assert_eq!(
            format!("{address} {address:?}"),
            "a…@nhs.example EmailAddress(a…@nhs.example)"
        );
    }

    #[test]
    fn case_does_not_make_two_addresses() {
        assert_eq!(
            EmailAddress::parse("A@NHS.example"),
            EmailAddress::parse("a@nhs.EXAMPLE")
        );
    }

    #[test]
    fn a_domain_holds_itself_and_what_is_below_it() {
        let domain = Domain::parse("nhs.example").unwrap();
        assert!(domain.holds("nhs.example") && domain.holds("Trust.NHS.example"));
        assert!(
            !domain.holds("notnhs.example")
                && !domain.holds("example")
                && !domain.holds("nhs.example.com")
        );
        assert!(!domain.holds("é.example"));
        let other = Domain::parse("trust.nhs.example").unwrap();
        assert!(domain.is_above(&other) && !other.is_above(&domain) && !domain.is_above(&domain));
        let rest = domain.without(&other);
        assert!(rest.holds("nhs.example") && rest.holds("mytrust.nhs.example"));
        assert!(!rest.holds("trust.nhs.example") && !rest.holds("a.trust.nhs.example"));
        for (name, is_everybodys) in [("example", true), ("nhs.uk", true), ("a.nhs.uk", false)] {
            assert_eq!(Domain::parse(name).unwrap().is_everybodys(), is_everybodys);
        }
    }
}
