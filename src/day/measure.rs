use std::time::SystemTime;

use super::clock::DUE;
use super::context::Context;
use super::ledger_view::LedgerView;
use crate::domain::{
    Finding, FindingCode, OrganisationCode, ReportDate, ReportKind, Severity, Stage,
};
use crate::exports::{self, ExportRequest, ExportSet};
use crate::history::{
    self, Before, Continued, HistoryError, Loss, LossLimit, OrganisationDay, Snapshot, Start,
};
use crate::metrics::{self, OrganisationMetrics};
use crate::report::{NotMade, OrganisationFigures, OrganisationOutcome, ProgressDay, absence};
use crate::settings::{Organisation, Settings};
use crate::tables::{self, Rules, Validation};

mod earlier_days;
mod inputs;

pub(crate) use inputs::Inputs;

/// What the exports of one organisation say, compared with its earlier days.
pub(crate) struct MeasuredOrganisation {
    /// What reports are made of, for telling whether it changed.
    pub(crate) inputs: Inputs,
    pub(crate) findings: Vec<Finding>,
    /// `None` where a finding holds the organisation.
    metrics: Option<OrganisationMetrics>,
    /// What later days are compared with; `None` where the organisation is held, and where there is
    /// no history.
    pub(crate) snapshot: Option<Snapshot>,
    /// What is wrong with the history, one sentence each. Whoever runs this must see to it; it is
    /// no matter of the exports.
    pub(crate) history_faults: Vec<String>,
    /// Whether there is not a single export of the day.
    has_no_exports: bool,
    /// The loss of mailboxes that would hold the organisation, had no person accepted it.
    pub(super) accepted_loss: Option<Loss>,
    /// Progress by day, in order, as far as it is known.
    progress: Vec<ProgressDay>,
    /// Whose history it goes on from, where it is the first day under this code.
    pub(super) continues: Option<Continued>,
}

impl MeasuredOrganisation {
    /// The figures; or why the organisation is held and has none, one sentence each.
    pub(crate) fn metrics(&self) -> Result<&OrganisationMetrics, Vec<String>> {
        let findings = self.findings.iter();
        let holds = findings.filter(|finding| finding.severity == Severity::Hold);
        let reasons = || holds.map(ToString::to_string).collect();
        self.metrics.as_ref().ok_or_else(reasons)
    }

    /// Whether there is no export, and none is expected: it is no working day.
    pub(crate) fn is_excused(&self, context: &Context) -> bool {
        self.has_no_exports && !context.is_working_day()
    }

    /// What the Run Summary tells of the exports; nothing yet of reports and deliveries.
    pub(super) fn outcome(
        &self,
        context: &Context,
        organisation: &Organisation,
    ) -> OrganisationOutcome {
        let figures = self.metrics.as_ref().map(|metrics| {
            let not_made = |report: ReportKind| {
                let reason = absence(report, organisation, metrics, context.report_date)?;
                let has_recipients = !organisation.recipients(report).is_empty();
                has_recipients.then(|| NotMade {
                    report,
                    reason: reason.to_owned(),
                })
            };
            let daily = ReportKind::ALL.into_iter();
            let daily = daily.filter(|report| !report.is_occasional());
            let not_made = daily.filter_map(not_made).collect();
            OrganisationFigures::of(metrics, organisation.stage, context.report_date, not_made)
        });
        OrganisationOutcome {
            figures,
            findings: self.findings.clone(),
            history_faults: self.history_faults.clone(),
            days: self.progress.clone(),
            ..OrganisationOutcome::default()
        }
    }
}

/// Which exports of one organisation are read.
fn request<'a>(
    context: &'a Context,
    organisation: &'a Organisation,
    date: ReportDate,
) -> ExportRequest<'a> {
    ExportRequest {
        settings: &context.settings.exports,
        layouts: &context.layouts,
        shared: &context.shared_exports,
        organisation: &organisation.code,
        date,
        may_repeat: is_past_its_switches(organisation),
    }
}

/// About how many bytes of exports an organisation has, which tells how long it takes.
pub(crate) fn export_bytes(context: &Context, organisation: &Organisation) -> u64 {
    exports::weight(request(context, organisation, context.report_date))
}

/// When the newest file of an organisation's exports was written; `None` where one is not there.
pub(crate) fn arrived_at(
    settings: &Settings,
    organisation: &OrganisationCode,
    date: ReportDate,
) -> Option<SystemTime> {
    exports::arrived_at(&settings.exports, organisation, date)
}

/// Reads and measures the exports of one organisation. Writes nothing.
pub(crate) fn measure_organisation(
    context: &Context,
    organisation: &Organisation,
    view: &LedgerView,
) -> MeasuredOrganisation {
    let (mut exports, exported_on) = read_exports(context, organisation);
    let twins = context.twins.findings_of(&organisation.code, &exports);
    exports.findings.extend(twins);
    let mut validation = tables::validate(&exports, rules(context, organisation));
    let has_no_exports = is_without_exports(&exports);
    let compared = compare(context, organisation, view, &exports, &mut validation);
    add_what_does_not_fit(context, &exports, &compared, &mut validation);
    let inputs = Inputs::of(context, organisation, &exports, &compared);
    let history_faults = compared.faults();
    let date = context.report_date;
    let earlier: Vec<ProgressDay> = compared.days.iter().filter_map(progress_on).collect();
    let mut findings = validation.findings;
    let mut metrics = None;
    if let Some(tables) = validation.tables {
        let expected = context.settings.programme.expected_failure_rate;
        let measured =
            metrics::measure(&tables, date, expected, &context.causes).and_then(|mut metrics| {
                let (today, before) = (&compared.today, &compared.before.last);
                metrics.compare_schedules(&tables, today.as_ref(), before.as_ref())?;
                if let Some(today) = &compared.today {
                    metrics.follow(today, compared.before.last.as_ref(), compared.days)?;
                    metrics.decide(today, &tables.decisions)?;
                    metrics.add_trends(today, expected, &context.settings.calendar)?;
                    if let Some(start) = compared.start {
                        metrics.add_start(today, exported_on, start)?;
                    }
                }
                Ok(metrics)
            });
        match measured {
            Ok(measured) => metrics = Some(measured),
            Err(error) => findings.push(tables::broken_table(&error)),
        }
    }
    let changed = exports.changed_since(&context.settings.exports.folder);
    if !changed.is_empty() {
        findings.extend(changed);
        metrics = None;
    }
    let progress = metrics.as_ref().map_or(earlier, |metrics| {
        let today = || {
            Some(ProgressDay {
                date: date.day(),
                attempted: metrics.whole.items_attempted?,
                total: metrics.whole.items_total?,
                mailboxes: metrics.whole.mailboxes,
                mailboxes_without_total: metrics.whole.mailboxes_without_total,
            })
        };
        let before = metrics.days.iter().filter(|day| day.date != date);
        before.filter_map(progress_on).chain(today()).collect()
    });
    MeasuredOrganisation {
        inputs,
        findings,
        // Of an earlier day's exports there is one already, of that day.
        snapshot: compared
            .today
            .filter(|_| metrics.is_some() && exported_on == date),
        metrics,
        history_faults,
        has_no_exports,
        accepted_loss: compared.accepted_loss,
        continues: compared.before.continues,
        progress,
    }
}

/// The exports of the day, and the day that they are of: of an organisation that is closed, for which
/// none may be made any more, the last that the history has.
fn read_exports(context: &Context, organisation: &Organisation) -> (ExportSet, ReportDate) {
    let (date, code) = (context.report_date, &organisation.code);
    let of_today = exports::read(request(context, organisation, date));
    if organisation.stage != Stage::Closed || !is_without_exports(&of_today) {
        return (of_today, date);
    }
    let history = context.history.as_ref().ok();
    let last = history.and_then(|history| history.last_day_before(code, date));
    let earlier = last.map(|last| (exports::read(request(context, organisation, last)), last));
    earlier
        .filter(|(exports, _)| !is_without_exports(exports))
        .unwrap_or((of_today, date))
}

/// Whether an organisation is done with its switches: what is left may stay as it is for days.
fn is_past_its_switches(organisation: &Organisation) -> bool {
    matches!(organisation.stage, Stage::MopUp | Stage::Closed)
}

/// Adds what tables say that cannot be as it is: a week with too many switches, and decisions on
/// nothing.
fn add_what_does_not_fit(
    context: &Context,
    exports: &ExportSet,
    compared: &Compared,
    validation: &mut Validation,
) {
    let Some(tables) = &validation.tables else {
        return;
    };
    let most = context.settings.exports.max_switches_a_week;
    let schedule = tables.schedule.as_ref();
    let weeks =
        schedule.map(|schedule| tables::overfull_weeks(&schedule.table, context.report_date, most));
    let unfit = metrics::unfit_decisions(compared.today.as_ref(), &tables.decisions);
    let accounts = tables.accounts.as_ref();
    let old = accounts.and_then(|report| metrics::old_accounts(report, context.report_date));
    let found = [
        (weeks.transpose(), &exports.schedule),
        (Ok(Some(old)), &exports.accounts),
        (unfit.map(Some), &exports.decisions),
    ];
    let found: Vec<Finding> = found
        .into_iter()
        .filter_map(|(finding, of)| match finding {
            Ok(finding) => {
                let file = of.first().map_or("", |export| &export.file);
                finding.flatten().map(|finding| finding.in_file(file))
            }
            Err(error) => Some(tables::broken_table(&error)),
        })
        .collect();
    validation.add(found);
}

/// Whether no export was found, as on a day on which nobody makes any: one that is there and cannot
/// be read is another matter.
fn is_without_exports(exports: &ExportSet) -> bool {
    let is_missing = |finding: &Finding| finding.code == FindingCode::FileMissing;
    let mut holds = exports.findings.iter();
    exports.sync_state.is_empty()
        && exports.failed_items.is_empty()
        && holds.all(|finding| finding.severity != Severity::Hold || is_missing(finding))
}

/// How far an organisation was on a day of its history, where its exports said so.
fn progress_on(day: &OrganisationDay) -> Option<ProgressDay> {
    Some(ProgressDay {
        date: day.date.day(),
        attempted: day.figures.items_attempted?,
        total: day.figures.items_total?,
        mailboxes: day.figures.mailboxes,
        mailboxes_without_total: day.figures.mailboxes_without_total,
    })
}

/// What the tables of an organisation must keep to.
fn rules<'a>(context: &Context, organisation: &'a Organisation) -> Rules<'a> {
    let (exports, calendar) = (&context.settings.exports, &context.settings.calendar);
    let due = context.report_date.day().and_time(DUE);
    Rules {
        organisation: &organisation.code,
        mail_domains: &organisation.mail_domains,
        max_bad_rows: exports.max_bad_rows.fraction(),
        // Who is done has nothing that would still synchronise.
        not_before: (!is_past_its_switches(organisation))
            .then(|| calendar.hours_before(due, exports.max_age_hours)),
        // Clocks of other zones are ahead by less than a day.
        not_after: due.checked_add_days(chrono::Days::new(1)),
        time_zone: context.settings.programme.time_zone,
    }
}

/// A day beside the days before it.
#[derive(Default)]
struct Compared {
    before: Before,
    /// Of what is said of the last day before.
    digest: Option<String>,
    /// The days of the window, in order, today not among them.
    days: Vec<OrganisationDay>,
    /// What lies before this day, where a report asks for it.
    start: Option<Start>,
    today: Option<Snapshot>,
    accepted_loss: Option<Loss>,
    faults: Vec<HistoryError>,
}

impl Compared {
    /// What is wrong with the history, each sentence once.
    fn faults(&self) -> Vec<String> {
        let mut sentences: Vec<String> = Vec::new();
        for error in self.before.damaged.iter().chain(&self.faults) {
            let sentence = format!("{error}.");
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        sentences
    }
}

/// The reports of the day that do not go out daily, which tell of all days from the first on.
fn reports_asked_for(
    context: &Context,
    organisation: &Organisation,
    view: &LedgerView,
) -> Vec<ReportKind> {
    let is_asked_for = |report: &ReportKind| {
        context.also.contains(report)
            || view.edition(*report).is_some()
            || view.may_be_due(*report, organisation)
    };
    ReportKind::occasional().filter(is_asked_for).collect()
}

/// Compares a day with the last one before it that was kept. Where the history fails, the day
/// stands by itself.
fn compare(
    context: &Context,
    organisation: &Organisation,
    view: &LedgerView,
    exports: &ExportSet,
    validation: &mut Validation,
) -> Compared {
    let Ok(history) = &context.history else {
        return Compared::default();
    };
    let (code, date) = (&organisation.code, context.report_date);
    let before = history.before(code, date);
    let window = history.organisation_days(code, date);
    let mut faults = window.damaged;
    faults.extend(history.is_settled(code).err());
    let last = before.last.as_ref();
    let tables = validation.tables.as_ref();
    let today = tables.map_or(Ok(None), |tables| history.take(code, date, tables, last));
    let today = today.map_err(|error| faults.push(error)).ok().flatten();
    let asked_for = reports_asked_for(context, organisation, view);
    let start = (!asked_for.is_empty()).then(|| {
        let with_items = today
            .as_ref()
            .filter(|_| asked_for.contains(&ReportKind::Closing));
        history.start(code, date, with_items)
    });
    let start = start.and_then(|start| start.map_err(|error| faults.push(error)).ok());
    let start = start.map(|(start, damaged)| {
        faults.extend(damaged);
        start
    });
    let (mut digest, mut accepted_loss) = (None, None);
    if let Some(last) = last {
        let limit = LossLimit {
            share: context.settings.exports.max_lost_mailboxes.fraction(),
            accepted: view.accepted_loss(context),
        };
        match history::compare(exports, validation, today.as_ref(), last, limit) {
            Ok(accepted) => accepted_loss = accepted,
            Err(error) => faults.push(HistoryError::Table(error)),
        }
        match last.digest() {
            Ok(of_last) => digest = Some(of_last),
            Err(error) => faults.push(HistoryError::Table(error)),
        }
    }
    Compared {
        digest,
        days: window.days,
        start,
        today,
        accepted_loss,
        faults,
        before,
    }
}
