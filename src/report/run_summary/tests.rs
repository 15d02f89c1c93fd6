use super::super::forecast::Missing;
use super::super::model::Tone;
use super::super::overdue::Ages;
use super::*;
use crate::domain::{FailureRate, FindingCode, Verdict};

mod today;

fn programme() -> Programme {
    toml::from_str(
        "name = \"Programme\"\ncontact = \"central.team@nhs.example\"\ntime_zone \
         = \"Europe/London\"\nexpected_failure_rate = 0.0001\n\
         register = \"organisations.csv\"\n",
    )
    .unwrap()
}

pub(super) fn figures(verdict: Verdict, due: u64, ready: u64) -> OrganisationFigures {
    OrganisationFigures {
        mailboxes: 100,
        in_sync_or_beyond: 90,
        halted: 1,
        settings_failed: Some(0),
        items_total: Some(50_000),
        items_attempted: Some(40_000),
        rate: FailureRate {
            failed: 4,
            attempted: 40_000,
        },
        dispersion: 1.0,
        verdict,
        verdict_lasts: 1,
        due,
        ready,
        ..OrganisationFigures::default()
    }
}

fn one(code: &str, messages: &[(DeliveryState, u64)]) -> OrganisationOutcome {
    OrganisationOutcome {
        code: Some(OrganisationCode::parse(code).unwrap()),
        name: format!("Trust {code}"),
        stage: Some(Stage::SyncAndSwitch),
        messages: messages.iter().copied().collect(),
        figures: Some(figures(Verdict::AsExpected, 0, 0)),
        ..OrganisationOutcome::default()
    }
}

fn november(day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn summary(organisations: Vec<OrganisationOutcome>) -> SummaryModel {
    summary_of(20, organisations, None)
}

/// The summary of a day in November, after that of the day before.
fn summary_of(
    day: u32,
    organisations: Vec<OrganisationOutcome>,
    before: Option<SummaryModel>,
) -> SummaryModel {
    let programme = programme();
    run_summary(&SummaryInput {
        programme: &programme,
        report_date: ReportDate::of(november(day)),
        is_preview: false,
        is_working_day: true,
        organisations,
        unreadable_rows: Vec::new(),
        earlier: EarlierDays::default(),
        last_sent: None,
        warnings: Vec::new(),
        before,
        gone: Vec::new(),
        is_kept: false,
    })
}

#[test]
fn whether_all_went_out_is_said_first() {
    let all = summary(vec![
        one("RAA", &[(DeliveryState::Accepted, 3)]),
        one("RBB", &[(DeliveryState::Accepted, 2)]),
    ]);
    assert_eq!(
        all.page.subject,
        "Run Summary, 20 November 2026: all went out"
    );
    assert_eq!(
        all.page.headline.sentences,
        ["All 5 messages of 2 organisations were accepted."]
    );
    assert!(all.page.actions.is_empty());

    let held = OrganisationOutcome {
        held: vec!["No export was found.".to_owned()],
        figures: None,
        ..one("RBB", &[])
    };
    let some = summary(vec![one("RAA", &[(DeliveryState::Accepted, 3)]), held]);
    assert_eq!(
        some.page.subject,
        "Run Summary, 20 November 2026: not all went out; call RBB"
    );
    assert_eq!(
        some.page.headline.sentences,
        [
            "Of 2 organisations: 1 held.",
            "All 3 messages of 1 organisation were accepted.",
            "Call RBB (held).",
            "No figures are known for RBB: the totals here leave them out."
        ]
    );
    assert_eq!(some.page.actions[0].why, ["RBB: No export was found."]);
    assert_eq!(
        some.page.actions[0].commands,
        ["migration-monitor run --date 2026-11-20"]
    );

    let nothing = summary(vec![one("RAA", &[(DeliveryState::Prepared, 2)])]);
    assert_eq!(nothing.page.headline.label, "Nothing went out");
    // A newer edition took their place: they are no messages that are missing.
    let reissued = summary(vec![one(
        "RAA",
        &[(DeliveryState::Accepted, 1), (DeliveryState::Superseded, 4)],
    )]);
    assert_eq!(
        reissued.page.headline.sentences,
        ["The 1 message was accepted."]
    );
}

#[test]
fn a_verdict_that_lasts_says_so() {
    for (verdict, lasts, words) in [
        (Verdict::High, 3, "High for the 3rd morning"),
        (Verdict::High, 1, "High"),
        (Verdict::AsExpected, 9, "As expected"),
    ] {
        let figures = OrganisationFigures {
            verdict_lasts: lasts,
            ..figures(verdict, 0, 0)
        };
        assert_eq!(figures.verdict_in_words(), words);
        let summary = summary(vec![OrganisationOutcome {
            figures: Some(figures),
            ..one("R01", &[(DeliveryState::Accepted, 1)])
        }]);
        let table = summary.page.sections.iter().find_map(|section| {
            let table = section.table.as_ref()?;
            let place = table
                .columns
                .iter()
                .position(|column| column.heading == "Verdict")?;
            table.rows.first()?.get(place).cloned()
        });
        assert_eq!(table.as_deref(), Some(words));
    }
}

#[test]
fn the_worst_comes_first() {
    let with = |code: &str, verdict, due, ready| OrganisationOutcome {
        figures: Some(figures(verdict, due, ready)),
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let organisations = vec![
        with("R01", Verdict::AsExpected, 0, 0),
        with("R02", Verdict::AsExpected, 10, 4),
        with("R03", Verdict::Concentrated, 0, 0),
        with("R04", Verdict::Raised, 0, 0),
        with("R05", Verdict::High, 0, 0),
        OrganisationOutcome {
            changed: vec!["another register entry".to_owned()],
            ..one("R06", &[(DeliveryState::Accepted, 1)])
        },
        OrganisationOutcome {
            held: vec!["No export was found.".to_owned()],
            ..one("R07", &[])
        },
        one(
            "R08",
            &[(DeliveryState::Accepted, 1), (DeliveryState::Refused, 1)],
        ),
        one("R09", &[(DeliveryState::Unknown, 1)]),
        one("R10", &[(DeliveryState::Deferred, 1)]),
        one("R11", &[(DeliveryState::Expired, 1)]),
        one("R12", &[(DeliveryState::Held, 1)]),
        OrganisationOutcome {
            mistakes: vec!["Line 3, column stage.".to_owned()],
            ..one("R13", &[])
        },
        OrganisationOutcome {
            stage: Some(Stage::Closed),
            figures: None,
            ..one("R14", &[])
        },
    ];
    let model = summary(organisations);
    let order: Vec<&str> = model
        .organisations
        .iter()
        .map(OrganisationLine::code_text)
        .collect();
    assert_eq!(
        order,
        [
            "R09", "R08", "R07", "R13", "R12", "R11", "R06", "R10", "R05", "R02", "R04", "R03",
            "R01", "R14"
        ]
    );
    assert_eq!(
        model.page.actions.len(),
        10,
        "one for each state that needs somebody, the call about high failures, and what is new"
    );
    assert_eq!(
        model.page.subject,
        "Run Summary, 20 November 2026: not all went out; 4 organisations to call"
    );
    assert_eq!(model.page.key_figures[1].note, "R09, R08, R07 and 1 more");
}

#[test]
fn a_green_answer_means_that_nothing_needs_a_look() {
    let with = |change: &dyn Fn(&mut OrganisationOutcome)| {
        let mut one = one("RBB", &[(DeliveryState::Accepted, 2)]);
        change(&mut one);
        summary(vec![self::one("RAA", &[(DeliveryState::Accepted, 3)]), one])
    };
    let finding = |code| Finding::new(code, "2 mailboxes are odd.");
    let note = with(&|one| one.findings = vec![finding(FindingCode::FiguresFell)]);
    assert_eq!(note.page.headline.tone, Tone::Good);
    assert!(note.page.actions.is_empty());

    let warned = with(&|one| {
        one.findings = vec![
            finding(FindingCode::NotOnSchedule),
            finding(FindingCode::NotOnSchedule),
        ];
    });
    assert_eq!(
        warned.page.subject,
        "Run Summary, 20 November 2026: all went out, with warnings"
    );
    assert_eq!(warned.page.headline.tone, Tone::Watch);
    let [action] = warned.page.actions.as_slice() else {
        panic!("{:?}", warned.page.actions)
    };
    assert_eq!(
        action.what,
        "RBB: 2 mailboxes are odd. And 1 more like it. Add the mailbox to the schedule, or take it \
         out of the migration. Their report asks them today."
    );
    assert!(action.why.is_empty(), "{:?}", action.why);

    let high = with(&|one| one.figures = Some(figures(Verdict::High, 0, 0)));
    assert_eq!(
        high.page.subject,
        "Run Summary, 20 November 2026: call RBB; all went out"
    );
    assert_eq!(high.page.headline.tone, Tone::Attention);

    let faulty = with(&|one| one.history_faults = vec!["A file is damaged.".to_owned()]);
    assert_ne!(faulty.page.headline.tone, Tone::Good);
    let changed = with(&|one| one.changed = vec!["an export changed".to_owned()]);
    assert_eq!(changed.page.headline.label, "All went out, with warnings");
}

#[test]
fn what_to_do_about_a_warning_is_said_once() {
    let warned = |code: &str, message: &str| OrganisationOutcome {
        findings: vec![Finding::new(FindingCode::NotOnSchedule, message)],
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let action = |organisations| summary(organisations).page.actions.swap_remove(0);
    let found = "2 mailboxes are not on it. Add them, or take them out.";
    let alone = action(vec![warned("RAA", found)]);
    assert_eq!(
        (alone.what, alone.why),
        (
            format!("RAA: {found} Their report asks them today."),
            vec![]
        )
    );
    let both = action(vec![warned("RAA", found), warned("RBB", "1 is not on it.")]);
    assert_eq!(
        both.what,
        "A mailbox in the sync-state export that is not on the migration schedule: RAA and RBB. \
         Add the mailbox to the schedule, or take it out of the migration."
    );
    assert_eq!(
        both.why,
        [
            "RAA: 2 mailboxes are not on it. Their report asks them today.",
            "RBB: 1 is not on it. Their report asks them today."
        ]
    );
}

#[test]
fn since_when_something_is_so_and_who_is_asked_is_told() {
    let with = |codes: &[FindingCode]| {
        let findings = codes.iter().map(|code| Finding::new(*code, "2 are odd."));
        vec![OrganisationOutcome {
            findings: findings.collect(),
            ..one("RAA", &[(DeliveryState::Accepted, 1)])
        }]
    };
    let both = with(&[FindingCode::NotOnSchedule, FindingCode::DecisionUnfit]);
    let monday = summary_of(9, both.clone(), None);
    let friday = summary_of(13, both, Some(monday));
    let what: Vec<&str> = friday
        .page
        .actions
        .iter()
        .map(|action| action.what.as_str())
        .collect();
    assert!(
        what.iter()
            .any(|one| one.ends_with(" So since Monday 9 November."))
            && what.iter().any(|one| one
                .ends_with(" Their report has asked them since Monday 9 November: remind them.")),
        "{what:?}"
    );
    // What was gone begins anew.
    let gone = summary_of(16, with(&[]), Some(friday));
    let again = summary_of(17, with(&[FindingCode::DecisionUnfit]), Some(gone));
    assert!(!again.page.actions[0].what.contains("since"));
}

#[test]
fn the_state_of_reports_is_a_column_where_it_differs() {
    let headings = |state| {
        let model = summary(vec![
            one("RAA", &[(DeliveryState::Accepted, 1)]),
            one("RBB", &[(state, 1)]),
        ]);
        let table = model.page.sections[0].table.clone().unwrap();
        let columns = table.columns.into_iter().map(|column| column.heading);
        columns.collect::<Vec<_>>()
    };
    let alike = headings(DeliveryState::Accepted);
    assert!(!alike.contains(&"Reports".to_owned()), "{alike:?}");
    let differing = headings(DeliveryState::Refused);
    assert_eq!(differing[..2], ["Organisation", "Reports"]);
}

#[test]
fn what_is_dangerous_comes_before_all_else_and_needs_a_call() {
    let refused = one("RAA", &[(DeliveryState::Refused, 1)]);
    let dangerous = OrganisationOutcome {
        findings: vec![
            Finding::new(FindingCode::BadRow, "A row."),
            Finding::new(FindingCode::TargetTwice, "Two into one."),
        ],
        ..one("RBB", &[(DeliveryState::Accepted, 2)])
    };
    let model = summary(vec![refused, dangerous]);
    assert_eq!(
        model.page.subject,
        "Run Summary, 20 November 2026: not all went out; call RBB and RAA"
    );
    let what: Vec<&str> = model
        .page
        .actions
        .iter()
        .map(|action| action.what.as_str())
        .collect();
    assert!(
        what[0].contains("would land in one: RBB. Stop the migration")
            && what[1].contains("refused")
            && what[2].starts_with("RBB: A row. Look at the line"),
        "{what:?}"
    );
}

#[test]
fn a_later_edition_says_so_and_says_the_same_otherwise() {
    let first = summary(vec![one("RAA", &[(DeliveryState::Accepted, 3)])]);
    let second = first.clone().as_edition(2, Some("08:14".to_owned()), true);
    assert!(second.page.subject.ends_with("all went out, edition 2"));
    assert_eq!(
        second.page.notices,
        ["Edition 2, made at 08:14. It replaces the Run Summary sent before it."]
    );
    assert_eq!(first.clone().as_edition(1, None, false), first);
    // Where the server was away nobody got the first, and this one is the first to whoever gets it.
    let alone = first.clone().as_edition(2, Some("08:14".to_owned()), false);
    assert_eq!((alone.page, alone.edition), (first.page, 2));
}

#[test]
fn an_organisation_without_a_report_of_a_day_counts_with_its_last_before() {
    let day = |day, attempted, total| ProgressDay {
        date: november(day),
        attempted,
        total,
        mailboxes: 100,
        mailboxes_without_total: 0,
    };
    let with = |code: &str, days: Vec<ProgressDay>| OrganisationOutcome {
        days,
        ..one(code, &[(DeliveryState::Accepted, 1)])
    };
    let model = summary(vec![
        with(
            "RAA",
            vec![day(18, 10, 100), day(19, 20, 100), day(20, 30, 100)],
        ),
        with("RBB", vec![day(18, 1, 10)]),
        with("RCC", vec![day(20, 5, 50)]),
    ]);
    let section = model
        .page
        .sections
        .iter()
        .find(|section| section.heading == "The programme so far")
        .unwrap();
    let rows = &section.table.as_ref().unwrap().rows;
    assert_eq!(rows[0], ["Fri 20 Nov", "2 of 3", "36", "160", "23%"]);
    assert_eq!(rows[1], ["Thu 19 Nov", "1 of 2", "21", "110", "19%"]);
    assert_eq!(rows[2], ["Wed 18 Nov", "2 of 2", "11", "110", "10%"]);
}

#[test]
fn a_programme_without_organisations_has_a_summary_too() {
    let model = summary(Vec::new());
    assert_eq!(model.page.headline.label, "Nothing went out");
    assert!(
        model
            .page
            .sections
            .iter()
            .all(|section| section.chart.is_none())
    );
}

#[test]
fn what_came_back_did_not_arrive_and_is_said_first() {
    use DeliveryState::{Accepted, Bounced, Delivered, Quarantined, Unknown};

    let model = summary(vec![
        one("RAA", &[(Accepted, 1), (Delivered, 2)]),
        one("RBB", &[(Accepted, 2), (Bounced, 1)]),
        one("RCC", &[(Quarantined, 1)]),
    ]);
    assert_eq!(
        model.page.subject,
        "Run Summary, 20 November 2026: not all arrived; call RBB and RCC"
    );
    assert_eq!(
        model.page.headline.sentences,
        [
            "Of 3 organisations: 1 with a message that bounced and 1 with a message in quarantine.",
            "5 of 7 messages were accepted, of 2 organisations.",
            "Of those, 2 are known to have arrived.",
            "1 came back, and 1 is in quarantine.",
            "Call RBB (bounced) and RCC (in quarantine)."
        ]
    );
    let commands: Vec<_> = model
        .page
        .actions
        .iter()
        .flat_map(|one| &one.commands)
        .collect();
    assert_eq!(
        commands,
        [
            "migration-monitor deliveries --date 2026-11-20 --state bounced",
            "migration-monitor run --date 2026-11-20",
            "migration-monitor deliveries --date 2026-11-20 --state quarantined",
        ]
    );

    // What was known in the morning, and what is heard later: the same words as if it had been
    // known at once.
    let morning = summary(vec![
        one("RAA", &[(Accepted, 3)]),
        one("RBB", &[(Accepted, 3)]),
        one("RCC", &[(Unknown, 1)]),
    ]);
    let later = model.organisations.iter().map(|line| {
        let counts = (line.messages.clone(), Vec::new());
        (line.code.clone().unwrap(), counts)
    });
    let later = morning.clone().with_deliveries(later.collect());
    assert_eq!(later.page.headline, model.page.headline);
    for (later, model) in later.page.sections.iter().zip(&model.page.sections) {
        // The points of the funnel stand in the order of the morning.
        if later.chart.is_none() {
            assert_eq!(later, model);
        }
    }
    assert_eq!(later.page.actions, model.page.actions);
    assert_eq!(later.page.key_figures, model.page.key_figures);
    assert_eq!(later.organisations, model.organisations);
    assert_eq!(later.page.subject, morning.page.subject);
}
