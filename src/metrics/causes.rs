use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::domain::invisible::is_invisible;

/// Why an item failed, who acts, and what they do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// As reports print it.
    pub name: String,
    /// Who repairs such items.
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
    pattern: Option<Regex>,
    codes: Vec<String>,
    kinds: Vec<String>,
    cause: Arc<Cause>,
}

/// Why rules of causes are of no use, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct InvalidCauseRules {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, and what to write.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<Rule>,
    other: OtherRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: Spanned<String>,
    pattern: Option<Spanned<String>>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    owner: Owner,
    action: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherRule {
    name: Spanned<String>,
    owner: Owner,
    action: Spanned<String>,
}

/// The most characters of a cause's name: it is a label of a chart.
const LONGEST_NAME: usize = 40;
/// The most characters of an action: it is a cell of a table.
const LONGEST_ACTION: usize = 200;

/// What is wrong, and how many bytes of the text are before it.
struct Mistake {
    offset: usize,
    message: String,
}

impl Mistake {
    fn at<T>(text: &Spanned<String>, message: impl Into<String>) -> Result<T, Self> {
        Err(Self {
            offset: text.span().start,
            message: message.into(),
        })
    }
}

impl CauseRules {
    /// The built-in rules.
    ///
    /// # Errors
    /// [`InvalidCauseRules`] never, as a test holds.
    pub fn built_in() -> Result<Self, InvalidCauseRules> {
        Self::parse(include_str!("causes.toml"))
    }

    /// Reads rules in the form of the built-in ones.
    ///
    /// # Errors
    /// [`InvalidCauseRules`]: not TOML, a key that is unknown or missing, a pattern that is no
    /// regular expression or matches everything, two causes of one name, a text that is blank or
    /// too long for a report.
    pub fn parse(text: &str) -> Result<Self, InvalidCauseRules> {
        Self::read(text).map_err(|Mistake { offset, message }| {
            let before = text.get(..offset).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let place = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
            InvalidCauseRules {
                line: place(before.matches('\n').count()),
                column: place(
                    before
                        .get(line_start..)
                        .map_or(0, |line| line.chars().count()),
                ),
                message,
            }
        })
    }

    fn read(text: &str) -> Result<Self, Mistake> {
        let file: RulesFile = toml::from_str(text).map_err(|error| Mistake {
            offset: error.span().map_or(0, |span| span.start),
            message: error
                .message()
                .replace("field `", "key `")
                .replace('\n', " "),
        })?;
        let mut names = HashSet::new();
        let mut rules = Vec::with_capacity(file.rule.len());
        for rule in file.rule {
            if rule.pattern.is_none() && rule.codes.is_empty() && rule.kinds.is_empty() {
                let message = "the rule applies to nothing: give it a pattern, codes or kinds";
                return Mistake::at(&rule.name, message);
            }
            let cause = cause(&rule.name, rule.owner, &rule.action, &mut names)?;
            let pattern = rule.pattern.as_ref().map(pattern).transpose()?;
            rules.push(CauseRule {
                pattern,
                codes: rule.codes,
                kinds: rule.kinds,
                cause,
            });
        }
        let other = cause(
            &file.other.name,
            file.other.owner,
            &file.other.action,
            &mut names,
        )?;
        Ok(Self { rules, other })
    }

    /// The cause of an error: of the first rule that lists the kind of item, else of the first that
    /// matches the error's text, else of the first that lists its code.
    #[must_use]
    pub fn cause(&self, kind: Option<&str>, code: Option<&str>, text: Option<&str>) -> Arc<Cause> {
        let lists = |known: &[String], word: Option<&str>| {
            word.is_some_and(|word| known.iter().any(|known| known.eq_ignore_ascii_case(word)))
        };
        let matches = |rule: &&CauseRule| {
            let pattern = rule.pattern.as_ref().zip(text);
            pattern.is_some_and(|(pattern, text)| pattern.is_match(text))
        };
        let rules = || self.rules.iter();
        let rule = rules()
            .find(|rule| lists(&rule.kinds, kind))
            .or_else(|| rules().find(matches))
            .or_else(|| rules().find(|rule| lists(&rule.codes, code)));
        Arc::clone(rule.map_or(&self.other, |rule| &rule.cause))
    }

    /// [`CauseRules::cause`] for many errors, of which most are alike: each is matched once.
    pub(super) fn classifier(&self) -> impl FnMut([Option<Arc<str>>; 3]) -> Arc<Cause> {
        let mut known: HashMap<[Option<Arc<str>>; 3], Arc<Cause>> = HashMap::new();
        move |error| match known.get(&error) {
            Some(cause) => Arc::clone(cause),
            None => {
                let [kind, code, text] = error.each_ref().map(Option::as_deref);
                let cause = self.cause(kind, code, text);
                known.insert(error, Arc::clone(&cause));
                cause
            }
        }
    }
}

fn cause(
    name: &Spanned<String>,
    owner: Owner,
    action: &Spanned<String>,
    names: &mut HashSet<String>,
) -> Result<Arc<Cause>, Mistake> {
    for (text, what, longest) in [
        (name, "name", LONGEST_NAME),
        (action, "action", LONGEST_ACTION),
    ] {
        let is_wrong = text.get_ref().trim().is_empty() || text.get_ref().chars().any(is_invisible);
        if is_wrong || text.get_ref().chars().count() > longest {
            let message = format!(
                "the {what} stands in reports: write one line of 1 to {longest} characters"
            );
            return Mistake::at(text, message);
        }
    }
    if !names.insert(name.get_ref().trim().to_lowercase()) {
        let message = format!(
            "two causes are called “{}”: give each a name of its own",
            name.get_ref().trim()
        );
        return Mistake::at(name, message);
    }
    // A report ends the sentence.
    let action = action.get_ref().trim().trim_end_matches('.').to_owned();
    Ok(Arc::new(Cause {
        name: name.get_ref().trim().to_owned(),
        owner,
        action,
    }))
}

fn pattern(text: &Spanned<String>) -> Result<Regex, Mistake> {
    match RegexBuilder::new(text.get_ref())
        .case_insensitive(true)
        .build()
    {
        Err(error) => {
            let error = error.to_string();
            let reason = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            Mistake::at(
                text,
                format!("the pattern is not a regular expression: {reason}"),
            )
        }
        Ok(pattern) if pattern.is_match("") => Mistake::at(
            text,
            "the pattern matches everything, even nothing: no rule after it would ever apply",
        ),
        Ok(pattern) => Ok(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_gives_the_cause() {
        let rules = CauseRules::built_in().unwrap();
        for (code, text, cause) in [
            (
                Some("0x80040305"),
                Some("Message size exceeds the maximum allowed (66.2 MB of 40 MB)"),
                "Item too large",
            ),
            (
                None,
                Some("MAILBOX QUOTA exceeded on target"),
                "Mailbox over its size limit",
            ),
            (Some("0x80070005"), None, "Permission or folder setting"),
            (None, Some("Connection timed out"), "Temporary fault"),
            (
                None,
                Some("The item is corrupted and cannot be read"),
                "Item corrupted",
            ),
            (
                Some("0x80040115"),
                Some("The item is corrupted"),
                "Item corrupted",
            ),
            (Some("0x80040115"), Some("Fault 7"), "Temporary fault"),
            (Some("42"), Some("An unheard-of thing"), "Other"),
            (None, None, "Other"),
        ] {
            assert_eq!(
                rules.cause(Some("IPM.Note"), code, text).name,
                cause,
                "{code:?} {text:?}"
            );
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
            assert_eq!(
                rules
                    .cause(Some(kind), Some(kind), Some("The item is corrupt"))
                    .name,
                "Permission or folder setting",
                "{kind}"
            );
        }
        assert_eq!(
            rules.cause(Some("CorruptItem"), None, None).name,
            "Item corrupted"
        );
        assert_eq!(
            rules.cause(Some("LargeItem"), None, None).name,
            "Item too large"
        );
    }

    const OWN: &str = r#"[[rule]]
name = "Journal too old"
pattern = "journal"
owner = "organisation"
action = "Ask the user to export it."

[[rule]]
name = "Local fault"
codes = ["0x8BAD"]
owner = "migration-team"
action = "We ask the tool's makers"

[other]
name = "Unexplained"
owner = "migration-team"
action = "We look into these"
"#;

    #[test]
    fn own_rules_replace_the_built_in_ones() {
        let rules = CauseRules::parse(OWN).unwrap();
        let cause = |code, text| rules.cause(None, code, text);
        assert_eq!(
            cause(None, Some("A Journal entry")).action,
            "Ask the user to export it",
            "the report ends the sentence"
        );
        assert_eq!(cause(Some("0x8bad"), Some("Anything")).name, "Local fault");
        assert_eq!(cause(None, Some("Message too large")).name, "Unexplained");
    }

    #[test]
    fn a_mistake_is_told_with_line_and_column() {
        for (right, wrong, told) in [
            (
                "\"journal\"",
                "\"(\"",
                "line 3, column 11: the pattern is not a regular expression: unclosed group",
            ),
            (
                "\"journal\"",
                "\".*\"",
                "line 3, column 11: the pattern matches everything",
            ),
            (
                "\"organisation\"",
                "\"nobody\"",
                "line 4, column 9: unknown variant `nobody`",
            ),
            (
                "codes = [\"0x8BAD\"]\n",
                "",
                "line 8, column 8: the rule applies to nothing",
            ),
            (
                "\"Local fault\"",
                "\"journal TOO old\"",
                "line 8, column 8: two causes are called “journal TOO old”",
            ),
            (
                "\"Local fault\"",
                "\" \"",
                "line 8, column 8: the name stands in reports",
            ),
            (
                "\"We look into these\"",
                "\"a\\nb\"",
                "line 16, column 10: the action stands in reports",
            ),
            (
                "codes = ",
                "code = ",
                "line 9, column 1: unknown key `code`",
            ),
            (
                "[other]",
                "[others]",
                "line 13, column 2: unknown key `others`",
            ),
            (
                "pattern = \"journal\"",
                "pattern \"journal\"",
                "line 3, column 9: ",
            ),
        ] {
            assert!(OWN.contains(right), "{right}");
            let error = CauseRules::parse(&OWN.replacen(right, wrong, 1))
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(told), "{wrong}: {error}");
        }
    }
}
