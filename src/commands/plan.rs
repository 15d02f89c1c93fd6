use chrono::{DateTime, Utc};

use super::console::{Console, Notes};
use super::edition::KnownEdition;
use super::expected_report::ExpectedReport;
use super::failure::{ExitCode, Failure, Outcome};
use super::ledger;
use super::need::Known;
use super::preparation::{Wanted, subject};
use super::reading::{self, Reading, due_at};
use super::session::expiry;
use super::setup::{Selection, Setup};
use super::side_by_side::side_by_side;
use super::wording::{day_and_time, time_of_day};
use crate::archive::Archive;
use crate::delivery::DeliveryRecord;
use crate::domain::{DeliveryState, ReportDate, ReportKind};
use crate::metrics::OrganisationMetrics;
use crate::report::{absence, visible};
use crate::settings::{Organisation, TransportKind};

/// Says who would get what, and why; sends and writes nothing. No report is made for it: what is in
/// the archive has the size of its file, and of the others it says what they will hold.
///
/// # Errors
/// [`Failure`] where settings or register cannot be read, or the ledger is damaged.
pub fn plan(
    selection: &Selection,
    transport: Option<TransportKind>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let now = Utc::now();
    let mut setup = Setup::load(selection, now)?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    let ledger = ledger::open_read_only(&setup.settings)?;
    let mut causes = Vec::new();
    for mistake in setup.register_mistakes() {
        console.result(&format!("register: {mistake}"))?;
        causes.push(ExitCode::Settings);
    }
    for rows in setup.unclaimed_rows() {
        console.result(&format!("exports: {rows}"))?;
    }
    if let Some(fault) = setup.history_fault() {
        console.warning(&fault);
    }
    let organisations = Known::of_each(&setup, &ledger, &setup.organisations())?;
    let (mut to_send, mut is_any_expected) = (0, false);
    console.begin("Exports", organisations.len());
    let plan = |(organisation, known): &(&Organisation, Known)| {
        OrganisationPlan::of(&setup, organisation, known, now)
    };
    let weight = |(organisation, _): &(&Organisation, Known)| reading::weight(&setup, organisation);
    side_by_side(&organisations, weight, plan, |(organisation, _), plan| {
        let plan = plan.unwrap_or_else(OrganisationPlan::panicked);
        console.step(organisation.code.as_str());
        console.result(&format!(
            "{}  {}",
            organisation.code,
            visible(&organisation.name)
        ))?;
        console.say(plan.notes);
        for line in plan.lines {
            console.result(&format!("  {line}"))?;
        }
        to_send += plan.to_send;
        is_any_expected |= plan.is_any_expected;
        if plan.is_held {
            causes.push(ExitCode::Held);
        }
        Ok::<(), Failure>(())
    })?;
    console.end();
    if is_any_expected {
        console.result(
            "Sizes with “about” are estimates, for those reports are not made yet. Whether each \
             can be made and passes its verification, \
             preview finds out: it makes them all, and sends nothing.",
        )?;
    }
    let by = match setup.settings.mail.transport {
        TransportKind::Outbox => "into the outbox",
        TransportKind::Smtp => "by SMTP",
        TransportKind::Sendmail => "to the machine's mail program",
    };
    console.result(&format!(
        "{}: {to_send} messages would be sent {by}. Nothing was sent or written.",
        setup.report_date
    ))?;
    Ok(Outcome {
        exit_code: ExitCode::most_pressing(&causes),
    })
}

/// What would be done for one organisation.
#[derive(Default)]
struct OrganisationPlan {
    /// What is wrong with its history.
    notes: Notes,
    lines: Vec<String>,
    to_send: usize,
    is_held: bool,
    /// Whether a report is not made yet.
    is_any_expected: bool,
}

impl OrganisationPlan {
    fn of(setup: &Setup, organisation: &Organisation, known: &Known, now: DateTime<Utc>) -> Self {
        let reading = reading::read(setup, organisation);
        let mut plan = match &reading.metrics {
            Some(metrics) => Self::of_reports(setup, organisation, &reading, metrics, known, now)
                .unwrap_or_else(Self::held),
            None => Self::held(reading.reasons_to_hold()),
        };
        for fault in &reading.history_faults {
            plan.notes
                .warning(format!("{}: {fault}", organisation.code));
        }
        plan
    }

    fn held(reasons: Vec<String>) -> Self {
        Self {
            lines: reasons
                .into_iter()
                .map(|reason| format!("held: {reason}"))
                .collect(),
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

    /// What would be done with each report; or why the organisation is held.
    fn of_reports(
        setup: &Setup,
        organisation: &Organisation,
        reading: &Reading,
        metrics: &OrganisationMetrics,
        known: &Known,
        now: DateTime<Utc>,
    ) -> Result<Self, Vec<String>> {
        let mut plan = Self::default();
        for kind in ReportKind::ALL {
            let known = known.edition(kind);
            let number = known.map_or(1, |known| known.number);
            let recipients = organisation.recipients(kind);
            let left = known
                .iter()
                .flat_map(|known| &known.deliveries)
                .filter(|delivery| !recipients.contains(&delivery.key.recipient));
            for delivery in left.filter(|delivery| delivery.state.is_to_be_sent()) {
                let recipient = delivery.key.recipient.reveal();
                plan.lines.push(format!(
                    "{kind}, edition {number}, to {recipient}: would be held, \
                 no longer in the register"
                ));
            }
            if recipients.is_empty() {
                plan.lines.push(format!("{kind}: nobody in the register"));
                continue;
            }
            if let Some(reason) = absence(kind, organisation, metrics, setup.report_date)
                && known.is_none()
            {
                plan.lines.push(format!("{kind}: none, for {reason}"));
                continue;
            }
            let changes = known
                .map(|known| reading.inputs.changed_since(&known.inputs))
                .unwrap_or_default();
            if !changes.is_empty() {
                let changes = changes.join("; ");
                plan.lines.push(format!(
                    "{kind}, edition {number}: nothing would be sent, for \
                 {changes}; it stands unless it is reissued"
                ));
                continue;
            }
            let expected = if known.is_some_and(|known| known.is_ready_for(recipients)) {
                None
            } else {
                let wanted = known
                    .map_or(Ok(Wanted::FIRST), KnownEdition::again)
                    .map_err(|reason| vec![reason])?;
                let expected = ExpectedReport::of(
                    kind,
                    subject(setup, organisation, reading, metrics, wanted),
                );
                if let Some(reason) = expected.reason_to_hold(&setup.settings.mail) {
                    return Err(vec![reason]);
                }
                Some(expected)
            };
            plan.add_messages(setup, organisation, kind, known, expected.as_ref(), now);
        }
        Ok(plan)
    }

    /// Says what would be done with the message to each recipient of a report; `expected` where it
    /// is to be made, at least for one of them.
    fn add_messages(
        &mut self,
        setup: &Setup,
        organisation: &Organisation,
        kind: ReportKind,
        known: Option<&KnownEdition>,
        expected: Option<&ExpectedReport>,
        now: DateTime<Utc>,
    ) {
        let archive = Archive::new(&setup.settings.data.folder);
        let number = known.map_or(1, |known| known.number);
        for recipient in organisation.recipients(kind) {
            let delivery = known.and_then(|known| known.delivery(recipient));
            let (would, is_due) = delivery.map_or(("would be sent".to_owned(), true), |delivery| {
                would_become(setup, delivery, now)
            });
            self.to_send += usize::from(is_due);
            let archived = delivery.map(|delivery| archive.bytes_of(&delivery.message_path));
            let holds = match (archived, expected) {
                (Some(Some(bytes)), _) => format!("{} KB", bytes.div_ceil(1024)),
                (Some(None), Some(expected))
                    if delivery.is_some_and(|delivery| delivery.state.is_to_be_sent()) =>
                {
                    format!(
                        "not in the archive, would be made again; {}",
                        expected.in_words()
                    )
                }
                (Some(None), _) => "not in the archive".to_owned(),
                (None, expected) => expected.map(ExpectedReport::in_words).unwrap_or_default(),
            };
            self.lines.push(format!(
                "{kind}, edition {number}, to {} ({holds}): {would}",
                recipient.reveal()
            ));
        }
        let Some(expected) = expected else { return };
        self.is_any_expected = true;
        if expected.is_likely_too_large(&setup.settings.mail) {
            self.lines.push(format!(
                "{kind}, edition {number}: likely larger than max_message_mib in [mail], {} MiB; \
                 its workbook would be zipped, and if that is not \
                 enough, the organisation held",
                setup.settings.mail.max_message_mib
            ));
        }
    }
}

/// What a run would do with a delivery, and why; and whether it would send it.
fn would_become(setup: &Setup, delivery: &DeliveryRecord, now: DateTime<Utc>) -> (String, bool) {
    let time_zone = setup.settings.programme.time_zone;
    let state = delivery.state;
    let because = delivery
        .server_reply
        .as_deref()
        .or(delivery.reason.as_deref())
        .map(|text| format!(" ({text})"))
        .unwrap_or_default();
    let due = |date: ReportDate| due_at(date, time_zone).to_utc();
    if state.is_to_be_sent() && expiry(&setup.settings, &due).expires_at(delivery) <= now {
        return (format!("{state}{because}: too old, would expire"), false);
    }
    match (state, delivery.waits_until(now)) {
        (DeliveryState::Deferred, Some(until)) => (
            format!(
                "{state}{because}: due again at {}, or at once with run --now",
                time_of_day(until, time_zone)
            ),
            false,
        ),
        (DeliveryState::Deferred, None) => (format!("{state}{because}: would be sent again"), true),
        (DeliveryState::Prepared, _) => (format!("{state}: would be sent"), true),
        (DeliveryState::Sending, _) => (
            "an earlier run was interrupted, would become unknown".to_owned(),
            false,
        ),
        (DeliveryState::Unknown, _) => (
            format!(
                "{state}{because}: nothing to do before a person resolves it: deliveries resolve \
                 {}",
                delivery.id
            ),
            false,
        ),
        _ => (
            format!(
                "{state} on {}{because}: nothing to do",
                day_and_time(delivery.updated_at, time_zone)
            ),
            false,
        ),
    }
}
