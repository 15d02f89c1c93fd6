//! What is sent is proved from its finished bytes: how large it may be, and which way it may go.

use std::fmt::Write as _;
use std::io::{Cursor, Read};

use calamine::{Reader, Xlsx};
use mail_parser::{MessageParser, MimeHeaders};
use sha2::{Digest, Sha256};

use crate::support::morning::{DATE, Morning};

/// So many that their workbook makes a message of more than 1 MiB, and zipped of less.
const ITEMS: usize = 18_000;

/// The hospice of the sample with as many failed items, and a limit of 1 MiB for a message.
fn hospice_with(items: usize, subject: impl Fn(usize) -> String) -> Morning {
    let morning = Morning::of_three();
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |text| {
        let heading = text.lines().next().unwrap();
        (0..items).fold(format!("{heading}\r\n"), |mut text, place| {
            let row = "Pilot,Adaeze Patel,adaeze.patel@pennyford-hospice.example,Inbox";
            let _ = writeln!(
                text,
                "{row},{},IPM.Note,10/07/2025,48,0x8004011B,The item is \
                 corrupted,11/11/2026 23:00:58\r",
                subject(place)
            );
            text
        })
    });
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("max_message_mib = 35", "max_message_mib = 1")
    });
    morning
}

#[test]
fn a_report_that_is_too_large_goes_with_its_workbook_zipped() {
    let morning = hospice_with(ITEMS, |place| format!("Rota of week {place}"));
    let said = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let outbox = morning.outbox();
    let of = |report: &str| {
        outbox
            .iter()
            .find(|(file, _)| file.contains(report))
            .unwrap()
            .1
    };
    let bytes = of("failed-item");
    assert!(bytes.len() <= 1_048_576, "{}", bytes.len());
    let message = MessageParser::new().parse(bytes).unwrap();
    let attached = message
        .attachments()
        .find(|part| part.is_content_type("application", "zip"))
        .unwrap();
    let name = format!("ZTP-failed-item-{DATE}.xlsx.zip");
    assert_eq!(attached.attachment_name(), Some(name.as_str()));
    assert_eq!(
        attached.content_type().unwrap().attribute("name"),
        Some(name.as_str())
    );
    let sentence = format!("Every row is in the attached workbook, {name}.");
    assert!(message.body_text(0).unwrap().contains(&sentence));
    let page = message
        .body_html(0)
        .unwrap()
        .replace("<span>", "")
        .replace("</span>", "")
        .replace("<wbr>", "");
    assert!(page.contains(&sentence));

    let mut zip = zip::ZipArchive::new(Cursor::new(attached.contents())).unwrap();
    let mut workbook = Vec::new();
    zip.by_name(name.strip_suffix(".zip").unwrap())
        .unwrap()
        .read_to_end(&mut workbook)
        .unwrap();
    // What the message would have held without, in base64 with its line ends.
    assert!(
        workbook.len() * 4 / 3 * 78 / 76 > 1_048_576,
        "{}",
        workbook.len()
    );
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook)).unwrap();
    assert_eq!(
        workbook.worksheet_range("Failed items").unwrap().height(),
        ITEMS + 4
    );
    assert!(
        morning
            .archived_reports()
            .contains_key(&format!("{DATE}/ZTP/failed-item/edition-1/{name}"))
    );
    assert_eq!(
        morning.model("ZTP", "failed-item")["page"]["workbook"],
        name.as_str()
    );

    // The other report fits as it is.
    let message = MessageParser::new().parse(of("overall-migration")).unwrap();
    assert!(
        message
            .attachments()
            .all(|part| !part.is_content_type("application", "zip"))
    );
    assert!(
        morning
            .say(&["run", "--organisation", "ZTP"])
            .stdout
            .contains("nothing to send")
    );
}

#[test]
fn a_report_that_is_too_large_even_so_holds_and_says_what_to_do() {
    // Subject lines that do not become shorter.
    let morning = hospice_with(ITEMS, |place| {
        Sha256::digest(place.to_le_bytes())
            .iter()
            .chain(&Sha256::digest(place.to_be_bytes()))
            .copied()
            .collect::<Vec<u8>>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stderr
            .contains("ZTP is held: A report cannot be sent: the message has "),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("raise max_message_mib in [mail] if the mail server takes more"),
        "{}",
        said.stderr
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU"]);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("max_message_mib = 1", "max_message_mib = 4")
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
}

/// By a mail server that is not on this machine, and that nobody logs in to. There is none of this
/// name (RFC 6761).
fn by_an_open_relay(settings: &str) -> String {
    let smtp = "[mail.smtp]\nhost = \"relay.invalid\"\nport = 25\nsecurity = \"starttls\"\n";
    format!(
        "{}\n{smtp}",
        settings.replace("transport = \"outbox\"", "transport = \"smtp\"")
    )
}

#[test]
fn subject_lines_do_not_go_by_a_server_that_nobody_logs_in_to() {
    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        by_an_open_relay(&settings)
    });
    let said = morning.say(&["plan"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    // One quotes them in its workbook, one in its email too, one not at all.
    assert_eq!(
        said.stdout
            .matches("held: A report cannot be sent: the workbook quotes subject lines")
            .count(),
        2,
        "{}",
        said.stdout
    );
    assert_eq!(
        said.stdout
            .matches("to eilidh.macleod@muckle-uplands.nhs.example")
            .count(),
        2,
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("name a username in [mail.smtp]"),
        "{}",
        said.stdout
    );
    morning.edit("migration-monitor.toml", |settings| {
        settings + "username = \"migration.reports@nhs.example\"\n"
    });
    assert_eq!(morning.say(&["plan"]).exit_code, 0);
}

#[cfg(unix)]
#[test]
fn everything_that_a_run_leaves_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let morning = Morning::of_three();
    for arguments in [&["run"][..], &["run"], &["preview", "--out", "look"]] {
        assert_eq!(morning.say(arguments).exit_code, 0);
    }
    let mut waiting: Vec<_> = ["data", "outbox", "look"]
        .map(|folder| morning.folder.path().join(folder))
        .into();
    let mut seen = 0;
    while let Some(path) = waiting.pop() {
        let is_folder = path.is_dir();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            mode,
            if is_folder { 0o700 } else { 0o600 },
            "{}",
            path.display()
        );
        seen += 1;
        if is_folder {
            waiting.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn what_a_killed_run_was_writing_is_removed_and_said() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let before = (morning.outbox(), morning.archived_reports());
    let path = |name: &str| morning.folder.path().join(name);
    let edition = format!("data/archive/{DATE}/ZTP/failed-item");
    let left = [
        format!("{edition}/.unfinished-aB3dE6/report.txt"),
        format!("{edition}/edition-1/.unfinished-aB3dE6"),
    ];
    let left = left.into_iter().chain([
        "data/history/.unfinished-aB3dE6".to_owned(),
        "data/.unfinished-aB3dE6".to_owned(),
        format!("outbox/{DATE}/.unfinished-aB3dE6"),
    ]);
    for name in left {
        std::fs::create_dir_all(path(&name).parent().unwrap()).unwrap();
        std::fs::write(path(&name), "half").unwrap();
    }
    std::fs::write(path("outbox/.unfinished-notes"), "mine").unwrap();
    // A run that ended leaves no name in its lock.
    assert!(!morning.say(&["run"]).stderr.contains("unfinished"));
    std::fs::write(path("data/run.lock"), "process 12\n").unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    for told in [
        "The last run did not end by itself",
        "4 unfinished files of the last run were removed from ",
        "1 unfinished file of the last run was removed from ",
    ] {
        assert!(said.stderr.contains(told), "{}", said.stderr);
    }
    assert_eq!(
        std::fs::read(path("outbox/.unfinished-notes")).unwrap(),
        b"mine"
    );
    std::fs::remove_file(path("outbox/.unfinished-notes")).unwrap();
    assert_eq!((morning.outbox(), morning.archived_reports()), before);
}
