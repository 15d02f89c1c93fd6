use std::fmt;

use serde::{Deserialize, Serialize};

/// The code of an organisation: three to eight of `A`–`Z` and `0`–`9` (NHS Data Dictionary,
/// organisation coding frames). It is text, safe as part of a path, and never a number, though
/// `8E003` looks like one.
///
/// ```
/// assert_eq!(OrganisationCode::parse("znm")?.as_str(), "ZNM");
/// assert!(OrganisationCode::parse("Z/M").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct OrganisationCode(String);

/// Why a text is not an organisation's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an organisation code: it has three to eight letters and digits, such as RXX")]
pub struct InvalidOrganisationCode(String);

impl OrganisationCode {
    /// Reads a code, folding its case.
    ///
    /// # Errors
    /// [`InvalidOrganisationCode`] where the length or a character is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidOrganisationCode> {
        let code = text.trim().to_ascii_uppercase();
        let is_valid = (3..=8).contains(&code.len())
            && code
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if is_valid {
            Ok(Self(code))
        } else {
            Err(InvalidOrganisationCode(
                text.trim().chars().take(20).collect(),
            ))
        }
    }

    /// The code in capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for OrganisationCode {
    type Err = InvalidOrganisationCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for OrganisationCode {
    type Error = InvalidOrganisationCode;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fold_case_and_stay_text() {
        assert_eq!(OrganisationCode::parse(" znm ").unwrap().as_str(), "ZNM");
        assert_eq!(OrganisationCode::parse("8E003").unwrap().as_str(), "8E003");
    }

    #[test]
    fn a_code_cannot_be_a_path() {
        for text in ["", "ZN", "ZNMZNMZNM", "../", "Z/M", "Z M", "ZÑM"] {
            assert!(OrganisationCode::parse(text).is_err(), "{text}");
        }
    }
}
