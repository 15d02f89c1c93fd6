//! A drop folder as a test describes it, and what the program makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Duration, NaiveDate};
use migration_monitor::domain::{
    Domain, Finding, FindingCode, OrganisationCode, ReportDate, Severity, SyncState,
};
use migration_monitor::exports::{self, ExportRequest, Layouts, SharedExports};
use migration_monitor::settings::Settings;
use migration_monitor::tables::{self, Difference, Rules, Tables, Validation, columns};
use polars::prelude::{AnyValue, DataFrame};

use super::table::{CONFIDENTIAL, failed_items, sync_state};

const SETTINGS: &str = concat!(
    include_str!("../support/programme.toml"),
    r#"
schedule = "{organisation}/{date}/schedule*"
frozen_schedule = "{organisation}/{date}/frozen-schedule*"
accounts = "{organisation}/{date}/accounts*"
decisions = "{organisation}/{date}/decisions*"
"#
);

/// Where the exports of the organisation and the day of these tests lie.
const FOLDER: &str = "ZNM/2026-11-20";

pub(crate) fn report_date() -> ReportDate {
    ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap())
}

/// The exports of organisation ZNM, whose mail domain is nm.example, good unless a test says
/// otherwise.
#[derive(Debug, Clone)]
pub(crate) struct DropFolder {
    files: BTreeMap<String, Vec<u8>>,
    settings: String,
}

impl DropFolder {
    pub(crate) fn with_good_exports() -> Self {
        Self {
            files: BTreeMap::new(),
            settings: SETTINGS.to_owned(),
        }
        .with("sync-state.csv", sync_state().to_csv())
        .with("failed-items.csv", failed_items().to_csv())
    }

    /// Puts a file there, in place of one with that name.
    pub(crate) fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(name.to_owned(), content.into());
        self
    }

    pub(crate) fn with_sync_state(self, content: impl Into<Vec<u8>>) -> Self {
        self.with("sync-state.csv", content)
    }

    pub(crate) fn with_failed_items(self, content: impl Into<Vec<u8>>) -> Self {
        self.with("failed-items.csv", content)
    }

    pub(crate) fn with_schedule(self, content: impl Into<Vec<u8>>) -> Self {
        self.with("schedule.csv", content)
    }

    /// Adds a line to the settings of exports.
    pub(crate) fn with_setting(mut self, line: &str) -> Self {
        self.settings += &format!("{line}\n");
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        assert!(self.files.remove(name).is_some(), "{name}");
        self
    }

    /// Lets this share of the rows be bad.
    pub(crate) fn allowing_bad_rows(mut self, share: f64) -> Self {
        self.settings += &format!("max_bad_rows = {share:?}\n");
        self
    }

    pub(crate) fn allowing_an_age_of_hours(mut self, hours: u32) -> Self {
        self.settings += &format!("max_age_hours = {hours}\n");
        self
    }

    /// Reads the folder as the program does. Whatever is found, it names no person, no address and
    /// no subject line.
    pub(crate) fn read(&self) -> Read {
        let read = self.read_whatever_is_told();
        let confidential = self.confidential();
        for finding in read.findings() {
            let told = finding.to_string().to_lowercase();
            assert!(!told.contains('@'), "{told}");
            for word in &confidential {
                let found = memchr::memmem::find(told.as_bytes(), word.as_bytes());
                assert!(found.is_none(), "“{word}” is in: {told}");
            }
        }
        read
    }

    /// Reads the folder as the program does. What a damaged file has where headings should be is
    /// told as headings.
    pub(crate) fn read_whatever_is_told(&self) -> Read {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("exports").join(FOLDER);
        std::fs::create_dir_all(&day).unwrap();
        for (name, content) in &self.files {
            std::fs::write(day.join(name), content).unwrap();
        }
        Read(read(folder.path(), &self.settings))
    }

    /// What no finding may say, in lower case.
    fn confidential(&self) -> BTreeSet<String> {
        let text: String = self
            .files
            .values()
            .map(|content| String::from_utf8_lossy(content).replace('\0', "") + "\n")
            .collect();
        let is_edge = |c: char| c.is_whitespace() || c.is_control() || ",;|\"".contains(c);
        let names_of_mailboxes = text
            .split(is_edge)
            .filter_map(|word| word.rsplit_once('@'))
            .map(|(name, _)| name.to_lowercase());
        let words = CONFIDENTIAL.iter().map(|word| word.to_lowercase());
        words
            .chain(names_of_mailboxes.filter(|name| name.len() > 2))
            .collect()
    }
}

/// The built-in layouts, which are the same for every test.
pub(crate) fn layouts() -> &'static Layouts {
    static LAYOUTS: LazyLock<Layouts> = LazyLock::new(|| Layouts::load(None).unwrap());
    &LAYOUTS
}

fn read(folder: &Path, settings: &str) -> Validation {
    let path = folder.join("migration-monitor.toml");
    std::fs::write(&path, settings).unwrap();
    let has_limit = settings.contains("max_age_hours");
    let settings = Settings::load(Some(&path)).unwrap().exports;
    let layouts = layouts();
    let organisation = OrganisationCode::parse("ZNM").unwrap();
    let exports = exports::read(ExportRequest {
        settings: &settings,
        layouts,
        shared: &SharedExports::read(&settings, layouts, report_date()),
        organisation: &organisation,
        date: report_date(),
        may_repeat: false,
    });
    let seven_o_clock = report_date().day().and_hms_opt(7, 0, 0).unwrap();
    let rules = Rules {
        organisation: &organisation,
        mail_domains: &[Domain::parse("nm.example").unwrap()],
        max_bad_rows: settings.max_bad_rows.fraction(),
        // The tables of these tests are of any year.
        not_before: has_limit
            .then(|| seven_o_clock - Duration::hours(settings.max_age_hours.into())),
        not_after: has_limit.then(|| seven_o_clock + Duration::days(1)),
        time_zone: chrono_tz::Europe::London,
    };
    tables::validate(&exports, rules)
}

/// What came of a drop folder.
#[derive(Debug)]
pub(crate) struct Read(Validation);

impl Read {
    /// The codes of all findings, in their order.
    pub(crate) fn codes(&self) -> Vec<FindingCode> {
        self.0.findings.iter().map(|finding| finding.code).collect()
    }

    /// Everything that is told.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.0.findings
    }

    /// Whether there are no tables.
    pub(crate) fn is_held(&self) -> bool {
        self.0.tables.is_none()
    }

    /// Rows that were set aside, listed or counted.
    pub(crate) fn bad_rows(&self) -> usize {
        self.all(FindingCode::BadRow)
            .iter()
            .map(|told| if told.has_place() { 1 } else { told.number() })
            .sum()
    }

    /// How many rows were passed over as no mailboxes.
    pub(crate) fn passed_over(&self) -> usize {
        let told = self.all(FindingCode::RowsPassedOver);
        told.into_iter().map(Told::number).sum()
    }

    /// All findings of a code.
    pub(crate) fn all(&self, code: FindingCode) -> Vec<Told<'_>> {
        self.0
            .findings
            .iter()
            .filter(|finding| finding.code == code)
            .map(Told)
            .collect()
    }

    fn only(&self, code: FindingCode, severity: Severity) -> Told<'_> {
        let told = self.all(code);
        assert_eq!(told.len(), 1, "{code:?} in {:#?}", self.0.findings);
        assert_eq!(told[0].0.severity, severity);
        Told(told[0].0)
    }

    /// The one finding of this code, which holds the organisation.
    pub(crate) fn is_held_for(&self, code: FindingCode) -> Told<'_> {
        assert!(
            self.0.tables.is_none(),
            "there are tables in spite of {code:?}"
        );
        self.only(code, Severity::Hold)
    }

    /// The one finding of this code, which does not hold the organisation.
    pub(crate) fn warns_of(&self, code: FindingCode) -> Told<'_> {
        self.only(code, Severity::Warning)
    }

    /// The one finding of this code, which is for information.
    pub(crate) fn notes(&self, code: FindingCode) -> Told<'_> {
        self.only(code, Severity::Note)
    }

    pub(crate) fn tables(&self) -> &Tables {
        self.0
            .tables
            .as_ref()
            .unwrap_or_else(|| panic!("held: {:#?}", self.0.findings))
    }

    /// The addresses in the table of mailboxes.
    pub(crate) fn mailboxes(&self) -> Vec<String> {
        self.mailbox_cells(columns::MAILBOX)
    }

    /// A column of the table of mailboxes.
    pub(crate) fn mailbox_cells(&self, column: &str) -> Vec<String> {
        cells(self.tables().mailboxes.frame(), column)
    }

    /// A column of the table of failed items.
    pub(crate) fn item_cells(&self, column: &str) -> Vec<String> {
        cells(self.tables().failed_items.frame(), column)
    }

    /// A column of the migration schedule.
    pub(crate) fn schedule_cells(&self, column: &str) -> Vec<String> {
        cells(
            self.tables()
                .schedule
                .as_ref()
                .expect("a schedule")
                .table
                .frame(),
            column,
        )
    }

    /// A column of what the schedule and the export say differently.
    pub(crate) fn difference_cells(&self, column: &str) -> Vec<String> {
        cells(
            self.tables()
                .schedule
                .as_ref()
                .expect("a schedule")
                .reconciliation
                .frame(),
            column,
        )
    }

    /// Every cell of every table, a line a column.
    pub(crate) fn everything(&self) -> Vec<String> {
        let tables = self.tables();
        let schedule = tables
            .schedule
            .iter()
            .flat_map(|schedule| [schedule.table.frame(), schedule.reconciliation.frame()]);
        let frames: Vec<_> = [tables.mailboxes.frame(), tables.failed_items.frame()]
            .into_iter()
            .chain(schedule)
            .collect();
        let column = |frame: &DataFrame, name: &str| format!("{name}: {:?}", cells(frame, name));
        frames
            .iter()
            .flat_map(|frame| {
                frame
                    .get_column_names()
                    .into_iter()
                    .map(|name| column(frame, name))
            })
            .collect()
    }
}

fn cells(frame: &DataFrame, column: &str) -> Vec<String> {
    let is_state = column == columns::SYNC_STATE;
    let column = frame.column(column).unwrap();
    (0..frame.height())
        .map(|row| printed(&column.get(row).unwrap(), is_state))
        .collect()
}

fn printed(cell: &AnyValue<'_>, is_state: bool) -> String {
    match cell {
        AnyValue::Null => "unknown".to_owned(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::UInt8(code) if !is_state => {
            format!("{:?}", Difference::from_code(*code).unwrap())
        }
        AnyValue::UInt8(code) if is_state => SyncState::from_code(*code).label().to_owned(),
        AnyValue::Boolean(answer) => answer.to_string(),
        AnyValue::Int64(count) => count.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::Date(days) => {
            (NaiveDate::default() + Duration::days(i64::from(*days))).to_string()
        }
        AnyValue::Datetime(milliseconds, ..) | AnyValue::DatetimeOwned(milliseconds, ..) => {
            DateTime::from_timestamp_millis(*milliseconds)
                .unwrap()
                .naive_utc()
                .to_string()
        }
        other => panic!("{other:?}"),
    }
}

/// A finding, to be asked where it is and what it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a>(&'a Finding);

impl Told<'_> {
    fn place(&self) -> (Option<&str>, Option<u32>, Option<u32>) {
        (self.0.file.as_deref(), self.0.line, self.0.column)
    }

    /// It is about the exports as a whole.
    pub(crate) fn nowhere(self) -> Self {
        assert_eq!(self.place(), (None, None, None), "{}", self.0);
        self
    }

    /// It is about a file of the day as a whole.
    pub(crate) fn in_file(self, name: &str) -> Self {
        assert_eq!(
            self.place(),
            (Some(format!("{FOLDER}/{name}").as_str()), None, None),
            "{}",
            self.0
        );
        self
    }

    /// It is about a row.
    pub(crate) fn at_line(self, name: &str, line: u32) -> Self {
        assert_eq!(
            self.place(),
            (Some(format!("{FOLDER}/{name}").as_str()), Some(line), None),
            "{}",
            self.0
        );
        self
    }

    /// It is about a cell.
    pub(crate) fn at_cell(self, name: &str, line: u32, column: u32) -> Self {
        assert_eq!(
            self.place(),
            (
                Some(format!("{FOLDER}/{name}").as_str()),
                Some(line),
                Some(column)
            ),
            "{}",
            self.0
        );
        self
    }

    /// It is about a column.
    pub(crate) fn in_column(self, name: &str, column: u32) -> Self {
        assert_eq!(
            self.place(),
            (
                Some(format!("{FOLDER}/{name}").as_str()),
                None,
                Some(column)
            ),
            "{}",
            self.0
        );
        self
    }

    /// Its sentence has these words.
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.0.message.contains(word),
                "“{word}” is not in: {}",
                self.0.message
            );
        }
        self
    }

    /// Its sentence has none of these words.
    pub(crate) fn says_not(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                !self.0.message.contains(word),
                "“{word}” is in: {}",
                self.0.message
            );
        }
        self
    }

    /// The first whole number in its sentence.
    pub(crate) fn number(self) -> usize {
        let digits = |word: &str| word.parse().ok();
        self.0
            .message
            .split_whitespace()
            .find_map(digits)
            .unwrap_or_else(|| panic!("no number in: {}", self.0.message))
    }

    /// The line that it is about.
    pub(crate) fn line(self) -> Option<u32> {
        self.0.line
    }

    pub(crate) fn has_place(self) -> bool {
        self.0.line.is_some()
    }
}
