use super::*;

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
    next_switch: None,
    late: 0,
    at_risk: 0,
    is_on_track: true,
    waiting: 0,
    halted: 0,
    unrecognised: 0,
    to_approve: 0,
    without_total: 0,
    failures_are_known: true,
};

/// Every verdict with nothing, one and several of everything else that can be worrying.
fn all_facts() -> Vec<Facts> {
    let mut all = Vec::new();
    for verdict in VERDICTS {
        for next_switch in [
            None,
            Some((0, 0, 400)),
            Some((1, 0, 400)),
            Some((1, 1, 400)),
            Some((1, 0, 1)),
            Some((90, 0, 400)),
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
            words.contains("ailures are above"),
            "{words} over {facts:?}"
        );
        assert!(
            !words.contains("On track") || (facts.late + facts.at_risk == 0 && facts.is_on_track),
            "{words} over {facts:?}"
        );
        let is_any_not_ready = facts.next_switch.is_some_and(|(missing, ..)| missing > 0);
        let is_fine = ["Ready for the next switch", "On track", "No problems found"]
            .contains(&words.as_str());
        assert!(!(is_fine && is_any_not_ready), "{words} over {facts:?}");
    }
}

#[test]
fn what_presses_most_is_the_label() {
    let of = |facts: Facts| label(facts);
    let plain = |words: &str| (words.to_owned(), Tone::Plain);
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
            to_approve: 1,
            ..FINE
        }),
        plain("1 mailbox waits for its losses to be approved")
    );
    assert_eq!(
        of(Facts {
            next_switch: Some((0, 0, 14)),
            ..FINE
        }),
        good("Ready for the next switch")
    );
    assert_eq!(
        of(Facts {
            next_switch: Some((23, 0, 1_240)),
            halted: 4,
            ..FINE
        }),
        good("Nearly all due to switch are ready")
    );
    assert_eq!(
        of(Facts {
            next_switch: Some((23, 1, 1_240)),
            ..FINE
        }),
        attention("Nearly all due to switch are ready; 1 VIP is not")
    );
    assert_eq!(
        of(Facts {
            late: 1,
            next_switch: Some((23, 0, 1_240)),
            ..FINE
        }),
        attention("Not on track for every switch date")
    );
    assert_eq!(
        of(Facts { waiting: 1, ..FINE }),
        plain("1 mailbox is past its switch date")
    );
    assert_eq!(
        of(Facts {
            waiting: 1_200,
            at_risk: 2,
            ..FINE
        }),
        plain("1,200 mailboxes are past their switch dates")
    );
    assert_eq!(
        of(Facts { at_risk: 1, ..FINE }),
        plain("1 collection may miss its switch date")
    );
    assert_eq!(
        of(Facts { at_risk: 2, ..FINE }),
        plain("2 collections may miss their switch dates")
    );
    assert_eq!(
        of(Facts {
            verdict: Verdict::Raised,
            ..FINE
        }),
        plain("Failures are somewhat above what is expected")
    );
    let concentrated = Facts {
        verdict: Verdict::Concentrated,
        concentrated_in: 1,
        ..FINE
    };
    assert_eq!(
        of(concentrated),
        plain("Failures are concentrated in 1 mailbox")
    );
    assert_eq!(
        of(Facts {
            verdict: Verdict::High,
            late: 1,
            ..FINE
        }),
        attention("Failures are above what is expected")
    );
    assert_eq!(
        of(Facts { halted: 1, ..FINE }),
        plain("1 mailbox has stopped or failed")
    );
    assert_eq!(
        of(Facts {
            unrecognised: 9,
            ..FINE
        }),
        plain("9 mailboxes are in a state we do not know")
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
        attention("All switched; failures are above what is expected")
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

#[test]
fn those_not_ready_are_spoken_of_by_number() {
    let day = "Monday 23 November";
    for (missing, due, said) in [
        (0, 9, None),
        (
            1,
            1,
            Some("The mailbox that switches on Monday 23 November is not ready."),
        ),
        (
            1,
            2,
            Some("1 of the 2 mailboxes that switch on Monday 23 November is not ready."),
        ),
        (
            37,
            1_204,
            Some("37 of the 1,204 mailboxes that switch on Monday 23 November are not ready."),
        ),
    ] {
        assert_eq!(not_ready(missing, due, day).as_deref(), said);
    }
    assert_eq!(past_their_date(0), None);
    assert_eq!(
        past_their_date(1).unwrap(),
        "1 mailbox is past its switch date and has not switched."
    );
    assert_eq!(
        past_their_date(1_200).unwrap(),
        "1,200 mailboxes are past their switch dates and have not switched."
    );
}
