//! That nobody gets another organisation's report by a slip in folders or register.

use crate::support::morning::{DATE, Morning, Said};

/// Copies a day's exports of one organisation into the folder of another, each under a name of its
/// own and changed by `change`.
fn copy_exports(morning: &Morning, from: &str, to: &str, change: impl Fn(String) -> String) {
    let exports = morning.folder.path().join("exports");
    for stem in ["sync-state", "failed-items"] {
        let text =
            std::fs::read_to_string(exports.join(from).join(DATE).join(stem.to_owned() + ".csv"));
        let path = exports.join(to).join(DATE).join(format!("{stem}-2.csv"));
        std::fs::write(path, change(text.unwrap())).unwrap();
    }
}

/// Of ZCA, ZMU and ZTP only ZCA is served, however often somebody tries; both others are told `why`.
fn assert_both_are_held(morning: &Morning, why: &str) {
    let is_told = |said: &Said| {
        ["ZMU", "ZTP"].iter().all(|code| {
            let mut lines = said.stderr.lines();
            lines.any(|line| line.contains(&format!("{code} is held: ")) && line.contains(why))
        })
    };
    for _ in 0..2 {
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 4, "{}", said.all());
        assert!(is_told(&said), "{}", said.all());
        assert_eq!(morning.organisations_served(), ["ZCA"], "{}", said.all());
    }
    let states = morning.deliveries(&["--date", DATE]);
    let of_others = states.iter().filter(|one| one["organisation"] != "ZCA");
    for delivery in of_others {
        assert_eq!(delivery["state"], "held", "{delivery}");
    }
    let checked = morning.say(&["check"]);
    assert_ne!(checked.exit_code, 0, "{}", checked.all());
    assert!(checked.all().contains(why), "{}", checked.all());

    // Once the folders are right, both get their own.
    for stem in ["sync-state", "failed-items"] {
        let exports = morning.folder.path().join("exports/ZMU").join(DATE);
        std::fs::remove_file(exports.join(format!("{stem}-2.csv"))).unwrap();
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    assert_eq!(morning.organisations_served(), ["ZCA", "ZMU", "ZTP"]);
    let said = morning.say(&["run"]);
    assert!(said.stdout.contains("nothing to send"), "{}", said.all());
    assert_eq!(morning.tell(&["deliveries", "verify"]).exit_code, 0);
}

#[test]
fn the_same_export_in_two_folders_reaches_neither() {
    let morning = Morning::of_three();
    copy_exports(&morning, "ZTP", "ZMU", |text| text);
    assert_both_are_held(&morning, "byte for byte");
}

#[test]
fn half_of_ones_mailboxes_among_anothers_reach_neither() {
    let morning = Morning::of_three();
    morning.edit("organisations.csv", |register| {
        let own = "muckle-uplands.nhs.example,";
        register.replacen(
            own,
            "muckle-uplands.nhs.example;pennyford-hospice.example,",
            1,
        )
    });
    copy_exports(&morning, "ZTP", "ZMU", |text| text + "\r\n");
    assert_both_are_held(&morning, "are in those of");
}
