use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::Compared;
use super::earlier_days::EarlierFigures;
use crate::day::context::Context;
use crate::delivery::INPUTS_NOT_KNOWN;
use crate::domain::{ReportDate, hexadecimal};
use crate::exports::ExportSet;
use crate::settings::Organisation;

/// What the ledger calls the day before; its date follows.
const DAY_BEFORE: &str = "how all stood on ";
/// What the ledger calls the days before.
const DAYS_BEFORE: &str = "the days before";
/// What earlier versions called both, of which they compared less: their digests say nothing of
/// these.
const FORMER_DAY_BEFORE: &str = "what is said of ";
const FORMER_DAYS_BEFORE: &str = "the figures of earlier days";
/// Earlier versions did not state it.
const CALENDAR: &str = "the calendar";

/// Everything that makes a report what it is, each part by its digest: two runs with the same inputs
/// make the same report. Recipients are no part: whoever is added to the register gets the report
/// that the others got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inputs(BTreeMap<String, String>);

impl Inputs {
    pub(super) fn of(
        context: &Context,
        organisation: &Organisation,
        exports: &ExportSet,
        compared: &Compared,
    ) -> Self {
        let domains = organisation.mail_domains.iter();
        let domains: Vec<&str> = domains.map(|domain| domain.as_str()).collect();
        let (settings, programme) = (&context.settings, &context.settings.programme);
        let stage = organisation.stage.label().to_owned();
        let subject_lines = format!("{:?}", organisation.subject_lines);
        let expected = programme.expected_failure_rate.fraction();
        let mut stated = vec![
            ("the organisation's name", organisation.name.clone()),
            ("the organisation's stage", stage),
            ("the organisation's mail domains", domains.join(";")),
            ("the organisation's policy on subject lines", subject_lines),
            ("the programme's name", programme.name.clone()),
            ("the programme's contact", programme.contact.folded()),
            ("the expected failure rate", expected.to_string()),
            (CALENDAR, format!("{:?}", settings.calendar)),
            (
                "the sender",
                settings.mail.sender_of(&organisation.code).folded(),
            ),
        ];
        if let Some(text) = &context.own_causes {
            stated.push(("the rules of causes", text.clone()));
        }
        let mut inputs = exports.digests.clone();
        let days = EarlierFigures::of(&compared.days);
        inputs.extend(days.to_text().map(|days| (DAYS_BEFORE.to_owned(), days)));
        for (name, value) in stated {
            inputs.insert(name.to_owned(), digest(&value));
        }
        if let (Some(before), Some(digest)) = (&compared.before.last, &compared.digest) {
            inputs.insert(format!("{DAY_BEFORE}{}", before.date), digest.clone());
        }
        Self(inputs)
    }

    /// One line for each input, for the ledger.
    pub(crate) fn to_text(&self) -> String {
        self.0
            .iter()
            .map(|(name, digest)| format!("{digest} {name}\n"))
            .collect()
    }

    fn from_text(text: &str) -> Self {
        Self(
            text.lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
                .collect(),
        )
    }

    /// What differs from the inputs that the ledger recorded, in words; empty where nothing does. Days
    /// that were purged since are missed by nobody.
    pub(crate) fn changed_since(
        &self,
        recorded: &str,
        was_purged: impl Fn(ReportDate) -> bool,
    ) -> Vec<String> {
        if recorded == INPUTS_NOT_KNOWN {
            return vec!["what they were made from is not known any more".to_owned()];
        }
        let before = Self::from_text(recorded);
        let is_of_the_history = |name: &String| {
            [DAYS_BEFORE, FORMER_DAYS_BEFORE].contains(&name.as_str())
                || name.starts_with(DAY_BEFORE)
                || name.starts_with(FORMER_DAY_BEFORE)
        };
        let names = self.0.keys().chain(before.0.keys());
        let names: BTreeSet<&String> = names.filter(|name| !is_of_the_history(name)).collect();
        let change = |name: &String| match (before.0.get(name), self.0.get(name)) {
            (None, _) if name == CALENDAR => None,
            (None, _) => Some(format!("{name} is new")),
            (_, None) => Some(format!("{name} is gone")),
            (before, now) if before != now => Some(format!("{name} changed")),
            _ => None,
        };
        names
            .into_iter()
            .filter_map(change)
            .chain(self.changed_history(&before, was_purged))
            .collect()
    }

    /// What became of the days that the report compares with, as one sentence without its full
    /// stop.
    fn changed_history(
        &self,
        before: &Self,
        was_purged: impl Fn(ReportDate) -> bool,
    ) -> Option<String> {
        let is_purged = |day: &str| ReportDate::parse_iso(day).is_some_and(&was_purged);
        match (before.day_before(), self.day_before()) {
            (Some((then, _)), now) if now.is_none_or(|(now, _)| now < then) && !is_purged(then) => {
                return Some(format!(
                    "{}, which they compare with, can no longer be read",
                    words(then)
                ));
            }
            (Some((then, Some(one))), Some((now, Some(other)))) if then == now && one != other => {
                return Some(format!(
                    "{}, which they compare with, was run again or reissued since",
                    words(then)
                ));
            }
            (then, Some((now, _))) if then.is_none_or(|(then, _)| then < now) => {
                let instead =
                    then.map_or_else(|| "no earlier day".to_owned(), |(then, _)| words(then));
                return Some(format!(
                    "the figures of {} are there now, and they compare with {instead}",
                    words(now)
                ));
            }
            _ if before.0.contains_key(FORMER_DAYS_BEFORE) => return None,
            _ => {}
        }
        let (then, now) = (before.earlier_days()?, self.earlier_days()?);
        if then.gone_from(&now).any(|day| !was_purged(day)) {
            Some("an earlier day, whose figures they list, can no longer be read".to_owned())
        } else if now.is_more_than(&then) {
            Some(
                "an earlier day, whose figures they list, was run, run again or reissued since"
                    .to_owned(),
            )
        } else {
            None
        }
    }

    /// The days before; none where there are none, `None` where it cannot be told which.
    fn earlier_days(&self) -> Option<EarlierFigures> {
        let days = self.0.get(DAYS_BEFORE);
        days.map_or_else(
            || Some(EarlierFigures::default()),
            |days| EarlierFigures::read(days),
        )
    }

    /// The day before, `2026-11-19`, and the digest of how all stood on it, unless an earlier
    /// version made it.
    fn day_before(&self) -> Option<(&str, Option<&str>)> {
        self.0.iter().find_map(|(name, digest)| {
            let day = name
                .strip_prefix(DAY_BEFORE)
                .map(|day| (day, Some(digest.as_str())));
            day.or_else(|| Some((name.strip_prefix(FORMER_DAY_BEFORE)?, None)))
        })
    }
}

/// “19 November 2026”
fn words(day: &str) -> String {
    day.parse().map_or_else(
        |_| day.to_owned(),
        |day: NaiveDate| day.format("%-d %B %Y").to_string(),
    )
}

fn digest(value: &str) -> String {
    hexadecimal::encode(&Sha256::digest(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(pairs: &[(&str, &str)]) -> Inputs {
        Inputs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), digest(value)))
                .collect(),
        )
    }

    /// No day was purged.
    fn never(_: ReportDate) -> bool {
        false
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let before = inputs(&[
            ("ZNM/a b.csv", "1"),
            ("ZNM/c.csv", "2"),
            ("the sender", "x"),
        ])
        .to_text();
        assert_eq!(
            inputs(&[
                ("ZNM/a b.csv", "1"),
                ("ZNM/c.csv", "2"),
                ("the sender", "x")
            ])
            .changed_since(&before, never),
            Vec::<String>::new()
        );
        let now = inputs(&[
            ("ZNM/a b.csv", "9"),
            ("ZNM/d.csv", "2"),
            ("the sender", "x"),
        ]);
        assert_eq!(
            now.changed_since(&before, never),
            [
                "ZNM/a b.csv changed",
                "ZNM/c.csv is gone",
                "ZNM/d.csv is new"
            ]
        );
    }

    #[test]
    fn what_became_of_earlier_days_is_one_plain_sentence() {
        let of = |day: &str, digest: &str| {
            inputs(&[
                ("a.csv", "1"),
                (&format!("{DAY_BEFORE}{day}"), digest),
                (DAYS_BEFORE, digest),
            ])
        };
        let none = || inputs(&[("a.csv", "1")]);
        for (then, now, sentence) in [
            (
                of("2026-11-19", "1"),
                of("2026-11-19", "2"),
                "19 November 2026, which they compare with, was run again or reissued since",
            ),
            (
                of("2026-11-18", "1"),
                of("2026-11-19", "2"),
                "the figures of 19 November 2026 are there now, and they compare with 18 November 2026",
            ),
            (
                none(),
                of("2026-11-19", "2"),
                "the figures of 19 November 2026 are there now, and they compare with no earlier day",
            ),
            (
                of("2026-11-19", "1"),
                of("2026-11-18", "2"),
                "19 November 2026, which they compare with, can no longer be read",
            ),
            (
                of("2026-11-19", "1"),
                none(),
                "19 November 2026, which they compare with, can no longer be read",
            ),
        ] {
            assert_eq!(now.changed_since(&then.to_text(), never), [sentence]);
        }
        // What an earlier version recorded is compared by its dates only.
        let former = inputs(&[
            ("a.csv", "1"),
            (&format!("{FORMER_DAY_BEFORE}2026-11-19"), "5"),
            (FORMER_DAYS_BEFORE, "5"),
        ]);
        let with_calendar = |mut inputs: Inputs| {
            inputs.0.insert(CALENDAR.to_owned(), "c".to_owned());
            inputs
        };
        let now = with_calendar(of("2026-11-19", "2"));
        assert_eq!(
            now.changed_since(&former.to_text(), never),
            Vec::<String>::new()
        );
        let later = with_calendar(of("2026-11-18", "2"));
        let later = later.changed_since(&former.to_text(), never);
        assert_eq!(later.len(), 1, "{later:?}");
    }

    #[test]
    fn each_earlier_day_is_told_apart() {
        let with_days = |days: &str| {
            let mut inputs = inputs(&[("a.csv", "1"), (&format!("{DAY_BEFORE}2026-11-19"), "1")]);
            inputs.0.insert(DAYS_BEFORE.to_owned(), days.to_owned());
            inputs
        };
        let then = with_days("2026-11-16:aa.bb..dd").to_text();
        let changes = |days: &str, was_purged: fn(ReportDate) -> bool| {
            with_days(days).changed_since(&then, was_purged)
        };
        let until_17: fn(ReportDate) -> bool = |day| day.to_string().as_str() < "2026-11-18";
        assert_eq!(changes("2026-11-16:aa.bb..dd", never), Vec::<String>::new());
        let again = "an earlier day, whose figures they list, was run, run again or reissued since";
        for days in [
            "2026-11-16:aa.bb.cc.dd",
            "2026-11-16:aa.bb..d1",
            "2026-11-15:99.aa.bb..dd",
        ] {
            assert_eq!(changes(days, never), [again], "{days}");
        }
        let gone = "an earlier day, whose figures they list, can no longer be read";
        assert_eq!(changes("2026-11-17:bb..dd", never), [gone]);
        // What was purged is missed by nobody, and what changed besides is told all the same.
        for days in ["2026-11-17:bb..dd", "2026-11-19:dd"] {
            assert_eq!(changes(days, until_17), Vec::<String>::new(), "{days}");
        }
        assert_eq!(changes("2026-11-19:d1", until_17), [again]);
        assert_eq!(changes("2026-11-16:aa.bb", until_17), [gone]);
        // Another version's way of writing them says nothing.
        let other = with_days("5e6f7081").to_text();
        let now = with_days("2026-11-19:dd");
        assert_eq!(now.changed_since(&other, never), Vec::<String>::new());
        // The day before too, were it purged.
        let purged: fn(ReportDate) -> bool = |_| true;
        let alone = inputs(&[("a.csv", "1")]);
        assert_eq!(alone.changed_since(&then, purged), Vec::<String>::new());
    }
}
