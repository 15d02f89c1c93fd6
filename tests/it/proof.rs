//! One report again to one person, and the proof of what was sent.

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning};

#[test]
fn one_report_goes_once_more_to_one_person_and_the_log_says_who_had_it_sent() {
    let server = server().start();
    let morning = morning_with(&server);
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let first = server.received();
    let of_hospice = morning.deliveries(&["--organisation", "ZTP"]);
    let (id, message_id) = (
        of_hospice[0]["id"].to_string(),
        of_hospice[0]["message_id"].as_str().unwrap(),
    );
    let resend = |more: &[&str]| morning.tell(&[&["deliveries", "resend", &id], more].concat());
    // Nobody whom the register does not name for this organisation, though it may be another's.
    for stranger in ["nobody@nhs.example", "helpdesk@northmoor.example"] {
        let said = resend(&["--to", stranger]);
        assert_eq!(said.exit_code, 2, "{}", said.all());
    }
    assert_eq!(server.received().len(), first.len());
    let said = resend(&["--reason", "Asked for by phone."]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let received = server.received();
    assert_eq!(received.len(), first.len() + 1);
    let again = received.last().unwrap();
    let before = first
        .iter()
        .find(|message| String::from_utf8_lossy(&message.bytes).contains(message_id));
    assert_eq!(
        again.bytes,
        before.unwrap().bytes,
        "the same to the last byte"
    );
    // The delivery is as it was, and no run sends it again.
    assert_eq!(
        morning.deliveries(&["--organisation", "ZTP"])[0],
        of_hospice[0]
    );
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    assert_eq!(server.received().len(), received.len());
    let proof = morning.tell(&["deliveries", "verify", "--date", DATE]);
    assert!(
        proof.exit_code == 0
            && proof.stdout.contains("Everything is as it was written.")
            && proof.stdout.contains("resend of 2026-11-20, ZTP")
            && proof.stdout.contains("“Asked for by phone.”"),
        "{}",
        proof.all()
    );
    // A newer edition takes the place of what was sent.
    let reissue = [
        "reissue",
        "--organisation",
        "ZTP",
        "--anyway",
        "--reason",
        "A trial.",
    ];
    assert_eq!(morning.say(&reissue).exit_code, 0);
    let said = resend(&[]);
    assert!(
        said.exit_code == 2 && said.stderr.contains("edition 2 took its place"),
        "{}",
        said.all()
    );
}

#[test]
fn what_is_not_as_it_was_written_is_found_and_what_was_purged_is_no_fault() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let verify = || morning.tell(&["deliveries", "verify"]);
    assert_eq!(verify().exit_code, 0, "{}", verify().all());
    let edition = morning.folder.path().join(format!(
        "data/archive/{DATE}/ZTP/overall-migration/edition-1"
    ));
    for (file, told) in [
        ("report.html", "is not what was written there"),
        ("model.json", "is not what was written there"),
        ("forged.txt", "was not written by this program"),
    ] {
        let path = edition.join(file);
        let before = std::fs::read(&path).ok();
        std::fs::write(&path, "forged").unwrap();
        let said = verify();
        assert!(
            said.exit_code == 11 && said.stdout.contains(&format!("{file} {told}")),
            "{}",
            said.all()
        );
        match before {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
    }
    assert_eq!(
        morning.tell(&["purge", "--before", "2026-11-21"]).exit_code,
        0
    );
    let said = verify();
    assert!(
        said.exit_code == 0 && said.stdout.contains("purged since"),
        "{}",
        said.all()
    );
}
