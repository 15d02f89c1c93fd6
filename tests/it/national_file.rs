//! One file for all organisations, in place of one for each.

use std::fmt::Write as _;

use migration_monitor::sheets::Sheet;

use crate::support::morning::{DATE, Morning};

/// The sample with its exports and schedules put together, each row behind the code of its
/// organisation.
fn national() -> Morning {
    let morning = Morning::of_three();
    let exports = morning.folder.path().join("exports");
    for (file, from) in [
        ("sync-state.csv", format!("{DATE}/sync-state.csv")),
        ("failed-items.csv", format!("{DATE}/failed-items.csv")),
        ("schedule.csv", "migration-schedule.csv".to_owned()),
    ] {
        let mut text = String::new();
        for code in ["ZTP", "ZCA", "ZMU"] {
            let Ok(own) = std::fs::read(exports.join(code).join(&from)) else {
                continue;
            };
            let sheet = Sheet::from_delimited(own).unwrap();
            if text.is_empty() {
                let _ = writeln!(text, "{},ODS Code", sheet.headings().join(","));
            }
            for row in 0..sheet.height() {
                let cell =
                    |column| format!("\"{}\",", sheet.raw_cell(row, column).replace('"', "\"\""));
                let cells: String = (0..sheet.headings().len()).map(cell).collect();
                let _ = writeln!(text, "{cells}{}", code.to_lowercase());
            }
        }
        std::fs::write(exports.join(format!("{DATE}-{file}")), text).unwrap();
    }
    for code in ["ZTP", "ZCA", "ZMU"] {
        std::fs::remove_dir_all(exports.join(code)).unwrap();
    }
    morning.edit("migration-monitor.toml", |settings| {
        settings
            .replace("{organisation}/{date}/sync-state*", "{date}-sync-state*")
            .replace(
                "{organisation}/{date}/failed-items*",
                "{date}-failed-items*",
            )
            .replace("{organisation}/migration-schedule*", "{date}-schedule*")
    });
    morning
}

/// A model without the places of its findings, which are in another file and on other lines.
fn figures(morning: &Morning, code: &str, report: &str) -> serde_json::Value {
    let mut model = morning.model(code, report);
    for finding in model["findings"].as_array_mut().unwrap() {
        for place in ["file", "line", "column"] {
            finding[place] = serde_json::Value::Null;
        }
    }
    let is_of_findings =
        |section: &serde_json::Value| section["heading"] == "What we found in the exports";
    model["page"]["sections"]
        .as_array_mut()
        .unwrap()
        .retain(|section| !is_of_findings(section));
    model
}

#[test]
fn one_file_for_all_makes_the_same_reports_as_one_for_each() {
    let (each, all) = (Morning::of_three(), national());
    for morning in [&each, &all] {
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        assert!(!said.stderr.contains("Nobody is told"), "{}", said.all());
    }
    assert_eq!(
        all.outbox().keys().collect::<Vec<_>>(),
        each.outbox().keys().collect::<Vec<_>>()
    );
    for code in ["ZCA", "ZMU", "ZTP"] {
        for report in ["overall-migration", "failed-item"] {
            assert_eq!(
                figures(&all, code, report),
                figures(&each, code, report),
                "{code} {report}"
            );
        }
    }
    assert_eq!(all.say(&["run"]).exit_code, 0);
}

#[test]
fn a_change_to_one_organisations_rows_changes_no_other() {
    let morning = national();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    morning.edit(&format!("exports/{DATE}-failed-items.csv"), |text| {
        let last = text
            .lines()
            .rev()
            .find(|line| line.ends_with(",zca"))
            .unwrap()
            .to_owned();
        text.clone() + &last + "\n"
    });
    let said = morning.say(&["run"]).all();
    assert!(said.contains("ZCA: ") && said.contains("changed"), "{said}");
    assert!(
        !said.contains("ZTP: 2026") && !said.contains("ZMU: 2026"),
        "{said}"
    );
}

#[test]
fn rows_of_nobody_are_told_to_the_central_team() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        let row = text.lines().nth(1).unwrap().strip_suffix(",ztp").unwrap();
        format!("{text}{row},ZQQ\n{row},\n{row},ZQQ\n")
    });
    let lines = |text: &str| {
        text.lines()
            .filter(|line| line.contains("Nobody is told of them"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for command in ["run", "check", "plan"] {
        let told = lines(&morning.say(&[command]).all());
        assert_eq!(told.len(), 2, "{command}: {told:?}");
        assert!(
            told[0].contains("1 row with no code of an organisation")
                && told[0].contains("-sync-state.csv, line "),
            "{told:?}"
        );
        assert!(
            told[1].contains("2 rows of ZQQ, which the register does not have"),
            "{told:?}"
        );
    }
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
}

#[test]
fn a_row_under_another_organisations_code_holds_that_one() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        text.replacen(",ztp\n", ",zmu\n", 1)
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stderr.contains("ZMU is held")
            && said
                .stderr
                .contains("a domain that is not this organisation's"),
        "{}",
        said.stderr
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZTP"]);
}

#[test]
fn a_file_for_all_that_does_not_say_whose_its_rows_are_holds_everybody() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        text.replace(",ODS Code\n", ",Remarks\n")
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4);
    assert_eq!(
        said.stderr
            .matches("it has no column that says whose a row is")
            .count(),
        3,
        "{}",
        said.stderr
    );
    assert!(morning.outbox().is_empty());
}

#[test]
fn rows_of_another_width_hold_the_organisation_whose_code_they_have_and_no_other() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        let rows = text.lines().zip(0..);
        let rows = rows.map(|(line, place)| match line.strip_suffix(",ztp") {
            // A comma that nobody quoted moves the cells behind it.
            Some(cells) if place % 2 == 0 => format!("Holm, {cells},ztp\n"),
            _ => format!("{line}\n"),
        });
        rows.collect()
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(
        said.stderr.contains("ZTP is held") && said.stderr.contains("rows cannot be read"),
        "{}",
        said.stderr
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU"]);
}

#[test]
fn a_row_of_another_width_in_a_file_for_all_is_told_to_everybody() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        text + "one cell,two cells\n"
    });
    let said = morning.say(&["check"]);
    assert_eq!(
        said.stdout
            .matches("1 row of this file of all organisations without as many cells")
            .count(),
        3,
        "{}",
        said.stdout
    );
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("[exports]\n", "[exports]\nmax_bad_rows = 0.0\n")
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    assert!(morning.outbox().is_empty());
}

#[test]
fn totals_and_the_last_line_of_a_file_for_all_are_rows_of_nobody_and_no_fault() {
    let morning = national();
    morning.edit(&format!("exports/{DATE}-sync-state.csv"), |text| {
        let commas = ",".repeat(text.lines().next().unwrap().matches(',').count());
        format!("{text}Grand Total{commas}\n(40 rows affected)")
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    for not_said in ["Nobody is told of them", "as many cells", "cut off"] {
        assert!(!said.all().contains(not_said), "{}", said.all());
    }
    for code in ["ZCA", "ZMU", "ZTP"] {
        let told = morning.model(code, "overall-migration")["findings"].to_string();
        let rows = "1 row is without a code of an organisation and without an address";
        assert!(told.contains(rows), "{code}: {told}");
    }
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
}
