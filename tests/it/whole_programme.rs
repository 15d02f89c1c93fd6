//! An invented programme from its first pilot day to its close, of which the truth is known: each
//! report that does not go out daily comes when it is to, once, to those who asked for it, and says
//! what the history says and what is true.

mod estate;
mod policies;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use chrono::{Datelike, Days, NaiveDate};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use self::estate::{Change, Estate, FIRST, LAST, day, report_dates};
use crate::support::morning::{Morning, sample_folder};

/// The first run after the stage became closed: that of the Monday before was missed.
const CLOSED: &str = "2026-10-27";
/// The day of whose failed items the organisation sends a log back.
const DECIDED: &str = "2026-10-19";
/// One more on the schedule of a week, and it is too full.
const MOST_A_WEEK: usize = 9;

/// The settings of the sample, with a schedule each day and a week that takes few.
fn write_settings(folder: &Path) {
    let name = "migration-monitor.toml";
    let settings = std::fs::read_to_string(sample_folder().join(name)).unwrap();
    let schedule = "{organisation}/{date}/schedule*";
    let most = format!("[exports]\nmax_switches_a_week = {MOST_A_WEEK}\n");
    let settings = settings
        .replace("{organisation}/migration-schedule*", schedule)
        .replace("[exports]\n", &most);
    std::fs::write(folder.join(name), settings).unwrap();
}

/// One that asked for every report, and one that asked for none of those that do not go out daily.
fn morning(asking: &Estate, other: &Estate) -> Morning {
    let folder = tempfile::tempdir().unwrap();
    write_settings(folder.path());
    for estate in [asking, other] {
        estate.write(&folder.path().join("exports"), &report_dates());
    }
    let register = format!(
        "code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,\
         board_to,pilot_summary_to,closing_to,subject_lines\n\
         {},Invented Asking Trust,pilot,{domain},a@{domain},f@{domain},s@{domain},board@{domain},\
         pm@{domain},chief@{domain},workbook\n\
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

fn archived(morning: &Morning, date: NaiveDate, code: &str, report: &str) -> PathBuf {
    let below = format!("data/archive/{date}/{code}/{report}/edition-1");
    morning.folder.path().join(below)
}

fn model(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("model.json")).unwrap()).unwrap()
}

/// So many items of the open ones the organisation accepts, in the log that it sends back.
const ACCEPTED: usize = 2;

/// Sends the log of failed items back as people do: one saves the open items that she filtered in a
/// workbook of her own, sorted her way, with a column more and the decision signed; another sends a csv
/// of two rows, and keeps what she gave up.
fn decide(morning: &Morning, failed_item_report: &Path) {
    let (headings, items) = table(failed_item_report, "Failed items");
    let place = |heading| headings.iter().position(|one| one == heading).unwrap();
    let (reference, decision) = (place("Reference"), place("Decision"));
    let (accepted, others) = items.split_at(ACCEPTED + 1);
    let mut log = Workbook::new();
    let sheet = log.add_worksheet().set_name("ZAK log v2 FINAL").unwrap();
    sheet.write_string(2, 0, "Ours").unwrap();
    let mut row = 2;
    let mut write = |cells: &[String]| {
        for (column, cell) in (1..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
        row += 1;
    };
    write(&headings);
    for item in accepted.iter().rev() {
        let mut item = item.clone();
        item[reference] = format!(" {} ", item[reference].to_lowercase());
        item[decision] = "Accepted - CC, 16/10/2026".to_owned();
        write(&item);
    }
    let folder = morning.folder.path().join("exports/ZAK");
    log.save(folder.join("decisions-chief-clerk.xlsx")).unwrap();
    let (kept, unclear) = (&accepted[ACCEPTED][reference], &others[0][reference]);
    let other = format!(
        "Reference;Decision;Decided on;Decided by;Note\r\n\'{kept};Keep;19/10/2026;Ward Manager\r\n\
         {unclear};I do not know\r\n"
    );
    std::fs::write(folder.join("decisions-ward.csv"), other).unwrap();
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
    // Where there is nothing to list, there is no sheet.
    if !workbook.sheet_names().iter().any(|name| name == sheet) {
        return (Vec::new(), Vec::new());
    }
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
    decide(
        &morning,
        &archived(&morning, day(DECIDED), "ZAK", "failed-item"),
    );
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

    schedule_changes_are_true(&asking, &morning);
    accounts_are_true(&asking, &morning);
    decisions_are_told(&morning);
    let closing = archived(&morning, day(CLOSED), "ZAK", "closing");
    holds_what_is_true(&asking, &closing);
    figures_add_up(&asking, &morning);
    keeps_subject_lines_where_they_belong(&closing);
    let pilot = archived(&morning, complete, "ZAK", "pilot-summary");
    let said = std::fs::read_to_string(pilot.join("report.txt")).unwrap();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for answer in [
        "Was the switch itself tried? Answer: Not yet: none of 6 pilot mailboxes has switched.",
        "Have users activated their new accounts? Answer: No: 18 of 24 users who have not switched \
         have not, and of 6 it is not known.",
        "What is the service desk to expect? Answer: 30 to 40% more calls",
    ] {
        assert!(said.contains(answer), "{said}");
    }
    let pilot = model(&pilot);
    assert_eq!(figure(&pilot, "In sync or switched"), "100%");
    assert_eq!(figure(&pilot, "Still to come"), "18");
    let board = model(&archived(&morning, day("2026-10-12"), "ZAK", "board"));
    assert_eq!(figure(&board, "Switched"), "23");
    let headline = board["page"]["headline"]["label"].as_str().unwrap();
    let how_far = match board["totals"]["mailboxes"].as_u64().unwrap() {
        23 => "All 23 switched".to_owned(),
        all => format!("23 of {all} switched"),
    };
    assert!(headline.starts_with(&how_far), "{headline}");
    names_nobody(
        &asking,
        &archived(&morning, day("2026-10-12"), "ZAK", "board"),
    );
}

/// The Switch Readiness Reports, of the days on which there is one.
fn readiness(morning: &Morning) -> impl Iterator<Item = (NaiveDate, PathBuf)> {
    let folder = |date| archived(morning, date, "ZAK", "switch-readiness");
    let all = report_dates()
        .into_iter()
        .map(move |date| (date, folder(date)));
    all.filter(|(_, folder)| folder.exists())
}

/// The cells of a sheet under some headings, a row as one text.
fn cells(folder: &Path, sheet: &str, wanted: &[&str]) -> BTreeSet<String> {
    let (headings, rows) = table(folder, sheet);
    under(&headings, &rows, wanted)
}

fn under(headings: &[String], rows: &[Vec<String>], wanted: &[&str]) -> BTreeSet<String> {
    if rows.is_empty() {
        return BTreeSet::new();
    }
    let place = |heading: &&str| headings.iter().position(|one| one == heading).unwrap();
    let places: Vec<usize> = wanted.iter().map(place).collect();
    let text = |row: &Vec<String>| {
        let cells: Vec<&str> = places.iter().map(|place| row[*place].as_str()).collect();
        cells.join("|")
    };
    rows.iter().map(text).collect()
}

/// Every morning's changes are those that were made: since the report before and since the schedule
/// was frozen, with an action while a switch is near, and held against what a week can take.
fn schedule_changes_are_true(estate: &Estate, morning: &Morning) {
    let changes = estate.changes();
    let mut days_with_actions = 0;
    for (date, folder) in readiness(morning) {
        let made: Vec<&Change> = changes.iter().filter(|change| change.on <= date).collect();
        let mut expected = BTreeSet::new();
        for change in &made {
            let address = &estate.lives[change.mailbox].address;
            expected.insert(format!("{}|{address}", change.kind));
            // Who left the export is known by a fingerprint, but for the frozen schedule.
            if change.on == date && change.now.is_none() {
                expected.insert(format!("{}|No longer exported", change.kind));
            }
        }
        let (headings, rows) = table(&folder, "Schedule changes");
        match expected.is_empty() {
            true => assert!(rows.is_empty(), "{date}: {rows:?}"),
            false => {
                let told = under(&headings, &rows, &["Change", "Source mailbox"]);
                assert_eq!(told, expected, "{date}");
            }
        }
        let today = made.iter().filter(|change| change.on == date).count();
        if !made.is_empty() {
            assert_eq!(rows.len(), made.len() + today, "{date}: {rows:?}");
        }
        let late = made.iter().filter(|change| change.is_late(date)).count();
        let actions = model(&folder)["page"]["your_actions"].to_string();
        let said = match late {
            1 => "Confirm 1 change of the schedule".to_owned(),
            late => format!("Confirm {late} changes of the schedule"),
        };
        assert_eq!(actions.contains("Confirm "), late > 0, "{date}: {actions}");
        assert_eq!(actions.contains(&said), late > 0, "{date}: {actions}");
        days_with_actions += usize::from(late > 0);
        let text = std::fs::read_to_string(folder.join("report.txt")).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut weeks: BTreeMap<_, usize> = BTreeMap::new();
        for (_, (_, switch)) in estate.there(date) {
            *weeks.entry(switch.iso_week()).or_default() += 1;
        }
        let is_too_full = weeks
            .iter()
            .any(|(week, mailboxes)| *week >= date.iso_week() && *mailboxes > MOST_A_WEEK);
        let told = text.contains("More mailboxes are to switch in one week than the 9");
        assert_eq!(told, is_too_full, "{date}: {text}");
    }
    // Also on days on which nothing changed.
    assert!(days_with_actions > 6, "{days_with_actions}");
}

/// Who has not activated the account, by when it must be, and of whom that is not known: on the
/// 29th, 30th and 31st day, and on every other.
fn accounts_are_true(estate: &Estate, morning: &Morning) {
    let mut ages = BTreeSet::new();
    for (date, folder) in readiness(morning) {
        let mut expected = BTreeSet::new();
        for (life, (_, switch)) in estate.there(date) {
            let account = estate.account(life.number);
            if estate.state(life, switch, date).0 == "Switched" || account.is_activated(date) {
                continue;
            }
            let age = (date - account.created).num_days();
            let told = |days| (account.created + Days::new(days)).format("%-d %B %Y");
            let said = match (account.is_told, age) {
                (true, ..30) => format!("Not activated: activate by {}", told(30)),
                (true, 30) => "Not activated: today is the last day".to_owned(),
                (true, _) => format!("Not activated: inactive since {}", told(31)),
                (false, ..=30) => format!("Not known: if not yet, activate by {}", told(30)),
                (false, _) => format!("Not known: if not activated, inactive since {}", told(31)),
            };
            ages.insert((account.is_told, age));
            expected.insert(format!("{}|{said}", life.address));
        }
        let mut told = cells(&folder, "Accounts", &["Source mailbox", "New account"]);
        told.retain(|row| row.contains('@'));
        assert_eq!(told, expected, "{date}");
    }
    for age in [29, 30, 31] {
        let both = ages.contains(&(true, age)) && ages.contains(&(false, age));
        assert!(both, "{ages:?}");
    }
}

/// What the two logs say is read or told, and nothing is guessed.
fn decisions_are_told(morning: &Morning) {
    let folder = archived(morning, day("2026-10-20"), "ZAK", "failed-item");
    let decided = cells(&folder, "Failed items", &["Decision", "Decided by"]);
    for said in ["Accept|CC", "Keep|Ward Manager"] {
        assert!(decided.contains(said), "{decided:?}");
    }
    let findings = model(&folder)["findings"].to_string();
    for code in ["decisions-differ", "decision-unclear"] {
        assert!(findings.contains(code), "{findings}");
    }
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
    let (ever, resolved, open) = estate.truth();
    let last = rows.last().unwrap();
    let (first, number) = (rows[0][column("new_failed_items")], open.to_string());
    assert_eq!(
        (first, last[column("failed_items_listed")]),
        ("", number.as_str())
    );
    assert_eq!(
        (sum("new_failed_items"), sum("cleared_failed_items")),
        (ever, resolved)
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
    let (ever, resolved, open) = estate.truth();
    let accepted = ACCEPTED as u64;
    assert!(resolved > 3 && open > 4 + accepted);
    for (label, value) in [
        ("Items resolved", resolved),
        ("Items accepted", accepted),
        ("Items open", open - accepted),
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
        "Failed items: 0 on the first day, {ever} new since, {resolved} cleared, {open} on the last day."
    );
    assert!(course.contains(&flow), "{course} lacks {flow}");
    assert!(course.contains("44 days of figures, from 24 August 2026 to 23 October 2026"));
    let sentences = model["page"]["headline"]["sentences"].to_string();
    let told = "All figures are those of 23 October 2026, the last day with exports.";
    assert!(sentences.contains(told), "{sentences}");
    let there = estate.there(day(LAST)).count();
    assert_eq!(rows(folder, "Mailboxes").len(), there);
    assert_eq!(rows(folder, "Items not migrated").len() as u64, open);
    let outcomes = rows(folder, "Items not migrated").concat();
    let told = outcomes.iter().filter(|cell| *cell == "Accepted");
    assert_eq!(told.count(), ACCEPTED);
    let resolved_rows = rows(folder, "Resolved");
    assert_eq!(resolved_rows.len() as u64, resolved);
    let of_whom = |address: &str| {
        let in_sheet = resolved_rows
            .iter()
            .filter(|row| row.contains(&address.to_owned()));
        in_sheet.count()
    };
    for (number, life) in estate.lives.iter().enumerate() {
        let failures = estate.failures.iter();
        let resolved = failures.filter(|one| one.mailbox == number && one.until.is_some());
        assert_eq!(of_whom(&life.address), resolved.count(), "{}", life.address);
    }
}

/// In the workbook, as the register says, and nowhere else; of resolved items nowhere at all.
fn keeps_subject_lines_where_they_belong(folder: &Path) {
    for file in ["report.html", "report.txt", "model.json"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(!text.contains("ZAK patient"), "{file}");
    }
    let quoted = |sheet| {
        rows(folder, sheet)
            .concat()
            .join(" ")
            .contains("ZAK patient")
    };
    assert!(quoted("Items not migrated") && !quoted("Resolved"));
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
