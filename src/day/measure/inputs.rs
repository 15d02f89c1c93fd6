use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::domain::ReportDate;
use crate::domain::hexadecimal;
use crate::history::{CollectionDay, OrganisationDay};
use crate::settings::{Organisation, Settings};

/// What the ledger calls the day before; its date follows.
const DAY_BEFORE: &str = "what is said of ";
/// What the ledger calls the days before.
const DAYS_BEFORE: &str = "the figures of earlier days";

/// Everything that makes a report what it is, each part by its digest: two runs with the same inputs
/// make the same report. Recipients are no part: whoever is added to the register gets the report
/// that the others got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inputs(BTreeMap<String, String>);

impl Inputs {
    pub(super) fn of(
        files: &BTreeMap<String, String>,
        organisation: &Organisation,
        settings: &Settings,
    ) -> Self {
        let domains: Vec<&str> = organisation
            .mail_domains
            .iter()
            .map(|domain| domain.as_str())
            .collect();
        let programme = &settings.programme;
        let subject_lines = format!("{:?}", organisation.subject_lines);
        let expected = programme.expected_failure_rate.fraction();
        let stated = [
            ("the organisation's name", organisation.name.clone()),
            (
                "the organisation's stage",
                organisation.stage.label().to_owned(),
            ),
            ("the organisation's mail domains", domains.join(";")),
            ("the organisation's policy on subject lines", subject_lines),
            ("the programme's name", programme.name.clone()),
            ("the programme's contact", programme.contact.folded()),
            ("the expected failure rate", expected.to_string()),
            ("the sender", settings.mail.from.folded()),
        ];
        let stated = stated
            .into_iter()
            .map(|(name, value)| (name.to_owned(), digest(&value)));
        Self(files.clone().into_iter().chain(stated).collect())
    }

    /// The same, with something else that is stated.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), digest(value));
        self
    }

    /// The same, with what the report says of the day before, by its digest.
    pub(super) fn compared_with(mut self, date: ReportDate, digest: String) -> Self {
        self.0.insert(format!("{DAY_BEFORE}{date}"), digest);
        self
    }

    /// The same, with the figures of earlier days that reports list or forecast from.
    pub(super) fn with_days(
        mut self,
        days: &[OrganisationDay],
        of_collections: &[CollectionDay],
    ) -> Self {
        if !days.is_empty() {
            let listed = days.iter().map(|day| {
                let failed = (
                    day.failed_items_listed,
                    day.new_failed_items,
                    day.cleared_failed_items,
                );
                let figures = &day.figures;
                let (total, attempted) = (figures.items_total, figures.items_attempted);
                let newly = figures.newly_attempted;
                format!(
                    "{:?}",
                    (day.date, day.compared_with, failed, total, attempted, newly)
                )
            });
            let forecast_from = of_collections.iter().map(|day| {
                let (total, attempted) = (day.figures.items_total, day.figures.items_attempted);
                format!("{:?}", (day.date, &day.collection, total, attempted))
            });
            self.0.insert(
                DAYS_BEFORE.to_owned(),
                digest(&listed.chain(forecast_from).collect::<Vec<_>>().join("\n")),
            );
        }
        self
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

    /// What differs from the inputs that the ledger recorded, in words; empty where nothing does.
    pub(crate) fn changed_since(&self, recorded: &str) -> Vec<String> {
        let before = Self::from_text(recorded);
        let is_of_the_history = |name: &String| name.starts_with(DAY_BEFORE) || name == DAYS_BEFORE;
        let names: BTreeSet<&String> = self
            .0
            .keys()
            .chain(before.0.keys())
            .filter(|name| !is_of_the_history(name))
            .collect();
        let change = |name: &String| match (before.0.get(name), self.0.get(name)) {
            (None, _) => Some(format!("{name} is new")),
            (_, None) => Some(format!("{name} is gone")),
            (before, now) if before != now => Some(format!("{name} changed")),
            _ => None,
        };
        names
            .into_iter()
            .filter_map(change)
            .chain(self.changed_history(&before))
            .collect()
    }

    /// What became of the days that the report compares with, as one sentence without its full
    /// stop.
    fn changed_history(&self, before: &Self) -> Option<String> {
        let (then, now) = (before.day_before(), self.day_before());
        match (then, now) {
            (Some((then, _)), None) => Some(format!(
                "{}, which they compare with, can no longer be read",
                words(then)
            )),
            (Some((then, _)), Some((now, _))) if now < then => Some(format!(
                "{}, which they compare with, can no longer be read",
                words(then)
            )),
            (Some((then, one)), Some((now, other))) if then == now && one != other => {
                Some(format!(
                    "{}, which they compare with, was run again or reissued since",
                    words(then)
                ))
            }
            (then, Some((now, _))) if then.map(|(then, _)| then) != Some(now) => {
                let instead =
                    then.map_or_else(|| "no earlier day".to_owned(), |(then, _)| words(then));
                Some(format!(
                    "{} was run since, and they compare with {instead}",
                    words(now)
                ))
            }
            _ if before.0.get(DAYS_BEFORE) != self.0.get(DAYS_BEFORE) => Some(
                "an earlier day, whose figures they list, was run, run again or reissued since"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The day before, `2026-11-19`, and the digest of what is said of it.
    fn day_before(&self) -> Option<(&str, &str)> {
        self.0
            .iter()
            .find_map(|(name, digest)| Some((name.strip_prefix(DAY_BEFORE)?, digest.as_str())))
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
            .changed_since(&before),
            Vec::<String>::new()
        );
        let now = inputs(&[
            ("ZNM/a b.csv", "9"),
            ("ZNM/d.csv", "2"),
            ("the sender", "x"),
        ]);
        assert_eq!(
            now.changed_since(&before),
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
                "19 November 2026 was run since, and they compare with 18 November 2026",
            ),
            (
                none(),
                of("2026-11-19", "2"),
                "19 November 2026 was run since, and they compare with no earlier day",
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
            assert_eq!(now.changed_since(&then.to_text()), [sentence]);
        }
        let day = |day: &str| (format!("{DAY_BEFORE}2026-11-19"), day.to_owned());
        let with_days =
            |days: &str| Inputs([day("1"), (DAYS_BEFORE.to_owned(), digest(days))].into());
        assert_eq!(
            with_days("1").changed_since(&with_days("1").to_text()),
            Vec::<String>::new()
        );
        let changes = with_days("1").changed_since(&with_days("2").to_text());
        assert_eq!(
            changes,
            ["an earlier day, whose figures they list, was run, run again or reissued since"]
        );
    }
}
