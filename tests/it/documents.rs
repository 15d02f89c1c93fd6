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
            format!("| `{}` | {} | {} | {} |\n", code.name(), code.severity().label().to_lowercase(), code.meaning(), code.advice())
        })
        .collect();
    let document = document("docs/findings.md");
    assert!(document.contains(&table), "docs/findings.md should hold\n{table}");
    let rows = document.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, FindingCode::ALL.len());
}

#[test]
fn the_readme_lists_the_commands_and_exit_codes_of_the_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let readme = document("README.md");
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(commands.lines().count() >= 4);
    for line in commands.lines() {
        assert!(readme.contains(line.trim()), "the README lacks “{}”", line.trim());
    }
    for line in help.split("Exit codes:\n").nth(1).unwrap().lines().take(9) {
        let (code, means) = line.trim().split_once("  ").unwrap();
        let start = means.split([':', ',']).next().unwrap();
        assert!(readme.contains(&format!("| {code} | {start}")), "the README lacks exit code {code}: {start}");
    }
}
