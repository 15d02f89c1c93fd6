//! Documents that repeat what the program says are held equal to it.

use std::path::Path;
use std::process::Command;

use migration_monitor::domain::FindingCode;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_table_of_findings_is_that_of_the_program() {
    let table: String = FindingCode::ALL
        .iter()
        .map(|code| {
            format!(
                "| `{}` | {} | {} | {} |\n",
                code.name(),
                code.severity().label().to_lowercase(),
                code.meaning(),
                code.advice()
            )
        })
        .collect();
    let document = document("docs/findings.md");
    assert!(
        document.contains(&table),
        "docs/findings.md should hold\n{table}"
    );
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    assert_eq!(rows, FindingCode::ALL.len());
}

#[test]
fn the_readme_lists_the_commands_and_exit_codes_of_the_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let readme = document("README.md");
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    assert!(commands.lines().count() >= 4);
    let block: String = commands
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("  ").unwrap()))
        .collect();
    assert!(
        readme.contains(&format!("```text\n{block}```\n")),
        "the README should hold\n{block}"
    );
    let codes: Vec<(&str, &str)> = help
        .split("Exit codes:\n")
        .nth(1)
        .unwrap()
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .collect();
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| {
            line.strip_prefix("| ")
                .is_some_and(|row| row.starts_with(|c: char| c.is_ascii_digit()))
        })
        .collect();
    assert_eq!((codes.len(), rows.len()), (9, 9));
    for ((code, means), row) in codes.into_iter().zip(rows) {
        let start = means.split([':', ',']).next().unwrap();
        assert!(
            row.starts_with(&format!("| {code} | {start}")),
            "{row} should begin with {code} and {start}"
        );
    }
    let order = help
        .split("Where several apply")
        .nth(1)
        .unwrap()
        .split('.')
        .next()
        .unwrap();
    assert!(
        readme.contains(&format!("Where several apply{order}.")),
        "{order}"
    );
}
