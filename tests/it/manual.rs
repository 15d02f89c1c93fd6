//! What a new programme begins with, the completions of shells, and the manual.

use std::path::Path;
use std::process::Command;

use migration_monitor::domain::DeliveryState;
use migration_monitor::settings::DEFAULT_PATHS;

use super::support::morning::{files_below, sample_folder};

/// The exit code of the program, and what it printed.
fn say(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

#[test]
fn a_new_programme_is_complete_but_for_its_organisations() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("new");
    let (settings, register) = (
        folder.join("migration-monitor.toml"),
        folder.join("organisations.csv"),
    );
    let name = "The “new” \"programme\" \\ of {{ contact }}";
    let init = [
        "init",
        folder.to_str().unwrap(),
        "--name",
        name,
        "--contact",
        "central.team@nhs.example",
    ];
    let (code, said) = say(&init);
    assert_eq!(code, 0, "{said}");
    let next: Vec<&str> = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("migration-monitor "))
        .collect();
    assert_eq!(next.len(), 3, "{said}");
    let words: Vec<&str> = next[0].split_whitespace().collect();
    let (code, said) = say(&words);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("WARN  register: no organisation of "),
        "{said}"
    );

    // An organisation and its exports are all that is missing.
    let sample = sample_folder();
    let of_sample = std::fs::read_to_string(sample.join("organisations.csv")).unwrap();
    let row = of_sample
        .lines()
        .find(|line| line.starts_with("ZNM,"))
        .unwrap();
    let headings = std::fs::read_to_string(&register).unwrap();
    let headings = headings.lines().next().unwrap();
    assert_eq!(Some(headings), of_sample.lines().next());
    std::fs::write(&register, format!("{headings}\n{row}\n")).unwrap();
    for file in [
        "migration-schedule.csv",
        "2026-11-20/sync-state.csv",
        "2026-11-20/failed-items.csv",
    ] {
        let to = folder.join("exports/ZNM").join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(sample.join("exports/ZNM").join(file), to).unwrap();
    }
    let (code, said) = say(&[
        "run",
        "--settings",
        settings.to_str().unwrap(),
        "--date",
        "2026-11-20",
    ]);
    assert_eq!(code, 0, "{said}");
    let model = std::fs::read(
        folder.join("data/archive/2026-11-20/ZNM/overall-migration/edition-1/report.txt"),
    )
    .unwrap();
    assert!(String::from_utf8(model).unwrap().contains(name));

    // What is there is nobody's to overwrite.
    let before = files_below(&folder);
    let (code, said) = say(&init);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(files_below(&folder), before);
}

#[test]
fn a_new_programme_that_cannot_be_written_says_why() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    for (folder, name, contact, code, words) in [
        (file.as_path(), "A", "a@nhs.example", 3, "cannot be written"),
        (scratch.path(), " ", "a@nhs.example", 2, "not blank"),
        (scratch.path(), "A\nB", "a@nhs.example", 2, "one line"),
        (scratch.path(), "A", "nobody", 2, "not an email address"),
    ] {
        let (ended, said) = say(&[
            "init",
            folder.to_str().unwrap(),
            "--name",
            name,
            "--contact",
            contact,
        ]);
        assert_eq!(ended, code, "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(files_below(scratch.path()).len(), 1);
}

/// The commands, and the commands below them.
fn commands() -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut next = 0;
    while let Some(command) = all.get(next).cloned() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = say(&arguments).1;
        let below = help.split("Commands:\n").nth(1).unwrap_or_default();
        let below = below.lines().take_while(|line| !line.is_empty());
        for name in below.filter_map(|line| line.strip_prefix("  ")) {
            let name = name.split_whitespace().next().unwrap().to_owned();
            all.push([command.clone(), vec![name]].concat());
        }
        next += 1;
    }
    all
}

#[test]
fn help_says_what_every_value_is_on_80_columns() {
    let mut seen = 0;
    for command in commands() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let (code, help) = say(&arguments);
        assert_eq!(code, 0, "{command:?}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command:?}: {line}");
        }
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for path in DEFAULT_PATHS {
            assert!(words.contains(path), "{command:?}: {path}");
        }
        for (value, meaning) in [
            ("<DATE>", "as 2026-11-22, or today or yesterday"),
            ("<CODE>", "its code in the register, such as RXX"),
            ("<ADDRESS>", "as name@nhs.example"),
            ("<FOLDER>", "folder to write"),
            ("[FOLDER]", "folder to write"),
        ] {
            assert!(
                !words.contains(value) || words.contains(meaning),
                "{command:?}: {value} is not explained"
            );
            seen += usize::from(words.contains(value));
        }
        if words.contains("<STATE>") {
            for state in DeliveryState::ALL {
                assert!(words.contains(state.meaning()), "{state}");
            }
        }
    }
    assert!(seen > 12, "{seen}");
}

#[test]
fn pages_of_the_manual_fit_80_columns_under_a_head_that_is_whole() {
    let is_there = Command::new("man").arg("--version").output().is_ok();
    if !is_there {
        super::support::skipped("there is no man. Install the package man-db.");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(
        say(&["man", "--out", scratch.path().to_str().unwrap()]).0,
        0
    );
    let mut seen = 0;
    for page in std::fs::read_dir(scratch.path()).unwrap() {
        let path = page.unwrap().path();
        let output = Command::new("man")
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8")
            .arg("-l")
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let title = name.strip_prefix("migration-monitor-").unwrap_or(name);
        let head: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
        let title = format!("{title}(1)");
        assert_eq!(head, [title.as_str(), "Migration", "Monitor", &title]);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        assert!(output.stderr.is_empty(), "{name}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_command_has_its_page_and_its_completions() {
    let (code, help) = say(&["--help"]);
    assert_eq!(code, 0);
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let commands: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(
        commands.contains(&"run") && commands.contains(&"man"),
        "{commands:?}"
    );

    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("pages");
    assert_eq!(say(&["man", "--out", folder.to_str().unwrap()]).0, 0);
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let whole = page("migration-monitor.1");
    assert_eq!(say(&["man"]), (0, whole.clone()));
    for shell in ["bash", "zsh", "fish"] {
        let (code, completions) = say(&["completions", shell]);
        assert_eq!(code, 0);
        assert!(
            commands.iter().all(|command| completions.contains(command)),
            "{shell}"
        );
    }
    for command in commands {
        let name = format!("migration-monitor-{command}.1");
        for section in [
            "NAME",
            "EXIT STATUS",
            "FILES",
            "ENVIRONMENT",
            "EXAMPLES",
            "SEE ALSO",
        ] {
            assert!(
                page(&name).contains(&format!(".SH {section}")),
                "{name} {section}"
            );
        }
        assert!(
            whole.contains(&format!(
                "{}(1)",
                name.trim_end_matches(".1").replace('-', "\\-")
            )),
            "{name}"
        );
    }
    let (code, said) = say(&["man", "--out", Path::new("/proc/none").to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(said.contains("Choose another folder"), "{said}");
}
