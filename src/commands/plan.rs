use std::fmt;

use chrono::{DateTime, Utc};

use super::answer::{PlanAnswer, PlanDay, PlanOrganisation, PlanStep};
use super::console::Console;
use super::days::{DayRange, on_each_day};
use super::expected_report::ExpectedReport;
use super::failure::{ExitCode, Failure};
use crate::day::{
    self, Context, EditionRequest, KnownEdition, LedgerView, MeasuredOrganisation, Mode, Note,
    ReportDecision, Selection, day_and_time, time_of_day,
};
use crate::delivery::DeliveryRecord;
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, ReportKind};
use crate::report::visible;
use crate::settings::Organisation;

/// Says who would get what, and why; sends and writes nothing. No report is made for it: what is in
/// the archive has the size of its file, and of the others it says what they will hold.
pub(crate) fn plan(
    selection: &Selection,
    range: Option<&DayRange>,
    console: &mut Console,
) -> Result<ExitCode, Failure> {
    let mut days = Vec::new();
    let ended = on_each_day(range, selection, console, |selection, console| {
        let (exit_code, day) = plan_day(selection, console)?;
        days.push(day);
        Ok(exit_code)
    });
    console.answer(&PlanAnswer { days })?;
    ended
}

fn plan_day(selection: &Selection, console: &mut Console) -> Result<(ExitCode, PlanDay), Failure> {
    let now = Utc::now();
    let context = Context::load(selection)?;
    context.need_exports()?;
    console.turn_to(context.report_date);
    let ledger = day::open_ledger_read_only(&context.settings, Some(context.report_date))?;
    context.need_history(&ledger)?;
    let mut causes = Vec::new();
    let mut answer = PlanDay {
        report_date: context.report_date,
        transport: context.settings.mail.transport,
        to_send: 0,
        register_mistakes: context.register_mistakes(),
        unclaimed: context.unclaimed_exports(),
        organisations: Vec::new(),
    };
    for mistake in &answer.register_mistakes {
        console.result(&format!("register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    for rows in &answer.unclaimed {
        console.result(&format!("exports: {rows}"))?;
    }
    let organisations = LedgerView::of_each(&context, &ledger)?;
    let (mut to_send, mut is_any_expected) = (0, false);
    console.begin("Exports", organisations.len());
    day::in_order(
        &organisations,
        |(organisation, _)| day::export_bytes(&context, organisation),
        |(organisation, view)| OrganisationPlan::of(&context, organisation, view, now),
        |(organisation, _), plan| {
            let plan = plan.unwrap_or_else(OrganisationPlan::panicked);
            let (code, name) = (&organisation.code, visible(&organisation.name));
            console.step(code.as_str());
            console.result(&format!("{code}  {name}"))?;
            console.say_of(Some(code), plan.notes)?;
            for step in &plan.steps {
                console.result(&format!("  {step}"))?;
            }
            answer.organisations.push(PlanOrganisation {
                organisation: code.clone(),
                name,
                is_held: plan.is_held,
                steps: plan.steps,
            });
            to_send += plan.to_send;
            is_any_expected |= plan.is_any_expected;
            if plan.is_held {
                causes.push(ExitCode::Held);
            }
            Ok::<(), Failure>(())
        },
    )?;
    console.end();
    if is_any_expected {
        console.result(
            "Sizes with “about” are estimates, for those reports are not made yet. Whether each \
             can be made and passes its verification, preview finds out: it makes them all, and \
             sends nothing.",
        )?;
    }
    console.result(&format!(
        "{}: {} would be sent {}. Nothing was sent or written.",
        context.report_date,
        count_of(to_send, "message"),
        context.settings.mail.transport.way()
    ))?;
    answer.to_send = to_send as u64;
    Ok((ExitCode::most_pressing(&causes), answer))
}

impl fmt::Display for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.report.as_deref().unwrap_or("held"))?;
        if let Some(edition) = self.edition {
            write!(f, ", edition {edition}")?;
        }
        if let Some(recipient) = &self.recipient {
            write!(f, ", to {recipient}")?;
        }
        if let Some(holds) = &self.holds {
            write!(f, " ({holds})")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What would be done for one organisation.
#[derive(Default)]
struct OrganisationPlan {
    /// What is wrong with its history.
    notes: Vec<Note>,
    steps: Vec<PlanStep>,
    to_send: usize,
    is_held: bool,
    /// Whether a report is not made yet.
    is_any_expected: bool,
}

impl OrganisationPlan {
    fn of(
        context: &Context,
        organisation: &Organisation,
        view: &LedgerView,
        now: DateTime<Utc>,
    ) -> Self {
        let measured = day::measure_organisation(context, organisation, view);
        let mut plan = day::decide(context, organisation, &measured, view, Mode::Run)
            .and_then(|decisions| {
                let mut plan = Self::default();
                for (kind, decision) in decisions {
                    // One that is made in the place of another is to nobody known.
                    let known = view.edition(kind);
                    let request = match &decision {
                        ReportDecision::Make(request) => Some(request),
                        _ => None,
                    };
                    let edition = request.map(|request| request.edition);
                    let edition = edition.or(known.map(|known| known.number)).unwrap_or(1);
                    let report = ReportPlan {
                        context,
                        organisation,
                        kind,
                        edition,
                        known: known.filter(|known| known.number == edition),
                        now,
                    };
                    plan.add(&report, &measured, &decision)?;
                }
                Ok(plan)
            })
            .unwrap_or_else(Self::held);
        let code = &organisation.code;
        let warning = |fault| Note::Warning(format!("{code}: {fault}"));
        plan.notes
            .extend(measured.history_faults.iter().map(warning));
        plan
    }

    fn held(reasons: Vec<String>) -> Self {
        let why = |what| PlanStep {
            report: None,
            edition: None,
            recipient: None,
            holds: None,
            what,
            is_due: false,
        };
        Self {
            steps: reasons.into_iter().map(why).collect(),
            is_held: true,
            ..Self::default()
        }
    }

    /// Of an organisation at which the program failed.
    fn panicked() -> Self {
        Self::held(vec![
            "The program failed while it read these exports. Tell its makers, with the export."
                .to_owned(),
        ])
    }

    /// Adds what would be done with a report; or why the organisation is held.
    fn add(
        &mut self,
        report: &ReportPlan<'_>,
        measured: &MeasuredOrganisation,
        decision: &ReportDecision<'_>,
    ) -> Result<(), Vec<String>> {
        let kind = report.kind;
        for recipient in report.recipients_who_left() {
            self.steps.push(PlanStep {
                recipient: Some(recipient.to_owned()),
                ..report.step("would be held, no longer in the register")
            });
        }
        let of_none = |what: String| PlanStep {
            edition: None,
            ..report.step(what)
        };
        let has_recipients = !report.organisation.recipients(kind).is_empty();
        if let ReportDecision::NotDue = decision {
            let stage = report.organisation.stage;
            let may_come = has_recipients && kind.belongs_to(stage);
            self.steps
                .extend(may_come.then(|| of_none("not due".to_owned())));
            return Ok(());
        }
        if !has_recipients {
            self.steps
                .push(of_none("nobody in the register".to_owned()));
            return Ok(());
        }
        match decision {
            ReportDecision::Absent(reason) => {
                self.steps.push(of_none(format!("none, for {reason}")));
            }
            ReportDecision::Changed(changes) => self.steps.push(report.step(format!(
                "nothing would be sent, for {}; it stands unless it is reissued",
                changes.join("; ")
            ))),
            ReportDecision::Make(request) => {
                let expected = report.expect(measured, request)?;
                if !request.in_place_for.is_empty() {
                    self.steps.push(report.step(format!(
                        "would be made in the place of the one before, which nobody was sent: {}",
                        request.in_place_for.join("; ")
                    )));
                }
                self.add_messages(report, Some(&expected));
                self.is_any_expected = true;
                let mail = &report.context.settings.mail;
                if expected.is_likely_too_large(mail) {
                    self.steps.push(report.step(format!(
                        "likely larger than max_message_mib in [mail], {} MiB; its workbook would be \
                         zipped, and if that is not enough, the organisation held",
                        mail.max_message_mib
                    )));
                }
            }
            ReportDecision::Ready | ReportDecision::NotDue | ReportDecision::Stands(_) => {
                self.add_messages(report, None);
            }
        }
        Ok(())
    }

    /// Adds what would be done with the message to each recipient of a report; `expected` where it
    /// is to be made, at least for one of them.
    fn add_messages(&mut self, report: &ReportPlan<'_>, expected: Option<&ExpectedReport>) {
        let archive = &report.context.archive;
        for recipient in report.organisation.recipients(report.kind) {
            let delivery = report.known.and_then(|known| known.delivery(recipient));
            let (would, is_due) = match delivery {
                Some(delivery) => would_become(report.context, delivery, report.now),
                None => ("would be sent".to_owned(), true),
            };
            self.to_send += usize::from(is_due);
            let is_to_be_sent = delivery.is_some_and(|delivery| delivery.state.is_to_be_sent());
            let archived = delivery.map(|delivery| archive.bytes_of(&delivery.message_path));
            let holds = match (archived, expected) {
                (Some(Some(bytes)), _) => format!("{} KB", bytes.div_ceil(1024)),
                (Some(None), Some(expected)) if is_to_be_sent => {
                    let words = expected.in_words();
                    format!("not in the archive, would be made again; {words}")
                }
                (Some(None), _) => "not in the archive".to_owned(),
                (None, expected) => expected.map(ExpectedReport::in_words).unwrap_or_default(),
            };
            self.steps.push(PlanStep {
                recipient: Some(recipient.reveal().to_owned()),
                holds: Some(holds),
                is_due,
                ..report.step(would)
            });
        }
    }
}

/// An edition of a report of an organisation, and what the ledger knows of it.
struct ReportPlan<'a> {
    context: &'a Context,
    organisation: &'a Organisation,
    kind: ReportKind,
    edition: u32,
    known: Option<&'a KnownEdition>,
    now: DateTime<Utc>,
}

impl ReportPlan<'_> {
    /// What would be done with this edition.
    fn step(&self, what: impl Into<String>) -> PlanStep {
        PlanStep {
            report: Some(self.kind.name().to_owned()),
            edition: Some(self.edition),
            recipient: None,
            holds: None,
            what: what.into(),
            is_due: false,
        }
    }

    /// Whoever has a delivery that is still to be sent, and is no longer in the register.
    fn recipients_who_left(&self) -> Vec<&str> {
        let recipients = self.organisation.recipients(self.kind);
        let deliveries = self.known.into_iter().flat_map(|known| &known.deliveries);
        deliveries
            .filter(|delivery| !recipients.contains(&delivery.key.recipient))
            .filter(|delivery| delivery.state.is_to_be_sent())
            .map(|delivery| delivery.key.recipient.reveal())
            .collect()
    }

    /// What the edition that is asked for would hold; or why its organisation would be held.
    fn expect(
        &self,
        measured: &MeasuredOrganisation,
        request: &EditionRequest<'_>,
    ) -> Result<ExpectedReport, Vec<String>> {
        let input = day::report_input(self.context, self.organisation, measured, request)?;
        let expected = ExpectedReport::of(self.kind, input);
        match expected.reason_to_hold(&self.context.settings.mail) {
            Some(reason) => Err(vec![reason]),
            None => Ok(expected),
        }
    }
}

/// What a run would do with a delivery, and why; and whether it would send it.
fn would_become(
    context: &Context,
    delivery: &DeliveryRecord,
    now: DateTime<Utc>,
) -> (String, bool) {
    let time_zone = context.settings.programme.time_zone;
    let state = delivery.state;
    let why = delivery.explanation();
    let why = why.map(|text| format!(" ({text})")).unwrap_or_default();
    let leave = context.settings.mail.transport.leaves_the_machine();
    if state.is_due(leave) && day::expires_at(&context.settings, delivery) <= now {
        let what = match state {
            DeliveryState::Outbox => {
                "in the outbox: too old, would expire; run --send-late would send it".to_owned()
            }
            _ => format!("{state}{why}: too old, would expire"),
        };
        return (what, false);
    }
    let waits_until = delivery.waits_until(now);
    let next = match (state, waits_until) {
        (DeliveryState::Deferred, Some(until)) => format!(
            "{state}{why}: due again at {}, or at once with run --now",
            time_of_day(until, time_zone)
        ),
        (DeliveryState::Deferred, None) => format!("{state}{why}: would be sent again"),
        (DeliveryState::Prepared, _) => format!("{state}: would be sent"),
        (DeliveryState::Outbox, _) if leave => "in the outbox: would be sent".to_owned(),
        (DeliveryState::Outbox, _) => {
            let since = day_and_time(delivery.updated_at, time_zone);
            format!("in the outbox since {since}: nothing to do")
        }
        (DeliveryState::Sending, _) => {
            "an earlier run was interrupted, would become unknown".to_owned()
        }
        (DeliveryState::Unknown, _) => format!(
            "{state}{why}: nothing to do before a person resolves it: deliveries resolve {}",
            delivery.id
        ),
        _ => format!(
            "{state} on {}{why}: nothing to do",
            day_and_time(delivery.updated_at, time_zone)
        ),
    };
    (next, state.is_due(leave) && waits_until.is_none())
}
