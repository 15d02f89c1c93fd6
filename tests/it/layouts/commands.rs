//! `layouts list`, `layouts show` and `layouts detect`.

use std::path::Path;
use std::process::Command;

use super::cells::INVENTED;
use crate::support::morning::{DATE, Morning, Said, sample_export, sample_folder};

/// `migration-monitor layouts …` in a folder.
fn layouts(folder: &Path, arguments: &[&str]) -> Said {
    let program = env!("CARGO_BIN_EXE_migration-monitor");
    let output = Command::new(program)
        .arg("layouts")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    Said {
        exit_code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `layouts detect FILE` in a folder without settings.
pub(crate) fn detect(file: &Path) -> Said {
    layouts(
        tempfile::tempdir().unwrap().path(),
        &["detect", file.to_str().unwrap()],
    )
}

const BUILT_IN: [&str; 12] = [
    "exchange-migration-user-statistics",
    "exchange-move-request-statistics",
    "exchange-skipped-items",
    "failed-item-decisions",
    "microsoft-cross-tenant",
    "migration-schedule",
    "migrationwiz-errors",
    "migrationwiz-statistics",
    "on-demand-migration",
    "qmm-failed-items",
    "qmm-sync-state",
    "user-accounts",
];

#[test]
fn list_and_show_need_no_settings() {
    let folder = tempfile::tempdir().unwrap();
    let said = layouts(folder.path(), &["list"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let names: Vec<&str> = said
        .stdout
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(names, BUILT_IN);
    for name in BUILT_IN {
        let said = layouts(folder.path(), &["show", name]);
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/exports/layouts/{name}.toml"));
        assert_eq!(said.exit_code, 0);
        let text = std::fs::read_to_string(file).unwrap();
        assert!(said.stdout.starts_with(&text), "{name}");
        assert!(said.stdout.contains("# [[state_when]]  "), "{name}");
        std::fs::create_dir_all(folder.path().join("layouts")).unwrap();
        let own = folder.path().join(format!("layouts/{name}.toml"));
        std::fs::write(own, &said.stdout).unwrap();
    }
    // What is shown is a layout, and is shown as it is.
    let settings = std::fs::read_to_string(sample_folder().join("migration-monitor.toml")).unwrap();
    let settings = settings.replace("[exports]\n", "[exports]\nlayouts_folder = \"layouts\"\n");
    let settings_file = folder.path().join("own.toml");
    std::fs::write(&settings_file, settings).unwrap();
    let shown = layouts(
        folder.path(),
        &["show", BUILT_IN[0], "--settings", "own.toml"],
    );
    assert_eq!(shown.stdout.matches("How a layout is written").count(), 1);
    let said = layouts(folder.path(), &["show", "pigeon-post"]);
    assert_eq!(said.exit_code, 2);
    assert!(
        said.stderr.contains(
            "there is no layout “pigeon-post”; there are exchange-migration-user-statistics, "
        ),
        "{}",
        said.stderr
    );
}

#[test]
fn each_layout_is_detected_in_its_export() {
    for name in BUILT_IN.iter().filter(|name| !name.starts_with("qmm")) {
        let said = detect(&sample_folder().join(format!("awkward/{name}.csv")));
        assert_eq!(said.exit_code, 0, "{}", said.all());
        assert!(
            said.stdout.contains(&format!("Layout: {name}, of a")),
            "{}",
            said.stdout
        );
        assert!(said.stdout.ends_with("Not used: none\n"), "{}", said.stdout);
    }
}

#[test]
fn every_export_of_the_sample_is_detected() {
    for organisation in ["ZCA", "ZGL", "ZMU", "ZNM", "ZSL", "ZTP"] {
        for (file, layout) in [
            ("sync-state.csv", "qmm-sync-state"),
            ("failed-items.csv", "qmm-failed-items"),
        ] {
            let said = detect(&sample_export(organisation, file));
            assert_eq!(said.exit_code, 0, "{}", said.all());
            assert!(
                said.stdout.contains(&format!("Layout: {layout}, of a ")),
                "{organisation}: {}",
                said.stdout
            );
        }
    }
}

#[test]
fn detect_says_which_column_holds_what() {
    let said = detect(&sample_folder().join("awkward/exchange-move-request-statistics.csv"));
    for line in [
        ".csv: UTF-8, separated by semicolons; 15 columns, 3 rows",
        "  source_mailbox       “SourceMailbox”",
        "  items_failed         “BadItemsEncountered” + “LargeItemsEncountered”",
        "The state rests on these too: “StatusDetail”",
        "Known, and not needed: “Alias”, “BytesTransferred”",
    ] {
        assert!(said.stdout.contains(line), "{line}: {}", said.stdout);
    }
    let said = detect(&sample_folder().join("awkward/exchange-skipped-items.csv"));
    assert!(
        said.stdout
            .contains("  item_date            “DateReceived”, where blank “DateSent”"),
        "{}",
        said.stdout
    );
}

#[test]
fn detect_says_why_no_layout_fits() {
    let folder = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let said = detect(&folder.path().join(name));
        assert_eq!(said.exit_code, 4, "{}", said.all());
        said.all()
    };
    let missing = told("a.csv", b"Source Mailbox,Sync State\n");
    assert!(
        missing.contains(
            "The headings fit no known layout; for qmm-sync-state, this is missing: Failed Items."
        ),
        "{missing}"
    );
    let nothing = told("b.csv", b"Loft,Bird\n");
    assert!(
        nothing.contains("none of them is known; there are exchange-migration-user-statistics, "),
        "{nothing}"
    );
    assert!(told("c.csv", b"").contains("No table can be read: the file is empty"));
    assert!(told("d.pdf", b"x").contains("A file ending in .pdf cannot be read"));
    let formatted = told(
        "e.csv",
        &std::fs::read(sample_folder().join("awkward/formatted-table.csv")).unwrap(),
    );
    assert!(
        formatted.contains("Format-Table or Format-List came before Export-Csv"),
        "{formatted}"
    );
    let missing = detect(&folder.path().join("nowhere.csv"));
    assert_eq!(missing.exit_code, 4);
    assert!(
        missing
            .stdout
            .contains("nowhere.csv: The file cannot be read"),
        "{}",
        missing.stdout
    );
}

#[test]
fn what_detect_says_names_nobody_whose_export_is_not_what_it_seems() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |row: fn(usize) -> String| {
        let rows = (0..9).map(row).collect::<String>();
        format!("Source Mailbox,Sync State,Failed Items\n{rows}")
    };
    for (case, text, told) in [
        (
            "addresses",
            rows(|at| format!("a{at}@wharfe.example,qzmark{at}@wharfe.example,0\n")),
            "“(an address)” (9 mailboxes)",
        ),
        (
            "names",
            rows(|at| format!("a{at}@wharfe.example,Qzmark {at},0\n")),
            "9 different words of 9 mailboxes: the column may hold something else",
        ),
        (
            "a word",
            rows(|at| format!("a{at}@wharfe.example,Fettled,0\n")),
            "“Fettled” (9 mailboxes)",
        ),
        (
            "no headings",
            "Qzmark Jane,In Sync,20\nQzmark Rick,Failed,100\n".to_owned(),
            "Headings: none, for its first row looks like data",
        ),
        (
            "a log",
            "Err 1 of 2: msg INBOX/3 Subject: Qzmark,size 3,failed\nmsg INBOX/4,size 1,copied\n"
                .to_owned(),
            "Headings: none, for its first row looks like data",
        ),
    ] {
        let file = folder.path().join("export.csv");
        std::fs::write(&file, text).unwrap();
        let said = detect(&file).all();
        assert!(said.contains(told), "{case}: {said}");
        assert!(!said.to_lowercase().contains("qzmark"), "{case}: {said}");
    }
}

#[test]
fn the_folder_of_the_settings_counts_and_a_tie_names_both() {
    let folder = tempfile::tempdir().unwrap();
    let settings = std::fs::read_to_string(sample_folder().join("migration-monitor.toml")).unwrap();
    let settings = settings.replace("[exports]\n", "[exports]\nlayouts_folder = \"layouts\"\n");
    std::fs::write(folder.path().join("migration-monitor.toml"), settings).unwrap();
    std::fs::create_dir(folder.path().join("layouts")).unwrap();
    std::fs::write(folder.path().join("layouts/own.toml"), INVENTED).unwrap();
    std::fs::write(folder.path().join("export.csv"), "Loft,Bird,Lost,Colour\n").unwrap();

    let said = layouts(folder.path(), &["detect", "export.csv"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout
            .contains("Layout: pigeon-post, of a sync-state export"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.ends_with("Not used: “Colour”\n"),
        "{}",
        said.stdout
    );
    assert!(
        layouts(folder.path(), &["show", "pigeon-post"])
            .stdout
            .contains("Pigeon Post: lofts and letters")
    );

    std::fs::write(
        folder.path().join("layouts/twin.toml"),
        INVENTED.replace("pigeon-post", "sparrow-post"),
    )
    .unwrap();
    let said = layouts(folder.path(), &["detect", "export.csv"]);
    assert_eq!(said.exit_code, 4);
    assert!(
        said.stdout
            .contains("The headings fit pigeon-post and sparrow-post equally well"),
        "{}",
        said.stdout
    );

    let said = layouts(folder.path(), &["list", "--settings", "nowhere.toml"]);
    assert_eq!(
        said.exit_code,
        3,
        "settings that are named have to be there: {}",
        said.all()
    );
}

#[test]
fn a_run_reads_a_morning_of_another_tool() {
    let morning = Morning::of_three();
    for (file, export) in [
        ("sync-state.csv", "migrationwiz-statistics.csv"),
        ("failed-items.csv", "migrationwiz-errors.csv"),
    ] {
        let to = morning
            .folder
            .path()
            .join(format!("exports/ZTP/{DATE}"))
            .join(file);
        std::fs::copy(sample_folder().join("awkward").join(export), to).unwrap();
    }
    let said = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let totals = &morning.model("ZTP", "overall-migration")["totals"];
    assert_eq!(
        (
            &totals["mailboxes"],
            &totals["items_failed"],
            &totals["items_total"]
        ),
        (&6.into(), &3.into(), &serde_json::Value::Null)
    );
    assert_eq!(totals["by_state"]["not_started"], 3);
}
