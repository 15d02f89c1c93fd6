//! What goes wrong of a morning: one clear sentence, the right exit code, and everybody else is
//! served.

use std::collections::BTreeSet;

use crate::support::morning::{DATE, Morning, files_below, sample_export, sample_folder};
use crate::support::raw_exports::{cell, read};

#[test]
fn a_typo_in_the_settings_stops_the_run_with_file_line_and_key() {
    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("expected_failure_rate", "expected_failure_rat")
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 3);
    assert!(
        said.stderr
            .contains("migration-monitor.toml, line 9, key expected_failure_rat: unknown key"),
        "{}",
        said.stderr
    );
    assert!(!morning.folder.path().join("data").exists());
}

#[test]
fn a_foreign_address_in_the_register_holds_its_organisation_only() {
    let morning = Morning::of_three();
    morning.edit("organisations.csv", |register| {
        register.replace(
            "matron@pennyford-hospice.example",
            "matron@pennyford-hospice.invalid",
        )
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(
        said.stderr
            .contains("key overall_migration_to: address 1 is at pennyford-hospice.invalid"),
        "{}",
        said.stderr
    );
    assert!(!said.all().contains("matron"), "{}", said.all());
    assert!(
        said.stdout.contains("Nothing was sent about ZTP."),
        "{}",
        said.stdout
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU"]);
}

/// Spoils one export of ZTP; gives what the run said of it.
fn spoilt(file: &str, spoil: impl FnOnce(Option<Vec<u8>>) -> Option<Vec<u8>>) -> String {
    let morning = Morning::of_three();
    let path = morning.folder.path().join(Morning::export("ZTP", file));
    match spoil(std::fs::read(&path).ok()) {
        Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        None => std::fs::remove_file(&path).unwrap(),
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU"]);
    assert!(
        said.stdout.contains("1 organisation held"),
        "{}",
        said.stdout
    );
    // Mended, the day goes on where it stood.
    std::fs::copy(sample_folder().join(Morning::export("ZTP", file)), &path).unwrap();
    let rerun = morning.say(&["run"]);
    assert_eq!(rerun.exit_code, 0, "{}", rerun.all());
    assert!(
        rerun
            .stdout
            .contains("2 messages put into the outbox, of 1 organisation. 4 lay there before."),
        "{}",
        rerun.stdout
    );
    said.stderr
}

#[test]
fn a_missing_export_holds() {
    let said = spoilt("sync-state.csv", |_| None);
    assert!(
        said.contains(
            "ZTP is held: There is no sync-state export: no file in the exports folder \
         matches ZTP/2026-11-20/sync-state*"
        ),
        "{said}"
    );
}

#[test]
fn a_truncated_export_holds() {
    let said = spoilt("sync-state.csv", |bytes| {
        bytes.map(|bytes| bytes[..bytes.len() - 70].to_vec())
    });
    assert!(
        said.contains("ZTP is held: ZTP/2026-11-20/sync-state.csv, line ")
            && said.contains("was cut off"),
        "{said}"
    );
}

#[test]
fn an_export_in_another_layout_holds() {
    let said = spoilt("sync-state.csv", |_| {
        Some(b"Mailbox Id,Last Status\n1,Completed\n".to_vec())
    });
    assert!(
        said.contains(
            "sync-state.csv: The headings fit no known layout of a sync-state export; \
         for migrationwiz-statistics"
        ),
        "{said}"
    );
}

#[test]
fn another_organisations_row_holds_before_a_byte_is_sent() {
    let said = spoilt("failed-items.csv", |bytes| {
        let text = String::from_utf8(bytes.unwrap()).unwrap();
        Some(
            text.replacen("@pennyford-hospice.example", "@northmoor.nhs.example", 1)
                .into_bytes(),
        )
    });
    assert!(
        said.contains("the mailbox is at a domain that is not this organisation's"),
        "{said}"
    );
}

#[test]
fn the_last_export_under_todays_name_holds_but_in_mop_up_and_after_a_weekend_too() {
    let morning = Morning::of_three();
    for organisation in ["ZTP", "ZMU"] {
        let today = morning
            .folder
            .path()
            .join(Morning::export(organisation, "sync-state.csv"));
        let yesterday = today
            .to_str()
            .unwrap()
            .replace(DATE, "2026-11-17")
            .replace("sync-state", "sync-state-of-tuesday");
        std::fs::create_dir_all(std::path::Path::new(&yesterday).parent().unwrap()).unwrap();
        std::fs::copy(&today, yesterday).unwrap();
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stderr.contains(
            "ZTP is held: ZTP/2026-11-20/sync-state.csv: The export is that of 2026-11-17, byte for byte"
        ),
        "{}",
        said.stderr
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU"]);
}

#[test]
fn changed_inputs_are_told_and_nothing_is_sent_again() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    morning.mailed();
    let before = morning.archived_reports();
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |text| {
        text.replacen("IPM.Note", "IPM.Task", 1)
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0);
    assert!(
        said.all()
            .contains("ZTP/2026-11-20/failed-items.csv changed"),
        "{}",
        said.all()
    );
    assert!(morning.archived_reports() == before);
    assert!(morning.outbox().keys().all(|file| file.contains("-1-")));
}

#[test]
fn a_recipient_who_is_added_later_gets_the_same_report() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    let before = morning.outbox();
    morning.edit("organisations.csv", |register| {
        register.replacen(
            "matron@pennyford-hospice.example",
            "matron@pennyford-hospice.example;porter@pennyford-hospice.example",
            1,
        )
    });
    let said = morning.say(&["run"]);
    assert!(
        said.stdout.contains("1 message put into the outbox"),
        "{}",
        said.stdout
    );
    let after = morning.outbox();
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|(file, bytes)| after[file] == *bytes));
}

/// Where a message of an organisation lies in the archive.
fn archived_message(morning: &Morning, report: &str) -> std::path::PathBuf {
    let edition = format!("data/archive/{DATE}/ZTP/{report}/edition-1");
    let message = std::fs::read_dir(morning.folder.path().join(edition))
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().unwrap() == "eml");
    message.unwrap()
}

#[cfg(unix)]
#[test]
fn a_message_that_cannot_be_read_is_no_good_end_though_all_others_go() {
    use std::os::unix::fs::PermissionsExt;

    let morning = Morning::of_three();
    morning.say(&["run"]);
    let message = archived_message(&morning, "failed-item");
    let bytes = std::fs::read(&message).unwrap();
    // What is no file cannot be read, whoever asks.
    std::fs::remove_file(&message).unwrap();
    std::fs::create_dir(&message).unwrap();
    let program = morning.folder.path().join("sendmail");
    std::fs::write(&program, "#!/bin/sh\ncat >/dev/null\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings.replace("transport = \"outbox\"", "transport = \"sendmail\"");
        let program = program.display();
        format!("{settings}\n[mail.sendmail]\ncommand = \"{program}\"\n")
    });
    let states = || {
        let listed = morning.deliveries(&["--date", DATE]);
        let is_accepted = |one: &&serde_json::Value| one["state"] == "accepted";
        (listed.iter().filter(is_accepted).count(), listed.len())
    };
    for _ in 0..2 {
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 8, "{}", said.all());
        let told = "could not be read from the archive: 1 message.";
        assert!(said.stdout.contains(told), "{}", said.stdout);
        assert_eq!(states(), (5, 6));
        assert_eq!(morning.say(&["status"]).exit_code, 8);
    }
    std::fs::remove_dir(&message).unwrap();
    std::fs::write(&message, bytes).unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(states(), (6, 6));
}

#[test]
fn a_message_that_was_changed_in_the_archive_is_held_back_and_told_at_every_run() {
    let morning = Morning::of_three();
    // An outbox that cannot be made: the messages are prepared and wait.
    std::fs::write(morning.folder.path().join("outbox"), "").unwrap();
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 10);
    std::fs::write(archived_message(&morning, "failed-item"), "changed").unwrap();
    std::fs::remove_file(morning.folder.path().join("outbox")).unwrap();
    for sent in [
        "1 message put into the outbox",
        "1 message of this day lies in the outbox",
    ] {
        let said = morning.say(&["run", "--organisation", "ZTP"]);
        assert_eq!(said.exit_code, 4, "{}", said.all());
        assert!(
            said.stdout.contains(sent) && said.stdout.contains("1 message held back"),
            "{}",
            said.stdout
        );
    }
}

#[test]
fn a_second_run_at_the_same_time_is_told_who_is_at_work() {
    let morning = Morning::of_three();
    let lock =
        migration_monitor::archive::Lock::take(&morning.folder.path().join("data"), "process 12")
            .unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 7);
    assert!(
        said.stderr
            .contains("another run is at work in this data folder (process 12)"),
        "{}",
        said.stderr
    );
    drop(lock);
}

#[test]
fn subject_lines_do_not_go_by_an_anonymous_relay() {
    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings.replace("transport = \"outbox\"", "transport = \"smtp\"");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"relay.nhs.example\"\nport = 25\nsecurity \
         = \"starttls\"\n"
        )
    });
    for command in [
        &["run"][..],
        &["check"],
        &["rehearse", "--to", "a@nhs.example"],
    ] {
        let said = morning.say(command);
        assert_eq!(said.exit_code, 3, "{}", said.all());
        assert!(
            said.stderr
                .contains("must not go by a mail server that nobody logs in to"),
            "{}",
            said.stderr
        );
    }
    assert!(!morning.folder.path().join("data").exists());
}

#[test]
fn the_command_line_helps() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run", "--organisation", "ZQQ"]).exit_code, 2);
    assert_eq!(
        morning.say(&["run", "--organisation", "../.."]).exit_code,
        2
    );
    let future = morning.say(&["plan", "--quiet", "--transport", "pigeon"]);
    assert_eq!(future.exit_code, 2);
    assert!(
        future.stderr.contains("outbox, smtp, sendmail"),
        "{}",
        future.stderr
    );
}

/// Names, addresses of users, and subject lines of the inputs.
pub(crate) fn personal_data() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for organisation in ["ZTP", "ZMU", "ZCA"] {
        for file in ["sync-state.csv", "failed-items.csv"] {
            for row in read(&sample_export(organisation, file)) {
                for heading in [
                    "Display Name",
                    "User",
                    "Source Mailbox",
                    "Target Mailbox",
                    "Subject",
                ] {
                    let text = cell(&row, &[heading]);
                    if text.chars().count() >= 8 {
                        found.insert(text.to_lowercase());
                    }
                }
            }
        }
    }
    found
}

#[test]
fn terminal_ledger_and_file_names_name_no_user_and_no_subject_line() {
    let personal = personal_data();
    assert!(personal.len() > 1_000);
    let morning = Morning::of_three();
    // Every kind of bad row on the way: a bad number, a mailbox twice, an unknown state, another
    // domain.
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[1] = lines[1].replacen("Ready to Switch", "Half Way", 1);
        let twice = lines[2].clone();
        lines.push(twice);
        lines.join("\r\n") + "\r\n"
    });
    morning.edit(&Morning::export("ZCA", "failed-items.csv"), |text| {
        text.replacen("@cawderdale.nhs.example", "@elsewhere.example", 1)
    });
    let mut said = String::new();
    for arguments in [
        &["check"][..],
        &["plan", "-v"],
        &["run", "-v"],
        &["run", "-v", "--log-format", "json"],
    ] {
        said += &morning.say(arguments).all().to_lowercase();
    }
    assert!(
        said.contains("half way") && said.contains("stands on line 3 too"),
        "{said}"
    );
    let ledger = std::fs::read(morning.folder.path().join("data/ledger.sqlite")).unwrap();
    let ledger = String::from_utf8_lossy(&ledger).to_lowercase();
    let names: String = files_below(morning.folder.path())
        .keys()
        .map(|name| name.to_lowercase() + "\n")
        .collect();
    for text in &personal {
        assert!(!said.contains(text.as_str()), "the terminal shows {text}");
        assert!(!ledger.contains(text.as_str()), "the ledger holds {text}");
        assert!(!names.contains(text.as_str()), "a file is called {text}");
    }
    assert!(names.contains(&format!("data/archive/{DATE}/ztp")));
}

#[test]
fn a_preview_removes_nothing_that_it_did_not_make() {
    let morning = Morning::of_three();
    let preview = ["preview", "--out", "looked-at"];
    assert_eq!(morning.say(&preview).exit_code, 0);
    let edition = morning
        .folder
        .path()
        .join(format!("looked-at/{DATE}/ZTP/overall-migration/edition-1"));
    std::fs::write(edition.join("notes.txt"), "mine").unwrap();
    std::fs::create_dir(edition.join("drafts")).unwrap();
    let stale = edition.join("message-0123456789ab.eml");
    std::fs::write(&stale, "of somebody who gets none any more").unwrap();
    assert_eq!(morning.say(&preview).exit_code, 0);
    assert!(edition.join("notes.txt").exists() && edition.join("drafts").exists());
    assert!(!stale.exists());
    // What was sent is not overwritten by what might be.
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let archived = morning.archive();
    for out in ["data", "data/archive", "data/../data/archive/new"] {
        let said = morning.say(&["preview", "--out", out]);
        assert_eq!(said.exit_code, 2, "{}", said.all());
        assert!(
            said.all().contains("lies in the data folder"),
            "{}",
            said.all()
        );
    }
    assert_eq!(morning.archive(), archived);
}

#[cfg(unix)]
#[test]
fn a_data_folder_that_is_open_to_all_is_told_by_runs_and_checks() {
    use std::os::unix::fs::PermissionsExt;

    let morning = Morning::of_three();
    let data = morning.folder.path().join("data");
    let is_told = |command: &str| {
        let said = morning.say(&[command]).all();
        said.contains("data can be read by every user of this machine: chmod o= ")
    };
    assert!(!is_told("run") && !is_told("check"));
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(is_told("run") && is_told("check"));
}

#[cfg(unix)]
#[test]
fn names_of_files_reach_no_terminal_as_what_moves_or_reorders_it() {
    let morning = Morning::of_three();
    let hostile = "sync-state\u{1b}]0;owned\u{7}\u{202e}vsc.csv";
    let folder = morning.folder.path().join(Morning::export("ZTP", ""));
    std::fs::write(folder.join(hostile), "Mailbox\nno state\n").unwrap();
    let log: &[&str] = &["--log-format", "json", "--format", "json"];
    for more in [&[][..], log] {
        for command in ["run", "check"] {
            let said = morning.say(&[&[command], more].concat()).all();
            assert!(said.contains("]0;owned"), "{said}");
            let is_hostile = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!said.contains(is_hostile), "{said:?}");
        }
    }
}

#[test]
fn a_workbook_of_more_worksheets_than_anybody_looks_through_is_refused_at_once() {
    let began = std::time::Instant::now();
    let workbook = |sheets: usize| {
        use std::io::Write as _;

        let mut packed = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let mut put = |name: &str, text: String| {
            let options = zip::write::SimpleFileOptions::default();
            packed.start_file(name, options).unwrap();
            packed.write_all(text.as_bytes()).unwrap();
        };
        let space = "http://schemas.openxmlformats.org";
        put(
            "[Content_Types].xml",
            format!("<Types xmlns=\"{space}/package/2006/content-types\"/>"),
        );
        let relations = format!("{space}/package/2006/relationships");
        let kind = format!("{space}/officeDocument/2006/relationships");
        put(
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{relations}\"><Relationship Id=\"rId1\" Type=\"{kind}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        );
        let tabs: String = (1..=sheets)
            .map(|number| format!("<sheet name=\"S{number}\" sheetId=\"{number}\" r:id=\"rId1\"/>"))
            .collect();
        put(
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{space}/spreadsheetml/2006/main\" xmlns:r=\"{kind}\"><sheets>{tabs}</sheets></workbook>"
            ),
        );
        put(
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{relations}\"><Relationship Id=\"rId1\" Type=\"{kind}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        );
        put(
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"{space}/spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c t=\"inlineStr\"><is><t>Nothing</t></is></c></row></sheetData></worksheet>"
            ),
        );
        packed.finish().unwrap().into_inner()
    };
    let told = spoilt("sync-state.csv", |_| Some(workbook(20_000)));
    assert!(told.contains("more than 1,000 worksheets"), "{told}");
    assert!(began.elapsed().as_secs() < 60);
}
