//! Rules of causes of one's own.

use crate::support::morning::{DATE, Morning};

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
                .contains(" (damaged on the way) of "),
        "{yours:?}"
    );
    let ours = model["page"]["our_actions"].as_array().unwrap();
    assert!(
        ours.iter()
            .filter(|action| action.as_str().unwrap().starts_with("Not explained: "))
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
