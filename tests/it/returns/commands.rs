//! The command `returns`, and what a run, the lists and the pages say of what it heard.

use crate::support::morning::{DATE, Morning};

/// A morning that was sent, and a folder for what comes back. Gives the Message-ID and the
/// recipient of each delivery.
fn sent() -> (Morning, Vec<[String; 2]>) {
    let morning = Morning::of_three().without_summary();
    morning.edit("migration-monitor.toml", |settings| {
        format!(
            "{settings}\n[mail.returns]\nfolder = \"returns\"\nmessage_trace = \"traces/t*.csv\"\n"
        )
    });
    for folder in ["returns", "traces"] {
        std::fs::create_dir(morning.folder.path().join(folder)).unwrap();
    }
    let said = morning.say(&["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    let list = morning.deliveries(&[]);
    let field = |of: &serde_json::Value, name: &str| of[name].as_str().unwrap().to_owned();
    let list = list
        .iter()
        .map(|of| [field(of, "message_id"), field(of, "recipient")]);
    (morning, list.collect())
}

fn put(morning: &Morning, shape: &str, [id, to]: &[String; 2]) {
    let path = super::reports_folder().join(format!("{shape}.eml"));
    let report = std::fs::read_to_string(path).unwrap();
    let report = report.replace("{{ID}}", id).replace("{{TO}}", to);
    let returns = morning.folder.path().join("returns");
    std::fs::write(returns.join(format!("{shape}-{id}.eml")), report).unwrap();
}

fn put_trace(morning: &Morning, name: &str, rows: &[(&[String; 2], &str)]) {
    let mut text = "RecipientAddress,Status,MessageId\n".to_owned();
    for ([id, to], status) in rows {
        text += &format!("{to},{status},<{id}>\n");
    }
    std::fs::write(morning.folder.path().join("traces").join(name), text).unwrap();
}

fn page(morning: &Morning, of: &str) -> String {
    std::fs::read_to_string(morning.folder.path().join("data/archive").join(of)).unwrap()
}

#[test]
fn what_comes_back_is_said_by_every_command_and_on_the_pages() {
    let (morning, deliveries) = sent();
    assert!(page(&morning, "index.html").contains("All made, none sent (trial)"));
    let nothing = morning.tell(&["returns"]);
    assert_eq!(
        (nothing.exit_code, nothing.stdout.as_str()),
        (0, "Nothing was returned since it was last read.\n"),
        "{}",
        nothing.all()
    );

    put(&morning, "exchange-full", &deliveries[0]);
    put(&morning, "nothing-absence", &deliveries[1]);
    put(&morning, "unclear-question", &deliveries[1]);
    put_trace(
        &morning,
        "t1.csv",
        &[
            (&deliveries[1], "Delivered"),
            (&deliveries[2], "Quarantined"),
        ],
    );
    let said = morning.tell(&["returns"]);
    assert_eq!(
        (said.exit_code, said.stdout.as_str()),
        (
            5,
            "Heard of deliveries: 1 bounced, 1 in quarantine, 1 delivered.\n2 returned messages were \
             understood, 1 of them automatic replies.\n1 returned message stays in the folder: 1 not \
             understood, 0 about other messages or recipients, 0 about deliveries that are still to \
             be sent.\n"
        ),
        "{}",
        said.all()
    );
    // The log masks who it was; the list tells whom to call, and why.
    let name = deliveries[0][1].split('@').next().unwrap();
    assert!(!said.all().contains(name), "{}", said.all());
    assert!(
        said.stderr
            .contains("came back: the mailbox is full (5.2.2)"),
        "{}",
        said.stderr
    );
    let list = morning
        .tell(&["deliveries", "--state", "bounced", "--state", "quarantined"])
        .stdout;
    let told: Vec<&str> = list.split_whitespace().collect();
    let told = told.join(" ");
    assert!(
        list.contains(&deliveries[0][1])
            && told.contains("came back: the mailbox is full (5.2.2)")
            && told.contains("ask the recipient's mail team to release it")
            && list.ends_with("2 deliveries: 1 quarantined, 1 bounced.\n"),
        "{list}"
    );
    let status = morning.say(&["status"]);
    assert_eq!(status.exit_code, 5);
    assert!(
        status
            .stdout
            .contains("3 in the outbox, 1 delivered, 1 quarantined, 1 bounced."),
        "{}",
        status.stdout
    );
    // The pages of the archive are of now, and no email is sent for it.
    for of in ["index.html", &format!("{DATE}/index.html")] {
        let page = page(&morning, of);
        assert!(
            page.contains("Not all arrived") && !page.contains("All went out"),
            "{of}"
        );
    }
    let again = morning.tell(&["returns"]);
    assert_eq!(
        again.exit_code,
        0,
        "what is known is no news: {}",
        again.all()
    );

    // The day once more: nothing is sent, and it is told.
    let before = morning.outbox();
    let rerun = morning.say(&["run"]);
    assert_eq!(rerun.exit_code, 5);
    assert!(
        rerun
            .stdout
            .contains("nothing to send: 3 messages of this day were sent before, and 3 messages of this day lie in the outbox.")
            && rerun.stdout.contains("1 bounced: they came back")
            && rerun.stdout.contains("1 in quarantine: ask"),
        "{}",
        rerun.stdout
    );
    assert_eq!(morning.outbox(), before, "nothing is sent again");
}

#[test]
fn a_run_hears_of_the_days_before_at_its_beginning() {
    let (morning, deliveries) = sent();
    let morning = morning.with_exports_of("2026-11-19");
    put(&morning, "postfix", &deliveries[0]);
    put_trace(&morning, "t1.csv", &[(&deliveries[2], "Quarantined")]);
    let said = morning.say_of("2026-11-19", &["run"]);
    assert_eq!(said.exit_code, 5, "{}", said.all());
    assert!(
        said.stdout.contains(
            "2 messages of other days or organisations came back or lie in quarantine, as was heard \
             now"
        ),
        "{}",
        said.stdout
    );
    assert!(page(&morning, &format!("{DATE}/index.html")).contains("Not all arrived"));
    // The day that is run was all sent.
    assert!(page(&morning, "2026-11-19/index.html").contains("All made, none sent (trial)"));
    // What was released is well again.
    put_trace(&morning, "t2.csv", &[(&deliveries[2], "Delivered")]);
    let said = morning.tell(&["returns"]);
    assert_eq!(
        (said.exit_code, said.stdout.as_str()),
        (0, "Heard of deliveries: 1 delivered.\n")
    );
}

#[test]
fn where_nothing_can_be_read_reports_go_out_all_the_same() {
    let (morning, _) = sent();
    let morning = morning.with_exports_of("2026-11-19");
    for folder in ["returns", "traces"] {
        std::fs::remove_dir_all(morning.folder.path().join(folder)).unwrap();
    }
    let said = morning.say_of("2026-11-19", &["run"]);
    assert_eq!(said.exit_code, 0, "{}", said.all());
    for told in [
        "cannot read the folder of returned messages",
        "cannot read the folder of message traces",
        "check folder under [mail.returns]",
    ] {
        assert!(said.stderr.contains(told), "{}", said.stderr);
    }
    let said = morning.say(&["check"]);
    assert_eq!(
        said.stdout
            .matches("WARN  returned messages: cannot read")
            .count(),
        2
    );
    let said = morning.tell(&["returns"]);
    assert_eq!(said.exit_code, 3, "{}", said.all());
    morning.edit("migration-monitor.toml", |settings| {
        settings
            .split("\n[mail.returns]")
            .next()
            .unwrap()
            .to_owned()
    });
    let said = morning.tell(&["returns"]);
    assert_eq!(said.exit_code, 3);
    assert!(
        said.stderr.contains("no section [mail.returns]"),
        "{}",
        said.stderr
    );
}
