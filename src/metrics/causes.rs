use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use polars::prelude::PlHashMap;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::Spanned;

use super::error_text::{self, ErrorText};
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
    /// What they do at the end of a migration, when nothing is copied any more of itself.
    pub action_at_closing: Option<String>,
    /// What a user with such items is told, in whole sentences.
    pub told: Option<String>,
    /// After so many days an item that is still listed is overdue; never where it is to wait.
    pub overdue_after_days: Option<u64>,
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
    unless: Option<Regex>,
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
    unless: Option<Spanned<String>>,
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    owner: Owner,
    action: Spanned<String>,
    action_at_closing: Option<Spanned<String>>,
    told: Option<Spanned<String>>,
    overdue_after_days: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherRule {
    name: Spanned<String>,
    owner: Owner,
    action: Spanned<String>,
    action_at_closing: Option<Spanned<String>>,
    told: Option<Spanned<String>>,
    overdue_after_days: Option<u64>,
}

/// The most characters of a cause's name: it is a label of a chart.
const LONGEST_NAME: usize = 40;
/// The most characters of an action: it is a cell of a table.
const LONGEST_ACTION: usize = 200;
/// The most characters of what a user is told: it is part of a letter.
const LONGEST_TOLD: usize = 400;

/// What is wrong, and how many bytes of the text are before it.
struct RuleMistake {
    offset: usize,
    message: String,
}

impl RuleMistake {
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
        Self::read(text).map_err(|RuleMistake { offset, message }| {
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

    fn read(text: &str) -> Result<Self, RuleMistake> {
        let file: RulesFile = toml::from_str(text).map_err(|error| RuleMistake {
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
                return RuleMistake::at(&rule.name, message);
            }
            let cause = Cause {
                owner: rule.owner,
                overdue_after_days: rule.overdue_after_days,
                ..cause(
                    (&rule.name, &rule.action),
                    (rule.action_at_closing.as_ref(), rule.told.as_ref()),
                    &mut names,
                )?
            };
            rules.push(CauseRule {
                pattern: rule.pattern.as_ref().map(pattern).transpose()?,
                unless: rule.unless.as_ref().map(pattern).transpose()?,
                codes: rule
                    .codes
                    .iter()
                    .map(|code| error_text::code(code))
                    .collect(),
                kinds: rule.kinds,
                cause: Arc::new(cause),
            });
        }
        let other = file.other;
        let other = Cause {
            owner: other.owner,
            overdue_after_days: other.overdue_after_days,
            ..cause(
                (&other.name, &other.action),
                (other.action_at_closing.as_ref(), other.told.as_ref()),
                &mut names,
            )?
        };
        Ok(Self {
            rules,
            other: Arc::new(other),
        })
    }

    /// The cause of an error: of the first rule that lists the kind of item, else of the first that
    /// matches the error's text, else of the first that matches its code as a name, else of the
    /// first that lists one of its codes. What an error quotes decides nothing.
    #[must_use]
    pub fn cause(&self, kind: Option<&str>, code: Option<&str>, text: Option<&str>) -> Arc<Cause> {
        self.cause_less([kind, code, text], &[])
    }

    /// [`CauseRules::cause`] of kind, code and text, less what the item is called, which its error
    /// may repeat: its subject line, its folder, its user.
    fn cause_less(&self, [kind, code, text]: [Option<&str>; 3], known: &[&str]) -> Arc<Cause> {
        let rules = || self.rules.iter();
        let of_kind = kind.and_then(|kind| {
            let is_kind = |known: &String| known.eq_ignore_ascii_case(kind);
            rules().find(|rule| rule.kinds.iter().any(is_kind))
        });
        let rule = of_kind.or_else(|| {
            let error = ErrorText::read(code, text, known);
            let mut words = error.words.iter().flatten();
            words
                .find_map(|words| rules().find(|rule| rule.matches(words)))
                .or_else(|| {
                    rules().find(|rule| rule.codes.iter().any(|code| error.codes.contains(code)))
                })
        });
        Arc::clone(rule.map_or(&self.other, |rule| &rule.cause))
    }

    /// [`CauseRules::cause`] for many errors, of which most are alike: each is matched once.
    pub(super) fn classifier(&self) -> impl FnMut([Option<Arc<str>>; 3], &[&str]) -> Arc<Cause> {
        let mut judged: PlHashMap<[Option<Arc<str>>; 3], Arc<Cause>> = PlHashMap::default();
        move |[kind, code, text], known| {
            let is_repeated = |code: &str| error_text::repeats(code, known);
            if code.as_deref().is_some_and(is_repeated) {
                return self.cause_less([&kind, &code, &text].map(Option::as_deref), known);
            }
            // Many are alike less what their items are called.
            let text = text.map(|text| match error_text::less_known(&text, known) {
                Cow::Owned(less) => Arc::from(less),
                Cow::Borrowed(_) => Arc::clone(&text),
            });
            let error = [kind, code, text];
            if let Some(cause) = judged.get(&error) {
                return Arc::clone(cause);
            }
            let cause = self.cause_less(error.each_ref().map(Option::as_deref), &[]);
            judged.insert(error, Arc::clone(&cause));
            cause
        }
    }
}

impl CauseRule {
    fn matches(&self, words: &str) -> bool {
        let is_in = |pattern: &Option<Regex>| {
            let pattern = pattern.as_ref();
            pattern.is_some_and(|pattern| pattern.is_match(words))
        };
        is_in(&self.pattern) && !is_in(&self.unless)
    }
}

/// A cause by its texts: the migration team's, and never overdue.
fn cause(
    (name, action): (&Spanned<String>, &Spanned<String>),
    (at_closing, told): (Option<&Spanned<String>>, Option<&Spanned<String>>),
    names: &mut HashSet<String>,
) -> Result<Cause, RuleMistake> {
    let texts = [
        (Some(name), "name", LONGEST_NAME),
        (Some(action), "action", LONGEST_ACTION),
        (at_closing, "action at closing", LONGEST_ACTION),
        (told, "text “told”", LONGEST_TOLD),
    ];
    let texts = texts.into_iter();
    let texts = texts.filter_map(|(text, what, longest)| Some((text?, what, longest)));
    for (text, what, longest) in texts {
        let is_wrong = text.get_ref().trim().is_empty() || text.get_ref().chars().any(is_invisible);
        if is_wrong || text.get_ref().chars().count() > longest {
            let message = format!(
                "the {what} stands in reports: write one line of 1 to {longest} characters"
            );
            return RuleMistake::at(text, message);
        }
    }
    if !names.insert(name.get_ref().trim().to_lowercase()) {
        let message = format!(
            "two causes are called “{}”: give each a name of its own",
            name.get_ref().trim()
        );
        return RuleMistake::at(name, message);
    }
    // A report ends the sentence.
    let sentence = |text: &Spanned<String>| text.get_ref().trim().trim_end_matches('.').to_owned();
    Ok(Cause {
        name: name.get_ref().trim().to_owned(),
        owner: Owner::MigrationTeam,
        action: sentence(action),
        action_at_closing: at_closing.map(sentence),
        told: told.map(|told| sentence(told) + "."),
        overdue_after_days: None,
    })
}

/// Each line of a pattern is one of what may match.
fn pattern(text: &Spanned<String>) -> Result<Regex, RuleMistake> {
    let lines = text.get_ref().lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match RegexBuilder::new(&lines.join("|"))
        .case_insensitive(true)
        .multi_line(true)
        .build()
    {
        Err(error) => {
            let error = error.to_string();
            let reason = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            RuleMistake::at(
                text,
                format!("the pattern is not a regular expression: {reason}"),
            )
        }
        Ok(pattern) if pattern.is_match("") => RuleMistake::at(
            text,
            "the pattern matches everything, even nothing: no rule after it would ever apply",
        ),
        Ok(pattern) => Ok(pattern),
    }
}

#[cfg(test)]
mod tests;
