//! In which order a morning's messages leave, at the pace of a mail server.

use std::cell::RefCell;
use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use migration_monitor::delivery::{
    DeliveryFilter, DeliveryRecord, EditionRecord, Lanes, Leave, Ledger, LedgerPlace,
    OutgoingMessage, Pace, PreparedDelivery, SendOutcome, Transport, WithheldMessage, deliver,
};
use migration_monitor::domain::{EmailAddress, OrganisationCode, ReportDate, ReportKind};
use migration_monitor::mail::{DeliveryKey, Message};

const ORGANISATIONS: usize = 600;
const REPORTS: [ReportKind; 3] = [
    ReportKind::OverallMigration,
    ReportKind::FailedItem,
    ReportKind::SwitchReadiness,
];

fn date() -> ReportDate {
    ReportDate::parse_iso("2026-11-20").unwrap()
}

fn seven() -> DateTime<Utc> {
    date().day().and_hms_opt(7, 0, 0).unwrap().and_utc()
}

fn code(number: usize) -> OrganisationCode {
    let letter = |of: usize| char::from(b'A' + u8::try_from(of % 26).unwrap());
    let letters = [letter(number / 26), letter(number)];
    OrganisationCode::parse(&format!("Z{}{}", letters[0], letters[1])).unwrap()
}

fn message(key: DeliveryKey) -> Message {
    let message_id = key.message_id("nhs.example");
    Message {
        to: key.recipient.clone(),
        from: EmailAddress::parse("reports@nhs.example").unwrap(),
        bytes: format!("Message-ID: <{message_id}>\r\n\r\nreport\r\n").into_bytes(),
        message_id,
        key,
    }
}

/// A server that takes everything, and a clock that only it and whoever waits moves.
struct Server<'a> {
    clock: &'a RefCell<DateTime<Utc>>,
    taken: Vec<(String, DateTime<Utc>)>,
}

impl Transport for Server<'_> {
    fn hand_over(&mut self, message: &OutgoingMessage<'_>, leave: &mut Leave<'_>) -> SendOutcome {
        assert!(leave());
        let organisation = message.file.file_name().unwrap().to_str().unwrap();
        let organisation = organisation.split('-').next().unwrap().to_owned();
        self.taken.push((organisation, *self.clock.borrow()));
        SendOutcome::Accepted("250 ok".to_owned())
    }

    fn finish(&mut self) {}
}

/// What left when, where organisations are to hear from the last of the alphabet on.
fn morning(accounts: usize) -> Vec<(String, DateTime<Utc>)> {
    let folder = tempfile::tempdir().unwrap();
    let place = LedgerPlace::File(folder.path().join("ledger.sqlite"));
    let mut ledger = Ledger::open(&place).unwrap();
    let mut prepared = Vec::new();
    for number in 0..ORGANISATIONS {
        for report in REPORTS {
            let key = DeliveryKey {
                report_date: date(),
                organisation: code(number),
                report,
                edition: 1,
                recipient: EmailAddress::parse("lead@trust.example").unwrap(),
            };
            let edition = EditionRecord {
                report_date: date(),
                organisation: code(number),
                report,
                edition: 1,
                inputs_digest: "inputs".to_owned(),
                prepared_at: seven(),
            };
            prepared.push((edition, [PreparedDelivery::of(&message(key), "archive/m")]));
        }
    }
    let records: Vec<_> = prepared
        .iter()
        .map(|(edition, deliveries)| (edition, deliveries.as_slice()))
        .collect();
    ledger.record_prepared(&records).unwrap();
    let clock = RefCell::new(seven());
    let mut server = Server {
        clock: &clock,
        taken: Vec::new(),
    };
    let paces = vec![NonZeroU32::new(30).unwrap(); accounts];
    let lane = |record: &DeliveryRecord| {
        let letters = record.key.organisation.as_str().as_bytes();
        (usize::from(letters[1]) * 26 + usize::from(letters[2])) % accounts
    };
    let pace = Pace {
        messages_per_minute: paces.first().copied(),
        despite_back_off: false,
        clock: &|| *clock.borrow(),
        sleep: &|wait| *clock.borrow_mut() += TimeDelta::from_std(wait).unwrap(),
        lanes: Some(Lanes {
            messages_per_minute: &paces,
            of: &lane,
        }),
        stops: None,
    };
    let filter = DeliveryFilter {
        organisations: Some((0..ORGANISATIONS).rev().map(code).collect()),
        ..DeliveryFilter::of_date(date())
    };
    let load = |record: &DeliveryRecord| Ok::<_, WithheldMessage>(message(record.key.clone()));
    deliver(&mut ledger, &mut server, &filter, &load, pace, &mut |_| {}).unwrap();
    assert_eq!(server.taken.len(), ORGANISATIONS * REPORTS.len());
    server.taken
}

#[test]
fn of_1800_messages_the_urgent_leave_first_and_three_accounts_are_done_by_20_past() {
    let one = morning(1);
    let order: Vec<String> = one
        .iter()
        .map(|(organisation, _)| organisation.clone())
        .collect();
    let expected: Vec<String> = (0..ORGANISATIONS)
        .rev()
        .flat_map(|number| vec![code(number).to_string(); REPORTS.len()])
        .collect();
    assert_eq!(order, expected);
    let minutes = |taken: &[(String, DateTime<Utc>)]| {
        let last = taken.iter().map(|(_, at)| *at).max().unwrap();
        (last - seven()).num_minutes()
    };
    assert_eq!(minutes(&one), 59, "one account, 30 a minute");
    let three = morning(3);
    assert!(minutes(&three) < 20, "{} minutes", minutes(&three));
    // A tenth of the organisations are the ones that must act: they have heard within two minutes.
    let urgent: Vec<String> = (ORGANISATIONS - 60..ORGANISATIONS)
        .map(|number| code(number).to_string())
        .collect();
    let of_urgent: Vec<_> = three
        .into_iter()
        .filter(|(organisation, _)| urgent.contains(organisation))
        .collect();
    assert_eq!((of_urgent.len(), minutes(&of_urgent)), (180, 1));
}
