use std::io::Cursor;

use calamine::{Reader, Xlsx};
use mail_parser::MimeHeaders;

use super::{parsed, text_of};
use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning};
use crate::support::smtp_server::Misbehaviour::Say;
use crate::support::smtp_server::Step;

const REISSUE: [&str; 5] = [
    "reissue",
    "--organisation",
    "ZTP",
    "--reason",
    "The export of failed items was cut short.",
];

fn change_inputs(morning: &Morning) {
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |text| {
        text.replacen("IPM.Note", "IPM.Task", 1)
    });
}

#[test]
fn an_edition_after_the_first_says_what_it_replaces_and_why() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    let before = morning.outbox();
    let mark = || {
        std::fs::read(
            morning
                .folder
                .path()
                .join("data/history/snapshots/2026-11-20/ZTP.sha256"),
        )
        .unwrap()
    };
    let mark_before = mark();
    change_inputs(&morning);
    let said = morning.say(&REISSUE);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert_ne!(
        mark(),
        mark_before,
        "later days are compared with the edition that stands"
    );
    assert!(
        said.stdout
            .contains("2 messages put into the outbox, of 1 organisation"),
        "{}",
        said.stdout
    );
    let after = morning.outbox();
    let others = before.iter().filter(|(file, _)| !file.contains("/ZTP-"));
    assert!(
        others.clone().count() == 4 && others.clone().all(|(file, bytes)| after[file] == *bytes),
        "of the others nothing changes"
    );
    assert_eq!(after.len(), before.len(), "what is replaced goes");
    let new: Vec<_> = after
        .iter()
        .filter(|(file, _)| !before.contains_key(*file))
        .collect();
    assert_eq!(new.len(), 2);
    let opening = "Edition 2, replaces edition 1, which was not sent.";
    for (file, bytes) in new {
        assert!(file.contains("ZTP-") && file.contains("-2-"), "{file}");
        let message = parsed(bytes);
        assert!(message.subject().unwrap().ends_with(", edition 2"));
        let text = text_of(&message);
        assert!(text.starts_with(opening), "{text}");
        let rest = "Reason: The export of failed items was cut short. Changed: \
         ZTP/2026-11-20/failed-items.csv.";
        assert!(text.contains(rest), "{text}");
        let page = message.body_html(0).unwrap();
        let words: String = page.replace("<span>.</span>", ".").replace("<wbr>", "");
        assert!(words.contains(opening) && words.contains(rest), "{file}");
        let workbook = message
            .attachments()
            .find(|part| {
                part.attachment_name()
                    .is_some_and(|name| name.ends_with(".xlsx"))
            })
            .unwrap();
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook.contents().to_vec())).unwrap();
        let first = workbook.sheet_names()[0].clone();
        let range = workbook.worksheet_range(&first).unwrap();
        assert!(
            range.rows().nth(1).unwrap()[0]
                .to_string()
                .starts_with(opening),
            "{first}"
        );
    }
    let again = morning.say(&["run"]);
    assert_eq!(again.exit_code, 0);
    assert!(
        again.stdout.contains("nothing to send: all 6 messages"),
        "{}",
        again.stdout
    );
    assert_eq!(morning.outbox(), after);
}

#[test]
fn whoever_is_added_after_a_reissue_gets_the_edition_that_the_others_got() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    change_inputs(&morning);
    morning.say(&REISSUE);
    let before = morning.outbox();
    morning.edit("organisations.csv", |register| {
        register.replacen(
            "matron@pennyford-hospice.example",
            "matron@pennyford-hospice.example;porter@pennyford-hospice.example",
            1,
        )
    });
    assert!(
        morning
            .say(&["run"])
            .stdout
            .contains("1 message put into the outbox")
    );
    let after = morning.outbox();
    let texts: Vec<String> = after
        .iter()
        .filter(|(file, _)| file.contains("ZTP-overall-migration-2-"))
        .map(|(_, bytes)| text_of(&parsed(bytes)))
        .collect();
    assert_eq!((after.len(), texts.len()), (before.len() + 1, 2));
    assert!(texts[0] == texts[1] && texts[0].starts_with("Edition 2, replaces"));
}

#[test]
fn where_nothing_changed_nothing_is_sent_unless_somebody_insists() {
    let morning = Morning::of_three();
    let too_early = morning.say(&REISSUE);
    assert_eq!(too_early.exit_code, 0);
    assert!(
        too_early
            .stdout
            .contains("there is no edition of 2026-11-20 to replace"),
        "{}",
        too_early.stdout
    );
    morning.say(&["run"]);
    let before = (morning.outbox(), morning.archived_reports());
    let said = morning.say(&REISSUE);
    assert_eq!(said.exit_code, 0);
    assert!(
        said.stdout
            .contains("ZTP overall-migration: nothing changed since edition 1"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout
            .contains("nothing was reissued, and nothing was sent"),
        "{}",
        said.stdout
    );
    assert_eq!((morning.outbox(), morning.archived_reports()), before);

    let insisted = morning.say(&[&REISSUE[..], &["--anyway"]].concat());
    assert_eq!(insisted.exit_code, 0, "{}", insisted.all());
    let outbox = morning.outbox();
    assert_eq!(outbox.len(), before.0.len(), "what is replaced goes");
    let (_, bytes) = outbox
        .iter()
        .find(|(file, _)| file.contains("ZTP-failed-item-2-"))
        .unwrap();
    assert!(text_of(&parsed(bytes)).contains("Changed: nothing in the exports."));
}

#[test]
fn what_the_edition_before_had_still_to_send_is_superseded() {
    let server = server()
        .once_at(Step::Recipient, Say("451 4.3.0 later"))
        .once_at(Step::Recipient, Say("550 5.1.1 no such user"))
        .start();
    let morning = morning_with(&server).without_readiness();
    let first = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(first.exit_code, 5, "{}", first.all());
    assert!(server.received().is_empty());
    change_inputs(&morning);
    let said = morning.say(&REISSUE);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let received = server.received();
    assert_eq!(received.len(), 2);
    for message in &received {
        assert!(
            text_of(&parsed(&message.bytes))
                .starts_with("Edition 2, replaces edition 1, which was not sent.")
        );
    }
    let listed = morning.tell(&["deliveries", "--format", "csv"]).stdout;
    let states: Vec<&str> = listed
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(6).unwrap())
        .collect();
    assert_eq!(
        states.iter().filter(|state| **state == "accepted").count(),
        2,
        "{listed}"
    );
    assert!(
        states.contains(&"superseded") && states.contains(&"refused"),
        "{listed}"
    );
    assert_eq!(
        morning
            .say(&["run", "--organisation", "ZTP", "--now"])
            .exit_code,
        0,
        "a refusal of the old edition is done with"
    );
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_message_that_was_changed_in_the_archive_is_made_anew() {
    let morning = Morning::of_three();
    std::fs::write(morning.folder.path().join("outbox"), "").unwrap();
    morning.say(&["run", "--organisation", "ZTP"]);
    let edition = morning
        .folder
        .path()
        .join(format!("data/archive/{DATE}/ZTP/failed-item/edition-1"));
    let message = std::fs::read_dir(edition)
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().unwrap() == "eml");
    std::fs::write(message.unwrap(), "changed").unwrap();
    std::fs::remove_file(morning.folder.path().join("outbox")).unwrap();
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 4);
    let said = morning.say(&REISSUE);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout.contains("overall-migration: nothing changed")
            && said.stdout.contains("1 message put into the outbox"),
        "{}",
        said.stdout
    );
    assert_eq!(
        morning.outbox().len(),
        2,
        "edition 1 of the one report, edition 2 of the other"
    );
}

#[test]
fn a_reason_that_cannot_open_a_report_is_refused_before_anything_happens() {
    let morning = Morning::of_three();
    for reason in ["", "ask a.b@nhs.example", "one\ntwo"] {
        let said = morning.say(&["reissue", "--organisation", "ZTP", "--reason", reason]);
        assert_eq!(said.exit_code, 2, "{}", said.all());
    }
    assert!(!morning.folder.path().join("data").exists());
}

#[test]
fn a_reason_that_quotes_a_withheld_subject_line_holds() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    // The register withholds the subject lines of this organisation.
    let rows = crate::support::raw_exports::read(
        &morning
            .folder
            .path()
            .join(Morning::export("ZMU", "failed-items.csv")),
    );
    let subject = rows
        .iter()
        .map(|row| crate::support::raw_exports::cell(row, &["Subject"]))
        .find(|subject| {
            (20..100).contains(&subject.len())
                && subject
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == ' ')
        });
    let reason = format!("about {}", subject.unwrap());
    let said = morning.say(&[
        "reissue",
        "--anyway",
        "--organisation",
        "ZMU",
        "--reason",
        &reason,
    ]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stderr
            .contains("holds a text that policy keeps out of the email"),
        "{}",
        said.stderr
    );
}
