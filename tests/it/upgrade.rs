//! A data folder that an earlier version made, in the hands of this one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use migration_monitor::render::{self, Templates};
use migration_monitor::report::{MODEL_VERSION, ReportModel};

use crate::support::morning::Morning;

const DAYS_RUN: [&str; 2] = ["2026-11-18", "2026-11-19"];
const NEXT_DAY: &str = "2026-11-20";

/// Every programme that an earlier version left.
fn programmes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/upgrade");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.to_string_lossy().ends_with(".tar.gz"))
        .collect()
}

fn unpacked(programme: &Path) -> Morning {
    let folder = tempfile::tempdir().unwrap();
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(programme)
        .arg("-C")
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(tar.success());
    Morning { folder }
}

/// What is in the archive of a day about organisations: not the day's page, which shows all days,
/// nor its summary.
fn reports_of(morning: &Morning, day: &str) -> BTreeMap<String, Vec<u8>> {
    morning
        .archive()
        .into_iter()
        .filter(|(path, _)| path.starts_with(&format!("{day}/ZTP/")))
        .collect()
}

#[test]
fn what_an_earlier_version_sent_stays_as_it_was_and_is_not_sent_again() {
    for programme in programmes() {
        let morning = unpacked(&programme);
        let before = DAYS_RUN.map(|day| reports_of(&morning, day));
        assert!(before.iter().all(|reports| reports.len() > 15));
        let deliveries = || {
            DAYS_RUN.map(|day| {
                let said = morning.tell(&["deliveries", "--date", day, "--format", "json"]);
                let accepted = said.stdout.matches("\"accepted\"").count();
                assert_eq!((said.exit_code, accepted), (0, 3), "{}", said.all());
                said.stdout
            })
        };
        let deliveries_before = deliveries();
        for day in DAYS_RUN {
            let said = morning.say_of(day, &["run"]);
            assert_eq!(said.exit_code, 0, "{}: {}", programme.display(), said.all());
            assert!(
                said.stdout.contains("3 messages") && !said.stdout.contains("reissue"),
                "{}: {}",
                programme.display(),
                said.all()
            );
        }
        assert!(morning.outbox().is_empty(), "nothing is sent twice");
        assert!(DAYS_RUN.map(|day| reports_of(&morning, day)) == before);
        assert_eq!(deliveries(), deliveries_before);
    }
}

#[test]
fn the_next_day_is_reported_as_if_this_version_had_made_the_days_before_it() {
    for programme in programmes() {
        let taken_over = unpacked(&programme);
        // The same days made by this version, with the same key.
        let own = unpacked(&programme);
        let history = own.folder.path().join("data/history");
        let key = std::fs::read(history.join("key")).unwrap();
        std::fs::remove_dir_all(own.folder.path().join("data")).unwrap();
        std::fs::create_dir_all(&history).unwrap();
        std::fs::write(history.join("key"), key).unwrap();
        for day in DAYS_RUN {
            assert_eq!(own.say_of(day, &["run"]).exit_code, 0);
        }
        for morning in [&taken_over, &own] {
            let said = morning.say_of(NEXT_DAY, &["run"]);
            assert_eq!(said.exit_code, 0, "{}: {}", programme.display(), said.all());
        }
        let format =
            std::fs::read_to_string(taken_over.folder.path().join("data/history/format.json"));
        assert!(format.unwrap().contains("\"version\":5,"));
        let (taken_over, own) = (
            reports_of(&taken_over, NEXT_DAY),
            reports_of(&own, NEXT_DAY),
        );
        assert_eq!(
            taken_over.keys().collect::<Vec<_>>(),
            own.keys().collect::<Vec<_>>()
        );
        // Earlier versions did not keep the schedule, and so what moved on it cannot be told.
        let readiness = |path: &str| path.contains("/switch-readiness/");
        for (path, text) in own.iter().filter(|(path, _)| readiness(path)) {
            if path.ends_with("report.txt") {
                let words = |text: &[u8]| {
                    let text = String::from_utf8_lossy(text);
                    text.split_whitespace().collect::<Vec<_>>().join(" ")
                };
                let text = words(text).replace(
                    "No mailbox moved on the schedule since 19 November 2026.",
                    "No earlier schedule is known to compare this one with.",
                );
                assert_eq!(words(&taken_over[path]), text, "{path}");
            }
        }
        let differ: Vec<_> = own
            .iter()
            .filter(|(path, bytes)| !readiness(path) && taken_over[*path] != **bytes)
            .map(|(path, _)| path)
            .collect();
        assert!(differ.is_empty(), "{}: {differ:?}", programme.display());
    }
}

#[test]
fn models_of_an_earlier_version_are_still_rendered() {
    let templates = Templates::new(&[]).unwrap();
    for programme in programmes() {
        let archive = unpacked(&programme).archive();
        let models: Vec<ReportModel> = archive
            .iter()
            .filter(|(path, _)| path.contains("/ZTP/") && path.ends_with("/model.json"))
            .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
            .collect();
        assert!(models.len() > 3, "{}", programme.display());
        for model in models {
            assert!(model.model_version < MODEL_VERSION);
            assert_eq!(model.totals.settings_failed, None, "not known then");
            let (page, text) = render::words(&model, &templates).unwrap();
            assert!(page.contains(&model.page.date) && text.contains(&model.page.date));
        }
    }
}
