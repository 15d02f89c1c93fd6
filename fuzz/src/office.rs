//! A ledger of deliveries, and what came back of them.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use migration_monitor::delivery::{
    DeliveryFilter, DeliveryRecord, EditionRecord, Ledger, LedgerPlace, PreparedDelivery,
    ReturnPlaces, ReturnsSummary, StateNote, message_digest, read_returns,
};
use migration_monitor::domain::{
    DeliveryState, EmailAddress, OrganisationCode, ReportDate, ReportKind,
};
use migration_monitor::mail::DeliveryKey;

/// To whom messages went, and where they are. The first inputs name these, and `seed` their IDs.
const PEOPLE: [(&str, DeliveryState); 5] = [
    ("amina.okafor@trust.example", DeliveryState::Accepted),
    ("Bronwen.Price@trust.example", DeliveryState::Accepted),
    ("chidi@trust.example", DeliveryState::Unknown),
    ("dafydd@trust.example", DeliveryState::Deferred),
    ("esther@trust.example", DeliveryState::Prepared),
];
/// Of whom no input knows anything: no report can be about this one.
const STRANGER: &str = "a-person-of-whom-nobody-ever-heard@trust.example";
/// Longer is no reason that anybody reads.
const MOST_CHARACTERS: usize = 700;

/// What a fuzzer hands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// A message in the folder of those that came back.
    Message,
    /// The table of a message trace.
    Trace,
}

/// A ledger, and the folder of what came back.
pub struct Office {
    folder: PathBuf,
    ledger: Ledger,
    before: Vec<DeliveryRecord>,
}

fn at(minute: u32) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    day.and_hms_opt(8, minute, 0).unwrap().and_utc()
}

impl Office {
    /// One whose deliveries nobody has heard of yet.
    #[must_use]
    pub fn new() -> Self {
        let folder = crate::scratch().join("office");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("returns")).unwrap();
        let place = LedgerPlace::File(folder.join("ledger.sqlite"));
        let mut ledger = Ledger::open(&place).unwrap();
        let edition = EditionRecord {
            report_date: ReportDate::of(at(0).date_naive()),
            organisation: OrganisationCode::parse("ZTP").unwrap(),
            report: ReportKind::FailedItem,
            edition: 1,
            inputs_digest: "a".to_owned(),
            prepared_at: at(0),
        };
        let people = PEOPLE
            .into_iter()
            .chain([(STRANGER, DeliveryState::Accepted)]);
        let people: Vec<_> = people.collect();
        let prepared = |(recipient, _): &(&str, DeliveryState)| {
            let key = DeliveryKey {
                report_date: edition.report_date,
                organisation: edition.organisation.clone(),
                report: edition.report,
                edition: edition.edition,
                recipient: EmailAddress::parse(recipient).unwrap(),
            };
            PreparedDelivery {
                message_id: key.message_id("nhs.example"),
                message_path: format!("archive/{}", key.recipient_digest()).into(),
                key,
                message_digest: message_digest(b"bytes"),
            }
        };
        let deliveries: Vec<_> = people.iter().map(prepared).collect();
        ledger.record_prepared(&[(&edition, &deliveries)]).unwrap();
        for record in all_of(&ledger) {
            let (_, state) = people
                .iter()
                .find(|(recipient, _)| record.key.recipient.reveal() == *recipient)
                .unwrap();
            if *state != DeliveryState::Prepared {
                ledger.leave(&[&record], at(1)).unwrap();
                let note = StateNote::reply("250 queued");
                ledger.record(record.id, *state, &note, at(1)).unwrap();
            }
        }
        let before = all_of(&ledger);
        Self {
            folder,
            ledger,
            before,
        }
    }

    /// Reads what is handed in, and asserts what must hold. Begins anew where something was heard.
    pub fn hear(&mut self, what: Returned, bytes: &[u8]) {
        let (name, places) = match what {
            Returned::Message => (
                "report",
                ReturnPlaces {
                    folder: Some(self.folder.join("returns")),
                    ..ReturnPlaces::default()
                },
            ),
            Returned::Trace => (
                "trace.csv",
                ReturnPlaces {
                    message_traces: vec![self.folder.join("returns/trace.csv")],
                    ..ReturnPlaces::default()
                },
            ),
        };
        let file = self.folder.join("returns").join(name);
        std::fs::write(&file, bytes).unwrap();
        let heard = read_returns(&mut self.ledger, &places, at(30)).unwrap();
        self.assert_heard(what, &heard);
        let again = read_returns(&mut self.ledger, &places, at(31)).unwrap();
        assert!(
            again.settled.is_empty() && again.understood == 0,
            "{again:?}"
        );
        assert_eq!(again.left(), heard.left(), "what is not understood stays");
        assert_eq!(
            std::fs::read(&file).unwrap(),
            bytes,
            "what came back is left as it is"
        );
        if heard.understood > 0 || all_of(&self.ledger) != self.before {
            *self = Self::new();
        }
    }

    fn assert_heard(&self, what: Returned, heard: &ReturnsSummary) {
        if what == Returned::Message {
            assert_eq!(heard.understood + heard.left(), 1, "{heard:?}");
        }
        let now = all_of(&self.ledger);
        assert_eq!(now.len(), self.before.len());
        for (was, is) in self.before.iter().zip(&now) {
            let told = heard.settled.iter().any(|one| one.key == is.key);
            assert_eq!(was != is, told, "what changes is told: {is:?}");
            if was == is {
                continue;
            }
            assert_ne!(is.key.recipient.reveal(), STRANGER, "nobody named it");
            assert!(
                was.state == is.state || was.state.may_become(is.state),
                "{is:?}"
            );
            assert!(is.state.was_taken(), "nothing is sent again: {is:?}");
            assert_eq!(
                (was.attempts, &was.message_id),
                (is.attempts, &is.message_id)
            );
            let reason = is.reason.as_deref().unwrap_or_default();
            let name = is.key.recipient.reveal().split('@').next().unwrap();
            assert!(
                !reason.is_empty()
                    && reason.chars().count() < MOST_CHARACTERS
                    && !reason.contains(char::is_control)
                    && !reason.to_lowercase().contains(&name.to_lowercase()),
                "{reason:?}"
            );
        }
    }
}

impl Default for Office {
    fn default() -> Self {
        Self::new()
    }
}

fn all_of(ledger: &Ledger) -> Vec<DeliveryRecord> {
    ledger.deliveries(&DeliveryFilter::default()).unwrap()
}

/// Lets the program catch what it catches: mail-parser panics on some messages.
pub fn let_parser_panic() {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_of_parser = panic
            .location()
            .is_some_and(|place| place.file().contains("mail-parser"));
        if !is_of_parser {
            abort(panic);
        }
    }));
}
