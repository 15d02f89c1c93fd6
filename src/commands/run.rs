use std::collections::BTreeMap;
use std::num::NonZeroU32;

use chrono::Utc;

use super::console::Console;
use super::failure::{ExitCode, Failure, Outcome};
use super::need::{Known, Need, Needed, need};
use super::preparation::Preparation;
use super::setup::{Selection, Setup};
use super::transport::open_transport;
use crate::archive::{Archive, Lock};
use crate::delivery::{
    self, DeliveryEvent, DeliveryFilter, DeliveryRecord, DeliveryState, EditionRecord, Ledger, Pace, PreparedDelivery, WithheldMessage,
};
use crate::domain::OrganisationCode;
use crate::history::{History, Kept, Snapshot};
use crate::mail::Message;
use crate::settings::{Organisation, Transport};

/// The whole day: reads, judges, writes, verifies, records, sends, and says what came of it.
///
/// # Errors
/// [`Failure`] where nothing, or nothing more, can be done. What concerns one organisation is not an error: see the
/// outcome's exit code.
pub fn run(selection: &Selection, transport: Option<Transport>, console: &mut Console) -> Result<Outcome, Failure> {
    let mut setup = Setup::load(selection, Utc::now())?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    // Before hours of work: a password that is missing now will be missing then.
    let mut transport = open_transport(&setup.settings)?;
    let data_folder = &setup.settings.data.folder;
    let holder = format!("process {}, since {}", std::process::id(), Utc::now().format("%Y-%m-%d %H:%M:%S UTC"));
    let _lock = Lock::take(data_folder, &holder)?;
    setup.history = History::open_or_begin(data_folder);
    let mut ledger = Ledger::open(&data_folder.join("ledger.sqlite"))?;
    let interrupted = ledger.mark_interrupted(Utc::now())?;
    if interrupted > 0 {
        console.warning(&format!("{interrupted} deliveries were under way when an earlier run ended: it is unknown whether they arrived"));
    }
    let mut day = Day { setup: &setup, archive: Archive::new(data_folder), held: BTreeMap::new(), prepared: 0, changed: Vec::new() };
    let mistakes = setup.register_mistakes();
    for mistake in mistakes.iter().chain(&setup.history_fault()) {
        console.warning(mistake);
    }
    for rows in setup.unclaimed_rows() {
        console.warning(&rows);
    }
    day.prepare(&mut ledger, console)?;
    let sent = day.send(&mut ledger, transport.as_mut(), console)?;
    day.conclude(&ledger, &mistakes, sent, console)
}

/// One day of the selected organisations, and what became of them.
struct Day<'a> {
    setup: &'a Setup,
    archive: Archive,
    /// Organisations that get nothing, and why.
    held: BTreeMap<OrganisationCode, Vec<String>>,
    /// Organisations whose inputs are no longer those of the edition that was prepared, and what changed.
    changed: Vec<(OrganisationCode, Vec<String>)>,
    /// Reports that this run prepared.
    prepared: usize,
}

impl Day<'_> {
    /// Reads, renders and verifies every organisation, and records what is to be sent. Organisations are independent of
    /// each other: as many as there are processors are in hand at once, and recorded in the order of their codes.
    fn prepare(&mut self, ledger: &mut Ledger, console: &mut Console) -> Result<(), Failure> {
        let organisations = self.setup.organisations();
        console.begin("Reports", organisations.len());
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        for batch in organisations.chunks(at_once) {
            let known: Vec<Known> =
                batch.iter().map(|organisation| Known::of(self.setup, ledger, organisation)).collect::<Result<_, _>>()?;
            let setup = self.setup;
            let needs: Vec<Needed> = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    batch.iter().zip(&known).map(|(organisation, known)| scope.spawn(move || need(setup, organisation, known))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Needed::panicked())).collect()
            });
            for (organisation, Needed { need, history_faults }) in batch.iter().zip(needs) {
                console.step(organisation.code.as_str());
                for fault in history_faults {
                    console.warning(&format!("{}: {fault}", organisation.code));
                }
                self.record(organisation, need, ledger, console)?;
            }
        }
        console.end();
        Ok(())
    }

    fn record(&mut self, organisation: &Organisation, need: Need, ledger: &mut Ledger, console: &Console) -> Result<(), Failure> {
        let code = &organisation.code;
        match need {
            Need::Held(reasons) => {
                for reason in &reasons {
                    console.warning(&format!("{code} is held: {reason}"));
                }
                self.held.insert(code.clone(), reasons);
            }
            Need::Changed(changes) => {
                console.warning(&format!(
                    "{code}: {}. The reports of this day were made from other inputs and stand; nothing is sent.",
                    changes.join("; ")
                ));
                self.changed.push((code.clone(), changes));
            }
            Need::Prepared { editions, inputs, snapshot, edition } => {
                // Before the ledger: a day whose reports are recorded is never without its snapshot, and one that is not
                // recorded yet is made anew.
                self.keep(snapshot.as_ref(), edition, console);
                console.info(&if editions.is_empty() {
                    format!("{code}: nothing new, its reports were prepared before")
                } else {
                    format!("{code}: {} prepared", count_of(editions.len(), "report"))
                });
                for preparation in editions {
                    self.record_edition(organisation, preparation, &inputs, ledger, console)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps what later days are compared with. Without it today's reports are no less true: they are not stopped.
    fn keep(&self, snapshot: Option<&Snapshot>, edition: u32, console: &Console) {
        let (Some(snapshot), Ok(history)) = (snapshot, &self.setup.history) else { return };
        let code = &snapshot.organisation;
        match history.keep(snapshot, edition) {
            Ok(Kept::Now) => console.detail(&format!("{code}: its snapshot is kept")),
            Ok(Kept::Before) => {}
            Ok(Kept::InPlaceOfAnother) => console.info(&format!("{code}: its snapshot replaces the one of other inputs")),
            Err(error) => {
                console.warning(&format!("{code}: no snapshot of this day was kept for later days to be compared with: {error}."))
            }
        }
    }

    fn record_edition(
        &mut self,
        organisation: &Organisation,
        preparation: Preparation,
        inputs: &str,
        ledger: &mut Ledger,
        console: &Console,
    ) -> Result<(), Failure> {
        let place = preparation.place(self.setup, organisation);
        let folder = place.below_data();
        let deliveries: Vec<PreparedDelivery> = preparation
            .messages
            .iter()
            .map(|message| PreparedDelivery::of(message, folder.join(Preparation::message_file(message))))
            .collect();
        let (report, edition) = (preparation.report, preparation.edition);
        let is_known = ledger.edition(self.setup.report_date, &organisation.code, report)?.is_some_and(|known| known.number == edition);
        let files = preparation.into_files();
        // Files first: what the ledger refers to is there.
        if is_known {
            self.archive.add_to_edition(&place, &files)?;
        } else {
            self.archive.write_edition(&place, &files)?;
        };
        let record = EditionRecord {
            report_date: self.setup.report_date,
            organisation: organisation.code.clone(),
            report,
            edition,
            inputs_digest: inputs.to_owned(),
            prepared_at: Utc::now(),
        };
        let new = ledger.record_prepared(&record, &deliveries)?;
        self.prepared += 1;
        console.detail(&format!("{} {report}, edition {edition}: {new} messages prepared", organisation.code));
        Ok(())
    }

    /// The organisations of which something may be sent.
    fn to_send(&self) -> Vec<OrganisationCode> {
        let organisations = self.setup.organisations().into_iter().map(|organisation| organisation.code.clone());
        organisations.filter(|code| !self.held.contains_key(code) && self.changed.iter().all(|(changed, _)| changed != code)).collect()
    }

    fn send(
        &self,
        ledger: &mut Ledger,
        transport: &mut dyn delivery::Transport,
        console: &mut Console,
    ) -> Result<delivery::DeliverySummary, Failure> {
        let mail = &self.setup.settings.mail;
        let messages_per_minute = match mail.transport {
            Transport::Outbox => None,
            Transport::Smtp => NonZeroU32::new(mail.messages_per_minute),
        };
        let pace = Pace { messages_per_minute, clock: &Utc::now, sleep: &std::thread::sleep };
        let selection = delivery::Selection { report_date: self.setup.report_date, organisations: Some(self.to_send()) };
        let load = |record: &DeliveryRecord| -> Result<Message, WithheldMessage> {
            // Whoever was taken out of the register after the message was prepared must not get it.
            let organisation = self.setup.register.organisation(&record.key.organisation);
            if !organisation.is_some_and(|organisation| organisation.recipients(record.key.report).contains(&record.key.recipient)) {
                return Err(WithheldMessage("the recipient is no longer in the register for this report".to_owned()));
            }
            let bytes = self
                .archive
                .read(&record.message_path)
                .map_err(|error| WithheldMessage(format!("the archived message is missing: {error}")))?;
            Ok(Message { key: record.key.clone(), from: mail.from.clone(), message_id: record.message_id.clone(), bytes })
        };
        let mut on_event = |event: &DeliveryEvent| match event {
            DeliveryEvent::Began { deliveries } => console.begin("Sending", *deliveries),
            DeliveryEvent::Sending { .. } => {}
            DeliveryEvent::Settled { key, state, because } => {
                console.step(key.organisation.as_str());
                let text = format!("{} {} to {}: {state}: {because}", key.organisation, key.report, key.recipient);
                if *state == DeliveryState::Accepted { console.detail(&text) } else { console.warning(&text) }
            }
            DeliveryEvent::PassedOver { key } => {
                console.warning(&format!(
                    "{} {} to {} changed in the ledger meanwhile and was left",
                    key.organisation, key.report, key.recipient
                ));
            }
            DeliveryEvent::Stopped { because, not_tried } => {
                console.warning(&format!("sending stopped, {not_tried} messages were not tried: {because}"));
            }
        };
        let summary = delivery::deliver(ledger, transport, &selection, &load, pace, &mut on_event)?;
        console.end();
        Ok(summary)
    }

    /// Says what came of the day, and of deliveries of it that wait for a person.
    fn conclude(
        &self,
        ledger: &Ledger,
        mistakes: &[String],
        sent: delivery::DeliverySummary,
        console: &Console,
    ) -> Result<Outcome, Failure> {
        let organisations: Vec<_> = self.setup.organisations().into_iter().map(|organisation| organisation.code.clone()).collect();
        let filter = DeliveryFilter { organisations: organisations.clone(), ..DeliveryFilter::of_date(self.setup.report_date) };
        let deliveries = if organisations.is_empty() { Vec::new() } else { ledger.deliveries(&filter)? };
        let in_state = |state| deliveries.iter().filter(|delivery| delivery.state == state).count();
        let accepted_now = sent.count(DeliveryState::Accepted);
        let accepted_before = in_state(DeliveryState::Accepted) - accepted_now.min(in_state(DeliveryState::Accepted));
        let date = self.setup.report_date;
        if sent.due == 0 && self.prepared == 0 && accepted_before > 0 {
            let all = if accepted_before == deliveries.len() { "all " } else { "" };
            let were = if accepted_before == 1 { "was" } else { "were" };
            console.result(&format!(
                "{date}: nothing to send: {all}{} of this day {were} sent before.",
                count_of(accepted_before, "message")
            ))?;
        } else {
            let before = if accepted_before > 0 { format!(" {accepted_before} were sent before.") } else { String::new() };
            let served = count_of(self.organisations_served(&deliveries), "organisation");
            console.result(&format!("{date}: {} sent, of {served}.{before}", count_of(accepted_now, "message")))?;
        }
        let mut causes = Vec::new();
        let mut tell = |count: usize, code: ExitCode, text: String| -> Result<(), Failure> {
            if count > 0 {
                causes.push(code);
                console.result(&text)?;
            }
            Ok(())
        };
        let (unknown, refused, deferred) =
            (in_state(DeliveryState::Unknown), in_state(DeliveryState::Refused), in_state(DeliveryState::Deferred));
        tell(
            unknown,
            ExitCode::Unknown,
            format!("{unknown} unknown: the server's answer was lost. Ask the recipients; the program does not send them again by itself."),
        )?;
        tell(
            refused,
            ExitCode::Refused,
            format!("{refused} refused by the server: correct the address in the register, or ask the mail team."),
        )?;
        let waiting = deferred + in_state(DeliveryState::Prepared);
        let because = sent.unreachable.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
        // What is held or has changed waits for a person, not for the server.
        let waiting = if deferred > 0 || sent.unreachable.is_some() { waiting } else { 0 };
        tell(waiting, ExitCode::Deferred, format!("{waiting} put off{because}: run this day again later."))?;
        tell(
            mistakes.len(),
            ExitCode::Settings,
            format!(
                "{} in the register: correct what is named above, and run this day again. {}.",
                count_of(mistakes.len(), "mistake"),
                self.setup.served_nothing()
            ),
        )?;
        let withheld = in_state(DeliveryState::Held);
        tell(
            withheld,
            ExitCode::Held,
            format!("{} held back: the message or its recipient is no longer what was verified.", count_of(withheld, "message")),
        )?;
        tell(
            self.held.len(),
            ExitCode::Held,
            format!("{} held: see the warnings; correct the exports, and run this day again.", count_of(self.held.len(), "organisation")),
        )?;
        for (code, changes) in &self.changed {
            console.result(&format!(
                "{code} has other inputs than its reports of this day ({}): the reports stand as they were sent.",
                changes.join("; ")
            ))?;
        }
        console.result(&format!("Reports: {}", self.archive.folder().join(date.to_string()).display()))?;
        if let (Transport::Outbox, Some(outbox)) = (self.setup.settings.mail.transport, &self.setup.settings.mail.outbox) {
            console.result(&format!("Messages: {}", outbox.folder.join(date.to_string()).display()))?;
        }
        Ok(Outcome { exit_code: ExitCode::most_pressing(&causes) })
    }

    fn organisations_served(&self, deliveries: &[DeliveryRecord]) -> usize {
        let accepted = deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Accepted);
        accepted.map(|delivery| &delivery.key.organisation).collect::<std::collections::BTreeSet<_>>().len()
    }
}

fn count_of(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
