//! Exports as people have them: each case of `sample-data/as-people-have-them/cases.toml` becomes a
//! programme of one organisation, is previewed, and held against what somebody who knows the tool
//! would say. A new case is a file and a few lines there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use regex::RegexBuilder;
use serde::Deserialize;
use serde_json::Value;

use crate::layouts::commands::detect;
use crate::support::morning::{DATE, Morning, files_below, sample_folder};

/// What is said of a case. Files are those of the folder; `none` is an export that lists nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    name: String,
    /// Where such a file was seen.
    #[allow(dead_code)]
    source: String,
    /// What came of it before it was a case.
    #[allow(dead_code)]
    before: String,
    /// What is still to be built before it can hold.
    waits_for: Option<String>,
    sync_state: Words,
    failed_items: Words,
    schedule: Option<Words>,
    domains: String,
    stage: String,
    held: bool,
    mailboxes: Option<u64>,
    items_failed: Option<u64>,
    failed: Option<u64>,
    settings_failed: Option<u64>,
    states: BTreeMap<String, u64>,
    verdict_not: Vec<String>,
    /// Mailboxes that are due within 7 days.
    due: Option<u64>,
    vips: Option<usize>,
    /// Patterns that the terminal or a finding must hold, without regard to case.
    says: Vec<String>,
    says_not: Vec<String>,
    /// Patterns that the text of the Overall Migration Report must hold.
    report_says: Vec<String>,
    report_says_not: Vec<String>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            name: String::new(),
            source: String::new(),
            before: String::new(),
            waits_for: None,
            sync_state: Words::One("one-mailbox.csv".to_owned()),
            failed_items: Words::One("none".to_owned()),
            schedule: None,
            domains: "wharfe.example".to_owned(),
            stage: "sync-and-switch".to_owned(),
            held: false,
            mailboxes: None,
            items_failed: None,
            failed: None,
            settings_failed: None,
            states: BTreeMap::new(),
            verdict_not: Vec::new(),
            due: None,
            vips: None,
            says: Vec::new(),
            says_not: Vec::new(),
            report_says: Vec::new(),
            report_says_not: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    fn each(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Several(words) => words,
        }
    }
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
    /// By file, the layout that `layouts detect` finds, or words of why there is none.
    detect: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    sample_folder().join("as-people-have-them")
}

fn cases() -> Cases {
    let text = std::fs::read_to_string(folder().join("cases.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

const SETTINGS: &str = r#"[programme]
name = "Exports as people have them"
contact = "central.team@nhs.example"
summary_to = ["central.team@nhs.example"]
time_zone = "Europe/London"
expected_failure_rate = 0.0001
register = "organisations.csv"
[exports]
folder = "exports"
sync_state = "{organisation}/{date}/sync-state*"
failed_items = "{organisation}/{date}/failed-items*"
SCHEDULE[data]
folder = "data"
[mail]
transport = "outbox"
from = "migration.reports@nhs.example"
trusted_domains = ["nhs.example"]
allowed_domains = ["nhs.example", "example"]
[mail.outbox]
folder = "outbox"
"#;

/// The programme of a case, in a folder of its own.
fn programme(case: &Case) -> Morning {
    let morning = Morning {
        folder: tempfile::tempdir().unwrap(),
    };
    let root = morning.folder.path();
    let day = root.join("exports/ZWI").join(DATE);
    std::fs::create_dir_all(&day).unwrap();
    let put = |files: &Words, place: &Path, stem: &str| {
        for (number, name) in files.each().iter().enumerate() {
            if name == "none" {
                std::fs::write(
                    place.join(format!("{stem}.csv")),
                    "Source Mailbox,Error Code,Error\n",
                )
                .unwrap();
                continue;
            }
            let ending = Path::new(name).extension().unwrap().to_str().unwrap();
            let to = place.join(format!("{stem}-{number}.{ending}"));
            std::fs::copy(folder().join(name), to).unwrap();
        }
    };
    put(&case.sync_state, &day, "sync-state");
    put(&case.failed_items, &day, "failed-items");
    let mut schedule = "";
    if let Some(files) = &case.schedule {
        put(files, day.parent().unwrap(), "migration-schedule");
        schedule = "schedule = \"{organisation}/migration-schedule*\"\n";
    }
    let settings = SETTINGS.replace("SCHEDULE", schedule);
    std::fs::write(root.join("migration-monitor.toml"), settings).unwrap();
    let register = format!(
        "code,name,stage,mail_domains,overall_migration_to,failed_item_to,switch_readiness_to,\
         subject_lines\nZWI,Wild Wharfe NHS \
         Trust,{},{},ada@nhs.example,ada@nhs.example,ada@nhs.example,workbook\n",
        case.stage, case.domains
    );
    std::fs::write(root.join("organisations.csv"), register).unwrap();
    morning
}

/// What a preview made and said.
struct Outcome {
    said: String,
    /// By report.
    models: BTreeMap<String, Value>,
    report: String,
    workbook: Option<PathBuf>,
}

fn outcome(morning: &Morning) -> Outcome {
    let mut said = morning.say(&["preview", "--out", "preview"]).all();
    let made = morning.folder.path().join("preview");
    let mut models = BTreeMap::new();
    let (mut report, mut workbook) = (String::new(), None);
    for (file, bytes) in files_below(&made) {
        let parts: Vec<&str> = file.rsplit('/').collect();
        match parts.as_slice() {
            ["model.json", "edition-1", kind, "ZWI", ..] => {
                models.insert((*kind).to_owned(), serde_json::from_slice(&bytes).unwrap());
            }
            ["report.txt", "edition-1", "overall-migration", ..] => {
                report = String::from_utf8(bytes).unwrap();
            }
            [name, "edition-1", "overall-migration", ..] if name.ends_with(".xlsx") => {
                workbook = Some(made.join(&file));
            }
            _ => {}
        }
    }
    for finding in models
        .values()
        .flat_map(|model: &Value| model["findings"].as_array().unwrap())
    {
        said += &format!("\n{}: {}", finding["code"], finding["message"]);
    }
    let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
    Outcome {
        said,
        models,
        report,
        workbook,
    }
}

fn holds(text: &str, pattern: &str) -> bool {
    let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
    pattern.unwrap().is_match(text)
}

/// How many rows of the sheet of users are VIPs.
fn vips(workbook: &Path) -> usize {
    let mut workbook: Xlsx<_> = open_workbook(workbook).unwrap();
    let range = workbook.worksheet_range("Users").unwrap();
    let rows: Vec<&[Data]> = range.rows().collect();
    let is = |cell: &Data, text: &str| *cell == *text;
    let is_heading = |row: &&[Data]| row.iter().any(|cell| is(cell, "Source mailbox"));
    let at = rows.iter().position(is_heading).unwrap();
    let column = rows[at].iter().position(|cell| is(cell, "VIP")).unwrap();
    let words = rows[at + 1..]
        .iter()
        .map(|row| row[column].to_string().to_lowercase());
    words
        .filter(|word| !["no", "none", "–", ""].contains(&word.as_str()))
        .count()
}

/// In what a case falls short.
fn short_of(case: &Case) -> Vec<String> {
    let morning = programme(case);
    let outcome = outcome(&morning);
    let mut short = Vec::new();
    let mut check = |is_right: bool, what: String| {
        if !is_right {
            short.push(what);
        }
    };
    let overall = outcome.models.get("overall-migration");
    let is_held = overall.is_none();
    check(
        is_held == case.held,
        format!("held: {is_held}; {}", outcome.said),
    );
    if let Some(model) = overall.filter(|_| !case.held) {
        let (totals, rate) = (&model["totals"], &model["failure_rate"]);
        for (figure, got, wanted) in [
            ("mailboxes", &totals["mailboxes"], case.mailboxes),
            ("items_failed", &totals["items_failed"], case.items_failed),
            ("failed", &rate["failed"], case.failed),
            (
                "settings_failed",
                &totals["settings_failed"],
                case.settings_failed,
            ),
        ] {
            if let Some(wanted) = wanted {
                check(
                    got.as_u64() == Some(wanted),
                    format!("{figure} {got}, not {wanted}"),
                );
            }
        }
        for (state, wanted) in &case.states {
            let got = &totals["by_state"][state];
            check(
                got.as_u64() == Some(*wanted),
                format!("{state} {got}, not {wanted}"),
            );
        }
        let verdict = rate["verdict"].as_str().unwrap();
        let is_allowed = !case.verdict_not.iter().any(|other| other == verdict);
        check(is_allowed, format!("verdict {verdict}"));
        if let Some(due) = case.due {
            let figures = outcome.models.get("switch-readiness");
            let figures = figures.and_then(|model| model["page"]["key_figures"].as_array());
            let is_due = |figure: &&Value| figure["label"].as_str().unwrap().starts_with("Due");
            let figure = figures.into_iter().flatten().find(is_due);
            let got = figure.map_or(&Value::Null, |figure| &figure["value"]);
            check(
                got.as_str() == Some(&due.to_string()),
                format!("due {got}, not {due}"),
            );
        }
        if let Some(wanted) = case.vips {
            let got = vips(outcome.workbook.as_ref().unwrap());
            check(got == wanted, format!("{got} VIPs, not {wanted}"));
        }
    }
    let Outcome { said, report, .. } = &outcome;
    for (patterns, text, is_wanted) in [
        (&case.says, said, true),
        (&case.says_not, said, false),
        (&case.report_says, report, true),
        (&case.report_says_not, report, false),
    ] {
        for pattern in patterns {
            let word = if is_wanted { "nowhere" } else { "somewhere" };
            let is_right = holds(text, pattern) == is_wanted;
            check(is_right, format!("{word} stands /{pattern}/: {text}"));
        }
    }
    short
}

#[test]
fn each_export_that_people_have_is_read_or_told_as_it_should_be() {
    let cases = cases().case;
    let tried = cases.iter().filter(|case| case.waits_for.is_none());
    let mut short = BTreeMap::new();
    for case in tried {
        let of_case = short_of(case);
        if !of_case.is_empty() {
            short.insert(&case.name, of_case);
        }
    }
    assert!(short.is_empty(), "{short:#?}");
}

#[test]
fn detect_says_the_layout_of_each_file_or_why_it_has_none() {
    let known = cases().detect;
    let is_export = |name: &String| {
        ![".py", ".md", ".toml"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let lying: Vec<String> = files_below(&folder())
        .into_keys()
        .filter(is_export)
        .collect();
    assert!(
        known.keys().eq(&lying),
        "[detect] of cases.toml names {:?}, not {lying:?}",
        known.keys()
    );
    for (file, words) in known {
        let path = folder().join(&file);
        let said = detect(&path);
        let has_layout = said.exit_code == 0;
        let is_right = if has_layout {
            said.stdout.contains(&format!("Layout: {words}, of a "))
        } else {
            said.exit_code == 4 && holds(&said.stdout, &words)
        };
        assert!(is_right, "{file}: {}", said.all());
    }
}
