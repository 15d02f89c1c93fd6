use chrono::NaiveDate;

use super::super::super::delay::Near;
use super::*;
use crate::domain::SyncState;

#[test]
fn whoever_is_due_is_spoken_of_by_number() {
    let monday = "on Monday 23 November";
    for (due, missing, sentence) in [
        (
            1,
            0,
            "The mailbox that switches on Monday 23 November is ready.",
        ),
        (
            1,
            1,
            "The mailbox that switches on Monday 23 November is not ready.",
        ),
        (
            1_240,
            0,
            "All 1,240 mailboxes that switch on Monday 23 November are ready.",
        ),
        (
            2,
            1,
            "1 of the 2 mailboxes that switch on Monday 23 November (50%) can switch as they stand; \
             1 would stay behind.",
        ),
        (
            2,
            2,
            "Neither of the 2 mailboxes that switch on Monday 23 November is ready.",
        ),
        (
            48,
            48,
            "None of the 48 mailboxes that switch on Monday 23 November is ready.",
        ),
        (
            1_240,
            23,
            "1,217 of the 1,240 mailboxes that switch on Monday 23 November (98%) can switch as they \
             stand; 23 would stay behind.",
        ),
    ] {
        assert_eq!(due_sentence(due, missing, monday, None), sentence);
    }
}

fn mailboxes(state: SyncState, number: usize) -> Vec<Mailbox> {
    let one = |place: usize| Mailbox {
        state,
        ..Mailbox::invented(&format!("{state:?}{place}@nm.example"), 0, 100)
    };
    (0..number).map(one).collect()
}

#[test]
fn who_would_stay_behind_is_told_apart_from_who_is_merely_being_copied() {
    use SyncState::{Failed, Stopped, Synchronising, Unrecognised};
    let said = |all: &[Vec<Mailbox>]| stay_behind(&all.iter().flatten().collect::<Vec<_>>());
    assert_eq!(said(&[]), None);
    for (all, words) in [
        (
            vec![
                mailboxes(Synchronising, 37),
                mailboxes(Failed, 8),
                mailboxes(Stopped, 3),
            ],
            "Of the 48 not ready, 37 are still being copied; 11 have stopped or failed, and stay behind \
             unless we restart them in time.",
        ),
        (
            vec![mailboxes(Synchronising, 7)],
            "All 7 are still being copied.",
        ),
        (
            vec![mailboxes(Synchronising, 1)],
            "It is still being copied.",
        ),
        (
            vec![mailboxes(Stopped, 2)],
            "All 2 have stopped or failed, and stay behind unless we restart them in time.",
        ),
        (
            vec![mailboxes(Synchronising, 2), mailboxes(Unrecognised, 1)],
            "Of the 3 not ready, 2 are still being copied; 1 does not move, and stays behind unless \
             somebody acts in time.",
        ),
    ] {
        assert_eq!(said(&all).as_deref(), Some(words));
    }
}

#[test]
fn vips_and_those_who_wait_are_spoken_of_by_number() {
    for (vips, missing, said) in [
        (1, 0, "The VIP among them is ready."),
        (1, 1, "The VIP among them is not ready."),
        (2, 0, "Both VIPs among them are ready."),
        (2, 1, "Of the 2 VIPs among them, 1 is not ready."),
        (2, 2, "Neither of the 2 VIPs among them is ready."),
        (61, 0, "All 61 VIPs among them are ready."),
        (61, 1, "Of the 61 VIPs among them, 1 is not ready."),
        (61, 3, "Of the 61 VIPs among them, 3 are not ready."),
        (61, 61, "None of the 61 VIPs among them is ready."),
    ] {
        assert_eq!(vip_sentence(vips, missing), said);
    }
    let said = |copied, stopped| {
        let all = [
            mailboxes(SyncState::Synchronising, copied),
            mailboxes(SyncState::Stopped, stopped),
        ];
        let all: Vec<&Mailbox> = all.iter().flatten().collect();
        [false, true].map(|is_in_label| waiting_sentence(&all, is_in_label))
    };
    assert_eq!(said(0, 0), [None, None]);
    for (copied, stopped, missed, behind_label) in [
        (
            1,
            0,
            "1 mailbox has missed its switch date.",
            "It switches by itself once it is in sync.",
        ),
        (
            0,
            1,
            "1 mailbox has missed its switch date, and does not move by itself.",
            "It does not move by itself.",
        ),
        (
            2,
            0,
            "2 mailboxes have missed their switch date.",
            "Each switches by itself once it is in sync.",
        ),
        (
            0,
            2,
            "2 mailboxes have missed their switch date: none of them moves by itself.",
            "None of them moves by itself.",
        ),
        (
            5,
            1,
            "6 mailboxes have missed their switch date: 1 of them does not move by itself.",
            "1 of them does not move by itself.",
        ),
        (
            5,
            6,
            "11 mailboxes have missed their switch date: 6 of them do not move by themselves.",
            "6 of them do not move by themselves.",
        ),
    ] {
        let words = [missed, behind_label].map(|words| Some(words.to_owned()));
        assert_eq!(said(copied, stopped), words);
    }
}

fn switch(near: Near, all: u64, missing: u64, missing_vips: u64, switched: u64) -> Prospect {
    let day = match near {
        Near::Today => 20,
        Near::Last => 23,
        Near::Soon => 25,
        Near::Later => 30,
    };
    let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    Prospect {
        next: NextSwitch {
            date: date(day),
            today: date(20),
            all,
            missing,
            missing_vips,
            switched,
        },
        foretold: None,
        stuck: 0,
        told: missing_vips,
        told_vips: missing_vips,
        near,
    }
}

#[test]
fn the_label_says_who_can_switch_of_the_switch_that_presses_most() {
    use Near::{Last, Later, Soon, Today};
    let label = |switches: &[Prospect]| most_pressing(switches).unwrap().can_switch();
    for (switches, words, tone) in [
        (
            vec![switch(Last, 9, 0, 0, 0)],
            "All ready for Monday",
            Tone::Good,
        ),
        // The next one where none presses more, and the one that does.
        (
            vec![switch(Last, 9, 0, 0, 0), switch(Soon, 9, 0, 0, 0)],
            "All ready for Monday",
            Tone::Good,
        ),
        (
            vec![switch(Last, 9, 0, 0, 0), switch(Soon, 100, 40, 0, 0)],
            "60 of 100 can switch on Wednesday",
            Tone::Watch,
        ),
        // A switch that is under way is told by itself, whatever comes after it.
        (
            vec![
                switch(Today, 5_000, 15, 1, 4_985),
                switch(Last, 5_000, 977, 58, 0),
            ],
            "15 of 5,000 did not switch today",
            Tone::Watch,
        ),
        (
            vec![
                switch(Today, 5_000, 0, 0, 5_000),
                switch(Soon, 100, 1, 0, 0),
            ],
            "All 5,000 switched today",
            Tone::Good,
        ),
        // What is far ahead has time.
        (
            vec![switch(Later, 1_240, 250, 0, 0)],
            "990 of 1,240 ready so far for Monday 30 November",
            Tone::Plain,
        ),
    ] {
        assert_eq!(label(&switches), (words.to_owned(), tone));
    }
    assert_eq!(most_pressing(&[]), None);
}

#[test]
fn who_reads_that_all_is_well_reads_of_those_who_are_late() {
    let label = |tone, late| with_late(("All ready for Monday".to_owned(), tone), late);
    assert_eq!(label(Tone::Good, 0).1, Tone::Good);
    assert_eq!(
        label(Tone::Good, 2),
        ("All ready for Monday; 2 late".to_owned(), Tone::Watch)
    );
    assert_eq!(label(Tone::Attention, 2).1, Tone::Attention);
}
