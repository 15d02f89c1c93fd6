use crate::smtp::whole_day::{morning_with, server};
use crate::support::morning::Morning;
use crate::support::smtp_server::Misbehaviour::Cut;
use crate::support::smtp_server::Step;

#[test]
fn days_before_a_date_go_and_the_ledger_stays() {
    let morning = Morning::of_three();
    morning.say(&["run"]);
    let history = morning
        .folder
        .path()
        .join("data/history/mailboxes/date=2026-11-20/organisation=ZTP");
    let marks = morning
        .folder
        .path()
        .join("data/history/snapshots/2026-11-20");
    assert!(history.join("part.parquet").is_file() && marks.is_dir());
    let before = morning.tell(&["deliveries", "--format", "json"]).stdout;
    let none = morning.tell(&["purge", "--before", "2026-11-20"]);
    assert!(
        none.exit_code == 0 && none.stdout.contains("of 0 days before 2026-11-20: 0 files"),
        "{}",
        none.all()
    );
    assert!(!morning.archive().is_empty());

    let said = morning.tell(&["purge", "--before", "2026-11-21"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert!(
        said.stdout.contains("2026-11-20: removed ")
            && said.stdout.contains("of 1 day before 2026-11-21"),
        "{}",
        said.stdout
    );
    assert!(!history.exists() && !marks.exists());
    let left = morning.archive();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["index.html"]);
    assert!(String::from_utf8_lossy(&left["index.html"]).contains("No day is archived yet."));
    assert_eq!(
        morning.tell(&["deliveries", "--format", "json"]).stdout,
        before
    );
    let again = morning.say(&["run"]);
    assert!(
        again
            .stdout
            .contains("was purged: 0 messages of it were sent and 6 lay in the outbox")
            && morning.archive().len() == 1,
        "{}",
        again.stdout
    );
    assert_eq!(
        morning.tell(&["purge", "--before", "2999-01-01"]).exit_code,
        2,
        "a day that has not begun"
    );
}

#[test]
fn a_day_that_waits_for_a_person_is_kept_and_named() {
    let server = server().once_at(Step::EndOfData, Cut).start();
    let morning = morning_with(&server);
    morning.say(&["run", "--organisation", "ZTP"]);
    let said = morning.tell(&["purge", "--before", "2026-11-21"]);
    assert!(
        said.stdout
            .contains("2026-11-20: kept, 1 delivery is unknown: see deliveries --date 2026-11-20"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("of 0 days before") && said.stdout.contains("1 day kept"),
        "{}",
        said.stdout
    );
    assert!(!morning.archive().is_empty());
}

#[test]
fn what_was_purged_is_said_to_be_wherever_its_messages_are_asked_for() {
    let morning = Morning::of_three().without_summary();
    assert_eq!(morning.say(&["run"]).exit_code, 0);
    morning.mailed();
    let purged = morning.tell(&["purge", "--before", "2026-11-21", "--yes"]);
    assert_eq!(purged.exit_code, 0, "{}", purged.all());
    let said = morning.tell(&["deliveries", "resend", "1"]);
    assert_eq!(said.exit_code, 2, "{}", said.all());
    assert!(
        said.stderr.contains("2026-11-20 was purged on "),
        "{}",
        said.all()
    );
    let said = morning.tell(&["deliveries", "verify", "--date", "2026-11-20"]);
    assert!(
        said.stdout.contains("its file was purged on ") && !said.stdout.contains("    of archive"),
        "{}",
        said.all()
    );
}
