//! How many mailboxes of a collection will not be ready on a day to come.

use super::alike::{Need, ReadyShare, waiting};
use super::experience::Experience;
use super::queue::{Course, Days, FARTHEST, Queue};

/// Whether it can be told how a collection stands on the morning of its switch date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reckoning {
    /// It can: as many are not ready as the range says.
    NotReady,
    /// It is too far ahead.
    TooFar,
    /// Too little is known of the days so far, or they differ too much.
    #[default]
    TooLittle,
    /// Mailboxes report no total.
    WithoutTotals,
}

/// What is told of a collection on the morning of its switch date.
#[derive(Debug, Clone, Default)]
pub(super) struct SwitchForecast {
    pub(super) reckoning: Reckoning,
    /// Between so many mailboxes and so many are not ready, 19 times in 20.
    pub(super) range: (usize, usize),
    /// About so many; `None` where of some of them nothing is known.
    pub(super) expected: Option<usize>,
    /// The place of each mailbox of which it is known, and how many of those like it were ready.
    pub(super) mailboxes: Vec<(usize, ReadyShare)>,
}

/// An expected number is told where nothing is known of at most one in so many of those not ready.
const ONE_UNKNOWN_IN: usize = 10;
/// A collection counts as ready where at most so many of a hundred mailboxes are not.
const MISSING_PERCENT: usize = 2;
/// A range says something where it is at most so wide, of a hundred mailboxes.
const WIDEST_PERCENT: usize = 25;

/// Whether a collection of so many mailboxes counts as ready where so many are `missing`.
#[must_use]
pub(super) fn counts_as_ready(missing: usize, mailboxes: usize) -> bool {
    missing * 100 <= mailboxes * MISSING_PERCENT
}

/// Reckons how a collection will stand so many days ahead. `going` is the pace of the whole
/// organisation, and whether it is going on.
#[must_use]
pub(super) fn reckon(
    courses: &[Course],
    days: &Days,
    experience: &Experience,
    ahead: usize,
    going: Option<(f64, bool)>,
) -> SwitchForecast {
    let nothing = |reckoning| SwitchForecast {
        reckoning,
        ..SwitchForecast::default()
    };
    let Some(today) = days.reported.last().copied() else {
        return nothing(Reckoning::TooLittle);
    };
    let queue = Queue::on(today, courses, days);
    let waiting = queue.places.len() + queue.halted + queue.without_total;
    if ahead > FARTHEST && waiting > 0 {
        return nothing(Reckoning::TooFar);
    }
    if ahead == 0 || waiting == 0 {
        return SwitchForecast {
            reckoning: Reckoning::NotReady,
            range: (waiting, waiting),
            ..SwitchForecast::default()
        };
    }
    let chances = chances(courses, &queue, days, experience, ahead);
    let halted = queue.halted - experience.may_come_back(ahead, queue.halted);
    let all = courses.len();
    // Where nothing else is known, it may be any number of those that wait.
    let widest = (halted, waiting + experience.may_go_back(all - waiting));
    let by_pace = by_pace(&queue, days, experience, ahead, going, all);
    let (reckoning, (least, most)) = match by_pace {
        None => (Reckoning::TooLittle, widest),
        Some((least, most)) => {
            let mut range = (least + halted, most.max(least + halted));
            if let Some((least, most)) = chances.range {
                // In a queue that is nearly done, the last are those that are slow by themselves.
                range = (range.0.min(least), range.1.max(most.min(widest.1)));
            }
            (judged(range, all, queue.without_total), range)
        }
    };
    let is_going = going.is_some_and(|(_, is_going)| is_going);
    let expected = chances.expected.filter(|_| is_going);
    SwitchForecast {
        reckoning,
        range: (least, most),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        expected: expected.map(|late| (late.round() as usize).clamp(least, most)),
        mailboxes: chances.mailboxes,
    }
}

fn judged((least, most): (usize, usize), all: usize, without_total: usize) -> Reckoning {
    let is_late = !counts_as_ready(least, all);
    let is_told =
        is_late || counts_as_ready(most, all) || (most - least) * 100 <= all * WIDEST_PERCENT;
    match without_total {
        0 if is_told => Reckoning::NotReady,
        0 => Reckoning::TooLittle,
        // Mailboxes without a total can only add to those that are late.
        _ if is_late => Reckoning::NotReady,
        _ => Reckoning::WithoutTotals,
    }
}

/// How many are not ready, by the pace of the days before and how it changed: the least, counted among
/// those that move, and the most, counted among all.
fn by_pace(
    queue: &Queue,
    days: &Days,
    experience: &Experience,
    ahead: usize,
    going: Option<(f64, bool)>,
    all: usize,
) -> Option<(usize, usize)> {
    let today = days.reported.last().copied()?;
    let waiting = queue.places.len() + queue.halted + queue.without_total;
    let (slowest, fastest) = experience.paces(ahead)?;
    let (Some(pace), Some((pace_of_all, true))) = (queue.pace, going) else {
        return None;
    };
    // At best, all that the organisation copies is copied for this collection.
    let at_best = (pace * fastest).max(pace_of_all * 1.4) * days.work(today, today + ahead);
    let least = queue.places.len() - queue.done_with(at_best);
    let until_pass = today + ahead.saturating_sub(experience.last_pass());
    let done = match days.work(today, until_pass) * slowest * pace {
        items if items > 0.0 => queue.done_with(items),
        _ => 0,
    };
    let may_go_back = experience.may_go_back(all - waiting + done);
    let most = waiting - done + experience.may_halt(ahead, done) + may_go_back;
    Some((least, most))
}

/// What is told of the mailboxes of a collection that are not ready, each by itself.
struct Chances {
    mailboxes: Vec<(usize, ReadyShare)>,
    /// About how many will not be ready, with those of which nothing is known; `None` where these are
    /// many.
    expected: Option<f64>,
    /// The least and the most that will not be ready; `None` where little is known of many.
    range: Option<(usize, usize)>,
}

/// What became of mailboxes that stood like those of a collection, over as much work as the days ahead
/// have.
fn chances(
    courses: &[Course],
    queue: &Queue,
    days: &Days,
    experience: &Experience,
    ahead: usize,
) -> Chances {
    let today = days.reported.last().copied().unwrap_or_default();
    let [least, middle, most] = days
        .work_ahead(today, ahead)
        .map(|work| experience.windows.over(work));
    let ready = courses.len() - queue.places.len() - queue.halted - queue.without_total;
    let mut mailboxes = Vec::new();
    let mut late = experience.share_going_back() * ready as f64 + queue.without_total as f64;
    let mut unknown = queue.without_total;
    let (mut at_least, mut at_most, mut variance) = (0.0, queue.without_total as f64, 0.0);
    for one in waiting(today, courses, queue, days) {
        let share = middle.of(&one).map(|share| ReadyShare {
            least: least.of(&one).map_or(0.0, |of| of.least.min(share.least)),
            most: most.of(&one).map_or(1.0, |of| of.most.max(share.most)),
            ..share
        });
        mailboxes.extend(share.map(|share| (one.place, share)));
        let known = share.unwrap_or(ReadyShare {
            share: 0.0,
            least: 0.0,
            most: 1.0,
        });
        at_least += 1.0 - known.most;
        at_most += 1.0 - known.least;
        variance += known.share * (1.0 - known.share);
        late += 1.0 - known.share;
        // A mailbox that halted, of which none was seen to move again, is known to be late.
        unknown += usize::from(share.is_none() && one.need != Need::Halted);
    }
    let chance_alone = 1.64 * f64::sqrt(variance);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let range = (
        (at_least - chance_alone).max(0.0).floor() as usize,
        (at_most + chance_alone).ceil() as usize + experience.may_go_back(ready),
    );
    let is_known = unknown * ONE_UNKNOWN_IN <= courses.len() - ready;
    Chances {
        mailboxes,
        expected: is_known.then_some(late),
        range: is_known.then_some(range),
    }
}
