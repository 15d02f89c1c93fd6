//! What changed in the migration schedule, and who has not activated the new account: in the Switch
//! Readiness Report, by a recount.

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;

use crate::daily_run::column;
use crate::support::morning::{DAYS, Morning};

/// A hospice of 14 mailboxes, all of which switch on 24 November.
const CODE: &str = "ZTP";
const SCHEDULE: &str = "exports/ZTP/migration-schedule.csv";

fn readiness(morning: &Morning, day: &str, file: &str) -> Vec<u8> {
    morning.report(day, CODE, "switch-readiness", file)
}

/// The text of a day's report, its lines joined.
fn text(morning: &Morning, day: &str) -> String {
    let text = String::from_utf8(readiness(morning, day, "report.txt")).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sheet(morning: &Morning, day: &str, name: &str) -> Vec<Vec<Data>> {
    let workbook = readiness(morning, day, &format!("{CODE}-switch-readiness-{day}.xlsx"));
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(workbook)).unwrap();
    let range = workbook.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// Moves the first mailboxes of the schedule to another day.
fn move_first(morning: &Morning, mailboxes: usize) {
    morning.edit(SCHEDULE, |schedule| {
        let lines = schedule.lines().enumerate().map(|(at, line)| match at {
            1.. if at <= mailboxes => line.replace("24/11/2026", "01/12/2026"),
            _ => line.to_owned(),
        });
        lines.map(|line| line + "\r\n").collect()
    });
}

#[test]
fn five_mailboxes_that_moved_overnight_are_told_with_a_form_and_an_action() {
    let morning = Morning::of_three_days();
    morning.run_of(DAYS[0], CODE);
    let first = text(&morning, DAYS[0]);
    assert!(first.contains("No earlier schedule is known"), "{first}");
    morning.run_of(DAYS[1], CODE);
    let same = text(&morning, DAYS[1]);
    assert!(
        same.contains("No mailbox moved on the schedule since 18 November 2026."),
        "{same}"
    );
    move_first(&morning, 5);
    morning.edit(SCHEDULE, |schedule| {
        let mut lines: Vec<&str> = schedule.lines().collect();
        lines.remove(7);
        lines.push("new.starter@pennyford-hospice.example,Pilot,24/11/2026,Pilot,");
        lines.join("\r\n")
    });
    morning.run_of(DAYS[2], CODE);
    let moved = text(&morning, DAYS[2]);
    let said = "7 mailboxes changed on the schedule since 19 November 2026: 5 moved, 1 added and 1 \
                taken off. 7 of them are within a week of a switch.";
    assert!(moved.contains(said), "{moved}");
    assert!(
        moved.contains("Confirm 7 changes of the schedule within a week"),
        "{moved}"
    );
    assert!(!moved.contains("No mailbox moved"), "{moved}");
    let rows = sheet(&morning, DAYS[2], "Schedule changes");
    let kinds = column(&rows, "Change");
    for (kind, number) in [("Moved", 5), ("Added", 1), ("Taken off", 1)] {
        assert_eq!(
            kinds.iter().filter(|of| *of == kind).count(),
            number,
            "{kind}"
        );
    }
    // Whoever left the schedule is still in the export, and so is named.
    let mailboxes = column(&rows, "Source mailbox");
    assert!(
        mailboxes
            .iter()
            .all(|of| of.ends_with("@pennyford-hospice.example")),
        "{mailboxes:?}"
    );
    let places = kinds.iter().zip(
        column(&rows, "From date")
            .into_iter()
            .zip(column(&rows, "To date")),
    );
    for (kind, (from, to)) in places {
        assert_eq!(from == "None", kind == "Added", "{from}");
        assert_eq!(to == "None", kind == "Taken off", "{to}");
    }
}

#[test]
fn a_schedule_that_was_missing_for_a_day_hides_no_change() {
    let morning = Morning::of_three_days();
    morning.run_of(DAYS[0], CODE);
    let schedule = std::fs::read_to_string(morning.folder.path().join(SCHEDULE)).unwrap();
    morning.edit(SCHEDULE, |_| "nothing,of,use\r\n1,2,3\r\n".to_owned());
    morning.run_of(DAYS[1], CODE);
    morning.edit(SCHEDULE, |_| schedule);
    move_first(&morning, 5);
    morning.run_of(DAYS[2], CODE);
    let text = text(&morning, DAYS[2]);
    assert!(
        text.contains("5 mailboxes changed on the schedule since 18 November 2026: 5 moved."),
        "{text}"
    );
}

#[test]
fn the_frozen_schedule_is_compared_with_and_a_week_that_is_too_full_is_told() {
    let morning = Morning::of_three_days();
    let folder = morning.folder.path();
    std::fs::copy(
        folder.join(SCHEDULE),
        folder.join("exports/ZTP/frozen-schedule.csv"),
    )
    .unwrap();
    move_first(&morning, 3);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("[exports]\n", "[exports]\nmax_switches_a_week = 10\n")
    });
    morning.run_of(DAYS[2], CODE);
    let text = text(&morning, DAYS[2]);
    assert!(
        text.contains("3 mailboxes changed on the schedule since it was frozen: 3 moved."),
        "{text}"
    );
    assert!(
        text.contains("the 10 that a week can take: 11 switch from 23 to 29 November"),
        "{text}"
    );
}

#[test]
fn accounts_of_29_30_and_31_days_are_told_by_their_last_day_and_unknown_is_never_activated() {
    let morning = Morning::of_three_days();
    let report = "Email Address,Created,AUP Accepted\n\
                  adaeze.patel@nhs.example,22/10/2026,No\n\
                  brendan.osei@nhs.example,21/10/2026,No\n\
                  ztp.dermatology-secretaries@nhs.example,20/10/2026,Never\n\
                  elizabeth.ward2@nhs.example,01/09/2026,\n\
                  somebody@elsewhere.example,20/11/2026,Yes\n";
    let folder = morning.folder.path().join("exports/ZTP").join(DAYS[2]);
    std::fs::write(folder.join("accounts.csv"), report).unwrap();
    morning.run_of(DAYS[2], CODE);
    let rows = sheet(&morning, DAYS[2], "Accounts");
    let addresses = column(&rows, "Source mailbox");
    let standing = |name: &str| {
        let place = addresses
            .iter()
            .position(|of| of.starts_with(name))
            .unwrap();
        column(&rows, "New account")[place].clone()
    };
    for (name, said) in [
        (
            "adaeze.patel",
            "Not activated: activate by 21 November 2026",
        ),
        ("brendan.osei", "Not activated: today is the last day"),
        (
            "dermatology",
            "Not activated: inactive since 20 November 2026",
        ),
        (
            "elizabeth.ward",
            "Not known: if not activated, inactive since 2 October 2026",
        ),
    ] {
        assert_eq!(standing(name), said, "{name}");
    }
    // Nobody was said to have activated an account: all 14 are there, and nobody else.
    assert_eq!(addresses.len(), 14);
    assert!(
        addresses
            .iter()
            .all(|of| of.ends_with("@pennyford-hospice.example"))
    );
    let text = text(&morning, DAYS[2]);
    assert!(
        text.contains(
            "3 users who switch soon or are late have not activated their new accounts; of 11 more \
             it is not known."
        ),
        "{text}"
    );
    assert!(!text.contains("elsewhere.example"), "{text}");
}

#[test]
fn a_report_of_accounts_says_how_old_it_is_and_by_an_old_one_nobody_is_not_activated() {
    let report = "Email Address,Created,AUP Accepted\n\
                  adaeze.patel@nhs.example,22/10/2026,No\n\
                  brendan.osei@nhs.example,21/10/2026,31/10/2026\n";
    let standing = |written_on: u32| {
        let morning = Morning::of_three_days();
        let folder = morning.folder.path().join("exports/ZTP").join(DAYS[2]);
        std::fs::write(folder.join("accounts.csv"), report).unwrap();
        let written_on = NaiveDate::from_ymd_opt(2026, 11, written_on).unwrap();
        let written_on = written_on.and_hms_opt(9, 0, 0).unwrap().and_utc();
        let file = std::fs::File::options()
            .write(true)
            .open(folder.join("accounts.csv"));
        file.unwrap().set_modified(written_on.into()).unwrap();
        morning.run_of(DAYS[2], CODE);
        let rows = sheet(&morning, DAYS[2], "Accounts");
        let addresses = column(&rows, "Source mailbox");
        let place = addresses
            .iter()
            .position(|of| of.starts_with("adaeze.patel"));
        // Who activated the account then has activated it.
        assert!(!addresses.iter().any(|of| of.starts_with("brendan.osei")));
        let standing = column(&rows, "New account")[place.unwrap()].clone();
        (standing, text(&morning, DAYS[2]))
    };
    let (known, said) = standing(13);
    assert_eq!(known, "Not activated: activate by 21 November 2026");
    let age = "The account report is of 13 November 2026, 7 days ago.";
    assert!(said.contains(age), "{said}");
    assert!(!said.contains("counts as not known"), "{said}");
    let (unknown, said) = standing(12);
    assert_eq!(
        unknown,
        "Not known: if not yet, activate by 21 November 2026"
    );
    for told in [
        "The account report is of 12 November 2026, 8 days ago.",
        "The account report was written on 12 November 2026, 8 days ago. Who had not activated an account \
         then may have since, and counts as not known.",
    ] {
        assert!(said.contains(told), "{said}");
    }
}
