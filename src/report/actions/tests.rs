use super::switching::{
    OurSwitches, late_sentence, our_switches, stuck_sentence, vips_sentence, waiting_sentence,
};
use super::*;

fn facts(count: u64) -> OurSwitches {
    OurSwitches {
        when: "on Monday 23 November".to_owned(),
        on_their_way: count,
        waiting_ready: count,
        waiting_on_their_way: count,
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
fn users_are_told_by_number() {
    let when = "on Monday 23 November";
    for (sentence, one, several) in [
        (
            late_sentence as fn(usize, &str) -> String,
            "Tell 1 user to expect a later switch, unless the mailbox is ready in time: it is due \
             on Monday 23 November and not ready.",
            "Tell 1,200 users to expect a later switch, unless their mailboxes are ready in time: \
             they are due on Monday 23 November and not ready.",
        ),
        (
            vips_sentence,
            "Tell 1 VIP that the switch may be later, or agree another date with us: the mailbox is \
             due on Monday 23 November and not ready yet.",
            "Tell 1,200 VIPs that their switch may be later, or agree other dates with us: their \
             mailboxes are due on Monday 23 November and not ready yet.",
        ),
        (
            stuck_sentence,
            "Tell 1 user that the switch may be later: the mailbox is due on Monday 23 November and \
             does not move until we restart it.",
            "Tell 1,200 users that their switch may be later: their mailboxes are due on Monday 23 \
             November and do not move until we restart them.",
        ),
        (
            waiting_sentence,
            "Tell 1 user that the mailbox switches by itself once it is in sync: it is past its \
             switch date and has not switched.",
            "Tell 1,200 users that their mailboxes switch by themselves once in sync: they are past \
             their switch dates and have not switched.",
        ),
    ] {
        assert_eq!([sentence(1, when), sentence(1_200, when)], [one, several]);
    }
}

#[test]
fn one_mailbox_is_spoken_of_as_one() {
    assert_eq!(
        our_switches(&facts(1), Scope::All),
        [
            "1 mailbox has stopped or failed: we find out why and restart it.",
            "1 mailbox cannot complete before its losses are approved: we look at them with you, and \
             approve them.",
            "1 mailbox that switches on Monday 23 November is still being copied.",
            "1 mailbox past its switch date is still being copied.",
            "1 mailbox past its switch date is in sync by now: it switches by itself.",
            "1 mailbox is in a state that we do not recognise: we find out what it means.",
        ]
    );
}

#[test]
fn several_mailboxes_are_counted() {
    let ours = our_switches(&facts(1_200), Scope::All);
    assert_eq!(
        ours[0],
        "1,200 mailboxes have stopped or failed: we find out why and restart them."
    );
    assert!(
        ours.iter()
            .all(|action| action.starts_with("1,200 mailboxes ")),
        "{ours:?}"
    );
    let of_those = our_switches(&facts(1_200), Scope::DueOrWaiting).remove(0);
    assert_eq!(
        of_those,
        "1,200 mailboxes, due or waiting, have stopped or failed: we find out why and restart them."
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
        "35 mailboxes have stopped or failed: we find out why and restart them. This is overdue: 4 \
         of them have stood still for too long, the longest for 25 days. They come first."
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
            Some("We find out why failures are above what is expected: we tell you what we find."),
        ),
        (
            Raised,
            0,
            Some(
                "We watch the failures of the coming days: they are somewhat above what is \
                 expected.",
            ),
        ),
        (
            Concentrated,
            0,
            Some("We look into the mailboxes with most failures: the others are as expected."),
        ),
        (
            Concentrated,
            1,
            Some("We look into the mailbox with most failures: U1."),
        ),
        (
            Concentrated,
            5,
            Some("We look into the 5 mailboxes with most failures: U1, U2, U3 and 2 more."),
        ),
        (LowerThanExpected, 0, None),
        (AsExpected, 0, None),
        (TooFewItems, 0, None),
    ] {
        assert_eq!(our_verdict(verdict, &names(mailboxes)).as_deref(), said);
    }
}

#[test]
fn items_in_brief_are_spoken_of_by_number() {
    let brief = |items| items_in_brief(items, Ages::default());
    assert_eq!(brief(0), None);
    assert!(
        brief(1)
            .unwrap()
            .starts_with("1 failed item is for us to repair or to copy again: ")
    );
    assert!(
        brief(1_412)
            .unwrap()
            .starts_with("1,412 failed items are for us to repair or to copy again: ")
    );
}
