//! What is expected of a switch on its day, and how pressing that is. Boxes, subject lines and actions
//! take their colour from here, so that it follows what will be and not what is not ready a week ahead.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::delay::Near;
use super::forecast::Missing;
use super::input::ReportInput;
use super::model::Tone;
use super::next_switch::{NextSwitch, is_many};
use super::trends;
use super::wording::{capitalised, near_day};
use crate::domain::plural::{count, count_of};

/// How many days ahead switches are judged: as far as a forecast goes.
const FARTHEST: i64 = 14;

/// A switch, with what is expected on its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prospect {
    pub(super) next: NextSwitch,
    /// How many will not be ready, where a forecast says so.
    pub(super) foretold: Option<Missing>,
    /// Of those who are not ready, those that do not move until somebody acts.
    pub(super) stuck: u64,
    /// Those whose users are told that they will be late or may be, and VIPs among them.
    pub(super) told: u64,
    pub(super) told_vips: u64,
    pub(super) near: Near,
}

/// Every switch of the coming two weeks, that of today among them, where anybody is still to switch.
pub(super) fn ahead(input: ReportInput<'_>) -> Vec<Prospect> {
    if input.is_mop_up() {
        return Vec::new();
    }
    let today = input.report_date.day();
    let left = input
        .metrics
        .mailboxes
        .iter()
        .filter(|one| !one.has_switched());
    let is_ahead = |date: &NaiveDate| (0..=FARTHEST).contains(&(*date - today).num_days());
    let dates = left.filter_map(|one| one.switch_date).filter(is_ahead);
    let dates: BTreeSet<NaiveDate> = dates.collect();
    let all = dates.into_iter();
    all.map(|date| Prospect::of(input, date)).collect()
}

impl Prospect {
    /// The switch of a day.
    pub(super) fn of(input: ReportInput<'_>, date: NaiveDate) -> Self {
        let of_day = input.mailboxes(|one| one.switch_date == Some(date) && !one.is_ready());
        let told = of_day.iter().filter(|mailbox| {
            input.ground_to_tell(mailbox).is_some() || input.is_open_on_the_eve(mailbox)
        });
        Self {
            next: NextSwitch::on(input, date),
            foretold: trends::missing_on(input, date).filter(|missing| missing.says_something()),
            stuck: of_day.iter().filter(|one| one.is_stuck()).count() as u64,
            told: told.clone().count() as u64,
            told_vips: told.filter(|one| one.is_vip()).count() as u64,
            near: input.near(date),
        }
    }

    /// How many will be late, as far as anybody can tell: those who stand still, and those whom the
    /// forecast adds. Without one, on the last working day everybody may be who is not ready. What is
    /// far ahead has time, but for what is sure.
    fn late(self) -> u64 {
        let (missing, range) = (self.next.missing, self.foretold.map(Missing::range));
        let (least, most) = range.unwrap_or((0, missing));
        let late = match self.foretold.and_then(Missing::expected) {
            _ if self.next.is_under_way() => return self.next.all - self.next.switched,
            _ if self.near == Near::Today => missing,
            _ if self.next.is_far() => least,
            Some(expected) => expected.max(self.stuck),
            None if self.near == Near::Last => most,
            None => least.max(self.stuck),
        };
        late.min(missing)
    }

    /// How pressing it is. Red: many will be late, and it is to be agreed what to do. Amber: VIPs will
    /// be, or some were today, or it is near, many may be, and nobody can tell. Blue: somebody is to be
    /// told or may be late, or much is to be copied yet. Green: all are ready, or nearly all.
    pub(super) fn tone(self) -> Tone {
        let (all, missing) = (self.next.all, self.next.missing);
        let at_most = self.foretold.map_or(missing, |one| one.range().1);
        let is_expected = self.foretold.is_some_and(|one| one.expected().is_some());
        let is_open = self.near != Near::Later && !is_expected;
        match () {
            () if self.is_complete() => Tone::Good,
            () if is_many(self.late(), all) => Tone::Attention,
            () if self.told_vips > 0 || self.near == Near::Today => Tone::Watch,
            () if is_open && is_many(at_most.min(missing), all) => Tone::Watch,
            () if self.told > 0 || !self.is_nearly_complete() => Tone::Plain,
            () if self.foretold.is_some_and(|one| one.range().1 > 0) => Tone::Plain,
            () => Tone::Good,
        }
    }

    /// Whether nobody is missing; while it is under way, whether all have switched.
    fn is_complete(self) -> bool {
        match self.next.is_under_way() {
            true => self.next.switched == self.next.all,
            false => self.next.missing == 0,
        }
    }

    fn is_nearly_complete(self) -> bool {
        NextSwitch::is_nearly_all(self.next.missing, self.next.all)
    }

    /// What a label says of it, and how pressing that is; `None` where all are ready.
    pub(super) fn label(self) -> Option<(String, Tone)> {
        let tone = self.tone();
        let words = match tone {
            _ if self.is_complete() => return None,
            _ if self.next.is_under_way() => format!(
                "{} of {} did not switch today",
                count(self.next.all - self.next.switched),
                count(self.next.all)
            ),
            Tone::Watch if self.told_vips > 0 => format!(
                "{} not ready {}",
                count_of(self.next.missing_vips, "VIP"),
                self.next.when()
            ),
            Tone::Attention => capitalised(&self.not_ready()),
            _ if self.is_nearly_complete() => format!("Nearly all ready {}", self.next.when()),
            _ => capitalised(&self.not_ready()),
        };
        Some((words, tone))
    }

    /// “about 15 of 5,000 not ready for Monday” by the forecast; without one how many are not ready
    /// today: “48 of 5,000 not ready yet for Monday”.
    fn not_ready(self) -> String {
        let foretold = self.foretold.filter(|one| one.expected().is_some());
        let when = self.next.when();
        match foretold {
            Some(foretold) => format!("{} {when}", foretold.in_few_words()),
            None => {
                let yet = if self.near == Near::Today { "" } else { " yet" };
                let (missing, all) = (count(self.next.missing), count(self.next.all));
                format!("{missing} of {all} not ready{yet} {when}")
            }
        }
    }

    /// Whether it can go ahead: “4,952 of 5,000 can switch on Monday; 3 VIPs cannot yet”, and how
    /// pressing that is.
    pub(super) fn can_switch(self) -> (String, Tone) {
        let (next, tone) = (self.next, self.tone());
        if next.is_under_way() {
            return self.label().unwrap_or_else(|| next.all_switched());
        }
        if self.is_complete() {
            return (next.all_ready(), tone);
        }
        let day = match near_day(next.date, next.today) {
            today if next.date == next.today => today,
            day => format!("on {day}"),
        };
        let of_all = format!("{} of {}", count(next.all - next.missing), count(next.all));
        let words = match tone {
            _ if next.is_far() => format!("{of_all} ready so far {}", next.when()),
            Tone::Attention => {
                let foretold = self.foretold.filter(|one| one.expected().is_some());
                let late = foretold.map_or_else(
                    || format!("{} cannot yet", count(next.missing)),
                    |foretold| format!("{} will not be ready", foretold.number()),
                );
                format!("{of_all} can switch {day}; {late}")
            }
            Tone::Watch if self.told_vips > 0 => {
                let vips = count_of(next.missing_vips, "VIP");
                format!("{of_all} can switch {day}; {vips} cannot yet")
            }
            Tone::Plain | Tone::Good if self.near == Near::Later => {
                format!("{of_all} ready so far {}", next.when())
            }
            _ => format!("{of_all} can switch {day}"),
        };
        (words, tone)
    }

    /// Whether it can go ahead, and what is foretold of its day; nothing where all are ready.
    pub(super) fn sentence(self) -> Option<String> {
        self.next.sentence_with(self.foretold)
    }

    /// What a subject line says: “about 15 of 5,000 not ready for Monday”.
    pub(super) fn in_a_subject(self) -> String {
        let next = self.next;
        match () {
            () if next.is_under_way() => {
                format!(
                    "{} of {} switched today",
                    count(next.switched),
                    count(next.all)
                )
            }
            () if self.is_complete() => format!("all {} ready {}", count(next.all), next.when()),
            () => self.not_ready(),
        }
    }

    /// Whether it is to be agreed whether its date is kept.
    pub(super) fn is_in_doubt(self) -> bool {
        self.tone() == Tone::Attention && self.next.days_ahead() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::delay::Near::{Last, Later, Soon, Today};
    use super::*;

    const NEAR: [Near; 4] = [Later, Soon, Last, Today];

    /// Of `all` that switch, those who are not ready.
    fn prospect(near: Near, all: u64, missing: u64) -> Prospect {
        let day = match near {
            Later => 27,
            Soon => 25,
            Last => 23,
            Today => 20,
        };
        let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        Prospect {
            next: NextSwitch {
                date: date(day),
                today: date(20),
                all,
                missing,
                missing_vips: 0,
                switched: 0,
            },
            foretold: None,
            stuck: 0,
            told: 0,
            told_vips: 0,
            near,
        }
    }

    fn foretold(of: Prospect, expected: Option<u64>, range: (u64, u64)) -> Prospect {
        Prospect {
            foretold: Some(Missing::invented(expected, range, of.next.all)),
            ..of
        }
    }

    fn severity(of: Prospect) -> u8 {
        match of.tone() {
            Tone::Good => 0,
            Tone::Plain => 1,
            Tone::Watch => 2,
            Tone::Attention => 3,
        }
    }

    /// Small and large switches, with any number not ready, and any number of them stuck or told.
    fn all() -> Vec<Prospect> {
        let mut all_of_them = Vec::new();
        for near in NEAR {
            for all in [1, 2, 3, 14, 60, 1_240] {
                for missing in [0, 1, 2, 3, 7, 14, 62, 63, 300, 1_240] {
                    for few in [0, 1, 2, 3, 7, 63] {
                        let of = prospect(near, all, missing);
                        let of = Prospect {
                            stuck: few,
                            told: few,
                            ..of
                        };
                        if missing > all || few > missing {
                            continue;
                        }
                        all_of_them.push(of);
                        for expected in [None, Some(0), Some(1), Some(3), Some(63)] {
                            let at_most = missing.min(expected.unwrap_or(0) * 2 + 3);
                            let expected = expected.map(|expected| expected.min(at_most));
                            all_of_them.push(foretold(of, expected, (0, at_most)));
                        }
                    }
                }
            }
        }
        all_of_them
    }

    #[test]
    fn what_gets_better_is_never_of_a_worse_colour() {
        let less = |number: u64| number.saturating_sub(1);
        for worse in all() {
            let is_of_all = worse.stuck == worse.next.missing;
            let mut better = vec![
                Prospect {
                    told: less(worse.told),
                    ..worse
                },
                Prospect {
                    stuck: less(worse.stuck),
                    told: less(worse.told),
                    ..worse
                },
                Prospect {
                    next: NextSwitch {
                        missing: less(worse.next.missing),
                        ..worse.next
                    },
                    stuck: if is_of_all {
                        less(worse.stuck)
                    } else {
                        worse.stuck
                    },
                    ..worse
                },
            ];
            better.extend(worse.foretold.map(|of| {
                let (least, most) = of.range();
                let expected = of.expected().map(less);
                foretold(worse, expected, (less(least), less(most)))
            }));
            for better in better {
                assert!(
                    severity(better) <= severity(worse),
                    "{better:?} after {worse:?}"
                );
            }
        }
    }

    #[test]
    fn a_red_switch_is_to_be_agreed_on_and_a_green_one_misses_hardly_anybody() {
        for of in all() {
            let (missing, all) = (of.next.missing, of.next.all);
            match of.tone() {
                Tone::Attention => {
                    assert!(missing >= 3.min(all) && missing * 20 > all, "{of:?}");
                    assert!(of.is_in_doubt() || of.near == Today, "{of:?}");
                }
                Tone::Good => assert!(missing * 20 <= all && of.told == 0, "{of:?}"),
                Tone::Plain | Tone::Watch => assert!(missing > 0, "{of:?}"),
            }
            assert_eq!(of.label().is_none(), missing == 0, "{of:?}");
        }
    }

    #[test]
    fn the_colour_follows_what_is_expected_on_the_day() {
        let vips = |of: Prospect| {
            let next = NextSwitch {
                missing_vips: 3,
                ..of.next
            };
            Prospect {
                next,
                told: 2,
                told_vips: 2,
                ..of
            }
        };
        let stuck = |of| Prospect {
            stuck: 70,
            told: 70,
            ..of
        };
        let switched = |of: Prospect, switched| {
            let next = NextSwitch {
                switched,
                ..of.next
            };
            Prospect { next, ..of }
        };
        let large = |near, missing| prospect(near, 1_240, missing);
        let cases = [
            (
                large(Last, 0),
                "all 1,240 ready for Monday",
                "All ready for Monday",
                Tone::Good,
            ),
            (
                large(Soon, 23),
                "23 of 1,240 not ready yet for Wednesday",
                "1,217 of 1,240 can switch on Wednesday",
                Tone::Good,
            ),
            (
                Prospect {
                    told: 23,
                    ..large(Last, 23)
                },
                "23 of 1,240 not ready yet for Monday",
                "1,217 of 1,240 can switch on Monday",
                Tone::Plain,
            ),
            (
                vips(large(Last, 23)),
                "23 of 1,240 not ready yet for Monday",
                "1,217 of 1,240 can switch on Monday; 3 VIPs cannot yet",
                Tone::Watch,
            ),
            // A week ahead there is time to copy; what stands still does not move by itself.
            (
                large(Later, 840),
                "840 of 1,240 not ready yet for Friday 27 November",
                "400 of 1,240 ready so far for Friday 27 November",
                Tone::Plain,
            ),
            (
                prospect(Later, 14, 1),
                "1 of 14 not ready yet for Friday 27 November",
                "13 of 14 ready so far for Friday 27 November",
                Tone::Plain,
            ),
            (
                stuck(large(Later, 840)),
                "840 of 1,240 not ready yet for Friday 27 November",
                "400 of 1,240 can switch on Friday 27 November; 840 cannot yet",
                Tone::Attention,
            ),
            (
                foretold(large(Later, 210), Some(7), (0, 19)),
                "about 7 of 1,240 not ready for Friday 27 November",
                "1,030 of 1,240 ready so far for Friday 27 November",
                Tone::Plain,
            ),
            (
                foretold(large(Later, 840), Some(300), (120, 500)),
                "about 300 of 1,240 not ready for Friday 27 November",
                "400 of 1,240 can switch on Friday 27 November; about 300 will not be ready",
                Tone::Attention,
            ),
            // Near, many may be late, and nobody can tell.
            (
                foretold(large(Soon, 210), None, (0, 90)),
                "210 of 1,240 not ready yet for Wednesday",
                "1,030 of 1,240 can switch on Wednesday",
                Tone::Watch,
            ),
            (
                foretold(large(Soon, 210), Some(7), (0, 90)),
                "about 7 of 1,240 not ready for Wednesday",
                "1,030 of 1,240 can switch on Wednesday",
                Tone::Plain,
            ),
            // On the last working day without a forecast, whoever is not ready may be.
            (
                large(Last, 210),
                "210 of 1,240 not ready yet for Monday",
                "1,030 of 1,240 can switch on Monday; 210 cannot yet",
                Tone::Attention,
            ),
            (
                large(Today, 15),
                "15 of 1,240 not ready to switch today",
                "1,225 of 1,240 can switch today",
                Tone::Watch,
            ),
            (
                switched(large(Today, 15), 1_225),
                "1,225 of 1,240 switched today",
                "15 of 1,240 did not switch today",
                Tone::Watch,
            ),
            (
                switched(large(Today, 0), 1_240),
                "1,240 of 1,240 switched today",
                "All 1,240 switched today",
                Tone::Good,
            ),
            (
                switched(large(Today, 0), 900),
                "900 of 1,240 switched today",
                "340 of 1,240 did not switch today",
                Tone::Attention,
            ),
            (
                prospect(Today, 14, 3),
                "3 of 14 not ready to switch today",
                "11 of 14 can switch today; 3 cannot yet",
                Tone::Attention,
            ),
            (
                prospect(Today, 14, 2),
                "2 of 14 not ready to switch today",
                "12 of 14 can switch today",
                Tone::Watch,
            ),
        ];
        for (of, subject, label, tone) in cases {
            let said = (of.in_a_subject(), of.can_switch());
            assert_eq!(
                said,
                (subject.to_owned(), (label.to_owned(), tone)),
                "{of:?}"
            );
        }
    }
}
