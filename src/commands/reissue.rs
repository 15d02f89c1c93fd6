use chrono::Utc;

use super::conclusion::Conclusion;
use super::console::{Console, Notes};
use super::day::Day;
use super::edition::KnownEdition;
use super::failure::{ExitCode, Failure, Outcome};
use super::making::{archive_edition, keep, mend_history};
use super::preparation::{Preparation, Wanted, prepare};
use super::reading::{self, Reading};
use super::run_summary;
use super::sending::send;
use super::session::Session;
use super::setup::{Selection, Setup};
use super::standing::Standing;
use super::transport::open_transport;
use crate::delivery::{DeliveryFilter, DeliverySummary, Ledger};
use crate::domain::plural::count_of;
use crate::domain::{DeliveryState, ReportKind};
use crate::history::History;
use crate::metrics::OrganisationMetrics;
use crate::report::{Replacement, absence};
use crate::settings::{Organisation, TransportKind};

/// The longest reason, in characters: it opens an email.
const LONGEST_REASON: usize = 200;

/// Why reports are reissued, in the words of a person: one line, short, and without an address or a
/// link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl std::str::FromStr for Reason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err("say why, in a sentence: it opens the report".to_owned());
        }
        if text.chars().count() > LONGEST_REASON {
            return Err(format!(
                "the reason may have {LONGEST_REASON} characters, and this has {}",
                text.chars().count()
            ));
        }
        if text != crate::report::visible(text) {
            return Err("the reason must be one line of visible characters".to_owned());
        }
        if text.contains('@') || text.contains("://") {
            return Err(
                "the reason may hold no address and no link: it is sent to everyone who \
             gets the report"
                    .to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }
}

/// Makes and sends the next edition of reports that are out, where their inputs changed or a
/// delivery is stuck; with `anyway`, of all of them.
///
/// # Errors
/// [`Failure`] where nothing, or nothing more, can be done.
pub fn reissue(
    selection: &Selection,
    reason: &Reason,
    anyway: bool,
    transport: Option<TransportKind>,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut setup = Setup::load(selection, Utc::now())?;
    if let Some(transport) = transport {
        setup.settings.mail.transport = transport;
    }
    let mut transport = open_transport(&setup)?;
    let mut session = Session::begin(&setup.settings, console)?;
    setup.history = History::open_or_begin(&setup.settings.data.folder);
    let mistakes = setup.register_mistakes();
    for mistake in mistakes.iter().chain(&setup.history_fault()) {
        console.warning(mistake);
    }
    for rows in setup.unclaimed_rows() {
        console.warning(&rows);
    }
    let mut day = Day::new(&setup);
    let mut reissued = Vec::new();
    for organisation in setup.organisations() {
        let mut notes = Notes::default();
        mend_history(&setup, &organisation.code, &mut notes);
        console.say(notes);
        let reading = reading::read(&setup, organisation);
        for fault in &reading.history_faults {
            console.warning(&format!("{}: {fault}", organisation.code));
        }
        match next_editions(
            &setup,
            organisation,
            &reading,
            &session.ledger,
            reason,
            anyway,
            console,
        )? {
            Ok(editions) if editions.is_empty() => {}
            Ok(editions) => {
                console.info(&format!(
                    "{}: {} reissued",
                    organisation.code,
                    count_of(editions.len(), "report")
                ));
                let edition = editions
                    .iter()
                    .map(|preparation| preparation.edition)
                    .max()
                    .unwrap_or(1);
                let mut notes = Notes::default();
                keep(&setup, reading.snapshot.as_ref(), edition, &mut notes);
                console.say(notes);
                let inputs = reading.inputs.to_text();
                let archived = editions.into_iter().map(|edition| {
                    archive_edition(&setup, &day.archive, organisation, edition, &inputs)
                });
                let archived = archived.collect::<Result<Vec<_>, _>>()?;
                day.record_editions(organisation, archived, &mut session.ledger, console)?;
                reissued.push(organisation.code.clone());
            }
            Err(reasons) => day.hold(&organisation.code, reasons, console),
        }
    }
    let sent = if reissued.is_empty() {
        console.result(&format!(
            "{}: nothing was reissued, and nothing was sent.",
            setup.report_date
        ))?;
        DeliverySummary::default()
    } else {
        let to_send = DeliveryFilter {
            organisations: Some(reissued),
            ..DeliveryFilter::of_date(setup.report_date)
        };
        send(
            &setup,
            &to_send,
            false,
            &mut session.ledger,
            transport.as_mut(),
            console,
        )?
    };
    run_summary::refresh_day_page(&setup, &day.archive, console);
    if day.prepared == 0 && day.held.is_empty() && mistakes.is_empty() {
        return Ok(Outcome {
            exit_code: ExitCode::Done,
        });
    }
    let standing = Standing::of(
        &setup.register,
        &session.ledger,
        setup.report_date,
        &setup.codes(),
    )?;
    Conclusion::of(&day, &session, &standing, &mistakes, &sent).say(console)
}

/// The next edition of each report that is to be reissued; or why the organisation is held.
fn next_editions(
    setup: &Setup,
    organisation: &Organisation,
    reading: &Reading,
    ledger: &Ledger,
    reason: &Reason,
    anyway: bool,
    console: &Console,
) -> Result<Result<Vec<Preparation>, Vec<String>>, Failure> {
    let code = &organisation.code;
    let Some(metrics) = &reading.metrics else {
        return Ok(Err(reading.reasons_to_hold()));
    };
    let mut editions = Vec::new();
    for report in ReportKind::ALL {
        if let Some(reason) = absence(report, organisation, metrics, setup.report_date) {
            console.result(&format!("{code} {report}: none is made, for {reason}."))?;
            continue;
        }
        let Some(known) = KnownEdition::newest(setup, ledger, organisation, report)? else {
            console.result(&format!(
                "{code} {report}: there is no edition of {} to replace; run the day.",
                setup.report_date
            ))?;
            continue;
        };
        if organisation.recipients(report).is_empty() {
            console.result(&format!("{code} {report}: nobody in the register gets it."))?;
            continue;
        }
        let changed = reading.inputs.changed_since(&known.inputs);
        if changed.is_empty() && !known.is_stuck() && !anyway {
            console.result(&format!(
                "{code} {report}: nothing changed since edition {}, and no delivery of it is held, \
                 refused or expired. \
                 With --anyway it is reissued all the same.",
                known.number
            ))?;
            continue;
        }
        match next_edition(
            setup,
            organisation,
            reading,
            metrics,
            &known,
            changed,
            reason,
        ) {
            Ok(preparation) => editions.push(preparation),
            Err(reasons) => return Ok(Err(reasons)),
        }
    }
    Ok(Ok(editions))
}

fn next_edition(
    setup: &Setup,
    organisation: &Organisation,
    reading: &Reading,
    metrics: &OrganisationMetrics,
    known: &KnownEdition,
    changed: Vec<String>,
    reason: &Reason,
) -> Result<Preparation, Vec<String>> {
    let accepted = known
        .deliveries
        .iter()
        .filter(|delivery| delivery.state == DeliveryState::Accepted);
    let sent_at = accepted.map(|delivery| delivery.updated_at).min();
    let replacement = Replacement {
        replaces: known.number,
        sent_at: sent_at.map(|at| {
            at.with_timezone(&setup.settings.programme.time_zone)
                .naive_local()
        }),
        reason: reason.0.clone(),
        changed,
    };
    let wanted = Wanted {
        edition: known.number + 1,
        is_recorded: false,
        replacement: Some(&replacement),
        rehearsal: None,
    };
    prepare(setup, organisation, reading, metrics, known.report, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_line_without_addresses() {
        assert_eq!(
            "  The export of Friday was cut short.  ".parse(),
            Ok(Reason("The export of Friday was cut short.".to_owned()))
        );
        for wrong in [
            "",
            " ",
            "a\nb",
            "a\u{202E}b",
            "write to a.b@nhs.example",
            "see https://x.example",
            &"x".repeat(201),
        ] {
            assert!(wrong.parse::<Reason>().is_err(), "{wrong}");
        }
    }
}
