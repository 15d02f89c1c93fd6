use std::sync::OnceLock;

use chrono::{DateTime, Duration, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::inputs::Inputs;
use super::setup::Setup;
use crate::domain::{Finding, ReportDate, Severity, Stage};
use crate::exports::{self, ExportRequest, ExportSet};
use crate::history::{self, Before, CollectionDay, HistoryError, OrganisationDay, Snapshot};
use crate::mail::Roster;
use crate::metrics::{self, OrganisationMetrics};
use crate::settings::Organisation;
use crate::tables::{self, Rules, Validation};

/// When a day's report is due, local time: the moment that ages are counted to, and the Date of its
/// messages. The clock of the run has no part in a report, so that the same inputs make the same
/// bytes.
const DUE: NaiveTime = match NaiveTime::from_hms_opt(7, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// What the exports of one organisation say.
pub(super) struct Reading {
    /// What the report is made of, for telling whether it changed.
    pub(super) inputs: Inputs,
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// The figures; `None` where a finding holds the organisation.
    pub(super) metrics: Option<OrganisationMetrics>,
    /// What later days are to be compared with; `None` where the organisation is held, and where
    /// there is no history.
    pub(super) snapshot: Option<Snapshot>,
    /// What is wrong with the history, for whoever runs this, one sentence each. It is no matter of
    /// the exports.
    pub(super) history_faults: Vec<String>,
    /// Who and what belongs to the organisation, made when the first of its reports is verified.
    pub(super) roster: OnceLock<Roster>,
}

impl Reading {
    /// Why the organisation is held, one sentence each; empty where it is not.
    pub(super) fn reasons_to_hold(&self) -> Vec<String> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Hold)
            .map(ToString::to_string)
            .collect()
    }
}

/// Which exports of one organisation are read.
fn request<'a>(setup: &'a Setup, organisation: &'a Organisation) -> ExportRequest<'a> {
    ExportRequest {
        settings: &setup.settings.exports,
        layouts: &setup.layouts,
        shared: &setup.shared_exports,
        organisation: &organisation.code,
        date: setup.report_date,
        may_repeat: organisation.stage == Stage::MopUp,
    }
}

/// About how much there is to do for one organisation: the bytes of its exports.
pub(super) fn weight(setup: &Setup, organisation: &Organisation) -> u64 {
    exports::weight(request(setup, organisation))
}

/// Reads and measures the exports of one organisation.
pub(super) fn read(setup: &Setup, organisation: &Organisation) -> Reading {
    let settings = &setup.settings;
    let exports = exports::read(request(setup, organisation));
    let due = setup.report_date.day().and_time(DUE);
    let mut validation = tables::validate(
        &exports,
        Rules {
            organisation: &organisation.code,
            mail_domains: &organisation.mail_domains,
            max_bad_rows: settings.exports.max_bad_rows.fraction(),
            not_before: settings
                .exports
                .max_age_hours
                .map(|hours| due - Duration::hours(i64::from(hours))),
        },
    );
    let mut inputs = Inputs::of(&exports.digests, organisation, settings);
    if let Some(text) = &setup.own_causes {
        inputs = inputs.with("the rules of causes", text);
    }
    let compared = compare(setup, organisation, &exports, &mut validation);
    if let (Some(before), Some(digest)) = (&compared.before.last, compared.digest) {
        inputs = inputs.compared_with(before.date, digest);
    }
    inputs = inputs.with_days(&compared.days, &compared.collection_days);
    let mut findings = validation.findings;
    let mut metrics = None;
    if let Some(tables) = validation.tables {
        match metrics::measure(
            &tables,
            setup.report_date,
            settings.programme.expected_failure_rate,
            &setup.causes,
        ) {
            Ok(measured) => metrics = Some(measured),
            Err(error) => findings.push(tables::broken_table(&error)),
        }
    }
    if let (Some(measured), Some(today)) = (&mut metrics, &compared.today) {
        let expected = settings.programme.expected_failure_rate;
        let followed = measured
            .follow(today, compared.before.last.as_ref(), compared.days)
            .and_then(|()| measured.add_trends(today, &compared.collection_days, expected));
        if let Err(error) = followed {
            findings.push(tables::broken_table(&error));
            metrics = None;
        }
    }
    let snapshot = compared.today.filter(|_| metrics.is_some());
    let mut history_faults: Vec<String> = Vec::new();
    for fault in compared
        .before
        .damaged
        .iter()
        .chain(&compared.faults)
        .map(|error| format!("{error}."))
    {
        if !history_faults.contains(&fault) {
            history_faults.push(fault);
        }
    }
    Reading {
        inputs,
        findings,
        metrics,
        snapshot,
        history_faults,
        roster: OnceLock::new(),
    }
}

/// What the history has to do with a day.
#[derive(Default)]
struct Compared {
    before: Before,
    /// Of what is said of the last day before.
    digest: Option<String>,
    /// The days of the window, in order, today not among them.
    days: Vec<OrganisationDay>,
    /// The same days of each collection.
    collection_days: Vec<CollectionDay>,
    today: Option<Snapshot>,
    faults: Vec<HistoryError>,
}

/// Holds a day against the last one before it that was kept. Where the history fails, the day
/// stands by itself.
fn compare(
    setup: &Setup,
    organisation: &Organisation,
    exports: &ExportSet,
    validation: &mut Validation,
) -> Compared {
    let Ok(history) = &setup.history else {
        return Compared::default();
    };
    let before = history.before(&organisation.code, setup.report_date);
    let window = history.organisation_days(&organisation.code, setup.report_date);
    let of_collections = history.collection_days(&organisation.code, setup.report_date);
    let mut faults = window.damaged;
    faults.extend(of_collections.damaged);
    faults.extend(history.is_settled(&organisation.code).err());
    let last = before.last.as_ref();
    let take = |tables| history.take(&organisation.code, setup.report_date, tables, last);
    let today = validation
        .tables
        .as_ref()
        .map(take)
        .transpose()
        .map(Option::flatten)
        .unwrap_or_else(|error| {
            faults.push(error);
            None
        });
    if let Some(last) = last
        && let Err(error) = history::compare(exports, validation, today.as_ref(), last)
    {
        faults.push(HistoryError::Table(error));
    }
    let digest = last
        .map(Snapshot::digest)
        .transpose()
        .unwrap_or_else(|error| {
            faults.push(HistoryError::Table(error));
            None
        });
    Compared {
        digest,
        days: window.days,
        collection_days: of_collections.days,
        today,
        faults,
        before,
    }
}

/// The Date of a report's messages.
pub(super) fn due_at(report_date: ReportDate, time_zone: Tz) -> DateTime<Tz> {
    let due = report_date.day().and_time(DUE);
    // The clocks change at one in the morning in Europe and at two in America: seven o'clock is
    // always there once.
    time_zone
        .from_local_datetime(&due)
        .earliest()
        .unwrap_or_else(|| Utc.from_utc_datetime(&due).with_timezone(&time_zone))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    #[test]
    fn a_report_is_due_at_seven_by_the_clock_on_the_wall_whenever_clocks_change() {
        for (day, utc) in [
            ("2026-03-28", "2026-03-28T07:00:00+00:00"),
            ("2026-03-29", "2026-03-29T06:00:00+00:00"),
            ("2026-10-24", "2026-10-24T06:00:00+00:00"),
            ("2026-10-25", "2026-10-25T07:00:00+00:00"),
        ] {
            let date = ReportDate::parse(day, chrono::NaiveDate::MAX).unwrap();
            let due = due_at(date, London);
            assert_eq!(due.with_timezone(&Utc).to_rfc3339(), utc);
            assert_eq!(due.time(), DUE);
        }
    }
}
