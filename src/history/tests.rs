mod following;
mod settings;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::{DataFrame, DataType};

use super::*;
use crate::domain::{Domain, FindingCode, Severity};
use crate::exports::{self, ExportRequest, ExportSet, Layouts, SharedExports};
use crate::settings::Settings;
use crate::tables::{Rules, Validation, columns, validate};

const SETTINGS: &str = include_str!("../../tests/it/support/programme.toml");

const MAILBOXES: [&str; 3] = [
    "Week 1,amina@nm.example,In Sync,1200,1198,2",
    "Week 1,bryn@nm.example,Synchronizing,1000,500,1",
    "Week 2,chloe@nm.example,Queued,,0,0",
];
const ITEMS: [&str; 3] = [
    "amina@nm.example,Inbox,Biopsy of Mr Jones,08/09/2026,21,0x8004010B,Throttled,19/11/2026 \
     22:38:23",
    "amina@nm.example,Inbox,Biopsy of Mr Jones,08/09/2026,21,0x8004010B,Throttled,19/11/2026 \
     22:38:23",
    "bryn@nm.example,,,,,mail of bryn@nm.example is damaged,Damaged,",
];

const MAILBOX_HEADINGS: &str =
    "Collection,Source Mailbox,Sync State,Items Total,Items Synchronized,Failed Items";
const ITEM_HEADINGS: &str =
    "Source Mailbox,Folder,Subject,Item Date,Size (KB),Error Code,Error,Failed At";

/// A data folder and the exports of organisation ZNM.
pub(super) struct Folder(tempfile::TempDir);

/// What came of a day.
struct Day {
    exports: ExportSet,
    validation: Validation,
}

pub(super) fn code() -> OrganisationCode {
    OrganisationCode::parse("ZNM").unwrap()
}

pub(super) fn november(day: u32) -> ReportDate {
    ReportDate::of(NaiveDate::from_ymd_opt(2026, 11, day).unwrap())
}

impl Folder {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.toml"), SETTINGS).unwrap();
        Self(folder)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub(super) fn history(&self) -> History {
        History::open_or_begin(&self.data()).unwrap()
    }

    /// Reads a day with these rows.
    fn day(&self, day: u32, mailboxes: &[&str], items: &[&str]) -> Day {
        self.day_with(day, mailboxes, ITEM_HEADINGS, items)
    }

    /// Reads a day of which the failed-item export has these headings.
    fn day_with(&self, day: u32, mailboxes: &[&str], item_headings: &str, items: &[&str]) -> Day {
        let headings = [MAILBOX_HEADINGS, item_headings];
        self.exports_of(november(day), headings, mailboxes, items)
    }

    /// Reads a day of which the exports have these headings and rows.
    fn exports_of(
        &self,
        date: ReportDate,
        [headings, item_headings]: [&str; 2],
        mailboxes: &[&str],
        items: &[&str],
    ) -> Day {
        let settings = Settings::load(Some(&self.0.path().join("settings.toml")))
            .unwrap()
            .exports;
        let folder = settings.folder.join(format!("ZNM/{date}"));
        std::fs::create_dir_all(&folder).unwrap();
        let table = |headings: &str, rows: &[&str]| {
            [&[headings], rows]
                .concat()
                .iter()
                .map(|row| format!("{row}\n"))
                .collect::<String>()
        };
        std::fs::write(folder.join("sync-state.csv"), table(headings, mailboxes)).unwrap();
        let failed_items = table(item_headings, items);
        std::fs::write(folder.join("failed-items.csv"), failed_items).unwrap();
        let layouts = Layouts::load(None).unwrap();
        let shared = SharedExports::read(&settings, &layouts, date);
        let exports = exports::read(ExportRequest {
            settings: &settings,
            layouts: &layouts,
            shared: &shared,
            organisation: &code(),
            date,
            may_repeat: true,
        });
        let domains = [Domain::parse("nm.example").unwrap()];
        let validation = validate(
            &exports,
            Rules {
                organisation: &code(),
                mail_domains: &domains,
                max_bad_rows: 0.0,
                not_before: None,
                not_after: None,
                time_zone: chrono_tz::Europe::London,
            },
        );
        Day {
            exports,
            validation,
        }
    }

    /// Keeps a day with these rows.
    pub(super) fn keep(
        &self,
        day: u32,
        mailboxes: &[&str],
        items: &[&str],
    ) -> Result<Kept, HistoryError> {
        self.keep_read(november(day), &self.day(day, mailboxes, items))
    }

    /// Keeps a day of any month.
    pub(super) fn keep_on(&self, date: ReportDate, mailboxes: &[&str], items: &[&str]) {
        let read = self.exports_of(date, [MAILBOX_HEADINGS, ITEM_HEADINGS], mailboxes, items);
        self.keep_read(date, &read).unwrap();
    }

    /// Keeps a day of which the sync-state export has these headings.
    pub(super) fn keep_with_headings(
        &self,
        day: u32,
        headings: &str,
        mailboxes: &[&str],
        items: &[&str],
    ) {
        let read = self.exports_of(november(day), [headings, ITEM_HEADINGS], mailboxes, items);
        self.keep_read(november(day), &read).unwrap();
    }

    fn keep_read(&self, date: ReportDate, read: &Day) -> Result<Kept, HistoryError> {
        let history = self.history();
        let before = history.before(&code(), date).last;
        let tables = read.validation.tables.as_ref().unwrap();
        let snapshot = history
            .take(&code(), date, tables, before.as_ref())
            .unwrap()
            .unwrap();
        Ok(history.keep(&snapshot, 1)?.kept)
    }

    /// What the 20th with these rows says to the day before it that was kept last.
    fn findings(&self, mailboxes: &[&str], items: &[&str]) -> Vec<(FindingCode, Severity, String)> {
        self.findings_where(mailboxes, items, 0)
    }

    /// The same, where a person accepted that so many mailboxes are gone.
    fn findings_where(
        &self,
        mailboxes: &[&str],
        items: &[&str],
        accepted: u64,
    ) -> Vec<(FindingCode, Severity, String)> {
        let history = self.history();
        let before = history.before(&code(), november(20)).last.unwrap();
        let Day {
            exports,
            mut validation,
        } = self.day(20, mailboxes, items);
        let take = |tables| {
            history
                .take(&code(), november(20), tables, Some(&before))
                .unwrap()
                .unwrap()
        };
        let today = validation.tables.as_ref().map(take);
        let limit = LossLimit {
            share: 0.25,
            accepted,
        };
        compare(&exports, &mut validation, today.as_ref(), &before, limit).unwrap();
        let is_held = validation
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Hold);
        assert_eq!(validation.tables.is_none(), is_held);
        let from_both_exports = [
            FindingCode::FailedCountsDiffer,
            FindingCode::ColumnUnused,
            FindingCode::MailboxUnknown,
        ];
        let findings = validation
            .findings
            .iter()
            .filter(|finding| !from_both_exports.contains(&finding.code));
        findings
            .map(|finding| (finding.code, finding.severity, finding.to_string()))
            .collect()
    }

    /// Every file of the history, by its path.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut waiting = vec![self.data().join("history")];
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    files.insert(
                        path.strip_prefix(self.data()).unwrap().to_owned(),
                        std::fs::read(&path).unwrap(),
                    );
                }
            }
        }
        files
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.data().join("history").join(name)
    }
}

const FAILED_ITEMS_OF_THE_19TH: &str = "failed-items/date=2026-11-19/organisation=ZNM/part.parquet";

pub(super) fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    frame
        .column(column)
        .unwrap()
        .cast(&DataType::String)
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .map(|cell| cell.map(str::to_owned))
        .collect()
}

#[test]
fn a_snapshot_reads_back_as_it_was_taken() {
    let folder = Folder::new();
    let history = folder.history();
    let day = folder.day(19, &MAILBOXES, &ITEMS);
    let taken = history
        .take(&code(), november(19), &day.validation.tables.unwrap(), None)
        .unwrap()
        .unwrap();
    assert_eq!(
        history.keep(&taken, 2).unwrap(),
        Keeping {
            kept: Kept::Now,
            later_days: 0
        }
    );
    let Before { last, damaged, .. } = folder.history().before(&code(), november(20));
    assert!(damaged.is_empty());
    let Snapshot {
        organisation,
        date,
        mailboxes,
        failed_items,
        ..
    } = last.unwrap();
    assert_eq!((organisation, date), (code(), november(19)));
    let frames = taken.clone().of_edition(2).unwrap().frames().unwrap();
    assert!(mailboxes.equals_missing(&frames[0]) && failed_items.equals_missing(&frames[1]));

    // In the order of the tables, which is that of addresses.
    assert_eq!(
        texts(&taken.mailboxes, columns::COLLECTION),
        ["Week 1", "Week 1", "Week 2"].map(|name| Some(name.to_owned()))
    );
    assert_eq!(
        texts(&taken.mailboxes, columns::SYNC_STATE),
        ["in_sync", "synchronising", "queued"].map(|name| Some(name.to_owned()))
    );
    assert_eq!(
        texts(&taken.mailboxes, columns::ITEMS_TOTAL),
        [Some("1200".to_owned()), Some("1000".to_owned()), None]
    );
    // An error code that is a sentence is not kept.
    assert_eq!(
        texts(&taken.failed_items, columns::ERROR_CODE),
        [
            Some("0x8004010B".to_owned()),
            Some("0x8004010B".to_owned()),
            None
        ]
    );
    let (items, of_mailboxes) = (
        texts(&taken.failed_items, table::ITEM),
        texts(&taken.failed_items, columns::MAILBOX),
    );
    assert_ne!(items[0], items[1]);
    assert_eq!(of_mailboxes[0], of_mailboxes[1]);
    let mailboxes = texts(&taken.mailboxes, columns::MAILBOX);
    assert_eq!(
        [&of_mailboxes[0], &of_mailboxes[2]],
        [&mailboxes[0], &mailboxes[1]]
    );

    let day = &frames[2];
    for (figure, value) in [
        ("edition", Some("2")),
        ("mailboxes", Some("3")),
        ("in_sync", Some("1")),
        ("switched", Some("0")),
        ("items_total", Some("2200")),
        ("items_synchronised", Some("1698")),
        ("items_failed", Some("3")),
        ("items_attempted", Some("1701")),
        ("failed_items_listed", Some("3")),
        ("recorded_since", Some("2026-11-19")),
        ("compared_with", None),
        ("new_failed_items", None),
        ("newly_attempted", None),
    ] {
        assert_eq!(texts(day, figure), [value.map(str::to_owned)], "{figure}");
    }
}

#[test]
fn a_sum_of_what_nobody_reports_is_unknown() {
    assert_eq!(sums::sum_of_known([None, None].into_iter()), None);
    assert_eq!(
        sums::sum_of_known([None, Some(0), Some(2)].into_iter()),
        Some(2)
    );
}

#[test]
fn the_last_snapshot_before_a_date_is_found_over_gaps() {
    let folder = Folder::new();
    for day in [9, 13, 20] {
        folder.keep(day, &MAILBOXES, &ITEMS).unwrap();
    }
    let history = folder.history();
    let last = |day| {
        history
            .before(&code(), november(day))
            .last
            .map(|snapshot| snapshot.date)
    };
    assert_eq!(
        [9, 10, 13, 16, 20, 21].map(last),
        [None, Some(9), Some(9), Some(13), Some(13), Some(20)].map(|day| day.map(november))
    );
    assert!(
        history
            .before(&OrganisationCode::parse("ZGL").unwrap(), november(21))
            .last
            .is_none()
    );
}

#[test]
fn items_are_as_old_as_they_are() {
    let folder = Folder::new();
    folder.keep(9, &MAILBOXES, &ITEMS[..1]).unwrap();
    folder.keep(13, &MAILBOXES, &ITEMS).unwrap();
    folder.keep(16, &MAILBOXES, &ITEMS[1..]).unwrap();
    let first_seen = |day: u32| {
        let snapshot = folder
            .history()
            .before(&code(), november(day + 1))
            .last
            .unwrap();
        let mut days: Vec<_> = texts(&snapshot.failed_items, table::FIRST_SEEN)
            .into_iter()
            .map(Option::unwrap)
            .collect();
        days.sort_unstable();
        days
    };
    assert_eq!(first_seen(9), ["2026-11-09"]);
    assert_eq!(first_seen(13), ["2026-11-09", "2026-11-13", "2026-11-13"]);
    // Of two equal items one is gone: the other is the one that was there first.
    assert_eq!(first_seen(16), ["2026-11-09", "2026-11-13"]);
}

#[test]
fn the_same_day_is_kept_once_and_other_inputs_replace_it() {
    let folder = Folder::new();
    assert_eq!(folder.keep(19, &MAILBOXES, &ITEMS).unwrap(), Kept::Now);
    let before = folder.files();
    let time = |folder: &Folder| {
        std::fs::metadata(folder.file(FAILED_ITEMS_OF_THE_19TH))
            .unwrap()
            .modified()
            .unwrap()
    };
    let written_at = time(&folder);
    assert_eq!(folder.keep(19, &MAILBOXES, &ITEMS).unwrap(), Kept::Before);
    assert_eq!(
        (folder.files(), time(&folder)),
        (before.clone(), written_at)
    );
    assert_eq!(
        folder.keep(19, &MAILBOXES, &ITEMS[..2]).unwrap(),
        Kept::InPlaceOfAnother
    );
    assert_eq!(
        folder
            .history()
            .before(&code(), november(20))
            .last
            .unwrap()
            .failed_items
            .height(),
        2
    );
    assert_eq!(
        folder.keep(19, &MAILBOXES, &ITEMS).unwrap(),
        Kept::InPlaceOfAnother
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn a_snapshot_without_its_mark_does_not_count() {
    let folder = Folder::new();
    folder.keep(18, &MAILBOXES, &ITEMS).unwrap();
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    // A run that ended while it wrote.
    std::fs::remove_file(folder.file("snapshots/2026-11-19/ZNM.sha256")).unwrap();
    let before = folder.history().before(&code(), november(20));
    assert_eq!(
        (before.last.unwrap().date, before.damaged.len()),
        (november(18), 0)
    );
    assert_eq!(folder.keep(19, &MAILBOXES, &ITEMS).unwrap(), Kept::Now);
}

#[test]
fn a_damaged_snapshot_is_passed_over_told_and_left_as_it_is() {
    let folder = Folder::new();
    folder.keep(18, &MAILBOXES, &ITEMS).unwrap();
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    let path = folder.file(FAILED_ITEMS_OF_THE_19TH);
    let whole = std::fs::read(&path).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let one_bit = whole
        .iter()
        .enumerate()
        .map(|(at, byte)| if at == 40 { byte ^ 1 } else { *byte })
        .collect::<Vec<_>>();
    for bytes in [Vec::new(), b"PAR1".to_vec(), half, one_bit] {
        std::fs::write(&path, &bytes).unwrap();
        let before = folder.history().before(&code(), november(20));
        assert_eq!(before.last.unwrap().date, november(18));
        let told = before
            .damaged
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        assert_eq!(told.len(), 1);
        for part in [
            FAILED_ITEMS_OF_THE_19TH,
            "is damaged (it is not what was written)",
            "move it away together with",
            "snapshots/2026-11-19/ZNM.sha256",
        ] {
            assert!(told[0].contains(part), "{told:?}");
        }
        assert!(matches!(
            folder.keep(19, &MAILBOXES, &ITEMS[1..]),
            Err(HistoryError::Damaged { .. })
        ));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
    // What the advice says.
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        folder.keep(19, &MAILBOXES, &ITEMS),
        Err(HistoryError::Damaged { .. })
    ));
    std::fs::remove_file(folder.file("snapshots/2026-11-19/ZNM.sha256")).unwrap();
    assert_eq!(folder.keep(19, &MAILBOXES, &ITEMS).unwrap(), Kept::Now);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn a_file_with_a_true_digest_and_other_columns_is_damaged() {
    let folder = Folder::new();
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    let mailboxes = folder.file("mailboxes/date=2026-11-19/organisation=ZNM/part.parquet");
    std::fs::copy(mailboxes, folder.file(FAILED_ITEMS_OF_THE_19TH)).unwrap();
    let mark = folder.file("snapshots/2026-11-19/ZNM.sha256");
    let lines = std::fs::read_to_string(&mark).unwrap();
    let digests: Vec<&str> = lines.lines().map(|line| &line[..64]).collect();
    std::fs::write(&mark, lines.replace(digests[1], digests[0])).unwrap();
    let damaged = folder.history().before(&code(), november(20)).damaged;
    assert!(
        damaged[0]
            .to_string()
            .contains("its columns are not those of this format"),
        "{damaged:?}"
    );
}

#[test]
fn the_key_is_made_once_and_never_replaced() {
    let folder = Folder::new();
    assert!(History::open(&folder.data()).unwrap().key.is_none());
    assert!(!folder.data().exists());
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    let (key, others) = (folder.file("key"), folder.files());
    let text = std::fs::read_to_string(&key).unwrap();

    std::fs::remove_file(&key).unwrap();
    for opened in [
        History::open(&folder.data()),
        History::open_or_begin(&folder.data()),
    ] {
        let told = opened.unwrap_err().to_string();
        assert!(
            told.contains("history/key is missing") && told.contains("Put it back from a backup"),
            "{told}"
        );
    }
    assert!(!key.exists());

    for other in [
        Key::random_text().unwrap(),
        String::new(),
        text.replace(char::is_alphanumeric, "0"),
    ] {
        std::fs::write(&key, &other).unwrap();
        let told = History::open_or_begin(&folder.data())
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("is not the key that this history was made with"),
            "{told}"
        );
        assert_eq!(std::fs::read_to_string(&key).unwrap(), other);
    }
    std::fs::write(&key, text).unwrap();
    assert_eq!(folder.keep(19, &MAILBOXES, &ITEMS).unwrap(), Kept::Before);
    assert_eq!(folder.files(), others);
}

#[test]
fn a_beginning_that_was_broken_off_goes_on_with_its_key() {
    let folder = Folder::new();
    let key = folder.history().key.unwrap().check();
    std::fs::remove_file(folder.file("format.json")).unwrap();
    assert_eq!(folder.history().key.unwrap().check(), key);
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    std::fs::remove_file(folder.file("format.json")).unwrap();
    let told = History::open_or_begin(&folder.data())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("history/format.json does not say what it should (it is missing)"),
        "{told}"
    );
}

#[test]
fn a_newer_format_is_refused() {
    let folder = Folder::new();
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    std::fs::write(
        folder.file("format.json"),
        "{\"version\":6,\"fingerprints\":{}}",
    )
    .unwrap();
    let told = History::open_or_begin(&folder.data())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains(
            "history/format.json is of format 6, and this program knows formats up \
     to 5: use the version"
        ),
        "{told}"
    );
    std::fs::write(folder.file("format.json"), "{\"version\":").unwrap();
    assert!(matches!(
        History::open(&folder.data()),
        Err(HistoryError::Format { .. })
    ));
}

#[cfg(unix)]
#[test]
fn everything_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    folder.keep(19, &MAILBOXES, &ITEMS).unwrap();
    for file in folder.files().keys().map(|file| folder.data().join(file)) {
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        for above in file
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(folder.data()))
        {
            assert_eq!(mode(above), 0o700, "{}", above.display());
        }
    }
}

#[test]
fn the_order_of_rows_is_not_that_of_addresses() {
    let folder = Folder::new();
    let rows: Vec<String> = (0..100)
        .map(|number| format!("Week {number:03},person{number:03}@nm.example,Queued,,0,0"))
        .collect();
    folder
        .keep(
            19,
            &rows.iter().map(String::as_str).collect::<Vec<_>>(),
            &[],
        )
        .unwrap();
    let snapshot = folder.history().before(&code(), november(20)).last.unwrap();
    assert!(texts(&snapshot.mailboxes, columns::MAILBOX).is_sorted());
    assert!(!texts(&snapshot.mailboxes, columns::COLLECTION).is_sorted());
}

#[test]
fn no_failed_items_is_believed_only_where_the_counts_say_so() {
    let folder = Folder::new();
    folder.keep(16, &MAILBOXES, &ITEMS).unwrap();
    let cured = MAILBOXES.map(|row| {
        row.replace(",1198,2", ",1200,0")
            .replace(",500,1", ",501,0")
    });
    let unknown = MAILBOXES.map(|row| row.rsplit_once(',').unwrap().0.to_owned() + ",");
    let found = |rows: [String; 3], items: &[&str]| {
        let mut findings = folder.findings(&rows.each_ref().map(String::as_str), items);
        findings.retain(|(code, ..)| *code == FindingCode::NoFailedItems);
        findings
    };
    let still_counted = found(MAILBOXES.map(str::to_owned), &[]);
    assert_eq!(
        still_counted,
        [(
            FindingCode::NoFailedItems,
            Severity::Hold,
            "ZNM/2026-11-20/failed-items.csv: The export lists no failed item, but the sync-state \
             export still counts 3, and on 16 November 2026 3 were listed. Export the failed items \
             again, and run this day again."
                .to_owned()
        )]
    );
    let unknown = found(unknown, &[]);
    assert!(
        unknown[0]
            .2
            .contains("but the sync-state export does not say that there are none"),
        "{unknown:?}"
    );
    assert_eq!(found(cured, &[]), []);
    assert_eq!(found(MAILBOXES.map(str::to_owned), &ITEMS[2..]), []);

    // And a day after one without any.
    folder.keep(19, &MAILBOXES, &[]).unwrap();
    assert_eq!(found(MAILBOXES.map(str::to_owned), &[]), []);
}

#[test]
fn no_mailboxes_are_told_with_what_there_were() {
    let folder = Folder::new();
    folder.keep(16, &MAILBOXES, &ITEMS).unwrap();
    let findings = folder.findings(&[], &ITEMS);
    let told: Vec<_> = findings
        .iter()
        .filter(|(code, ..)| *code == FindingCode::NoRows)
        .collect();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].2.ends_with(
            "Check what was exported, and run this day again. On 16 November \
     2026 it listed 3 mailboxes."
        ),
        "{told:?}"
    );
}

#[test]
fn mailboxes_that_are_gone_are_told_and_many_hold_until_a_person_accepts_it() {
    let folder = Folder::new();
    let rows: Vec<String> = (0..20)
        .map(|number| format!("Week 1,person{number:03}@nm.example,Queued,,0,0"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    folder.keep(16, &rows, &[]).unwrap();
    let told = |gone: usize, accepted: u64| {
        // New ones do not make up for those that are gone.
        let others = [&rows[gone..], &MAILBOXES].concat();
        let mut findings = folder.findings_where(&others, &[], accepted);
        assert!(findings.len() <= 1);
        findings.pop()
    };
    let gone = |gone: usize, code, severity, rest: &str| {
        let message = format!(
            "ZNM/2026-11-20/sync-state.csv: Of the 20 mailboxes that the export listed on 16 \
             November 2026, it no longer lists {gone}. {rest}"
        );
        Some((code, severity, message))
    };
    // One leaves every day.
    assert_eq!(told(1, 0), None);
    let check = "Check that every collection was exported: the figures are of what is listed.";
    for few in [2, 5] {
        let warning = gone(few, FindingCode::MailboxesGone, Severity::Warning, check);
        assert_eq!(told(few, 0), warning);
    }
    let hold = "The export was likely cut, or a collection left out: export it again, of all \
                collections, and run this day again. Where they are gone on purpose: \
                migration-monitor run --date 2026-11-20 --organisation ZNM --accept-loss";
    let held = gone(6, FindingCode::MailboxesLost, Severity::Hold, hold);
    assert_eq!(told(6, 0), held);
    // What was accepted is accepted, and no more than that.
    assert_eq!(told(6, 5), held);
    let accepted = "This was looked at and accepted: the figures are of what is listed.";
    let accepted = gone(6, FindingCode::MailboxesGone, Severity::Warning, accepted);
    assert_eq!(told(6, 6), accepted);
}

#[test]
fn figures_that_fell_are_counted() {
    let folder = Folder::new();
    folder.keep(16, &MAILBOXES, &ITEMS).unwrap();
    assert_eq!(folder.findings(&MAILBOXES, &ITEMS), []);
    let grown = MAILBOXES.map(|row| row.replace(",500,1", ",900,2"));
    assert_eq!(
        folder.findings(&grown.each_ref().map(String::as_str), &ITEMS),
        []
    );
    let unknown = MAILBOXES.map(|row| row.replace(",500,1", ",,1"));
    assert_eq!(
        folder.findings(&unknown.each_ref().map(String::as_str), &ITEMS),
        []
    );
    let fallen = MAILBOXES.map(|row| {
        row.replace(",1198,2", ",1197,1")
            .replace(",500,1", ",501,0")
    });
    assert_eq!(
        folder.findings(&fallen.each_ref().map(String::as_str), &ITEMS),
        [(
            FindingCode::FiguresFell,
            Severity::Note,
            "1 mailbox has fewer items copied than on 16 November 2026. An undone switch or a resync \
             does that."
                .to_owned()
        )]
    );
}
