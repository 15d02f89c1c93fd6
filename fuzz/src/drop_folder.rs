//! A drop folder of one organisation and day, in memory where the machine has a file system there.

use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::NaiveDate;
use migration_monitor::domain::{Domain, OrganisationCode, ReportDate};
use migration_monitor::exports::{self, ExportRequest, ExportSet, Input, Layouts, SharedExports};
use migration_monitor::settings::Settings;
use migration_monitor::sheets::Sheet;
use migration_monitor::tables::{self, Rules, Tables, Validation};

use crate::invariants::{assert_reading, told_text};

/// Exports of nobody in particular, to stand beside the one that is tried.
const SYNC_STATE: &[u8] =
    b"Source Mailbox,Sync State,Failed Items\nada.moss@pennyford-hospice.example,In Sync,0\n";
/// No failed item.
const FAILED_ITEMS: &[u8] = b"Source Mailbox,Error\n";

const SETTINGS: &str = concat!(
    include_str!("../../tests/it/support/programme.toml"),
    r#"
schedule = "{organisation}/{date}/schedule*"
frozen_schedule = "{organisation}/{date}/frozen-schedule*"
accounts = "{organisation}/{date}/accounts*"
decisions = "{organisation}/{date}/decisions*"
max_bad_rows = 1.0
max_unpacked_mib = 8
"#
);

/// Where the exports of the organisation and the day lie.
const DAY: &str = "ZTP/2026-11-20";

struct DropFolder {
    settings: Settings,
    layouts: Layouts,
    shared: SharedExports,
    organisation: OrganisationCode,
    mail_domains: Vec<Domain>,
    date: ReportDate,
    day: PathBuf,
}

static FOLDER: LazyLock<DropFolder> = LazyLock::new(|| {
    let folder = crate::scratch().join("drop-folder");
    let day = folder.join("exports").join(DAY);
    std::fs::create_dir_all(&day).unwrap();
    let path = folder.join("migration-monitor.toml");
    std::fs::write(&path, SETTINGS).unwrap();
    DropFolder {
        settings: Settings::load(Some(&path)).unwrap(),
        layouts: Layouts::load(None).unwrap(),
        shared: SharedExports::default(),
        organisation: OrganisationCode::parse("ZTP").unwrap(),
        mail_domains: vec![Domain::parse("pennyford-hospice.example").unwrap()],
        date: ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()),
        day,
    }
});

/// The layouts that the program comes with.
#[must_use]
pub fn built_in_layouts() -> &'static Layouts {
    &FOLDER.layouts
}

/// Reads files of these names, and asserts what must hold.
fn read(files: &[(&str, &[u8])]) -> Option<Tables> {
    let (exports, validation) = read_files(files);
    assert_reading(&exports, &validation);
    if let Some((text, message)) = told_text(&exports, &validation) {
        // A fuzzer learns the program's sentences, and writes them into cells: what is said without
        // the cell is innocent.
        let masked: Vec<(&str, Vec<u8>)> = files
            .iter()
            .map(|(name, bytes)| (*name, masked(bytes, text.as_bytes())))
            .collect();
        let (_, without) = read_files(
            &masked
                .iter()
                .map(|(name, bytes)| (*name, bytes.as_slice()))
                .collect::<Vec<_>>(),
        );
        let is_said_anyway = without
            .findings
            .iter()
            .any(|finding| finding.message == message);
        assert!(is_said_anyway, "“{text}” is in: {message}");
    }
    validation.tables
}

/// The same bytes with an `x` for each byte of `text`, wherever it stands.
fn masked(bytes: &[u8], text: &[u8]) -> Vec<u8> {
    let mut masked = bytes.to_vec();
    for at in 0..masked.len() {
        if masked[at..].starts_with(text) {
            masked[at..at + text.len()].fill(b'x');
        }
    }
    masked
}

/// Reads files of these names as the program does. As many rows as there are may be bad.
fn read_files(files: &[(&str, &[u8])]) -> (ExportSet, Validation) {
    let folder = &*FOLDER;
    for (name, bytes) in files {
        std::fs::write(folder.day.join(name), bytes).unwrap();
    }
    let exports = exports::read(ExportRequest {
        settings: &folder.settings.exports,
        layouts: &folder.layouts,
        shared: &folder.shared,
        organisation: &folder.organisation,
        date: folder.date,
        may_repeat: false,
    });
    let rules = Rules {
        organisation: &folder.organisation,
        mail_domains: &folder.mail_domains,
        max_bad_rows: 1.0,
        not_before: None,
        not_after: None,
        time_zone: folder.settings.programme.time_zone,
    };
    let validation = tables::validate(&exports, rules);

    for (name, _) in files {
        std::fs::remove_file(folder.day.join(name)).unwrap();
    }
    (exports, validation)
}

/// Reads a file as an export of `input`, with good ones of the others beside it.
pub fn read_as(input: Input, extension: &str, bytes: &[u8]) -> Option<Tables> {
    let stem = match input {
        Input::SyncState => "sync-state",
        Input::FailedItems => "failed-items",
        Input::Schedule => "schedule",
        Input::FrozenSchedule => "frozen-schedule",
        Input::Accounts => "accounts",
        Input::Decisions => "decisions",
    };
    let name = format!("{stem}.{extension}");
    let others = [
        (Input::SyncState, "sync-state.csv", SYNC_STATE),
        (Input::FailedItems, "failed-items.csv", FAILED_ITEMS),
    ];
    let others = others
        .into_iter()
        .filter(|(other, ..)| *other != input)
        .map(|(_, name, bytes)| (name, bytes));
    read(&others.chain([(name.as_str(), bytes)]).collect::<Vec<_>>())
}

/// Reads a file as each input whose layouts fit a table in it, and gives those tables.
pub fn read_as_what_it_is(extension: &str, bytes: &[u8]) -> Vec<Sheet> {
    let path = FOLDER.day.join(format!("opened.{extension}"));
    std::fs::write(&path, bytes).unwrap();
    let sheets: Vec<Sheet> = exports::open(&path, &FOLDER.layouts)
        .into_iter()
        .flatten()
        .map(|(_, sheet)| sheet)
        .collect();
    std::fs::remove_file(&path).unwrap();
    for input in Input::ALL {
        if sheets
            .iter()
            .any(|sheet| FOLDER.layouts.detect(sheet, input, None).is_ok())
        {
            read_as(input, extension, bytes);
        }
    }
    sheets
}
