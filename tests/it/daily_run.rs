//! The whole day on the sample, from the command line to the messages.

use std::collections::BTreeSet;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use serde_json::{Value, json};

use crate::support::morning::{DATE, Morning, sample_export};
use crate::support::prepared::sample_after_its_day;
use crate::support::raw_exports::{Row, cell, number, read};

const OPEN: [&str; 6] = ["ZCA", "ZGL", "ZMU", "ZNM", "ZSL", "ZTP"];

pub(crate) fn sync_state(organisation: &str) -> Vec<Row> {
    read(&sample_export(organisation, "sync-state.csv"))
}

fn failed_items(organisation: &str) -> Vec<Row> {
    read(&sample_export(organisation, "failed-items.csv"))
}

#[test]
fn the_first_run_sends_everything_and_the_second_nothing() {
    let morning = Morning::of_the_sample();
    let first = morning.say(&["run"]);
    assert_eq!(first.exit_code, 0, "{}", first.all());
    assert!(
        first
            .stdout
            .contains("21 messages put into the outbox, of 6 organisations"),
        "{}",
        first.stdout
    );
    assert!(
        first.stdout.contains("Messages: ") && first.stdout.contains(&format!("outbox/{DATE}")),
        "{}",
        first.stdout
    );
    assert_eq!(morning.organisations_served(), OPEN);
    let before = (morning.outbox(), morning.archive());

    let second = morning.say(&["run"]);
    assert_eq!(second.exit_code, 0);
    assert!(
        second
            .stdout
            .contains("nothing to send: all 21 messages of this day lie in the outbox"),
        "{}",
        second.stdout
    );
    assert_eq!((morning.outbox(), morning.archive()), before);
}

#[test]
fn the_same_inputs_make_the_same_bytes() {
    let (one, other) = (Morning::of_the_sample(), Morning::of_the_sample());
    one.say(&["run"]);
    // References of failed items are made with the key.
    let key = |morning: &Morning| morning.folder.path().join("data/history/key");
    std::fs::create_dir_all(key(&other).parent().unwrap()).unwrap();
    std::fs::copy(key(&one), key(&other)).unwrap();
    other.say(&["run"]);
    let (one, other) = (one.archive(), other.archive());
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>()
    );
    let differing: Vec<_> = one
        .iter()
        .filter(|(name, bytes)| other[*name] != **bytes)
        .map(|(name, _)| name)
        .collect();
    assert!(differing.is_empty() && one.len() > 60, "{differing:?}");
}

#[test]
fn totals_equal_a_naive_recount_of_the_raw_files() {
    let morning = sample_after_its_day();
    for organisation in OPEN {
        let rows = sync_state(organisation);
        let in_states = |words: &[&str]| {
            rows.iter()
                .filter(|row| words.contains(&cell(row, &["Sync State", "Sync Status"])))
                .count()
        };
        let sum = |headings: &[&str]| {
            rows.iter()
                .filter_map(|row| number(row, headings))
                .sum::<u64>()
        };
        let synchronised = ["Items Synchronized", "Items Synchronised"];
        let failed = ["Failed Items", "Failed Item Count"];
        let attempted = |row: &Row| Some(number(row, &synchronised)? + number(row, &failed)?);
        let done = ["In Sync", "Synchronized", "Ready to Switch", "Switched"];
        let is_without_total = |row: &Row| {
            number(row, &["Items Total"]).is_none()
                && !done.contains(&cell(row, &["Sync State", "Sync Status"]))
        };
        let expected = json!({
            "mailboxes": rows.len(),
            "by_state": {
                "not_started": in_states(&["New"]),
                "queued": in_states(&["Queued"]),
                "synchronising": in_states(&["In Progress", "Synchronizing", "Undo Switch"]),
                "in_sync": in_states(&["In Sync", "Synchronized"]),
                "ready_to_switch": in_states(&["Ready to Switch"]),
                "switched": in_states(&["Switched"]),
                "stopped": in_states(&["Stopped"]),
                "failed": in_states(&["Failed"]),
                "unrecognised": 0,
            },
            "mailboxes_awaiting_approval": 0,
            "mailboxes_without_total": rows.iter().filter(|row| is_without_total(row)).count(),
            "items_total": sum(&["Items Total"]),
            "items_synchronised": sum(&synchronised),
            "items_failed": sum(&failed),
            "items_accepted": 0,
            "settings_failed": 0,
            "items_attempted": rows.iter().filter_map(attempted).sum::<u64>(),
        });
        for report in ["overall-migration", "failed-item"] {
            let model = morning.model(organisation, report);
            assert_eq!(model["totals"], expected, "{organisation} {report}");
            assert_eq!(
                model["failure_rate"]["attempted"], expected["items_attempted"],
                "{organisation}"
            );
            assert_eq!(
                (&model["report"], &model["report_date"], &model["edition"]),
                (&json!(report), &json!(DATE), &json!(1))
            );
            assert_eq!(model["organisation"]["code"], json!(organisation));
        }
    }
}

/// The stories of the sample. φ and the tails were computed from the raw files with scipy 1.15:
/// `scipy.special.betainc` at k/φ and n/φ.
#[test]
fn each_organisation_gets_the_verdict_of_its_story() {
    let morning = sample_after_its_day();
    for (organisation, verdict, dispersion, above, below) in [
        ("ZNM", "as_expected", 1.657, 0.739, 0.282),
        ("ZGL", "as_expected", 1.197, 0.847, 0.161),
        ("ZCA", "concentrated", 203.2, 0.148, 0.961),
        ("ZTP", "too_few_items", 1.079, 0.179, 0.960),
        ("ZMU", "as_expected", 1.867, 0.709, 0.339),
        ("ZSL", "high", 1.427, 2.2e-40, 1.0),
    ] {
        let rate = morning.model(organisation, "failed-item")["failure_rate"].clone();
        assert_eq!(rate["verdict"], json!(verdict), "{organisation}");
        let is_near = |name: &str, value: f64| {
            (rate[name].as_f64().unwrap() - value).abs() <= 0.001 * value.max(1.0)
        };
        assert!(
            is_near("probability_above", above) && is_near("probability_below", below),
            "{organisation} {rate}"
        );
        assert!(
            (rate["dispersion"].as_f64().unwrap() / dispersion - 1.0).abs() < 0.001,
            "{organisation} {rate}"
        );
    }
}

/// The parts of a message, by content type.
fn parts_of<'a>(message: &'a Message<'a>, kind: &str) -> Vec<&'a mail_parser::MessagePart<'a>> {
    let is_kind = |part: &&mail_parser::MessagePart<'_>| {
        part.content_type().is_some_and(|found| {
            format!("{}/{}", found.ctype(), found.subtype().unwrap_or("")) == kind
        })
    };
    message.parts.iter().filter(is_kind).collect()
}

pub(crate) fn workbook_rows(message: &Message<'_>, sheet: &str) -> Vec<Vec<Data>> {
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let parts = parts_of(message, kind);
    let [part] = parts.as_slice() else {
        panic!("{} workbooks", parts.len())
    };
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(part.contents().to_vec())).unwrap();
    workbook
        .worksheet_range(sheet)
        .unwrap()
        .rows()
        .map(<[Data]>::to_vec)
        .collect()
}

/// The cells of a column below its heading.
pub(crate) fn column(rows: &[Vec<Data>], heading: &str) -> Vec<String> {
    let (at, place) = rows
        .iter()
        .enumerate()
        .find_map(|(at, row)| {
            row.iter()
                .position(|cell| *cell == heading)
                .map(|place| (at, place))
        })
        .unwrap_or_else(|| panic!("no column {heading}"));
    rows[at + 1..]
        .iter()
        .map(|row| row[place].to_string())
        .collect()
}

#[test]
fn every_message_is_whole_and_its_workbook_names_every_user() {
    let morning = sample_after_its_day();
    for (file, bytes) in morning.outbox() {
        let message = MessageParser::new().parse(&bytes).unwrap();
        let organisation = &file.rsplit('/').next().unwrap()[..3];
        assert!(
            message
                .subject()
                .unwrap()
                .contains(&format!(", {organisation}, ")),
            "{file}"
        );
        assert_eq!(message.to().unwrap().iter().count(), 1);
        assert_eq!(
            message.header("Auto-Submitted").unwrap().as_text(),
            Some("auto-generated")
        );
        assert!(
            message.header("References").is_some()
                && message.header("List-Id").is_some()
                && message.reply_to().is_some()
        );

        let pages = parts_of(&message, "text/html");
        let PartType::Html(page) = &pages[0].body else {
            panic!("{file}")
        };
        let texts = parts_of(&message, "text/plain");
        assert!(
            page.len() < 100_000 && texts[0].text_contents().unwrap().len() > 1_000,
            "{file}"
        );
        // Where nearly all are ready, or a mop-up has few left, there is nothing to draw.
        let may_have_none = file.contains("-readiness-") || file.contains("ZMU-overall-migration");
        let asked_for: BTreeSet<&str> = page
            .split("src=\"cid:")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let present: BTreeSet<&str> = parts_of(&message, "image/png")
            .iter()
            .map(|part| part.content_id().unwrap())
            .collect();
        assert!(
            asked_for == present && (may_have_none || !present.is_empty()),
            "{file}: {asked_for:?} {present:?}"
        );

        let (sheet, users) = if file.contains("overall-migration") {
            ("Users", sync_state(organisation))
        } else if file.contains("failed-item") {
            ("Failed items", failed_items(organisation))
        } else {
            ("Due", crate::switch_readiness::due(organisation))
        };
        let mut named = column(&workbook_rows(&message, sheet), "Source mailbox");
        let mut expected: Vec<String> = users
            .iter()
            .map(|row| cell(row, &["Source Mailbox"]).to_lowercase())
            .collect();
        named.sort();
        expected.sort();
        assert_eq!(named, expected, "{file}");
    }
}

#[test]
fn subject_lines_stand_where_the_register_lets_them() {
    let morning = sample_after_its_day();
    for (organisation, in_email, in_workbook) in [
        ("ZNM", false, true),
        ("ZCA", true, true),
        ("ZMU", false, false),
    ] {
        let outbox = morning.outbox();
        let (_, bytes) = outbox
            .iter()
            .find(|(file, _)| file.contains(&format!("{organisation}-failed-item")))
            .unwrap();
        let message = MessageParser::new().parse(bytes).unwrap();
        let text = parts_of(&message, "text/plain")[0]
            .text_contents()
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let workbook = column(&workbook_rows(&message, "Failed items"), "Subject line");
        let is_plain = |subject: &&str| {
            subject.len() >= 12 && subject.chars().all(|c| c.is_alphanumeric() || c == ' ')
        };
        let mut rows = failed_items(organisation);
        // The email lists the first hundred rows of the sheet.
        rows.sort_by_cached_key(|row| {
            let subject = cell(row, &["Subject"]);
            workbook.iter().position(|shown| shown.as_str() == subject)
        });
        let mut subjects: Vec<&str> = rows
            .iter()
            .take(60)
            .map(|row| cell(row, &["Subject"]))
            .filter(is_plain)
            .collect();
        subjects.dedup();
        assert!(subjects.len() > 5, "{organisation}");
        for subject in subjects {
            assert_eq!(text.contains(subject), in_email, "{organisation} {subject}");
            assert_eq!(
                workbook.iter().any(|cell| cell == subject),
                in_workbook,
                "{organisation} {subject}"
            );
        }
        let everything = String::from_utf8_lossy(bytes);
        let header = everything.split("\r\n\r\n").next().unwrap();
        assert!(
            !rows
                .iter()
                .map(|row| cell(row, &["Subject"]))
                .any(|subject| subject.len() >= 12 && header.contains(subject))
        );
        assert_eq!(workbook.len(), rows.len());
    }
}

#[test]
fn hostile_subject_lines_are_shown_and_do_nothing() {
    let morning = Morning::of_the_sample();
    morning.say(&["run", "--organisation", "ZCA"]);
    let raw: Vec<String> = failed_items("ZCA")
        .iter()
        .map(|row| cell(row, &["Subject"]).to_owned())
        .collect();
    for wanted in ["<script>", "=HYPERLINK", "\u{202E}", "\n"] {
        assert!(
            raw.iter().any(|subject| subject.contains(wanted)),
            "the sample has no {wanted:?}"
        );
    }
    for (file, bytes) in morning
        .outbox()
        .iter()
        .filter(|(file, _)| file.contains("failed-item"))
    {
        let message = MessageParser::new().parse(bytes).unwrap();
        let page =
            String::from_utf8(parts_of(&message, "text/html")[0].contents().to_vec()).unwrap();
        assert!(
            !page.contains("<script") && !page.contains('\u{202E}') && !page.contains("http://"),
            "{file}"
        );
        let subjects = column(&workbook_rows(&message, "Failed items"), "Subject line");
        assert!(
            subjects
                .iter()
                .any(|subject| subject.starts_with("=HYPERLINK")),
            "kept as text"
        );
        assert!(
            subjects
                .iter()
                .all(|subject| !subject.contains(['\u{202E}', '\n']))
        );
    }
}

#[test]
fn preview_writes_the_reports_and_nothing_else() {
    let morning = Morning::of_three();
    let said = morning.say(&["preview", "--out", "look", "--organisation", "ztp"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        morning
            .folder
            .path()
            .join(format!(
                "look/{DATE}/ZTP/overall-migration/edition-1/report.html"
            ))
            .is_file()
    );
    assert!(
        !morning.folder.path().join("data").exists()
            && !morning.folder.path().join("outbox").exists()
    );
    assert!(
        said.stdout
            .contains("3 reports of 2026-11-20 written to look. Nothing was sent."),
        "{}",
        said.stdout
    );
}

#[test]
fn check_tries_everything_and_names_what_is_bad() {
    let morning = Morning::of_three();
    let good = morning.say(&["check"]);
    assert_eq!(good.exit_code, 0, "{}", good.all());
    assert!(
        good.stdout.contains("good  exports of ZTP: 14 mailboxes")
            && good.stdout.contains("Nothing stops the reports"),
        "{}",
        good.stdout
    );
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZTP", "failed-items.csv")),
    )
    .unwrap();
    let bad = morning.say(&["check"]);
    assert_eq!(bad.exit_code, 4);
    assert!(
        bad.stdout
            .contains("BAD   exports of ZTP: There is no failed-item export"),
        "{}",
        bad.stdout
    );
}

#[test]
fn templates_of_ones_own_replace_the_built_in_ones() {
    let morning = Morning::of_three();
    std::fs::create_dir_all(morning.folder.path().join("own/failed-item")).unwrap();
    let template = "Our own words for {{ organisation.name }}: {{ totals.items_failed }} failed, \
     {{ page.headline.label }}.\n";
    let own = morning.folder.path().join("own/failed-item");
    std::fs::write(own.join("report.txt"), template).unwrap();
    std::fs::write(
        own.join("report.html"),
        "{% extends \"base/page.html\" %}{% block about %}<p>Our own head.</p>{% endblock %}",
    )
    .unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        settings + "\n[reports]\ntemplates_folder = \"own\"\n"
    });
    assert_eq!(morning.say(&["run", "--organisation", "ZTP"]).exit_code, 0);
    let archive = morning.archive();
    let file = |below: &str| String::from_utf8_lossy(&archive[&format!("{DATE}/ZTP/{below}")]);
    assert_eq!(
        file("failed-item/edition-1/report.txt"),
        "Our own words for Tiny Pennyford Hospice: 2 failed, Too few items to judge.\n"
    );
    let page = file("failed-item/edition-1/report.html");
    assert!(page.contains("Our own head.") && page.contains("What you need to do"));
    // A report without a template of its own is made of the one that all share.
    assert!(!file("overall-migration/edition-1/report.html").contains("Our own head."));

    std::fs::write(
        morning.folder.path().join("own/failed-item/report.txt"),
        "{{ page.headline",
    )
    .unwrap();
    let broken = morning.say(&["check"]);
    assert_eq!(broken.exit_code, 3);
    assert!(
        broken.stderr.contains("failed-item/report.txt:1"),
        "{}",
        broken.stderr
    );
}

#[test]
fn the_words_of_a_report_stay_as_they_were_read() {
    let morning = Morning::of_the_sample();
    morning.say(&[
        "run",
        "--organisation",
        "ZTP",
        "--organisation",
        "ZMU",
        "--organisation",
        "ZSL",
    ]);
    let archive = morning.archive();
    for (organisation, report) in [
        ("ZTP", "overall-migration"),
        ("ZMU", "overall-migration"),
        ("ZMU", "failed-item"),
        ("ZTP", "switch-readiness"),
        ("ZSL", "switch-readiness"),
    ] {
        let text = String::from_utf8(
            archive[&format!("{DATE}/{organisation}/{report}/edition-1/report.txt")].clone(),
        )
        .unwrap();
        insta::assert_snapshot!(format!("{organisation}-{report}"), text);
    }
}

#[test]
fn a_model_holds_no_subject_line_unless_the_email_does() {
    let morning = sample_after_its_day();
    for organisation in ["ZNM", "ZMU"] {
        let rows = failed_items(organisation);
        let model = morning.model(organisation, "failed-item");
        let mut texts = Vec::new();
        collect_texts(&model, &mut texts);
        for subject in rows
            .iter()
            .map(|row| cell(row, &["Subject"]))
            .filter(|subject| subject.len() >= 12)
        {
            assert!(
                !texts.iter().any(|text| text.contains(subject)),
                "{organisation}: {subject}"
            );
        }
    }
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}
