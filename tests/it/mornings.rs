//! What a central team meets in two weeks of mornings, and what the program says of it.

use mail_parser::MessageParser;

use crate::support::morning::{DATE, Morning, Said};

const THURSDAY: &str = "2026-11-19";

/// Thursday is sent, and Friday's exports are there.
fn friday() -> Morning {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    assert_eq!(morning.say_of(THURSDAY, &["run"]).exit_code, 0);
    morning
}

/// Leaves so much of an organisation's sync-state export of Friday, cut on a whole row.
fn cut(morning: &Morning, organisation: &str, share: f64) {
    morning.edit(&Morning::export(organisation, "sync-state.csv"), |text| {
        let lines: Vec<&str> = text.lines().collect();
        let rows = ((lines.len() - 1) as f64 * share) as usize;
        let kept = lines[..=rows].iter();
        kept.map(|line| format!("{line}\r\n")).collect()
    });
}

fn is_held(said: &Said, organisation: &str) -> bool {
    said.stderr.contains(&format!("{organisation} is held: "))
}

#[test]
fn a_cut_export_is_held_until_a_person_says_that_it_is_right() {
    let morning = friday();
    cut(&morning, "ZCA", 0.56);
    let held = morning.say(&["run"]);
    assert_eq!(held.exit_code, 4, "{}", held.all());
    let way_out = format!("run --date {DATE} --organisation ZCA --accept-loss");
    assert!(
        is_held(&held, "ZCA") && held.stderr.contains(&way_out),
        "{}",
        held.all()
    );
    // A word for all organisations at once is none.
    assert_eq!(morning.say(&["run", "--accept-loss"]).exit_code, 2);

    let accept = ["run", "--organisation", "ZCA", "--accept-loss"];
    let why = ["--reason", "Two collections were taken out."];
    let accepted = morning.say(&[&accept[..], &why].concat());
    assert_eq!(accepted.exit_code, 0, "{}", accepted.all());
    assert!(
        accepted.stderr.contains("noted in the ledger"),
        "{}",
        accepted.all()
    );
    let ledger =
        rusqlite::Connection::open(morning.folder.path().join("data/ledger.sqlite")).unwrap();
    let (who, reason, gone): (String, String, i64) = ledger
        .query_row("SELECT who, why, amount FROM audit_log", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert!(who.contains(" on ") && gone > 0, "{who} {gone}");
    assert_eq!(reason, why[1]);

    // Whoever looks at the day later is told the same.
    for command in ["run", "plan", "check"] {
        let said = morning.say(&[command]);
        assert_eq!(said.exit_code, 0, "{command}: {}", said.all());
    }
    // A worse export of the same day is another question.
    cut(&morning, "ZCA", 0.5);
    assert!(is_held(&morning.say(&["run"]), "ZCA"));
}

#[test]
fn two_peoples_mail_into_one_mailbox_is_in_the_subject_and_first_of_what_to_do() {
    let morning = friday();
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        let mut lines: Vec<Vec<String>> = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect())
            .collect();
        let target = lines[0].iter().position(|h| h == "Target Mailbox").unwrap();
        lines[2][target] = lines[1][target].clone();
        lines.iter().map(|cells| cells.join(",") + "\r\n").collect()
    });
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let summaries = morning.summaries();
    let (_, bytes) = summaries
        .iter()
        .find(|(file, _)| file.contains(&format!("{DATE}/")))
        .unwrap();
    let message = MessageParser::new().parse(bytes).unwrap();
    assert_eq!(
        message.subject(),
        Some("Run Summary, 20 November 2026: all went out, with warnings; call ZTP")
    );
    let text = message.body_text(0).unwrap();
    let to_do = text.split("What to do").nth(1).unwrap();
    assert!(
        to_do.contains("1. Two mailboxes that would land in one: ZTP. Stop the migration"),
        "{text}"
    );
    let checked = morning.say(&["check"]);
    assert!(
        checked.stdout.contains("WARN  exports of ZTP: ")
            && !checked.stdout.contains("All is well"),
        "{}",
        checked.stdout
    );
}
