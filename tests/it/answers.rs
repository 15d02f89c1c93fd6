//! What commands print as JSON, held against the schemas by a validator that knows nothing of this
//! program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::morning::{DATE, Morning, Said};
use crate::support::{python, python_has};

/// What the validator says of an object.
fn faults(command: &str, object: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = format!("docs/schemas/{}.json", command.replace(' ', "-"));
    let mut validator = Command::new(python())
        .arg(root.join("tests/it/answers/validate.py"))
        .arg(root.join(schema))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = validator.stdin.take().unwrap();
    to.write_all(object.as_bytes()).unwrap();
    drop(to);
    let output = validator.wait_with_output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The object of a command, which is all that stands on standard output, and holds to its schema.
fn object(command: &str, said: &Said) -> Value {
    let object: Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{command}: {error}\n{}", said.all()));
    assert_eq!(object["command"], command);
    assert_eq!(object["exit_code"], said.exit_code, "{command}");
    assert_eq!(faults(command, &said.stdout), "", "{}", said.stdout);
    object
}

#[test]
fn every_answer_in_json_holds_to_its_schema() {
    if !python_has("jsonschema") {
        return;
    }
    let morning = Morning::of_three().with_exports_of("2026-11-19");
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "sync-state.csv")),
    )
    .unwrap();
    let json = ["--format", "json"];
    let day = |command: &str| morning.say(&[&[command], &json[..]].concat());
    let all = |arguments: &[&str]| morning.tell(&[arguments, &json[..]].concat());

    let none = object("status", &day("status"));
    assert!(none["finished"].is_null() && none["exit_code"] == 1);
    let checked = object("check", &day("check"));
    let bad = checked["lines"].as_array().unwrap().iter();
    let bad: Vec<_> = bad.filter(|line| line["mark"] == "bad").collect();
    assert_eq!(bad[0]["organisation"], "ZTP", "{checked}");
    assert_eq!(bad[0]["code"], "file-missing", "{checked}");
    let days = ["--from", "2026-11-19", "--to", DATE];
    let planned = object("plan", &all(&[&["plan"], &days[..]].concat()));
    assert_eq!(planned["days"][0]["to_send"], 6);
    assert_eq!(planned["days"][1]["organisations"][2]["is_held"], true);
    let ran = object("run", &all(&[&["run"], &days[..]].concat()));
    assert_eq!(ran["days"][0]["deliveries"]["outbox"], 6, "{ran}");
    let held = &ran["days"][1]["organisations"][2];
    assert!(held["held"][0].as_str().unwrap().contains("sync-state"));
    let recorded = object("run", &all(&["run", "--date", DATE, "--record-only"]));
    assert_eq!(recorded["days"][0]["is_mailed"], false);
    let status = object("status", &day("status"));
    assert_eq!(status["organisations_held"], 1);
    let listed = object("deliveries", &all(&["deliveries", "--organisation", "ZCA"]));
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 4);
    let proof = object("deliveries verify", &all(&["deliveries", "verify"]));
    assert!(proof["newest_digest"].is_string() && proof["faults"].as_array().unwrap().is_empty());
    let summary = object("summary", &all(&["summary"]));
    assert!(summary["model"]["organisations"].is_array(), "{summary}");
    let export = |file: &str| {
        let path = morning.folder.path().join(file);
        all(&["layouts", "detect", path.to_str().unwrap()])
    };
    let known = object(
        "layouts detect",
        &export(&Morning::export("ZCA", "sync-state.csv")),
    );
    assert!(known["tables"][0]["layout"].is_string());
    let unknown = object("layouts detect", &export("organisations.csv"));
    assert!(unknown["tables"][0]["reason"].is_string());

    // What cannot be done is an object too.
    let future = object("run", &all(&["run", "--date", "2126-01-01"]));
    assert_eq!(
        (&future["exit_code"], &future["days"]),
        (&2.into(), &Value::Array(vec![]))
    );
    for command in ["status", "check", "plan", "summary"] {
        let failed = object(command, &all(&[command, "--date", "someday"]));
        assert!(failed["error"].as_str().unwrap().contains("someday"));
    }
    // And the validator finds what is not so.
    let wrong = status
        .to_string()
        .replace("organisations_held", "organisations_told");
    let told = faults("status", &wrong);
    assert!(
        told.contains("organisations_held") && told.contains("organisations_told"),
        "{told}"
    );
}

#[test]
fn log_lines_in_json_say_what_they_are_about() {
    let morning = Morning::of_three();
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "sync-state.csv")),
    )
    .unwrap();
    let said = morning.say(&["run", "--log-format", "json", "-v"]);
    let lines: Vec<Value> = said
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let held = lines
        .iter()
        .find(|line| line["level"] == "warning")
        .unwrap();
    assert_eq!(
        (&held["organisation"], &held["date"], &held["code"]),
        (&"ZTP".into(), &DATE.into(), &"file-missing".into()),
        "{held}"
    );
    let sent = |line: &&Value| {
        let message = line["message"].as_str().unwrap();
        // The Run Summary is about all.
        message.contains("outbox") && !message.starts_with("Run Summary")
    };
    let sent: Vec<_> = lines.iter().filter(sent).collect();
    assert!(!sent.is_empty() && sent.iter().all(|line| line["organisation"].is_string()));
}
