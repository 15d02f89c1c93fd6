use std::os::unix::fs::PermissionsExt;

use super::parsed;
use crate::support::morning::{Morning, files_below};

/// The sample, sent by a mail program of the test's own that keeps each message in a file, and puts
/// one recipient off.
fn morning() -> Morning {
    let morning = Morning::of_three().without_summary();
    let folder = morning.folder.path();
    std::fs::create_dir(folder.join("queue")).unwrap();
    let program = folder.join("sendmail");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"{0}/arguments\"; env >>\"{0}/variables\"\ncat \
         >\"{0}/queue/$$\"\ngrep -q '^To: matron@' \"{0}/queue/$$\" || exit 0\nrm \
         \"{0}/queue/$$\"; echo 'queue full' >&2; exit 75\n",
        folder.display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("messages_per_minute = 30", "messages_per_minute = 60000")
            + "\n[mail.sendmail]\ncommand = \"sendmail\"\n"
    });
    morning
}

#[test]
fn a_day_goes_by_the_machines_mail_program() {
    let morning = morning();
    let by_program = ["--transport", "sendmail"];
    let said = morning.say(&[&["check"][..], &by_program].concat());
    assert!(
        said.exit_code == 0
            && said
                .stdout
                .contains("good  mail: to the machine's mail program"),
        "{}",
        said.all()
    );
    let said = morning.say_with(
        &[("MIGRATION_MONITOR_SMTP_PASSWORD", "hunter2")],
        &[&["run"][..], &by_program].concat(),
    );
    assert_eq!(said.exit_code, 8, "{}", said.all());
    assert!(
        said.stdout.contains("4 messages sent")
            && said
                .stdout
                .contains("2 put off by the server: due again from"),
        "{}",
        said.stdout
    );
    let queue = || files_below(&morning.folder.path().join("queue"));
    let recipients: Vec<String> = queue()
        .values()
        .map(|bytes| {
            parsed(bytes)
                .to()
                .unwrap()
                .first()
                .unwrap()
                .address()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(
        recipients.len() == 4
            && recipients
                .iter()
                .all(|recipient| !recipient.starts_with("matron@")),
        "{recipients:?}"
    );
    let archive = morning.archived_reports();
    for bytes in queue().values() {
        let on_the_wire = String::from_utf8(bytes.clone())
            .unwrap()
            .replace('\n', "\r\n")
            .into_bytes();
        assert!(
            archive.values().any(|file| *file == on_the_wire),
            "what was queued is what is archived"
        );
    }
    assert_eq!(
        morning
            .say(&[&["run", "--now"][..], &by_program].concat())
            .exit_code,
        8
    );
    assert_eq!(queue().len(), 4, "nothing twice");
    let written = |file: &str| std::fs::read_to_string(morning.folder.path().join(file)).unwrap();
    assert!(
        written("arguments").contains("\n-t\n") && !written("arguments").contains("matron@"),
        "{}",
        written("arguments")
    );
    assert!(!written("variables").contains("MIGRATION_MONITOR_SMTP_PASSWORD"));
}

#[test]
fn a_mail_program_that_is_not_there_is_told_before_anything_is_made() {
    let morning = morning();
    std::fs::remove_file(morning.folder.path().join("sendmail")).unwrap();
    let said = morning.say(&["run", "--transport", "sendmail"]);
    assert_eq!(said.exit_code, 3);
    assert!(
        said.stderr
            .contains("is no program: name the machine's sendmail"),
        "{}",
        said.stderr
    );
    assert!(!morning.folder.path().join("data").exists());
}
