//! How long each room takes for one organisation of an estate.
//!
//!     cargo bench --bench rooms                    all of them
//!     cargo bench --bench rooms -- render          those with “render” in their names
//!     MAILBOXES=500 cargo bench --bench rooms      of another size than 5,000
//!
//! Items a second are mailboxes, or messages in the room of deliveries. A room is called as
//! `day` calls it, with what the rooms before it gave; the day has one before it in the
//! history, kept in a folder of the benchmark. Where a part of a room has no entry of its own, the
//! whole room is called with nothing but that part to do: charts are drawn of a page that has only
//! charts, and a workbook is written beside an empty page.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a measurement, not the program

#[path = "support/estate.rs"]
mod estate;

use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use divan::Bencher;
use divan::counter::ItemsCount;
use estate::{DAY, Estate, generate, tables_of};
use migration_monitor::archive::{Archive, ArchivedFile, EditionPlace};
use migration_monitor::delivery::{
    DeliveryFilter, DeliveryRecord, EditionRecord, Ledger, LedgerPlace, Outbox, Pace,
    PreparedDelivery, deliver,
};
use migration_monitor::domain::{DeliveryState, OrganisationCode, ReportKind};
use migration_monitor::history::{History, Snapshot};
use migration_monitor::mail::{self, DeliveryKey, Envelope, Message, ReportProof};
use migration_monitor::metrics::OrganisationMetrics;
use migration_monitor::render::{self, Rendered, Templates, WorkbookFile};
use migration_monitor::report::{self, Report, ReportInput};
use migration_monitor::settings::Organisation;
use migration_monitor::tables::Tables;

/// The day before that of the estate.
const DAY_BEFORE: &str = "2026-11-19";

/// So many messages are delivered in a turn.
const MESSAGES: usize = 200;

fn main() {
    divan::Divan::default()
        .sample_count(20)
        .sample_size(1)
        .config_with_args()
        .main();
}

/// How many mailboxes the organisation has.
static MAILBOXES: LazyLock<usize> = LazyLock::new(|| {
    std::env::var("MAILBOXES").map_or(5_000, |text| text.parse().expect("MAILBOXES is a number"))
});

static THE_DAY: LazyLock<Day> = LazyLock::new(Day::measure);

fn mailboxes() -> ItemsCount {
    ItemsCount::new(*MAILBOXES)
}

/// An organisation's day, as far as the rooms up to `metrics` bring it.
struct Day {
    estate: Estate,
    folder: tempfile::TempDir,
    history: History,
    tables: Tables,
    before: Snapshot,
    today: Snapshot,
    metrics: OrganisationMetrics,
    templates: Templates,
}

impl Day {
    fn measure() -> Self {
        let folder = tempfile::tempdir().unwrap();
        generate(
            folder.path(),
            &[
                "--organisations",
                "1",
                "--mailboxes",
                &MAILBOXES.to_string(),
                "--days",
                "2",
            ],
        );
        let (day_before, estate) = (
            Estate::open(folder.path(), DAY_BEFORE),
            Estate::open(folder.path(), DAY),
        );
        let organisation = estate.register.organisations.first().unwrap();
        let history = History::open_or_begin(folder.path()).unwrap();
        let tables =
            |estate: &Estate| tables_of(estate.validate(organisation, &estate.read(organisation)));
        let take = |estate: &Estate, tables: &Tables, before| {
            history
                .take(&organisation.code, estate.date, tables, before)
                .unwrap()
                .unwrap()
        };
        history
            .keep(&take(&day_before, &tables(&day_before), None), 1)
            .unwrap();
        let tables = tables(&estate);
        let before = history
            .before(&organisation.code, estate.date)
            .last
            .expect("the day before was kept");
        let today = take(&estate, &tables, Some(&before));
        let metrics = estate.measure(&tables);
        let mut day = Self {
            metrics,
            templates: Templates::new(&[]).unwrap(),
            estate,
            folder,
            history,
            tables,
            before,
            today,
        };
        day.follow();
        day
    }

    fn organisation(&self) -> &Organisation {
        self.estate.register.organisations.first().unwrap()
    }

    fn follow(&mut self) {
        let (code, date) = (self.organisation().code.clone(), self.estate.date);
        let days = self.history.organisation_days(&code, date).days;
        self.metrics
            .follow(&self.today, Some(&self.before), days)
            .unwrap();
        self.metrics
            .add_trends(
                &self.today,
                self.estate.settings.programme.expected_failure_rate,
                &self.estate.settings.calendar,
            )
            .unwrap();
    }

    fn input(&self) -> ReportInput<'_> {
        ReportInput {
            continues: None,
            organisation: self.organisation(),
            programme: &self.estate.settings.programme,
            report_date: self.estate.date,
            edition: 1,
            replacement: None,
            is_rehearsal: false,
            calendar: &self.estate.settings.calendar,
            metrics: &self.metrics,
            findings: &[],
        }
    }

    fn compose(&self, rendered: &Rendered, kind: ReportKind) -> Message {
        let settings = &self.estate.settings;
        let recipients = self.organisation().recipients(kind);
        let key = DeliveryKey {
            report_date: self.estate.date,
            organisation: self.organisation().code.clone(),
            report: kind,
            edition: 1,
            recipient: recipients
                .first()
                .expect("somebody gets the report")
                .clone(),
        };
        let envelope = Envelope {
            key: &key,
            organisation_name: &self.organisation().name,
            from: &settings.mail.from,
            from_name: &settings.programme.name,
            reply_to: &settings.programme.contact,
            date: now().fixed_offset(),
            trusted_domains: &settings.mail.trusted_domains,
            holds_personal_data: true,
            all_recipients: recipients,
            rehearsal: None,
        };
        mail::compose(rendered, &envelope).unwrap()
    }

    /// What the messages of a report are held against.
    fn proof<'a>(&'a self, report: &'a Report<'a>) -> ReportProof<'a> {
        ReportProof {
            report,
            input: self.input(),
            rehearsal: None,
            settings: &self.estate.settings.mail,
            templates: &self.templates,
        }
    }
}

mod exports {
    use super::*;

    #[divan::bench]
    fn read(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        bencher
            .counter(mailboxes())
            .bench(|| day.estate.read(day.organisation()));
    }
}

mod tables_of_exports {
    use super::*;

    #[divan::bench]
    fn validate(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        let exports = day.estate.read(day.organisation());
        bencher
            .counter(mailboxes())
            .bench(|| day.estate.validate(day.organisation(), &exports));
    }
}

mod history {
    use super::*;

    #[divan::bench]
    fn read_the_day_before(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        bencher.counter(mailboxes()).bench(|| {
            day.history
                .before(&day.organisation().code, day.estate.date)
        });
    }

    #[divan::bench]
    fn take_this_day(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        let take = || {
            day.history.take(
                &day.organisation().code,
                day.estate.date,
                &day.tables,
                Some(&day.before),
            )
        };
        bencher.counter(mailboxes()).bench(take);
    }

    #[divan::bench]
    fn keep_this_day(bencher: Bencher<'_, '_>) {
        let open = || {
            let folder = tempfile::tempdir().unwrap();
            (History::open_or_begin(folder.path()).unwrap(), folder)
        };
        bencher
            .counter(mailboxes())
            .with_inputs(open)
            .bench_values(|(history, folder)| (history.keep(&THE_DAY.today, 1).unwrap(), folder));
    }
}

mod metrics {
    use super::*;

    #[divan::bench]
    fn measure(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        bencher
            .counter(mailboxes())
            .bench(|| day.estate.measure(&day.tables));
    }

    #[divan::bench]
    fn follow_the_day_before(bencher: Bencher<'_, '_>) {
        let day = &*THE_DAY;
        bencher
            .counter(mailboxes())
            .with_inputs(|| day.estate.measure(&day.tables))
            .bench_values(|mut metrics| {
                metrics
                    .follow(&day.today, Some(&day.before), Vec::new())
                    .unwrap();
                metrics
            });
    }
}

/// What is done for one report, from its words to its folder.
struct Reported<'a> {
    report: Report<'a>,
    rendered: Rendered,
    message: Message,
}

impl Reported<'_> {
    fn of(kind: ReportKind) -> Self {
        let day = &*THE_DAY;
        if let Some(absence) =
            report::absence(kind, day.organisation(), &day.metrics, day.estate.date)
        {
            panic!("no {kind} report, for {absence}");
        }
        let report = report::write(kind, day.input());
        let rendered = render::render(&report, &day.templates).unwrap();
        let message = day.compose(&rendered, kind);
        Self {
            report,
            rendered,
            message,
        }
    }

    fn files(&self) -> Vec<ArchivedFile> {
        let file = |name: &str, bytes: &[u8]| ArchivedFile {
            name: name.to_owned(),
            bytes: bytes.to_vec(),
        };
        let Rendered {
            html,
            text,
            pictures,
            workbook,
            ..
        } = &self.rendered;
        let mut files = vec![
            file(
                "model.json",
                &serde_json::to_vec_pretty(&self.report.model).unwrap(),
            ),
            file("report.html", html.as_bytes()),
            file("report.txt", text.as_bytes()),
            file(&workbook.file_name, &workbook.bytes),
            file("message.eml", &self.message.bytes),
        ];
        files.extend(
            pictures
                .iter()
                .map(|picture| file(&picture.file_name, &picture.png)),
        );
        files
    }
}

mod reports {
    use super::*;

    #[divan::bench(args = ReportKind::ALL)]
    fn write(bencher: Bencher<'_, '_>, kind: ReportKind) {
        bencher
            .counter(mailboxes())
            .bench(|| report::write(kind, THE_DAY.input()));
    }
}

mod rendering {
    use super::*;

    #[divan::bench(args = ReportKind::ALL)]
    fn page_and_text(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let mut model = Reported::of(kind).report.model;
        model
            .page
            .sections
            .iter_mut()
            .for_each(|section| section.chart = None);
        bencher
            .counter(mailboxes())
            .bench(|| render::render_model(&model, no_workbook(), &THE_DAY.templates).unwrap());
    }

    #[divan::bench(args = ReportKind::ALL)]
    fn charts(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let mut model = Reported::of(kind).report.model;
        model
            .page
            .sections
            .retain(|section| section.chart.is_some());
        model
            .page
            .sections
            .iter_mut()
            .for_each(|section| section.table = None);
        bencher
            .counter(mailboxes())
            .bench(|| render::render_model(&model, no_workbook(), &THE_DAY.templates).unwrap());
    }

    #[divan::bench(args = ReportKind::ALL)]
    fn workbook(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let mut report = Reported::of(kind).report;
        report.model.page.sections.clear();
        bencher
            .counter(mailboxes())
            .bench(|| render::render(&report, &THE_DAY.templates).unwrap());
    }

    fn no_workbook() -> WorkbookFile {
        WorkbookFile {
            file_name: "none.xlsx".to_owned(),
            bytes: Vec::new(),
        }
    }
}

mod mailing {
    use super::*;

    #[divan::bench(args = ReportKind::ALL)]
    fn compose(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let reported = Reported::of(kind);
        bencher
            .counter(mailboxes())
            .bench(|| THE_DAY.compose(&reported.rendered, kind));
    }

    #[divan::bench(args = ReportKind::ALL)]
    fn verify(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let reported = Reported::of(kind);
        let proof = THE_DAY.proof(&reported.report);
        // One for all reports of an organisation.
        let bounds = proof.bounds();
        let messages = std::slice::from_ref(&reported.message);
        bencher
            .counter(mailboxes())
            .bench(|| proof.verify(messages, &bounds).unwrap());
    }
}

mod archive {
    use super::*;

    #[divan::bench(args = ReportKind::ALL)]
    fn write_edition(bencher: Bencher<'_, '_>, kind: ReportKind) {
        let files = Reported::of(kind).files();
        let (day, code) = (THE_DAY.estate.date, &THE_DAY.organisation().code);
        let place = EditionPlace {
            report_date: day,
            organisation: code,
            report: kind,
            edition: 1,
        };
        let archive = Archive::new(THE_DAY.folder.path());
        bencher
            .counter(mailboxes())
            .bench(|| archive.write_edition(&place, &files).unwrap());
    }
}

/// Messages of a report's size, recorded in a ledger and delivered into an outbox.
mod delivery {
    use super::*;

    fn messages() -> Vec<Message> {
        let message = Reported::of(ReportKind::OverallMigration).message;
        (1..=MESSAGES)
            .map(|number| of_organisation(&message, number))
            .collect()
    }

    /// The same message as another organisation's. Its headers are the first one's, which an outbox
    /// does not look at.
    fn of_organisation(message: &Message, number: usize) -> Message {
        let mut message = message.clone();
        message.key.organisation = OrganisationCode::parse(&format!("ZE{number:04}")).unwrap();
        message.message_id = message.key.message_id("nhs.example");
        message
    }

    fn empty_ledger() -> (Ledger, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (
            Ledger::open(&LedgerPlace::File(folder.path().join("ledger.sqlite"))).unwrap(),
            folder,
        )
    }

    fn record(ledger: &mut Ledger, messages: &[Message]) {
        for message in messages {
            let edition = EditionRecord {
                report_date: message.key.report_date,
                organisation: message.key.organisation.clone(),
                report: message.key.report,
                edition: message.key.edition,
                inputs_digest: "inputs".to_owned(),
                prepared_at: now(),
            };
            ledger
                .record_prepared(&[(
                    &edition,
                    &[PreparedDelivery::of(message, "archive/message.eml")],
                )])
                .unwrap();
        }
    }

    fn send(ledger: &mut Ledger, messages: &[Message], folder: &Path) {
        let filter = DeliveryFilter::of_date(THE_DAY.estate.date);
        let load = |record: &DeliveryRecord| {
            Ok(messages
                .iter()
                .find(|message| message.key == record.key)
                .expect("a message of these")
                .clone())
        };
        let pace = Pace {
            messages_per_minute: None,
            despite_back_off: false,
            clock: &now,
            sleep: &|_| {},
            lanes: None,
            stops: None,
        };
        let summary = deliver(
            ledger,
            &mut Outbox::new(folder.join("outbox")),
            &filter,
            &load,
            pace,
            &mut |event| {
                black_box(event);
            },
        );
        assert_eq!(
            summary.unwrap().count(DeliveryState::Accepted),
            messages.len()
        );
    }

    #[divan::bench]
    fn record_prepared(bencher: Bencher<'_, '_>) {
        let messages = messages();
        bencher
            .counter(ItemsCount::new(MESSAGES))
            .with_inputs(empty_ledger)
            .bench_values(|(mut ledger, folder)| {
                record(&mut ledger, &messages);
                folder
            });
    }

    #[divan::bench]
    fn dispatch_into_an_outbox(bencher: Bencher<'_, '_>) {
        let messages = messages();
        let recorded = || {
            let (mut ledger, folder) = empty_ledger();
            record(&mut ledger, &messages);
            (ledger, folder)
        };
        bencher
            .counter(ItemsCount::new(MESSAGES))
            .with_inputs(recorded)
            .bench_values(|(mut ledger, folder)| {
                send(&mut ledger, &messages, folder.path());
                folder
            });
    }
}

fn now() -> DateTime<Utc> {
    format!("{DAY}T07:00:00Z").parse().unwrap()
}
