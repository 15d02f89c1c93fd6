//! The pages of the archive: a day with all its organisations, and all days.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::model::ProgrammeName;
use super::super::tabulation::{SortableCell, Tabulation};
use super::super::visible::visible;
use super::super::wording::{NOT_REPORTED, coming_day, day, one_in, weekday};
use super::super::workbook::Cell;
use super::calendar::{CalendarDay, calendar};
use super::calls;
use super::sections::{accepted, in_sync, known, not_ready};
use super::{
    NOT_KNOWN, OrganisationFigures, OrganisationLine, OrganisationWarning, SummaryModel, open,
};
use crate::domain::plural::{count, counted};
use crate::domain::{OrganisationCode, ReportDate, ReportKind, Stage, Verdict};
use crate::settings::Programme;

/// An edition of a report that lies in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EditionLink {
    /// Whom it is about.
    pub organisation: OrganisationCode,
    /// The kind of the report.
    pub report: ReportKind,
    /// Which edition, from 1.
    pub edition: u32,
}

/// Where an organisation's reports lie that went out under a code which it had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerReports {
    /// Its code now.
    pub organisation: OrganisationCode,
    /// The code before.
    pub code: OrganisationCode,
    /// The last day with reports under that.
    pub last: ReportDate,
}

/// Everything that the page of a day says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DayPage {
    #[serde(flatten)]
    model: SummaryModel,
    /// Where the page of all days is; `None` where there is none.
    up: Option<&'static str>,
    /// The folder of the edition's pictures, from the page.
    pictures: String,
    choices: Vec<Choice>,
    /// The switches of the coming weeks, a whole number of weeks from Monday on.
    calendar: Vec<CalendarDay>,
    /// The headings of the figures behind the verdict.
    headings: Vec<String>,
    rows: Vec<IndexRow>,
}

/// A list to choose rows by.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Choice {
    name: &'static str,
    label: &'static str,
    values: Vec<String>,
}

/// A row of the table of organisations.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct IndexRow {
    code: String,
    name: String,
    /// The day before of which its figures are.
    as_of: Option<String>,
    stage: String,
    state: &'static str,
    why: String,
    /// How pressing the state is, the most pressing first.
    urgency: usize,
    verdict: &'static str,
    /// How pressing the verdict is, the most pressing first.
    severity: u8,
    before_verdict: Vec<SortableCell>,
    figures: Vec<SortableCell>,
    links: Vec<Link>,
}

/// A report to open.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Link {
    href: String,
    words: String,
}

/// What the archive notes of a Run Summary, so that a list of days need not read them whole.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct DayRecord {
    /// A fingerprint of all that the summary says, but for its edition.
    pub content: String,
    /// When an edition after the first was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<DateTime<Utc>>,
    /// “All went out”.
    pub headline: String,
    /// Messages that were accepted and did not come back.
    pub accepted: u64,
    /// How many messages there are in all.
    pub messages: u64,
    /// Organisations that are not closed.
    pub organisations: u64,
    /// Those of them that somebody must call.
    pub to_call: u64,
    /// Whom to call and why, and what is new, in sentences; may be empty.
    #[serde(default)]
    pub calls: String,
    /// Mailboxes that switch in the next seven days and are not ready.
    #[serde(default)]
    pub not_ready: Option<u64>,
    /// Mailboxes that stopped or failed.
    #[serde(default)]
    pub halted: Option<u64>,
}

/// A day in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedDay {
    /// The day that its pages are about.
    pub date: ReportDate,
    /// What its newest Run Summary says; `None` where it has none.
    pub record: Option<DayRecord>,
}

/// Everything that the page of all days says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivePage {
    programme: ProgrammeName,
    /// The headings of the figures.
    headings: Vec<String>,
    rows: Vec<DayRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DayRow {
    date: String,
    words: String,
    has_page: bool,
    headline: String,
    /// What sets the day apart; may be empty.
    calls: String,
    figures: Vec<SortableCell>,
}

impl DayRecord {
    /// What is noted of a Run Summary with that fingerprint.
    #[must_use]
    pub fn of(model: &SummaryModel, content: String, made_at: Option<DateTime<Utc>>) -> Self {
        let open = open(&model.organisations);
        let today = model.report_date.day();
        let to_call = open.iter().filter(|line| line.needs_a_call(today));
        Self {
            content,
            made_at,
            headline: model.page.headline.label.clone(),
            accepted: model.messages.out(),
            messages: model.message_count(),
            organisations: open.len() as u64,
            to_call: to_call.count() as u64,
            calls: [calls::sentence(&open, today), calls::news(&open)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            not_ready: Some(open.iter().map(|line| line.not_ready()).sum()),
            halted: Some(
                open.iter()
                    .filter_map(|line| Some(line.figures.as_ref()?.halted))
                    .sum(),
            ),
        }
    }
}

/// The page of a day, with a link to each of `editions`. `is_archived` where the page of all days
/// stands above it.
#[must_use]
pub fn day_page(model: &SummaryModel, editions: &[EditionLink], is_archived: bool) -> DayPage {
    let (headings, figures) = figures(&model.organisations).sortable();
    let lines = model.organisations.iter().zip(figures);
    let rows: Vec<IndexRow> = lines
        .map(|(line, figures)| row(line, editions, figures))
        .collect();
    let choice = |name, label, of: fn(&IndexRow) -> &str| {
        let mut values: Vec<String> = rows.iter().map(|row| of(row).to_owned()).collect();
        values.sort();
        values.dedup();
        Choice {
            name,
            label,
            values,
        }
    };
    DayPage {
        up: is_archived.then_some("../index.html"),
        pictures: format!("run-summary/edition-{}", model.edition),
        choices: vec![
            choice("state", "Reports", |row| row.state),
            choice("verdict", "Verdict", |row| row.verdict),
            choice("stage", "Stage", |row| &row.stage),
        ],
        calendar: calendar(model.report_date.day(), &model.organisations),
        headings,
        rows,
        model: model.clone(),
    }
}

impl DayPage {
    /// With a link from each organisation to what it got under the codes before.
    #[must_use]
    pub fn with_former(mut self, former: &[FormerReports]) -> Self {
        for FormerReports {
            organisation,
            code,
            last,
        } in former
        {
            let rows = self.rows.iter_mut();
            for row in rows.filter(|row| row.code == organisation.as_str()) {
                row.links.push(Link {
                    href: format!("../{last}/index.html"),
                    words: format!("Until {}, as {code}", day(last.day())),
                });
            }
        }
        self
    }
}

/// What organisations are sorted by, each by its number.
fn figures(lines: &[OrganisationLine]) -> Tabulation<'_, &OrganisationLine> {
    Tabulation::of(lines)
        .known("Failure rate", |of| Cell::rate(Some(of.rate)), failure_rate)
        .known("In sync", share_in_sync, in_sync)
        .known(
            "Not ready, 7 days",
            |of| (of.due - of.ready).into(),
            not_ready,
        )
        .known(
            "Past the date",
            |of| of.waiting.into(),
            |of| count(of.waiting),
        )
        .known(
            "Stopped or failed",
            |of| of.halted.into(),
            |of| count(of.halted),
        )
}

impl<'a> Tabulation<'a, &'a OrganisationLine> {
    /// A figure that is not known of every organisation.
    fn known(
        self,
        heading: &'static str,
        number: fn(&OrganisationFigures) -> Cell<'static>,
        text: fn(&OrganisationFigures) -> String,
    ) -> Self {
        self.number(heading, move |line| {
            line.figures.as_ref().map_or(Cell::NotReported, number)
        })
        .printed(move |line| match line.is_open() {
            true => known(line, text),
            false => "–".to_owned(),
        })
    }
}

fn failure_rate(figures: &OrganisationFigures) -> String {
    match figures.rate.attempted {
        0 => NOT_REPORTED.to_owned(),
        _ => one_in(figures.rate),
    }
}

fn share_in_sync(figures: &OrganisationFigures) -> Cell<'static> {
    match figures.mailboxes {
        0 => Cell::NotReported,
        all => Cell::share(figures.in_sync_or_beyond, all),
    }
}

fn row(line: &OrganisationLine, editions: &[EditionLink], figures: Vec<SortableCell>) -> IndexRow {
    let mut links: Vec<&EditionLink> = editions
        .iter()
        .filter(|edition| Some(&edition.organisation) == line.code.as_ref())
        .collect();
    links.sort();
    let link = |edition: &&EditionLink| {
        let words = edition.report.title().trim_end_matches(" Report");
        Link {
            href: format!(
                "{}/{}/edition-{}/report.html",
                edition.organisation,
                edition.report.name(),
                edition.edition
            ),
            words: if edition.edition == 1 {
                words.to_owned()
            } else {
                format!("{words}, edition {}", edition.edition)
            },
        }
    };
    IndexRow {
        code: line.code_text().to_owned(),
        name: line.name.clone(),
        as_of: line.as_of.map(coming_day),
        stage: line.stage.map_or(NOT_KNOWN, Stage::label).to_owned(),
        state: line.state.label(),
        urgency: line.state.urgency(),
        severity: line.severity(),
        why: why(line),
        verdict: line.verdict().map_or(NOT_KNOWN, Verdict::label),
        before_verdict: vec![SortableCell {
            value: match line.accepted_of() {
                (_, 0) => String::new(),
                (accepted, _) => accepted.to_string(),
            },
            text: accepted(line),
        }],
        figures,
        links: links.iter().map(link).collect(),
    }
}

/// Why an organisation is where it is, and what was found in its exports.
fn why(line: &OrganisationLine) -> String {
    let warnings = line.warnings.iter().map(OrganisationWarning::in_words);
    let reasons = line.reasons.iter().cloned();
    let undone = line.figures.iter().filter(|figures| figures.undone > 0);
    let undone = undone.map(|figures| {
        let undone = figures.undone;
        format!(
            "{} switched back.",
            counted(undone, "mailbox was", "mailboxes were")
        )
    });
    let all = reasons.chain(undone).chain(warnings);
    all.collect::<Vec<_>>().join(" ")
}

/// The page of all days, the latest first.
#[must_use]
pub fn archive_page(programme: &Programme, days: &[ArchivedDay]) -> ArchivePage {
    let mut days: Vec<&ArchivedDay> = days.iter().collect();
    days.sort_by_key(|day| std::cmp::Reverse(day.date));
    let (headings, figures) = Tabulation::of(days.iter().copied())
        .figure("To call", |record| Some(record.to_call))
        .figure("Not ready, 7 days", |record| record.not_ready)
        .figure("Stopped or failed", |record| record.halted)
        .figure("Messages", |record| Some(record.messages))
        .figure("Accepted", |record| Some(record.accepted))
        .figure("Organisations", |record| Some(record.organisations))
        .sortable();
    let row = |(day, figures): (&&ArchivedDay, Vec<SortableCell>)| DayRow {
        date: day.date.to_string(),
        words: weekday(day.date.day()),
        has_page: day.record.is_some(),
        headline: day.record.as_ref().map_or_else(
            || "No Run Summary of this day".to_owned(),
            |record| record.headline.clone(),
        ),
        calls: day
            .record
            .as_ref()
            .map_or_else(String::new, |record| record.calls.clone()),
        figures,
    };
    ArchivePage {
        programme: ProgrammeName {
            name: visible(&programme.name),
            contact: programme.contact.clone(),
        },
        headings,
        rows: days.iter().zip(figures).map(row).collect(),
    }
}

impl<'a> Tabulation<'a, &'a ArchivedDay> {
    fn figure(self, heading: &'static str, of: fn(&DayRecord) -> Option<u64>) -> Self {
        self.number(heading, move |day| day.record.as_ref().and_then(of))
            .printed(move |day| match day.record.as_ref().and_then(of) {
                Some(figure) => count(figure),
                None => NOT_KNOWN.to_owned(),
            })
    }
}
