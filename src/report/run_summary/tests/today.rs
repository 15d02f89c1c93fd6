//! Whom to call, what to press, what is promised, and what stands in.

use super::*;

#[test]
fn a_promise_is_as_old_as_it_is_and_an_old_one_is_something_to_do() {
    let halted = OrganisationOutcome {
        figures: Some(OrganisationFigures {
            ours_to_mend: 12,
            mend_ages: Ages {
                longest_days: 11,
                overdue: 3,
            },
            ..figures(Verdict::High, 0, 0)
        }),
        ..one("RAA", &[(DeliveryState::Accepted, 1)])
    };
    let of_day = |day, before| summary_of(day, vec![halted.clone()], before);
    let first = of_day(9, None);
    let kinds: Vec<PromiseKind> = first.organisations[0]
        .promises
        .iter()
        .map(|promise| promise.kind)
        .collect();
    assert_eq!(
        kinds,
        [
            PromiseKind::Restart,
            PromiseKind::LookInto,
            PromiseKind::Mend
        ]
    );
    let said = |model: &SummaryModel| {
        let actions = model.page.actions.iter();
        let mut overdue = actions.filter(|action| action.what.starts_with("Chase"));
        let what = overdue.next().unwrap().what.clone();
        what.split("; or").next().unwrap().to_owned()
    };
    // Items are as old as they are, whenever they were first promised to be repaired.
    let items = "3 failed items to repair";
    assert_eq!(
        said(&first),
        format!("Chase what is overdue: {items}, for RAA")
    );
    let week_later = of_day(16, Some(first));
    assert_eq!(
        said(&week_later),
        format!("Chase what is overdue: {items}, for RAA")
    );
    let overdue = of_day(17, Some(week_later));
    assert_eq!(
        said(&overdue),
        format!(
            "Chase what is overdue: 1 mailbox to restart, high failures to explain and {items}, for \
             RAA"
        )
    );
    let sections = &overdue.page.sections;
    let promises = sections
        .iter()
        .find(|one| one.heading == "What reports promised");
    assert_eq!(
        promises.unwrap().table.as_ref().unwrap().rows,
        [[
            "RAA",
            "1 mailbox to restart, high failures to explain and 3 failed items to repair",
            "1 mailbox to restart, high failures to explain and 12 failed items to repair",
            "19 days"
        ]]
    );
}

#[test]
fn an_organisation_that_is_held_stands_in_with_its_last_figures_everywhere() {
    let switch = |day, due, ready| SwitchDay {
        date: november(day),
        collections: 1,
        switched: 0,
        due,
        ready,
        halted: 2,
        forecast: None,
    };
    let well = |code| one(code, &[(DeliveryState::Accepted, 1)]);
    let switching = OrganisationOutcome {
        figures: Some(OrganisationFigures {
            ours_to_mend: 5,
            mend_ages: Ages {
                longest_days: 9,
                overdue: 4,
            },
            switches: vec![switch(19, 10, 10), switch(25, 100, 90), switch(27, 50, 10)],
            ..figures(Verdict::AsExpected, 110, 100)
        }),
        ..well("RBB")
    };
    let held = || OrganisationOutcome {
        held: vec!["No export was found.".to_owned()],
        figures: None,
        ..one("RBB", &[])
    };
    let before = summary_of(19, vec![well("RAA"), switching], None);
    let today = summary_of(20, vec![well("RAA"), held()], Some(before));
    let line = &today.organisations[0];
    assert_eq!((line.code_text(), line.as_of), ("RBB", Some(november(19))));
    // Two switches are in the coming week; the one that was is not.
    assert_eq!(
        line.figures.as_ref().map(|of| (of.due, of.ready)),
        Some((150, 100))
    );
    let sentences = today.page.headline.sentences.join(" ");
    assert!(
        sentences.contains("Call RBB (held).")
            && sentences.contains("For RBB, the figures here are those of Thursday 19 November."),
        "{sentences}"
    );
    let figures: Vec<&str> = today
        .page
        .key_figures
        .iter()
        .map(|one| one.value.as_str())
        .collect();
    assert_eq!(figures, ["1", "1", "50", "2", "0", "4 items"]);
    let what: Vec<String> = today
        .page
        .actions
        .iter()
        .map(|one| one.what.clone())
        .collect();
    assert!(
        what.iter()
            .any(|one| one.starts_with("Restart before the switch: 4 mailboxes"))
            && what
                .iter()
                .any(|one| one.contains("4 failed items to repair, for RBB")),
        "{what:?}"
    );
    let marked = |heading: &str, place: usize| {
        let section = today
            .page
            .sections
            .iter()
            .find(|one| one.heading == heading);
        let row = &section.unwrap().table.as_ref().unwrap().rows[0];
        row[place].contains("RBB (as on Thu 19 Nov)")
    };
    assert!(marked("Organisations, worst first", 0));
    assert!(marked("Switches of the coming four weeks", 1));
    assert!(marked("What reports promised", 0));
    // A day later it still stands in, with the day that its figures are of.
    let later = summary_of(21, vec![well("RAA"), held()], Some(today));
    assert_eq!(later.organisations[0].as_of, Some(november(19)));
    // Of whom nothing is known, that is said.
    let unknown = summary_of(20, vec![well("RAA"), held()], None);
    let sentences = unknown.page.headline.sentences.join(" ");
    assert!(
        sentences.contains("No figures are known for RBB"),
        "{sentences}"
    );
}

#[test]
fn a_switch_of_which_many_are_not_ready_is_a_call() {
    let today = november(20);
    let switch = |days, due, ready, late: Option<u64>| SwitchDay {
        date: today + chrono::Days::new(days),
        collections: 1,
        switched: 0,
        due,
        ready,
        halted: 0,
        forecast: late.map(|late| Missing::invented(Some(late), (0, late + 60), due)),
    };
    for (switch, is_at_risk) in [
        (switch(10, 2_061, 602, None), false),
        (switch(10, 2_061, 602, Some(40)), false),
        (switch(10, 2_061, 602, Some(400)), true),
        (switch(10, 2_061, 1_500, None), false),
        (switch(3, 2_061, 1_500, None), true),
        (switch(3, 5_000, 4_952, None), false),
        (switch(3, 14, 12, None), false),
        (switch(20, 2_061, 0, None), false),
    ] {
        assert_eq!(switch.is_at_risk(today), is_at_risk, "{switch:?}");
    }
    let model = summary(vec![OrganisationOutcome {
        figures: Some(OrganisationFigures {
            switches: vec![switch(10, 2_061, 602, Some(1_400))],
            ..figures(Verdict::AsExpected, 0, 0)
        }),
        ..one("RAA", &[(DeliveryState::Accepted, 1)])
    }]);
    assert!(
        model.page.subject.ends_with("call RAA; all went out"),
        "{}",
        model.page.subject
    );
    assert_eq!(
        model.page.headline.sentences[0],
        "Call RAA (1,459 of 2,061 not ready for Monday 30 November)."
    );
    assert_eq!(
        model.page.actions[0].why,
        [
            "RAA: 1,459 of 2,061 mailboxes that switch on Monday 30 November are not ready. On that day \
          about 1,400 of 2,061 mailboxes will not be ready (at most 1,460)."
        ]
    );
}

#[test]
fn what_lies_in_the_outbox_says_whether_that_is_meant_and_how_it_is_sent() {
    let programme = programme();
    let kept = (DeliveryState::Outbox, 2);
    for (is_kept, states, label, what) in [
        (
            true,
            &[kept] as &[_],
            "All made, none sent (trial)",
            "A trial, so nothing is sent: 2 messages are in the outbox",
        ),
        (
            false,
            &[kept],
            "All in the outbox, not sent",
            "Send what waits: 2 messages are in the outbox",
        ),
        // The others were mailed, and these were left behind.
        (
            false,
            &[kept, (DeliveryState::Accepted, 4)],
            "Not all went out",
            "Send what waits: 2 messages are in the outbox",
        ),
    ] {
        let model = run_summary(&SummaryInput {
            programme: &programme,
            report_date: ReportDate::of(november(20)),
            is_preview: false,
            is_working_day: true,
            organisations: vec![one("RAA", states)],
            unreadable_rows: Vec::new(),
            earlier: EarlierDays::default(),
            last_sent: None,
            warnings: Vec::new(),
            before: None,
            gone: Vec::new(),
            is_kept,
        });
        assert_eq!(model.page.headline.label, label);
        let action = &model.page.actions[0];
        assert!(action.what.starts_with(what), "{}", action.what);
        assert_eq!(action.commands, ["migration-monitor run --date 2026-11-20"]);
    }
}

#[test]
fn where_no_export_at_all_is_there_one_sentence_says_so() {
    let missing = |code| OrganisationOutcome {
        held: vec!["No sync state.".to_owned(), "No failed items.".to_owned()],
        findings: ["No sync state.", "No failed items."]
            .map(|text| Finding::new(FindingCode::FileMissing, text))
            .into(),
        figures: None,
        ..one(code, &[])
    };
    let nothing = summary(vec![missing("RAA"), missing("RBB")]);
    assert!(
        nothing.page.headline.sentences[0].starts_with("None of the 2 organisations has an export"),
        "{:?}",
        nothing.page.headline.sentences
    );
    let [action] = nothing.page.actions.as_slice() else {
        panic!("{:?}", nothing.page.actions)
    };
    assert!(action.what.starts_with("No export is there: RAA and RBB.") && action.why.is_empty());
    let one_there = summary(vec![
        missing("RAA"),
        one("RBB", &[(DeliveryState::Accepted, 1)]),
    ]);
    assert!(
        !one_there
            .page
            .headline
            .sentences
            .concat()
            .contains("None of")
    );
}

#[test]
fn the_next_switch_is_told_before_the_worst_and_a_new_verdict_as_news() {
    let switch = |days, due, ready, halted| SwitchDay {
        date: november(20) + chrono::Days::new(days),
        collections: 1,
        switched: 0,
        due,
        ready,
        halted,
        forecast: None,
    };
    let with = |code, verdict, lasts, switches| OrganisationOutcome {
        figures: Some(OrganisationFigures {
            verdict_lasts: lasts,
            switches,
            ..figures(verdict, 0, 0)
        }),
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let coming = vec![
        switch(3, 5_000, 4_985, 6),
        switch(5, 300, 299, 0),
        switch(10, 2_061, 57, 0),
    ];
    let model = summary(vec![
        with("RAA", Verdict::AsExpected, 1, coming),
        with("RBB", Verdict::Concentrated, 1, vec![switch(2, 10, 10, 0)]),
        with("RCC", Verdict::Raised, 1, Vec::new()),
        with("RDD", Verdict::Raised, 2, Vec::new()),
    ]);
    assert_eq!(
        model.page.headline.sentences[1..],
        [
            "New today: failures are concentrated at RBB and raised at RCC.",
            "15 of the 5,000 mailboxes that switch on Monday 23 November are not ready yet; 6 have \
             stopped or failed.",
            "2,004 of the 2,061 mailboxes that switch on Monday 30 November are not ready yet."
        ]
    );
}

#[test]
fn a_switch_that_was_undone_is_news_once_and_something_to_do_until_it_has_a_date() {
    let with = |code, verdict, undone, newly_undone| OrganisationOutcome {
        contact: (code == "RAA").then(|| "Jo Lind, 020 7946 0000".to_owned()),
        figures: Some(OrganisationFigures {
            undone,
            newly_undone,
            concentrated: (verdict == Verdict::Concentrated).then_some((1, 3)),
            ..figures(verdict, 0, 0)
        }),
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let model = summary(vec![
        with("RAA", Verdict::AsExpected, 3, 1),
        with("RBB", Verdict::Concentrated, 1, 1),
        with("RCC", Verdict::AsExpected, 2, 0),
        // It has a new date already.
        with("RDD", Verdict::AsExpected, 0, 1),
    ]);
    assert_eq!(
        model.page.headline.sentences[1..],
        [
            "New today: failures are concentrated at RBB; 3 switches were undone at RBB, RAA and \
             RDD."
        ]
    );
    assert_eq!(model.page.headline.label, "All went out, with warnings");
    let told = |place: usize| {
        let action = &model.page.actions[place];
        (action.what.as_str(), action.why.join(" "))
    };
    assert_eq!(
        told(0),
        (
            "Look into failures that are above what is expected since today: RBB.",
            "RBB: concentrated: 1 mailbox has 3 of the 4 failed items; the Failed Item Report names \
             it."
            .to_owned()
        )
    );
    let (what, why) = told(1);
    assert!(
        what.starts_with("Agree a new switch date with ")
            && what.ends_with(": 6 mailboxes were switched back."),
        "{what}"
    );
    for said in [
        "RAA: 3, 1 of them new today. Contact: Jo Lind, 020 7946 0000.",
        "RBB: 1, new today.",
        "RCC: 2.",
    ] {
        assert!(why.contains(said), "{why}");
    }
    let page = day_page(&model, &[], true);
    let page = serde_json::to_string(&page).unwrap();
    assert!(page.contains("3 mailboxes were switched back."), "{page}");
    let record = DayRecord::of(&model, String::new(), None);
    assert!(
        record
            .calls
            .contains("3 switches were undone at RBB, RAA and RDD")
    );
    // The next morning it is no news, and still to be done.
    let later = summary_of(
        21,
        vec![with("RAA", Verdict::AsExpected, 3, 0)],
        Some(model),
    );
    assert_eq!(later.page.headline.label, "All went out");
    assert!(
        later.page.actions[0]
            .what
            .starts_with("Agree a new switch date with RAA")
    );
}

#[test]
fn who_merged_is_news_and_what_was_promised_before_is_as_old_as_it_is() {
    let high = |code, formerly: &[&str]| OrganisationOutcome {
        formerly: formerly
            .iter()
            .filter_map(|code| OrganisationCode::parse(code).ok())
            .collect(),
        figures: Some(figures(Verdict::High, 0, 0)),
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let first = summary_of(9, vec![high("RAA", &[]), one("RBB", &[])], None);
    let merged = summary_of(10, vec![high("RNW", &["RAA", "RBB"])], Some(first.clone()));
    let sentences = merged.page.headline.sentences.join(" ");
    assert!(
        sentences.contains("New today: RNW continues RAA and RBB."),
        "{sentences}"
    );
    let explained = |model: &SummaryModel| {
        let mut promises = model.organisations[0].promises.iter();
        promises
            .find(|one| one.kind == PromiseKind::LookInto)
            .map(|one| one.since)
    };
    assert_eq!(explained(&merged), Some(november(9)));
    let next = summary_of(11, vec![high("RNW", &["RAA", "RBB"])], Some(merged));
    assert_eq!(explained(&next), Some(november(9)));
    assert!(!next.page.headline.sentences.join(" ").contains("continues"));
    // Held on its first day, one that only changed its code stands in with what it was.
    let held = |formerly: &[&str]| OrganisationOutcome {
        held: vec!["No export was found.".to_owned()],
        figures: None,
        ..high("RNW", formerly)
    };
    let renamed = summary_of(10, vec![held(&["RAA"])], Some(first.clone()));
    assert_eq!(renamed.organisations[0].as_of, Some(november(9)));
    let merged = summary_of(10, vec![held(&["RAA", "RBB"])], Some(first));
    assert_eq!(merged.organisations[0].figures, None);
}

fn day_off(day: u32, codes: &[&str], before: SummaryModel) -> SummaryModel {
    let programme = programme();
    let silent = codes.iter().map(|code| OrganisationOutcome {
        figures: None,
        ..one(code, &[])
    });
    run_summary(&SummaryInput {
        programme: &programme,
        report_date: ReportDate::of(november(day)),
        is_preview: false,
        is_working_day: false,
        organisations: silent.collect(),
        unreadable_rows: Vec::new(),
        earlier: EarlierDays::default(),
        last_sent: None,
        warnings: Vec::new(),
        before: Some(before),
        gone: Vec::new(),
        is_kept: false,
    })
}

fn switching_on(day: u32) -> SwitchDay {
    SwitchDay {
        date: november(day),
        collections: 1,
        due: 264,
        switched: 0,
        ready: 260,
        halted: 1,
        forecast: None,
    }
}

#[test]
fn a_weekend_keeps_the_last_figures_for_the_day_after_it() {
    let friday = OrganisationOutcome {
        figures: Some(OrganisationFigures {
            switches: vec![switching_on(24)],
            ..figures(Verdict::High, 264, 260)
        }),
        ..one("RAA", &[(DeliveryState::Accepted, 1)])
    };
    let friday = summary_of(20, vec![friday], None);
    let saturday = day_off(21, &["RAA"], friday);
    assert_eq!(
        (
            saturday.page.headline.label.as_str(),
            saturday.page.headline.tone
        ),
        ("Nothing was due", Tone::Plain)
    );
    let told = saturday.page.headline.sentences.join(" ");
    for said in [
        "It is no working day",
        "Call RAA (failures high).",
        "For RAA, the figures here are those of Friday 20 November.",
        "4 of the 264 mailboxes that switch on Tuesday 24 November are not ready yet",
    ] {
        assert!(told.contains(said), "{told}");
    }
    let sunday = day_off(22, &["RAA"], saturday);
    let held = OrganisationOutcome {
        held: vec!["No export was found.".to_owned()],
        figures: None,
        ..one("RAA", &[])
    };
    let monday = summary_of(23, vec![held], Some(sunday));
    assert_eq!(monday.organisations[0].as_of, Some(november(20)));
    assert_eq!(monday.page.key_figures[2].value, "4");
}

#[test]
fn of_a_switch_under_way_all_are_counted_who_were_due() {
    let monday = SwitchDay {
        due: 400,
        switched: 4_600,
        ready: 0,
        ..switching_on(20)
    };
    let model = summary(vec![OrganisationOutcome {
        figures: Some(OrganisationFigures {
            switches: vec![monday],
            ..figures(Verdict::AsExpected, 400, 0)
        }),
        ..one("RAA", &[(DeliveryState::Accepted, 1)])
    }]);
    let told = model.page.headline.sentences.join(" ");
    assert!(
        told.contains("400 of 5,000 did not switch with the others on Friday 20 November")
            && told.contains("400 of 5,000 mailboxes did not switch"),
        "{told}"
    );
    // Of so many, a few are nothing to call about.
    let few = SwitchDay {
        due: 15,
        switched: 4_985,
        ready: 0,
        ..switching_on(20)
    };
    assert!(!few.is_at_risk(november(20)));
}

#[test]
fn who_is_served_no_more_is_told_of_until_the_switch_is_past() {
    let with = |code, switches| OrganisationOutcome {
        figures: Some(OrganisationFigures {
            switches,
            ..figures(Verdict::AsExpected, 0, 0)
        }),
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let stays = || with("RAA", Vec::new());
    let before = summary_of(
        20,
        vec![
            stays(),
            with("RBB", vec![switching_on(24)]),
            with("RCC", Vec::new()),
        ],
        None,
    );
    let programme = programme();
    let is_served = |code: &OrganisationCode| code.as_str() == "RAA";
    let day = |day, before: SummaryModel| {
        let date = ReportDate::of(november(day));
        run_summary(&SummaryInput {
            programme: &programme,
            report_date: date,
            is_preview: false,
            is_working_day: true,
            organisations: vec![stays()],
            unreadable_rows: Vec::new(),
            earlier: EarlierDays::default(),
            last_sent: None,
            warnings: Vec::new(),
            gone: GoneOrganisation::of(&before, date, is_served),
            before: Some(before),
            is_kept: false,
        })
    };
    let codes = |model: &SummaryModel| {
        let codes = model.gone.iter().map(|one| one.code.to_string());
        codes.collect::<Vec<_>>()
    };
    let saturday = day(21, before);
    assert_eq!(codes(&saturday), ["RBB", "RCC"]);
    assert_eq!(saturday.page.headline.label, "All went out, with warnings");
    let told = saturday.page.headline.sentences.join(" ");
    assert!(
        told.contains(
            "Nobody is told of RBB, which is gone from the register or closed there: 264 mailboxes \
             switch on Tuesday 24 November."
        ),
        "{told}"
    );
    let sunday = day(22, saturday);
    assert_eq!(codes(&sunday), ["RBB"]);
    let tuesday = day(24, sunday);
    assert_eq!(codes(&tuesday), ["RBB"]);
    assert_eq!(codes(&day(25, tuesday)), [""; 0]);
}
