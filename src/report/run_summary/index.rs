//! The pages of the archive: a day with all its organisations, and all days.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::super::wording::{NOT_REPORTED, count, one_in, share, weekday};
use super::super::{ProgrammeName, visible};
use super::{OrganisationLine, SummaryModel};
use crate::domain::{DeliveryState, OrganisationCode, ReportDate, ReportKind, Stage, Verdict};
use crate::settings::Programme;

/// What stands where an organisation has no figures.
const NOT_KNOWN: &str = "Not known";

/// An edition of a report that lies in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EditionLink {
    /// Whom it is about.
    pub organisation: OrganisationCode,
    /// Which report.
    pub report: ReportKind,
    /// Which edition, from 1.
    pub edition: u32,
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
    rows: Vec<Row>,
}

/// A list to choose rows by.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Choice {
    name: &'static str,
    label: &'static str,
    values: Vec<String>,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row {
    code: String,
    name: String,
    stage: String,
    state: &'static str,
    why: String,
    verdict: &'static str,
    before_verdict: Vec<Figure>,
    figures: Vec<Figure>,
    links: Vec<Link>,
}

/// A figure as it is sorted by, and as it is printed. What is not known is sorted by nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Figure {
    value: String,
    text: String,
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
    /// Messages that were accepted.
    pub accepted: u64,
    /// All messages.
    pub messages: u64,
    /// Organisations that are not closed.
    pub organisations: u64,
    /// Those of them that somebody must call.
    pub to_call: u64,
}

/// A day in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedDay {
    /// The day.
    pub date: ReportDate,
    /// What its newest Run Summary says; `None` where it has none.
    pub record: Option<DayRecord>,
}

/// Everything that the page of all days says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArchivePage {
    programme: ProgrammeName,
    rows: Vec<DayRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DayRow {
    date: String,
    words: String,
    has_page: bool,
    headline: String,
    figures: Vec<Figure>,
}

impl DayRecord {
    /// What is noted of a Run Summary with that fingerprint.
    #[must_use]
    pub fn of(model: &SummaryModel, content: String, made_at: Option<DateTime<Utc>>) -> Self {
        let open = || {
            model
                .organisations
                .iter()
                .filter(|line| line.stage != Some(Stage::Closed))
        };
        Self {
            content,
            made_at,
            headline: model.page.headline.label.clone(),
            accepted: model.messages.of(DeliveryState::Accepted),
            messages: model.message_count(),
            organisations: open().count() as u64,
            to_call: open().filter(|line| line.state.needs_a_call()).count() as u64,
        }
    }
}

/// The page of a day, with a link to each of `editions`. `is_archived` where the page of all days
/// stands above it.
#[must_use]
pub fn day_page(model: &SummaryModel, editions: &[EditionLink], is_archived: bool) -> DayPage {
    let rows: Vec<Row> = model
        .organisations
        .iter()
        .map(|line| row(line, editions))
        .collect();
    let choice = |name, label, of: fn(&Row) -> &str| {
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
        rows,
        model: model.clone(),
    }
}

fn row(line: &OrganisationLine, editions: &[EditionLink]) -> Row {
    let (accepted, all) = line.accepted_of();
    let known = |value: u64| Figure {
        value: value.to_string(),
        text: count(value),
    };
    let not_known = || Figure {
        value: String::new(),
        text: NOT_KNOWN.to_owned(),
    };
    let figures = match &line.figures {
        None => std::iter::repeat_with(not_known).take(6).collect(),
        Some(figures) => vec![
            Figure {
                value: figures
                    .rate
                    .fraction()
                    .map(|rate| rate.to_string())
                    .unwrap_or_default(),
                text: if figures.rate.attempted == 0 {
                    NOT_REPORTED.to_owned()
                } else {
                    one_in(figures.rate)
                },
            },
            Figure {
                value: if figures.mailboxes == 0 {
                    String::new()
                } else {
                    super::super::wording::fraction(figures.in_sync_or_beyond, figures.mailboxes)
                        .to_string()
                },
                text: share(figures.in_sync_or_beyond, figures.mailboxes),
            },
            Figure {
                value: (figures.due - figures.ready).to_string(),
                text: if figures.due == 0 {
                    "None due".to_owned()
                } else {
                    format!(
                        "{} of {}",
                        count(figures.due - figures.ready),
                        count(figures.due)
                    )
                },
            },
            known(figures.waiting),
            known(figures.rate.failed),
            known(figures.rate.attempted),
        ],
    };
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
    Row {
        code: line.code_text().to_owned(),
        name: line.name.clone(),
        stage: line.stage.map_or(NOT_KNOWN, Stage::label).to_owned(),
        state: line.state.label(),
        why: line.reasons.join(" "),
        verdict: line.verdict().map_or(NOT_KNOWN, Verdict::label),
        before_verdict: vec![Figure {
            value: if all == 0 {
                String::new()
            } else {
                accepted.to_string()
            },
            text: if all == 0 {
                "None".to_owned()
            } else {
                format!("{} of {}", count(accepted), count(all))
            },
        }],
        figures,
        links: links.iter().map(link).collect(),
    }
}

/// The page of all days, the latest first.
#[must_use]
pub fn archive_page(programme: &Programme, days: &[ArchivedDay]) -> ArchivePage {
    let mut days: Vec<&ArchivedDay> = days.iter().collect();
    days.sort_by_key(|day| std::cmp::Reverse(day.date));
    let row = |day: &&ArchivedDay| {
        let figure = |of: fn(&DayRecord) -> u64| match &day.record {
            Some(record) => Figure {
                value: of(record).to_string(),
                text: count(of(record)),
            },
            None => Figure {
                value: String::new(),
                text: NOT_KNOWN.to_owned(),
            },
        };
        DayRow {
            date: day.date.to_string(),
            words: weekday(day.date.day()),
            has_page: day.record.is_some(),
            headline: day.record.as_ref().map_or_else(
                || "No Run Summary of this day".to_owned(),
                |record| record.headline.clone(),
            ),
            figures: vec![
                figure(|record| record.accepted),
                figure(|record| record.messages),
                figure(|record| record.organisations),
                figure(|record| record.to_call),
            ],
        }
    };
    ArchivePage {
        programme: ProgrammeName {
            name: visible(&programme.name),
            contact: programme.contact.clone(),
        },
        rows: days.iter().map(row).collect(),
    }
}
