//! What `plan` says beforehand, held against what a run then does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning};
use crate::support::smtp_server::Misbehaviour::Say;
use crate::support::smtp_server::Step;

/// What a plan says of each message, by what it says before: `overall-migration, edition 1, to
/// somebody`.
fn messages(plan: &str) -> BTreeMap<String, String> {
    let of = |line: &str| {
        line.strip_prefix("  ")?
            .split_once(" (")
            .map(|(message, said)| (message.to_owned(), said.to_owned()))
    };
    plan.lines().filter_map(of).collect()
}

/// The same less the size of an estimate: “Users: 14 rows; about … KB): would be sent”.
fn less_the_estimate(said: &str) -> String {
    let (before, after) = said.split_once("about ").unwrap();
    format!(
        "{before}about …{}",
        after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',')
    )
}

/// The size in what is said of a message: of “Users: 14 rows; about 85 KB): would be sent” it is
/// 85.
fn kibibytes(said: &str) -> f64 {
    said.split_once(" KB")
        .unwrap()
        .0
        .rsplit(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap()
}

/// The hospice of the sample with so many mailboxes, one failed item in each, and names that are
/// all different.
fn hospice_of(mailboxes: u32) -> Morning {
    let morning = Morning::of_the_sample();
    morning.edit("organisations.csv", |register| {
        let is_kept = |line: &&str| line.starts_with("code,") || line.starts_with("ZTP,");
        register
            .lines()
            .filter(is_kept)
            .map(|line| format!("{line}\n"))
            .collect()
    });
    const SYLLABLES: [&str; 16] = [
        "an", "bel", "cor", "dun", "el", "far", "gwen", "hal", "il", "jor", "ken", "lor", "mac",
        "nor", "os", "win",
    ];
    let scattered: Vec<_> = (0..mailboxes)
        .map(|place| Sha256::digest(place.to_le_bytes()))
        .collect();
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| SYLLABLES[usize::from(byte % 16)])
            .collect::<String>()
    };
    let name = |place: usize| {
        (
            word(&scattered[place][..2]),
            format!("{}{place}", word(&scattered[place][2..5])),
        )
    };
    let address = |place: usize| {
        format!(
            "{}.{}@pennyford-hospice.example",
            name(place).0,
            name(place).1
        )
    };
    let table = |heading: &str, row: &dyn Fn(usize) -> String| {
        (0..scattered.len()).fold(format!("{heading}\r\n"), |mut text, place| {
            let _ = write!(text, "{}\r\n", row(place));
            text
        })
    };
    let number = |place: usize, byte: usize| u32::from(scattered[place][byte]) * 31 + 100;
    let state = |place: usize| {
        let ((first, last), address) = (name(place), address(place));
        let (copied, size, minute) = (number(place, 6), number(place, 7), scattered[place][8] % 60);
        let target = address.replace("pennyford-hospice.example", "nhs.example");
        format!(
            "Week 1,{first} {last},{address},{target},In \
             Sync,100,{},{copied},1,{size}.5,20/11/2026 05:{minute:02}:18,24/11/2026",
            copied + 1
        )
    };
    let item = |place: usize| {
        let ((first, last), address) = (name(place), address(place));
        let subject = format!(
            "{} {} of {} {place}",
            word(&scattered[place][9..12]),
            word(&scattered[place][12..15]),
            word(&scattered[place][15..17])
        );
        let (size, minute) = (number(place, 18), scattered[place][19] % 60);
        format!(
            "Week 1,{first} {last},{address},Inbox,{subject},IPM.Note,10/07/2025,{size},0x8004011B,The item is corrupted,11/11/2026 23:{minute:02}:58"
        )
    };
    let headings = |file: &str| {
        let text =
            std::fs::read_to_string(morning.folder.path().join(Morning::export("ZTP", file)))
                .unwrap();
        text.lines().next().unwrap().to_owned()
    };
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |_| {
        table(&headings("sync-state.csv"), &state)
    });
    morning.edit(&Morning::export("ZTP", "failed-items.csv"), |_| {
        table(&headings("failed-items.csv"), &item)
    });
    morning.edit("exports/ZTP/migration-schedule.csv", |schedule| {
        let row = |place: usize| format!("{},Week 1,24/11/2026,Live,", address(place));
        table(schedule.lines().next().unwrap(), &row)
    });
    morning
}

/// Plans, runs, plans again, and holds what was estimated against what then lies in the archive.
fn estimates_hold(morning: &Morning, date: &str) {
    let before = morning.say_of(date, &["plan"]);
    assert_eq!(before.exit_code, 0, "{}", before.all());
    let run = morning.say_of(date, &["run"]);
    assert_eq!(run.exit_code, 0, "{}", run.all());
    let (before, after) = (
        messages(&before.stdout),
        messages(&morning.say_of(date, &["plan"]).stdout),
    );
    assert!(
        !before.is_empty() && before.keys().eq(after.keys()),
        "{before:?} {after:?}"
    );
    for (message, said) in before {
        let (expected, is) = (kibibytes(&said), kibibytes(&after[&message]));
        assert!(
            (0.75..=1.34).contains(&(is / expected)),
            "{message}: {is} KB, where {expected} were expected"
        );
    }
}

#[test]
fn plan_says_who_would_get_what_and_writes_nothing() {
    let morning = Morning::of_three();
    let before = morning.say(&["plan"]);
    assert_eq!(before.exit_code, 0);
    let organisations: Vec<&str> = before
        .stdout
        .lines()
        .filter(|line| line.starts_with('Z'))
        .map(|line| &line[..3])
        .collect();
    assert_eq!(organisations, ["ZCA", "ZMU", "ZTP"]);
    let said = messages(&before.stdout);
    let of = |report: &str| {
        said[&format!("{report}, edition 1, to matron@pennyford-hospice.example")].clone()
    };
    assert_eq!(
        less_the_estimate(&of("overall-migration")),
        "Users: 14 rows; about … KB): would be sent"
    );
    assert_eq!(
        less_the_estimate(&of("failed-item")),
        "Failed items: 2 rows; about … KB): would be sent"
    );
    assert_eq!(
        before.stdout.matches("preview finds out").count(),
        1,
        "{}",
        before.stdout
    );
    assert!(
        before
            .stdout
            .contains("6 messages would be sent into the outbox"),
        "{}",
        before.stdout
    );
    assert!(!morning.folder.path().join("data").exists());

    morning.say(&["run"]);
    let after = morning.say(&["plan"]);
    let message = "ZTP/overall-migration/edition-1/message-";
    let (_, bytes) = morning
        .archive()
        .into_iter()
        .find(|(file, _)| file.contains(message))
        .unwrap();
    let line = format!(
        "overall-migration, edition 1, to matron@pennyford-hospice.example ({} KB): in the outbox since ",
        bytes.len().div_ceil(1024)
    );
    assert!(
        after.stdout.contains(&line) && after.stdout.contains("0 messages would be sent"),
        "{}",
        after.stdout
    );
    assert!(
        !after.stdout.contains("about") && !after.stdout.contains("preview"),
        "{}",
        after.stdout
    );
}

#[test]
fn what_is_estimated_of_the_sample_lies_within_its_margin() {
    estimates_hold(&Morning::of_the_sample(), DATE);
}

#[test]
fn what_is_estimated_of_a_first_day_and_of_later_ones_lies_within_its_margin() {
    let days = ["2026-11-09", "2026-11-16", "2026-11-19", DATE];
    let morning = days.iter().fold(Morning::of_three(), |morning, day| {
        morning.with_exports_of(day)
    });
    assert!(
        morning
            .say_of(days[0], &["plan"])
            .stdout
            .contains("(Failed items: 0 rows; about "),
        "nothing has failed yet"
    );
    for day in days {
        estimates_hold(&morning, day);
    }
}

#[test]
fn what_is_estimated_of_a_large_organisation_lies_within_its_margin() {
    let morning = hospice_of(6_000);
    let plan = morning.say(&["plan"]).stdout;
    for rows in [
        "(Users: 6,000 rows; about ",
        "(Failed items: 6,000 rows; about ",
        "(Due: 6,000 rows; about ",
    ] {
        assert!(plan.contains(rows), "{plan}");
    }
    assert!(!plan.contains("max_message_mib"), "{plan}");
    estimates_hold(&morning, DATE);
}

#[test]
fn a_message_that_is_likely_too_large_is_told() {
    let morning = hospice_of(6_000);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("max_message_mib = 35", "max_message_mib = 1")
    });
    let plan = morning.say(&["plan"]);
    assert_eq!(
        plan.exit_code,
        0,
        "it is likely, and not known: {}",
        plan.all()
    );
    let told: Vec<&str> = plan
        .stdout
        .lines()
        .filter(|line| line.contains("likely larger than max_message_mib in [mail], 1 MiB"))
        .collect();
    assert_eq!(told.len(), 2, "{}", plan.stdout);
    assert!(
        told[0].starts_with("  overall-migration, edition 1: ")
            && told[1].starts_with("  failed-item, edition 1: "),
        "{told:?}"
    );
}

#[test]
fn who_is_added_to_the_register_would_get_the_report_that_is_there() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    morning.edit("organisations.csv", |register| {
        register.replace(
            "matron@pennyford-hospice.example,",
            "matron@pennyford-hospice.example;porter@pennyford-hospice.example,",
        )
    });
    let plan = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    let said = messages(&plan);
    assert!(
        said["overall-migration, edition 1, to matron@pennyford-hospice.example"]
            .contains(" KB): in the outbox since "),
        "{plan}"
    );
    let of_the_porter = less_the_estimate(
        &said["overall-migration, edition 1, to porter@pennyford-hospice.example"],
    );
    assert_eq!(
        of_the_porter, "Users: 14 rows; about … KB): would be sent",
        "{plan}"
    );
}

#[test]
fn a_message_that_the_archive_has_lost_is_told() {
    let server = server()
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("450 4.2.1 later"),
        )
        .start();
    let morning = morning_with(&server).without_readiness();
    morning.say(&["run", "--organisation", "ZTP"]);
    let archived = || {
        morning
            .archive()
            .into_keys()
            .filter(|file| file.contains("/ZTP/") && file.ends_with(".eml"))
            .collect::<Vec<_>>()
    };
    assert_eq!(archived().len(), 2);
    for file in archived() {
        std::fs::remove_file(morning.folder.path().join("data/archive").join(file)).unwrap();
    }
    let plan = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    let message = "  overall-migration, edition 1, to matron@pennyford-hospice.example ";
    let told = plan
        .lines()
        .find_map(|line| line.strip_prefix(message))
        .unwrap();
    let again = "(not in the archive, would be made again; Users: 14 rows; about … KB): deferred";
    assert!(less_the_estimate(told).starts_with(again), "{plan}");
    morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(archived().len(), 2);
    morning.edit_ledger("UPDATE deliveries SET state = 'accepted'");
    for file in archived() {
        std::fs::remove_file(morning.folder.path().join("data/archive").join(file)).unwrap();
    }
    let plan = morning.say(&["plan", "--organisation", "ZTP"]).stdout;
    assert_eq!(
        plan.matches("(not in the archive): accepted on ").count(),
        2,
        "{plan}"
    );
}
