//! A real Postfix that takes our messages and bounces them in each of its ways, into a Maildir that
//! the program reads.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::morning::Morning;
use crate::support::postfix::Postfix;

/// How Postfix treats recipients, by their name.
const TRANSPORTS: &str = "/^unknown@/ error:5.1.1 user unknown
/^full@/ error:5.2.2 mailbox is full
/^policy@/ error:5.7.1 you may not send to this group
/^slow@/ retry:4.2.2 mailbox is full for now
/^expired@/ retry:4.4.1 no answer from the next server
";

/// Takes a message before it looks for its recipient, and warns of a delay at once.
const SETTINGS: &str = "smtpd_reject_unlisted_recipient = no
delay_warning_time = 1s
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
maximal_queue_lifetime = 1h
bounce_queue_lifetime = 1h
";

const NAMES: [&str; 6] = ["fine", "unknown", "full", "policy", "slow", "expired"];

fn morning(postfix: &Postfix) -> Morning {
    let morning = Morning::of_three().without_summary();
    morning.edit("organisations.csv", |register| {
        let (heading, rows) = register.split_once('\n').unwrap();
        let columns: Vec<&str> = heading.trim_end().split(',').collect();
        let row = rows.lines().find(|row| row.starts_with("ZTP,")).unwrap();
        let cells = row.split(',').zip(&columns);
        let cells = cells.map(|(cell, column)| match *column {
            "overall_migration_to" => NAMES.map(|name| format!("{name}@nhs.example")).join(";"),
            "failed_item_to" => String::new(),
            _ => cell.to_owned(),
        });
        format!("{heading}\n{}\n", cells.collect::<Vec<_>>().join(","))
    });
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings
            .replace("transport = \"outbox\"", "transport = \"smtp\"")
            .replace("messages_per_minute = 30", "messages_per_minute = 60000");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\
             [mail.returns]\nfolder = \"{}\"\n",
            postfix.port,
            postfix.maildir().display()
        )
    });
    morning
}

/// By the name of a recipient: the state of its delivery, and why.
fn deliveries(morning: &Morning) -> BTreeMap<String, (String, String)> {
    let list = morning.deliveries(&[]);
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let of = |one: &Value| {
        let name = text(one, "recipient").split('@').next().unwrap().to_owned();
        (name, (text(one, "state"), text(one, "because")))
    };
    list.iter().map(of).collect()
}

fn hear_until(
    morning: &Morning,
    postfix: &Postfix,
    what: &str,
    is_so: impl Fn(&BTreeMap<String, (String, String)>) -> bool,
) {
    postfix.wait(what, || {
        let said = morning.tell(&["returns"]);
        assert!([0, 5].contains(&said.exit_code), "{}", said.all());
        is_so(&deliveries(morning))
    });
}

#[test]
#[ignore = "needs Postfix and root: tests/kill"]
fn a_real_postfix_that_bounces_in_each_of_its_ways_is_understood() {
    // The second returns whole messages, however large; the first more than 50 kB as headers.
    for whole in ["", "bounce_size_limit = 100000000\n"] {
        let postfix = Postfix::start_with(&format!("{SETTINGS}{whole}"), TRANSPORTS);
        let morning = morning(&postfix);
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 0, "{}", said.all());
        hear_until(
            &morning,
            &postfix,
            "bounces three, and warns of two delays",
            |known| {
                let bounced = known.values().filter(|(state, _)| state == "bounced");
                let delayed = known.values().filter(|(_, why)| why.starts_with("delayed"));
                (bounced.count(), delayed.count()) == (3, 2)
            },
        );
        let known = deliveries(&morning);
        for (name, state, why) in [
            ("fine", "accepted", "250 "),
            (
                "unknown",
                "bounced",
                "the address does not exist, or is wrong (5.1.1): X-Postfix; user …",
            ),
            ("full", "bounced", "the mailbox is full (5.2.2)"),
            (
                "policy",
                "bounced",
                "permission, policy or a filter (5.7.1)",
            ),
            ("slow", "accepted", "the mailbox is full (4.2.2)"),
            (
                "expired",
                "accepted",
                "could not be reached in time (4.4.1)",
            ),
        ] {
            let (is, because) = &known[name];
            assert!(
                is == state && because.contains(why),
                "{name}: {is}: {because}"
            );
        }
        // It gives up in the end.
        postfix.set("maximal_queue_lifetime = 2s");
        hear_until(&morning, &postfix, "gives up", |known| {
            known["slow"].0 == "bounced" && known["expired"].0 == "bounced"
        });
        let sent_before = postfix.received();
        let said = morning.say(&["run"]);
        assert_eq!(said.exit_code, 5, "{}", said.all());
        assert!(
            said.stdout
                .contains("all 6 messages of this day were sent before"),
            "{}",
            said.stdout
        );
        assert_eq!(postfix.received(), sent_before, "nothing is sent again");
    }
}
