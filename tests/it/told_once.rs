//! What a central team is told when something is wrong: the cause, once, where it is, and what to do.

use std::fmt::Write as _;

use crate::support::morning::{DATE, Morning};

const THURSDAY: &str = "2026-11-19";

/// How often a text says something.
fn times(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

/// The text of the newest Run Summary.
fn summary(morning: &Morning) -> String {
    morning.tell(&["summary"]).stdout
}

#[test]
fn a_drop_folder_that_is_not_there_is_told_once_as_a_mistake_of_the_settings() {
    let morning = Morning::of_three();
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("folder = \"exports\"", "folder = \"export\"")
    });
    let sentence = "export cannot be opened: No such file or directory";
    for (command, said_in_run_summary) in [("run", 1), ("check", 1), ("plan", 1), ("preview", 1)] {
        let said = morning.say(&[command]);
        assert_eq!(said.exit_code, 3, "{command}: {}", said.all());
        let told = times(&said.stderr, sentence)
            + usize::from(command == "check") * times(&said.stdout, sentence);
        assert_eq!(told, said_in_run_summary, "{command}: {}", said.all());
        assert!(said.all().contains("Correct “folder” under [exports]"));
        for code in ["ZCA", "ZMU", "ZTP"] {
            assert_eq!(times(&said.stderr, code), 0, "{command}: {}", said.stderr);
        }
    }
    // The team is told all the same, and nobody else.
    assert!(summary(&morning).contains("No export is there: "));
    assert!(morning.outbox().is_empty());
}

#[test]
fn exports_that_nobody_has_are_one_sentence_and_a_few_are_told_each() {
    let morning = Morning::of_three();
    let exports = morning.folder.path().join("exports");
    std::fs::rename(
        exports.join(format!("ZTP/{DATE}")),
        exports.join("ZTP/20-11-2026"),
    )
    .unwrap();
    let one = morning.say(&["run"]);
    assert_eq!(one.exit_code, 4, "{}", one.all());
    // Each of both exports, and what lies there under another name.
    assert_eq!(
        times(&one.stderr, "warning: ZTP is held: "),
        2,
        "{}",
        one.stderr
    );
    assert_eq!(
        times(
            &one.stderr,
            "In ZTP lie migration-schedule.csv, 20-11-2026."
        ),
        2,
        "{}",
        one.stderr
    );
    assert!(!one.stderr.contains("None of the"));

    for code in ["ZCA", "ZMU"] {
        std::fs::remove_dir_all(exports.join(code).join(DATE)).unwrap();
    }
    let none = morning.say(&["run", "-v"]);
    assert_eq!(none.exit_code, 4, "{}", none.all());
    let sentence = format!("warning: None of the 3 organisations has an export of {DATE} in ");
    assert_eq!(times(&none.stderr, &sentence), 1, "{}", none.stderr);
    assert_eq!(
        times(&none.stderr, "is held: "),
        6,
        "every step is there for who asks: {}",
        none.stderr
    );
    let none = morning.say(&["run"]);
    assert_eq!(times(&none.stderr, "is held: "), 0, "{}", none.stderr);
    assert_eq!(times(&none.stderr, "warning: "), 1, "{}", none.stderr);
}

#[test]
fn many_of_a_programme_without_exports_are_counted_and_the_others_served() {
    let morning = Morning::of_three();
    morning.edit("organisations.csv", |register| {
        let mut register = register;
        for number in 0..6 {
            let code = format!("ZQ{number}");
            writeln!(
                register,
                "{code},Invented Trust {number},pilot,{code}.example,it@{code}.example,it@{code}.example,,workbook"
            )
            .unwrap();
        }
        register
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    let counted = format!("6 of the 9 organisations have no export of {DATE} in ");
    assert_eq!(times(&said.stderr, &counted), 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("are held: ZQ0, ZQ1, ZQ2 and 3 more."),
        "{}",
        said.stderr
    );
    assert_eq!(times(&said.stderr, "ZQ3"), 0, "{}", said.stderr);
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
    // Those of one that was asked for are told of it alone.
    let alone = morning.say(&["run", "--organisation", "ZQ4"]);
    assert_eq!(
        times(&alone.stderr, "warning: ZQ4 is held: "),
        2,
        "{}",
        alone.stderr
    );
}

#[test]
fn what_a_run_says_counts_those_that_it_served_and_names_its_day() {
    let morning = Morning::of_three().with_exports_of(THURSDAY);
    let aside = morning.folder.path().join("ZCA");
    let place = morning.folder.path().join("exports/ZCA").join(DATE);
    std::fs::rename(&place, &aside).unwrap();
    let first = morning.say(&["run"]);
    assert!(
        first
            .stdout
            .contains("4 messages put into the outbox, of 2 organisations."),
        "{}",
        first.stdout
    );
    std::fs::rename(&aside, &place).unwrap();
    let second = morning.say(&["run"]);
    assert!(
        second
            .stdout
            .contains("2 messages put into the outbox, of 1 organisation. 4 lay there before."),
        "{}",
        second.stdout
    );
    // Of a day on which nothing is due nothing lies anywhere.
    let sunday = morning.say_of("2026-11-22", &["run"]);
    assert_eq!(
        sunday.stdout.lines().next(),
        Some("2026-11-22: nothing was due: it is no working day."),
        "{}",
        sunday.stdout
    );
    assert!(!sunday.stdout.contains("outbox"), "{}", sunday.stdout);
    // Several days are told apart, line by line.
    let range = morning.tell(&["run", "--from", THURSDAY, "--to", DATE, "--send-late"]);
    assert_eq!(range.exit_code, 0, "{}", range.all());
    let dated = |day: &str| {
        range
            .stderr
            .lines()
            .filter(|line| line.contains(&format!("{day}: Z")))
            .count()
    };
    assert!(dated(THURSDAY) >= 3 && dated(DATE) >= 3, "{}", range.stderr);
}

#[test]
fn a_row_of_the_register_that_cannot_be_read_is_told_for_what_it_is() {
    let morning = Morning::of_three();
    morning.edit("organisations.csv", |register| {
        let spoilt = |line: &str| match line.starts_with("ZMU,") {
            true => line.replacen("@muckle", "@muckle,x", 1) + "\n",
            false => format!("{line}\n"),
        };
        register.lines().map(spoilt).collect()
    });
    let said = morning.say(&["check", "--organisation", "ZMU"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(
        said.all()
            .contains("the row has 9 cells where the headings are 8"),
        "{}",
        said.all()
    );
    assert!(
        !said.all().contains("no such organisation"),
        "{}",
        said.all()
    );
    // Its exports are not those of a stranger, and the others are served.
    let run = morning.say(&["run"]);
    assert_eq!(run.exit_code, 3, "{}", run.all());
    assert!(
        !run.stderr.contains("which the register does not have"),
        "{}",
        run.stderr
    );
    assert_eq!(morning.organisations_served(), ["ZCA", "ZTP"]);
    let told = summary(&morning);
    assert!(
        told.contains("nothing is sent about ZMU. Correct it"),
        "{told}"
    );
    // Where not even the code can be read, whoever asks for it is told which rows cannot be.
    morning.edit("organisations.csv", |register| {
        register.replace("\nZMU,", "\n\"ZMU\"?,")
    });
    let said = morning.say(&["plan", "--organisation", "ZMU"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    assert!(
        said.stderr.contains("--organisation ZMU is in no row of the register that can be read, and 1 row cannot be: "),
        "{}",
        said.stderr
    );
    assert_eq!(morning.say(&["plan", "--organisation", "ZZZ"]).exit_code, 3);
}

#[test]
fn dates_in_the_other_order_are_told_first_with_the_key_that_mends_them() {
    let morning = Morning::of_three();
    let export = Morning::export("ZTP", "sync-state.csv");
    let before = std::fs::read_to_string(morning.folder.path().join(&export)).unwrap();
    // As a computer of the United States writes them.
    morning.edit(&export, |text| {
        let of_cell = |cell: &str| match cell.splitn(3, '/').collect::<Vec<_>>()[..] {
            [day, month, rest] if day.len() == 2 && month.len() == 2 => {
                format!("{month}/{day}/{rest}")
            }
            _ => cell.to_owned(),
        };
        text.split(',').map(of_cell).collect::<Vec<_>>().join(",")
    });
    let after = std::fs::read_to_string(morning.folder.path().join(&export)).unwrap();
    assert_ne!(before, after);
    let said = morning.say(&["check", "--organisation", "ZTP"]);
    assert_eq!(said.exit_code, 4, "{}", said.all());
    let bad: Vec<&str> = said
        .stdout
        .lines()
        .filter(|line| line.starts_with("BAD"))
        .collect();
    let [told] = bad[..] else {
        panic!("{}", said.stdout)
    };
    assert!(
        told.contains("only be read with day and month the other way round")
            && told.contains("set sync_state_date_order = \"month-day-year\" under [exports]")
            && told.contains("rows are like that; this is the first"),
        "{told}"
    );
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace(
            "[exports]\n",
            "[exports]\nsync_state_date_order = \"month-day-year\"\n",
        )
    });
    assert_eq!(
        morning.say(&["check", "--organisation", "ZTP"]).exit_code,
        0
    );
}

#[test]
fn whom_to_call_stands_beside_what_is_to_be_talked_about() {
    let morning = Morning::of_three();
    morning.edit("organisations.csv", |register| {
        let with_contact = |line: &str| match line.split(',').next() {
            Some("code") => format!("{line},contact\n"),
            Some("ZTP") => format!("{line},\"Jo Invented, 01632 960123\"\n"),
            _ => format!("{line}\n"),
        };
        register.lines().map(with_contact).collect()
    });
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv")),
    )
    .unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 4);
    let told = summary(&morning);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("Contact: Jo Invented, 01632 960123."),
        "{told}"
    );
    // It is the central team's alone.
    for (file, message) in morning.outbox() {
        assert!(
            !String::from_utf8_lossy(&message).contains("Jo Invented"),
            "{file}"
        );
    }
}

#[test]
fn a_report_that_nobody_gets_is_told_by_check() {
    let morning = Morning::of_three();
    let nobody = "nobody gets the Failed Item Report";
    assert!(!morning.say(&["check"]).stdout.contains(nobody));
    morning.edit("organisations.csv", |register| {
        let emptied = |line: &str| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[0] == "ZTP" {
                cells[5] = "";
            }
            cells.join(",") + "\n"
        };
        register.lines().map(emptied).collect()
    });
    let said = morning.say(&["check"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout.contains(
            "WARN  register: nobody gets the Failed Item Report of ZTP: failed_item_to is empty"
        ),
        "{}",
        said.stdout
    );
    assert!(!said.stdout.contains("All is well"));
}

#[test]
fn an_earlier_day_that_was_purged_changes_nothing_of_a_later_one() {
    let morning = Morning::of_three()
        .with_exports_of("2026-11-18")
        .with_exports_of(THURSDAY);
    for day in ["2026-11-18", THURSDAY, DATE] {
        assert_eq!(morning.say_of(day, &["run"]).exit_code, 0);
    }
    morning.mailed();
    let purged = morning.tell(&["purge", "--before", THURSDAY, "--yes", "--quiet"]);
    assert_eq!((purged.exit_code, purged.all().as_str()), (0, ""));
    for before in ["the first of three", "the day before too"] {
        for command in ["run", "plan"] {
            let said = morning.say(&[command]);
            assert_eq!(said.exit_code, 0, "{before}, {command}: {}", said.all());
            for words in ["something else", "reissue", "nothing would be sent, for"] {
                assert!(
                    !said.all().contains(words),
                    "{before}, {command}: {}",
                    said.all()
                );
            }
        }
        let purged = morning.tell(&["purge", "--before", DATE, "--yes"]);
        assert_eq!(purged.exit_code, 0, "{}", purged.all());
    }
    // What is lost and was not purged is told for what it is.
    let history = morning.folder.path().join("data/history");
    assert!(history.exists());
}

#[test]
fn what_is_older_than_so_many_days_is_purged() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let far = morning.tell(&["purge", "--older-than", "36500d"]);
    assert_eq!(far.exit_code, 0, "{}", far.all());
    assert!(far.stdout.contains("of 0 days before 19"), "{}", far.stdout);
    for (arguments, words) in [
        (["--older-than", "90"].as_slice(), "write it as 90d"),
        (&["--older-than", "a month"], "write it as 90d"),
        (
            &["--older-than", "90d", "--before", DATE],
            "cannot be used with",
        ),
        (&[], "required"),
    ] {
        let said = morning.tell(&[&["purge"], arguments].concat());
        assert_eq!(said.exit_code, 2, "{arguments:?}: {}", said.all());
        assert!(
            said.stderr.contains(words),
            "{arguments:?}: {}",
            said.stderr
        );
    }
    let all = morning.tell(&["purge", "--older-than", "0d", "--dry-run"]);
    // Today is never removed, whichever day that is.
    let today = chrono::Utc::now().date_naive().to_string();
    assert_eq!(
        all.stdout.contains(&format!("{DATE}: would remove")),
        today != DATE,
        "{}",
        all.stdout
    );
}

#[test]
fn a_restored_and_a_rebuilt_ledger_say_why() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let backup = morning.tell(&["backup", "backups/one", "--quiet"]);
    assert_eq!((backup.exit_code, backup.all().as_str()), (0, ""));
    let data = morning.folder.path().join("data");
    std::fs::rename(&data, morning.folder.path().join("old")).unwrap();
    let why = ["--reason", "The disk was broken."];
    let arguments = ["restore", "backups/one", "--nothing-was-sent-since"];
    assert_eq!(morning.tell(&[&arguments[..], &why].concat()).exit_code, 0);
    let why = ["--reason", "To be sure."];
    assert_eq!(
        morning
            .tell(&[&["ledger", "rebuild"][..], &why].concat())
            .exit_code,
        0
    );
    let all = morning.tell(&["deliveries", "verify"]);
    assert_eq!(all.exit_code, 0, "{}", all.all());
    for words in [
        "restore of",
        "“The disk was broken.”",
        "rebuild: ",
        "“To be sure.”",
    ] {
        assert!(all.stdout.contains(words), "{words}: {}", all.stdout);
    }
}

#[test]
fn a_file_that_was_changed_is_named_with_what_to_do() {
    let morning = Morning::of_three();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let page = format!("data/archive/{DATE}/ZTP/overall-migration/edition-1/report.html");
    morning.edit(&page, |page| page + " ");
    let verify = [
        "deliveries",
        "verify",
        "--date",
        DATE,
        "--organisation",
        "ZTP",
    ];
    let said = morning.tell(&verify);
    assert_eq!(said.exit_code, 11, "{}", said.all());
    let found = said.stdout.split("FOUND").nth(1).unwrap();
    assert!(
        found.contains("report.html is not what was written there")
            && found.contains("put the files back from a backup"),
        "{found}"
    );
    // Of one organisation its messages, each with the file that its digest is of.
    assert_eq!(times(&said.stdout, "    sha256 "), 2, "{}", said.stdout);
    let file = said
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("    of "))
        .unwrap();
    assert!(
        morning.folder.path().join("data").join(file).is_file(),
        "{file}"
    );
    assert!(!said.stdout.contains("ZCA"), "{}", said.stdout);
}

#[cfg(unix)]
#[test]
fn the_first_run_summary_that_somebody_gets_replaces_none() {
    use std::os::unix::fs::PermissionsExt;

    let morning = Morning::of_three();
    let program = morning.folder.path().join("mail-program");
    let says = |status: u8| {
        let script = format!("#!/bin/sh\ncat >/dev/null\nexit {status}\n");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    };
    morning.edit("migration-monitor.toml", |settings| {
        settings + "\n[mail.sendmail]\ncommand = \"mail-program\"\n"
    });
    let run = || {
        let said = morning.say(&["run", "--transport", "sendmail", "--now"]);
        (said.exit_code, summary(&morning))
    };
    // EX_TEMPFAIL: the machine's mail program asks for another attempt.
    says(75);
    let (away, first) = run();
    assert_eq!(away, 8, "{first}");
    says(0);
    let (taken, second) = run();
    assert_eq!(taken, 0, "{second}");
    assert!(!second.contains("It replaces"), "{second}");
    morning.edit(&Morning::export("ZTP", "sync-state.csv"), |text| {
        text.replace("Ready to Switch", "In Progress")
    });
    let (_, third) = run();
    assert_ne!(second, third);
    assert!(
        third.contains("It replaces the Run Summary sent"),
        "{third}"
    );
}
