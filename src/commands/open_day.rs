use std::collections::BTreeSet;

use super::console::Console;
use super::failure::{Failure, asked_to_end};
use super::missing_exports::MissingExports;
use crate::day::{
    self, Context, DayError, DayOutcome, DayStatus, LedgerCheck, Mode, Neighbours, Note,
    PreparedOrganisation, Selection, Session, TakenAsFound,
};
use crate::delivery::{
    DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliverySummary, ReturnsSummary, Transport,
};
use crate::domain::plural::counted;
use crate::domain::{DeliveryState, OrganisationCode};
use crate::mail::DeliveryKey;
use crate::settings::Organisation;

/// A day that is prepared and sent: by a run, or by a reissue.
pub(super) struct OpenDay {
    pub(super) context: Context,
    pub(super) transport: Box<dyn Transport>,
    pub(super) session: Session,
    /// What was heard of deliveries at the beginning.
    pub(super) returns: ReturnsSummary,
    pub(super) register_mistakes: Vec<String>,
    pub(super) outcome: DayOutcome,
    /// Why no export could be had of anybody.
    pub(super) exports_fault: Option<String>,
    /// Deliveries of any day that were found too old to be sent.
    pub(super) expired: Vec<DeliveryKey>,
    /// Whether a person has old messages mailed that lie in the outbox.
    pub(super) sends_late: bool,
    /// The organisations of which this run sent something, or put it into the outbox.
    pub(super) served: BTreeSet<OrganisationCode>,
}

/// A person's word that something which is lost is to be begun anew, whatever others know.
#[derive(Debug, Clone, Default)]
pub(super) struct Anew {
    /// The ledger is taken as it is found.
    pub(super) ledger: Option<TakenAsFound>,
    /// The history is begun anew; and why, where the person says so.
    pub(super) history: Option<Option<String>>,
}

impl OpenDay {
    /// Loads all that is needed, takes the data folder's lock, and says what is wrong with any of
    /// it.
    pub(super) fn begin(
        selection: &Selection,
        anew: Anew,
        console: &mut Console,
    ) -> Result<Self, Failure> {
        day::listen()?;
        let mut context = Context::load(selection)?;
        console.turn_to(context.report_date);
        // Before hours of work: a password that is missing now will be missing then.
        let transport = day::open_transport(&context)?;
        let check = LedgerCheck {
            of: Some(context.report_date),
            taken_as_found: anew.ledger,
        };
        let mut session = begin_session(&context.settings, check, console)?;
        let ledger = &mut session.ledger;
        let returns = console.hear(|notes| {
            day::hear_of_returns(&context.settings, &context.register, ledger, notes)
        })?;
        console.say(day::note_of_returns(&returns))?;
        match anew.history {
            Some(why) => console.warning(&day::begin_new_history(&context, ledger, why)?),
            None => context.need_history(ledger)?,
        }
        context.begin_history();
        let register_mistakes = context.register_mistakes();
        console.warnings(&register_mistakes);
        console.warnings(context.warnings());
        console.warnings(context.new_data_folder());
        Ok(Self {
            context,
            transport,
            session,
            returns,
            register_mistakes,
            outcome: DayOutcome::default(),
            exports_fault: None,
            expired: Vec::new(),
            sends_late: false,
            served: BTreeSet::new(),
        })
    }

    /// What came of the day's deliveries, whoever sent them.
    pub(super) fn status(&self) -> Result<DayStatus, DayError> {
        let (context, ledger) = (&self.context, &self.session.ledger);
        DayStatus::of(
            &context.register,
            ledger,
            context.report_date,
            &context.codes(),
        )
    }

    /// So many messages that were sent or put into the outbox of the day, where all of it was purged since: a machine that
    /// shares a ledger may have nothing of what another sent.
    pub(super) fn sent_before_purge(&self) -> Result<Option<[usize; 2]>, DayError> {
        let (context, ledger) = (&self.context, &self.session.ledger);
        if ledger.is_shared() || context.archive.has_day(context.report_date) {
            return Ok(None);
        }
        let known = ledger.deliveries(&DeliveryFilter::of_date(context.report_date))?;
        let is_done = |known: &DeliveryRecord| !known.state.is_to_be_sent();
        let count = |is: fn(DeliveryState) -> bool| {
            let those = known.iter().filter(|known| is(known.state));
            those.count()
        };
        let counts = || {
            [
                count(DeliveryState::was_taken),
                count(|state| state == DeliveryState::Outbox),
            ]
        };
        Ok((!known.is_empty() && known.iter().all(is_done)).then(counts))
    }

    /// Prepares every organisation, and records what is to be sent in the order of their codes.
    /// Gives the organisations of which something was recorded.
    pub(super) fn prepare(
        &mut self,
        mode: Mode<'_>,
        console: &mut Console,
    ) -> Result<Vec<OrganisationCode>, Failure> {
        let (context, ledger) = (&self.context, &mut self.session.ledger);
        let organisations = day::LedgerView::of_each(context, ledger)?;
        let missing = MissingExports::of(context, organisations.iter().map(|(one, _)| *one));
        console.warnings(missing.sentence(context));
        self.exports_fault = missing.fault().map(str::to_owned);
        console.begin("Reports", organisations.len());
        let mut recorded = Vec::new();
        let mut neighbours = Neighbours::default();
        let outcome = &mut self.outcome;
        let record = |organisation: &Organisation, prepared: PreparedOrganisation| {
            let code = &organisation.code;
            if day::is_asked_to_end() {
                return Err(asked_to_end());
            }
            console.step(code.as_str());
            let notes = prepared.notes.into_iter();
            console.say_of(Some(code), notes.map(|note| missing.told(code, note)))?;
            if let Some(loss) = prepared.newly_accepted {
                console.say_of(
                    Some(code),
                    [day::note_accepted_loss(context, ledger, code, loss)?],
                )?;
            }
            outcome.organisations.insert(code.clone(), prepared.outcome);
            let editions = prepared.editions?;
            let overlaps = neighbours.add(code, &prepared.mailboxes);
            console.say(outcome.keep_apart(context, ledger, code, &overlaps)?)?;
            if overlaps.iter().any(|overlap| overlap.holds) {
                day::drop_editions(context, code, &editions)?;
            } else if !editions.is_empty() {
                console.say_of(
                    Some(code),
                    outcome.record(context, ledger, code, &editions)?,
                )?;
                recorded.push(code.clone());
            }
            Ok::<(), Failure>(())
        };
        day::prepare_each(context, &organisations, mode, record)?;
        console.end();
        recorded.retain(|code| {
            let outcome = self.outcome.organisations.get(code);
            outcome.is_none_or(|outcome| outcome.held.is_empty())
        });
        Ok(recorded)
    }

    /// Sends what is due of some organisations, and says of each delivery what became of it.
    pub(super) fn send(
        &mut self,
        organisations: Vec<OrganisationCode>,
        despite_back_off: bool,
        console: &mut Console,
    ) -> Result<DeliverySummary, Failure> {
        let organisations = day::most_urgent_first(&self.context, &self.outcome, organisations);
        let filter = DeliveryFilter {
            organisations: Some(organisations),
            ..DeliveryFilter::of_date(self.context.report_date)
        };
        let time_zone = self.context.settings.programme.time_zone;
        let is_shared = self.session.ledger.is_shared();
        // Before and after: whoever finds another ledger than this can tell, however this ends.
        self.anchor()?;
        let ledger = &mut self.session.ledger;
        let is_leaving = self.transport.leaves_the_machine() && !self.sends_late;
        let leaving = is_leaving.then_some(&filter);
        self.expired =
            console.hear(|notes| day::expire(&self.context.settings, leaving, ledger, notes))?;
        let summary = day::send(
            &self.context,
            &filter,
            despite_back_off,
            &mut self.session.ledger,
            self.transport.as_mut(),
            &mut |event| {
                match event {
                    DeliveryEvent::Settled(key, state, _) if state.is_handed_over() => {
                        self.served.insert(key.organisation.clone());
                    }
                    _ => {}
                }
                say_event(event, time_zone, is_shared, console);
            },
        )?;
        console.end();
        let leave = self.transport.leaves_the_machine();
        console.say(day::tidy_outbox(
            &self.context,
            &self.session.ledger,
            leave,
        )?)?;
        self.anchor()?;
        Ok(summary)
    }

    /// Writes down beside the day's reports how far the ledger is.
    fn anchor(&self) -> Result<(), DayError> {
        let (context, ledger) = (&self.context, &self.session.ledger);
        day::anchor_in_archive(&context.archive, context.report_date, ledger)
    }
}

/// Takes the data folder's lock, and says what earlier runs left, also where that fails.
pub(super) fn begin_session(
    settings: &crate::settings::Settings,
    check: LedgerCheck,
    console: &Console,
) -> Result<Session, Failure> {
    console.hear(|notes| Session::begin(settings, check, notes))
}

fn say_event(
    event: &DeliveryEvent,
    time_zone: chrono_tz::Tz,
    is_shared: bool,
    console: &mut Console,
) {
    let of = |key: &crate::mail::DeliveryKey| {
        format!("{} {} to {}", key.organisation, key.report, key.recipient)
    };
    let (key, text, is_well) = match event {
        DeliveryEvent::Began(deliveries) => return console.begin("Sending", *deliveries),
        DeliveryEvent::Sending(_) => return,
        DeliveryEvent::Waiting(key, until) => {
            let at = day::time_of_day(*until, time_zone);
            let text = format!("{}: put off by the server, due again at {at}", of(key));
            let _ = console.say_of(Some(&key.organisation), [Note::Detail(text)]);
            return;
        }
        DeliveryEvent::Stopped(reason, not_tried) => {
            return console.warning(&format!(
                "sending stopped, {} not tried: {reason}",
                counted(*not_tried, "message was", "messages were")
            ));
        }
        DeliveryEvent::Settled(key, state, reason) => {
            let text = format!("{}: {state}: {reason}", of(key));
            (key, text, state.is_handed_over())
        }
        DeliveryEvent::PassedOver(key) => {
            let text = format!("{} changed in the ledger meanwhile and was left", of(key));
            // Two machines that share a ledger share the work.
            (key, text, is_shared)
        }
        DeliveryEvent::Left(key, reason) => {
            let text = format!("{} was left to another machine: {reason}", of(key));
            (key, text, false)
        }
        DeliveryEvent::Unread(key, reason) => {
            let text = format!("{} stays to be sent, by the next run: {reason}", of(key));
            (key, text, false)
        }
    };
    console.step(key.organisation.as_str());
    let note = if is_well { Note::Detail } else { Note::Warning };
    // A line of the log cannot fail.
    let _ = console.say_of(Some(&key.organisation), [note(text)]);
}
