use super::switching::{
    Delay, OurSwitches, delay_sentence, desk_sentence, in_doubt_sentence, our_switches,
    stuck_sentence, undone_sentence, waiting_sentence,
};
use super::*;
use crate::report::delay::Ground;

fn facts(count: u64) -> OurSwitches {
    OurSwitches {
        on_their_way: count,
        when: "on Monday 23 November".to_owned(),
        halted: count,
        halted_ages: Ages::default(),
        to_approve: count,
        unrecognised: count,
    }
}

#[test]
fn nothing_to_do_is_no_action() {
    assert_eq!(our_switches(&facts(0), Scope::All), [""; 0]);
    assert_eq!(Action::of(Vec::new(), |_| String::new()), None);
}

#[test]
fn users_are_told_by_number_and_why() {
    use Ground::{Halted, Today, Unlikely};
    let monday = "on Monday 23 November";
    let said = |how, grounds: &[Ground], when| delay_sentence(how, grounds, when);
    assert_eq!(
        said(Delay::Probable, &[Halted], monday),
        "Tell 1 user that they will probably not switch on Monday 23 November: the mailbox has \
         stopped or failed."
    );
    assert_eq!(
        said(Delay::Probable, &[Halted; 1_200], monday),
        "Tell 1,200 users that they will probably not switch on Monday 23 November: their mailboxes \
         have stopped or failed."
    );
    assert_eq!(
        said(Delay::Probable, &[Unlikely, Halted, Halted], monday),
        "Tell 3 users that they will probably not switch on Monday 23 November: 2 have stopped or \
         failed and 1 is unlikely to be copied in time."
    );
    assert_eq!(
        said(Delay::Possible, &[Halted; 2], monday),
        "Tell 2 users that they might not switch on Monday 23 November: their mailboxes have stopped \
         or failed, and we are restarting them."
    );
    assert_eq!(
        said(Delay::Certain, &[Today, Halted], "today"),
        "Tell 2 users that they did not switch today: 1 has stopped or failed and 1 is still being \
         copied."
    );
    assert!(
        undone_sentence(1).starts_with("Tell 1 user whose switch was undone to work in the old ")
    );
    assert!(
        undone_sentence(1_200).starts_with("Tell 1,200 users whose switches were undone to work ")
    );
    assert_eq!(
        stuck_sentence(&[Halted]),
        "Tell 1 user past the switch date that they cannot switch yet: the mailbox has stopped or failed."
    );
    assert_eq!(
        stuck_sentence(&[Halted, Halted, Ground::ToApprove]),
        "Tell 3 users past the switch date that they cannot switch yet: 2 have stopped or failed and 1 \
         waits for its losses to be approved."
    );
    assert!(waiting_sentence(1).starts_with("Tell 1 user past the switch date that the mailbox "));
    assert!(
        waiting_sentence(1_200).starts_with("Tell 1,200 users past the switch date that their ")
    );
}

#[test]
fn a_date_in_doubt_is_agreed_on() {
    let foretold = "about 300 of 1,240 mailboxes will not be ready (at most 500)";
    assert_eq!(
        in_doubt_sentence(840, Some(foretold), "Monday 30 November"),
        "840 mailboxes are not ready for Monday 30 November: on the day about 300 of 1,240 mailboxes \
         will not be ready (at most 500). Agree with us whether to keep the date."
    );
    assert_eq!(
        in_doubt_sentence(1, None, "Monday 30 November"),
        "1 mailbox is not ready for Monday 30 November. Agree with us whether to keep the date."
    );
}

#[test]
fn on_the_eve_somebody_is_to_be_at_the_desk() {
    let said = |mailboxes, late| desk_sentence(mailboxes, late, "on Monday 23 November");
    let who = "Have somebody at the service desk that morning: its report names whom to tell.";
    assert_eq!(
        said(37, Some(9)),
        format!(
            "37 mailboxes that switch on Monday 23 November are still being copied: about 9 will be \
             late. {who}"
        )
    );
    for late in [None, Some(0), Some(37)] {
        assert_eq!(
            said(37, late),
            format!(
                "37 mailboxes that switch on Monday 23 November are still being copied: some may be \
                 late. {who}"
            )
        );
    }
    assert_eq!(
        said(1, Some(1)),
        "1 mailbox that switches on Monday 23 November is still being copied, and may be late. Have \
         somebody at the service desk that morning: its report says whether the user is to be told."
    );
}

#[test]
fn one_mailbox_is_spoken_of_as_one() {
    assert_eq!(
        our_switches(&facts(1), Scope::All),
        [
            "1 mailbox has stopped or failed: we are finding out why, to restart it.",
            "1 mailbox cannot switch before its losses are approved: we will go through them with \
             you.",
            "1 mailbox that switches on Monday 23 November is still being copied. Nobody needs to be \
             told yet: the next reports name who will be late.",
            "1 mailbox is in a state that we do not recognise: we are finding out what it means.",
        ]
    );
}

#[test]
fn several_mailboxes_are_counted() {
    let ours = our_switches(&facts(1_200), Scope::All);
    assert_eq!(
        ours[0],
        "1,200 mailboxes have stopped or failed: we are finding out why, to restart them."
    );
    assert!(
        ours.iter()
            .all(|action| action.starts_with("1,200 mailboxes ")),
        "{ours:?}"
    );
    let of_those = our_switches(&facts(1_200), Scope::DueOrWaiting).remove(0);
    assert_eq!(
        of_those,
        "1,200 mailboxes, due or late, have stopped or failed: we are finding out why, to restart \
         them."
    );
}

#[test]
fn what_stands_still_for_too_long_comes_first() {
    let halted_ages = Ages {
        longest_days: 25,
        overdue: 4,
    };
    let facts = OurSwitches {
        halted_ages,
        ..facts(35)
    };
    assert_eq!(
        our_switches(&facts, Scope::All)[0],
        "35 mailboxes have stopped or failed: we are finding out why, to restart them. 4 are overdue \
         (the oldest at a standstill for at least 25 days)."
    );
}

#[test]
fn a_verdict_above_what_is_expected_says_who_looks_into_it() {
    use Verdict::{AsExpected, Concentrated, High, LowerThanExpected, Raised, TooFewItems};
    let names =
        |number: usize| -> Vec<String> { (1..=number).map(|place| format!("U{place}")).collect() };
    for (verdict, mailboxes, said) in [
        (
            High,
            0,
            Some("We are finding out why failures are above what is expected, and will tell you."),
        ),
        (
            Raised,
            0,
            Some("We are watching failures over the coming days."),
        ),
        (
            Concentrated,
            0,
            Some("We are looking into the mailboxes with most failures."),
        ),
        (
            Concentrated,
            1,
            Some("We are looking into the mailbox with most failures: U1."),
        ),
        (
            Concentrated,
            5,
            Some("We are looking into the 5 mailboxes with most failures: U1, U2, U3 and 2 more."),
        ),
        (LowerThanExpected, 0, None),
        (AsExpected, 0, None),
        (TooFewItems, 0, None),
    ] {
        assert_eq!(
            our_verdict(verdict, false, &names(mailboxes)).as_deref(),
            said
        );
    }
}

#[test]
fn items_in_brief_are_spoken_of_by_number() {
    let brief = |items| items_in_brief(items, Ages::default());
    assert_eq!(brief(0), None);
    assert_eq!(
        brief(1).unwrap(),
        "1 failed item is for us to repair or copy again."
    );
    assert_eq!(
        brief(1_412).unwrap(),
        "1,412 failed items are for us to repair or copy again."
    );
}
