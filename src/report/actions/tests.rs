use super::*;

fn names(number: usize) -> Vec<String> {
    (1..=number).map(|place| format!("U{place}")).collect()
}

fn facts(number: usize) -> Switching {
    let count = number as u64;
    Switching {
        when: "on Monday 23 November".to_owned(),
        vips: names(number),
        on_their_way: count,
        waiting: names(number),
        waiting_ready: count,
        waiting_on_their_way: count,
        halted: count,
        to_approve: count,
        unrecognised: count,
    }
}

#[test]
fn nothing_to_do_is_no_action() {
    assert_eq!(your_switches(&facts(0), Scope::All), [""; 0]);
    assert_eq!(our_switches(&facts(0), Scope::All), [""; 0]);
    assert_eq!(
        Difference::ALL.map(|kind| difference(kind, 0, &[], "x")),
        [None, None, None]
    );
}

#[test]
fn one_mailbox_is_spoken_of_as_one() {
    assert_eq!(
        your_switches(&facts(1), Scope::All),
        [
            "Tell 1 VIP that the mailbox may switch later, or agree another date with us: it is \
             due on Monday 23 November and not ready yet. U1.",
            "Tell 1 user that the mailbox switches by itself once it is in sync: it is past its \
             switch date and has not switched. U1.",
        ]
    );
    assert_eq!(
        our_switches(&facts(1), Scope::All),
        [
            "1 mailbox has stopped or failed: we find out why and restart it.",
            "1 mailbox cannot complete before its losses are approved: we look at them with you, and \
             approve them.",
            "1 mailbox that switches on Monday 23 November is not in sync yet: we go on copying \
             it.",
            "1 mailbox past its switch date is not in sync yet: we go on copying it.",
            "1 mailbox past its switch date is in sync by now: it switches by itself.",
            "1 mailbox is in a state that we do not recognise: we find out what it means.",
        ]
    );
}

#[test]
fn several_mailboxes_are_counted_and_the_first_named() {
    let facts = facts(1_200);
    let yours = your_switches(&facts, Scope::All);
    let ours = our_switches(&facts, Scope::All);
    assert_eq!(
        yours[1],
        "Tell 1,200 users that their mailboxes switch by themselves once in sync: they are past \
         their switch dates and have not switched. U1, U2, U3 and 1,197 more. The list is in the \
         workbook, sheet Users."
    );
    assert_eq!(
        yours[0],
        "Tell 1,200 VIPs that their mailboxes may switch later, or agree other dates with us: they \
         are due on Monday 23 November and not ready yet. U1, U2, U3 and 1,197 more. The list is \
         in the workbook, sheet Users."
    );
    assert_eq!(
        ours[0],
        "1,200 mailboxes have stopped or failed: we find out why and restart them."
    );
    assert!(
        ours.iter()
            .all(|action| action.starts_with("1,200 mailboxes ") && !action.contains(" is ")),
        "{ours:?}"
    );
    let of_those = our_switches(&facts, Scope::DueOrWaiting).remove(0);
    assert_eq!(
        of_those,
        "1,200 mailboxes, due or waiting, have stopped or failed: we find out why and restart them."
    );
}

#[test]
fn each_difference_is_spoken_of_as_one_and_as_several() {
    for kind in Difference::ALL {
        let one = difference(kind, 1, &names(1), "the workbook, sheet Schedule").unwrap();
        let several = difference(kind, 4_000, &names(5), "the workbook, sheet Schedule").unwrap();
        assert!(
            one.contains(" 1 ") && several.contains(" 4,000 "),
            "{one} {several}"
        );
        assert!(
            one.contains(". It is a VIP's: U1. The list")
                && several.contains(". 5 are of VIPs: U1, U2, U3 and 2 more. The list")
        );
        assert!(
            difference(kind, 2, &names(1), "x")
                .unwrap()
                .contains(". 1 is a VIP's: U1. ")
        );
        assert!(
            one.ends_with("The list is in the workbook, sheet Schedule.") && !one.contains(" them"),
            "{one}"
        );
        assert!(!several.contains(" it,"), "{several}");
    }
}

#[test]
fn a_verdict_above_what_is_expected_says_who_looks_into_it() {
    use Verdict::{AsExpected, Concentrated, High, LowerThanExpected, Raised, TooFewItems};
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
    assert_eq!(items_in_brief(0), None);
    assert!(
        items_in_brief(1)
            .unwrap()
            .starts_with("1 failed item is ours to mend: we repair it or try it again.")
    );
    assert!(
        items_in_brief(1_412)
            .unwrap()
            .starts_with("1,412 failed items are ours to mend: we repair them or try them again.")
    );
}

#[test]
fn few_users_of_a_cause_are_all_named_and_of_many_those_with_most() {
    let fact = |items, users, most| CauseFact {
        name: "Item too large".to_owned(),
        action: "Ask the user to save large attachments elsewhere".to_owned(),
        items,
        users: names(users)
            .into_iter()
            .enumerate()
            .map(|(place, user)| (user, if place < 3 { most } else { 1 }))
            .collect(),
    };
    let place = "the workbook, sheet Failed items";
    let said = |items: &str, users: &str| {
        format!(
            "Ask the user to save large attachments elsewhere: {items} (item too large) of \
             {users}. The list is in the workbook, sheet Failed items."
        )
    };
    assert_eq!(
        your_cause(&fact(1, 1, 1), place),
        said("1 failed item", "U1")
    );
    assert_eq!(
        your_cause(&fact(5, 3, 2), place),
        said("5 failed items", "U1, U2 and U3")
    );
    assert_eq!(
        your_cause(&fact(1_402, 611, 9), place),
        said("1,402 failed items", "611 users, above all U1, U2 and U3")
    );
    assert_eq!(
        your_cause(&fact(611, 611, 1), place),
        said("611 failed items", "611 users, among them U1, U2 and U3"),
        "nobody has more than others"
    );
    assert_eq!(
        our_cause(&fact(1, 1, 1)),
        "Item too large: 1 failed item of 1 user. Ask the user to save large attachments elsewhere."
    );
}
