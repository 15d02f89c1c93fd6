//! The Switch Readiness Report: who gets one, and whether it is true.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Reader, Xlsx, open_workbook_from_rs};
use chrono::{Duration, NaiveDate};
use mail_parser::MessageParser;

use crate::daily_run::{column, sync_state, workbook_rows};
use crate::support::morning::{DATE, Morning, sample_folder};
use crate::support::prepared::sample_after_its_day;
use crate::support::raw_exports::{Row, cell, read};

fn report_date() -> NaiveDate {
    DATE.parse().unwrap()
}

/// The switch date of each mailbox: the export's, or else the schedule's.
fn with_dates(organisation: &str) -> Vec<(NaiveDate, Row)> {
    let schedule =
        read(&sample_folder().join(format!("exports/{organisation}/migration-schedule.csv")));
    let scheduled: BTreeMap<String, String> = schedule
        .iter()
        .map(|row| {
            (
                cell(row, &["Mailbox"]).to_lowercase(),
                cell(row, &["Switch Date"]).to_owned(),
            )
        })
        .collect();
    let date = |row: &Row| {
        let exported = cell(row, &["Switch Date"]);
        let address = cell(row, &["Source Mailbox"]).to_lowercase();
        let text = if exported.is_empty() {
            scheduled[&address].as_str()
        } else {
            exported
        };
        NaiveDate::parse_from_str(text, "%d/%m/%Y").unwrap()
    };
    sync_state(organisation)
        .into_iter()
        .map(|row| (date(&row), row))
        .collect()
}

fn has_switched(row: &Row) -> bool {
    cell(row, &["Sync State", "Sync Status"]) == "Switched"
}

/// The mailboxes that are due, by a recount of the raw files.
pub(crate) fn due(organisation: &str) -> Vec<Row> {
    let is_due =
        |date: &NaiveDate| *date >= report_date() && *date <= report_date() + Duration::days(7);
    with_dates(organisation)
        .into_iter()
        .filter(|(date, row)| is_due(date) && !has_switched(row))
        .map(|(_, row)| row)
        .collect()
}

fn waiting(organisation: &str) -> Vec<Row> {
    with_dates(organisation)
        .into_iter()
        .filter(|(date, row)| *date < report_date() && !has_switched(row))
        .map(|(_, row)| row)
        .collect()
}

fn figure(model: &serde_json::Value, label: &str) -> String {
    let figures = model["page"]["key_figures"].as_array().unwrap();
    figures
        .iter()
        .find(|figure| figure["label"] == label)
        .unwrap_or_else(|| panic!("no {label}"))["value"]
        .as_str()
        .unwrap()
        .replace(',', "")
}

#[test]
fn its_figures_equal_a_naive_recount_and_who_is_not_ready_comes_first() {
    let morning = sample_after_its_day();
    let is_ready = |row: &&Row| {
        ["In Sync", "Synchronized", "Ready to Switch"]
            .contains(&cell(row, &["Sync State", "Sync Status"]))
    };
    let mut kinds = BTreeSet::new();
    for organisation in ["ZNM", "ZGL", "ZCA", "ZTP", "ZSL"] {
        let model = morning.model(organisation, "switch-readiness");
        let (due, waiting) = (due(organisation), waiting(organisation));
        assert!(!due.is_empty(), "{organisation}");
        let ready = due.iter().filter(is_ready).count();
        assert_eq!(
            figure(&model, "Due in the next 7 days"),
            due.len().to_string(),
            "{organisation}"
        );
        assert_eq!(figure(&model, "Ready"), ready.to_string(), "{organisation}");
        assert_eq!(
            figure(&model, "Not ready"),
            (due.len() - ready).to_string(),
            "{organisation}"
        );
        assert_eq!(
            figure(&model, "Past the switch date"),
            waiting.len().to_string(),
            "{organisation}"
        );

        let outbox = morning.outbox();
        let (_, bytes) = outbox
            .iter()
            .find(|(file, _)| file.contains(&format!("{organisation}-switch-readiness-1-")))
            .unwrap();
        let message = MessageParser::new().parse(bytes).unwrap();
        let schedule =
            read(&sample_folder().join(format!("exports/{organisation}/migration-schedule.csv")));
        let category: BTreeMap<String, &str> = schedule
            .iter()
            .map(|row| {
                (
                    cell(row, &["Mailbox"]).to_lowercase(),
                    cell(row, &["VIP Category"]),
                )
            })
            .filter(|(_, category)| !category.is_empty())
            .collect();
        let of_waiting = (!waiting.is_empty()).then_some("Waiting");
        for sheet in ["Due"].into_iter().chain(of_waiting) {
            let rows = workbook_rows(&message, sheet);
            let vips = column(&rows, "VIP");
            let mailboxes = column(&rows, "Source mailbox");
            if mailboxes == ["–"] {
                continue;
            }
            for (mailbox, vip) in mailboxes.iter().zip(&vips) {
                assert_eq!(
                    category.get(mailbox).copied().unwrap_or("No"),
                    vip,
                    "{organisation} {sheet}"
                );
            }
            // Those that are not ready first, and VIPs first among them; nobody who waits is ready.
            let ready = match sheet {
                "Due" => column(&rows, "Ready"),
                _ => vec!["No".to_owned(); vips.len()],
            };
            let order = ready.iter().zip(&vips).map(|(ready, vip)| {
                assert!(["Yes", "No"].contains(&ready.as_str()), "{ready}");
                (ready == "Yes", vip == "No")
            });
            let order: Vec<(bool, bool)> = order.collect();
            assert!(order.is_sorted(), "{organisation} {sheet}");
            if sheet == "Due" {
                kinds.extend(order);
            }
        }
    }
    assert_eq!(
        kinds.len(),
        4,
        "the sample has ready and unready, VIPs and others"
    );
}

#[test]
fn pilot_and_live_are_kept_apart() {
    let morning = Morning::of_the_sample();
    morning.say(&["run", "--organisation", "ZSL"]);
    let schedule = read(&sample_folder().join("exports/ZSL/migration-schedule.csv"));
    let of = |phase: &str| {
        schedule
            .iter()
            .filter(|row| cell(row, &["Pilot or Live"]) == phase)
            .count()
            .to_string()
    };
    assert!(of("Pilot") != "0" && of("Live") != "0");
    let pilots: BTreeSet<String> = schedule
        .iter()
        .filter(|row| cell(row, &["Pilot or Live"]) == "Pilot")
        .map(|row| cell(row, &["Mailbox"]).to_lowercase())
        .collect();
    let is_done = |row: &&Row| {
        ["In Sync", "Synchronized", "Ready to Switch", "Switched"]
            .contains(&cell(row, &["Sync State", "Sync Status"]))
    };
    let states = sync_state("ZSL");
    let (of_pilots, of_others): (Vec<&Row>, Vec<&Row>) = states
        .iter()
        .filter(is_done)
        .partition(|row| pilots.contains(&cell(row, &["Source Mailbox"]).to_lowercase()));
    let headline =
        |report: &str| morning.model("ZSL", report)["page"]["headline"]["sentences"].to_string();
    let apart = format!(
        "By phase: pilot {} of {}, live {} of {}.",
        of_pilots.len(),
        of("Pilot"),
        of_others.len(),
        of("Live")
    );
    let overall = headline("overall-migration");
    assert!(overall.contains(&apart), "{apart}: {overall}");
    let failed = headline("failed-item");
    assert!(failed.contains("By phase: pilot "), "{failed}");
    let headline =
        morning.model("ZSL", "switch-readiness")["page"]["headline"]["sentences"].to_string();
    assert!(
        headline.contains("Ready by phase: pilot 20 of 20, live "),
        "{headline}"
    );
}

#[test]
fn without_a_schedule_there_is_none_and_the_reason_is_told() {
    let morning = Morning::of_the_sample();
    let reason = "it has no migration schedule that can be used";
    let plan = morning.say(&["plan", "--organisation", "ZMU"]);
    assert_eq!(plan.exit_code, 0);
    assert!(
        plan.stdout
            .contains(&format!("switch-readiness: none, for {reason}")),
        "{}",
        plan.stdout
    );
    let run = morning.say(&["run", "--organisation", "ZMU"]);
    assert_eq!(run.exit_code, 0, "{}", run.all());
    assert!(
        run.stderr
            .contains(&format!("ZMU: no switch-readiness report, for {reason}")),
        "{}",
        run.stderr
    );
    assert!(
        run.stdout.contains("2 messages put into the outbox"),
        "{}",
        run.stdout
    );
    let again = morning.say(&[
        "reissue",
        "--organisation",
        "ZMU",
        "--reason",
        "To see",
        "--anyway",
    ]);
    assert!(
        again.stdout.contains(&format!(
            "ZMU switch-readiness: none is made, for {reason}."
        )),
        "{}",
        again.all()
    );
}

/// A schedule of the organisation in mop-up, with a VIP in each category of state.
fn schedule_of_zmu(morning: &Morning) {
    let rows = sync_state("ZMU").into_iter().map(|row| {
        let state = cell(&row, &["Sync State"]);
        let vip = if state == "Stopped" {
            "Senior management"
        } else {
            ""
        };
        format!(
            "{},{},{},Live,{vip}\r\n",
            cell(&row, &["Source Mailbox"]),
            cell(&row, &["Collection"]),
            cell(&row, &["Switch Date"])
        )
    });
    let text = format!(
        "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category\r\n{}",
        rows.collect::<String>()
    );
    std::fs::write(
        morning
            .folder
            .path()
            .join("exports/ZMU/migration-schedule.csv"),
        text,
    )
    .unwrap();
}

#[test]
fn in_mop_up_it_shows_those_who_wait_and_nobody_else() {
    let morning = Morning::of_the_sample();
    schedule_of_zmu(&morning);
    let run = morning.say(&["run", "--organisation", "ZMU"]);
    assert!(
        run.stdout.contains("3 messages put into the outbox"),
        "{}",
        run.all()
    );
    let left = sync_state("ZMU")
        .iter()
        .filter(|row| !has_switched(row))
        .count();
    let model = morning.model("ZMU", "switch-readiness");
    assert_eq!(figure(&model, "Past the switch date"), left.to_string());
    let headings: Vec<&str> = model["page"]["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["heading"].as_str().unwrap())
        .collect();
    assert!(
        headings.contains(&"Mailboxes that have missed their switch date")
            && !headings
                .iter()
                .any(|heading| heading.contains("next 7 days")),
        "{headings:?}"
    );
    let overall = morning.model("ZMU", "overall-migration");
    let first = &overall["page"]["sections"][0];
    assert_eq!(first["heading"], "Mailboxes that have not switched");
    let user = first["table"]["rows"][0][0].as_str().unwrap();
    assert!(user.ends_with("(VIP: Senior management)"), "VIPs first");
    assert_eq!(figure(&overall, "Mailboxes not switched"), left.to_string());
    assert!(
        !overall["page"]["headline"].to_string().contains('%'),
        "no progress where little is left"
    );

    // Everybody has switched: nobody waits.
    let spoilt = Morning::of_the_sample();
    schedule_of_zmu(&spoilt);
    let path = spoilt
        .folder
        .path()
        .join(Morning::export("ZMU", "sync-state.csv"));
    let bytes = std::fs::read(&path).unwrap();
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let text = String::from_utf16(&units)
        .unwrap()
        .replace("\tStopped\t", "\tSwitched\t")
        .replace("\tFailed\t", "\tSwitched\t");
    std::fs::write(
        &path,
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let plan = spoilt.say(&["plan", "--organisation", "ZMU"]);
    assert!(
        plan.stdout
            .contains("switch-readiness: none, for it is in mop-up, and no mailbox waits"),
        "{}",
        plan.all()
    );
}

#[test]
fn vips_are_named_in_every_report_only_where_the_schedule_has_some() {
    let morning = Morning::of_the_sample();
    morning.say(&["run", "--organisation", "ZCA"]);
    let has = |morning: &Morning, report: &str, heading: &str| {
        let model = morning.model("ZCA", report);
        model["page"]["sections"]
            .as_array()
            .unwrap()
            .iter()
            .any(|section| section["heading"] == heading)
    };
    assert!(has(&morning, "overall-migration", "VIPs"));
    let without = Morning::of_the_sample();
    without.edit("exports/ZCA/migration-schedule.csv", |text| {
        text.replace("Medical secretary", "")
            .replace("Senior management", "")
    });
    without.say(&["run", "--organisation", "ZCA"]);
    assert!(!has(&without, "overall-migration", "VIPs"));
    let model = without.model("ZCA", "switch-readiness");
    assert!(
        model
            .to_string()
            .contains("The migration schedule marks no VIP.")
    );
}

/// Each letter of a day: to whom, whether it is marked as new, and what it says.
fn letters(morning: &Morning, day: &str) -> BTreeMap<String, (bool, String)> {
    let file = format!("ZSL-failed-item-{day}.xlsx");
    let bytes = morning.report(day, "ZSL", "failed-item", &file);
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range("Tell users").unwrap();
    let mut rows = range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect());
    let headings: Vec<String> = rows
        .find(|row: &Vec<String>| row.contains(&"Paragraph".to_owned()))
        .unwrap();
    let place = |heading: &str| headings.iter().position(|one| one == heading).unwrap();
    let [to, new, said] = ["Source mailbox", "New today", "Paragraph"].map(place);
    rows.map(|row| (row[to].clone(), (row[new] == "New", row[said].clone())))
        .collect()
}

#[test]
fn a_letter_is_new_where_its_user_had_none_in_the_last_report() {
    let days = ["2026-11-16", "2026-11-17", "2026-11-18"];
    let mut morning = Morning::of_the_sample();
    for day in days {
        morning = morning.with_exports_of(day);
        morning.run_of(day, "ZSL");
    }
    let all = days.map(|day| letters(&morning, day));
    let mut new = 0;
    for (then, now) in all.iter().zip(&all[1..]) {
        for (user, (is_new, said)) in now {
            new += usize::from(*is_new);
            match then.get(user) {
                None => assert!(is_new, "{user} had no letter"),
                Some((_, before)) => assert!(!is_new || before != said, "{user} had this letter"),
            }
        }
    }
    assert!(new > 0);
}
