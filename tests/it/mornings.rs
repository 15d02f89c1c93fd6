//! What a central team meets in two weeks of mornings, and what the program says of it.

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
