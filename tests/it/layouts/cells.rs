//! Exports as tools write them, and the tables that come of them.

use std::path::Path;

use chrono::NaiveDate;
use migration_monitor::domain::{Domain, Finding, FindingCode, OrganisationCode, ReportDate};
use migration_monitor::exports::{self, ExportRequest, Layouts, SharedExports};
use migration_monitor::metrics::CauseRules;
use migration_monitor::settings::Settings;
use migration_monitor::tables::{self, Rules, ValidTable, Validation, columns};
use polars::prelude::{AnyValue, DataFrame};

use crate::support::morning::{DATE, sample_folder};

/// A sync-state export of nobody in particular, for tests of failed items; and the other way round.
pub(super) const SYNC_STATE: &[u8] =
    b"Source Mailbox,Sync State,Failed Items\nada.moss@pennyford-hospice.example,In Sync,0\n";
pub(super) const FAILED_ITEMS: &[u8] = b"Source Mailbox,Error\n";

/// Reads two exports of one organisation as a run does.
pub(super) fn read(layouts: &Layouts, sync_state: &[u8], failed_items: &[u8]) -> Validation {
    read_files(layouts, ("csv", sync_state), ("csv", failed_items), None)
}

/// The ending of a file's name, and its bytes.
type File<'a> = (&'a str, &'a [u8]);

/// Reads files of one organisation as a run does. Each bad row is listed, and none of them holds.
pub(super) fn read_files(
    layouts: &Layouts,
    sync_state: File<'_>,
    failed_items: File<'_>,
    other: Option<(&str, File<'_>)>,
) -> Validation {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        sample_folder().join("migration-monitor.toml"),
        folder.path().join("migration-monitor.toml"),
    )
    .unwrap();
    let day = folder.path().join("exports/ZTP").join(DATE);
    std::fs::create_dir_all(&day).unwrap();
    let files = [("sync-state", sync_state), ("failed-items", failed_items)];
    for (name, (ending, bytes)) in files.into_iter().chain(other) {
        std::fs::write(day.join(format!("{name}.{ending}")), bytes).unwrap();
    }
    let settings = Settings::load(Some(&folder.path().join("migration-monitor.toml"))).unwrap();
    let organisation = "ZTP".parse::<OrganisationCode>().unwrap();
    let date = ReportDate::parse(DATE, NaiveDate::MAX).unwrap();
    let exports = exports::read(ExportRequest {
        settings: &settings.exports,
        layouts,
        shared: &SharedExports::default(),
        organisation: &organisation,
        date,
        may_repeat: false,
    });
    let mail_domains =
        ["pennyford-hospice.example", "nm.example"].map(|domain| Domain::parse(domain).unwrap());
    tables::validate(
        &exports,
        Rules {
            organisation: &organisation,
            mail_domains: &mail_domains,
            max_bad_rows: 1.0,
            not_before: None,
            not_after: None,
            time_zone: chrono_tz::Europe::London,
        },
    )
}

pub(super) fn awkward(file: &str) -> Vec<u8> {
    std::fs::read(sample_folder().join("awkward").join(file)).unwrap()
}

/// Each row of a table, its cells as text; `-` for an unknown.
pub(super) fn rows(frame: &DataFrame) -> Vec<String> {
    let cell = |value: AnyValue<'_>| match value {
        AnyValue::Null => "-".to_owned(),
        value => value
            .get_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    };
    // What is judged and not read has tests of its own.
    let judged = [
        columns::AWAITS_APPROVAL,
        columns::IS_SETTING,
        columns::SETTINGS_FAILED,
    ];
    let row = |row: usize| {
        frame
            .columns()
            .iter()
            .filter(|column| !judged.contains(&column.name().as_str()))
            .map(|column| cell(column.get(row).unwrap()))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    (0..frame.height()).map(row).collect()
}

pub(super) fn mailboxes(validation: &Validation) -> Vec<String> {
    let frame = ValidTable::frame(
        &validation
            .tables
            .as_ref()
            .unwrap_or_else(|| panic!("{:?}", validation.findings))
            .mailboxes,
    );
    rows(frame)
        .into_iter()
        .map(|row| row.replace("@pennyford-hospice.example", "@ph"))
        .collect()
}

fn failed_items(validation: &Validation) -> Vec<String> {
    let frame = ValidTable::frame(
        &validation
            .tables
            .as_ref()
            .unwrap_or_else(|| panic!("{:?}", validation.findings))
            .failed_items,
    );
    rows(frame)
        .into_iter()
        .map(|row| row.replace("@pennyford-hospice.example", "@ph"))
        .collect()
}

pub(super) fn codes(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.name()).collect()
}

fn read_awkward_mailboxes(file: &str) -> Validation {
    read(&Layouts::load(None).unwrap(), &awkward(file), FAILED_ITEMS)
}

// The columns: mailbox, collection, name, target, state (its place on the journey, from 0), the
// state's word, progress, items in all, copied, failed, skipped, bytes, last pass, switch date,
// switched at, last error.

#[test]
fn migrationwiz_statistics() {
    let validation = read_awkward_mailboxes("migrationwiz-statistics.csv");
    assert_eq!(
        mailboxes(&validation),
        [
            "ada.moss@ph | - | - | ada.moss@nhs-target.example | 3 | Completed | - | - | 7301 | 2 \
             | - | - | - | - | - | -",
            "ben.vale@ph | - | - | ben.vale@nhs-target.example | 2 | Processing | - | - | 410 | 0 \
             | - | - | - | - | - | -",
            "cleo.marsh@ph | - | - | cleo.marsh@nhs-target.example | 7 | Failed | - | - | 12 | 1 | \
             - | - | - | - | - | The server said: 'busy', try later",
            "dara.fen@ph | - | - | - | 0 | NotMigrated | - | - | - | - | - | - | - | - | - | -",
            "eli.wold@ph | - | - | eli.wold@nhs-target.example | 0 | NotMigrated | - | - | - | - | \
             - | - | - | - | - | -",
            "fay.tarn@ph | - | - | fay.tarn@nhs-target.example | 0 | NotMigrated | - | - | - | - | \
             - | - | - | - | - | -",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["failed-counts-differ"],
        "{:?}",
        validation.findings
    );
}

#[test]
fn migration_schedule() {
    let schedule = awkward("migration-schedule.csv");
    let validation = read_files(
        &Layouts::load(None).unwrap(),
        ("csv", SYNC_STATE),
        ("csv", FAILED_ITEMS),
        Some(("../migration-schedule", ("csv", &schedule))),
    );
    let schedule = validation
        .tables
        .as_ref()
        .unwrap()
        .schedule
        .as_ref()
        .unwrap();
    // Mailbox, name, collection, switch date, pilot or live, VIP category.
    assert_eq!(
        rows(schedule.table.frame()),
        [
            "ada.moss@pennyford-hospice.example | Ada Moss | Week 1 | 2026-11-23 | - | Senior \
             management",
            "idris.vane@pennyford-hospice.example | Idris Vane | Week 2 | 2026-11-30 | - | Medical \
             secretary",
            "juno.pike@pennyford-hospice.example | Juno Pike | - | - | - | -",
            "zoe.quill@pennyford-hospice.example | Zoë Quill | Week 1 | 2026-11-23 | - | -",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["not-in-export", "encoding-assumed"],
        "{:?}",
        validation.findings
    );
}

#[test]
fn a_short_row_that_is_not_the_tools_own_is_set_aside() {
    let text = String::from_utf8(awkward("migrationwiz-statistics.csv")).unwrap();
    let text = text
        .replace(
            "dara.fen@pennyford-hospice.example,,,",
            "dara.fen@pennyford-hospice.example,,1,",
        )
        .replace("5,eli.wold@pennyford-hospice.example,", "5,eli.wold,");
    let validation = read(&Layouts::load(None).unwrap(), text.as_bytes(), FAILED_ITEMS);
    assert_eq!(mailboxes(&validation).len(), 4);
    let told: Vec<String> = validation
        .findings
        .iter()
        .filter(|f| f.code == FindingCode::BadRow)
        .map(ToString::to_string)
        .collect();
    assert!(
        told[0].contains("line 5: The row has 5 cells where the headings have 47"),
        "{told:?}"
    );
    assert!(
        told[1].contains(
            "line 6, column 2: Under “Source Email Address”, this is not an email address"
        ),
        "{told:?}"
    );
}

#[test]
fn a_short_row_of_another_organisation_holds_like_any_other() {
    let text = String::from_utf8(awkward("migrationwiz-statistics.csv")).unwrap();
    let text = text.replace(
        "dara.fen@pennyford-hospice.example",
        "dara.fen@northmoor.nhs.example",
    );
    let validation = read(&Layouts::load(None).unwrap(), text.as_bytes(), FAILED_ITEMS);
    assert!(validation.tables.is_none());
    assert_eq!(validation.findings[0].code, FindingCode::OtherOrganisation);
    assert_eq!(
        (validation.findings[0].line, validation.findings[0].column),
        (Some(5), Some(1))
    );
}

#[test]
fn exchange_migration_user_statistics() {
    let validation = read_awkward_mailboxes("exchange-migration-user-statistics.csv");
    assert_eq!(
        mailboxes(&validation),
        [
            "ada.moss@ph | Week 1 | - | - | 3 | Synced | 95.0 | 7305 | 7303 | 2 | - | 1288490189 | \
             2026-11-20 06:12:30 | - | - | -",
            "ben.vale@ph | Week 1 | - | - | 2 | Syncing | 40.0 | 1024 | 410 | - | - | 524288 | \
             2026-11-20 06:10:00 | - | - | -",
            "cleo.marsh@ph | Week 2 | - | - | 7 | Failed | - | - | - | 7 | - | - | - | - | - | The \
             mailbox is locked.",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["failed-counts-differ"],
        "{:?}",
        validation.findings
    );
}

#[test]
fn exchange_move_request_statistics() {
    let validation = read_awkward_mailboxes("exchange-move-request-statistics.csv");
    assert_eq!(
        mailboxes(&validation),
        [
            "ada.moss@ph | Week 1 | Ada Moss | - | 3 | AutoSuspended | 95.0 | 7305 | 7300 | 5 | - \
             | 30551458399 | 2026-11-20 06:12:30 | - | - | Informational: waiting for completion.",
            "ben.vale@ph | Week 1 | Ben Vale | - | 2 | InProgress | 41.0 | 100 | 40 | 1 | - | \
             524288 | 2026-11-20 06:10:00 | - | - | -",
            "cleo.marsh@ph | Week 1 | Cleo Marsh | - | 1 | Queued | 0.0 | - | - | - | - | - | - | \
             - | - | -",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["failed-counts-differ"],
        "{:?}",
        validation.findings
    );
}

#[test]
fn an_alias_is_no_mailbox_and_a_bad_term_of_a_sum_has_its_column() {
    let export = "Alias,Status,BadItemsEncountered,LargeItemsEncountered\nbvale,InProgress,0,0\nada.moss@pennyford-hospice.example,Synced,2,few\nben.vale@pennyford-hospice.example,Synced,,3\n";
    let validation = read(
        &Layouts::load(None).unwrap(),
        export.as_bytes(),
        FAILED_ITEMS,
    );
    assert_eq!(
        mailboxes(&validation),
        ["ben.vale@ph | - | - | - | 3 | Synced | - | - | - | 3 | - | - | - | - | - | -"]
    );
    let told: Vec<String> = validation
        .findings
        .iter()
        .filter(|f| f.code == FindingCode::BadRow)
        .map(ToString::to_string)
        .collect();
    assert!(
        told[0].contains("line 2, column 1: Under “Alias”, this is not an email address"),
        "{told:?}"
    );
    assert!(
        told[1].contains(
            "line 3, column 4: Under “LargeItemsEncountered”, this is not a whole number"
        ),
        "{told:?}"
    );
}

#[test]
fn on_demand_migration() {
    let validation = read_awkward_mailboxes("on-demand-migration.csv");
    assert_eq!(
        mailboxes(&validation),
        [
            "ada.moss@ph | Week 1 | Ada Moss | ada.moss@nhs-target.example | 3 | Migrated with \
             Issues | - | 7305 | 7303 | 2 | - | 1572864 | - | - | - | -",
            "ben.vale@ph | Week 1 | Ben Vale | ben.vale@nhs-target.example | 0 | Matched | - | - | \
             - | - | - | - | - | - | - | -",
            "cleo.marsh@ph | Week 2 | Cleo Marsh | cleo.marsh@nhs-target.example | 5 | Switched | \
             - | 12 | 12 | 0 | - | 262144 | - | - | - | -",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["failed-counts-differ"],
        "{:?}",
        validation.findings
    );
}

fn read_awkward_items(file: &str) -> Validation {
    read(&Layouts::load(None).unwrap(), SYNC_STATE, &awkward(file))
}

// The columns: mailbox, collection, name, folder, subject, kind, date, bytes, code, text, failed
// at.

#[test]
fn migrationwiz_errors() {
    let validation = read_awkward_items("migrationwiz-errors.csv");
    assert_eq!(
        failed_items(&validation),
        [
            "ada.moss@ph | - | - | - | Rota, with 'photographs' | Email | - | 61230000 | - | The \
             message size, 58 MB, exceeds the limit | 2026-11-19 18:07:00",
            "ada.moss@ph | - | - | - | - | Calendar | - | 4567 | - | The item is corrupt | \
             2026-03-04 00:05:00",
            "cleo.marsh@ph | - | - | - | - | Email | - | 890 | - | Connection timed out | \
             2026-11-20 01:30:00",
        ]
    );
}

#[test]
fn exchange_skipped_items() {
    let validation = read_awkward_items("exchange-skipped-items.csv");
    assert_eq!(
        failed_items(&validation),
        [
            "ada.moss@ph | Week 1 | - | Inbox | Scans of the ward | LargeItem | 2026-11-18 | \
             61236838 | LargeItem | The message is beyond the limit | -",
            "ada.moss@ph | Week 1 | - | Calendar | - | CorruptFolderACL | - | - | CorruptFolderACL \
             | The access list is corrupt | -",
            "cleo.marsh@ph | Week 1 | - | Sent Items | Minutes; draft | CorruptItem | 2026-11-17 | \
             12288 | CorruptItem | - | -",
        ]
    );
    let rules = CauseRules::built_in().unwrap();
    let cause = rules.cause(
        Some("CorruptFolderACL"),
        Some("CorruptFolderACL"),
        Some("The access list is corrupt"),
    );
    assert_eq!(cause.name, "Permission or folder setting");
}

#[test]
fn the_comma_form_of_skipped_items_has_identity() {
    let export = "Identity,Kind,FolderName,Sender,Recipient,Subject,MessageSize,DateSent,DateReceived,Failure\nada.moss@pennyford-hospice.example,CorruptItem,Inbox,,,,,,,Damaged\nAda Moss,CorruptItem,Inbox,,,,,,,Damaged\n";
    let validation = read(&Layouts::load(None).unwrap(), SYNC_STATE, export.as_bytes());
    assert_eq!(
        failed_items(&validation),
        ["ada.moss@ph | - | - | Inbox | - | CorruptItem | - | - | CorruptItem | Damaged | -"]
    );
    assert!(
        codes(&validation.findings).contains(&"bad-row"),
        "a display name is nobody's mailbox: {:?}",
        validation.findings
    );
}

#[test]
fn a_formatted_table_is_told_as_that() {
    let validation = read_awkward_mailboxes("formatted-table.csv");
    assert!(validation.tables.is_none());
    let told = validation.findings[0].to_string();
    assert!(
        told.contains(
            "sync-state.csv: This is a table as PowerShell draws it on the screen, not its data"
        ),
        "{told}"
    );
}

/// A layout of a tool that nobody has heard of.
pub(super) const INVENTED: &str = r#"
name = "pigeon-post"
input = "sync-state"
description = "Pigeon Post: lofts and letters"
date_order = "month-day-year"
told_by = ["Loft"]
ignored = ["Weather"]
short_rows = [["source_mailbox", "sync_state"]]
[fields]
source_mailbox = ["Loft"]
sync_state = ["Bird"]
size_bytes = ["Load"]
switch_date = ["Flies On"]
[where_blank]
switch_date = ["Flew On"]
[sums]
items_failed = [["Lost"], ["Eaten", "Eaten by hawks"]]
[units]
"Load" = "kibibytes"
[states]
"Asleep" = "not-started"
"Landed" = "switched"
"#;

pub(super) fn layouts_with(text: &str, folder: &Path) -> Layouts {
    std::fs::write(folder.join("own.toml"), text).unwrap();
    Layouts::load(Some(folder)).unwrap()
}

#[test]
fn a_layout_from_a_folder_needs_no_code() {
    let folder = tempfile::tempdir().unwrap();
    let export = "Loft,Bird,Lost,Eaten by hawks,Load,Flies On,Flew On,Weather\n\
        ada.moss@pennyford-hospice.example,landed,1,2,1.5,,11/19/2026,rain\n\
        ben.vale@pennyford-hospice.example,ASLEEP\n\
        cleo.marsh@pennyford-hospice.example,Moulting,,,,11/23/2026,11/19/2026,fog\n";
    let validation = read(
        &layouts_with(INVENTED, folder.path()),
        export.as_bytes(),
        FAILED_ITEMS,
    );
    assert_eq!(
        mailboxes(&validation),
        [
            "ada.moss@ph | - | - | - | 5 | landed | - | - | - | 3 | - | 1536 | - | 2026-11-19 | - \
             | -",
            "ben.vale@ph | - | - | - | 0 | ASLEEP | - | - | - | - | - | - | - | - | - | -",
            "cleo.marsh@ph | - | - | - | 8 | Moulting | - | - | - | - | - | - | - | 2026-11-23 | - \
             | -",
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["failed-counts-differ", "state-unrecognised"],
        "{:?}",
        validation.findings
    );
}

#[test]
fn a_mistake_in_a_layout_is_told() {
    for (right, wrong, told) in [
        (
            "sync_state = [\"Bird\"]",
            "",
            "[fields] names no heading of sync_state: a sync-state export needs it",
        ),
        (
            "items_failed = [[\"Lost\"]",
            "size_bytes = [[\"Lost\"]",
            "[fields] names no heading of items_failed",
        ),
        (
            "\"source_mailbox\", \"sync_state\"",
            "\"source_mailbox\", \"bird\"",
            "a cell of a short row is",
        ),
        (
            "\"Asleep\" =",
            "\"land ed\" = \"failed\"\n\"Asleep\" =",
            "the word has two meanings",
        ),
        ("told_by", "tolled_by", "unknown field `tolled_by`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert!(INVENTED.contains(right), "{right}");
        std::fs::write(
            folder.path().join("own.toml"),
            INVENTED.replacen(right, wrong, 1),
        )
        .unwrap();
        let error = Layouts::load(Some(folder.path())).unwrap_err().to_string();
        assert!(
            error.contains("own.toml: ") && error.contains(told),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn user_accounts() {
    let accounts = awkward("user-accounts.csv");
    let of = ["ada.moss", "zoe.quill", "idris.vane", "juno.pike", "no.row"];
    let sync_state = of.iter().fold(
        "Source Mailbox,Sync State,Failed Items\n".to_owned(),
        |text, name| text + name + "@pennyford-hospice.example,In Sync,0\n",
    );
    let validation = read_files(
        &Layouts::load(None).unwrap(),
        ("csv", sync_state.as_bytes()),
        ("csv", FAILED_ITEMS),
        Some(("accounts", ("csv", &accounts))),
    );
    let accounts = validation.tables.as_ref().unwrap().accounts.as_ref();
    let day = |day| NaiveDate::from_ymd_opt(2026, 10, day);
    let known: Vec<_> = accounts
        .unwrap()
        .accounts
        .iter()
        .map(|of| {
            let (name, _) = of.mailbox.split_once('@').unwrap();
            (name, of.created_on, of.is_activated)
        })
        .collect();
    assert_eq!(
        known,
        [
            ("ada.moss", day(21), Some(true)),
            // A log-in says nothing of the policy.
            ("idris.vane", day(23), None),
            ("juno.pike", None, Some(false)),
            ("zoe.quill", day(22), Some(false)),
        ]
    );
    assert_eq!(codes(&validation.findings), ["account-unknown"]);
}

#[test]
fn failed_item_decisions() {
    let decisions = awkward("failed-item-decisions.csv");
    let validation = read_files(
        &Layouts::load(None).unwrap(),
        ("csv", SYNC_STATE),
        ("csv", FAILED_ITEMS),
        Some(("../decisions", ("csv", &decisions))),
    );
    let decided = &validation.tables.as_ref().unwrap().decisions;
    let rows: Vec<_> = decided
        .iter()
        .map(|of| {
            (
                &*of.reference,
                of.decision.name(),
                of.note.as_deref(),
                of.decided_by.as_deref(),
                of.decided_on,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("3333-4444", "keep", Some("asked her"), None, None),
            ("7F3K-2222", "done", None, None, None),
            (
                "7F3K-29QD",
                "accept",
                Some("=HYPERLINK(\"x\")"),
                Some("B. Quill"),
                NaiveDate::from_ymd_opt(2026, 11, 19)
            ),
        ]
    );
    assert_eq!(
        codes(&validation.findings),
        ["cells-unread", "encoding-assumed", "title-passed-over"],
        "{:?}",
        validation.findings
    );
}
