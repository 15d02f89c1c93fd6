use serde::Deserialize;

use super::section::without_paths;
use crate::domain::{OrganisationCode, ReportDate};

/// What stands for an organisation's code, and for the report date.
const ORGANISATION: &str = "{organisation}";
const DATE: &str = "{date}";

// They are below the drop folder.
without_paths!(ExportPattern, DatedPattern);

/// A path below the drop folder with `*` for any part of a name, and `{organisation}` and `{date}`
/// where they differ.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ExportPattern(String);

impl ExportPattern {
    /// The path of an organisation's files of a day; without `{organisation}`, that of everybody's.
    #[must_use]
    pub fn path(&self, organisation: Option<&OrganisationCode>, date: ReportDate) -> String {
        let path = self.0.replace(DATE, &date.to_string());
        organisation.map_or(path.clone(), |organisation| {
            path.replace(ORGANISATION, organisation.as_str())
        })
    }

    /// The path of every organisation's files of a day, with a star for the organisation; and, of a
    /// path that matches it, the text that stands for the organisation. `None` of everybody's.
    #[must_use]
    pub fn of_any(&self, date: ReportDate) -> Option<(String, impl Fn(&str) -> Option<String>)> {
        let of_date = self.0.replace(DATE, &date.to_string());
        let parts: Vec<&str> = of_date.split('/').filter(|part| !part.is_empty()).collect();
        let at = parts.iter().position(|part| part.contains(ORGANISATION))?;
        let (before, _) = parts.get(at)?.split_once(ORGANISATION)?;
        let before = before.to_owned();
        let text_of = move |path: &str| {
            let part = path.split('/').nth(at)?.strip_prefix(&before)?;
            let code = part.split(|letter: char| !letter.is_ascii_alphanumeric());
            code.into_iter().next().map(str::to_owned)
        };
        Some((of_date.replace(ORGANISATION, "*"), text_of))
    }

    /// Whether its files hold the rows of all organisations.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.0.contains(ORGANISATION)
    }
}

impl TryFrom<String> for ExportPattern {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            return Err(
                "the pattern must stay below the exports folder: no leading / and no ..".to_owned(),
            );
        }
        if pattern.contains('\\') {
            return Err("the pattern has a \\: write / between folders".to_owned());
        }
        match unknown_place(&pattern) {
            Some(place) => Err(format!(
                "“{place}” stands for nothing: what stands in braces is {ORGANISATION} or {DATE}"
            )),
            None => Ok(Self(pattern)),
        }
    }
}

/// An [`ExportPattern`] of files that are made anew each day.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatedPattern(ExportPattern);

impl std::ops::Deref for DatedPattern {
    type Target = ExportPattern;

    fn deref(&self) -> &ExportPattern {
        &self.0
    }
}

impl TryFrom<String> for DatedPattern {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        let pattern = ExportPattern::try_from(pattern)?;
        if !pattern.0.contains(DATE) {
            return Err(format!(
                "the pattern must contain {DATE}, so that yesterday's export is never taken for \
                 today's"
            ));
        }
        Ok(Self(pattern))
    }
}

/// What stands in braces, or with one of them, and is neither an organisation nor a date.
fn unknown_place(pattern: &str) -> Option<&str> {
    let mut rest = pattern;
    while let Some(start) = rest.find(['{', '}']) {
        let from_brace = rest.get(start..)?;
        let known = [ORGANISATION, DATE];
        let Some(known) = known.iter().find(|known| from_brace.starts_with(*known)) else {
            let end = from_brace.find('}').map_or(from_brace.len(), |end| end + 1);
            return from_brace.get(..end);
        };
        rest = from_brace.get(known.len()..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_says_what_it_does_not_know() {
        let mistake = |pattern: &str| DatedPattern::try_from(pattern.to_owned()).unwrap_err();
        for (pattern, words) in [
            (
                "{organization}/{date}/sync-state*",
                "“{organization}” stands",
            ),
            ("{organisation}/{Date}/sync-state*", "“{Date}” stands"),
            (
                "{organisation/{date}/sync-state*",
                "“{organisation/{date}” stands",
            ),
            ("organisation}/{date}/sync-state*", "“}” stands"),
            ("{organisation}/{date}/{}*", "“{}” stands"),
            ("{organisation}\\{date}\\sync*", "write / between folders"),
            ("{organisation}/sync-state*", "must contain {date}"),
            ("../{date}", "no leading / and no .."),
        ] {
            assert!(mistake(pattern).contains(words), "{}", mistake(pattern));
        }
        for pattern in ["{date}-*.csv", "{organisation}/{date}{date}/x*"] {
            assert!(DatedPattern::try_from(pattern.to_owned()).is_ok());
        }
    }
}
