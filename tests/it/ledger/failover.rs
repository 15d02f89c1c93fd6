//! A standby that takes the place of its database and has not heard of the last that was sent.

use super::two_machines::share;
use crate::support::morning::{DATE, Morning};
use crate::support::postgres::{database, standby};

#[test]
fn a_standby_that_forgot_what_was_sent_sends_nothing_again() {
    let Some(database) = database() else { return };
    let morning = Morning::of_three().without_summary();
    share(&morning, &database);
    let said = morning.say(&["run", "--organisation", "ZTP"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let standby = standby();
    standby.cut_off();
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let kept = morning.deliveries(&["--state", "outbox"]).len();
    let sent = morning.outbox().len();
    std::fs::remove_dir_all(morning.folder.path().join("outbox")).unwrap();

    standby.promote();
    morning.edit("migration-monitor.toml", |settings| {
        let (before, after) = (
            format!("port = {}", database.port),
            format!("port = {}", standby.port),
        );
        assert!(settings.contains(&before), "{settings}");
        settings.replace(&before, &after)
    });
    assert!(
        morning.deliveries(&["--date", DATE]).len() < kept,
        "it forgot some"
    );
    for _ in 0..2 {
        let refused = morning.say(&["run"]);
        assert_eq!(refused.exit_code, 11, "{}", refused.all());
        assert!(
            refused.all().contains("ends with entry"),
            "{}",
            refused.all()
        );
    }
    let rebuilt = morning.tell(&["ledger", "rebuild"]);
    assert_eq!(rebuilt.exit_code, 0, "{}", rebuilt.all());
    assert_eq!(morning.deliveries(&["--state", "outbox"]).len(), kept);
    let again = morning.say(&["run"]);
    assert_eq!(again.exit_code, 0, "{}", again.all());
    assert!(again.stdout.contains("nothing to send"), "{}", again.all());
    assert!(sent > 0 && morning.outbox().is_empty());
}
