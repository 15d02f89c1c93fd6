//! The verdict at the top of the report: one label, and the few sentences that bear it out. What is
//! worrying in a sentence is worrying in the label too: no reader is told that all is well and, one
//! line below, that it is not.

use super::super::switch_readiness::not_all_ready;
use super::super::verdict::verdict;
use super::super::wording::{coming_day, share};
use super::super::{Headline, ReportInput, Tone, changes, people, trends};
use super::halted;
use crate::domain::plural::{count, counted};
use crate::domain::{SyncState, Verdict};
use crate::metrics::{DAYS_AHEAD, Mailbox};

/// What the label is chosen by.
#[derive(Debug, Clone, Copy)]
struct Facts {
    mailboxes: u64,
    switched: u64,
    verdict: Verdict,
    /// In how many mailboxes failures are concentrated.
    concentrated_in: u64,
    /// Of the mailboxes that switch next, where that is near: those not ready, VIPs among them, and
    /// all.
    next_switch: Option<(u64, u64, u64)>,
    /// Collections that will be late, and that may be.
    late: u64,
    at_risk: u64,
    /// Whether there is a forecast for every switch date ahead.
    is_on_track: bool,
    /// Mailboxes past their switch date, that stopped or failed, and in a state that nobody knows.
    waiting: u64,
    halted: u64,
    unrecognised: u64,
}

type Label = (String, Tone);

/// The label: of what is worrying, the most pressing.
fn label(facts: Facts) -> Label {
    let failures = failures(facts);
    if facts.mailboxes > 0 && facts.switched == facts.mailboxes {
        return match failures {
            Some((words, tone)) => (format!("All switched; {words}"), tone),
            None => ("All switched".to_owned(), Tone::Good),
        };
    }
    let failures = failures.map(|(words, tone)| (words.replacen("failures", "Failures", 1), tone));
    let not_ready = facts.next_switch.filter(|(missing, ..)| *missing > 0);
    let not_ready = not_ready.map(|(missing, vips, due)| not_all_ready(missing, due, vips));
    let is_attention = |(_, tone): &Label| *tone == Tone::Attention;
    let not_on_track = (facts.late > 0).then(|| {
        let words = "Not on track for every switch date";
        (words.to_owned(), Tone::Attention)
    });
    let plain = |number: u64, one: &str, several: &str| {
        (number > 0).then(|| (counted(number, one, several), Tone::Plain))
    };
    let most_pressing_first = [
        failures.clone().filter(is_attention),
        not_ready.clone().filter(is_attention),
        not_on_track,
        plain(
            facts.waiting,
            "mailbox is past its switch date",
            "mailboxes are past their switch dates",
        ),
        plain(
            facts.at_risk,
            "collection may miss its switch date",
            "collections may miss their switch dates",
        ),
        failures,
        not_ready,
        plain(
            facts.halted,
            "mailbox has stopped or failed",
            "mailboxes have stopped or failed",
        ),
        plain(
            facts.unrecognised,
            "mailbox is in a state we do not know",
            "mailboxes are in a state we do not know",
        ),
    ];
    let most_pressing = most_pressing_first.into_iter().flatten().next();
    most_pressing.unwrap_or_else(|| {
        let words = match facts.next_switch {
            Some(_) => "Ready for the next switch",
            None if facts.is_on_track => "On track",
            None => "No problems found",
        };
        (words.to_owned(), Tone::Good)
    })
}

/// What the verdict says, where failures are more than expected or concentrated.
fn failures(facts: Facts) -> Option<Label> {
    match facts.verdict {
        Verdict::High => {
            let words = "failures are above what is expected".to_owned();
            Some((words, Tone::Attention))
        }
        Verdict::Raised => {
            let words = "failures are somewhat above what is expected".to_owned();
            Some((words, Tone::Plain))
        }
        Verdict::Concentrated => {
            let mailboxes = counted(facts.concentrated_in, "mailbox", "mailboxes");
            let words = format!("failures are concentrated in {mailboxes}");
            Some((words, Tone::Plain))
        }
        Verdict::LowerThanExpected | Verdict::AsExpected | Verdict::TooFewItems => None,
    }
}

pub(super) fn headline(input: ReportInput<'_>) -> Headline {
    let metrics = input.metrics;
    let whole = &metrics.whole;
    let near = metrics
        .next_switch
        .filter(|next| (next.date - input.report_date.day()).num_days() <= DAYS_AHEAD);
    let missing_vips = |date| {
        let is_missing = |mailbox: &Mailbox| mailbox.is_vip() && !mailbox.is_ready();
        let switches = |mailbox: &Mailbox| mailbox.switch_date == Some(date);
        input
            .mailboxes(|mailbox| is_missing(mailbox) && switches(mailbox))
            .len() as u64
    };
    let outlook = trends::outlook(input);
    let (label, tone) = label(Facts {
        mailboxes: whole.mailboxes,
        switched: whole.by_state.of(SyncState::Switched),
        verdict: whole.judgement.verdict,
        concentrated_in: metrics
            .concentration
            .as_ref()
            .map_or(0, |concentration| concentration.places.len() as u64),
        next_switch: near.map(|next| (next.due - next.ready, missing_vips(next.date), next.due)),
        late: outlook.late,
        at_risk: outlook.at_risk,
        is_on_track: outlook.is_on_track,
        waiting: metrics.past_switch_date,
        halted: halted(whole),
        unrecognised: whole.by_state.of(SyncState::Unrecognised),
    });
    let mut sentences = vec![
        how_far(input),
        verdict(metrics, input.programme.expected_failure_rate),
    ];
    sentences.extend(
        near.and_then(|next| not_ready(next.due - next.ready, next.due, &coming_day(next.date))),
    );
    sentences.extend(past_their_date(metrics.past_switch_date));
    sentences.extend(outlook.sentences);
    Headline {
        label,
        tone,
        sentences,
    }
}

/// How many are in sync, how many more than the day before, and of pilot and live mailboxes apart.
fn how_far(input: ReportInput<'_>) -> String {
    let metrics = input.metrics;
    let (done, all) = (metrics.whole.in_sync_or_beyond(), metrics.whole.mailboxes);
    let before = metrics.changes.as_ref();
    // Each word with its own figure of the day before.
    let (words, then) = match metrics.whole.by_state.of(SyncState::Switched) {
        0 if before.is_none_or(|before| before.switched_before == 0) => {
            ("in sync", before.map(|before| before.in_sync_before))
        }
        switched if switched == done && done > 0 => {
            ("switched", before.map(|before| before.switched_before))
        }
        _ => (
            "in sync or switched",
            before.map(|before| before.in_sync_before),
        ),
    };
    let by_phase = people::by_phase(metrics.mailboxes.iter(), Mailbox::is_ready);
    let by_phase = by_phase.map(|by_phase| format!(" By phase: {by_phase}."));
    format!(
        "{} of {} ({}) {} {words}{}.{}",
        count(done),
        counted(all, "mailbox", "mailboxes"),
        share(done, all),
        if done == 1 { "is" } else { "are" },
        changes::more_than_before(input, done, then),
        by_phase.unwrap_or_default()
    )
}

/// “37 of the 1,204 mailboxes that switch on Monday 23 November are not ready.”
fn not_ready(missing: u64, due: u64, day: &str) -> Option<String> {
    match (missing, due) {
        (0, _) => None,
        (_, 1) => Some(format!("The mailbox that switches on {day} is not ready.")),
        (1, _) => Some(format!(
            "1 of the {} mailboxes that switch on {day} is not ready.",
            count(due)
        )),
        _ => Some(format!(
            "{} of the {} mailboxes that switch on {day} are not ready.",
            count(missing),
            count(due)
        )),
    }
}

fn past_their_date(mailboxes: u64) -> Option<String> {
    match mailboxes {
        0 => None,
        1 => Some("1 mailbox is past its switch date and has not switched.".to_owned()),
        several => Some(format!(
            "{} mailboxes are past their switch dates and have not switched.",
            count(several)
        )),
    }
}

#[cfg(test)]
mod tests {
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
                !words.contains("On track")
                    || (facts.late + facts.at_risk == 0 && facts.is_on_track),
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
}
