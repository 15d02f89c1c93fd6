use chrono::NaiveDate;

use super::super::super::delay::Near;
use super::*;

/// Of `due` mailboxes that switch on Monday, those not ready and the VIPs among them.
fn monday(missing: u64, missing_vips: u64, due: u64) -> Option<Prospect> {
    Some(Prospect {
        next: NextSwitch {
            date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
            today: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            all: due,
            missing,
            missing_vips,
            switched: 0,
        },
        foretold: None,
        stuck: 0,
        told: missing_vips,
        told_vips: missing_vips,
        near: Near::Last,
    })
}

const VERDICTS: [Verdict; 6] = [
    Verdict::High,
    Verdict::Raised,
    Verdict::Concentrated,
    Verdict::LowerThanExpected,
    Verdict::AsExpected,
    Verdict::TooFewItems,
];

const FINE: Facts = Facts {
    mailboxes: 1_240,
    switched: 0,
    verdict: Verdict::AsExpected,
    concentrated_in: 0,
    left: 0,
    next_switch: None,
    in_doubt: None,
    late: 0,
    at_risk: 0,
    is_on_track: true,
    waiting: 0,
    halted: 0,
    unrecognised: 0,
    to_approve: 0,
    without_total: 0,
    failures_are_known: true,
    failed_of_unknown: 0,
};

/// Every verdict with nothing, one and several of everything else that can be worrying.
fn all_facts() -> Vec<Facts> {
    let mut all = Vec::new();
    for verdict in VERDICTS {
        for next_switch in [
            None,
            monday(0, 0, 400),
            monday(1, 0, 400),
            monday(1, 1, 400),
            monday(1, 0, 1),
            monday(90, 0, 400),
        ] {
            for late in [0, 1, 3] {
                for at_risk in [0, 1, 3] {
                    for (waiting, halted, unrecognised) in [
                        (0, 0, 0),
                        (1, 0, 0),
                        (7, 0, 0),
                        (0, 1, 0),
                        (0, 7, 0),
                        (0, 0, 1),
                        (2, 2, 2),
                    ] {
                        let concentrated_in = if verdict == Verdict::Concentrated {
                            2
                        } else {
                            0
                        };
                        for switched in [0, 1_240] {
                            let is_on_track = late + at_risk == 0;
                            all.push(Facts {
                                switched,
                                verdict,
                                concentrated_in,
                                next_switch,
                                late,
                                at_risk,
                                is_on_track,
                                waiting,
                                halted,
                                unrecognised,
                                ..FINE
                            });
                        }
                    }
                }
            }
        }
    }
    all
}

#[test]
fn a_label_that_says_all_is_well_stands_over_no_worrying_sentence() {
    for facts in all_facts() {
        let (words, tone) = label(facts);
        let is_all_switched = facts.switched == facts.mailboxes;
        let is_above = matches!(
            facts.verdict,
            Verdict::High | Verdict::Raised | Verdict::Concentrated
        );
        let is_worrying =
            is_above || (!is_all_switched && facts.late + facts.at_risk + facts.waiting > 0);
        assert!(
            !(is_worrying && tone == Tone::Good),
            "{words} over {facts:?}"
        );
        assert_eq!(
            facts.verdict == Verdict::High,
            words.contains("ailures well above"),
            "{words} over {facts:?}"
        );
        assert!(
            !words.contains("On track") || (facts.late + facts.at_risk == 0 && facts.is_on_track),
            "{words} over {facts:?}"
        );
        let is_any_not_ready = facts.next_switch.is_some_and(|one| one.next.missing > 0);
        let is_fine =
            ["All ready for Monday", "On track", "No problems found"].contains(&words.as_str());
        assert!(!(is_fine && is_any_not_ready), "{words} over {facts:?}");
    }
}

#[test]
fn what_presses_most_is_the_label() {
    let of = |facts: Facts| label(facts);
    let plain = |words: &str| (words.to_owned(), Tone::Plain);
    let watch = |words: &str| (words.to_owned(), Tone::Watch);
    let attention = |words: &str| (words.to_owned(), Tone::Attention);
    let good = |words: &str| (words.to_owned(), Tone::Good);
    assert_eq!(of(FINE), good("On track"));
    assert_eq!(
        of(Facts {
            is_on_track: false,
            ..FINE
        }),
        good("No problems found")
    );
    assert_eq!(
        of(Facts {
            is_on_track: false,
            left: 6,
            ..FINE
        }),
        plain("In progress")
    );
    assert_eq!(
        of(Facts {
            without_total: 20,
            ..FINE
        }),
        plain("In progress")
    );
    assert_eq!(
        of(Facts {
            failures_are_known: false,
            ..FINE
        }),
        plain("In progress")
    );
    assert_eq!(
        of(Facts {
            failed_of_unknown: 49_266,
            ..FINE
        }),
        watch("49,266 failed items, of an unknown number")
    );
    assert_eq!(
        of(Facts {
            to_approve: 1,
            ..FINE
        }),
        watch("1 mailbox needs its losses approved")
    );
    assert_eq!(
        of(Facts {
            next_switch: monday(0, 0, 14),
            ..FINE
        }),
        good("All ready for Monday")
    );
    assert_eq!(
        of(Facts {
            next_switch: monday(23, 0, 1_240),
            halted: 4,
            ..FINE
        }),
        good("Nearly all ready for Monday")
    );
    assert_eq!(
        of(Facts {
            next_switch: monday(23, 1, 1_240),
            ..FINE
        }),
        watch("1 VIP not ready for Monday")
    );
    assert_eq!(
        of(Facts {
            late: 1,
            next_switch: monday(23, 0, 1_240),
            ..FINE
        }),
        watch("1 collection will not be ready in time")
    );
    assert_eq!(
        of(Facts {
            next_switch: monday(0, 0, 1_240),
            in_doubt: monday(63, 0, 1_240),
            waiting: 7,
            ..FINE
        }),
        attention("63 of 1,240 not ready yet for Monday")
    );
    assert_eq!(
        of(Facts { waiting: 1, ..FINE }),
        watch("1 mailbox has missed its switch date")
    );
    assert_eq!(
        of(Facts {
            waiting: 1_200,
            at_risk: 2,
            ..FINE
        }),
        watch("1,200 mailboxes have missed their switch date")
    );
    assert_eq!(
        of(Facts { at_risk: 1, ..FINE }),
        watch("1 collection may not be ready in time")
    );
    assert_eq!(
        of(Facts { at_risk: 2, ..FINE }),
        watch("2 collections may not be ready in time")
    );
    assert_eq!(
        of(Facts {
            verdict: Verdict::Raised,
            ..FINE
        }),
        watch("Failures somewhat above what is expected")
    );
    let concentrated = Facts {
        verdict: Verdict::Concentrated,
        concentrated_in: 1,
        ..FINE
    };
    assert_eq!(
        of(concentrated),
        watch("Failures concentrated in 1 mailbox")
    );
    assert_eq!(
        of(Facts {
            verdict: Verdict::High,
            late: 1,
            ..FINE
        }),
        attention("Failures well above what is expected")
    );
    assert_eq!(
        of(Facts { halted: 1, ..FINE }),
        watch("1 mailbox has stopped or failed")
    );
    assert_eq!(
        of(Facts {
            unrecognised: 9,
            ..FINE
        }),
        watch("9 mailboxes are in a state we do not recognise")
    );
    assert_eq!(
        of(Facts {
            switched: 1_240,
            ..FINE
        }),
        good("All switched")
    );
    assert_eq!(
        of(Facts {
            switched: 1_240,
            verdict: Verdict::High,
            ..FINE
        }),
        attention("All switched; failures well above what is expected")
    );
    assert_eq!(
        of(Facts {
            mailboxes: 0,
            ..FINE
        })
        .1,
        Tone::Good,
        "no mailbox is no problem"
    );
}
