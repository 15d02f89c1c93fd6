//! What is no lost mail, what must be approved, and what is not known: each a thing of its own, in
//! every report.

use mail_parser::MessageParser;
use serde_json::json;

use crate::daily_run::{column, workbook_rows};
use crate::support::morning::{DATE, Morning};

/// A morning of one organisation with these exports of Exchange.
fn morning(mailboxes: &[String], items: &[String]) -> Morning {
    let morning = Morning::of_the_sample();
    morning.edit("organisations.csv", |register| {
        let is_kept = |line: &&str| line.starts_with("code,") || line.starts_with("ZTP,");
        let lines = register.lines().filter(is_kept);
        lines.map(|line| format!("{line}\n")).collect()
    });
    let of = |headings: &str, rows: &[String]| format!("{headings}\n{}\n", rows.join("\n"));
    let folder = format!("exports/ZTP/{DATE}");
    morning.edit(&format!("{folder}/sync-state.csv"), |_| {
        let headings = "Identity,BatchId,Status,SyncedItemCount,SkippedItemCount,\
                        TotalItemsInSourceMailboxCount,DataConsistencyScore";
        of(headings, mailboxes)
    });
    morning.edit(&format!("{folder}/failed-items.csv"), |_| {
        of(
            "Identity,Kind,ScoringClassifications,FolderName,Subject,Failure",
            items,
        )
    });
    morning.edit("exports/ZTP/migration-schedule.csv", |_| {
        let row = |row: &String| {
            let address = row.split(',').next().unwrap_or_default();
            format!("{address},Pilot,24/11/2026,Pilot,")
        };
        let rows: Vec<String> = mailboxes.iter().map(row).collect();
        of(
            "Mailbox,Collection,Switch Date,Pilot or Live,VIP Category",
            &rows,
        )
    });
    morning
}

fn address(number: usize) -> String {
    format!("user{number:02}@pennyford-hospice.example")
}

/// What stands under a heading of the workbook of a report.
fn cells(morning: &Morning, report: &str, sheet: &str, heading: &str) -> Vec<String> {
    let start = format!("{DATE}/ZTP-{report}-1-");
    let messages = morning.outbox();
    let (_, bytes) = messages
        .iter()
        .find(|(file, _)| file.starts_with(&start))
        .unwrap();
    let message = MessageParser::new().parse(bytes).unwrap();
    column(&workbook_rows(&message, sheet), heading)
}

/// The text of the Run Summary that was made last.
fn summary(morning: &Morning) -> String {
    let messages = morning.summaries();
    let message = MessageParser::new()
        .parse(messages.values().last().unwrap())
        .unwrap();
    let text = message.body_text(0).unwrap().into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(morning: &Morning, report: &str) -> String {
    let file = format!("{DATE}/ZTP/{report}/edition-1/report.txt");
    let text = String::from_utf8(morning.archive()[&file].clone()).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn settings_stand_beside_failed_items_and_in_no_figure_of_them() {
    let mailboxes: Vec<String> = (0..20)
        .map(|number| format!("{},Pilot,Synced,9990,10,10000,Good", address(number)))
        .collect();
    // Of each ten that Exchange skipped eight are permissions and rules.
    let item = |number: usize| {
        let (user, kind) = (number / 10, number % 10);
        let kind = match kind {
            0..5 => "CorruptFolderACL",
            5..8 => "CorruptFolderRule",
            _ => "CorruptItem",
        };
        format!("{},{kind},,Inbox,,Of number {number}.", address(user))
    };
    let items: Vec<String> = (0..200).map(item).collect();
    let morning = morning(&mailboxes, &items);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let model = morning.model("ZTP", "failed-item");
    let totals = &model["totals"];
    assert_eq!(
        (
            &model["model_version"],
            &totals["items_failed"],
            &totals["settings_failed"]
        ),
        (&json!(2), &json!(40), &json!(160))
    );
    assert_eq!(model["failure_rate"]["failed"], json!(40));
    assert_eq!(model["findings"], json!([]), "the exports agree");
    let report = text(&morning, "failed-item");
    assert!(
        report.contains("160 settings of folders and mailboxes were not copied")
            && report.contains("Folder permission 100 20")
            && report.contains("Rule 60 20")
            && !report.contains("200"),
        "{report}"
    );
    let cells = |sheet, heading| cells(&morning, "failed-item", sheet, heading);
    let listed = cells("Failed items", "Setting");
    assert_eq!(listed.len(), 200);
    assert!(
        listed[..40].iter().all(|cell| cell == "No"),
        "mail is first"
    );
    assert_eq!(listed.iter().filter(|cell| *cell == "Rule").count(), 60);
    let settings = cells("By user", "Settings failed");
    assert!(settings.iter().all(|cell| cell == "8"), "{settings:?}");
}

#[test]
fn a_mailbox_whose_losses_are_to_be_approved_is_not_ready() {
    let mailboxes: Vec<String> = (0..20)
        .map(|number| {
            let score = match number {
                0 => "Poor",
                1 | 2 => "Investigate",
                _ => "Good",
            };
            format!("{},Pilot,Synced,10000,0,10000,{score}", address(number))
        })
        .collect();
    let morning = morning(&mailboxes, &[]);
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let totals = &morning.model("ZTP", "overall-migration")["totals"];
    assert_eq!(
        (
            &totals["by_state"]["in_sync"],
            &totals["mailboxes_awaiting_approval"]
        ),
        (&json!(20), &json!(3))
    );
    let overall = text(&morning, "overall-migration");
    assert!(
        overall.contains("3 mailboxes cannot complete until somebody approves what they lost.")
            && overall.contains("17 of 20 ready")
            && !overall.contains("No problems found"),
        "{overall}"
    );
    let readiness = text(&morning, "switch-readiness");
    assert!(
        readiness.contains("17 of the 20 mailboxes")
            && readiness.contains("their mailboxes wait for their losses to be approved")
            && readiness.contains("we will go through them with you"),
        "{readiness}"
    );
    let states = cells(&morning, "overall-migration", "Users", "State");
    let waiting = states
        .iter()
        .filter(|state| *state == "In sync, to be approved");
    assert_eq!(waiting.count(), 3, "{states:?}");
    let summary = summary(&morning);
    assert!(summary.contains("ApproveSkippedItems"), "{summary}");
}

#[test]
fn nothing_is_complete_while_totals_are_unknown() {
    let mailboxes: Vec<String> = (0..40)
        .map(|number| match number {
            0..20 => format!("{},Pilot,Synced,5000,0,5000,Good", address(number)),
            _ => format!("{},Pilot,Queued,,0,,", address(number)),
        })
        .collect();
    let morning = morning(&mailboxes, &[]);
    // The day before is like it, so that there is progress to chart.
    let folder = morning.folder.path().join("exports/ZTP");
    std::fs::create_dir_all(folder.join("2026-11-19")).unwrap();
    for file in ["sync-state.csv", "failed-items.csv"] {
        let text = std::fs::read_to_string(folder.join(DATE).join(file)).unwrap();
        // Other bytes, for yesterday's export under a new name would hold it.
        let text = text.replacen("5000,0,5000", "4999,0,5000", 1);
        std::fs::write(folder.join("2026-11-19").join(file), text).unwrap();
    }
    morning.edit(&format!("exports/ZTP/{DATE}/failed-items.csv"), |text| {
        text + "\n"
    });
    for day in ["2026-11-19", DATE] {
        let said = morning.say_of(day, &["run"]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
    }
    let model = morning.model("ZTP", "overall-migration");
    assert_eq!(model["totals"]["mailboxes_without_total"], json!(20));
    let words = model["page"].to_string().to_lowercase();
    assert!(words.contains("20 mailboxes report no total"), "{words}");
    let summary = summary(&morning).to_lowercase();
    for complete in [
        "100%",
        "every item",
        "no problems found",
        "on track",
        "every collection is in sync",
    ] {
        assert!(!words.contains(complete), "{complete}: {words}");
    }
    assert!(!summary.contains("items attempted (100%)"), "{summary}");
}
