//! Where subject lines and notes stand in each report of a programme, by the policy of the organisation,
//! and that nothing of an organisation stands in what another one gets: every part of every message is
//! read, and every cell.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Read};

use mail_parser::{Message, MessageParser, MimeHeaders};

use super::estate::{Estate, day};
use super::write_settings;
use crate::support::morning::Morning;

/// A day in the week before a switch, on which the schedule changed, and the day before it.
const DATES: [&str; 2] = ["2026-09-16", "2026-09-17"];
/// What is written beside a decision.
const NOTE: &str = "Mrs Hollin";

/// Each organisation with its policy, in the order of codes.
fn estates() -> [(Estate, &'static str); 3] {
    [
        (Estate::of("ZPE", "e.nhs.example"), "email"),
        (Estate::of("ZPH", "h.nhs.example"), "withheld"),
        (Estate::of("ZPW", "w.nhs.example"), "workbook"),
    ]
}

fn morning() -> Morning {
    let folder = tempfile::tempdir().unwrap();
    write_settings(folder.path());
    let mut register = "code,name,stage,mail_domains,overall_migration_to,failed_item_to,\
                        switch_readiness_to,board_to,pilot_summary_to,closing_to,subject_lines\n"
        .to_owned();
    for (estate, policy) in estates() {
        estate.write(&folder.path().join("exports"), &DATES.map(day));
        let _ = writeln!(
            register,
            "{code},Trust {code},sync-and-switch,{domain},o@{domain},f@{domain},s@{domain},b@{domain},\
             p@{domain},c@{domain},{policy}",
            code = estate.code,
            domain = estate.domain
        );
    }
    std::fs::write(folder.path().join("organisations.csv"), register).unwrap();
    Morning { folder }.without_summary()
}

/// The references of an organisation's failed items, in what was archived of them.
fn references(morning: &Morning, estate: &Estate) -> BTreeSet<String> {
    let folder = super::archived(morning, day(DATES[0]), estate.code, "failed-item");
    super::cells(&folder, "Failed items", &["Reference"])
}

/// All that a message says, by part: its headers, its text, its page, and its workbook's parts with the
/// names of these.
fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let message = MessageParser::new().parse(bytes).unwrap();
    let raw = String::from_utf8_lossy(bytes);
    let (headers, _) = raw.split_once("\r\n\r\n").unwrap();
    let decoded: String = message
        .headers()
        .iter()
        .map(|one| format!("{one:?}\n"))
        .collect();
    let mut parts = vec![
        ("headers".to_owned(), headers.to_owned() + &decoded),
        ("text".to_owned(), joined(&message.body_text(0).unwrap())),
        ("page".to_owned(), plain(&message.body_html(0).unwrap())),
    ];
    parts.extend(workbook(&message));
    parts
}

/// A text without the ends of its lines.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A page without what lets words break.
fn plain(page: &str) -> String {
    let page = ["<span>", "</span>", "<wbr>"]
        .iter()
        .fold(page.to_owned(), |page, tag| page.replace(tag, ""));
    joined(&page)
}

/// Every part of the attached workbook, as it is in its package: strings, sheets, links, properties.
fn workbook(message: &Message<'_>) -> Vec<(String, String)> {
    let mut attached = message.attachments().filter(|part| {
        let name = part.attachment_name().unwrap_or_default();
        name.ends_with(".xlsx")
    });
    let attached = attached.next().expect("a workbook");
    let mut package = zip::ZipArchive::new(Cursor::new(attached.contents())).unwrap();
    let names = package.file_names();
    let names: Vec<String> = names.map(|name| name.unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut bytes = Vec::new();
        package
            .by_name(&name)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        (
            format!("workbook {name}"),
            String::from_utf8_lossy(&bytes).into_owned(),
        )
    };
    names.into_iter().map(read).collect()
}

/// Where subject lines and notes may stand, by report and policy.
fn may_stand(report: &str, policy: &str, part: &str) -> bool {
    match (report, policy) {
        (_, "withheld") => false,
        ("failed-item", "email") => part != "headers",
        ("failed-item" | "closing", _) => part.starts_with("workbook"),
        _ => false,
    }
}

#[test]
fn subject_lines_stand_where_the_policy_has_them_and_nothing_of_another_organisation_anywhere() {
    let morning = morning();
    let run = |date: &str, also: &[&str]| {
        let run = ["run", "--date", date, "--send-late"];
        let said = morning.tell(&[&run[..], also].concat());
        assert_eq!(said.exit_code, 0, "{}", said.all());
    };
    run(DATES[0], &[]);
    for (estate, _) in estates() {
        let reference = references(&morning, &estate).into_iter().next().unwrap();
        let log = format!(
            "Reference,Decision,Note\r\n{reference},Keep,{NOTE} of {}\r\n",
            estate.code
        );
        let folder = morning.folder.path().join("exports").join(estate.code);
        std::fs::write(folder.join("decisions.csv"), log).unwrap();
    }
    let also = [
        "--also",
        "pilot-summary",
        "--also",
        "board",
        "--also",
        "closing",
    ];
    run(DATES[1], &also);

    let mut seen = BTreeSet::new();
    let mut quoted = BTreeSet::new();
    for (file, bytes) in morning.outbox() {
        let Some(name) = file.strip_prefix(&format!("{}/", DATES[1])) else {
            continue;
        };
        let (code, rest) = name.split_once('-').unwrap();
        let (report, _) = rest.split_once("-1-").unwrap();
        let estates = estates();
        let (own, policy) = estates.iter().find(|(one, _)| one.code == code).unwrap();
        seen.insert((code.to_owned(), report.to_owned()));
        for (part, said) in parts(&bytes) {
            let place = format!("{file}, {part}");
            for (other, _) in estates.iter().filter(|(one, _)| one.code != code) {
                // Addresses, references, names of organisations, subject lines, notes and targets.
                for word in [other.code, &other.code.to_lowercase(), other.domain] {
                    assert!(!said.contains(word), "{place}: {word}");
                }
            }
            let subjects = own.failures.iter().map(|one| one.subject.as_str());
            for word in subjects.chain([NOTE]).filter(|word| said.contains(word)) {
                assert!(may_stand(report, policy, &part), "{place}: {word}");
                quoted.insert((
                    report.to_owned(),
                    *policy,
                    part.split(' ').next().unwrap().to_owned(),
                ));
            }
        }
    }
    // Six reports of each, and each place that may quote did.
    assert_eq!(seen.len(), 3 * 6, "{seen:?}");
    let expected = [
        ("closing", "email", "workbook"),
        ("closing", "workbook", "workbook"),
        ("failed-item", "email", "page"),
        ("failed-item", "email", "text"),
        ("failed-item", "email", "workbook"),
        ("failed-item", "workbook", "workbook"),
    ];
    let expected =
        expected.map(|(report, policy, part)| (report.to_owned(), policy, part.to_owned()));
    assert_eq!(quoted, BTreeSet::from(expected));
}
