//! The Run Summary: for the central team, whether all reports went out, what is to be done, and how
//! every organisation is.
//!
//! It holds codes and names of organisations, and counts: no user, no address of a user, no subject
//! line.

mod actions;
mod calendar;
mod calls;
mod figures;
mod funnel;
mod gone;
mod headline;
mod index;
mod line;
mod promise;
mod promises;
mod sections;
mod sheets;
mod short;
mod since;
mod status;
mod summary_action;
mod tiles;
mod warning;
mod warnings;

use serde::{Deserialize, Serialize};

use super::drawing::ProgressDay;
use super::model::{Headline, KeyFigure, ProgrammeName, Section};
use super::visible::visible;
use super::wording::weekday;
use crate::domain::{DeliveryCounts, DeliveryState, Finding, OrganisationCode, ReportDate, Stage};
use crate::settings::Programme;

pub use figures::{NotMade, OrganisationFigures, SwitchDay, SwitchedDay};
pub use gone::GoneOrganisation;
pub use index::{
    ArchivePage, ArchivedDay, DayPage, DayRecord, EditionLink, FormerReports, archive_page,
    day_page,
};
pub use line::OrganisationLine;
pub use promise::{Promise, PromiseKind};
pub use sheets::summary_workbook;
pub use status::OrganisationStatus;
pub use summary_action::SummaryAction;
pub use warning::OrganisationWarning;

/// The severity of a verdict from which on nobody looks into it.
const CALM: u8 = 3;

/// What stands where an organisation has no figures.
const NOT_KNOWN: &str = "Not known";

/// The version of the JSON form of [`SummaryModel`]. Raised when a field changes its meaning or
/// goes.
pub const SUMMARY_VERSION: u32 = 1;

/// What a Run Summary is made of.
#[derive(Debug, Clone)]
pub struct SummaryInput<'a> {
    /// The programme that reports to its team.
    pub programme: &'a Programme,
    /// The day that it is about.
    pub report_date: ReportDate,
    /// Whether nothing was to be sent: the reports were only written to be looked at.
    pub is_preview: bool,
    /// Whether exports are expected on the day.
    pub is_working_day: bool,
    /// Every organisation of the register, in the order of codes.
    pub organisations: Vec<OrganisationOutcome>,
    /// Rows of the register of which not even the code can be read, by their lines.
    pub unreadable_rows: Vec<Option<u32>>,
    /// What is open of the days before.
    pub earlier: EarlierDays,
    /// When a server took the last message over: “07:19”; `None` where none was.
    pub last_sent: Option<String>,
    /// What somebody must see to that is about no organisation, one sentence each.
    pub warnings: Vec<String>,
    /// The Run Summary of the last day before: since when each organisation is promised what, and
    /// what stands in where it has no figures of this day.
    pub before: Option<SummaryModel>,
    /// Organisations that were reported on, and are served no more.
    pub gone: Vec<GoneOrganisation>,
    /// Whether the settings keep messages in the outbox.
    pub is_kept: bool,
}

/// What a day brought for one organisation.
#[derive(Debug, Clone, Default)]
pub struct OrganisationOutcome {
    /// Its code; `None` where the register's row cannot be read.
    pub code: Option<OrganisationCode>,
    /// Its name; empty where its row of the register cannot be read.
    pub name: String,
    /// Where its migration is; `None` where its row of the register cannot be read.
    pub stage: Option<Stage>,
    /// Who is called about it, where the register says so.
    pub contact: Option<String>,
    /// The codes that it had before, or of those that merged into it.
    pub formerly: Vec<OrganisationCode>,
    /// Why it is held, one sentence each; empty where it is not.
    pub held: Vec<String>,
    /// What changed since its reports were made; empty where nothing did.
    pub changed: Vec<String>,
    /// Mistakes in its row of the register.
    pub mistakes: Vec<String>,
    /// Its messages, by the state of their delivery.
    pub messages: DeliveryCounts,
    /// Numbers of its deliveries of which it is unknown whether they arrived.
    pub unknown: Vec<i64>,
    /// Its figures; `None` where its exports could not be used.
    pub figures: Option<OrganisationFigures>,
    /// What was found in its exports, whatever its severity.
    pub findings: Vec<Finding>,
    /// What is wrong with its history, one sentence each.
    pub history_faults: Vec<String>,
    /// Its progress by day, in order, as far as it is known.
    pub days: Vec<ProgressDay>,
}

/// Deliveries of the week before that a person must see to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct EarlierDays {
    /// How many are unknown.
    pub unknown: u64,
    /// How many came back.
    #[serde(default)]
    pub bounced: u64,
    /// How many lie in quarantine.
    #[serde(default)]
    pub quarantined: u64,
    /// How many expired.
    pub expired: u64,
}

/// Everything a Run Summary says: exact figures, and the words.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct SummaryModel {
    /// [`SUMMARY_VERSION`] of the program that wrote it.
    pub model_version: u32,
    /// What kind of model it is: `run-summary`.
    pub report: String,
    /// The day it is about.
    pub report_date: ReportDate,
    /// 1 for the first of the day, then one more for each that says something else.
    pub edition: u32,
    /// When an edition after the first was made: “08:14”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<String>,
    /// Who sends it.
    pub programme: ProgrammeName,
    /// The expected failure rate, as a fraction.
    pub expected: f64,
    /// Messages of the day, by the state of their delivery.
    pub messages: DeliveryCounts,
    /// What is open of the week before.
    pub earlier: EarlierDays,
    /// When a server took the last message over: “07:19”; `None` where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<String>,
    /// What somebody must see to that is about no organisation, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whether the settings keep messages in the outbox.
    #[serde(default)]
    pub is_kept: bool,
    /// Organisations that were reported on, and are served no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<GoneOrganisation>,
    /// Organisations, worst first.
    pub organisations: Vec<OrganisationLine>,
    /// The words of the email, in reading order.
    pub page: SummaryPage,
}

/// The words of a Run Summary.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct SummaryPage {
    /// The Subject header.
    pub subject: String,
    /// What a reader must know before anything else.
    pub notices: Vec<String>,
    /// The title of the page.
    pub title: String,
    /// “Friday 20 November 2026”.
    pub date: String,
    /// The answer to “did all go out?”.
    pub headline: Headline,
    /// A few figures.
    pub key_figures: Vec<KeyFigure>,
    /// What is to be done, with the commands that do it; may be empty.
    pub actions: Vec<SummaryAction>,
    /// The rest, in order.
    pub sections: Vec<Section>,
    /// The file name of the workbook that comes with the email.
    pub workbook: String,
}

impl SummaryModel {
    /// The same as a later edition, which says its number and when it was made; where somebody got one
    /// before it, which it replaces.
    #[must_use]
    pub fn as_edition(mut self, edition: u32, made_at: Option<String>, replaces: bool) -> Self {
        if let Some(time) = made_at.as_deref().filter(|_| edition > 1 && replaces) {
            self.page.subject = format!("{}, edition {edition}", self.page.subject);
            self.page.notices.insert(
                0,
                format!(
                    "Edition {edition}, made at {time}. It replaces the Run Summary sent before it."
                ),
            );
        }
        self.edition = edition;
        self.made_at = made_at;
        self
    }

    /// How many messages of the day there are.
    #[must_use]
    pub fn message_count(&self) -> u64 {
        self.messages.total()
    }
}

impl SummaryInput<'_> {
    /// What the last Run Summary said of an organisation, under its code; else under those before.
    fn before_of(&self, one: &OrganisationOutcome) -> Vec<&OrganisationLine> {
        let lines = || self.before.iter().flat_map(|before| &before.organisations);
        let own = lines().find(|line| line.code.is_some() && line.code == one.code);
        let former = |line: &&OrganisationLine| {
            let code = line.code.as_ref();
            code.is_some_and(|code| one.formerly.contains(code))
        };
        own.map_or_else(|| lines().filter(former).collect(), |own| vec![own])
    }
}

/// What the words rest on, beside organisations and messages.
struct Basis<'a> {
    report_date: ReportDate,
    is_preview: bool,
    /// Whether nothing was due: no working day, and no export.
    is_day_off: bool,
    /// Whether the settings keep messages in the outbox.
    is_kept: bool,
    earlier: EarlierDays,
    last_sent: Option<&'a str>,
    warnings: &'a [String],
    gone: &'a [GoneOrganisation],
}

/// The organisations that are not closed.
fn open(organisations: &[OrganisationLine]) -> Vec<&OrganisationLine> {
    organisations.iter().filter(|line| line.is_open()).collect()
}

/// Writes the Run Summary of a day, as its first edition.
#[must_use]
pub fn run_summary(input: &SummaryInput<'_>) -> SummaryModel {
    let mut organisations: Vec<OrganisationLine> = input
        .organisations
        .iter()
        .map(|one| OrganisationLine::of(one, input))
        .collect();
    for row in &input.unreadable_rows {
        let row = row.map_or("A row".to_owned(), |line| format!("Line {line}"));
        let nobody = OrganisationOutcome {
            mistakes: vec![format!("{row} of the register cannot be read.")],
            ..OrganisationOutcome::default()
        };
        organisations.push(OrganisationLine::of(&nobody, input));
    }
    let messages: DeliveryCounts = organisations
        .iter()
        .flat_map(|line| line.messages.iter())
        .collect();
    let is_day_off = !input.is_working_day
        && messages.total() == 0
        && open(&organisations)
            .iter()
            .all(|line| !line.state.is_troubled() && line.figures.is_none());
    let date = input.report_date.day();
    if let Some(before) = &input.before {
        line::stand_in(&mut organisations, before, date);
    }
    organisations.sort_by_cached_key(|line| line.worst_first(date));
    let expected = input.programme.expected_failure_rate;
    let basis = Basis {
        report_date: input.report_date,
        is_preview: input.is_preview,
        is_day_off,
        is_kept: input.is_kept,
        earlier: input.earlier,
        last_sent: input.last_sent.as_deref(),
        warnings: &input.warnings,
        gone: &input.gone,
    };
    let headline = headline::headline(&basis, &organisations, &messages);
    let page = SummaryPage {
        subject: headline::subject(&basis, &headline, &organisations),
        notices: Vec::new(),
        title: "Run Summary".to_owned(),
        date: weekday(date),
        key_figures: tiles::tiles(date, &organisations, &messages),
        actions: actions::actions(&basis, &organisations),
        sections: sections::sections(input, &organisations, &messages, expected),
        workbook: format!("run-summary-{}.xlsx", input.report_date),
        headline,
    };
    SummaryModel {
        model_version: SUMMARY_VERSION,
        report: "run-summary".to_owned(),
        report_date: input.report_date,
        edition: 1,
        made_at: None,
        programme: ProgrammeName {
            name: visible(&input.programme.name),
            contact: input.programme.contact.clone(),
        },
        expected: expected.fraction(),
        messages,
        earlier: input.earlier,
        last_sent: input.last_sent.clone(),
        warnings: input.warnings.clone(),
        is_kept: input.is_kept,
        gone: input.gone.clone(),
        organisations,
        page,
    }
}

/// How many messages were accepted and did not come back, and how many there are but for those that
/// newer editions replaced.
fn accepted_of_sent(messages: &DeliveryCounts) -> (u64, u64) {
    (
        messages.out(),
        messages.total() - messages.of(DeliveryState::Superseded),
    )
}

#[cfg(test)]
mod tests;
