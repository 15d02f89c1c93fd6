use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Why an item failed, who acts, and what they do next.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// As reports print it.
    pub name: String,
    /// Who acts.
    pub owner: Owner,
    /// What they do next.
    pub action: String,
}

/// Who acts on a failed item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The organisation that gets the report.
    Organisation,
    /// The central team.
    MigrationTeam,
}

impl Owner {
    /// As a report to the organisation names them.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Organisation => "Your organisation",
            Self::MigrationTeam => "Migration team",
        }
    }
}

/// The rules that give a failed item its cause.
#[derive(Debug, Clone)]
pub struct CauseRules {
    rules: Vec<CauseRule>,
    other: Arc<Cause>,
}

#[derive(Debug, Clone)]
struct CauseRule {
    pattern: Regex,
    codes: Vec<String>,
    kinds: Vec<String>,
    cause: Arc<Cause>,
}

/// Why rules of causes are of no use.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCauseRules {
    /// Not TOML, or not of this form.
    #[error("the rules of causes cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    /// A pattern is not a regular expression.
    #[error("the pattern of “{rule}” is not a regular expression: {source}")]
    Pattern {
        /// The name of the rule.
        rule: String,
        /// Why.
        source: regex::Error,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<Rule>,
    other: Cause,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    pattern: String,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    owner: Owner,
    action: String,
}

impl CauseRules {
    /// The built-in rules.
    ///
    /// # Errors
    /// [`InvalidCauseRules`] never, as a test holds.
    pub fn built_in() -> Result<Self, InvalidCauseRules> {
        Self::parse(include_str!("causes.toml"))
    }

    fn parse(text: &str) -> Result<Self, InvalidCauseRules> {
        let file: RulesFile = toml::from_str(text)?;
        let rules = file.rule.into_iter().map(|rule| {
            let pattern = RegexBuilder::new(&rule.pattern).case_insensitive(true).build();
            let pattern = pattern.map_err(|source| InvalidCauseRules::Pattern { rule: rule.name.clone(), source })?;
            let cause = Arc::new(Cause { name: rule.name, owner: rule.owner, action: rule.action });
            Ok(CauseRule { pattern, codes: rule.codes, kinds: rule.kinds, cause })
        });
        Ok(Self { rules: rules.collect::<Result<_, InvalidCauseRules>>()?, other: Arc::new(file.other) })
    }

    /// The cause of an error: of the first rule that lists the kind of item, else of the first that matches the error's
    /// text, else of the first that lists its code.
    #[must_use]
    pub fn cause(&self, kind: Option<&str>, code: Option<&str>, text: Option<&str>) -> Arc<Cause> {
        let lists = |known: &[String], word: &str| known.iter().any(|known| known.eq_ignore_ascii_case(word));
        let by_kind = kind.and_then(|kind| self.rules.iter().find(|rule| lists(&rule.kinds, kind)));
        let by_text = || text.and_then(|text| self.rules.iter().find(|rule| rule.pattern.is_match(text)));
        let by_code = || code.and_then(|code| self.rules.iter().find(|rule| lists(&rule.codes, code)));
        Arc::clone(by_kind.or_else(by_text).or_else(by_code).map_or(&self.other, |rule| &rule.cause))
    }

    /// [`CauseRules::cause`] for many errors, of which most are alike: each is matched once.
    pub(super) fn classifier(&self) -> impl FnMut(Option<&str>, Option<&str>, Option<&str>) -> Arc<Cause> {
        let mut known: HashMap<[Option<String>; 3], Arc<Cause>> = HashMap::new();
        move |kind, code, text| {
            let error = [kind, code, text].map(|part| part.map(str::to_owned));
            known.entry(error).or_insert_with(|| self.cause(kind, code, text)).clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_gives_the_cause() {
        let rules = CauseRules::built_in().unwrap();
        for (code, text, cause) in [
            (Some("0x80040305"), Some("Message size exceeds the maximum allowed (66.2 MB of 40 MB)"), "Item too large"),
            (None, Some("MAILBOX QUOTA exceeded on target"), "Mailbox over its size limit"),
            (Some("0x80070005"), None, "Permission or folder setting"),
            (None, Some("Connection timed out"), "Temporary fault"),
            (None, Some("The item is corrupted and cannot be read"), "Item corrupted"),
            (Some("0x80040115"), Some("The item is corrupted"), "Item corrupted"),
            (Some("0x80040115"), Some("Fault 7"), "Temporary fault"),
            (Some("42"), Some("An unheard-of thing"), "Other"),
            (None, None, "Other"),
        ] {
            assert_eq!(rules.cause(Some("IPM.Note"), code, text).name, cause, "{code:?} {text:?}");
        }
        for kind in [
            "CorruptFolderACL",
            "CorruptFolderRule",
            "CorruptMailboxSecurityDescriptor",
            "CorruptSearchFolderCriteria",
            "CorruptFolderProperty",
            "CorruptInferenceProperties",
            "CorruptMailboxSetting",
            "FolderPropertyMismatch",
        ] {
            assert_eq!(rules.cause(Some(kind), Some(kind), Some("The item is corrupt")).name, "Permission or folder setting", "{kind}");
        }
        assert_eq!(rules.cause(Some("CorruptItem"), None, None).name, "Item corrupted");
        assert_eq!(rules.cause(Some("LargeItem"), None, None).name, "Item too large");
    }

    #[test]
    fn a_pattern_that_is_none_is_an_error() {
        let text = "rule = [{ name = \"A\", pattern = \"(\", owner = \"organisation\", action = \"b\" }]\n[other]\nname = \"O\"\nowner = \"migration-team\"\naction = \"c\"\n";
        assert!(CauseRules::parse(text).unwrap_err().to_string().starts_with("the pattern of “A”"));
    }
}
