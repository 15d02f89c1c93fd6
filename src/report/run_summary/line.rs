//! One organisation: what came of its reports, and how it is.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::visible::visible;
use super::super::wording::short_day;
use super::{
    CALM, OrganisationFigures, OrganisationOutcome, OrganisationStatus, OrganisationWarning,
    Promise, SummaryInput, SummaryModel, SwitchDay,
};
use crate::domain::{DeliveryCounts, FindingCode, OrganisationCode, Stage, Verdict};

/// What came of one organisation's reports, and how it is.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct OrganisationLine {
    /// Its code; `None` where the register's row cannot be read.
    pub code: Option<OrganisationCode>,
    /// Its name, or “Name unknown”.
    pub name: String,
    /// Where its migration is.
    pub stage: Option<Stage>,
    /// Who is called about it, where the register says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The codes that it continues since today, under which the last Run Summary reported on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<OrganisationCode>,
    /// What came of its reports.
    pub state: OrganisationStatus,
    /// Why, in sentences; empty where nothing needs one.
    pub reasons: Vec<String>,
    /// Whether none of its exports is there, though they are expected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_exports: bool,
    /// Its messages, by the state of their delivery.
    pub messages: DeliveryCounts,
    /// Numbers of its deliveries of which it is unknown whether they arrived.
    pub unknown: Vec<i64>,
    /// Its figures; `None` where its exports could not be used, and no earlier ones are known.
    pub figures: Option<OrganisationFigures>,
    /// The day before of which figures and promises are, where those of the day are not known;
    /// `None` where they are of the day, or there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<NaiveDate>,
    /// What was found in its exports that went out all the same, dangerous ones first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<OrganisationWarning>,
    /// What its reports promised on the migration team's behalf.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promise>,
}

impl OrganisationLine {
    pub(super) fn of(one: &OrganisationOutcome, input: &SummaryInput<'_>) -> Self {
        let reasons = [&one.mistakes, &one.held, &one.changed]
            .into_iter()
            .flatten()
            .map(|reason| visible(reason))
            .collect();
        let missing = |finding: &&crate::domain::Finding| finding.code == FindingCode::FileMissing;
        Self {
            code: one.code.clone(),
            name: if one.name.is_empty() {
                "Name unknown".to_owned()
            } else {
                visible(&one.name)
            },
            stage: one.stage,
            contact: one.contact.as_deref().map(visible),
            continues: input
                .before_of(one)
                .into_iter()
                .filter_map(|line| line.code.clone())
                .filter(|code| Some(code) != one.code.as_ref())
                .collect(),
            state: OrganisationStatus::of(one, input.is_preview),
            reasons,
            // Sync state and failed items.
            lacks_exports: !one.held.is_empty() && one.findings.iter().filter(missing).count() > 1,
            messages: one.messages.clone(),
            unknown: one.unknown.clone(),
            figures: one.figures.clone(),
            as_of: None,
            warnings: OrganisationWarning::of(one, input),
            promises: Promise::of(one, input),
        }
    }

    /// One that is well, for tests.
    #[cfg(test)]
    pub(super) fn invented(code: &str) -> Self {
        Self {
            code: OrganisationCode::parse(code).ok(),
            name: format!("Trust {code}"),
            stage: Some(Stage::SyncAndSwitch),
            contact: None,
            continues: Vec::new(),
            state: OrganisationStatus::Sent,
            reasons: Vec::new(),
            lacks_exports: false,
            messages: DeliveryCounts::default(),
            unknown: Vec::new(),
            figures: None,
            as_of: None,
            warnings: Vec::new(),
            promises: Vec::new(),
        }
    }

    /// Its code, as people write it.
    #[must_use]
    pub fn code_text(&self) -> &str {
        self.code
            .as_ref()
            .map_or("Unreadable", OrganisationCode::as_str)
    }

    /// “ZCA”, or “ZCA (figures of Thu 19 Nov)”.
    pub(super) fn code_and_day(&self) -> String {
        let code = self.code_text();
        match self.as_of {
            Some(day) => format!("{code} (as on {})", short_day(day)),
            None => code.to_owned(),
        }
    }

    /// Whom to call about it, as a sentence that follows others; empty where that is not known.
    pub(super) fn whom_to_call(&self) -> String {
        let contact = self.contact.as_ref();
        contact.map_or(String::new(), |contact| format!(" Contact: {contact}."))
    }

    /// How many of its messages were accepted and did not come back, and how many there are.
    #[must_use]
    pub fn accepted_of(&self) -> (u64, u64) {
        (self.messages.out(), self.messages.total())
    }

    /// Mailboxes that switch soon and are not ready.
    #[must_use]
    pub fn not_ready(&self) -> u64 {
        self.figures
            .as_ref()
            .map_or(0, |figures| figures.due - figures.ready)
    }

    /// The verdict, where there are figures.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.figures.as_ref().map(|figures| figures.verdict)
    }

    /// Why somebody must speak with it today, the most pressing reason; `None` where nobody must.
    pub(super) fn reason_to_call(&self, today: NaiveDate) -> Option<String> {
        if self.is_dangerous() {
            return Some("act before anything else".to_owned());
        }
        if self.state.needs_a_call() {
            return Some(match self.state {
                OrganisationStatus::Unknown => "unknown whether all arrived".to_owned(),
                state => state.label().to_lowercase(),
            });
        }
        if !self.is_open() {
            return None;
        }
        let at_risk = self.switch_at_risk(today).map(SwitchDay::in_brief);
        at_risk.or_else(|| {
            let figures = self.figures.as_ref().filter(|_| self.is_high())?;
            let verdict = figures.verdict_in_words().to_lowercase();
            Some(format!("failures {verdict}"))
        })
    }

    /// Whether somebody must speak with the organisation or write to its people.
    pub(super) fn needs_a_call(&self, today: NaiveDate) -> bool {
        self.reason_to_call(today).is_some()
    }

    /// The next switch of which many will not be ready.
    pub(super) fn switch_at_risk(&self, today: NaiveDate) -> Option<&SwitchDay> {
        let mut switches = self.figures.iter().flat_map(|figures| &figures.switches);
        switches.find(|switch| switch.is_at_risk(today))
    }

    /// Mailboxes that stopped or failed and switch in the next seven days.
    pub(super) fn halted_soon(&self, today: NaiveDate) -> u64 {
        let figures = self.figures.iter();
        let days = figures.flat_map(|figures| figures.halted_soon(today));
        days.map(|switch| switch.halted).sum()
    }

    /// The verdict, where it is one since today that is to be looked into.
    pub(super) fn new_verdict(&self) -> Option<Verdict> {
        let figures = self.figures.as_ref().filter(|_| self.as_of.is_none())?;
        let is_watched = matches!(figures.verdict, Verdict::Concentrated | Verdict::Raised);
        (is_watched && figures.verdict_lasts == 1).then_some(figures.verdict)
    }

    /// Mailboxes that were switched back since the report before.
    pub(super) fn newly_undone(&self) -> u64 {
        self.figures
            .as_ref()
            .map_or(0, |figures| figures.newly_undone)
    }

    pub(super) fn is_dangerous(&self) -> bool {
        self.warnings.iter().any(OrganisationWarning::is_dangerous)
    }

    pub(super) fn is_high(&self) -> bool {
        self.verdict() == Some(Verdict::High)
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage != Some(Stage::Closed)
    }

    /// How pressing its verdict is, the most pressing first.
    pub(super) fn severity(&self) -> u8 {
        match self.verdict() {
            Some(Verdict::High) => 0,
            Some(Verdict::Raised) => 1,
            Some(Verdict::Concentrated) => 2,
            Some(Verdict::AsExpected) => CALM,
            Some(Verdict::LowerThanExpected) => 4,
            Some(Verdict::TooFewItems) => 5,
            None => 6,
        }
    }

    /// Who needs somebody today comes first: what was not sent, switches at risk, high failures, and
    /// what is overdue, each by size.
    pub(super) fn worst_first(&self, today: NaiveDate) -> impl Ord + use<> {
        let waiting = self.figures.as_ref().map_or(0, |figures| figures.waiting);
        let late = self.switch_at_risk(today).map_or(0, SwitchDay::missing);
        let overdue: u64 = self.promises.iter().map(|one| one.overdue_at(today)).sum();
        let most_first = std::cmp::Reverse;
        (
            (
                !self.is_dangerous(),
                self.state.urgency(),
                !self.is_open(),
                !self.needs_a_call(today),
                most_first(late + self.halted_soon(today)),
                !self.is_high(),
            ),
            most_first(overdue),
            most_first(self.not_ready()),
            self.severity().min(CALM),
            most_first(waiting),
            self.code.as_ref().map(|code| code.as_str().to_owned()),
        )
    }
}

/// Where an organisation has no figures of the day, its last ones stand in: in every sum, table and
/// promise alike.
pub(super) fn stand_in(lines: &mut [OrganisationLine], before: &SummaryModel, today: NaiveDate) {
    let without = lines
        .iter_mut()
        .filter(|line| line.is_open() && line.figures.is_none());
    for line in without {
        let mut earlier = before.organisations.iter();
        // The figures of several that merged are none of the one.
        let code = match line.continues.as_slice() {
            [only] => Some(only),
            _ => line.code.as_ref(),
        };
        let earlier = earlier.find(|one| code.is_some() && one.code.as_ref() == code);
        let Some((earlier, figures)) = earlier.and_then(|one| Some((one, one.figures.as_ref()?)))
        else {
            continue;
        };
        line.figures = Some(figures.standing_in(today));
        if line.stage.is_none() {
            // Its row cannot be read; what it was called is known.
            line.name.clone_from(&earlier.name);
        }
        line.promises = earlier.promises.clone();
        line.as_of = Some(earlier.as_of.unwrap_or_else(|| before.report_date.day()));
    }
}
