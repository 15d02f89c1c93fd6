//! What the central team gets each morning: the Run Summary, and the pages of the archive.

use std::path::Path;
use std::process::Command;

use mail_parser::{Message, MessageParser, MimeHeaders};
use migration_monitor::domain::{
    DeliveryState, FailureRate, OrganisationCode, ReportDate, ReportKind, Stage, Verdict,
};
use migration_monitor::render::{self, Templates};
use migration_monitor::report::{
    self, EditionLink, OrganisationFigures, OrganisationOutcome, SwitchDay,
};
use migration_monitor::settings::Settings;

use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::{DATE, Morning, files_below, sample_export, sample_folder};
use crate::support::prepared::sample_after_its_day;
use crate::support::raw_exports::{cell, read};
use crate::support::smtp_server::Misbehaviour::{Cut, Say};
use crate::support::smtp_server::Step;

fn summary_text(bytes: &[u8]) -> String {
    MessageParser::new()
        .parse(bytes)
        .unwrap()
        .body_text(0)
        .unwrap()
        .replace("\r\n", "\n")
}

/// Whether the program takes a command: one that it does not understand ends with 2, one that finds
/// no settings with 3.
fn is_understood(command: &str) -> bool {
    let command = command.replace("NUMBER", "1");
    let mut words = Vec::new();
    for (place, part) in command.split('"').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned())
        } else {
            words.extend(part.split_whitespace().map(str::to_owned))
        }
    }
    assert_eq!(words.remove(0), "migration-monitor");
    let output = Command::new(env!("CARGO_BIN_EXE_migration-monitor"))
        .args(words)
        .args(["--settings", "/nowhere/settings.toml"])
        .output()
        .unwrap();
    output.status.code() == Some(3)
}

fn commands(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.starts_with("migration-monitor "))
        .collect()
}

#[test]
fn a_summary_is_sent_once_and_again_only_where_it_says_something_else() {
    let morning = Morning::of_three();
    let held = morning
        .folder
        .path()
        .join(Morning::export("ZCA", "sync-state.csv"));
    let export = std::fs::read(&held).unwrap();
    std::fs::remove_file(&held).unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 4);
    let first = morning.summaries();
    let [(file, bytes)] = first.iter().collect::<Vec<_>>()[..] else {
        panic!("{:?}", first.keys())
    };
    assert!(
        file.starts_with(&format!("{DATE}/run-summary-1-")),
        "{file}"
    );
    let message = MessageParser::new().parse(bytes).unwrap();
    assert_eq!(
        message.subject(),
        Some("Run Summary, 20 November 2026: not all made (trial); call ZCA")
    );
    assert_eq!(
        message
            .attachment(message.attachment_count() as u32 - 1)
            .unwrap()
            .attachment_name(),
        Some("run-summary-2026-11-20.xlsx")
    );
    assert!(
        message.header_raw("Auto-Submitted").is_some()
            && message
                .header_raw("List-Id")
                .unwrap()
                .contains("run-summary.nhs.example")
    );
    let text = summary_text(bytes);
    assert!(
        text.contains("Held, and so not sent: ZCA.")
            && text.contains(&format!("migration-monitor run --date {DATE}")),
        "{text}"
    );

    let before = morning.archive();
    assert_eq!(morning.say(&["run"]).exit_code, 4);
    assert_eq!(
        (morning.summaries(), morning.archive()),
        (first, before),
        "nothing changed, and nothing is said again"
    );

    std::fs::write(&held, export).unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    let now = morning.summaries();
    assert_eq!(now.len(), 2);
    let second = MessageParser::new()
        .parse(
            now.iter()
                .find(|(file, _)| file.contains("run-summary-2-"))
                .unwrap()
                .1,
        )
        .unwrap();
    assert_eq!(
        second.subject(),
        Some(
            "Run Summary, 20 November 2026: all made, none sent (trial), with warnings, edition 2"
        )
    );
    let text = second.body_text(0).unwrap();
    assert!(
        text.starts_with("Run Summary\n===") || text.starts_with("Run Summary\r\n==="),
        "{text}"
    );
    assert!(text.contains("Edition 2, made at "));
    assert_ne!(
        second.message_id(),
        MessageParser::new()
            .parse(now.values().next().unwrap())
            .unwrap()
            .message_id()
    );
}

/// In words and in figures, which are those of its exports of the day before.
#[test]
fn an_organisation_that_is_held_stands_in_with_its_day_before() {
    const BEFORE: &str = "2026-11-19";
    let morning = Morning::of_three().with_exports_of(BEFORE);
    assert_eq!(morning.say_of(BEFORE, &["run"]).exit_code, 0);
    let gone = Morning::export("ZCA", "sync-state.csv");
    std::fs::remove_file(morning.folder.path().join(gone)).unwrap();
    assert_eq!(morning.say(&["run"]).exit_code, 4);

    let file = |day: &str, name: &str| {
        let path = format!("data/archive/{day}/run-summary/edition-1/{name}");
        std::fs::read(morning.folder.path().join(path)).unwrap()
    };
    let summary = |day: &str| -> report::SummaryModel {
        serde_json::from_slice(&file(day, "model.json")).unwrap()
    };
    let [before, today] = [BEFORE, DATE].map(summary);
    let line = |of: &report::SummaryModel, code: &str| {
        let mut lines = of.organisations.iter();
        lines.find(|line| line.code_text() == code).unwrap().clone()
    };
    let held = line(&today, "ZCA");
    let thursday = chrono::NaiveDate::from_ymd_opt(2026, 11, 19);
    assert_eq!((held.as_of, line(&today, "ZTP").as_of), (thursday, None));

    let figures = held.figures.unwrap();
    let export = sample_folder().join(format!("exports/ZCA/{BEFORE}/sync-state.csv"));
    assert_eq!(figures.mailboxes, read(&export).len() as u64);
    let known = line(&before, "ZCA").figures.unwrap();
    assert!(!known.switches.is_empty());
    assert_eq!(
        (figures.switches, figures.rate),
        (known.switches, known.rate)
    );
    let all: u64 = ["ZCA", "ZMU", "ZTP"]
        .map(|code| line(&today, code).figures.unwrap().mailboxes)
        .iter()
        .sum();
    let text = String::from_utf8(file(DATE, "report.txt")).unwrap();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "For ZCA, the figures here are those of Thursday 19 November.".to_owned(),
        format!("of {all} mailboxes of 3 organisations"),
    ] {
        assert!(words.contains(&said), "{said}: {text}");
    }
    let tables = today
        .page
        .sections
        .iter()
        .filter_map(|one| one.table.as_ref());
    let rows = tables.flat_map(|table| &table.rows);
    let named = rows.filter(|row| row.contains(&"ZCA (as on Thu 19 Nov)".to_owned()));
    // Of its switches and promises.
    assert_eq!(named.count(), 3);
    let page = morning
        .folder
        .path()
        .join(format!("data/archive/{DATE}/index.html"));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Figures of Thursday 19 November"), "{page}");
}

#[test]
fn every_state_is_told_with_commands_that_the_program_has() {
    let server = server()
        .for_recipient(
            "matron@pennyford-hospice.example",
            Step::Recipient,
            Say("550 5.1.1 no such user"),
        )
        .for_recipient(
            "eilidh.macleod@muckle-uplands.nhs.example",
            Step::EndOfData,
            Cut,
        )
        .for_recipient(
            "programme.office@larkfield.nhs.example",
            Step::Recipient,
            Say("451 4.3.0 later"),
        )
        .start();
    let morning = morning_with(&server);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace(
            "time_zone =",
            "summary_to = [\"central.team@nhs.example\"]\ntime_zone =",
        )
    });
    morning.edit("organisations.csv", |register| {
        register.replace(
            "Cawderdale Archive and Community NHS Trust,sync-and-switch",
            "Cawderdale,sync-and-swap",
        )
    });
    std::fs::remove_file(
        morning
            .folder
            .path()
            .join(Morning::export("ZNM", "sync-state.csv")),
    )
    .unwrap();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 6, "{}", said.all());
    let received = server.received();
    let summary = received
        .iter()
        .find(|message| message.to == ["central.team@nhs.example"])
        .unwrap();
    let text = summary_text(&summary.bytes);
    for told in [
        "Not all went out",
        "Ask ZMU whether",
        "The server refused 3 messages to ZTP.",
        "Held, and so not sent: ZNM.",
        "nothing is sent about ZCA.",
        "to ZGL not sent yet:",
        "deliveries resolve ",
        "--resend",
        "check --date 2026-11-20",
        "ZNM: ",
        "ZCA: Line ",
    ] {
        assert!(
            text.replace('\n', " ").replace("   ", " ").contains(told),
            "{told}: {text}"
        );
    }
    let commands = commands(&text);
    assert!(commands.len() >= 9, "{commands:?}");
    for command in &commands {
        assert!(is_understood(command), "{command}");
    }
    assert!(
        !is_understood("migration-monitor run --day 2026-11-20"),
        "the test can fail"
    );
    let before = server.received().len();
    assert_eq!(morning.say(&["run"]).exit_code, 6);
    assert_eq!(
        server.received().len(),
        before,
        "neither reports nor the summary are sent twice"
    );

    // The one command of each kind that changes something: pasted as it stands it does nothing, and with
    // a number it works.
    let resolve = commands
        .iter()
        .find(|command| command.ends_with("--accepted"))
        .unwrap();
    let words: Vec<&str> = resolve.split(' ').skip(1).collect();
    assert_eq!(morning.tell(&words).exit_code, 2);
    let list = ["deliveries", "--state", "unknown", "--format", "json"];
    let list: serde_json::Value = serde_json::from_str(&morning.tell(&list).stdout).unwrap();
    let number = list["deliveries"][0]["id"].to_string();
    let resolve = resolve.replace("NUMBER", &number);
    let words: Vec<&str> = resolve.split(' ').skip(1).collect();
    assert_eq!(morning.tell(&words).exit_code, 0);
    morning.say(&["run"]);
    let summaries = server
        .received()
        .iter()
        .filter(|message| message.to == ["central.team@nhs.example"])
        .count();
    assert_eq!(summaries, 2, "what was resolved is said");
}

#[test]
fn a_summary_that_cannot_be_sent_changes_nothing_else() {
    let server = server()
        .for_recipient(
            "central.team@nhs.example",
            Step::Recipient,
            Say("451 4.3.0 later"),
        )
        .start();
    let morning = morning_with(&server);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace(
            "time_zone =",
            "summary_to = [\"central.team@nhs.example\"]\ntime_zone =",
        )
    });
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stderr.contains("Run Summary to ") && said.stderr.contains(": deferred: "),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("central.team@"), "{}", said.stderr);
    assert_eq!(
        (server.received().len(), morning.say(&["status"]).exit_code),
        (21, 0)
    );
    let tries = || {
        server
            .commands()
            .iter()
            .filter(|command| *command == "RCPT")
            .count()
    };
    let before = tries();
    morning.say(&["run"]);
    assert_eq!(tries(), before + 1, "the next run tries again");
    // A folder that cannot be written is a warning too.
    let folder = morning
        .folder
        .path()
        .join(format!("data/archive/{DATE}/index.html"));
    std::fs::remove_file(&folder).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let said = morning.say(&["run"]);
    assert!(
        said.exit_code == 0
            && said
                .stderr
                .contains("The Run Summary is not as it should be"),
        "{}",
        said.all()
    );
}

#[test]
fn nobody_is_named() {
    let morning = sample_after_its_day();
    let mut told: String = morning
        .summaries()
        .values()
        .map(|bytes| everything_in(&MessageParser::new().parse(bytes).unwrap()))
        .collect();
    for (file, bytes) in morning.archive() {
        if file.ends_with("index.html")
            || (file.contains("/run-summary/")
                && !file.ends_with(".eml")
                && !file.ends_with(".png"))
        {
            told += &String::from_utf8_lossy(&bytes);
        }
    }
    for organisation in ["ZNM", "ZTP", "ZSL", "ZMU", "ZCA"] {
        let rows = read(&sample_export(organisation, "sync-state.csv"));
        let items = read(&sample_export(organisation, "failed-items.csv"));
        let names = rows.iter().flat_map(|row| {
            [
                cell(row, &["Display Name", "User", "Name"]),
                cell(row, &["Source Mailbox", "Source Address"]),
            ]
        });
        let subjects = items
            .iter()
            .map(|row| cell(row, &["Subject", "Subject Line"]));
        for text in names
            .chain(subjects)
            .filter(|text| text.chars().count() > 6)
        {
            let found = memchr::memmem::find(told.as_bytes(), text.as_bytes());
            assert!(found.is_none(), "{organisation}: {text}");
        }
    }
}

fn everything_in(message: &Message<'_>) -> String {
    format!(
        "{}{}",
        message.body_text(0).unwrap(),
        message.body_html(0).unwrap()
    )
}

#[test]
fn pages_of_the_archive_link_to_every_edition_and_follow_reissues_and_purges() {
    let morning = Morning::of_three().with_exports_of("2026-11-19");
    morning.say_of("2026-11-19", &["run"]);
    morning.say(&["run"]);
    let page = |name: &str| String::from_utf8(morning.archive()[name].clone()).unwrap();
    let day = page(&format!("{DATE}/index.html"));
    for (file, _) in morning
        .archived_reports()
        .iter()
        .filter(|(file, _)| file.starts_with(DATE) && file.ends_with("report.html"))
    {
        let below = file.strip_prefix(&format!("{DATE}/")).unwrap();
        assert!(day.contains(&format!("href=\"{below}\"")), "{below}");
    }
    for link in day
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|link| !link.starts_with(['#', 'd']))
    {
        assert!(
            morning
                .folder
                .path()
                .join("data/archive")
                .join(DATE)
                .join(link)
                .exists(),
            "{link}"
        );
    }
    let days = page("index.html");
    assert!(
        days.contains("href=\"2026-11-20/index.html\"")
            && days.contains("href=\"2026-11-19/index.html\""),
        "{days}"
    );

    let said = morning.say(&[
        "reissue",
        "--organisation",
        "ZTP",
        "--reason",
        "A test.",
        "--anyway",
    ]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        page(&format!("{DATE}/index.html"))
            .contains("href=\"ZTP/failed-item/edition-2/report.html\"")
    );

    assert_eq!(morning.tell(&["purge", "--before", DATE]).exit_code, 0);
    let days = page("index.html");
    assert!(
        days.contains("2026-11-20/index.html") && !days.contains("2026-11-19"),
        "{days}"
    );
    assert!(
        !morning
            .archive()
            .keys()
            .any(|file| file.starts_with("2026-11-19"))
    );
}

#[test]
fn a_preview_has_the_summary_too_and_sends_nothing() {
    let morning = Morning::of_three();
    let said = morning.say(&["preview", "--out", "look"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let files = files_below(&morning.folder.path().join("look"));
    let text =
        String::from_utf8(files[&format!("{DATE}/run-summary/edition-1/report.txt")].clone())
            .unwrap();
    assert!(
        text.contains(
            "A preview: nothing was sent. Reports of 3 of 3 organisations could be made."
        ),
        "{text}"
    );
    let page = String::from_utf8(files[&format!("{DATE}/index.html")].clone()).unwrap();
    assert!(
        page.contains("href=\"ZTP/overall-migration/edition-1/report.html\"")
            && !page.contains("All days")
    );
    assert!(morning.summaries().is_empty() && !morning.folder.path().join("data/archive").exists());
}

#[test]
fn a_run_of_some_organisations_says_nothing_of_the_day() {
    let morning = Morning::of_three();
    morning.say(&["run", "--organisation", "ZTP"]);
    assert!(morning.summaries().is_empty() && !morning.archive().contains_key("index.html"));
}

/// So many invented organisations, the same each time: of every state, stage and verdict.
pub(crate) fn invented(organisations: u64) -> Vec<OrganisationOutcome> {
    let verdicts = [
        Verdict::AsExpected,
        Verdict::AsExpected,
        Verdict::LowerThanExpected,
        Verdict::TooFewItems,
        Verdict::Raised,
        Verdict::AsExpected,
        Verdict::High,
        Verdict::Concentrated,
    ];
    use DeliveryState::{Accepted, Deferred, Expired, Refused, Unknown};
    let states = [
        Accepted, Accepted, Accepted, Deferred, Accepted, Refused, Accepted, Accepted, Unknown,
        Expired, Accepted,
    ];
    let stages = [
        Stage::SyncAndSwitch,
        Stage::SyncAndSwitch,
        Stage::Pilot,
        Stage::MopUp,
    ];
    let at = |list: &[Stage], number: u64| list[usize::try_from(number).unwrap() % list.len()];
    let one = |number: u64| {
        let is_held = number % 37 == 5;
        let attempted = 2_000 + number * number * 97 % 9_000_000;
        let failed =
            attempted / 10_000 * (if number.is_multiple_of(41) { 3 } else { 1 }) + number % 3;
        let due = if number.is_multiple_of(4) {
            number * 7 % 900
        } else {
            0
        };
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
            + chrono::TimeDelta::days((number % 20).cast_signed());
        OrganisationOutcome {
            code: Some(OrganisationCode::parse(&format!("X{number:03}")).unwrap()),
            name: format!(
                "Invented NHS Trust number {number} & partners <{}>",
                number % 7
            ),
            stage: Some(if number % 53 == 52 {
                Stage::Closed
            } else {
                at(&stages, number)
            }),
            held: if is_held {
                vec!["The sync-state export is missing.".to_owned()]
            } else {
                Vec::new()
            },
            messages: if is_held || number % 53 == 52 {
                Default::default()
            } else {
                [(
                    states[usize::try_from(number).unwrap() % states.len()],
                    1 + number % 4,
                )]
                .into_iter()
                .collect()
            },
            figures: (!is_held && number % 53 != 52).then(|| OrganisationFigures {
                ours_to_mend: number % 3,
                mailboxes: 50 + number * 13,
                in_sync_or_beyond: 40 + number * 11,
                halted: number % 5,
                settings_failed: Some(0),
                items_total: Some(attempted * 2),
                items_attempted: Some(attempted),
                rate: FailureRate { failed, attempted },
                dispersion: 1.0,
                verdict: verdicts[usize::try_from(number).unwrap() % verdicts.len()],
                verdict_lasts: 1,
                due,
                ready: due - due / 9,
                waiting: number % 11,
                undone: number % 3,
                newly_undone: number % 2,
                switches: if due > 0 {
                    vec![SwitchDay {
                        date: day,
                        collections: 1,
                        switched: 0,
                        due,
                        ready: due - due / 9,
                        halted: number % 2,
                        forecast: None,
                    }]
                } else {
                    Vec::new()
                },
                ..OrganisationFigures::default()
            }),
            ..OrganisationOutcome::default()
        }
    };
    (1..=organisations).map(one).collect()
}

/// The model of a morning, as the program makes it.
pub(crate) fn summary_of(
    organisations: Vec<OrganisationOutcome>,
    is_preview: bool,
    earlier: report::EarlierDays,
) -> report::SummaryModel {
    let settings = Settings::load(Some(&sample_folder().join("migration-monitor.toml"))).unwrap();
    report::run_summary(&report::SummaryInput {
        warnings: Vec::new(),
        before: None,
        gone: Vec::new(),
        is_kept: false,
        is_working_day: true,
        programme: &settings.programme,
        report_date: ReportDate::parse_iso(DATE).unwrap(),
        is_preview,
        organisations,
        unreadable_rows: vec![None; usize::from(earlier != report::EarlierDays::default())],
        earlier,
        last_sent: None,
    })
}

pub(crate) fn model_of(organisations: u64) -> report::SummaryModel {
    summary_of(
        invented(organisations),
        false,
        report::EarlierDays {
            unknown: 1,
            bounced: 0,
            quarantined: 0,
            expired: 2,
        },
    )
}

#[test]
fn a_summary_of_600_organisations_is_no_larger_than_mail_programs_show() {
    let (model, templates) = (model_of(600), Templates::new(&[]).unwrap());
    let workbook = report::summary_workbook(&model);
    let rendered = render::run_summary(&model, &workbook, &templates).unwrap();
    // Gmail cuts at 102 KB.
    assert!(rendered.html.len() < 100_000, "{}", rendered.html.len());
    assert!(rendered.text.contains("Showing 25 of ") && workbook.sheets[1].rows.len() == 601);
    for command in commands(&rendered.text) {
        assert!(is_understood(command), "{command}");
    }
    let page = render::day_page(&report::day_page(&model, &[], true), &templates).unwrap();
    assert_eq!(page.matches("<tbody data-stage=").count(), 601);
    assert!(
        page.len() < 1_500_000 && !page.contains("<6>") && page.contains("&lt;6&gt;"),
        "{}",
        page.len()
    );
}

/// Writes pages for tests/browser: the sample's archive, and a day of 600 organisations.
#[test]
#[ignore = "run by tests/browser"]
fn pages_for_a_browser() {
    let folder = std::env::var("PAGES").expect("PAGES names a folder");
    let morning = Morning::of_the_sample().with_exports_of("2026-11-19");
    morning.say_of("2026-11-19", &["run"]);
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    for (file, bytes) in morning.archive() {
        let path = Path::new(&folder).join("sample").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let (model, templates) = (model_of(600), Templates::new(&[]).unwrap());
    let links: Vec<EditionLink> = model
        .organisations
        .iter()
        .filter_map(|line| line.code.clone())
        .map(|organisation| EditionLink {
            organisation,
            report: ReportKind::OverallMigration,
            edition: 1,
        })
        .collect();
    let day = Path::new(&folder).join("many").join(DATE);
    let rendered =
        render::run_summary(&model, &report::summary_workbook(&model), &templates).unwrap();
    let edition = day.join("run-summary/edition-1");
    std::fs::create_dir_all(&edition).unwrap();
    for picture in &rendered.pictures {
        std::fs::write(edition.join(&picture.file_name), &picture.png).unwrap();
    }
    std::fs::write(
        edition.join("report.html"),
        render::page_beside_pictures(&rendered),
    )
    .unwrap();
    std::fs::write(
        day.join("index.html"),
        render::day_page(&report::day_page(&model, &links, true), &templates).unwrap(),
    )
    .unwrap();
}
