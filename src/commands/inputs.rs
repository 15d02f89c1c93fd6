use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::ReportDate;
use crate::settings::{Organisation, Settings};

/// Everything that makes a report what it is, each by its digest: two runs with the same inputs make the same report.
///
/// Recipients are not among it: whoever is added to the register gets the report that the others got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inputs(BTreeMap<String, String>);

impl Inputs {
    pub(super) fn of(files: &BTreeMap<String, String>, organisation: &Organisation, settings: &Settings) -> Self {
        let domains = organisation.mail_domains.iter().map(|domain| domain.as_str()).collect::<Vec<_>>().join(";");
        let stated = [
            ("the organisation's name", organisation.name.clone()),
            ("the organisation's stage", organisation.stage.label().to_owned()),
            ("the organisation's mail domains", domains),
            ("the organisation's policy on subject lines", format!("{:?}", organisation.subject_lines)),
            ("the programme's name", settings.programme.name.clone()),
            ("the programme's contact", settings.programme.contact.folded()),
            ("the expected failure rate", settings.programme.expected_failure_rate.fraction().to_string()),
            ("the sender", settings.mail.from.folded()),
        ];
        let stated = stated.into_iter().map(|(name, value)| (name.to_owned(), digest(&value)));
        Self(files.clone().into_iter().chain(stated).collect())
    }

    /// The same, with something else that is stated.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), digest(value));
        self
    }

    /// The same, with the snapshot of an earlier day that the report compares with.
    pub(super) fn compared_with(mut self, date: ReportDate, digest: &str) -> Self {
        self.0.insert(format!("the snapshot of {date}"), digest.to_owned());
        self
    }

    /// One line for each input, for the ledger.
    pub(super) fn to_text(&self) -> String {
        self.0.iter().map(|(name, digest)| format!("{digest} {name}\n")).collect()
    }

    fn from_text(text: &str) -> Self {
        Self(text.lines().filter_map(|line| line.split_once(' ')).map(|(digest, name)| (name.to_owned(), digest.to_owned())).collect())
    }

    /// What differs from the inputs that the ledger recorded, in words; empty where nothing does.
    pub(super) fn changed_since(&self, recorded: &str) -> Vec<String> {
        let before = Self::from_text(recorded);
        let names: BTreeSet<&String> = self.0.keys().chain(before.0.keys()).collect();
        let change = |name: &String| match (before.0.get(name), self.0.get(name)) {
            (None, _) => Some(format!("{name} is new")),
            (_, None) => Some(format!("{name} is gone")),
            (before, now) if before != now => Some(format!("{name} changed")),
            _ => None,
        };
        names.into_iter().filter_map(change).collect()
    }
}

fn digest(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(pairs: &[(&str, &str)]) -> Inputs {
        Inputs(pairs.iter().map(|(name, value)| ((*name).to_owned(), digest(value))).collect())
    }

    #[test]
    fn what_changed_is_told_by_name() {
        let before = inputs(&[("ZNM/a b.csv", "1"), ("ZNM/c.csv", "2"), ("the sender", "x")]).to_text();
        assert_eq!(inputs(&[("ZNM/a b.csv", "1"), ("ZNM/c.csv", "2"), ("the sender", "x")]).changed_since(&before), Vec::<String>::new());
        let now = inputs(&[("ZNM/a b.csv", "9"), ("ZNM/d.csv", "2"), ("the sender", "x")]);
        assert_eq!(now.changed_since(&before), ["ZNM/a b.csv changed", "ZNM/c.csv is gone", "ZNM/d.csv is new"]);
    }
}
