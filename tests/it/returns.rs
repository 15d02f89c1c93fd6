//! What is heard of messages after they were sent: bounces of every shape, and message traces.

mod commands;
#[cfg(unix)]
mod postfix;

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use migration_monitor::delivery::{
    DeliveryFilter, DeliveryRecord, EditionRecord, Ledger, LedgerPlace, PreparedDelivery,
    ReturnPlaces, ReturnsSummary, StateNote, message_digest, read_returns,
};
use migration_monitor::domain::{
    DeliveryState, EmailAddress, OrganisationCode, ReportDate, ReportKind,
};
use migration_monitor::mail::DeliveryKey;
use proptest::prelude::*;

const AMINA: &str = "amina.okafor@trust.example";
const BRONWEN: &str = "Bronwen.Price@trust.example";

fn at(minute: u32) -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    day.and_hms_opt(8, minute, 0).unwrap().and_utc()
}

fn reports_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/returns/reports")
}

/// A ledger with deliveries to people that were accepted, and a folder of what was returned.
struct Office {
    folder: tempfile::TempDir,
    ledger: Ledger,
}

impl Office {
    fn new() -> Self {
        Self::with_states(&[
            (AMINA, DeliveryState::Accepted),
            (BRONWEN, DeliveryState::Accepted),
        ])
    }

    fn with_states(people: &[(&str, DeliveryState)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let returns = folder.path().join("returns");
        std::fs::create_dir(&returns).unwrap();
        let mut ledger =
            Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap();
        let edition = EditionRecord {
            report_date: ReportDate::of(at(0).date_naive()),
            organisation: OrganisationCode::parse("ZTP").unwrap(),
            report: ReportKind::FailedItem,
            edition: 1,
            inputs_digest: "a".to_owned(),
            prepared_at: at(0),
        };
        let delivery = |(recipient, _): &(&str, DeliveryState)| {
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
        let deliveries: Vec<_> = people.iter().map(delivery).collect();
        ledger.record_prepared(&[(&edition, &deliveries)]).unwrap();
        for (recipient, state) in people {
            let record = of(&ledger, recipient);
            if *state == DeliveryState::Prepared {
                continue;
            }
            ledger.leave(&[&record], at(1)).unwrap();
            if *state != DeliveryState::Sending {
                let answer = StateNote::reply("250 queued");
                ledger.record(record.id, *state, &answer, at(1)).unwrap();
            }
        }
        Self { folder, ledger }
    }

    fn returns(&self) -> PathBuf {
        self.folder.path().join("returns")
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.returns().join(name), bytes).unwrap();
    }

    /// A report of a shape, about the delivery to somebody.
    fn report(&self, shape: &str, to: &str) -> String {
        self.report_of(shape, &of(&self.ledger, to).message_id, to)
    }

    fn report_of(&self, shape: &str, id: &str, to: &str) -> String {
        let shape = std::fs::read_to_string(reports_folder().join(format!("{shape}.eml")));
        shape.unwrap().replace("{{ID}}", id).replace("{{TO}}", to)
    }

    fn read(&mut self) -> ReturnsSummary {
        self.read_with(&[])
    }

    fn read_with(&mut self, traces: &[&str]) -> ReturnsSummary {
        let places = ReturnPlaces {
            folder: Some(self.returns()),
            message_traces: traces
                .iter()
                .map(|name| self.returns().join(name))
                .collect(),
        };
        read_returns(&mut self.ledger, &places, at(30)).unwrap()
    }

    fn state(&self, recipient: &str) -> DeliveryState {
        of(&self.ledger, recipient).state
    }

    fn why(&self, recipient: &str) -> String {
        of(&self.ledger, recipient).reason.unwrap_or_default()
    }
}

fn of(ledger: &Ledger, recipient: &str) -> DeliveryRecord {
    let all = ledger.deliveries(&DeliveryFilter::default()).unwrap();
    let mut of_it = all
        .into_iter()
        .filter(|one| one.key.recipient.reveal() == recipient);
    of_it.next().unwrap()
}

fn shapes(begins: &str) -> Vec<String> {
    let names = std::fs::read_dir(reports_folder()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| name.strip_suffix(".eml").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| name.starts_with(begins)).collect();
    names.sort();
    names
}

#[test]
fn every_shape_of_a_report_settles_its_delivery_with_the_reason_in_words() {
    assert_eq!(shapes("exchange").len(), 13);
    for (shape, why) in [
        (
            "exchange-not-found-whole",
            "the address does not exist, or is wrong (5.1.10): smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient …@trust.example not found by SMTP address lookup",
        ),
        ("exchange-not-found-headers", "the address does not exist"),
        ("exchange-not-found-threading", "the address does not exist"),
        ("exchange-not-found-text", "the address does not exist"),
        ("exchange-full", "the mailbox is full (5.2.2)"),
        ("exchange-refused", "permission, policy or a filter (5.7.1)"),
        (
            "exchange-general-status",
            "could not be reached in time (5.4.1)",
        ),
        ("exchange-too-large", "too large for the recipient (5.3.4)"),
        ("exchange-expired", "could not be reached in time (4.4.7)"),
        ("exchange-lower-case-fields", "the address does not exist"),
        (
            "exchange-text-only",
            "the address does not exist, or is wrong (5.1.10)",
        ),
        ("exchange-2010-on-premises", "the mailbox is full (5.2.2)"),
        (
            "postfix",
            "(5.1.1): smtp; 550 5.1.1 <…@trust.example>: Recipient address rejected: User unknown",
        ),
        ("sendmail", "(5.1.1): SMTP; 550 5.1.1 User unknown"),
        ("exim-old", "the mailbox is full (5.2.2)"),
        ("google", "(5.1.1)"),
        ("qmail", "(5.1.1)"),
        (
            "forwarded-by-a-person",
            "the mailbox is disabled, or takes no more mail for now (5.2.1)",
        ),
    ] {
        for line_end in ["\n", "\r\n", "\r"] {
            let mut office = Office::new();
            let report = office.report(shape, AMINA).replace('\n', line_end);
            office.put("report", &report);
            let summary = office.read();
            assert_eq!(
                (office.state(AMINA), office.state(BRONWEN)),
                (DeliveryState::Bounced, DeliveryState::Accepted),
                "{shape} {line_end:?} {summary:?}"
            );
            let said = office.why(AMINA);
            assert!(
                said.starts_with("came back: ") && said.contains(why),
                "{shape}: {said}"
            );
            assert!(!said.contains("amina"), "{shape}: {said}");
            assert_eq!((summary.understood, summary.left()), (1, 0), "{shape}");
            // What was understood is not read again, and stays where it was.
            let again = office.read();
            assert_eq!(again, ReturnsSummary::default(), "{shape}");
            assert!(office.returns().join("report").exists());
        }
    }
}

#[test]
fn a_delay_is_a_note_and_an_answer_of_a_machine_is_nothing() {
    let mut office = Office::with_states(&[
        (AMINA, DeliveryState::Accepted),
        (BRONWEN, DeliveryState::Unknown),
    ]);
    office.put("a", office.report("exchange-delayed", AMINA));
    office.put("b", office.report("exchange-delayed", BRONWEN));
    for shape in shapes("nothing") {
        office.put(&shape, office.report(&shape, AMINA));
    }
    let summary = office.read();
    assert_eq!(
        (
            summary.understood,
            summary.automatic_replies,
            summary.left()
        ),
        (4, 2, 0)
    );
    assert_eq!(office.state(AMINA), DeliveryState::Accepted);
    assert!(
        office.why(AMINA).starts_with("delayed, and still tried"),
        "{}",
        office.why(AMINA)
    );
    // Whoever reports a delay has the message.
    assert_eq!(office.state(BRONWEN), DeliveryState::Accepted);

    // It fails in the end, and both reports lie there by then.
    let mut office = Office::with_states(&[(AMINA, DeliveryState::Unknown)]);
    office.put("1", office.report("exchange-delayed", AMINA));
    office.put("2", office.report("exchange-expired", AMINA));
    assert_eq!(office.read().understood, 2);
    assert_eq!(office.state(AMINA), DeliveryState::Bounced);
    let mut office = Office::new();
    office.put("1", office.report("exchange-expired", AMINA));
    office.put("2", office.report("exchange-delayed", AMINA));
    assert_eq!(office.read().understood, 2);
    assert_eq!(office.state(AMINA), DeliveryState::Bounced);
}

#[test]
fn what_is_not_understood_or_is_about_somebody_else_stays_and_settles_nothing() {
    let mut office = Office::new();
    let (amina, bronwen) = (of(&office.ledger, AMINA), of(&office.ledger, BRONWEN));
    for shape in shapes("unclear") {
        office.put(&shape, office.report(&shape, AMINA));
    }
    office.put("empty", "");
    office.put("noise", [0xff, 0, 1, 2, 0x0a, 0x80]);
    let both = office.report("exim-old", AMINA);
    let two = format!("From a\n{both}\n\nFrom b\n{both}");
    office.put("two-in-one-file", two);
    let not_understood = shapes("unclear").len() + 3;
    // Forged, foreign or of another recipient.
    let id = "20261120.ztp.0123456789abcdef0123456789abcdef@nhs.example";
    for (number, (shape, id, to)) in [
        ("postfix", id, AMINA),
        ("postfix", bronwen.message_id.as_str(), AMINA),
        (
            "postfix",
            amina.message_id.as_str(),
            "member.of.a.list@trust.example",
        ),
        ("exchange-text-only", bronwen.message_id.as_str(), AMINA),
        ("exim-old", bronwen.message_id.as_str(), AMINA),
        // A rehearsal's Message-ID ends with that of the delivery.
        (
            "postfix",
            &format!("rehearsal.0123456789ab.{}", amina.message_id),
            AMINA,
        ),
        (
            "exchange-not-found-text",
            &format!("x{}", amina.message_id),
            AMINA,
        ),
        (
            "exchange-not-found-text",
            &format!("{}.example", amina.message_id),
            AMINA,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        office.put(
            &format!("of-others-{number}"),
            office.report_of(shape, id, to),
        );
    }
    for _ in 0..2 {
        let summary = office.read();
        assert_eq!(
            (
                summary.not_understood,
                summary.of_others,
                summary.understood
            ),
            (not_understood, 8, 0)
        );
        assert!(summary.settled.is_empty() && summary.faults.is_empty());
    }
    assert_eq!(of(&office.ledger, AMINA), amina);
    assert_eq!(of(&office.ledger, BRONWEN), bronwen);
}

#[test]
fn the_message_that_came_back_counts_before_what_its_report_answers() {
    // A report about one message that was put into the thread of another.
    let mut office = Office::new();
    let (amina, bronwen) = (of(&office.ledger, AMINA), of(&office.ledger, BRONWEN));
    let report = office
        .report_of("exchange-not-found-headers", &bronwen.message_id, AMINA)
        .replacen(
            "Subject:",
            &format!("In-Reply-To: <{}>\nSubject:", amina.message_id),
            1,
        );
    office.put("report", report);
    assert_eq!(office.read().of_others, 1);
    assert_eq!(office.state(AMINA), DeliveryState::Accepted);
}

#[test]
fn a_report_of_several_recipients_settles_those_that_are_meant() {
    let mut office = Office::new();
    let report = office.report("postfix", AMINA);
    let others = "Final-Recipient: rfc822; other@trust.example\nAction: delayed\nStatus: 4.2.2\n\n\
                  Final-Recipient: rfc822; third@trust.example\nAction: failed\nStatus: 5.2.2\n\n";
    office.put(
        "report",
        report.replacen("Final-Recipient", &format!("{others}Final-Recipient"), 1),
    );
    assert_eq!(office.read().understood, 1);
    assert!(
        office.why(AMINA).contains("(5.1.1)"),
        "{}",
        office.why(AMINA)
    );

    // One that contradicts itself says nothing.
    let mut office = Office::new();
    let report = office.report("postfix", AMINA);
    let other = format!("Final-Recipient: rfc822; {AMINA}\nAction: delivered\nStatus: 2.0.0\n\n");
    office.put(
        "report",
        report.replacen("Final-Recipient", &format!("{other}Final-Recipient"), 1),
    );
    assert_eq!(office.read().of_others, 1);
    assert_eq!(office.state(AMINA), DeliveryState::Accepted);
}

#[test]
fn a_report_about_what_is_still_to_be_sent_waits_and_never_sends_again() {
    for (state, then) in [
        (DeliveryState::Prepared, DeliveryState::Prepared),
        (DeliveryState::Sending, DeliveryState::Sending),
        (DeliveryState::Deferred, DeliveryState::Deferred),
        (DeliveryState::Refused, DeliveryState::Refused),
        (DeliveryState::Unknown, DeliveryState::Bounced),
    ] {
        let mut office = Office::with_states(&[(AMINA, state)]);
        office.put("report", office.report("postfix", AMINA));
        let summary = office.read();
        assert_eq!(office.state(AMINA), then);
        let is_open = state.is_to_be_sent() || state == DeliveryState::Sending;
        assert_eq!(summary.early, usize::from(is_open), "{state}");
    }
    // Once it is out, the report that waited is read.
    let mut office = Office::with_states(&[(AMINA, DeliveryState::Sending)]);
    office.put("report", office.report("postfix", AMINA));
    assert_eq!(office.read().early, 1);
    let id = of(&office.ledger, AMINA).id;
    let answer = StateNote::reply("250 queued");
    office
        .ledger
        .record(id, DeliveryState::Accepted, &answer, at(31))
        .unwrap();
    assert_eq!(office.read().understood, 1);
    assert_eq!(office.state(AMINA), DeliveryState::Bounced);
}

#[test]
fn a_maildir_is_read_and_what_was_understood_is_marked_as_seen() {
    let mut office = Office::new();
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir(office.returns().join(part)).unwrap();
    }
    office.put("new/1.a", office.report("postfix", AMINA));
    office.put("new/2.b", office.report("unclear-question", AMINA));
    office.put("cur/3.c:2,S", office.report("sendmail", BRONWEN));
    let summary = office.read();
    assert_eq!((summary.understood, summary.not_understood), (2, 1));
    assert!(summary.faults.is_empty(), "{:?}", summary.faults);
    for there in ["cur/1.a:2,S", "new/2.b", "cur/3.c:2,S"] {
        assert!(office.returns().join(there).exists(), "{there}");
    }
    assert_eq!(
        office.state(BRONWEN),
        DeliveryState::Bounced,
        "seen by whomever, not by us"
    );
    assert_eq!(office.read().understood, 0);
}

#[test]
fn a_message_trace_settles_what_is_unknown_and_finds_what_lies_in_quarantine() {
    use DeliveryState::{Accepted, Bounced, Delivered, Quarantined, Sending, Unknown};

    let people = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("{name}@trust.example"));
    let before = [
        Unknown, Unknown, Accepted, Accepted, Unknown, Accepted, Sending,
    ];
    let pairs: Vec<_> = people.iter().map(String::as_str).zip(before).collect();
    let mut office = Office::with_states(&pairs);
    let row = |number: usize, status: &str| {
        let record = of(&office.ledger, &people[number]);
        let (id, to) = (record.message_id, people[number].to_uppercase());
        format!("\"20/11/2026 07:01\",\"f@nhs.example\",\"{to}\",\"s\",\"{status}\",\"<{id}>\"\r\n")
    };
    let mut trace = "\"Received\",\"SenderAddress\",\"RecipientAddress\",\"Subject\",\"Status\",\
                     \"MessageId\"\r\n"
        .to_owned();
    for (number, status) in [
        (0, "Delivered"),
        (1, "Quarantined"),
        (2, "Failed"),
        (3, "FilteredAsSpam"),
        (4, "Pending"),
        (5, "Expanded"),
        (6, "Delivered"),
    ] {
        trace += &row(number, status);
    }
    trace +=
        "\"20/11/2026 07:01\",\"x\",\"y@z.example\",\"s\",\"Delivered\",\"<other@z.example>\"\r\n";
    office.put("trace-1.csv", &trace);
    let summary = office.read_with(&["trace-1.csv"]);
    let states: Vec<_> = people.iter().map(|one| office.state(one)).collect();
    assert_eq!(
        states,
        [
            Delivered,
            Quarantined,
            Bounced,
            Bounced,
            Accepted,
            Accepted,
            Sending
        ]
    );
    assert_eq!(summary.settled.len(), 5, "{summary:?}");
    assert_eq!(summary.count(Accepted), 1);
    assert!(office.why(&people[1]).contains("quarantine"));
    // One was on its way: the trace is read again, and says nothing new of the others.
    assert!(office.read_with(&["trace-1.csv"]).settled.is_empty());
    // It was released; what came back stays so.
    let released = trace
        .replace("Quarantined", "Delivered")
        .replace("Failed", "Delivered");
    office.put("trace-2.csv", released);
    office.put("no-trace.csv", "Subject,Status\na,Delivered\n");
    let summary = office.read_with(&["trace-2.csv", "no-trace.csv"]);
    assert_eq!(office.state(&people[1]), Delivered);
    assert_eq!(office.state(&people[2]), Bounced);
    assert_eq!(summary.faults.len(), 1);
    assert!(summary.faults[0].contains("no-trace.csv") && summary.faults[0].contains("MessageId"));
    // A bounce of what was said to be delivered is believed: the next server took it first.
    office.put("late", office.report("postfix", &people[0]));
    office.read();
    assert_eq!(office.state(&people[0]), Bounced);
}

/// How many reports are made up: more where somebody asks for it.
fn cases() -> ProptestConfig {
    let cases = std::env::var("RETURNS_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(256),
        ..ProptestConfig::default()
    }
}

/// A change to the lines of a report: one is taken out, doubled, swapped, cut, or made noise.
fn slip() -> impl Strategy<Value = (u8, prop::sample::Index, prop::sample::Index, Vec<u8>)> {
    (
        0..7_u8,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<u8>(), 0..12),
    )
}

proptest! {
    #![proptest_config(cases())]

    /// Whatever a report has become: no failure, no delivery but the one it named, none sent again,
    /// and what was not understood is there.
    #[test]
    fn no_report_however_damaged_settles_another_delivery_or_sends_again(
        shape in prop::sample::select(shapes("")),
        of_bronwen in any::<bool>(),
        slips in prop::collection::vec(slip(), 0..8),
    ) {
        let mut office = Office::with_states(&[
            (AMINA, DeliveryState::Accepted),
            (BRONWEN, DeliveryState::Accepted),
            ("c@trust.example", DeliveryState::Deferred),
        ]);
        let to = if of_bronwen { BRONWEN } else { AMINA };
        let report = office.report(&shape, to);
        let mut lines: Vec<Vec<u8>> = report.lines().map(|line| line.as_bytes().to_vec()).collect();
        for (kind, one, other, noise) in &slips {
            if lines.is_empty() {
                break;
            }
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match kind {
                0 => drop(lines.remove(one)),
                1 => lines.insert(other, lines[one].clone()),
                2 => lines.swap(one, other),
                3 => lines.truncate(one),
                4 => lines[one] = noise.clone(),
                5 => lines[one].extend(noise),
                _ => lines[one].truncate(noise.len()),
            }
        }
        office.put("report", lines.join(&b'\n'));
        let other = if of_bronwen { AMINA } else { BRONWEN };
        let before = [other, "c@trust.example"].map(|one| of(&office.ledger, one));
        let summary = office.read();
        prop_assert_eq!(summary.understood + summary.left(), 1);
        prop_assert_eq!([other, "c@trust.example"].map(|one| of(&office.ledger, one)), before);
        prop_assert!(office.state(to).was_taken());
        prop_assert!(office.returns().join("report").exists());
        let again = office.read();
        prop_assert_eq!(again.left(), summary.left());
        prop_assert!(again.settled.is_empty());
    }
}
