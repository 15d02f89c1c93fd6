//! Organisations that were reported on, and of which nobody is told any more.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::wording::coming_day;
use super::SummaryModel;
use crate::domain::plural::counted;
use crate::domain::{OrganisationCode, ReportDate, Stage};

/// An organisation that is gone from the register, or closed there without a report that says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct GoneOrganisation {
    /// Its code.
    pub code: OrganisationCode,
    /// The last day on which it was reported on.
    pub until: NaiveDate,
    /// Its switches that were still to come then: the day, and how many mailboxes.
    pub switches: Vec<(NaiveDate, u64)>,
}

impl GoneOrganisation {
    /// Those that the last Run Summary reported on, or told as gone, and that are not served now. Of one
    /// without a switch ahead it is told once, of another until that is past.
    #[must_use]
    pub fn of(
        before: &SummaryModel,
        today: ReportDate,
        is_served: impl Fn(&OrganisationCode) -> bool,
    ) -> Vec<Self> {
        let lines = before.organisations.iter();
        let lines = lines.filter(|line| line.stage != Some(Stage::Closed));
        let known = lines.filter_map(|line| {
            let switches = line.figures.iter().flat_map(|figures| &figures.switches);
            Some(Self {
                code: line.code.clone()?,
                until: line.as_of.unwrap_or_else(|| before.report_date.day()),
                switches: switches.map(|switch| (switch.date, switch.due)).collect(),
            })
        });
        let told = before.gone.iter().cloned();
        let told = told.filter(|one| one.next_switch(today.day()).is_some());
        let mut gone: Vec<Self> = known
            .chain(told)
            .filter(|one| !is_served(&one.code))
            .collect();
        gone.sort_by(|one, other| one.code.cmp(&other.code));
        gone.dedup_by(|one, other| one.code == other.code);
        gone
    }

    fn next_switch(&self, today: NaiveDate) -> Option<(NaiveDate, u64)> {
        let mut ahead = self.switches.iter().filter(|(date, _)| *date >= today);
        ahead.next().copied()
    }

    /// That its mailboxes switch and nobody is told; `None` where none is known to.
    pub(super) fn in_the_headline(&self, today: NaiveDate) -> Option<String> {
        let (date, mailboxes) = self.next_switch(today)?;
        Some(format!(
            "Nobody is told of {}, which is gone from the register or closed there: {} on {}.",
            self.code,
            counted(mailboxes, "mailbox switches", "mailboxes switch"),
            coming_day(date)
        ))
    }

    /// What is to be done about it.
    pub(super) fn in_words(&self, today: NaiveDate) -> String {
        let ahead = self.next_switch(today).map(|(date, mailboxes)| {
            let switch = counted(
                mailboxes,
                "mailbox was to switch",
                "mailboxes were to switch",
            );
            format!(", and {switch} on {}", coming_day(date))
        });
        format!(
            "{}: reported on until {}{}. It is gone from the register, or closed there, and nobody is told \
             of it. Where that is not meant, correct the register and run the day again.",
            self.code,
            coming_day(self.until),
            ahead.unwrap_or_default()
        )
    }
}
