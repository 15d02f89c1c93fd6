//! Documents that repeat what the program says are held equal to it.

use std::path::Path;
use std::process::Command;

use migration_monitor::domain::FindingCode;
use migration_monitor::settings::Settings;

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
    assert_eq!((codes.len(), rows.len()), (12, 12));
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

/// Every document of the repository that people read, by its path from the root.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [
        "",
        "docs",
        "sample-data",
        "sample-data/awkward",
        "benches",
        "fuzz",
        "packaging",
    ] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                found.push(Path::new(folder).join(name).to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// The anchor that a heading gets on a page: lower case, hyphens for blanks, no other signs.
fn anchor(heading: &str) -> String {
    let letters = heading.to_lowercase().replace(' ', "-");
    letters
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c))
        .collect()
}

#[test]
fn every_link_of_a_document_leads_to_a_file_and_a_heading_that_are_there() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut followed = 0;
    for name in documents() {
        for [target] in link
            .captures_iter(&document(&name))
            .map(|found| found.extract().1)
        {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
            let path = if file.is_empty() {
                path
            } else {
                path.parent().unwrap().join(file)
            };
            assert!(path.exists(), "{name} links to {target}");
            let is_there = |text: String| {
                text.lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor(line.trim_start_matches('#').trim()) == heading)
            };
            assert!(
                heading.is_empty() || is_there(std::fs::read_to_string(path).unwrap()),
                "{name} links to {target}"
            );
            followed += 1;
        }
    }
    assert!(followed > 40, "{followed} links");
}

#[test]
fn the_readme_is_short_and_leads_to_every_document() {
    let readme = document("README.md");
    let words = readme.split_whitespace().count();
    assert!(words <= 1_200, "{words} words");
    for name in documents().iter().filter(|name| name.starts_with("docs/")) {
        assert!(
            readme.contains(&format!("({name})")),
            "the README leads to {name}"
        );
    }
}

/// An unknown key is answered with all that are known.
#[test]
fn the_settings_document_explains_every_key() {
    let (explained, whole) = (
        document("docs/settings.md"),
        document("src/settings/whole.toml"),
    );
    let whole = whole
        + "\n[reports]\n[mail.sendmail]\ncommand = \"/usr/sbin/sendmail\"\n[mail.smtp.oauth]\n\
           token_url = \"https://login.example/\"\nclient_id = \"a\"\n[[mail.smtp.account]]\nfrom = \
           \"second@nhs.example\"\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("migration-monitor.toml");
    let sections: Vec<&str> = whole.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(sections.len(), 13, "{sections:?}");
    for section in sections {
        let spoilt = whole.replacen(section, &format!("{section}\nno_such_key = 1"), 1);
        std::fs::write(&path, spoilt).unwrap();
        let told = Settings::load(Some(&path)).unwrap_err().to_string();
        let (_, known) = told.split_once("expected ").expect(&told);
        let keys: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        assert!(!keys.is_empty(), "{told}");
        for key in keys {
            let is_explained = [
                format!("`{key}`"),
                format!(".{key}`"),
                format!("mail.{key}]"),
            ]
            .iter()
            .any(|form| explained.contains(form));
            assert!(
                is_explained || ["outbox", "sendmail"].contains(&key),
                "{section} {key}"
            );
        }
    }
}

#[test]
fn every_unit_shuts_the_service_in_alike() {
    let unit = |name: &str| {
        document(&format!(
            "packaging/systemd/migration-monitor{name}.service"
        ))
    };
    let shut_in = |unit: &str| {
        let at = unit.find("# Reports name patients and staff").unwrap();
        unit[at..].replace("migration-monitor/%i", "migration-monitor")
    };
    let daily = unit("");
    for name in ["@", "-programme@"] {
        assert_eq!(shut_in(&unit(name)), shut_in(&daily), "{name}");
    }
    // What is tried again by itself, and what not.
    let restarts = |unit: &str| {
        let lines = unit.lines().map(str::to_owned);
        lines
            .filter(|line| line.starts_with("Restart"))
            .collect::<Vec<_>>()
    };
    assert_eq!(restarts(&daily).len(), 3);
    assert_eq!(restarts(&unit("-programme@")), restarts(&daily));
}
