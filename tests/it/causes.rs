//! The causes of errors that tools really write, and rules of causes of one's own.

use std::path::Path;

use migration_monitor::metrics::CauseRules;
use migration_monitor::sheets::Sheet;

use crate::support::morning::{DATE, Morning};

/// Judges the errors of a file by the built-in rules: how many of them have one of the causes that
/// somebody who knows the tools would give them, and the others.
///
/// `given.csv` is what the rules were asked for; `collected.csv` are further texts, names and codes
/// of public lists and threads, each with its source. They were judged before the rules were written.
fn judge(file: &str) -> (usize, Vec<String>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/causes")
        .join(file);
    let sheet = Sheet::from_delimited(std::fs::read(file).unwrap()).unwrap();
    let rules = CauseRules::built_in().unwrap();
    let columns = ["Error Code", "Error", "Kind", "Causes", "Source"];
    let columns = columns.map(|heading| sheet.column(heading).unwrap());
    let (mut right, mut wrong) = (0, Vec::new());
    for row in 0..sheet.height() {
        let [code, text, kind, causes, source] = columns.map(|column| sheet.cell(row, column));
        assert!(!source.is_empty(), "row {row}");
        let some = |cell: &str| (!cell.is_empty()).then(|| cell.to_owned());
        let [code, text, kind] = [code, text, kind].map(some);
        let cause = rules.cause(kind.as_deref(), code.as_deref(), text.as_deref());
        match causes.split('|').any(|right| right == cause.name) {
            true => right += 1,
            false => wrong.push(format!("{}, not {causes}: {code:?} {text:?}", cause.name)),
        }
    }
    (right, wrong)
}

fn assert_95_percent(right: usize, wrong: &[String]) {
    let judged = right + wrong.len();
    assert!(
        right * 100 >= judged * 95,
        "{right} of {judged}: {wrong:#?}"
    );
}

#[test]
fn of_the_errors_that_were_asked_for_95_in_100_have_their_cause() {
    let (right, wrong) = judge("given.csv");
    assert_eq!(right + wrong.len(), 72);
    assert_95_percent(right, &wrong);
}

#[test]
fn of_all_errors_that_public_lists_and_threads_show_95_in_100_have_their_cause() {
    let (given, collected) = (judge("given.csv"), judge("collected.csv"));
    assert!(collected.0 + collected.1.len() >= 200);
    assert_95_percent(given.0 + collected.0, &[given.1, collected.1].concat());
}

#[test]
fn no_subject_line_or_address_that_an_error_quotes_decides_its_cause() {
    let rules = CauseRules::built_in().unwrap();
    let quoted = "Access denied: network timed out, quota exceeded, message too large, corrupt";
    for text in [
        format!("The item '{quoted}' failed"),
        format!("The item \"{quoted}\" failed"),
        format!("- msg INBOX/3 {{33}} could not append ( Subject:[{quoted}], Size:[33] ) to INBOX"),
        format!("The item failed; Subject: {quoted}"),
        "The item of quota.exceeded@corrupt.example failed".to_owned(),
    ] {
        let cause = |text: &str| rules.cause(None, None, Some(text)).name.clone();
        assert_eq!(cause(&text), "Other", "{text}");
        assert_eq!(cause(&format!("Data is damaged. {text}")), "Item corrupted");
    }
}

const RULES: &str = r#"[[rule]]
name = "Damaged on the way"
pattern = 'corrupt|could not be (read|opened)'
owner = "organisation"
action = "Write to damaged.items@nhs.example"

[other]
name = "Not explained"
owner = "migration-team"
action = "We look into these"
"#;

fn with_rules(rules: &str) -> Morning {
    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        settings + "\n[reports]\ncauses = \"our-causes.toml\"\n"
    });
    std::fs::write(morning.folder.path().join("our-causes.toml"), rules).unwrap();
    morning
}

#[test]
fn they_stand_in_page_and_workbook_and_what_no_rule_knows_is_counted() {
    let morning = with_rules(RULES);
    let said = morning.say(&["run", "--organisation", "ZCA"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let model = morning.model("ZCA", "failed-item");
    let sections = model["page"]["sections"].as_array().unwrap();
    let causes = sections
        .iter()
        .find(|section| section["heading"] == "Why items failed")
        .unwrap()["table"]["rows"]
        .as_array()
        .unwrap();
    let cells: Vec<Vec<&str>> = causes
        .iter()
        .map(|row| {
            row.as_array()
                .unwrap()
                .iter()
                .map(|cell| cell.as_str().unwrap())
                .collect()
        })
        .collect();
    assert_eq!(
        cells.iter().map(|row| row[0]).collect::<Vec<_>>(),
        ["Damaged on the way", "Not explained"]
    );
    let items: u64 = cells.iter().map(|row| row[1].parse::<u64>().unwrap()).sum();
    assert_eq!(
        Some(items),
        model["totals"]["items_failed"].as_u64(),
        "every item has a cause"
    );
    assert_eq!(
        (cells[0][3], cells[1][3]),
        ("Your organisation", "Migration team")
    );
    let yours = model["page"]["your_actions"].as_array().unwrap();
    assert!(
        yours.len() == 1
            && yours[0]
                .as_str()
                .unwrap()
                .starts_with("Damaged on the way: "),
        "{yours:?}"
    );
    let ours = model["page"]["our_actions"].as_array().unwrap();
    assert!(
        ours.iter()
            .filter(|action| action
                .as_str()
                .unwrap()
                .contains(" for us to repair or copy again"))
            .count()
            == 1,
        "{ours:?}"
    );

    // The reports that are out were made by these rules.
    std::fs::write(
        morning.folder.path().join("our-causes.toml"),
        RULES.replace("look into", "see to"),
    )
    .unwrap();
    let again = morning.say(&["run", "--organisation", "ZCA"]);
    assert!(
        again.all().contains("the rules of causes changed"),
        "{}",
        again.all()
    );
}

#[test]
fn a_mistake_in_them_is_told_with_file_line_and_column() {
    for (rules, told) in [
        (
            RULES.replace("(read", "((read"),
            "our-causes.toml, line 3, column 11: the pattern is not a regular expression: unclosed \
             group",
        ),
        (
            RULES.replace("owner = \"migration-team\"\n", ""),
            "our-causes.toml, line 7, column 1: missing key `owner`",
        ),
    ] {
        let checked = with_rules(&rules).say(&["check"]);
        assert_eq!(checked.exit_code, 3);
        assert!(checked.stderr.contains(told), "{}", checked.stderr);
    }
    let morning = with_rules(RULES);
    std::fs::remove_file(morning.folder.path().join("our-causes.toml")).unwrap();
    let checked = morning.say(&["check"]);
    assert!(
        checked.exit_code == 3 && checked.stderr.contains("our-causes.toml"),
        "{}",
        checked.stderr
    );
    assert!(
        !morning
            .folder
            .path()
            .join(format!("data/archive/{DATE}"))
            .exists()
    );
}
