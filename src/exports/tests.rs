use std::path::Path;

use super::*;
use crate::settings::Settings;

/// A file for each organisation and day, and one of sync states for all.
const EXPORTS: [&str; 2] = ["{organisation}/{date}/sync-state*", "{date}/sync-state*"];

fn settings(folder: &Path, sync_state: &str) -> ExportSettings {
    let text = format!(
        "[programme]\nname = \"Invented programme\"\ncontact = \"team@nhs.example\"\ntime_zone \
         = \"Europe/London\"\n\
         expected_failure_rate = 0.0001\nregister = \"organisations.csv\"\n[data]\nfolder \
         = \"data\"\n\
         [mail]\ntransport = \"outbox\"\nfrom = \"reports@nhs.example\"\nallowed_domains = \
         [\"nhs.example\"]\n\
         [mail.outbox]\nfolder = \"outbox\"\n[exports]\nfolder = \"exports\"\nsync_state \
         = \"{sync_state}\"\n\
         failed_items = \"{{organisation}}/{{date}}/failed-items*\"\n"
    );
    let path = folder.join("migration-monitor.toml");
    std::fs::write(&path, text).unwrap();
    Settings::load(Some(&path)).unwrap().exports
}

#[test]
fn an_organisation_weighs_what_its_files_do_or_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let date = ReportDate::of(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap());
    let layouts = Layouts::load(None).unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join("exports").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("ZNM/2026-11-20/sync-state-1.csv", &"x".repeat(400));
    write("ZNM/2026-11-20/sync-state-2.csv", &"x".repeat(30));
    write("ZNM/2026-11-20/failed-items.csv", "12345");
    write("ZNM/2026-11-19/failed-items.csv", "of another day");
    let columns = "Organisation,SourceEmailAddress,Status,TotalItems,SyncedItems,FailedItems";
    let rows = |code: &str, rows: usize| -> String {
        (0..rows)
            .map(|row| format!("{code},{row}@nm.example,In Sync,9,9,0\n"))
            .collect()
    };
    write(
        "2026-11-20/sync-state.csv",
        &format!("{columns}\n{}{}", rows("ZNM", 3), rows("ZMU", 40)),
    );

    let weights = EXPORTS.map(|pattern| {
        let settings = settings(folder.path(), pattern);
        let shared = SharedExports::read(&settings, &layouts, date);
        ["ZNM", "ZMU"].map(|code| {
            let organisation = &OrganisationCode::parse(code).unwrap();
            weight(ExportRequest {
                settings: &settings,
                layouts: &layouts,
                shared: &shared,
                organisation,
                date,
                may_repeat: false,
            })
        })
    });
    assert_eq!(
        weights,
        [[430 + 5, 0], [3 * BYTES_A_ROW + 5, 40 * BYTES_A_ROW]]
    );
}
