//! An invented programme from its first pilot day to its close, of which the truth is known: each
//! report that does not go out daily comes when it is to, once, to those who asked for it, and says
//! what the history says and what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde_json::Value;

use crate::support::morning::{Morning, sample_folder};

const FIRST: &str = "2026-08-24";
const LAST: &str = "2026-10-23";
/// The first run after the stage became closed: that of the Monday before was missed.
const CLOSED: &str = "2026-10-27";
/// A Monday without exports, and so without reports.
const BANK_HOLIDAY: &str = "2026-08-31";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The days with exports: 44 of the 61.
fn report_dates() -> Vec<NaiveDate> {
    let all = (0..).map(|days| day(FIRST) + Days::new(days));
    all.take_while(|date| *date <= day(LAST))
        .filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
        .filter(|date| *date != day(BANK_HOLIDAY))
        .collect()
}

/// A mailbox, and what becomes of it. Days are places in the list of report dates.
struct Life {
    address: String,
    collection: &'static str,
    switch_date: NaiveDate,
    items: u64,
    begins: usize,
    in_sync: usize,
    /// It stops for good.
    is_stuck: bool,
}

/// An item that fails, and when it is mended.
struct Failure {
    mailbox: usize,
    subject: String,
    from: usize,
    until: Option<usize>,
}

struct Estate {
    code: &'static str,
    domain: &'static str,
    lives: Vec<Life>,
    failures: Vec<Failure>,
}

impl Estate {
    fn of(code: &'static str, domain: &'static str) -> Self {
        let collections = [
            ("Pilot", "2026-09-07", 6, 2),
            ("Week 1", "2026-09-21", 9, 9),
            ("Week 2", "2026-10-05", 9, 16),
        ];
        let (mut lives, mut failures) = (Vec::new(), Vec::new());
        for (collection, switch_date, mailboxes, begins) in collections {
            for _ in 0..mailboxes {
                let number = lives.len();
                lives.push(Life {
                    address: format!("user.{number}@{domain}"),
                    collection,
                    switch_date: day(switch_date),
                    items: 3_000 + (number as u64 * 617) % 2_500,
                    begins,
                    in_sync: begins + 2 + number % 4,
                    is_stuck: number == 23,
                });
            }
        }
        for (mailbox, life) in lives.iter().enumerate().filter(|(_, life)| !life.is_stuck) {
            for item in 0..mailbox % 3 {
                let is_mended = (mailbox + item) % 2 == 0;
                failures.push(Failure {
                    mailbox,
                    subject: format!("Letter {item} on patient {mailbox}"),
                    from: life.in_sync,
                    until: is_mended.then_some(life.in_sync + 8),
                });
            }
        }
        Self {
            code,
            domain,
            lives,
            failures,
        }
    }

    fn listed_on(&self, today: usize) -> impl Iterator<Item = &Failure> {
        let is_listed =
            move |one: &&Failure| one.from <= today && one.until.is_none_or(|until| today < until);
        self.failures.iter().filter(is_listed)
    }

    /// The state of a mailbox, and how many of its items were tried.
    fn state(&self, life: &Life, today: usize, date: NaiveDate) -> (&'static str, u64) {
        let tried = (today.saturating_sub(life.begins) as u64 + 1) * life.items
            / (life.in_sync - life.begins + 1) as u64;
        match today {
            today if today < life.begins => ("Not Started", 0),
            _ if life.is_stuck => ("Failed", life.items * 2 / 5),
            today if today < life.in_sync => ("Synchronizing", tried),
            _ if date >= life.switch_date => ("Switched", life.items),
            _ => ("In Sync", life.items),
        }
    }

    fn write(&self, exports: &Path) {
        let folder = exports.join(self.code);
        let mut schedule = "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category\n".to_owned();
        for life in &self.lives {
            let (date, phase) = (life.switch_date.format("%d/%m/%Y"), life.collection);
            let phase = if phase == "Pilot" { "Pilot" } else { "Live" };
            let _ = writeln!(
                schedule,
                "{},{},{date},{phase},",
                life.address, life.collection
            );
        }
        for (today, date) in report_dates().into_iter().enumerate() {
            let mut states = "Collection,Display Name,Source Mailbox,Target Mailbox,Sync State,\
                              Progress (%),Items Total,Items Synchronized,Failed Items,Mailbox Size \
                              (MB),Last Synchronized,Switch Date\n"
                .to_owned();
            for (number, life) in self.lives.iter().enumerate() {
                let (state, tried) = self.state(life, today, date);
                let failed = self
                    .listed_on(today)
                    .filter(|one| one.mailbox == number)
                    .count();
                let copied = tried - (failed as u64).min(tried);
                let _ = writeln!(
                    states,
                    "{},User {number},{},user.{number}.{}@nhs.example,{state},{},{},{copied},\
                     {failed},{}.0,{} 05:00:00,{}",
                    life.collection,
                    life.address,
                    self.code.to_lowercase(),
                    tried * 100 / life.items,
                    life.items,
                    100 + number * 90,
                    date.format("%d/%m/%Y"),
                    life.switch_date.format("%d/%m/%Y"),
                );
            }
            let mut items =
                "Collection,User,Source Mailbox,Folder,Subject,Item Class,Item Date,Size \
                             (KB),Error Code,Error,Failed At\n"
                    .to_owned();
            for one in self.listed_on(today) {
                let life = &self.lives[one.mailbox];
                let _ = writeln!(
                    items,
                    "{},User {},{},Inbox,{},IPM.Note,10/07/2025,48025,0x80040305,Message size exceeds \
                     the maximum allowed (46.9 MB of 40 MB),24/08/2026 23:00:58",
                    life.collection, one.mailbox, life.address, one.subject
                );
            }
            let of_day = folder.join(date.to_string());
            std::fs::create_dir_all(&of_day).unwrap();
            std::fs::write(of_day.join("sync-state.csv"), states).unwrap();
            std::fs::write(of_day.join("failed-items.csv"), items).unwrap();
        }
        std::fs::write(folder.join("migration-schedule.csv"), schedule).unwrap();
    }

    /// Items that were ever listed, mended, and open at the end.
    fn truth(&self) -> (u64, u64, u64) {
        let last = report_dates().len() - 1;
        let open = self.listed_on(last).count() as u64;
        let ever = self.failures.len() as u64;
        (ever, ever - open, open)
    }
}

/// One that asked for every report, and one that asked for none of those that do not go out daily.
fn morning(asking: &Estate, other: &Estate) -> Morning {
    let folder = tempfile::tempdir().unwrap();
    let settings = "migration-monitor.toml";
    std::fs::copy(sample_folder().join(settings), folder.path().join(settings)).unwrap();
    for estate in [asking, other] {
        estate.write(&folder.path().join("exports"));
    }
    let register = format!(
        "code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,\
         board_to,pilot_summary_to,closing_to,subject_lines\n\
         {},Invented Asking Trust,pilot,{domain},a@{domain},f@{domain},,board@{domain},pm@{domain},\
         chief@{domain},workbook\n\
         {},Invented Other Trust,pilot,{other_domain},b@{other_domain},,,,,,workbook\n",
        asking.code,
        other.code,
        domain = asking.domain,
        other_domain = other.domain
    );
    std::fs::write(folder.path().join("organisations.csv"), register).unwrap();
    Morning { folder }.without_summary()
}

fn run(morning: &Morning, from: &str, to: &str) {
    let said = morning.tell(&["run", "--from", from, "--to", to, "--send-late"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
}

fn enter(morning: &Morning, stage: &str, next: &str) {
    morning.edit("organisations.csv", |register| {
        register.replace(&format!(",{stage},"), &format!(",{next},"))
    });
}

/// The dates of the messages of a report, by organisation.
fn sent(morning: &Morning, report: &str) -> BTreeMap<String, Vec<NaiveDate>> {
    let mut sent: BTreeMap<String, Vec<NaiveDate>> = BTreeMap::new();
    for file in morning.outbox().into_keys() {
        let (date, name) = file.split_once('/').unwrap();
        let (code, rest) = name.split_once('-').unwrap();
        if rest.starts_with(&format!("{report}-1-")) {
            sent.entry(code.to_owned()).or_default().push(day(date));
        }
    }
    sent
}

fn archived(morning: &Morning, date: NaiveDate, code: &str, report: &str) -> std::path::PathBuf {
    let below = format!("data/archive/{date}/{code}/{report}/edition-1");
    morning.folder.path().join(below)
}

fn model(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("model.json")).unwrap()).unwrap()
}

/// So many items of the open ones the organisation accepts, in the log that it sends back.
const ACCEPTED: u64 = 2;

/// Sends the log of failed items back, in which the first items are accepted.
fn accept(morning: &Morning, failed_item_report: &Path) {
    let (headings, items) = table(failed_item_report, "Failed items");
    let place = headings.iter().position(|heading| heading == "Reference");
    let mut log = "Reference,Decision,Decided by\n".to_owned();
    for item in items.iter().take(usize::try_from(ACCEPTED).unwrap()) {
        let _ = writeln!(log, "{},Accept,Chief Clerk", item[place.unwrap()]);
    }
    let path = morning.folder.path().join("exports/ZAK/decisions.csv");
    std::fs::write(path, log).unwrap();
}

fn figure(model: &Value, label: &str) -> String {
    let figures = model["page"]["key_figures"].as_array().unwrap();
    let figure = figures.iter().find(|figure| figure["label"] == label);
    figure.unwrap()["value"].as_str().unwrap().to_owned()
}

fn rows(folder: &Path, sheet: &str) -> Vec<Vec<String>> {
    table(folder, sheet).1
}

/// The headings of a sheet, which are those of the first row of as many cells as there are columns,
/// and the rows below them.
fn table(folder: &Path, sheet: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let workbook = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|ending| ending == "xlsx"));
    let mut workbook: Xlsx<_> = open_workbook(workbook.unwrap()).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let rows: Vec<Vec<String>> = range
        .rows()
        .map(|row| row.iter().map(Data::to_string).collect())
        .collect();
    let is_heading = |row: &Vec<String>| row.iter().all(|cell| !cell.is_empty());
    let heading = rows.iter().position(is_heading).unwrap();
    let below = rows[heading + 1..].to_vec();
    (rows[heading].clone(), below)
}

#[test]
fn a_programme_from_its_first_pilot_day_to_its_close() {
    let (asking, other) = (
        Estate::of("ZAK", "asking.nhs.example"),
        Estate::of("ZOT", "other.nhs.example"),
    );
    let morning = morning(&asking, &other);
    run(&morning, FIRST, "2026-09-08");
    enter(&morning, "pilot", "sync-and-switch");
    run(&morning, "2026-09-09", "2026-10-06");
    enter(&morning, "sync-and-switch", "mop-up");
    run(&morning, "2026-10-07", "2026-10-19");
    let mop_up = archived(&morning, day("2026-10-19"), "ZAK", "failed-item");
    accept(&morning, &mop_up);
    run(&morning, "2026-10-20", LAST);
    enter(&morning, "mop-up", "closed");
    run(&morning, CLOSED, CLOSED);
    // Run again, and on later days: nobody gets anything twice, and nothing more.
    let before = morning.outbox();
    run(&morning, CLOSED, CLOSED);
    run(&morning, "2026-10-28", "2026-11-02");
    assert_eq!(before.len(), morning.outbox().len());

    let dates = report_dates();
    // Each day, and never after the close.
    assert_eq!(sent(&morning, "overall-migration")["ZAK"], dates);
    // Once the last pilot mailbox is in sync.
    let pilot = asking
        .lives
        .iter()
        .filter(|life| life.collection == "Pilot");
    let complete = dates[pilot.map(|life| life.in_sync).max().unwrap()];
    let once = |date| BTreeMap::from([("ZAK".to_owned(), vec![date])]);
    assert_eq!(sent(&morning, "pilot-summary"), once(complete));
    assert_eq!(sent(&morning, "closing"), once(day(CLOSED)));
    // On the first day of each week that has a report.
    let mut weeks = BTreeSet::new();
    let first_of_week = dates.iter().filter(|date| weeks.insert(date.iso_week()));
    let boards = BTreeMap::from([("ZAK".to_owned(), first_of_week.copied().collect())]);
    assert_eq!(sent(&morning, "board"), boards);

    let closing = archived(&morning, day(CLOSED), "ZAK", "closing");
    holds_what_is_true(&asking, &closing);
    figures_add_up(&asking, &morning);
    keeps_subject_lines_where_they_belong(&closing);
    let pilot = model(&archived(&morning, complete, "ZAK", "pilot-summary"));
    assert_eq!(figure(&pilot, "In sync or switched"), "100%");
    assert_eq!(figure(&pilot, "Still to come"), "18");
    let days: Vec<usize> = (0..6).map(|number: usize| 2 + number % 4).collect();
    let half = days.iter().filter(|days| **days <= 3).count();
    assert!(half * 2 >= days.len());
    let board = model(&archived(&morning, day("2026-10-12"), "ZAK", "board"));
    assert_eq!(figure(&board, "Switched"), "23");
    assert_eq!(
        board["page"]["headline"]["sentences"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    names_nobody(
        &asking,
        &archived(&morning, day("2026-10-12"), "ZAK", "board"),
    );
}

/// The figures for other tools are those of the history and the truth, and name nobody.
fn figures_add_up(estate: &Estate, morning: &Morning) {
    let out = morning.folder.path().join("figures");
    let said = morning.tell(&["figures", "--out", out.to_str().unwrap()]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let csv = std::fs::read_to_string(out.join("organisation-days.csv")).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let headings = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.filter(|row| row[1] == estate.code).collect();
    assert_eq!(rows.len(), report_dates().len());
    let column = |name| {
        headings
            .iter()
            .position(|heading| *heading == name)
            .unwrap()
    };
    let sum = |name| {
        let cells = rows.iter().map(|row| row[column(name)]);
        cells
            .filter_map(|cell| cell.parse::<u64>().ok())
            .sum::<u64>()
    };
    let (ever, mended, open) = estate.truth();
    let last = rows.last().unwrap();
    let (first, number) = (rows[0][column("new_failed_items")], open.to_string());
    assert_eq!(
        (first, last[column("failed_items_listed")]),
        ("", number.as_str())
    );
    assert_eq!(
        (sum("new_failed_items"), sum("cleared_failed_items")),
        (ever, mended)
    );
    assert_eq!((last[0], last[column("switched")]), (LAST, "23"));
    assert!(!csv.contains('@') && !csv.contains("User"));
    for ending in ["parquet", "pq", "pbids"] {
        assert!(out.join(format!("organisation-days.{ending}")).exists());
    }
}

/// The closing report is equal to the truth, and to the history.
fn holds_what_is_true(estate: &Estate, folder: &Path) {
    let model = model(folder);
    let (ever, mended, open) = estate.truth();
    assert!(mended > 3 && open > 3 + ACCEPTED);
    for (label, value) in [
        ("Items mended", mended),
        ("Items accepted", ACCEPTED),
        ("Items open", open - ACCEPTED),
    ] {
        assert_eq!(figure(&model, label), value.to_string(), "{label}");
    }
    assert_eq!(model["totals"]["by_state"]["switched"], 23);
    let sections = model["page"]["sections"].as_array().unwrap();
    let course = sections
        .iter()
        .find(|section| section["heading"] == "From the first day to the last");
    let course = course.unwrap()["text"].to_string();
    let flow = format!(
        "Of failed items 0 were listed on the first day, {ever} came since and {mended} were \
         cleared; {open} are listed on the last."
    );
    assert!(course.contains(&flow), "{course} lacks {flow}");
    assert!(course.contains("44 days of figures, from 24 August 2026 to 23 October 2026"));
    let sentences = model["page"]["headline"]["sentences"].to_string();
    let told = "All figures are those of 23 October 2026, the last day with exports.";
    assert!(sentences.contains(told), "{sentences}");
    assert_eq!(rows(folder, "Mailboxes").len(), estate.lives.len());
    assert_eq!(rows(folder, "Items not migrated").len() as u64, open);
    let outcomes = rows(folder, "Items not migrated").concat();
    let accepted = outcomes.iter().filter(|cell| *cell == "Accepted").count() as u64;
    assert_eq!(accepted, ACCEPTED);
    let mended_rows = rows(folder, "Mended");
    assert_eq!(mended_rows.len() as u64, mended);
    let of_whom = |address: &str| {
        let in_sheet = mended_rows
            .iter()
            .filter(|row| row.contains(&address.to_owned()));
        in_sheet.count()
    };
    for (number, life) in estate.lives.iter().enumerate() {
        let failures = estate.failures.iter();
        let mended = failures.filter(|one| one.mailbox == number && one.until.is_some());
        assert_eq!(of_whom(&life.address), mended.count(), "{}", life.address);
    }
}

/// In the workbook, as the register says, and nowhere else; of mended items nowhere at all.
fn keeps_subject_lines_where_they_belong(folder: &Path) {
    for file in ["report.html", "report.txt", "model.json"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(!text.contains("on patient"), "{file}");
    }
    let quoted = |sheet| {
        rows(folder, sheet)
            .concat()
            .join(" ")
            .contains("on patient")
    };
    assert!(quoted("Items not migrated") && !quoted("Mended"));
}

/// A board needs no names.
fn names_nobody(estate: &Estate, folder: &Path) {
    let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
    let sheets = ["Summary", "Switches", "Days", "Findings"].map(|sheet| rows(folder, sheet));
    let cells = sheets.concat().concat().join(" ");
    for life in &estate.lives {
        assert!(!text.contains(&life.address) && !cells.contains(&life.address));
    }
    assert!(!text.contains("User 1") && !cells.contains("User 1"));
}
