//! Twelve days through the commands: what is run again or reissued later is as if it had been right
//! from the start.

use std::collections::BTreeMap;

use super::{cells, file, frame, history, kept_of};
use crate::support::morning::{DATE, Morning, files_below};

/// The organisations of these tests.
const CODES: [&str; 2] = ["ZMU", "ZTP"];

fn dates() -> Vec<String> {
    (9..=20).map(|day| format!("2026-11-{day:02}")).collect()
}

/// Two small organisations with the exports of all twelve days.
fn twelve_days() -> Morning {
    let mut morning = Morning::of_three();
    for date in dates() {
        morning = morning.with_exports_of(&date);
    }
    morning.edit("organisations.csv", |register| {
        register
            .lines()
            .filter(|line| !line.starts_with("ZCA"))
            .map(|line| format!("{line}\n"))
            .collect()
    });
    morning
}

fn with_key_of(morning: Morning, other: &Morning) -> Morning {
    let folder = morning.folder.path().join("data/history");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(
        other.folder.path().join("data/history/key"),
        folder.join("key"),
    )
    .unwrap();
    morning
}

fn run(morning: &Morning, dates: &[String]) {
    for date in dates {
        let said = morning.say_of(date, &["run"]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
    }
}

/// The reports of a day, of one organisation, as they went out.
fn sent(morning: &Morning, date: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(&morning.folder.path().join("data/archive").join(date));
    files.retain(|name, _| name.starts_with("ZMU/"));
    files
}

/// The same as they would be now.
fn preview(morning: &Morning, date: &str) -> BTreeMap<String, Vec<u8>> {
    let said = morning.say_of(date, &["preview", "--organisation", "ZMU", "--out", "look"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let files = files_below(&morning.folder.path().join("look").join(date));
    assert!(files.len() >= 10);
    files
}

fn differing(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = one.keys().chain(other.keys());
    names
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect()
}

/// Takes the last two rows of an export of failed items away.
fn correct(morning: &Morning, organisation: &str, date: &str) {
    let export = Morning::export(organisation, "failed-items.csv").replace(DATE, date);
    let path = morning.folder.path().join(&export);
    let bytes = std::fs::read(&path).unwrap();
    let is_wide = bytes.starts_with(&[0xFF, 0xFE]);
    let text = if is_wide {
        let units: Vec<u16> = bytes[2..]
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).unwrap()
    } else {
        String::from_utf8(bytes).unwrap()
    };
    let rows: Vec<&str> = text.split_inclusive("\r\n").collect();
    let text = rows[..rows.len() - 2].concat();
    let bytes = if is_wide {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else {
        text.into_bytes()
    };
    std::fs::write(
        path,
        if is_wide {
            [&[0xFF, 0xFE], bytes.as_slice()].concat()
        } else {
            bytes
        },
    )
    .unwrap();
}

#[test]
fn a_day_that_is_reissued_is_as_if_it_had_been_right_from_the_start() {
    const CORRECTED: &str = "2026-11-12";
    let late = twelve_days();
    run(&late, &dates());
    correct(&late, "ZMU", CORRECTED);
    let said = late.say_of(
        CORRECTED,
        &[
            "reissue",
            "--organisation",
            "ZMU",
            "--reason",
            "The export was cut short.",
        ],
    );
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stderr
            .contains("of its history compared anew with the day before"),
        "{}",
        said.stderr
    );

    let right = with_key_of(twelve_days(), &late);
    correct(&right, "ZMU", CORRECTED);
    run(&right, &dates());
    // Gmail cuts what is longer.
    let pages: Vec<(String, usize)> = late
        .archive()
        .into_iter()
        .filter(|(name, _)| name.ends_with("report.html"))
        .map(|(name, bytes)| (name, bytes.len()))
        .collect();
    assert!(
        pages.len() > 12 && pages.iter().all(|(_, bytes)| *bytes < 100_000),
        "{pages:?}"
    );

    // What days say together is there as soon as there are several.
    let texts = |date: &str| -> String {
        let texts = late
            .archive()
            .into_iter()
            .filter(|(name, _)| name.starts_with(date) && name.ends_with("report.txt"));
        texts
            .map(|(_, text)| String::from_utf8(text).unwrap())
            .flat_map(|text| {
                text.split_whitespace()
                    .map(|word| format!("{word} "))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (first, last) = (texts(&dates()[0]), texts(&dates()[11]));
    for heading in ["What changed since", "in a week", "Failures week by week"] {
        assert!(
            !first.is_empty() && !first.contains(heading) && last.contains(heading),
            "{heading}"
        );
    }

    // The number of the edition, and no other figure, tells that a day was reissued.
    let editions = |morning: &Morning| {
        let mut files = history(morning);
        let edition = file("organisation-days", CORRECTED, "ZMU");
        let mut kept = cells(&frame(&files.remove(&edition).unwrap()));
        let edition = kept.remove("edition").unwrap();
        files
            .remove(&format!("snapshots/{CORRECTED}/ZMU.sha256"))
            .unwrap();
        (files, kept, edition)
    };
    let ((late_files, late_day, two), (right_files, right_day, one)) =
        (editions(&late), editions(&right));
    assert_eq!(differing(&late_files, &right_files), Vec::<String>::new());
    assert_eq!(
        (late_day, two, one),
        (right_day, vec!["2".to_owned()], vec!["1".to_owned()])
    );
    for date in &dates()[3..] {
        assert_eq!(
            differing(&preview(&late, date), &sent(&right, date)),
            Vec::<String>::new(),
            "{date}"
        );
    }

    // The day after was sent and stands; it says what happened and what to do, and sends nothing.
    late.mailed();
    let archive = late.archived_reports();
    let after = late.say_of("2026-11-13", &["run"]);
    assert_eq!(after.exit_code, 0, "{}", after.all());
    let plain = "ZMU: the reports of this day stand as they were sent, though they would say \
     something else now: 12 November 2026, which they compare with, was run again or reissued \
     since. To replace them: migration-monitor reissue --date 2026-11-13 --organisation ZMU";
    assert!(after.stdout.contains(plain), "{}", after.stdout);
    assert!(late.archived_reports() == archive);
    // Of the other organisation nothing changed.
    assert!(
        !after.stdout.contains("ZTP: the reports"),
        "{}",
        after.stdout
    );
}

#[test]
fn a_change_of_a_day_that_no_report_uses_leaves_the_next_day_as_it_is() {
    let morning = twelve_days();
    run(&morning, &dates()[9..]);
    let export = Morning::export("ZTP", "failed-items.csv").replace(DATE, "2026-11-19");
    morning.edit(&export, |text| text.replace("IPM.Note", "IPM.Task"));
    let said = morning.say_of(
        "2026-11-19",
        &[
            "reissue",
            "--organisation",
            "ZTP",
            "--reason",
            "The kinds of items were wrong.",
        ],
    );
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let after = morning.say(&["run"]);
    assert!(
        after.stdout.contains("nothing to send: all ")
            && !after.stdout.contains("stand as they were sent"),
        "{}",
        after.all()
    );
}

#[test]
fn days_that_are_run_in_any_order_are_as_if_run_in_theirs() {
    let (one, dates) = (twelve_days(), dates());
    let of = |days: [usize; 5]| days.map(|day| dates[day].clone());
    run(&one, &of([10, 4, 7, 0, 8]));
    let other = with_key_of(twelve_days(), &one);
    run(&other, &of([0, 4, 7, 8, 10]));
    assert_eq!(
        differing(&history(&one), &history(&other)),
        Vec::<String>::new()
    );
    assert_eq!(
        differing(&preview(&one, "2026-11-19"), &sent(&other, "2026-11-19")),
        Vec::<String>::new()
    );
}

#[test]
fn a_history_of_format_1_is_taken_over_by_the_first_run() {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/history/format-1");
    let with_format_1 = || {
        let morning = twelve_days();
        for (file, bytes) in files_below(&kept) {
            let path = morning.folder.path().join("data/history").join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        morning
    };
    let (old, new) = (
        with_format_1(),
        with_key_of(twelve_days(), &with_format_1()),
    );
    // Whoever only reads takes nothing over, and compares all the same.
    let before = history(&old);
    let look = preview(&old, DATE);
    assert!(
        String::from_utf8_lossy(&look["ZMU/failed-item/edition-1/report.txt"])
            .contains("since Thursday")
    );
    assert!(history(&old) == before);

    run(&old, &[DATE.to_owned()]);
    run(
        &new,
        &["2026-11-16", "2026-11-18", "2026-11-19", DATE].map(str::to_owned),
    );
    assert_eq!(history(&old)["format.json"], history(&new)["format.json"]);
    let (old_files, new_files) = (history(&old), history(&new));
    assert_eq!(
        old_files.keys().collect::<Vec<_>>(),
        new_files.keys().collect::<Vec<_>>()
    );
    for date in ["2026-11-16", "2026-11-18", "2026-11-19", DATE] {
        assert_eq!(kept_of(&old, date), CODES);
        for (organisation, table) in CODES.iter().flat_map(|code| {
            [
                "mailboxes",
                "failed-items",
                "organisation-days",
                "collection-days",
                "cleared-items",
            ]
            .map(|table| (code, table))
        }) {
            let cells_of = |files: &BTreeMap<String, Vec<u8>>| {
                let mut cells = cells(&frame(&files[&file(table, date, organisation)]));
                // Nobody can say of old items what they would be called in another folder, nor which
                // of them are settings, nor what was to be approved, nor where a mailbox goes.
                for unknown in [
                    "item_in_any_folder",
                    "is_setting",
                    "settings_failed",
                    "awaits_approval",
                    "target",
                    "folder_subject_date",
                ] {
                    cells.remove(unknown);
                }
                cells
            };
            assert_eq!(
                cells_of(&old_files),
                cells_of(&new_files),
                "{table} {date} {organisation}"
            );
        }
    }
    assert!(
        old.archived_reports() == {
            let mut archive = new.archived_reports();
            archive.retain(|file, _| file.starts_with(DATE));
            archive
        },
        "the same reports of the 20th"
    );
}
