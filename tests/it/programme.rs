//! What people write in register, folders and settings, and what becomes of the rest of a morning.

use crate::smtp::whole_day::{PASSWORD, morning_with, server};
use crate::support::morning::{DATE, Morning};

/// Adds an address to those of an organisation's Overall Migration Report.
fn add_address(morning: &Morning, organisation: &str, address: &str) {
    morning.edit("organisations.csv", |register| {
        let row = |line: &str| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            if cells[0] == organisation {
                cells[4] = format!("{};{address}", cells[4]);
            }
            cells.join(",") + "\n"
        };
        register.lines().map(row).collect()
    });
}

#[test]
fn one_mistaken_address_holds_its_recipient_only() {
    let morning = Morning::of_three();
    add_address(&morning, "ZTP", "jo.bloggs at pennyford");
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(
        said.stdout
            .contains("6 messages put into the outbox, of 3 organisations")
            && said.stdout.contains("Nothing was sent to these addresses")
            && !said.all().contains("jo.bloggs"),
        "{}",
        said.all()
    );
    let summary = morning.tell(&["summary"]);
    assert!(
        summary
            .stdout
            .contains("ZTP: nothing is sent to 1 address of its row in the register")
            && !summary.stdout.contains("nothing is sent about"),
        "{}",
        summary.stdout
    );
    assert_eq!(morning.say(&["check"]).exit_code, 3);
    // Once it is right, who was missing gets the same edition, and nobody gets anything twice.
    morning.edit("organisations.csv", |register| {
        register.replace("jo.bloggs at pennyford", "jo@pennyford-hospice.example")
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout.contains("1 message put into the outbox"),
        "{}",
        said.stdout
    );
}

#[test]
fn exports_that_nobody_claims_are_told() {
    let morning = Morning::of_three();
    let exports = morning.folder.path().join("exports");
    std::fs::create_dir_all(exports.join("ZQQ").join(DATE)).unwrap();
    std::fs::copy(
        exports.join("ZTP").join(DATE).join("sync-state.csv"),
        exports.join("ZQQ").join(DATE).join("sync-state.csv"),
    )
    .unwrap();
    // A folder without exports of the day, or that is nobody's, says nothing.
    std::fs::create_dir_all(exports.join("ZRR")).unwrap();
    let told =
        format!("ZQQ/{DATE}/sync-state.csv: 1 export of ZQQ, which the register does not have");
    let checked = morning.say(&["check"]);
    assert!(
        checked.stdout.contains(&format!("WARN  exports: {told}"))
            && !checked.stdout.contains("ZRR"),
        "{}",
        checked.stdout
    );
    let ran = morning.say(&["run"]);
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    let summary = morning.tell(&["summary"]).stdout;
    let words: Vec<&str> = summary.split_whitespace().collect();
    let words = words.join(" ");
    assert!(
        words.contains("of ZQQ, which the register does not have"),
        "{summary}"
    );
}

#[cfg(unix)]
#[test]
fn a_password_is_read_where_it_is_and_told_where_all_can_read_it() {
    use std::os::unix::fs::PermissionsExt;

    let server = server().start();
    let morning = morning_with(&server);
    let file = morning.folder.path().join("password");
    let settings = |path: &str| {
        morning.edit("migration-monitor.toml", |settings| {
            let kept = settings
                .lines()
                .filter(|line| !line.starts_with("password_file"));
            let kept: String = kept.map(|line| format!("{line}\n")).collect();
            let named = format!("\n[mail.smtp]\npassword_file = \"{path}\"\n");
            kept.replace("\n[mail.smtp]\n", &named)
        });
    };
    settings("password");
    let mode =
        |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let warned = "password can be read by every user of this machine: chmod o=";
    let checked = morning.say(&["check"]);
    assert!(checked.stdout.contains(warned), "{}", checked.all());
    mode(0o640);
    let checked = morning.say(&["check"]);
    assert!(
        checked.exit_code == 0 && !checked.stdout.contains(warned),
        "{}",
        checked.all()
    );
    // A credential is there only inside its service, which a person is told.
    settings("/run/credentials/migration-monitor.service/smtp-password");
    let said = morning.say(&["check"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(
        said.stderr.contains("only inside the systemd service"),
        "{}",
        said.stderr
    );
    // In another service it is the one that this service was given.
    let own = morning.folder.path().join("credentials");
    std::fs::create_dir(&own).unwrap();
    std::fs::copy(&file, own.join("smtp-password")).unwrap();
    for (variable, value) in [
        ("CREDENTIALS_DIRECTORY", own.to_str().unwrap()),
        ("MIGRATION_MONITOR_SMTP_PASSWORD", PASSWORD),
    ] {
        let said = morning.say_with(&[(variable, value)], &["check"]);
        assert_eq!(said.exit_code, 0, "{variable}: {}", said.all());
    }
}
